//! Whose token a call carries, and why it may be refused.

use axum::http::{HeaderMap, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::host::Login;
use crate::tokens::Token;
use crate::world::{TokenEnd, World};

use super::error::GraphError;
use super::query::Params;
use super::stamp::pacific;

/// The token of a call: `Authorization: Bearer` or `access_token=`.
pub(crate) fn presented<'a>(headers: &'a HeaderMap, params: &'a Params) -> Option<&'a str> {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| {
        value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth ")).map(str::trim)
    });
    bearer.or_else(|| params.get("access_token")).filter(|token| !token.is_empty())
}

/// The record of a token that this host accepts.
pub(crate) fn accept<'w>(
    world: &'w World,
    login: Login,
    presented: Option<&str>,
    is_me: bool,
    now: i64,
) -> Result<&'w Token, GraphError> {
    let Some(text) = presented else {
        return Err(if is_me {
            GraphError::new(
                2500,
                "An active access token must be used to query information about the current user.",
            )
            .plain()
            .kind(super::error::ErrorKind::OAuth)
        } else {
            GraphError::token("Invalid OAuth 2.0 Access Token")
        });
    };
    let token = world
        .tokens
        .get(text)
        .filter(|token| token.kind.login() == login)
        .ok_or_else(GraphError::unparsable_token)?;
    match token.end_at(now) {
        None => Ok(token),
        Some(end) => Err(ended(end, login, token.expires_at.unwrap_or(now), now)),
    }
}

/// The error of a token that no longer works.
pub(crate) fn ended(end: TokenEnd, login: Login, expired_at: i64, now: i64) -> GraphError {
    let expired = || {
        format!(
            "Error validating access token: Session has expired on {}. The current time is {}.",
            pacific(expired_at),
            pacific(now)
        )
    };
    let text = match end {
        TokenEnd::Expired => expired(),
        TokenEnd::Revoked => "Error validating access token: The user has not authorized \
                              application."
            .to_owned(),
        TokenEnd::Checkpointed => {
            "Error validating access token: You cannot access the app till you log in and follow \
             the instructions given."
                .to_owned()
        }
        TokenEnd::PasswordChanged => {
            "Error validating access token: The session has been invalidated because the user \
             changed their password or the session was changed for security reasons."
                .to_owned()
        }
        TokenEnd::Unconfirmed => {
            "Error validating access token: Sessions for the user are not allowed because the \
             user is not a confirmed user."
                .to_owned()
        }
        TokenEnd::InvalidSession => {
            "Error validating access token: The session is invalid because the user logged out."
                .to_owned()
        }
        TokenEnd::RoleLost => {
            "Error validating access token: The user must be an administrator, editor, or \
             moderator of the page."
                .to_owned()
        }
    };
    // The Instagram host says 0 where the Facebook host says 463 (observed).
    let subcode = match (end, login) {
        (TokenEnd::Expired, Login::Instagram) => 0,
        _ => end.subcode(),
    };
    let status = match login {
        Login::Instagram => StatusCode::BAD_REQUEST,
        Login::Facebook => StatusCode::UNAUTHORIZED,
    };
    GraphError::token(text).subcode(subcode).status(status)
}

/// Checks `appsecret_proof` where one was sent: hex HMAC-SHA256 of the token under the app secret.
pub(crate) fn check_proof(
    params: &Params,
    login: Login,
    secret: &str,
    token: &str,
) -> Result<(), GraphError> {
    let Some(proof) = params.get("appsecret_proof") else { return Ok(()) };
    if login == Login::Instagram || proof == app_secret_proof(secret, token) {
        return Ok(());
    }
    Err(GraphError::new(100, "Invalid appsecret_proof provided in the API argument")
        .kind(super::error::ErrorKind::Method))
}

/// The proof that a caller knows the app secret.
pub(crate) fn app_secret_proof(secret: &str, token: &str) -> String {
    // A key of any length is fine for HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(token.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_the_hmac_that_facebook_computes() {
        assert_eq!(
            app_secret_proof("0123456789abcdef0123456789abcdef", "EAAexampletoken"),
            "03697d217c5af1d2b8459556c23ae3ebc41abc8194c9986d7c507b924b230bdc"
        );
    }

    #[test]
    fn an_expired_session_has_no_subcode_on_instagram_and_463_on_facebook() {
        let at = |login| ended(TokenEnd::Expired, login, 1_788_199_200, 1_788_278_455);
        assert_eq!(at(Login::Instagram).subcode, Some(0));
        assert_eq!(at(Login::Facebook).subcode, Some(463));
        assert!(at(Login::Instagram).message.contains("Monday, 31-Aug-26 11:00:00 PDT"));
    }
}
