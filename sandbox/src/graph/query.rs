//! The parameters of a request, from its query string and its form body.

/// Decoded parameters in the order they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Adds what a form body says; the query string wins.
    pub(crate) fn extend(&mut self, form: &str) {
        self.0.extend(url::form_urlencoded::parse(form.as_bytes()).into_owned());
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
