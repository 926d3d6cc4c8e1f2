//! Where a person is sent to log in, and what they are asked to allow.

use url::Url;

use super::super::endpoint::BadAddress;
use crate::domain::Login;

/// Something that the archive reads and that needs a permission of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Posts, stories, albums: what every archive needs.
    Media,
    Comments,
    Insights,
    /// Posts of others that tag the account.
    Tags,
}

impl Right {
    /// The permissions by the names that each login has for them.
    pub fn scopes(self, login: Login) -> &'static [&'static str] {
        match (self, login) {
            (Self::Media | Self::Tags, Login::Instagram) => &["instagram_business_basic"],
            (Self::Comments, Login::Instagram) => &["instagram_business_manage_comments"],
            (Self::Insights, Login::Instagram) => &["instagram_business_manage_insights"],
            (Self::Media, Login::Facebook) => {
                &["instagram_basic", "pages_show_list", "pages_read_engagement"]
            }
            (Self::Comments | Self::Tags, Login::Facebook) => &["instagram_manage_comments"],
            (Self::Insights, Login::Facebook) => &["instagram_manage_insights"],
        }
    }
}

/// The page where the account's owner logs in and allows the app to read.
///
/// `state` comes back with the code, so that nobody can slip in a code of their own.
pub fn authorise_url(
    login: Login,
    version: &str,
    app_id: &str,
    redirect_uri: &Url,
    rights: &[Right],
    state: &str,
) -> Result<Url, BadAddress> {
    let base = match login {
        Login::Instagram => "https://www.instagram.com/oauth/authorize".to_owned(),
        Login::Facebook => format!("https://www.facebook.com/{version}/dialog/oauth"),
    };
    let mut scopes: Vec<&str> = Vec::new();
    for scope in [Right::Media].iter().chain(rights).flat_map(|right| right.scopes(login)) {
        if !scopes.contains(scope) {
            scopes.push(scope);
        }
    }
    let query = [
        ("client_id", app_id),
        ("redirect_uri", redirect_uri.as_str()),
        ("response_type", "code"),
        ("scope", &scopes.join(",")),
        ("state", state),
    ];
    Url::parse_with_params(&base, query).map_err(|_| BadAddress::Shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(login: Login, rights: &[Right]) -> String {
        let redirect = Url::parse("https://museum.example/back?x=1").unwrap();
        authorise_url(login, "v25.0", "4711", &redirect, rights, "s/1").unwrap().to_string()
    }

    #[test]
    fn a_person_is_sent_to_the_login_with_what_is_to_be_read() {
        assert_eq!(
            url(Login::Instagram, &[Right::Media, Right::Tags]),
            "https://www.instagram.com/oauth/authorize?client_id=4711\
             &redirect_uri=https%3A%2F%2Fmuseum.example%2Fback%3Fx%3D1&response_type=code\
             &scope=instagram_business_basic&state=s%2F1"
        );
        let facebook = url(Login::Facebook, &[Right::Comments, Right::Tags, Right::Insights]);
        assert!(
            facebook.starts_with("https://www.facebook.com/v25.0/dialog/oauth?client_id=4711&")
        );
        assert!(
            facebook.contains(
                "&scope=instagram_basic%2Cpages_show_list%2Cpages_read_engagement\
                 %2Cinstagram_manage_comments%2Cinstagram_manage_insights&"
            ),
            "{facebook}"
        );
    }
}
