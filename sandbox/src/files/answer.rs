//! Answers one request: the rules of the real hosts first, then the file, as a fault shapes it.

use std::time::Duration;

use crate::clock::http_date;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, EXPIRES, HOST, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, RETRY_AFTER,
    SERVER,
};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::host::Inner;
use super::range::{Selection, select};
use super::shape::{Form, shape};
use super::{FileFault, FileHostOptions, FileSpec, Text403};
use crate::mix::mix;

/// How long a client may keep a file, as the real hosts say: two weeks.
const MAX_AGE: i64 = 1_209_600;

/// The page that a method other than GET and HEAD gets: 363 bytes, as captured.
const BAD_METHOD: &str = "<!DOCTYPE html>\n\
    <html lang=\"en\">\n\
    <head>\n\
    <meta charset=\"utf-8\">\n\
    <title>Bad request</title>\n\
    <style>\n\
    body { margin: 3em auto; max-width: 32em; font: 16px sans-serif; color: #333; }\n\
    h1 { font-size: 22px; }\n\
    </style>\n\
    </head>\n\
    <body>\n\
    <h1>Bad request</h1>\n\
    <p>Your request could not be processed: files are read here, and nothing is written or deleted.</p>\n\
    </body>\n\
    </html>\n";

const HTML_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sorry</title></head>\n\
    <body><p>Something went wrong. Please try again later.</p></body></html>\n";

pub(super) async fn answer(host: &Inner, request: &Parts) -> Response {
    if request.method != Method::GET && request.method != Method::HEAD {
        let mut response = text(host, request, StatusCode::BAD_REQUEST, "text/html", BAD_METHOD);
        put(&mut response, ALLOW, "GET, HEAD");
        return response;
    }
    let fault = host.faults.next(request.uri.path());
    if let Some(fault) = &fault {
        if let Some(response) = instead(host, request, fault) {
            host.counting.fault();
            return response;
        }
        if let FileFault::Silent { seconds } = fault {
            tokio::time::sleep(Duration::from_secs(*seconds)).await;
        }
    }
    let spec = match find(host, request) {
        Ok(spec) => spec,
        Err(response) => return *response,
    };
    let shown = if fault == Some(FileFault::SwappedItem) { neighbour(&spec) } else { spec.clone() };
    let options = host.options();
    let Ok(file) = host.studio.file(&shown, &options).await else {
        return plain(host, request, StatusCode::INTERNAL_SERVER_ERROR, "The file was not made");
    };

    let facts = Facts::new(&shown, &options);
    if options.etags && matches(request, &IF_NONE_MATCH, &facts.etag) {
        let mut response = empty(StatusCode::NOT_MODIFIED);
        facts.describe(response.headers_mut(), host.clock.now());
        return response;
    }
    let selection = selection(request, fault.as_ref(), &facts, file.len());
    let (status, part) = match &selection {
        Selection::Whole => (StatusCode::OK, 0..file.len()),
        Selection::Part(part) => (StatusCode::PARTIAL_CONTENT, part.clone()),
        Selection::Unsatisfiable => {
            let mut response = plain(host, request, StatusCode::RANGE_NOT_SATISFIABLE, "");
            put(&mut response, CONTENT_RANGE, &format!("bytes */{}", file.len()));
            return response;
        }
    };
    if fault.is_some() {
        host.counting.fault();
    }
    let form = shape(&file, part.clone(), fault.as_ref());
    let checksum = file.checksum();
    let mut response = send(host, request, status, form);
    facts.describe(response.headers_mut(), host.clock.now());
    put(&mut response, CONTENT_TYPE, content_type(&shown, fault.as_ref()));
    put(&mut response, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(&mut response, HeaderName::from_static("content-digest"), &format!("adler32={checksum}"));
    if let Selection::Part(part) = selection {
        let range = format!("bytes {}-{}/{}", part.start, part.end.saturating_sub(1), file.len());
        put(&mut response, CONTENT_RANGE, &range);
    }
    response
}

/// The file that the link names, or the host's refusal.
fn find(host: &Inner, request: &Parts) -> Result<FileSpec, Box<Response>> {
    let path = request.uri.path();
    let query = request.uri.query().unwrap_or_default();
    let asked = asked_host(request);
    host.signer
        .check(path, query, &asked, host.clock.now())
        .map_err(|why| Box::new(forbidden(host, request, why)))?;
    let missing = || plain(host, request, StatusCode::NOT_FOUND, "Not Found");
    let spec = host.file_at(path).ok_or_else(|| Box::new(missing()))?;
    match host.purged(&spec) {
        None => Ok(spec),
        Some(410) => Err(Box::new(plain(host, request, StatusCode::GONE, "Gone"))),
        Some(_) => Err(Box::new(missing())),
    }
}

/// The answer of a fault that never reaches the file; `None` for those that do.
fn instead(host: &Inner, request: &Parts, fault: &FileFault) -> Option<Response> {
    let response = match fault {
        FileFault::Forbidden(why) => forbidden(host, request, *why),
        FileFault::Missing => plain(host, request, StatusCode::NOT_FOUND, "Not Found"),
        FileFault::Gone => plain(host, request, StatusCode::GONE, "Gone"),
        FileFault::Html => text(host, request, StatusCode::OK, "text/html", HTML_PAGE),
        FileFault::Redirect(to) => {
            let mut response = plain(host, request, StatusCode::FOUND, "");
            put(&mut response, LOCATION, to);
            response
        }
        FileFault::ServerError(status) => {
            let status = StatusCode::from_u16(*status)
                .ok()
                .filter(StatusCode::is_server_error)
                .unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            plain(host, request, status, status.canonical_reason().unwrap_or("Server Error"))
        }
        FileFault::Throttled { retry_after } => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = plain(host, request, status, "Too Many Requests");
            put(&mut response, RETRY_AFTER, &retry_after.to_string());
            response
        }
        FileFault::Cut { .. }
        | FileFault::Stall { .. }
        | FileFault::Silent { .. }
        | FileFault::Drip { .. }
        | FileFault::WrongLength { .. }
        | FileFault::Truncated { .. }
        | FileFault::Flipped { .. }
        | FileFault::Empty
        | FileFault::WrongType(_)
        | FileFault::SwappedItem
        | FileFault::Compressed
        | FileFault::Partial206
        | FileFault::RangeIgnored
        | FileFault::ChunkedNoLength
        | FileFault::CloseDelimited
        | FileFault::CloseEarly { .. } => return None,
    };
    Some(response)
}

