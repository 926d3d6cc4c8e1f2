//! Takes requests off the wire, in the order the real hosts judge them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;

use crate::faults::{Call, FaultKind};
use crate::host::Login;
use crate::json::Json;
use crate::wire::Scissors;
use crate::world::{Account, Edit};

use super::answer::{Target, is_write, name_of};
use super::api::Api;
use super::auth;
use super::error::GraphError;
use super::outage::{self, Facts};
use super::query::Params;
use super::respond::{Reply, Usage, gateway, send};
use super::route::{self, Route};
use super::{Ask, Quirks, login_page, oauth, writes};

/// Form bodies are small.
const BODY_LIMIT: usize = 1 << 20;

/// The router of one host.
pub(crate) fn router(api: Arc<Api>, login: Login) -> Router {
    Router::new().fallback(handle).with_state((api, login))
}

async fn handle(
    State((api, login)): State<(Arc<Api>, Login)>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut params = Params::parse(parts.uri.query().unwrap_or_default());
    if is_write(&parts.method)
        && let Ok(form) = axum::body::to_bytes(body, BODY_LIMIT).await
    {
        params.extend(&String::from_utf8_lossy(&form));
    }
    if !api.settings.latency.is_zero() {
        tokio::time::sleep(api.settings.latency).await;
    }
    let judged = judge(&api, login, &parts, &params);
    let account = judged.account.as_deref();
    let call = Call { route: judged.route, account };
    if let Some(response) = on_the_way(&api, call, &scissors).await {
        return response;
    }
    let reply = match judged.outcome {
        Outcome::Gateway(response) => return response,
        Outcome::Reply(reply) => reply,
    };
    send(&api, login, judged.version, call, &parts.headers, &scissors, reply)
}

/// Faults of the connection itself.
async fn on_the_way(api: &Arc<Api>, call: Call<'_>, scissors: &Scissors) -> Option<Response> {
    if let Some(fired) = api.faults.fires(FaultKind::HangBeforeHeaders, call) {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(fired.amount("seconds", 3_600))) => {}
            () = api.stopping.cancelled() => {}
        }
    }
    api.faults.fires(FaultKind::ResetConnection, call)?;
    scissors.cut();
    Some(Response::new(Body::empty()))
}

/// What became of a call.
struct Judged {
    route: &'static str,
    account: Option<String>,
    version: Option<u32>,
    outcome: Outcome,
}

enum Outcome {
    Gateway(Response),
    Reply(Reply),
}

fn judge(api: &Arc<Api>, login: Login, parts: &Parts, params: &Params) -> Judged {
    let is_post = parts.method == Method::POST;
    let (version, route) = match route::parse(parts.uri.path(), login, is_post) {
        Ok(parsed) => parsed,
        Err(error) => {
            api.counters.call("unknown", None);
            let reply = Reply::error(api, &error, login);
            let outcome = Outcome::Reply(reply);
            return Judged { route: "unknown", account: None, version: None, outcome };
        }
    };
    let presented = auth::presented(&parts.headers, params);
    let account = presented.and_then(|text| {
        let world = api.read();
        world.tokens.get(text).map(|token| token.account)
    });
    let name = account.map(|account| api.read().accounts[account].name.clone());
    let mut judged = Judged {
        route: name_of(&route, &api.read()),
        account: name,
        version,
        outcome: Outcome::Reply(Reply::ok(Vec::new())),
    };
    // A code is redeemed by POST and changes nothing upstream.
    if is_write(&parts.method) && route != Route::Code {
        api.counters.write_call();
    }
    let call = Call { route: judged.route, account: judged.account.as_deref() };
    if let Some(response) = gateway(api, call) {
        api.counters.call(judged.route, judged.account.as_deref());
        judged.outcome = Outcome::Gateway(response);
        return judged;
    }
    let page = match route {
        Route::Authorise => Some(login_page::authorise(api, login, params)),
        Route::Code => Some(login_page::redeem(api, params)),
        _ => None,
    };
    if let Some(response) = page {
        api.counters.call(judged.route, None);
        judged.outcome = Outcome::Gateway(response);
        return judged;
    }
    let mut usage = None;
    let result =
        work(api, login, version, &route, parts, params, presented, &mut judged, &mut usage);
    api.counters.call(judged.route, judged.account.as_deref());
    let mut reply = match result {
        Ok(body) => Reply::ok(body),
        Err(error) => Reply::error(api, &error, login),
    };
    reply.usage = usage;
    judged.outcome = Outcome::Reply(reply);
    judged
}

