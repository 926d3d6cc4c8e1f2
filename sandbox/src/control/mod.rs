//! The control API: the clock, the world, faults and counters over HTTP, loopback only.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::faults::{Fault, FaultKind};
use crate::files::FileHostOptions;
use crate::graph::Api;
use crate::sandbox::{Ready, counters};
use crate::world::{Edit, WorldHandle, apply};

type Control = (Arc<Api>, Ready);

/// The router of the control API.
pub(crate) fn router(api: Arc<Api>, ready: Ready) -> Router {
    Router::new()
        .route("/control", get(show_ready))
        .route("/control/clock", get(read_clock).post(move_clock))
        .route("/control/world", get(show_world))
        .route("/control/world/{edit}", post(edit_world))
        .route("/control/faults", get(list_faults).post(arm_fault).delete(clear_faults))
        .route("/control/files", get(read_files).post(switch_files))
        .route("/control/counters", get(read_counters))
        .with_state((api, ready))
}

/// A refusal that says what is wrong.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

fn bad(message: impl std::fmt::Display) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, message.to_string())
}

fn read<T: for<'a> Deserialize<'a>>(body: &Bytes) -> Result<T, Refusal> {
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(bad)
}

async fn show_ready(State((_, ready)): State<Control>) -> Json<Ready> {
    Json(ready)
}

async fn read_clock(State((api, _)): State<Control>) -> Json<Value> {
    Json(json!({ "now": api.clock.now() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    advance_seconds: i64,
}

async fn move_clock(State((api, _)): State<Control>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let ClockBody { advance_seconds } = read(&body)?;
    api.clock.advance(advance_seconds);
    Ok(Json(json!({ "now": api.clock.now() })))
}

async fn show_world(State((api, _)): State<Control>) -> Json<Value> {
    let handle = WorldHandle::new(Arc::clone(&api));
    let names: Vec<String> = api.read().accounts.iter().map(|a| a.name.clone()).collect();
    let accounts: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({
                "account": name,
                "posts": handle.posts(name),
                "stories": handle.stories(name),
                "taken_away": handle.taken_away(name),
            })
        })
        .collect();
    Json(json!({ "now": api.clock.now(), "accounts": accounts }))
}

async fn edit_world(
    State((api, _)): State<Control>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let mut fields: Map<String, Value> = read(&body)?;
    fields.insert("edit".to_owned(), Value::String(name));
    let edit: Edit = serde_json::from_value(Value::Object(fields)).map_err(bad)?;
    let outcome =
        apply(&api, edit).map_err(|error| Refusal(StatusCode::NOT_FOUND, error.to_string()))?;
    Ok(Json(json!({ "ids": outcome.ids, "token": outcome.token })))
}

async fn list_faults(State((api, _)): State<Control>) -> Json<Value> {
    let fired = api.faults.fired();
    let catalogue: Vec<Value> = FaultKind::ALL
        .iter()
        .map(|kind| {
            json!({
                "name": kind.name(),
                "description": kind.description(),
                "fired": fired.get(kind.name()).copied().unwrap_or(0),
            })
        })
        .collect();
    let armed: Vec<Value> = api
        .faults
        .armed()
        .iter()
        .map(|fault| {
            json!({
                "name": fault.kind.name(),
                "route": fault.route,
                "account": fault.account,
                "after": fault.skip,
                "args": fault.args,
            })
        })
        .collect();
    Json(json!({ "catalogue": catalogue, "armed": armed }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    name: String,
    route: Option<String>,
    account: Option<String>,
    /// Calls that pass before it fires.
    after: Option<u64>,
    times: Option<u64>,
    probability: Option<f64>,
    #[serde(default)]
    args: Map<String, Value>,
}

async fn arm_fault(State((api, _)): State<Control>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let body: FaultBody = read(&body)?;
    let kind = FaultKind::named(&body.name).ok_or_else(|| {
        bad(format!("there is no fault {:?}: GET /control/faults lists them", body.name))
    })?;
    let mut fault = Fault::new(kind);
    fault.route = body.route;
    fault.account = body.account;
    fault.args = body.args;
    fault.skip = body.after.unwrap_or(0);
    match (body.times, body.probability) {
        (Some(_), Some(_)) => return Err(bad("give times or probability, not both")),
        (Some(times), None) => fault = fault.times(times),
        (None, Some(share)) if (0.0..=1.0).contains(&share) => fault = fault.probability(share),
        (None, Some(share)) => return Err(bad(format!("probability {share} is not in 0..1"))),
        (None, None) => {}
    }
    api.faults.arm(fault);
    Ok(Json(json!({ "armed": kind.name() })))
}

async fn clear_faults(State((api, _)): State<Control>) -> Json<Value> {
    api.faults.clear();
    Json(json!({ "armed": null }))
}

async fn read_files(State((api, _)): State<Control>) -> Response {
    Json(api.files.options()).into_response()
}

/// Takes any of the file host's switches; the others stay.
async fn switch_files(State((api, _)): State<Control>, body: Bytes) -> Result<Response, Refusal> {
    let changes: Map<String, Value> = read(&body)?;
    let mut options = serde_json::to_value(api.files.options()).map_err(bad)?;
    if let Some(options) = options.as_object_mut() {
        options.extend(changes);
    }
    let options: FileHostOptions = serde_json::from_value(options).map_err(bad)?;
    api.files.set_options(options.clone());
    Ok(Json(options).into_response())
}

async fn read_counters(State((api, _)): State<Control>) -> Response {
    Json(counters(&api)).into_response()
}
