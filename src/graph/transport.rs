//! Carries one request to the API and its answer back, within limits.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use url::Url;

use super::error::{Fault, GraphError, Reply, Subject};
use super::usage;
use crate::secret::AccessToken;

/// How long one request may take and how large its answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub stall: Duration,
    /// From the first byte sent to the last one received.
    pub whole: Duration,
    /// The largest answer in bytes, decompressed; a page of 100 items has about 200 kB.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            whole: Duration::from_secs(120),
            body: 8 * 1024 * 1024,
        }
    }
}

/// The connections to the API, without any account's credentials; cheap to clone and best
/// shared by all accounts, because the system's certificates are held once per transport.
#[derive(Debug, Clone)]
pub struct Transport {
    client: Client,
    limits: Limits,
}

impl Transport {
    /// Sets up connections that follow no redirect, send no `Referer`, use no proxy of the
    /// system and retry nothing on their own.
    pub fn new(limits: Limits) -> Result<Self, GraphError> {
        const HEADER_LIST: u32 = 64 * 1024;
        let client = Client::builder()
            .user_agent(concat!("mediakeep/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .retry(reqwest::retry::never())
            .gzip(true)
            .connect_timeout(limits.connect)
            .read_timeout(limits.stall)
            .timeout(limits.whole)
            .pool_max_idle_per_host(2)
            .http1_max_headers(100)
            .http2_max_header_list_size(HEADER_LIST)
            .http2_initial_stream_window_size(256 * 1024)
            .http2_initial_connection_window_size(512 * 1024)
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .build()
            .map_err(|source| GraphError::Setup { source: source.without_url() })?;
        Ok(Self { client, limits })
    }

    pub(super) async fn get(
        &self,
        subject: &Subject,
        url: Url,
        token: &AccessToken,
    ) -> Result<(Reply, Vec<u8>), GraphError> {
        self.carry(subject, self.client.get(url).bearer_auth(token.expose())).await
    }

    /// Asks without a token in the header: where the query holds what is secret.
    pub(super) async fn get_by_query(
        &self,
        subject: &Subject,
        url: Url,
    ) -> Result<(Reply, Vec<u8>), GraphError> {
        self.carry(subject, self.client.get(url)).await
    }

    pub(super) async fn post_form(
        &self,
        subject: &Subject,
        url: Url,
        form: &[(&str, &str)],
    ) -> Result<(Reply, Vec<u8>), GraphError> {
        self.carry(subject, self.client.post(url).form(form)).await
    }

    async fn carry(
        &self,
        subject: &Subject,
        request: RequestBuilder,
    ) -> Result<(Reply, Vec<u8>), GraphError> {
        let request = request.header(ACCEPT, HeaderValue::from_static("application/json"));
        let mut response =
            request.send().await.map_err(|source| GraphError::transport(subject, None, source))?;
        let reply = reply(&response);
        match read_body(&mut response, self.limits.body).await {
            Ok(Some(body)) => Ok((reply, body)),
            Ok(None) => Err(GraphError::answer(subject, reply, Fault::TooLarge)),
            Err(source) => Err(GraphError::transport(subject, Some(reply), source)),
        }
    }
}

/// Reads at most `limit` bytes; nothing when there are more.
async fn read_body(response: &mut Response, limit: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > limit) {
        return Ok(None);
    }
    let mut body = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}

fn reply(response: &Response) -> Reply {
    let headers = response.headers();
    let date = usage::date(headers);
    let usage = usage::usage(headers);
    Reply {
        status: response.status().as_u16(),
        usage,
        regain: usage.regain().max(usage::retry_after(headers, date)),
        api_version: api_version(headers),
        date,
    }
}

/// The version that answered, which may be another than the one asked for when that has ended.
fn api_version(headers: &HeaderMap) -> Option<String> {
    let names = ["instagram-api-version", "facebook-api-version"];
    let version = names.iter().find_map(|name| headers.get(*name))?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    ((1..=16).contains(&version.len()) && version.bytes().all(plain)).then(|| version.to_owned())
}