#[allow(clippy::too_many_arguments, reason = "everything that is known about one call")]
fn work(
    api: &Arc<Api>,
    login: Login,
    version: Option<u32>,
    route: &Route,
    parts: &Parts,
    params: &Params,
    presented: Option<&str>,
    judged: &mut Judged,
    usage: &mut Option<Usage>,
) -> Result<Vec<u8>, GraphError> {
    let now = api.clock.now();
    let mut json = Json::new(api.settings.escaping);
    match route {
        Route::Refresh | Route::Exchange | Route::DebugToken => {
            return token_answer(api, login, route, params, presented, judged);
        }
        Route::Batch => return batch(login),
        // Answered before, and no part of the API itself.
        Route::Authorise | Route::Code => return Err(GraphError::unknown_path("/oauth")),
        Route::Me | Route::Node(_) | Route::Edge(..) | Route::Ids => {}
    }
    let is_me = matches!(route, Route::Me) || matches!(route, Route::Edge(id, _) if id == "me");
    let world = api.read();
    let token = auth::accept(&world, login, presented, is_me, now)?;
    let account = &world.accounts[token.account];
    auth::check_proof(params, login, &world.accounts[token.app].app_secret, &token.text)?;
    let mut ask = Ask {
        api,
        world: &world,
        login,
        version,
        token: &token.text,
        account: token.account,
        route: judged.route,
        now,
        quirks: Quirks::default(),
        first: std::cell::Cell::new(false),
    };
    let target = match route {
        Route::Ids => Target::Ids,
        other => ask.target(other)?,
    };
    judged.route = match parts.method {
        Method::DELETE => "delete",
        Method::POST => "comment_enabled",
        _ => target.name(),
    };
    ask.route = judged.route;
    let counted = count_call(api, token.account, account, now);
    *usage = Some(counted);
    refuse_over_limit(login, counted)?;
    let id = match route {
        Route::Node(id) | Route::Edge(id, _) => id.as_str(),
        _ => "",
    };
    let facts = Facts {
        login,
        reads_node: target.reads_node(),
        id,
        limit: params.get("limit").and_then(|text| text.parse().ok()).unwrap_or(25),
        fields: params.get("fields").unwrap_or_default(),
        now,
    };
    if let Some(struck) = outage::strike(&api.faults, ask.call(), facts) {
        if let Some(throttle) = struck.throttle {
            let until = now + throttle.minutes * 60;
            match (throttle.blocks, throttle.of_app) {
                (true, true) => api.pace.apps.block(account.app_id.clone(), until),
                (true, false) => api.pace.accounts.block(token.account, until),
                (false, _) => {}
            }
            let used_up = crate::pace::Standing {
                percent: 100.0,
                regain_minutes: throttle.minutes,
                was_blocked: false,
            };
            *usage = Some(if throttle.of_app {
                Usage { app: used_up, ..counted }
            } else {
                Usage { account: used_up, ..counted }
            });
        }
        return Err(struck.error);
    }
    if is_write(&parts.method) {
        drop(world);
        return change(api, login, &target, parts, params, id, json);
    }
    let shift = item_shift(&ask, &target, params);
    if target.writes_media() {
        ask.quirks = quirks(&ask);
    }
    ask.answer(&mut json, &target, params, shift.by)?;
    drop(world);
    if let Some(edit) = shift.edit {
        // The list changed while the page was under way.
        crate::world::apply(api, edit).ok();
    }
    Ok(json.finish())
}

/// Answers what hands out tokens or says what they are worth.
fn token_answer(
    api: &Api,
    login: Login,
    route: &Route,
    params: &Params,
    presented: Option<&str>,
    judged: &Judged,
) -> Result<Vec<u8>, GraphError> {
    let now = api.clock.now();
    let mut json = Json::new(api.settings.escaping);
    let call = Call { route: judged.route, account: judged.account.as_deref() };
    let facts = Facts { login, reads_node: false, id: "", limit: 0, fields: "", now };
    if let Some(outage) = outage::strike(&api.faults, call, facts) {
        return Err(outage.error);
    }
    match route {
        Route::Refresh => oauth::refresh(api, params, presented, &mut json)?,
        Route::Exchange => oauth::exchange(api, login, params, &mut json)?,
        _ => oauth::debug_token(api, &api.read(), params, presented, &mut json)?,
    }
    Ok(json.finish())
}

