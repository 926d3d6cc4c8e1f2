//! What every request has to pass, and what every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::bind::{Bound, Hosts};
use crate::domain::health::Names;

/// Who asks, as far as that matters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    pub(super) names: Names,
}

/// Lets a request through that only reads, came by a name of ours, and knows the password where
/// there is one; monitors ask for health without it.
pub(super) async fn guard(
    State(bound): State<Arc<Bound>>,
    mut request: Request,
    next: Next,
) -> Response {
    let knows_password = knows_password(&bound, request.headers());
    let names = if knows_password { Names::Told } else { bound.strangers };
    let open = request.uri().path() == "/healthz";
    let response = if !is_ours(bound.hosts, request.headers(), request.uri()) {
        refusal(StatusCode::MISDIRECTED_REQUEST, "this server has another name\n")
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
        (allow, refusal(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n")).into_response()
    } else if bound.password.is_some() && !knows_password && !open {
        let ask = HeaderValue::from_static("Basic realm=\"mediakeep\", charset=\"UTF-8\"");
        let ask = [(header::WWW_AUTHENTICATE, ask)];
        (ask, refusal(StatusCode::UNAUTHORIZED, "the password is missing or wrong\n"))
            .into_response()
    } else {
        request.extensions_mut().insert(Asker { names });
        next.run(request).await
    };
    with_headers(response)
}

/// What is not there.
pub(super) async fn nothing_here() -> Response {
    refusal(StatusCode::NOT_FOUND, "nothing is here: /healthz and /metrics are\n")
}

/// An answer in one line of plain text.
pub(super) fn refusal(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

fn knows_password(bound: &Bound, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match (&bound.password, given) {
        (Some(password), Some(given)) => password.is_in(given),
        (Some(_) | None, Some(_) | None) => false,
    }
}

/// Whether the request names this server: the header, and the address where it is a full one.
fn is_ours(hosts: Hosts, headers: &HeaderMap, uri: &Uri) -> bool {
    match hosts {
        Hosts::Any => true,
        Hosts::Loopback => {
            let mut given = headers.get_all(header::HOST).iter();
            let (Some(host), None) = (given.next(), given.next()) else { return false };
            host.to_str().is_ok_and(is_loopback)
                && uri.authority().is_none_or(|authority| is_loopback(authority.as_str()))
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Nothing that is answered may be kept, framed, sniffed or run; and each connection carries one
/// answer, so that none is held open for a next request.
fn with_headers(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 7] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_loopback_are_ours() {
        for (host, ours) in [
            ("localhost", true),
            ("LOCALHOST:8780", true),
            ("127.0.0.1:8780", true),
            ("127.9.9.9", true),
            ("[::1]:8780", true),
            ("[::1]", true),
            ("::1", false),
            ("example.org", false),
            ("localhost.example.org:8780", false),
            ("127.0.0.1.example.org", false),
            ("192.168.1.7:8780", false),
            ("localhost:80:80", false),
            ("user@localhost", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(host), ours, "{host}");
        }
    }
}
