//! Which addresses may be asked for a file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The hosts that may be asked, and whether this machine itself may.
#[derive(Debug, Clone)]
pub struct HostRules {
    /// Domain suffixes on a label border, e.g. `cdninstagram.com`.
    suffixes: Vec<String>,
    /// Plain http to a loopback address: only where the API base is a loopback address too.
    loopback: bool,
}

impl HostRules {
    /// Rules from patterns like `*.cdninstagram.com`; the star is the only wildcard and optional.
    pub fn new(patterns: &[String], loopback: bool) -> Self {
        let plain = |p: &String| p.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
        Self { suffixes: patterns.iter().map(plain).collect(), loopback }
    }

    /// Whether a resolved address of an allowed name may be connected to.
    pub fn allows_ip(&self, ip: IpAddr) -> bool {
        is_global(ip) || (self.loopback && ip.is_loopback())
    }

    /// Checks an address before anything is sent to it; the error says what is wrong with it.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        let host = url.host().ok_or_else(|| "the link has no host".to_owned())?;
        let is_loopback = match &host {
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
            Host::Domain(name) => *name == "localhost",
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("the link to {host} carries a user name"));
        }
        if is_loopback {
            return if self.loopback && matches!(url.scheme(), "http" | "https") {
                Ok(())
            } else {
                Err(format!("{host} is this machine, not a host of Instagram"))
            };
        }
        if url.scheme() != "https" {
            return Err(format!("the link to {host} is not https"));
        }
        if url.port_or_known_default() != Some(443) {
            return Err(format!("the link to {host} uses another port than 443"));
        }
        match host {
            Host::Domain(name) if self.knows(name) => Ok(()),
            Host::Domain(name) => Err(format!("{name} is not among the allowed hosts")),
            Host::Ipv4(_) | Host::Ipv6(_) => {
                Err(format!("{host} is a bare address, not an allowed host"))
            }
        }
    }

    fn knows(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.suffixes.iter().any(|suffix| {
            !suffix.is_empty()
                && name
                    .strip_suffix(suffix.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

/// Whether an address belongs to the public internet.
fn is_global(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_global_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(inner) => is_global_v4(inner),
            None => is_global_v6(ip),
        },
    }
}

fn is_global_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_global_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && ip.segments()[1] == 0x0db8)
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 one.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = ip.segments();
    let join = |at: usize| {
        let ([a, b], [c, d]) = (segments[at].to_be_bytes(), segments[at + 1].to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, ..] if !(ip.is_loopback() || ip.is_unspecified()) => {
            Some(join(6))
        }
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(join(6)),
        [0x2002, ..] => Some(join(1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(loopback: bool) -> HostRules {
        let hosts = ["*.cdninstagram.com", "*.fbcdn.net", "fbsbx.com"];
        HostRules::new(&hosts.map(str::to_owned), loopback)
    }

    #[test]
    fn only_https_to_the_named_hosts_is_allowed() {
        for url in [
            "https://scontent.cdninstagram.com/v/a.jpg?oe=1",
            "https://scontent-fra3-1.cdninstagram.com/v/a.jpg",
            "https://SCONTENT.CDNINSTAGRAM.COM/a",
            "https://scontent.xx.fbcdn.net:443/a",
            "https://cdninstagram.com/a",
            "https://lookaside.fbsbx.com./a",
        ] {
            assert_eq!(rules(false).check(&Url::parse(url).unwrap()), Ok(()), "{url}");
        }
        for url in [
            "http://scontent.cdninstagram.com/a",
            "https://scontent.cdninstagram.com:8443/a",
            "https://user@scontent.cdninstagram.com/a",
            "https://:pw@scontent.cdninstagram.com/a",
            "https://evilcdninstagram.com/a",
            "https://cdninstagram.com.evil.example/a",
            "https://evil.example/cdninstagram.com",
            "https://1.2.3.4/a",
            "https://2130706433/a",
            "https://0x7f.1/a",
            "https://[::1]/a",
            "https://[::ffff:127.0.0.1]/a",
            "https://localhost/a",
            "http://127.0.0.1:8080/a",
            "https://169.254.169.254/latest",
            "ftp://scontent.cdninstagram.com/a",
            "file:///etc/passwd",
            "data:text/html,x",
        ] {
            let checked = Url::parse(url).map(|url| rules(false).check(&url));
            assert!(matches!(checked, Ok(Err(_))), "{url} was allowed");
        }
    }

    #[test]
    fn this_machine_is_allowed_only_beside_an_api_on_this_machine() {
        for url in ["http://127.0.0.1:4000/a", "http://localhost:4000/a", "http://[::1]:4000/a"] {
            let url = Url::parse(url).unwrap();
            assert!(rules(true).check(&url).is_ok());
            assert!(rules(false).check(&url).is_err());
        }
        let private = Url::parse("http://192.168.1.1/a").unwrap();
        assert!(rules(true).check(&private).is_err());
    }

    #[test]
    fn names_that_resolve_into_private_ranges_are_not_connected_to() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.1",
            "198.18.0.1",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
        ] {
            assert!(!rules(false).allows_ip(ip.parse().unwrap()), "{ip} was allowed");
        }
        for ip in ["157.240.1.1", "31.13.64.1", "2a03:2880::1", "::ffff:157.240.1.1"] {
            assert!(rules(false).allows_ip(ip.parse().unwrap()), "{ip} was refused");
        }
        assert!(rules(true).allows_ip("127.0.0.1".parse().unwrap()));
        assert!(!rules(true).allows_ip("10.0.0.1".parse().unwrap()));
    }
}