/// Counts a call by the account's allowance and by its app's.
fn count_call(api: &Api, index: usize, account: &Account, now: i64) -> Usage {
    let own = api.pace.accounts.call(index, now);
    let app = api.pace.apps.call(account.app_id.clone(), now);
    if own.was_blocked || app.was_blocked {
        api.counters.blocked_call(
            own.was_blocked.then_some(&account.name),
            app.was_blocked.then_some(&account.app_id),
        );
    }
    Usage { user_id: account.user_id, account: own, app }
}

/// Where both allowances are used up each host names its own first.
fn refuse_over_limit(login: Login, usage: Usage) -> Result<(), GraphError> {
    match (usage.account.regain_minutes > 0, usage.app.regain_minutes > 0, login) {
        (false, false, _) => Ok(()),
        (true, false, _) | (true, true, Login::Facebook) => Err(outage::account_limit()),
        (_, true, _) => Err(outage::app_limit()),
    }
}

/// Reads the faults that change how objects are written.
fn quirks(ask: &Ask<'_>) -> Quirks {
    let fires = |kind| ask.fault(kind).is_some();
    Quirks {
        null_fields: fires(FaultKind::NullFields),
        wrong_types: fires(FaultKind::WrongTypes),
        missing_id: fires(FaultKind::MissingId),
        odd_ids: fires(FaultKind::OddIds),
        unknown_type: fires(FaultKind::UnknownMediaType),
        extra_fields: fires(FaultKind::ExtraFields),
        at_signs_stripped: fires(FaultKind::AtSignsStripped),
        withheld: ask
            .fault(FaultKind::WithheldField)
            .and_then(|fired| fired.text("field").map(str::to_owned)),
    }
}

#[derive(Default)]
struct Shift {
    by: isize,
    edit: Option<Edit>,
}

/// A post that comes or goes between two pages moves everything behind it by one place.
fn item_shift(ask: &Ask<'_>, target: &Target, params: &Params) -> Shift {
    let Target::MediaList(account, super::lists::MediaList::Posts) = target else {
        return Shift::default();
    };
    if params.get("after").is_none() {
        return Shift::default();
    }
    let Some(fired) = ask.fault(FaultKind::ItemShift) else { return Shift::default() };
    let account = &ask.world.accounts[*account];
    if fired.number("by").unwrap_or(1) < 0 {
        let newest = account.posts.front().map(|&index| ask.world.medium(index).id.to_string());
        return Shift { by: 1, edit: newest.map(|media| Edit::Delete { media }) };
    }
    Shift { by: -1, edit: Some(Edit::publish(&account.name)) }
}

fn change(
    api: &Api,
    login: Login,
    target: &Target,
    parts: &Parts,
    params: &Params,
    id: &str,
    mut json: Json,
) -> Result<Vec<u8>, GraphError> {
    let verb = parts.method.as_str().to_ascii_lowercase();
    let Target::Medium(index) = target else {
        return Err(GraphError::no_object(id, &verb));
    };
    let mut world = api.write();
    let account = world.medium(*index).account;
    let scope = match (&parts.method, login) {
        (&Method::DELETE, _) => "instagram_manage_contents",
        (_, Login::Instagram) => "instagram_business_manage_comments",
        (_, Login::Facebook) => "instagram_manage_comments",
    };
    let may = login == Login::Instagram && parts.method == Method::DELETE
        || world.accounts[account].scopes.contains(scope);
    if !may {
        return Err(GraphError::no_permission());
    }
    match parts.method {
        Method::POST => writes::comment_enabled(&mut world, *index, params, &mut json)?,
        Method::DELETE => writes::delete(&mut world, *index, login, &mut json)?,
        _ => return Err(GraphError::no_object(id, &verb)),
    }
    Ok(json.finish())
}

/// Batch requests are not imitated; the Instagram host answers 200 with nothing in it.
fn batch(login: Login) -> Result<Vec<u8>, GraphError> {
    match login {
        Login::Instagram => Ok(Vec::new()),
        Login::Facebook => Err(GraphError::new(
            3,
            "Application does not have the capability to make this API call",
        )
        .status(StatusCode::BAD_REQUEST)),
    }
}
