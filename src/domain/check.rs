//! Whether a pass has to ask first whose account its token answers for.

use std::time::Duration;

use super::{Edge, Timestamp, Window};

/// A good answer lasts this long.
const A_DAY: Duration = Duration::from_secs(86_400);

/// The last time that the account answered for itself, and the token that it answered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub at: Timestamp,
    /// The token's fingerprint.
    pub token: String,
}

/// Whether a walk's proof may rest on how many items the account says it has: the walk of
/// everything, whose list may be cut off, and a window that ends in the past.
pub fn needs_total(edge: Edge, window: Window) -> bool {
    match edge {
        Edge::Media => window == Window::ALL || window.until.is_some(),
        Edge::Stories | Edge::Tags => false,
    }
}

/// Whether the account is asked for before the walks: on the first pass of a process, once a day,
/// with every new token, and where its count is needed. Whoever had trouble with the token forgets
/// the last good answer.
pub fn must_check(
    last: Option<&Checked>,
    token: &str,
    mut walks: impl Iterator<Item = (Edge, Window)>,
    now: Timestamp,
) -> bool {
    let is_fresh = last
        .is_some_and(|last| last.token == token && last.at <= now && now.since(last.at) < A_DAY);
    !is_fresh || walks.any(|(edge, window)| needs_total(edge, window))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_asked_for_once_a_day_with_each_token_and_for_its_count() {
        let at = |hours: i64| Timestamp::from_unix(1_700_000_000 + hours * 3600).unwrap();
        let last = Checked { at: at(0), token: "aaaaaaaa".to_owned() };
        let recent = (Edge::Media, Window { since: Some(at(-720)), until: None });
        let past = (Edge::Media, Window { since: Some(at(-720)), until: Some(at(-24)) });
        let all = (Edge::Media, Window::ALL);
        let stories = (Edge::Stories, Window::ALL);
        for (last, token, walks, now, asks) in [
            (None, "aaaaaaaa", vec![recent], at(1), true),
            (Some(&last), "aaaaaaaa", vec![recent], at(1), false),
            (Some(&last), "aaaaaaaa", vec![recent, stories], at(23), false),
            (Some(&last), "aaaaaaaa", vec![recent], at(24), true),
            (Some(&last), "aaaaaaaa", vec![recent], at(-1), true),
            (Some(&last), "bbbbbbbb", vec![recent], at(1), true),
            (Some(&last), "aaaaaaaa", vec![recent, all], at(1), true),
            (Some(&last), "aaaaaaaa", vec![past], at(1), true),
            (Some(&last), "aaaaaaaa", vec![stories], at(1), false),
            (Some(&last), "aaaaaaaa", vec![], at(1), false),
        ] {
            let asked = must_check(last, token, walks.clone().into_iter(), now);
            assert_eq!(asked, asks, "{last:?} {token} {walks:?} {now}");
        }
    }
}
