//! How an answer travels: headers of each host, gzip, chunks, and bodies that go wrong.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt as _, stream};

use crate::clock::http_date;
use crate::faults::{Call, FaultKind};
use crate::host::{Login, served_version};
use crate::pace::Standing;
use crate::wire::Scissors;

use super::api::Api;
use super::error::GraphError;

/// An answer before it travels.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    /// Text for `WWW-Authenticate`.
    pub(crate) challenge: Option<String>,
    /// What the usage headers say; none where no account is known.
    pub(crate) usage: Option<Usage>,
}

/// Whose allowances, and how they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) user_id: u64,
    pub(crate) account: Standing,
    pub(crate) app: Standing,
}

impl Reply {
    pub(crate) fn ok(body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, body, challenge: None, usage: None }
    }

    pub(crate) fn error(api: &Api, error: &GraphError, login: Login) -> Self {
        api.counters.error();
        let trace = format!("A{}", &super::cursor::opaque(api.counters.calls())[..22]);
        Self {
            status: error.status,
            body: error.body(login, api.settings.escaping, &trace),
            challenge: Some(error.challenge(login)),
            usage: None,
        }
    }
}

/// Sends a reply the way the host would, or the way a fault wants it.
pub(crate) fn send(
    api: &Arc<Api>,
    login: Login,
    version: Option<u32>,
    call: Call<'_>,
    request: &HeaderMap,
    scissors: &Scissors,
    mut reply: Reply,
) -> Response {
    let fires = |kind| api.faults.fires(kind, call);
    if reply.status == StatusCode::OK {
        if let Some(response) = replaced(api, call) {
            return response;
        }
        if fires(FaultKind::TruncatedJson).is_some() {
            reply.body.truncate(reply.body.len() / 2);
        }
        if fires(FaultKind::InvalidJson).is_some() {
            reply.body = b"{\"data\":[{\"id\":17841,,}]".to_vec();
        }
        if let Some(fired) = fires(FaultKind::DeepJson) {
            let depth = usize::try_from(fired.amount("depth", 100_000)).unwrap_or(100_000);
            add_member(&mut reply.body, &format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        }
        if let Some(fired) = fires(FaultKind::HugeBody) {
            let bytes = usize::try_from(fired.amount("bytes", 64 << 20)).unwrap_or(64 << 20);
            add_member(&mut reply.body, &format!("\"{}\"", "x".repeat(bytes)));
        }
        if fires(FaultKind::ErrorIn200).is_some() {
            let error = GraphError::new(2, "An unexpected error has occurred").transient(true);
            let mut body = error.body(login, api.settings.escaping, "Aembedded");
            body.pop();
            body.extend_from_slice(b",\"id\":\"17841400000000000\"}");
            reply.body = body;
        }
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    put_fixed(headers, login, served_version(version));
    // The clock of the sandbox, not the machine's: a client may go by it.
    put(headers, "date", &http_date(api.clock.now()));
    if let Some(challenge) = &reply.challenge {
        put(headers, "www-authenticate", challenge);
    }
    if let Some(usage) = reply.usage
        && fires(FaultKind::UsageAbsent).is_none()
    {
        let malformed = fires(FaultKind::UsageMalformed).is_some();
        put_usage(headers, login, usage, malformed);
    }
    let accepts_gzip = request
        .get_all("accept-encoding")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("gzip"));
    let mut bytes = reply.body;
    if accepts_gzip
        && bytes.len() > 256
        && let Some(packed) = gzip(&bytes)
    {
        bytes = packed;
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    }
    let bytes = Bytes::from(bytes);
    *response.body_mut() = if let Some(fired) = fires(FaultKind::StallBody) {
        stalled(api, &bytes, fired.amount("seconds", 3_600), scissors.clone())
    } else if let Some(fired) = fires(FaultKind::DripBody) {
        dripping(bytes, fired.amount("bytes_per_second", 200))
    } else {
        // A stream has no length, so the answer is chunked, as Graph's are.
        Body::from_stream(stream::once(async { Ok::<_, std::io::Error>(bytes) }))
    };
    response
}

/// Answers that are no Graph answers at all.
pub(crate) fn replaced(api: &Api, call: Call<'_>) -> Option<Response> {
    let html = |status: StatusCode, text: &'static str| {
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        response
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("text/html; charset=utf-8"));
        response
    };
    if api.faults.fires(FaultKind::Html200, call).is_some() {
        return Some(html(
            StatusCode::OK,
            "<!DOCTYPE html><html><title>Sorry, something went wrong.</title></html>",
        ));
    }
    if api.faults.fires(FaultKind::EmptyBody, call).is_some() {
        return Some(Response::new(Body::empty()));
    }
    None
}

