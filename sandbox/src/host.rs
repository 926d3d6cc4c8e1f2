//! The two personalities: one API that answers differently on `graph.instagram.com` and `graph.facebook.com`.

use serde::{Deserialize, Serialize};

/// Which of the two API hosts answers; also the login kind of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Login {
    /// `graph.instagram.com`: Instagram API with Instagram Login.
    Instagram,
    /// `graph.facebook.com`: Instagram API with Facebook Login.
    Facebook,
}

impl Login {
    /// The word used in configuration and in the ready line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instagram => "instagram",
            Self::Facebook => "facebook",
        }
    }

    pub(crate) fn version_header(self) -> &'static str {
        match self {
            Self::Instagram => "instagram-api-version",
            Self::Facebook => "facebook-api-version",
        }
    }

    pub(crate) fn token_prefix(self) -> &'static str {
        match self {
            Self::Instagram => "IGAA",
            Self::Facebook => "EAA",
        }
    }
}

/// The oldest version still served in autumn 2026, and the newest one released (Graph API changelog).
const OLDEST: u32 = 21;
const NEWEST: u32 = 26;

/// Reads a version segment such as `v25.0`; none where the segment is not one or was never released.
pub(crate) fn version_segment(segment: &str) -> Option<u32> {
    let digits = segment.strip_prefix('v')?.strip_suffix(".0")?;
    let major: u32 = digits.parse().ok()?;
    (1..=NEWEST).contains(&major).then_some(major)
}

/// The version that serves a request: expired and missing ones get the oldest that is still available.
pub(crate) fn served_version(asked: Option<u32>) -> u32 {
    asked.unwrap_or(OLDEST).max(OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_version_is_served_by_the_oldest_available_one() {
        assert_eq!(served_version(version_segment("v12.0")), 21);
        assert_eq!(served_version(version_segment("v25.0")), 25);
        assert_eq!(served_version(None), 21);
    }

    #[test]
    fn what_was_never_released_is_no_version() {
        for text in ["v99.0", "25.0", "v25", "v0.0", "me"] {
            assert_eq!(version_segment(text), None, "{text}");
        }
    }
}