fn selection(request: &Parts, fault: Option<&FileFault>, facts: &Facts, length: u64) -> Selection {
    if fault == Some(&FileFault::Partial206) {
        return Selection::Part(0..(length / 2).max(1));
    }
    let unchanged = match header(request, &IF_RANGE) {
        None => true,
        Some(validator) => {
            validator == facts.last_modified || (facts.etags && validator == facts.etag)
        }
    };
    if !facts.ranges || !unchanged || fault == Some(&FileFault::RangeIgnored) {
        return Selection::Whole;
    }
    select(header(request, &RANGE), length)
}

/// What the host says about a file beside its bytes.
struct Facts {
    etag: String,
    last_modified: String,
    ranges: bool,
    etags: bool,
}

impl Facts {
    fn new(spec: &FileSpec, options: &FileHostOptions) -> Self {
        let hash = mix(&[spec.id, u64::from(spec.version), spec.shape.kind(), 0xE7A6]);
        Self {
            etag: format!("\"{hash:016x}\""),
            // Some moment of the year before November 2024, fixed for the file.
            last_modified: http_date(1_700_000_000 + (hash % 31_000_000).cast_signed()),
            ranges: options.ranges,
            etags: options.etags,
        }
    }

    fn describe(&self, headers: &mut HeaderMap, now: i64) {
        let mut insert = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        insert(LAST_MODIFIED, &self.last_modified);
        insert(CACHE_CONTROL, &format!("max-age={MAX_AGE}, no-transform"));
        insert(EXPIRES, &http_date(now + MAX_AGE));
        if self.ranges {
            insert(ACCEPT_RANGES, "bytes");
        }
        if self.etags {
            insert(ETAG, &self.etag);
        }
    }
}

fn content_type<'a>(spec: &FileSpec, fault: Option<&'a FileFault>) -> &'a str {
    match fault {
        Some(FileFault::WrongType(other)) => other,
        Some(_) | None => spec.shape.mime_type(),
    }
}

/// Another file of the same kind and size.
fn neighbour(spec: &FileSpec) -> FileSpec {
    FileSpec { id: mix(&[spec.id, 0x5AB]), bytes: None, ..spec.clone() }
}

fn forbidden(host: &Inner, request: &Parts, why: Text403) -> Response {
    plain(host, request, StatusCode::FORBIDDEN, why.text())
}

fn plain(host: &Inner, request: &Parts, status: StatusCode, body: &'static str) -> Response {
    text(host, request, status, "text/plain", body)
}

/// An answer of the host's front, which names itself.
fn text(
    host: &Inner,
    request: &Parts,
    status: StatusCode,
    content_type: &str,
    body: &'static str,
) -> Response {
    let mut response = send(host, request, status, Form::text(body));
    put(&mut response, CONTENT_TYPE, content_type);
    put(&mut response, SERVER, "proxygen-bolt");
    response
}

fn send(host: &Inner, request: &Parts, status: StatusCode, form: Form) -> Response {
    let head = request.method == Method::HEAD;
    form.into_response(status, head, host.counting.clone())
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn header<'a>(request: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    request.headers.get(name)?.to_str().ok()
}

fn matches(request: &Parts, name: &HeaderName, etag: &str) -> bool {
    header(request, name).is_some_and(|list| {
        list.split(',').any(|one| matches!(one.trim(), one if one == "*" || one == etag))
    })
}

/// The host that the client asked for, without its port.
fn asked_host(request: &Parts) -> String {
    let authority = header(request, &HOST).and_then(|host| host.parse::<Authority>().ok());
    authority.map(|authority| authority.host().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::BAD_METHOD;
    use crate::clock::http_date;

    #[test]
    fn the_page_for_other_methods_is_as_long_as_the_captured_one() {
        assert_eq!(BAD_METHOD.len(), 363);
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
