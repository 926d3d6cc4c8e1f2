use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn span(from: i64, to: i64, walk: i64, proven_at: i64) -> Span {
    let coverage = Coverage { from: at(from), to: at(to) };
    Span { coverage, walk, proven_at: at(proven_at) }
}

fn entered(proofs: &[(i64, i64, i64)]) -> Vec<(i64, i64, i64, i64)> {
    let mut ledger = Vec::new();
    for (walk, (from, to, proven_at)) in (1..).zip(proofs) {
        ledger = enter(&ledger, span(*from, *to, walk, *proven_at));
    }
    let unix = |span: &Span| {
        let Coverage { from, to } = span.coverage;
        (from.as_unix(), to.as_unix(), span.walk, span.proven_at.as_unix())
    };
    ledger.iter().map(unix).collect()
}

#[test]
fn a_newer_proof_replaces_what_it_covers_and_leaves_the_rest() {
    let day = |n: i64| n * DAY;
    for (proofs, expected) in [
        (vec![(10, 20, 0)], vec![(10, 20, 1, 0)]),
        (vec![(10, 20, 0), (10, 20, day(2))], vec![(10, 20, 2, day(2))]),
        (vec![(10, 20, 0), (5, 25, day(2))], vec![(5, 25, 2, day(2))]),
        (
            vec![(10, 20, 0), (13, 15, day(2))],
            vec![(10, 12, 1, 0), (13, 15, 2, day(2)), (16, 20, 1, 0)],
        ),
        (vec![(10, 20, 0), (15, 25, day(2))], vec![(10, 14, 1, 0), (15, 25, 2, day(2))]),
        (vec![(10, 20, 0), (5, 15, day(2))], vec![(5, 15, 2, day(2)), (16, 20, 1, 0)]),
        (vec![(10, 20, 0), (30, 40, day(2))], vec![(10, 20, 1, 0), (30, 40, 2, day(2))]),
        (vec![(30, 40, 0), (10, 20, day(2))], vec![(10, 20, 2, day(2)), (30, 40, 1, 0)]),
        (vec![(10, 20, 0), (20, 20, day(2))], vec![(10, 19, 1, 0), (20, 20, 2, day(2))]),
        (vec![(10, 20, 0), (10, 10, day(2))], vec![(10, 10, 2, day(2)), (11, 20, 1, 0)]),
    ] {
        assert_eq!(entered(&proofs), expected, "{proofs:?}");
    }
}

#[test]
fn neighbours_of_one_day_become_one_span_under_the_older_date() {
    for (proofs, expected) in [
        (vec![(10, 20, 0), (15, 25, DAY - 1)], vec![(10, 25, 1, 0)]),
        (vec![(10, 20, 0), (15, 25, DAY)], vec![(10, 14, 1, 0), (15, 25, 2, DAY)]),
        (vec![(10, 20, 0), (21, 25, 5)], vec![(10, 25, 1, 0)]),
        (vec![(10, 20, 0), (22, 25, 5)], vec![(10, 20, 1, 0), (22, 25, 2, 5)]),
        (vec![(21, 25, 0), (10, 20, 5)], vec![(10, 25, 1, 0)]),
        (vec![(10, 20, 5), (21, 25, 0)], vec![(10, 25, 2, 0)]),
        (vec![(21, 25, 0), (10, 20, 0)], vec![(10, 25, 2, 0)]),
    ] {
        assert_eq!(entered(&proofs), expected, "{proofs:?}");
    }
}

#[test]
fn dates_do_not_drift_when_spans_are_joined_again_and_again() {
    let hours = |n: i64| n * 3600;
    let proofs = [(21, 30, 0), (0, 10, hours(23)), (11, 20, hours(46))];
    assert_eq!(entered(&proofs), [(0, 20, 2, hours(23)), (21, 30, 1, 0)]);
}

#[test]
fn a_clock_that_went_back_or_ahead_does_not_date_other_proofs() {
    let far = 3650 * DAY;
    let back = [(0, 10, far), (11, 20, 0)];
    assert_eq!(entered(&back), [(0, 10, 1, far), (11, 20, 2, 0)]);
}

#[test]
fn frequent_walks_of_the_last_days_leave_a_short_ledger() {
    let quarter = 900;
    let proofs: Vec<_> =
        (0..96 * 10).map(|n| n * quarter).map(|now| (now - 30 * DAY, now - 3600, now)).collect();
    let ledger = entered(&proofs);
    assert!(ledger.len() <= 11, "{} spans", ledger.len());
}

