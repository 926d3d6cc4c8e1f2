//! Graph's error envelope, in the wording and the type of each host.

use axum::http::StatusCode;

use crate::host::Login;
use crate::json::{Escaping, Json};

/// One error answer; the host decides type and prefix when it is written.
#[derive(Clone, Debug)]
pub(crate) struct GraphError {
    pub(crate) status: StatusCode,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    pub(crate) message: String,
    /// Whether the Facebook host writes `(#code) ` before the message.
    pub(crate) prefixed: bool,
    pub(crate) kind: ErrorKind,
    pub(crate) transient: Option<bool>,
    pub(crate) title: Option<&'static str>,
    pub(crate) user_message: Option<&'static str>,
    /// JSON of `error_data`.
    pub(crate) data: Option<&'static str>,
    /// The node type that the Facebook host adds to the message.
    node: Option<&'static str>,
}

/// What `type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// `IGApiException` or `OAuthException`, as the host is used to.
    Usual,
    /// `OAuthException` on both hosts.
    OAuth,
    /// `GraphMethodException` on the Facebook host.
    Method,
    /// No `type` at all (seen on a real code 1).
    Missing,
}

impl GraphError {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            subcode: None,
            message: message.into(),
            prefixed: true,
            kind: ErrorKind::Usual,
            transient: None,
            title: None,
            user_message: None,
            data: None,
            node: None,
        }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn subcode(mut self, subcode: i64) -> Self {
        self.subcode = Some(subcode);
        self
    }

    pub(crate) fn kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn transient(mut self, transient: bool) -> Self {
        self.transient = Some(transient);
        self
    }

    pub(crate) fn plain(mut self) -> Self {
        self.prefixed = false;
        self
    }

    pub(crate) fn titled(mut self, title: &'static str, message: &'static str) -> Self {
        self.title = Some(title);
        self.user_message = Some(message);
        self
    }

    pub(crate) fn no_field(name: &str, node: &'static str) -> Self {
        let mut error = Self::new(100, format!("Tried accessing nonexisting field ({name})"));
        error.node = Some(node);
        error
    }

    pub(crate) fn syntax(message: &str, at: usize, text: &str) -> Self {
        Self::new(2500, format!("Syntax error \"{message}\" at character {at}: {text}"))
            .plain()
            .kind(ErrorKind::OAuth)
    }

    pub(crate) fn unknown_path(path: &str) -> Self {
        Self::new(2500, format!("Unknown path components: {path}")).plain().kind(ErrorKind::OAuth)
    }

    /// The object is gone, not ours, or cannot do this: Graph does not say which.
    pub(crate) fn no_object(id: &str, method: &str) -> Self {
        let message = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded \
             due to missing permissions, or does not support this operation"
        );
        Self::new(100, message).plain().subcode(33).kind(ErrorKind::Method)
    }

    pub(crate) fn no_permission() -> Self {
        Self::new(10, "Application does not have permission for this action").kind(ErrorKind::OAuth)
    }

    pub(crate) fn bad_parameter(message: impl Into<String>) -> Self {
        Self::new(100, message)
    }

    pub(crate) fn token(message: impl Into<String>) -> Self {
        Self::new(190, message).plain().kind(ErrorKind::OAuth)
    }

    pub(crate) fn unparsable_token() -> Self {
        Self::token("Invalid OAuth access token - Cannot parse access token")
    }

    /// The message as the host words it.
    pub(crate) fn message_on(&self, login: Login) -> String {
        let message = &self.message;
        match (login, self.prefixed, self.node) {
            (Login::Instagram, _, _) | (Login::Facebook, false, None) => message.clone(),
            (Login::Facebook, true, None) => format!("(#{}) {message}", self.code),
            (Login::Facebook, _, Some(node)) => {
                format!("(#{}) {message} on node type ({node})", self.code)
            }
        }
    }

    /// `WWW-Authenticate` as error answers carry it.
    pub(crate) fn challenge(&self, login: Login) -> String {
        let kind = if self.code == 190 { "invalid_token" } else { "invalid_request" };
        let message: String = self
            .message_on(login)
            .chars()
            .map(|c| if c.is_ascii_graphic() && c != '"' || c == ' ' { c } else { '\'' })
            .collect();
        format!("OAuth \"Facebook Platform\" \"{kind}\" \"{message}\"")
    }

    pub(crate) fn body(&self, login: Login, escaping: Escaping, trace: &str) -> Vec<u8> {
        let mut json = Json::new(escaping);
        json.open();
        json.key("error");
        self.write(&mut json, login, trace);
        json.close();
        json.finish()
    }

    /// Writes the object behind `error`.
    pub(crate) fn write(&self, json: &mut Json, login: Login, trace: &str) {
        json.open();
        json.text_field("message", &self.message_on(login));
        let kind = match (self.kind, login) {
            (ErrorKind::Missing, _) => None,
            (ErrorKind::Usual | ErrorKind::Method, Login::Instagram) => Some("IGApiException"),
            (ErrorKind::Method, Login::Facebook) => Some("GraphMethodException"),
            (ErrorKind::OAuth, _) | (ErrorKind::Usual, Login::Facebook) => Some("OAuthException"),
        };
        if let Some(kind) = kind {
            json.text_field("type", kind);
        }
        if let Some(transient) = self.transient {
            json.key("is_transient");
            json.flag(transient);
        }
        json.number_field("code", self.code);
        if let Some(data) = self.data {
            json.key("error_data");
            json.raw(data);
        }
        if let Some(subcode) = self.subcode {
            json.number_field("error_subcode", subcode);
        }
        if let Some(title) = self.title {
            json.text_field("error_user_title", title);
        }
        if let Some(message) = self.user_message {
            json.text_field("error_user_msg", message);
        }
        if self.kind != ErrorKind::Missing {
            json.text_field("fbtrace_id", trace);
        }
        json.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_words_an_unknown_field_in_its_own_way() {
        let error = GraphError::no_field("saved_count", "IGMedia");
        let body = |login| String::from_utf8(error.body(login, Escaping::Graph, "Atrace")).unwrap();
        assert_eq!(
            body(Login::Instagram),
            r#"{"error":{"message":"Tried accessing nonexisting field (saved_count)","type":"IGApiException","code":100,"fbtrace_id":"Atrace"}}"#
        );
        assert_eq!(
            body(Login::Facebook),
            r#"{"error":{"message":"(#100) Tried accessing nonexisting field (saved_count) on node type (IGMedia)","type":"OAuthException","code":100,"fbtrace_id":"Atrace"}}"#
        );
    }
}
