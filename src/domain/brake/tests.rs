use super::*;
use crate::domain::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn more_than_the_number_and_more_than_the_share_are_too_many() {
    let limits = Limits { items: 20, share: 0.05 };
    for (lost, looked_at, too_many) in [
        (0, 0, false),
        (20, 20, false),
        (21, 20, true),
        (21, 419, true),
        (21, 420, false),
        (240, 4_812, false),
        (241, 4_812, true),
        (412, 4_812, true),
        (500, 10_000, false),
        (501, 10_000, true),
    ] {
        assert_eq!(holds(lost, looked_at, limits), too_many, "{lost} of {looked_at}");
    }
    assert!(holds(1, 1_000_000, Limits { items: 0, share: 0.0 }));
    assert!(!holds(5, 5, Limits { items: 0, share: 1.0 }));
}

#[test]
fn reasons_have_their_words() {
    assert_eq!(HoldReason::TooMany.as_str(), "too_many");
    assert_eq!(HoldReason::Observer.as_str(), "observer_changed");
}

fn ids(names: &[&str]) -> HashSet<MediaId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn moment(local: i64, server: i64) -> Moment {
    let at = |seconds| Timestamp::from_unix(1_800_000_000 + seconds).unwrap();
    Moment { local: at(local), server: Some(at(server)) }
}

fn reviewed(items: &[&str], listed_since: bool, missed: &[&str], later: Moment) -> HoldEnd {
    let hold = Hold { walk: 7, at: moment(0, 0), items: ids(items), listed_since };
    let missed = ids(missed);
    let missed: HashSet<&MediaId> = missed.iter().collect();
    review(&hold, &missed, &later, DAY)
}

#[test]
fn a_hold_ends_when_a_later_walk_misses_all_of_it_a_day_later_on_both_clocks() {
    for (missed, local, server, expected) in [
        (&["a", "b"][..], 86_400, 86_400, HoldEnd::Confirmed),
        (&["a", "b", "c"], 90_000, 90_000, HoldEnd::Confirmed),
        (&["a", "b"], 86_399, 86_400, HoldEnd::Stays),
        (&["a", "b"], 86_400, 86_399, HoldEnd::Stays),
        (&["a", "b"], 0, 0, HoldEnd::Stays),
        (&["a"], 90_000, 90_000, HoldEnd::Stays),
        (&["a", "c"], 90_000, 90_000, HoldEnd::Stays),
        (&[], 90_000, 90_000, HoldEnd::Stays),
    ] {
        let end = reviewed(&["a", "b"], false, missed, moment(local, server));
        assert_eq!(end, expected, "{missed:?} {local} {server}");
    }
}

#[test]
fn a_hold_is_dropped_when_an_item_is_back_or_none_is_left_or_its_clock_was_ahead() {
    let later = moment(90_000, 90_000);
    assert_eq!(reviewed(&["a", "b"], true, &["a", "b"], later), HoldEnd::Dropped);
    assert_eq!(reviewed(&[], false, &["a"], later), HoldEnd::Dropped);
    assert_eq!(reviewed(&["a"], false, &["a"], moment(-1, 90_000)), HoldEnd::Dropped);
    assert_eq!(reviewed(&["a"], false, &["a"], moment(90_000, -1)), HoldEnd::Dropped);
}
