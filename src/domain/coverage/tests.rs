use super::*;
use crate::domain::walk::LISTED_AT_MOST;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A walk of everything that met so many items, the oldest of 2020.
fn sweep(met: usize) -> Sweep {
    Sweep {
        edge: Edge::Media,
        window: Window::ALL,
        started_at: at("2026-11-22T12:00:00Z"),
        latest: at("2026-11-22T12:00:00Z"),
        met,
        oldest: Some(at("2020-01-01T00:00:00Z")),
        account_total: Some(met),
        listed_at_most: LISTED_AT_MOST,
    }
}

fn span(sweep: &Sweep) -> Option<(String, String)> {
    coverage(sweep).map(|c| (c.from.to_string(), c.to.to_string()))
}

#[allow(clippy::unnecessary_wraps, reason = "compared with what may be nothing")]
fn expected(from: &str, to: &str) -> Option<(String, String)> {
    Some((from.to_owned(), to.to_owned()))
}

#[test]
fn a_walk_of_everything_proves_all_but_the_last_hour() {
    let proof = expected("1970-01-01T00:00:00Z", "2026-11-22T11:00:00Z");
    assert_eq!(span(&sweep(500)), proof);
    assert_eq!(span(&Sweep { oldest: None, ..sweep(0) }), proof);
    assert_eq!(span(&Sweep { account_total: None, ..sweep(500) }), proof);
}

#[test]
fn the_edges_of_a_window_are_not_claimed() {
    let window =
        Window { since: Some(at("2026-11-01T00:00:00Z")), until: Some(at("2026-11-10T00:00:00Z")) };
    assert_eq!(
        span(&Sweep { window, ..sweep(5) }),
        expected("2026-11-01T01:00:00Z", "2026-11-09T23:00:00Z")
    );
    let ahead = Window { until: Some(at("2027-01-01T00:00:00Z")), ..window };
    assert_eq!(
        span(&Sweep { window: ahead, ..sweep(5) }),
        expected("2026-11-01T01:00:00Z", "2026-11-22T11:00:00Z")
    );
}

#[test]
fn a_window_narrower_than_its_margins_proves_nothing() {
    for (minutes, proves) in [(119, false), (120, true)] {
        let since = at("2026-11-01T00:00:00Z");
        let until = Some(since.plus(Duration::from_secs(minutes * 60)));
        let window = Window { since: Some(since), until };
        assert_eq!(coverage(&Sweep { window, ..sweep(1) }).is_some(), proves, "{minutes}");
    }
}

#[test]
fn the_cap_takes_away_what_it_may_have_cut_off() {
    let capped = expected("2020-01-02T00:00:00Z", "2026-11-22T11:00:00Z");
    let uncounted = |met| Sweep { account_total: None, ..sweep(met) };
    assert_eq!(span(&uncounted(9_900)), capped);
    assert_eq!(span(&Sweep { account_total: Some(9_901), ..sweep(9_900) }), capped);
    assert_eq!(span(&sweep(10_000)), capped, "a full list is believed nothing");
    assert_ne!(span(&uncounted(9_899)), capped);
    assert_eq!(span(&Sweep { oldest: None, ..uncounted(9_900) }), None);
    let since = Some(at("2024-01-01T00:00:00Z"));
    let window = Window { since, until: None };
    assert_eq!(
        span(&Sweep { window, ..sweep(9_900) }),
        expected("2024-01-01T01:00:00Z", "2026-11-22T11:00:00Z")
    );
}

#[test]
fn a_window_in_the_past_needs_an_account_that_is_known_to_be_small() {
    let window = Window { since: None, until: Some(at("2021-01-01T00:00:00Z")) };
    let old = |account_total| span(&Sweep { window, account_total, ..sweep(10) });
    assert_eq!(old(Some(9_899)), expected("1970-01-01T00:00:00Z", "2020-12-31T23:00:00Z"));
    let cautious = expected("2020-01-02T00:00:00Z", "2020-12-31T23:00:00Z");
    assert_eq!(old(Some(9_900)), cautious);
    assert_eq!(old(None), cautious);
}

#[test]
fn stories_are_proven_for_a_day_and_tags_never() {
    let stories = Sweep { edge: Edge::Stories, ..sweep(3) };
    assert_eq!(span(&stories), expected("2026-11-21T13:00:00Z", "2026-11-22T11:00:00Z"));
    assert_eq!(span(&Sweep { edge: Edge::Tags, ..sweep(3) }), None);
}

#[test]
fn the_end_of_the_list_is_known_only_when_it_is_full_and_the_account_has_more() {
    let full = Sweep { account_total: Some(10_001), ..sweep(10_000) };
    assert_eq!(full.capped_at(), full.oldest);
    for not_known in [
        Sweep { met: 9_999, ..full },
        Sweep { account_total: Some(10_000), ..full },
        Sweep { account_total: None, ..full },
        Sweep { edge: Edge::Stories, ..full },
        Sweep { window: Window { since: full.oldest, until: None }, ..full },
    ] {
        assert_eq!(not_known.capped_at(), None, "{not_known:?}");
    }
}

#[test]
fn the_end_of_the_list_is_what_two_walks_agree_on() {
    let (old, new) = (at("2020-01-01T00:00:00Z"), at("2020-02-01T00:00:00Z"));
    for (now, before, end) in [
        (Some(new), Some(old), Some(old)),
        (Some(old), Some(new), Some(old)),
        (Some(new), None, None),
        (None, Some(old), None),
        (None, None, None),
    ] {
        assert_eq!(end_of_list(now, before), end);
    }
}

#[test]
fn both_ends_of_a_proof_belong_to_it() {
    let proof = Coverage { from: at("2020-01-01T00:00:00Z"), to: at("2020-01-02T00:00:00Z") };
    for (time, inside) in [
        ("2019-12-31T23:59:59Z", false),
        ("2020-01-01T00:00:00Z", true),
        ("2020-01-02T00:00:00Z", true),
        ("2020-01-02T00:00:01Z", false),
    ] {
        assert_eq!(proof.contains(at(time)), inside, "{time}");
    }
}

#[test]
fn a_long_list_that_has_all_that_the_account_has_was_not_cut_off() {
    let proof = expected("1970-01-01T00:00:00Z", "2026-11-22T11:00:00Z");
    assert_eq!(span(&sweep(9_950)), proof);
    assert_eq!(span(&Sweep { account_total: Some(9_940), ..sweep(9_950) }), proof);
    assert_ne!(span(&Sweep { account_total: Some(500), ..sweep(9_950) }), proof);
    let window = Window { since: None, until: Some(at("2021-01-01T00:00:00Z")) };
    assert_eq!(
        span(&Sweep { window, ..sweep(9_950) }),
        expected("2020-01-02T00:00:00Z", "2020-12-31T23:00:00Z")
    );
}

#[test]
fn stories_may_be_over_by_the_later_clock_and_are_claimed_by_the_earlier() {
    let stories = Sweep { edge: Edge::Stories, latest: at("2026-11-22T15:00:00Z"), ..sweep(3) };
    assert_eq!(span(&stories), expected("2026-11-21T16:00:00Z", "2026-11-22T11:00:00Z"));
}
