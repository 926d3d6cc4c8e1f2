//! Reasons of the catalog as clauses for people.

use crate::domain::ledger::GapReason;
use crate::domain::walk::Reason;

/// Why a walk proved nothing or less than it tried, from a word of `walks.reason`.
pub(crate) fn of_walk(word: &str) -> String {
    match (Reason::from_word(word), word) {
        (Some(reason), _) => reason.explain().to_owned(),
        (None, "held") => "too much was missing at once, and the walk is held".to_owned(),
        (None, _) => word.replace('_', " "),
    }
}

/// Why a span is not proven.
pub(crate) fn of_gap(reason: &GapReason) -> String {
    match reason {
        GapReason::NotWalked => "no walk has been there yet".to_owned(),
        GapReason::Walk(word) => format!("the last walk proved nothing: {}", of_walk(word)),
        GapReason::BeyondCap => "the API lists the newest 10 000 alone".to_owned(),
        GapReason::StoriesOver => "nobody looked while the stories were listed".to_owned(),
        GapReason::NoProof => "the API does not say how far this list goes back".to_owned(),
    }
}

/// What is lost all at once, from words of `holds.kind` and `holds.reason`.
pub(crate) fn of_hold(kind: &str, reason: &str) -> String {
    let what = match kind {
        "url" => "file addresses absent",
        _ => "items missing",
    };
    let why = match reason {
        "observer_changed" => ", in the first walk with another login, host or API version",
        _ => "",
    };
    format!("{what} at once{why}")
}

/// The span of publication time between two instants, an open end being absent.
pub(crate) fn span(edge: &str, from: Option<&str>, to: Option<&str>) -> String {
    let things = things(edge);
    match (from, to) {
        (None, None) => format!("all {things}"),
        (None, Some(to)) => format!("{things} until {to}"),
        (Some(from), None) => format!("{things} from {from} on"),
        (Some(from), Some(to)) => format!("{things} from {from} to {to}"),
    }
}

/// What a list holds.
pub(crate) fn things(edge: &str) -> &'static str {
    match edge {
        "media" => "posts",
        "stories" => "stories",
        "tags" => "tagged posts",
        _ => "items",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_a_clause_and_not_a_word() {
        for reason in Reason::ALL {
            assert_eq!(of_walk(reason.as_str()), reason.explain());
        }
        assert!(of_walk("held").contains("too much was missing"));
        assert_eq!(of_walk("of_the_future"), "of the future");
        for word in ["not_walked", "beyond_cap", "stories_over", "no_proof", "throttled"] {
            let clause = of_gap(&GapReason::from_word(word));
            assert!(clause.contains(' ') && !clause.contains('_'), "{word}: {clause}");
        }
        let stopped = of_gap(&GapReason::from_word("throttled"));
        assert_eq!(stopped, "the last walk proved nothing: the allowance was used up");
    }

    #[test]
    fn a_hold_says_what_is_lost_and_why_it_is_doubted() {
        assert_eq!(of_hold("missing", "too_many"), "items missing at once");
        let first = "file addresses absent at once, in the first walk with another login, host or \
                     API version";
        assert_eq!(of_hold("url", "observer_changed"), first);
    }

    #[test]
    fn a_span_names_its_ends() {
        for (edge, from, to, words) in [
            ("media", None, None, "all posts"),
            ("media", None, Some("B"), "posts until B"),
            ("stories", Some("A"), None, "stories from A on"),
            ("tags", Some("A"), Some("B"), "tagged posts from A to B"),
        ] {
            assert_eq!(span(edge, from, to), words);
        }
    }
}
