//! Posts to addresses of others, within limits.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use url::Url;

use super::{NotifyError, Receipt};

/// How long a target may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the beginning to the head of the answer.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), whole: Duration::from_secs(15) }
    }
}

/// The connections to all targets; cheap to clone.
///
/// They follow no redirect, so that no credential goes where nobody sent it, use no proxy and hold
/// no connection open: messages are rare.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: reqwest::Client,
    limits: Limits,
}

impl Outbound {
    /// Prepares the connections.
    pub fn new(limits: Limits) -> Result<Self, NotifyError> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("mediakeep/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .gzip(false)
            .retry(reqwest::retry::never())
            .connect_timeout(limits.connect)
            .timeout(limits.whole)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| NotifyError::Setup(error.without_url()))?;
        Ok(Self { client, limits })
    }

    /// Posts a body; what the answer says beside its status is not read.
    pub(super) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Receipt, NotifyError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let sent = self.client.post(url).headers(headers).body(body).send().await;
        let response = sent.map_err(|error| self.explain(error, &host))?;
        let status = response.status();
        let reason = status.canonical_reason().unwrap_or_default();
        if status.is_success() {
            return Ok(Receipt(format!("{} {reason}", status.as_u16()).trim_end().to_owned()));
        }
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = seconds.and_then(|text| text.trim().parse().ok());
        let retry_after = retry_after.map(Duration::from_secs);
        Err(NotifyError::Refused { status: status.as_u16(), reason, retry_after })
    }

    /// What went wrong, without the address and without the name of the host, which an address that
    /// is a secret may have in it.
    fn explain(&self, error: reqwest::Error, host: &str) -> NotifyError {
        if error.is_timeout() && !error.is_connect() {
            return NotifyError::NoAnswer(self.limits.whole);
        }
        let error = error.without_url();
        let mut source: Option<&(dyn Error + 'static)> = error.source();
        let mut last = error.to_string();
        while let Some(inner) = source {
            last = match inner.downcast_ref::<io::Error>() {
                Some(io) if io.raw_os_error().is_some() => io.kind().to_string(),
                Some(_) | None => inner.to_string(),
            };
            source = inner.source();
        }
        if !host.is_empty() {
            last = last.replace(host, "the host");
        }
        NotifyError::Unreachable(last)
    }
}