/// The true newest proof of every instant, by brute force.
fn newest(proofs: &[(i64, i64, i64)], instant: i64) -> Option<i64> {
    let proves = |(from, to, _): &&(i64, i64, i64)| (*from..=*to).contains(&instant);
    proofs.iter().filter(proves).map(|proof| proof.2).next_back()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_proven_instant_is_in_the_ledger_with_a_date_of_less_than_a_day_too_old(
        drawn in prop::collection::vec((0..40_i64, 0..20_i64, 0..2 * DAY), 1..20),
    ) {
        let mut now = 0;
        let mut proofs = Vec::new();
        for (from, length, pause) in drawn {
            now += pause;
            proofs.push((from, from + length, now));
        }
        let ledger = entered(&proofs);
        for pair in ledger.windows(2) {
            prop_assert!(pair[0].1 < pair[1].0, "spans overlap or are out of order: {ledger:?}");
        }
        for instant in -1..=61 {
            let inside = |(from, to, ..): &&(i64, i64, i64, i64)| (*from..=*to).contains(&instant);
            let found = ledger.iter().find(inside).map(|span| span.3);
            match (newest(&proofs, instant), found) {
                (None, None) => {}
                (Some(truth), Some(said)) => prop_assert!(
                    said <= truth && truth - said < DAY,
                    "{instant} was proven at {truth}, the ledger says {said}: {ledger:?}"
                ),
                (truth, said) => prop_assert!(false, "{instant}: {truth:?} and {said:?}"),
            }
        }
        for (.., walk, proven_at) in ledger {
            let walk = usize::try_from(walk).unwrap();
            prop_assert_eq!(proofs[walk - 1].2, proven_at, "a span carries the date of its walk");
        }
    }
}

fn stopped(reason: &str) -> LastWalk {
    LastWalk::ProvedNothing(reason.to_owned())
}

fn gap(from: Option<i64>, to: Option<i64>, reason: GapReason) -> Gap {
    Gap { from: from.map(at), to: to.map(at), reason }
}

#[test]
fn what_is_not_proven_is_named_with_its_reason() {
    let walk = |reason: &str| GapReason::Walk(reason.to_owned());
    let all = vec![span(0, 100, 1, 0)];
    let late = vec![span(50, 100, 1, 0)];
    let torn = vec![span(0, 20, 1, 0), span(30, 40, 2, 0), span(41, 100, 3, 0)];
    let (open, proved) = (gap(None, None, GapReason::NotWalked), Some(LastWalk::Proved));
    let api = Some(stopped("api"));
    for (edge, ledger, capped, last, expected) in [
        (Edge::Media, vec![], false, None, vec![open.clone()]),
        (Edge::Media, vec![], false, proved.clone(), vec![open.clone()]),
        (Edge::Stories, vec![], false, None, vec![open]),
        (Edge::Media, vec![], true, api.clone(), vec![gap(None, None, walk("api"))]),
        (Edge::Media, all.clone(), false, proved.clone(), vec![]),
        (Edge::Media, all.clone(), true, None, vec![]),
        (Edge::Media, all, false, api.clone(), vec![gap(Some(101), None, walk("api"))]),
        (
            Edge::Media,
            late.clone(),
            false,
            proved.clone(),
            vec![gap(None, Some(49), GapReason::NotWalked)],
        ),
        (
            Edge::Media,
            late.clone(),
            true,
            api,
            vec![gap(None, Some(49), GapReason::BeyondCap), gap(Some(101), None, walk("api"))],
        ),
        (Edge::Stories, late, true, proved.clone(), vec![]),
        (
            Edge::Media,
            torn.clone(),
            false,
            proved.clone(),
            vec![gap(Some(21), Some(29), GapReason::NotWalked)],
        ),
        (
            Edge::Stories,
            torn.clone(),
            false,
            proved.clone(),
            vec![gap(Some(21), Some(29), GapReason::StoriesOver)],
        ),
        (Edge::Tags, torn, true, proved, vec![gap(None, None, GapReason::NoProof)]),
        (Edge::Tags, vec![], false, None, vec![]),
    ] {
        assert_eq!(
            gaps(edge, &ledger, capped, last.as_ref()),
            expected,
            "{edge} {ledger:?} {capped} {last:?}"
        );
    }
}

#[test]
fn reasons_are_read_back_and_each_has_its_remedy() {
    let reasons = [
        (GapReason::NotWalked, "not_walked"),
        (GapReason::Walk("out_of_order".to_owned()), "out_of_order"),
        (GapReason::BeyondCap, "beyond_cap"),
        (GapReason::StoriesOver, "stories_over"),
        (GapReason::NoProof, "no_proof"),
    ];
    let mut remedies = std::collections::HashSet::new();
    for (reason, word) in reasons {
        assert_eq!(reason.as_str(), word);
        assert_eq!(GapReason::from_word(word), reason);
        assert!(remedies.insert(reason.remedy()) && !reason.remedy().is_empty());
    }
}

#[test]
fn what_was_claimed_of_the_future_is_cut_an_hour_before_a_newer_proof() {
    let at = |hours: i64| Timestamp::from_unix(1_800_000_000 + hours * 3600).unwrap();
    let span = |from, to| Span {
        coverage: Coverage { from: at(from), to: at(to) },
        walk: 1,
        proven_at: at(501),
    };
    let ahead = [span(0, 50), span(60, 500), span(600, 700)];
    assert_eq!(cut(&ahead, at(100)), [span(0, 50), span(60, 99)]);
    assert_eq!(cut(&[span(99, 99)], at(100)), [span(99, 99)]);
    assert_eq!(cut(&ahead, at(701)), ahead);
}

#[test]
fn a_proof_is_dated_earlier_by_as_much_as_our_clock_was_ahead() {
    let at = |seconds: i64| Timestamp::from_unix(1_800_000_000 + seconds).unwrap();
    for (server, expected) in [(None, 60), (Some(0), 60), (Some(9), 60), (Some(-50), 10)] {
        let began = Moment { local: at(0), server: server.map(at) };
        assert_eq!(proven_at(&began, at(60)), at(expected), "{server:?}");
    }
}
