//! The end of a login: a page that sends the browser back with a code, and the token for that code.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use url::Url;

use crate::codes::BadCode;
use crate::host::Login;
use crate::json::Json;
use crate::tokens::TokenKind;

use super::api::Api;
use super::error::{ErrorKind, GraphError};
use super::query::Params;

/// Life of the token that a login ends with (Instagram documentation: one hour).
const SHORT_LIFE: i64 = 3600;

/// A short-lived token, as a login ends with.
pub(crate) struct FirstToken {
    pub(crate) text: String,
    pub(crate) life: i64,
    user_id: u64,
    scopes: Vec<String>,
}

/// Why a code gives no token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CodeFault {
    App,
    Code(BadCode),
}

/// The page where a person logs in and allows the app: here they always do so at once, and the
/// browser is sent on. `account` names who logs in (the app's own account without it), `deny` lets
/// them refuse; both are the sandbox's own.
pub(crate) fn authorise(api: &Api, login: Login, params: &Params) -> Response {
    let get = |name| params.get(name).unwrap_or_default();
    let (app_id, redirect_uri) = (get("client_id"), get("redirect_uri"));
    let mut world = api.write();
    let app = world.accounts.iter().position(|a| a.app_id == app_id && a.login == login);
    let (Some(app), Ok(mut back)) = (app, Url::parse(redirect_uri)) else {
        return plain(StatusCode::BAD_REQUEST, "Invalid platform app");
    };
    if get("response_type") != "code" || get("scope").is_empty() {
        return plain(StatusCode::BAD_REQUEST, "Invalid request: response_type or scope");
    }
    let account = match params.get("account") {
        Some(name) => world.account_named(name).filter(|index| world.login_of(*index) == login),
        None => Some(app),
    };
    let Some(account) = account else {
        return plain(StatusCode::NOT_FOUND, "no such account");
    };
    if params.get("deny").is_some() {
        back.query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("error_reason", "user_denied")
            .append_pair("error_description", "The user denied your request");
    } else {
        let code = world.codes.issue(account, app_id, redirect_uri, api.clock.now());
        back.query_pairs_mut().append_pair("code", &code);
    }
    if let Some(state) = params.get("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    // Both hosts hang this onto every address (observed).
    back.set_fragment(Some(match login {
        Login::Instagram => "_",
        Login::Facebook => "_=_",
    }));
    let mut response = plain(StatusCode::FOUND, "");
    if let Ok(back) = HeaderValue::from_str(back.as_str()) {
        response.headers_mut().insert(header::LOCATION, back);
    }
    response
}

/// `POST /oauth/access_token` of `api.instagram.com`, which has an error envelope of its own.
pub(crate) fn redeem(api: &Api, params: &Params) -> Response {
    let mut json = Json::new(api.settings.escaping);
    let token = if params.get("grant_type") == Some("authorization_code") {
        first_token(api, Login::Instagram, params)
    } else {
        Err(CodeFault::App)
    };
    let status = match token {
        Ok(token) => {
            json.open();
            json.text_field("access_token", &token.text);
            json.id_field("user_id", token.user_id);
            json.key("permissions");
            json.open_list();
            for scope in &token.scopes {
                json.text(scope);
            }
            json.close_list();
            json.close();
            StatusCode::OK
        }
        Err(fault) => {
            api.counters.error();
            json.open();
            json.text_field("error_type", "OAuthException");
            json.number_field("code", 400);
            json.text_field("error_message", fault.on_instagram());
            json.close();
            StatusCode::BAD_REQUEST
        }
    };
    let mut response = Response::new(Body::from(json.finish()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Ok(date) = HeaderValue::from_str(&crate::clock::http_date(api.clock.now())) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// The token for a code, when app, secret and redirect address are those of the login.
pub(crate) fn first_token(
    api: &Api,
    login: Login,
    params: &Params,
) -> Result<FirstToken, CodeFault> {
    let get = |name| params.get(name).unwrap_or_default();
    let (app_id, secret) = (get("client_id"), get("client_secret"));
    let now = api.clock.now();
    let mut world = api.write();
    let fits = |app: &crate::world::Account| app.app_id == app_id && app.app_secret == secret;
    let app = world.accounts.iter().position(fits).ok_or(CodeFault::App)?;
    let account = world
        .codes
        .redeem(get("code"), app_id, get("redirect_uri"), now)
        .map_err(CodeFault::Code)?;
    let kind = match login {
        Login::Instagram => TokenKind::InstagramUser,
        Login::Facebook => TokenKind::FacebookUser,
    };
    let text = world.tokens.issue_for(app, account, kind, now, Some(now + SHORT_LIFE));
    let account = &world.accounts[account];
    let scopes = account.scopes.iter().cloned().collect();
    Ok(FirstToken { text, life: SHORT_LIFE, user_id: account.scoped_id, scopes })
}

impl CodeFault {
    fn on_instagram(self) -> &'static str {
        match self {
            Self::App => "Invalid platform app",
            Self::Code(BadCode::Unknown | BadCode::Used) => {
                "Matching code was not found or was already used"
            }
            Self::Code(BadCode::Expired) => "This authorization code has expired",
            Self::Code(BadCode::OtherRedirect) => {
                "Error validating verification code. Please make sure your redirect_uri is \
                 identical to the one you used in the OAuth dialog request"
            }
        }
    }

    /// As the Facebook host words it, with its subcodes.
    pub(crate) fn on_facebook(self) -> GraphError {
        let refused = |message: &str, subcode| {
            GraphError::new(100, message).plain().kind(ErrorKind::OAuth).subcode(subcode)
        };
        match self {
            Self::App => {
                GraphError::new(1, "Error validating client secret.").plain().kind(ErrorKind::OAuth)
            }
            Self::Code(BadCode::Unknown) => {
                GraphError::new(100, "Invalid verification code format.")
                    .plain()
                    .kind(ErrorKind::OAuth)
            }
            Self::Code(BadCode::Used) => refused("This authorization code has been used.", 36_009),
            Self::Code(BadCode::Expired) => refused("This authorization code has expired.", 36_007),
            Self::Code(BadCode::OtherRedirect) => refused(self.on_instagram(), 36_008),
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
