//! Name lookup that never answers with a private address.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::HostRules;

/// Resolves through the system and drops what the rules refuse.
///
/// The address that was checked is the one that is connected to, so a name that changes its
/// address between check and use gains nothing.
#[derive(Debug, Clone)]
pub(super) struct PublicOnly(pub(super) HostRules);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| rules.allows_ip(address.ip())).collect();
            if allowed.is_empty() {
                let text = format!("{host} has no public address");
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, text).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
