//! Addresses that may themselves be secrets.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::NotifyError;

/// Reads a secret when it is needed; the error says where it was looked for. It may block, as when
/// a program prints the secret.
#[derive(Clone)]
pub struct ReadSecret(Arc<dyn Fn() -> Result<SecretString, String> + Send + Sync>);

impl ReadSecret {
    /// A secret that is read by this function.
    pub fn new(read: impl Fn() -> Result<SecretString, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(super) async fn read(&self, what: &'static str) -> Result<SecretString, NotifyError> {
        let read = self.0.clone();
        let read = tokio::task::spawn_blocking(move || read()).await;
        read.unwrap_or_else(|_| Err("it was interrupted".to_owned()))
            .map_err(|why| NotifyError::Unread { what, why })
    }
}

impl fmt::Debug for ReadSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadSecret(..)")
    }
}

/// Where a message is posted.
#[derive(Clone)]
pub enum Address {
    Plain(Url),
    Secret(ReadSecret),
}

impl Address {
    pub(super) async fn read(&self) -> Result<Url, NotifyError> {
        let url = match self {
            Self::Plain(url) => url.clone(),
            Self::Secret(secret) => {
                let text = secret.read("its address").await?;
                text.expose_secret().parse().map_err(|_| NotifyError::NoUrl)?
            }
        };
        if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(NotifyError::NoUrl) }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain(..)",
            Self::Secret(_) => "Secret(..)",
        })
    }
}