/// Failures of the way to the API, which no token and no field can change.
pub(crate) fn gateway(api: &Api, call: Call<'_>) -> Option<Response> {
    let empty = |status: StatusCode| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response
    };
    if api.faults.fires(FaultKind::Http502Html, call).is_some() {
        let mut response = empty(StatusCode::BAD_GATEWAY);
        *response.body_mut() =
            Body::from("<html><head><title>502 Bad Gateway</title></head><body></body></html>");
        put(response.headers_mut(), "content-type", "text/html");
        return Some(response);
    }
    if api.faults.fires(FaultKind::Http503, call).is_some() {
        return Some(empty(StatusCode::SERVICE_UNAVAILABLE));
    }
    if let Some(fired) = api.faults.fires(FaultKind::Http429, call) {
        let mut response = empty(StatusCode::TOO_MANY_REQUESTS);
        if let Some(seconds) = fired.number("retry_after") {
            put(response.headers_mut(), "retry-after", &seconds.to_string());
        }
        return Some(response);
    }
    if let Some(fired) = api.faults.fires(FaultKind::RedirectOtherHost, call) {
        let mut response = empty(StatusCode::FOUND);
        let to = fired.text("to").unwrap_or("https://graph.example.net/v25.0/me");
        put(response.headers_mut(), "location", to);
        return Some(response);
    }
    None
}

fn put_fixed(headers: &mut HeaderMap, login: Login, version: u32) {
    for (name, value) in [
        ("content-type", "application/json; charset=UTF-8"),
        ("vary", "Origin, Accept-Encoding"),
        ("cache-control", "private, no-cache, no-store, must-revalidate"),
        ("pragma", "no-cache"),
        ("expires", "Sat, 01 Jan 2000 00:00:00 GMT"),
        ("access-control-allow-origin", "*"),
        ("strict-transport-security", "max-age=15552000; preload"),
        ("x-fb-rev", "1030000000"),
        ("x-fb-debug", "c2FuZGJveA=="),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    put(headers, login.version_header(), &format!("v{version}.0"));
}

/// The usage headers, with the keys of each host: one speaks of the app, one of the account.
fn put_usage(headers: &mut HeaderMap, login: Login, usage: Usage, malformed: bool) {
    let parts = |standing: Standing| {
        let percent = standing.percent.min(250.0);
        (percent.floor(), (percent * 0.37).floor())
    };
    let (whole, part) = parts(usage.app);
    if malformed {
        put(headers, "x-app-usage", "{\"call_volume\":");
        put(headers, "x-business-use-case-usage", "unavailable");
        return;
    }
    match login {
        Login::Instagram => {
            put(
                headers,
                "x-app-usage",
                &format!("{{\"call_volume\":{whole},\"cpu_time\":{part}}}"),
            );
        }
        Login::Facebook => put(
            headers,
            "x-app-usage",
            &format!("{{\"call_count\":{whole},\"total_time\":{part},\"total_cputime\":{part}}}"),
        ),
    }
    let regain = usage.account.regain_minutes.max(usage.app.regain_minutes);
    if login == Login::Facebook || regain > 0 {
        let (whole, part) = parts(usage.account);
        put(
            headers,
            "x-business-use-case-usage",
            &format!(
                "{{\"{}\":[{{\"type\":\"instagram\",\"call_count\":{whole},\"total_cputime\":{part},\
                 \"total_time\":{part},\"estimated_time_to_regain_access\":{}}}]}}",
                usage.user_id, regain
            ),
        );
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn add_member(body: &mut Vec<u8>, value: &str) {
    if body.last() == Some(&b'}') {
        body.pop();
        body.extend_from_slice(b",\"__debug__\":");
        body.extend_from_slice(value.as_bytes());
        body.push(b'}');
    }
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Half the body, a silence, then a reset.
fn stalled(api: &Arc<Api>, bytes: &Bytes, seconds: u64, scissors: Scissors) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let stopping = api.stopping.clone();
    let silence = async move {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            () = stopping.cancelled() => {}
        }
        scissors.cut();
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    Body::from_stream(stream::once(async { Ok(half) }).chain(stream::once(silence)))
}

fn dripping(bytes: Bytes, bytes_per_second: u64) -> Body {
    let step = usize::try_from((bytes_per_second / 10).max(1)).unwrap_or(1);
    Body::from_stream(stream::unfold((bytes, true), move |(mut bytes, first)| async move {
        if bytes.is_empty() {
            return None;
        }
        if !first {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let drop = bytes.split_to(step.min(bytes.len()));
        Some((Ok::<_, std::io::Error>(drop), (bytes, false)))
    }))
}
