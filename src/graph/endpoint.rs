//! Where to ask, and the addresses of requests.

use url::{Host, Url};

use super::fields::FieldSet;
use crate::domain::{Login, UserId};

/// Where and as what to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub login: Login,
    /// `https://graph.instagram.com` or `https://graph.facebook.com`; http is allowed to this
    /// machine alone.
    pub base: Url,
    /// Like `v25.0`.
    pub version: String,
    pub user_id: UserId,
}

/// Why an address of the API cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("only https is allowed, and http to this machine itself")]
    Scheme,
    #[error("it must hold a host and no user, password, query or fragment")]
    Shape,
    #[error("the version must look like v25.0")]
    Version,
}

impl Endpoint {
    /// Refuses what would send a token in clear or to nobody knows whom.
    pub(super) fn check(&self) -> Result<(), BadAddress> {
        check_base(&self.base)?;
        let digits = |text: &str| {
            (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let numbers = self.version.strip_prefix('v').and_then(|rest| rest.split_once('.'));
        match numbers {
            Some((major, minor)) if digits(major) && digits(minor) => Ok(()),
            Some(_) | None => Err(BadAddress::Version),
        }
    }

    /// The address of a request; it may hold the app's proof, so that it is never shown.
    pub(super) fn url(
        &self,
        path: &[&str],
        fields: &FieldSet,
        query: &[(&str, String)],
        proof: Option<&str>,
    ) -> Result<Url, BadAddress> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| BadAddress::Shape)?
            .pop_if_empty()
            .push(&self.version)
            .extend(path);
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("fields", &fields.as_query());
        for (name, value) in query {
            pairs.append_pair(name, value);
        }
        if let Some(proof) = proof {
            pairs.append_pair("appsecret_proof", proof);
        }
        drop(pairs);
        Ok(url)
    }
}

/// Refuses an address to which no secret may go.
pub(super) fn check_base(base: &Url) -> Result<(), BadAddress> {
    let this_machine = match base.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(BadAddress::Shape),
    };
    if base.scheme() != "https" && !(base.scheme() == "http" && this_machine) {
        return Err(BadAddress::Scheme);
    }
    let plain = base.username().is_empty()
        && base.password().is_none()
        && base.query().is_none()
        && base.fragment().is_none();
    if plain { Ok(()) } else { Err(BadAddress::Shape) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Edge;

    fn endpoint(base: &str) -> Endpoint {
        Endpoint {
            login: Login::Facebook,
            base: Url::parse(base).unwrap(),
            version: "v25.0".to_owned(),
            user_id: "17841400000000111".parse().unwrap(),
        }
    }

    #[test]
    fn a_token_is_sent_by_https_or_stays_on_this_machine() {
        for base in [
            "https://graph.instagram.com",
            "https://proxy.example/graph/",
            "http://127.0.0.1:4000",
            "http://[::1]:4000",
            "http://localhost:4000",
        ] {
            assert_eq!(endpoint(base).check(), Ok(()), "{base}");
        }
        for (base, problem) in [
            ("http://graph.instagram.com", BadAddress::Scheme),
            ("http://127.0.0.1.example.com", BadAddress::Scheme),
            ("ftp://127.0.0.1", BadAddress::Scheme),
            ("data:text/plain,x", BadAddress::Shape),
            ("https://user@graph.instagram.com", BadAddress::Shape),
            ("https://graph.instagram.com/?x=y", BadAddress::Shape),
            ("https://graph.instagram.com/#x", BadAddress::Shape),
        ] {
            assert_eq!(endpoint(base).check(), Err(problem), "{base}");
        }
        for version in ["", "25.0", "v25", "v25.0/../me", "v25.", "vx.y", "v1234.0"] {
            let endpoint = Endpoint { version: version.to_owned(), ..endpoint("https://x.org") };
            assert_eq!(endpoint.check(), Err(BadAddress::Version), "{version:?}");
        }
    }

    #[test]
    fn every_parameter_is_percent_encoded() {
        let fields = FieldSet::for_edge(Login::Facebook, Edge::Media).without("owner");
        let query = [("after", "a=b&c/d+e %".to_owned())];
        let url = endpoint("https://proxy.example/graph/")
            .url(&["17841400000000111", "media"], &fields, &query, Some("f00"))
            .unwrap();
        assert_eq!(url.path(), "/graph/v25.0/17841400000000111/media");
        let text = url.as_str();
        assert!(text.contains("children%7Bid%2Cmedia_type%2C"), "{text}");
        assert!(text.ends_with("&after=a%3Db%26c%2Fd%2Be+%25&appsecret_proof=f00"), "{text}");
    }
}
