use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_700_000_000 + seconds).unwrap()
}

/// A share that so many calls of ours have used up.
fn used(percent: f64, calls: u32) -> Standing {
    let mut standing = Standing::default();
    for _ in 0..calls {
        standing.note_call(at(0));
    }
    standing.note_answer(Share { percent: Some(percent), regain: None }, 1e9, at(0));
    standing
}

fn routine(percent: f64) -> Pace {
    pace(&used(percent, 10), 90.0, Urgency::Routine, 0, at(0))
}

fn bulk(percent: f64, calls: u32, waiting: usize) -> Pace {
    pace(&used(percent, calls), 90.0, Urgency::Bulk, waiting, at(0))
}

fn slow(seconds: u64) -> Pace {
    Pace::Slow(Duration::from_secs(seconds))
}

#[test]
fn a_look_at_what_is_new_is_slowed_by_seconds_alone() {
    assert_eq!(routine(0.0), Pace::Go);
    assert_eq!(routine(71.9), Pace::Go);
    assert_eq!(routine(72.0), Pace::Slow(Duration::from_millis(500)));
    assert!(matches!(routine(89.9), Pace::Slow(pause) if pause > Duration::from_secs(4)));
    assert_eq!(routine(250.0), slow(5));
}

#[test]
fn a_long_walk_spreads_what_is_left_over_the_hour() {
    assert_eq!(bulk(44.9, 44, 0), Pace::Go);
    // One call costs a percent, and 45 are left.
    assert_eq!(bulk(45.0, 45, 0), slow(80));
    assert_eq!(bulk(72.0, 72, 0), slow(200));
    // Three who wait get a call each first.
    assert_eq!(bulk(72.0, 72, 3), slow(240));
    // A large allowance: a thousandth for each.
    assert_eq!(bulk(60.0, 600, 0), slow(12));
    // Others used it, too: what a call costs is not known.
    assert_eq!(bulk(60.0, 1, 0), Pace::Slow(LONGEST_SPREAD));
    assert_eq!(bulk(89.9, 10, 0), Pace::Slow(LONGEST_SPREAD));
    assert_eq!(bulk(72.0, 72, 400), Pace::Slow(LONGEST_SPREAD));
}

#[test]
fn what_was_heard_an_hour_ago_says_nothing_any_more() {
    let standing = used(80.0, 80);
    assert_eq!(pace(&standing, 90.0, Urgency::Bulk, 0, at(3_599)), slow(360));
    assert_eq!(pace(&standing, 90.0, Urgency::Bulk, 0, at(3_600)), Pace::Go);
}

#[test]
fn nobody_calls_while_blocked_however_urgent() {
    let mut standing = used(3.0, 3);
    standing.note_refusal(Share::default(), Some(Duration::from_secs(1140)), at(0));
    for urgency in [Urgency::Routine, Urgency::Bulk] {
        for waiting in [0, 7] {
            for now in [0, 1, 1139, 1140] {
                let told = pace(&standing, 90.0, urgency, waiting, at(now));
                assert_eq!(told, Pace::Pause(at(1141)), "{now}");
            }
            assert_eq!(pace(&standing, 90.0, urgency, waiting, at(1141)), Pace::Go);
        }
    }
}

#[test]
fn accounts_take_turns_from_half_of_the_ceiling_on() {
    assert!(!is_short(&Standing::default(), 90.0, at(0)));
    assert!(!is_short(&used(44.9, 1), 90.0, at(0)));
    assert!(is_short(&used(45.0, 1), 90.0, at(0)));
    let mut blocked = Standing::default();
    blocked.note_refusal(Share::default(), None, at(0));
    assert!(is_short(&blocked, 90.0, at(0)));
    assert!(!is_short(&blocked, 90.0, at(61)));
}
