//! The daemon's task that answers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::Listener;
use axum::{Extension, Json, Router, middleware};
use tokio_util::sync::CancellationToken;

use super::bind::{Bound, Socket};
use super::connection::Limited;
use super::guard::{self, Asker, guard, nothing_here, refusal};
use super::state::WebState;
use super::{exposition, health, metrics};
use crate::daemon::Pulse;

/// How long answers that are under way may go on after a stop.
const FAREWELL: Duration = Duration::from_secs(1);

/// Answers until it is stopped.
///
/// It can be called again after it ended: the place stays bound as long as `bound` lives.
pub async fn serve(bound: Arc<Bound>, state: Arc<WebState>, pulse: Pulse, stop: CancellationToken) {
    // It waits for whoever asks, and that may be nobody for years.
    pulse.rest();
    let served = match &bound.listener {
        Socket::Tcp(listener) => {
            match listener.try_clone().and_then(tokio::net::TcpListener::from_std) {
                Ok(listener) => answer(listener, &bound, state, &stop).await,
                Err(error) => Err(error),
            }
        }
        Socket::Unix(socket) => {
            let clone = socket.listener.try_clone();
            match clone.and_then(tokio::net::UnixListener::from_std) {
                Ok(listener) => answer(listener, &bound, state, &stop).await,
                Err(error) => Err(error),
            }
        }
    };
    if let Err(error) = served {
        tracing::error!("{bound} cannot be listened on: {error}");
    }
}

async fn answer<L>(
    listener: L,
    bound: &Arc<Bound>,
    state: Arc<WebState>,
    stop: &CancellationToken,
) -> io::Result<()>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    let limits = state.limits;
    let routes = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics_page))
        .fallback(nothing_here)
        .with_state(state)
        .layer(middleware::from_fn_with_state(bound.clone(), guard));
    let serving = axum::serve(Limited::new(listener, limits), routes)
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        served = serving => served,
        () = too_long => Ok(()),
    }
}

async fn healthz(
    State(state): State<Arc<WebState>>,
    Extension(Asker { names }): Extension<guard::Asker>,
) -> Response {
    let (healthy, body) = health::answer(&state, names).await;
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}

async fn metrics_page(State(state): State<Arc<WebState>>) -> Response {
    match metrics::text(&state).await {
        Ok(text) => {
            let kind = HeaderValue::from_static(exposition::CONTENT_TYPE);
            ([(header::CONTENT_TYPE, kind)], text.as_str().to_owned()).into_response()
        }
        Err(error) => {
            tracing::warn!("the catalog could not be counted: {error}");
            refusal(StatusCode::SERVICE_UNAVAILABLE, "the catalog cannot be read\n")
        }
    }
}
