//! The client of the file hosts.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode, redirect};
use url::Url;

use super::incoming::Incoming;
use super::resolver::PublicOnly;
use super::{FileError, HostRules, Length};
use crate::domain::Link;

/// What a file may be and how long its host may take.
#[derive(Debug, Clone)]
pub struct FileRules {
    pub hosts: HostRules,
    /// The largest file that is kept, in bytes; absent means any size.
    pub max_size: Option<u64>,
    pub connect_timeout: Duration,
    /// Silence on the wire after which a transfer counts as broken.
    pub read_timeout: Duration,
    /// Connections kept open between files.
    pub connections: usize,
}

/// A transfer that broke off and may go on where it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Bytes already received.
    pub from: u64,
    /// The whole file's length as first announced.
    pub total: u64,
    /// The strong validator of the first answer.
    pub etag: String,
}

/// Fetches signed links over HTTP/1.1, which uses several connections where one HTTP/2
/// connection would share a single congestion window.
#[derive(Debug, Clone)]
pub struct FileClient {
    http: reqwest::Client,
    rules: Arc<FileRules>,
}

impl FileClient {
    /// Builds the client: no credential, no referrer, no proxy, no decompression.
    pub fn new(rules: FileRules) -> Result<Self, FileError> {
        let hosts = rules.hosts.clone();
        let follow = redirect::Policy::custom(move |attempt| {
            let allowed = attempt.previous().len() <= 3 && hosts.check(attempt.url()).is_ok();
            if allowed { attempt.follow() } else { attempt.stop() }
        });
        let http = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .referer(false)
            .gzip(false)
            .redirect(follow)
            .dns_resolver(Arc::new(PublicOnly(rules.hosts.clone())))
            .connect_timeout(rules.connect_timeout)
            .read_timeout(rules.read_timeout)
            .pool_max_idle_per_host(rules.connections)
            .user_agent(concat!("mediakeep/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| FileError::Setup(error.without_url()))?;
        Ok(Self { http, rules: Arc::new(rules) })
    }

    /// Asks for a file; the answer's head is checked before the first byte is handed on.
    ///
    /// With `resume` the answer may begin at the asked byte or, when the host does not support
    /// it or the file changed, at the start: see [`Incoming::starts_at`].
    pub async fn open(&self, link: &Link, resume: Option<&Resume>) -> Result<Incoming, FileError> {
        let url = Url::parse(link.expose())
            .map_err(|_| FileError::ForbiddenAddress("the link is not an address".to_owned()))?;
        self.rules.hosts.check(&url).map_err(FileError::ForbiddenAddress)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = self.http.get(url);
        if let Some(resume) = resume {
            request = request.headers(range_headers(resume));
        }
        let response = request.send().await.map_err(|source| FileError::Connect {
            host: host.clone(),
            source: source.without_url(),
        })?;
        let starts_at = check_status(&host, &response, resume)?;
        let length = self.check_length(&response, starts_at)?;
        Ok(Incoming::new(host, response, length, starts_at, self.rules.max_size))
    }

    fn check_length(&self, response: &Response, starts_at: u64) -> Result<Length, FileError> {
        if let Some(encoding) = response.headers().get(header::CONTENT_ENCODING)
            && encoding.as_bytes() != b"identity"
        {
            let encoding = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
            return Err(FileError::Compressed(encoding));
        }
        let chunked = response.headers().contains_key(header::TRANSFER_ENCODING);
        let length = match response.content_length() {
            Some(0) => return Err(FileError::Empty),
            Some(rest) => Length::Announced(starts_at + rest),
            None if chunked => Length::Framed,
            None => Length::Unknown,
        };
        match (length, self.rules.max_size) {
            (Length::Announced(size), Some(limit)) if size > limit => {
                Err(FileError::TooLarge { size, limit })
            }
            (Length::Announced(_) | Length::Framed | Length::Unknown, _) => Ok(length),
        }
    }
}

fn range_headers(resume: &Resume) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let range = HeaderValue::from_str(&format!("bytes={}-", resume.from));
    if let (Ok(range), Ok(etag)) = (range, HeaderValue::from_str(&resume.etag)) {
        headers.insert(header::RANGE, range);
        headers.insert(header::IF_RANGE, etag);
    }
    headers
}

/// Answers where the body starts within the file.
fn check_status(
    host: &str,
    response: &Response,
    resume: Option<&Resume>,
) -> Result<u64, FileError> {
    let status = response.status();
    match (status, resume) {
        (StatusCode::OK, _) => Ok(0),
        (StatusCode::PARTIAL_CONTENT, Some(resume)) => {
            let expected = format!(
                "bytes {}-{}/{}",
                resume.from,
                resume.total.saturating_sub(1),
                resume.total
            );
            let range = response.headers().get(header::CONTENT_RANGE);
            if range.is_some_and(|range| range.as_bytes() == expected.as_bytes()) {
                Ok(resume.from)
            } else {
                Err(FileError::Status { status: 206 })
            }
        }
        (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE, _) => {
            let answer = status.canonical_reason().unwrap_or_default().to_lowercase();
            Err(FileError::LinkRefused { status: status.as_u16(), answer })
        }
        (status, _) if status.is_redirection() => Err(FileError::ForbiddenAddress(format!(
            "{host} redirects to an address that is not allowed"
        ))),
        (status, _) => Err(FileError::Status { status: status.as_u16() }),
    }
}
