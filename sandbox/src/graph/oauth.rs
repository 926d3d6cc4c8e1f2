//! Token endpoints: refresh, exchange and introspection.

use crate::host::Login;
use crate::json::Json;
use crate::tokens::{LONG_LIFE, REFRESH_AGE, TokenKind};
use crate::world::{TokenEnd, World};

use super::api::Api;
use super::error::{ErrorKind, GraphError};
use super::query::Params;

/// `GET /refresh_access_token`: a new 60 days for an Instagram token that is a day old and still works.
pub(crate) fn refresh(
    api: &Api,
    params: &Params,
    presented: Option<&str>,
    json: &mut Json,
) -> Result<(), GraphError> {
    let now = api.clock.now();
    let mut world = api.write();
    if params.get("grant_type") != Some("ig_refresh_token") {
        return Err(GraphError::bad_parameter("Invalid grant_type"));
    }
    // Refreshing takes the query form alone.
    let asked = params.get("access_token").or(presented);
    if let Some(text) = asked {
        let foreign =
            world.tokens.get(text).is_some_and(|token| token.kind.login() != Login::Instagram);
        if foreign || text.starts_with("EAA") {
            return Err(GraphError::new(100, "Unsupported request - method type: get"));
        }
    }
    let token = super::auth::accept(&world, Login::Instagram, asked, false, now)?.clone();
    if now - token.issued_at < REFRESH_AGE {
        return Err(GraphError::new(100, "The access token is too new to be refreshed"));
    }
    let scopes: Vec<String> = world.accounts[token.account].scopes.iter().cloned().collect();
    let fresh = world.tokens.issue_for(
        token.app,
        token.account,
        TokenKind::InstagramUser,
        now,
        Some(now + LONG_LIFE),
    );
    if api.settings.refresh_invalidates {
        world.tokens.end_one(&token.text, TokenEnd::InvalidSession);
    }
    write_token(json, &fresh, Some(LONG_LIFE), Some(&scopes.join(",")));
    Ok(())
}

/// `GET /access_token` and `GET /oauth/access_token`: a long-lived token for a living one, or with
/// the Facebook login a first one for the code of a login.
pub(crate) fn exchange(
    api: &Api,
    login: Login,
    params: &Params,
    json: &mut Json,
) -> Result<(), GraphError> {
    if login == Login::Facebook && params.get("code").is_some() {
        let token = super::login_page::first_token(api, login, params)
            .map_err(super::login_page::CodeFault::on_facebook)?;
        write_token(json, &token.text, Some(token.life), None);
        return Ok(());
    }
    let now = api.clock.now();
    let mut world = api.write();
    let (grant, given) = match login {
        Login::Instagram => ("ig_exchange_token", params.get("access_token")),
        Login::Facebook => ("fb_exchange_token", params.get("fb_exchange_token")),
    };
    if params.get("grant_type") != Some(grant) {
        return Err(GraphError::bad_parameter("Invalid grant_type"));
    }
    let token = super::auth::accept(&world, login, given, false, now)?.clone();
    let app = &world.accounts[token.app];
    let app_fits =
        login == Login::Instagram || params.get("client_id").is_some_and(|id| id == app.app_id);
    if !app_fits || params.get("client_secret").is_none_or(|secret| secret != app.app_secret) {
        return Err(match login {
            Login::Instagram => GraphError::new(100, "Unsupported request - method type: get"),
            Login::Facebook => {
                GraphError::new(1, "Error validating client secret.").plain().kind(ErrorKind::OAuth)
            }
        });
    }
    let kind = match login {
        Login::Instagram => TokenKind::InstagramUser,
        Login::Facebook => TokenKind::FacebookUser,
    };
    let end = Some(now + LONG_LIFE);
    let fresh = world.tokens.issue_for(token.app, token.account, kind, now, end);
    write_token(json, &fresh, Some(LONG_LIFE), None);
    Ok(())
}

/// `GET /debug_token`: what a token is worth, asked with the app's own token.
pub(crate) fn debug_token(
    api: &Api,
    world: &World,
    params: &Params,
    presented: Option<&str>,
    json: &mut Json,
) -> Result<(), GraphError> {
    let now = api.clock.now();
    let (app_id, secret) = presented.and_then(|text| text.split_once('|')).ok_or_else(|| {
        GraphError::new(
            100,
            "You must provide an app access token, or a user access token that is an owner or \
             developer of the app",
        )
    })?;
    let app = world.accounts.iter().find(|a| a.app_id == app_id && a.app_secret == secret);
    let Some(app) = app else {
        return Err(GraphError::token("Invalid OAuth access token signature."));
    };
    let input = params.get("input_token").unwrap_or_default();
    json.open();
    json.key("data");
    json.open();
    let known = world.tokens.get(input).filter(|token| token.kind.login() == Login::Facebook);
    let Some(token) = known else {
        let error = GraphError::unparsable_token();
        write_invalid(json, &error);
        json.close();
        json.close();
        return Ok(());
    };
    let account = &world.accounts[token.account];
    json.text_field("app_id", &app.app_id);
    json.text_field("type", if token.kind == TokenKind::Page { "PAGE" } else { "USER" });
    json.text_field("application", "Harbor Archive");
    json.number_field("data_access_expires_at", token.issued_at + 90 * 86_400);
    if let Some(end) = token.end_at(now) {
        let error = super::auth::ended(end, Login::Facebook, token.expires_at.unwrap_or(now), now);
        write_error_member(json, &error);
    }
    json.number_field("expires_at", token.expires_at.unwrap_or(0));
    json.key("is_valid");
    json.flag(token.end_at(now).is_none());
    json.number_field("issued_at", token.issued_at);
    json.key("scopes");
    json.open_list();
    for scope in &account.scopes {
        json.text(scope);
    }
    json.close_list();
    json.key("granular_scopes");
    json.open_list();
    for scope in &account.scopes {
        json.open();
        json.text_field("scope", scope);
        if scope.starts_with("instagram_") {
            json.key("target_ids");
            json.open_list();
            json.id(account.user_id);
            json.close_list();
        }
        json.close();
    }
    json.close_list();
    json.id_field("user_id", account.person_id);
    json.close();
    json.close();
    Ok(())
}

fn write_invalid(json: &mut Json, error: &GraphError) {
    write_error_member(json, error);
    json.key("is_valid");
    json.flag(false);
    json.key("scopes");
    json.raw("[]");
}

fn write_error_member(json: &mut Json, error: &GraphError) {
    json.key("error");
    json.open();
    json.number_field("code", error.code);
    json.text_field("message", &error.message);
    if let Some(subcode) = error.subcode {
        json.number_field("subcode", subcode);
    }
    json.close();
}

fn write_token(json: &mut Json, text: &str, life: Option<i64>, permissions: Option<&str>) {
    json.open();
    json.text_field("access_token", text);
    json.text_field("token_type", "bearer");
    if let Some(life) = life {
        json.number_field("expires_in", life);
    }
    if let Some(permissions) = permissions {
        json.text_field("permissions", permissions);
    }
    json.close();
}
