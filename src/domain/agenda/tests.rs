use proptest::prelude::*;

use super::*;

const QUARTER: i64 = 900;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

/// Ticks at the multiples of `step`.
fn every(step: i64) -> impl Fn(Timestamp) -> Option<Timestamp> {
    move |after| Timestamp::from_unix((after.as_unix().div_euclid(step) + 1) * step)
}

fn decided(newest: Option<NewestRun>, now: i64, step: i64, delay: u64) -> Agenda {
    let delay = move |_| Duration::from_secs(delay);
    agenda(newest, at(now), &Ticks { next_after: &every(step), delay: &delay })
}

#[allow(clippy::unnecessary_wraps, reason = "the decision takes the newest run, if there is one")]
fn finished(due_at: i64) -> Option<NewestRun> {
    Some(NewestRun { due_at: at(due_at), progress: Progress::Finished })
}

#[allow(clippy::unnecessary_wraps, reason = "the decision takes the newest run, if there is one")]
fn open(due_at: i64) -> Option<NewestRun> {
    Some(NewestRun { due_at: at(due_at), progress: Progress::Open })
}

fn due(tick: i64, skipped: u32) -> Agenda {
    Agenda::Due { tick: at(tick), skipped }
}

fn wait(tick: i64, begins: i64) -> Agenda {
    Agenda::Wait { tick: at(tick), begins: at(begins) }
}

#[test]
fn every_situation_has_its_answer() {
    let q = QUARTER;
    for (newest, now, delay, expected, why) in [
        (None, 100, 0, due(100, 0), "never ran: at once"),
        (finished(0), 10, 0, wait(q, q), "the next tick"),
        (finished(0), 10, 60, wait(q, q + 60), "later by its jitter"),
        (finished(0), q + 59, 60, wait(q, q + 60), "not before its jitter"),
        (finished(0), q + 60, 60, due(q, 0), "on time"),
        (finished(0), q, 0, due(q, 0), "on the second"),
        (finished(0), 4 * q + 5, 0, due(4 * q, 3), "made up once"),
        (finished(0), 4 * q + 5, 60, due(3 * q, 2), "the newest that has begun"),
        (finished(0), q, 5_000, wait(q, 2 * q - 1), "jitter ends before the next tick"),
        (finished(17), 20, 0, wait(q, q), "a first run between two ticks"),
        (open(q), q + 5, 0, due(q, 0), "broken off: again"),
        (open(q), 2 * q + 5, 0, due(2 * q, 0), "broken off, and a newer one is due"),
        (open(q), 5 * q, 0, due(5 * q, 3), "broken off long ago"),
        (finished(2 * q), q + 100, 0, wait(3 * q, 3 * q), "set back a little: not twice"),
        (open(2 * q), q + 100, 0, due(2 * q, 0), "set back a little, and not done yet"),
        (finished(9 * q), q + 100, 0, wait(2 * q, 2 * q), "set back far: not believed"),
        (open(9 * q), q + 100, 0, due(q + 100, 0), "set back far, and not done yet"),
        (finished(i64::from(i32::MAX)), q, 0, wait(2 * q, 2 * q), "a clock that was in 2038"),
    ] {
        assert_eq!(decided(newest, now, q, delay), expected, "{why}");
    }
}

#[test]
fn a_year_of_missed_seconds_is_made_up_once_and_soon() {
    let now = 365 * 86_400;
    assert_eq!(decided(finished(0), now, 1, 0), due(now, COUNTED));
}

#[test]
fn a_burst_far_back_is_found_from_its_end() {
    // Every second of the first minute of a day.
    let next_after = |after: Timestamp| {
        let next = after.as_unix() + 1;
        let day = next.div_euclid(86_400) * 86_400;
        let into = next - day;
        Timestamp::from_unix(if into < 60 { next } else { day + 86_400 })
    };
    let delay = |_| Duration::ZERO;
    let newest = Some(NewestRun { due_at: at(30), progress: Progress::Finished });
    let ticks = Ticks { next_after: &next_after, delay: &delay };
    assert_eq!(agenda(newest, at(80_000), &ticks), due(59, 28));
}

#[test]
fn a_calendar_that_ends_asks_for_nothing_more() {
    let (never, delay) = (|_| None, |_| Duration::ZERO);
    let ticks = Ticks { next_after: &never, delay: &delay };
    assert_eq!(agenda(finished(0), at(10), &ticks), Agenda::Over);
    assert_eq!(agenda(finished(20), at(10), &ticks), Agenda::Over);
    assert_eq!(agenda(open(5), at(10), &ticks), due(5, 0));
}

#[test]
fn jitter_differs_between_accounts_walks_and_ticks_and_never_between_looks() {
    let most = Duration::from_secs(600);
    let first = jitter("a", "recent", at(0), most);
    assert_eq!(first, jitter("a", "recent", at(0), most));
    let others = [("b", "recent", 0), ("a", "full", 0), ("a", "recent", 900), ("a", "recent", 1)];
    for (account, walk, tick) in others {
        assert_ne!(first, jitter(account, walk, at(tick), most), "{account} {walk} {tick}");
    }
    assert_eq!(jitter("a", "recent", at(0), Duration::ZERO), Duration::ZERO);
    // Every minute of ten gets about its share of 1 000 ticks.
    let mut minutes = [0; 10];
    for tick in 0..1_000 {
        let second = jitter("a", "recent", at(tick * QUARTER), most).as_secs();
        minutes[usize::try_from(second / 60).unwrap()] += 1;
    }
    assert!(minutes.iter().all(|n| (50..200).contains(n)), "{minutes:?}");
}

proptest! {
    /// A clock that runs, pauses and is set: looks at random moments run each tick at most once,
    /// miss none for good, and never stop for longer than one interval more.
    #[test]
    fn every_tick_is_answered_once_whatever_the_moments_of_looking(
        step in prop::sample::select(vec![1_i64, 7, 60, 900]),
        delay in 0_u64..120,
        looks in prop::collection::vec(1_i64..4_000, 1..80),
    ) {
        let mut newest = finished(0);
        let mut now = 0;
        let mut answered = 0;
        for pause in looks {
            now += pause;
            match decided(newest, now, step, delay) {
                Agenda::Due { tick, skipped } => {
                    prop_assert!(tick > newest.unwrap().due_at, "a tick ran twice");
                    prop_assert_eq!(tick.as_unix() % step, 0);
                    answered += i64::from(skipped) + 1;
                    prop_assert_eq!(answered, tick.as_unix() / step, "a tick was lost");
                    newest = finished(tick.as_unix());
                }
                Agenda::Wait { begins, .. } => prop_assert!(begins > at(now)),
                Agenda::Over => prop_assert!(false, "it never ends"),
            }
        }
    }

    /// Goes on by its own answers, while the clock is set back and forth.
    #[test]
    fn whatever_is_done_to_the_clock_the_walk_goes_on(
        step in prop::sample::select(vec![60_i64, 900, 86_400]),
        moves in prop::collection::vec(-2_000_000_i64..200_000, 1..12),
    ) {
        let (next_after, delay) = (every(step), |_| Duration::ZERO);
        let ticks = Ticks { next_after: &next_after, delay: &delay };
        let mut newest = NewestRun { due_at: at(100 * step), progress: Progress::Finished };
        let mut now = at(100 * step);
        for by in moves {
            now = Timestamp::from_unix((now.as_unix() + by).max(0)).unwrap();
            // For three intervals nobody touches the clock; one more was answered before.
            let (end, mut runs) = (now.plus(Duration::from_secs(3 * step.unsigned_abs())), 0);
            loop {
                newest = believed(newest, now, &ticks);
                match agenda(Some(newest), now, &ticks) {
                    Agenda::Due { tick, .. } => {
                        newest = NewestRun { due_at: tick, progress: Progress::Finished };
                        runs += 1;
                    }
                    Agenda::Wait { begins, .. } if begins <= end => now = begins,
                    Agenda::Wait { .. } => break,
                    Agenda::Over => prop_assert!(false, "it never ends"),
                }
            }
            now = end;
            prop_assert!((2..=4).contains(&runs), "{runs} runs in three intervals");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nobody_for_long_and_runs_nothing_at_once(
        step in prop::sample::select(vec![60_i64, 900, 86_400]),
        last in 1_i64..1_000,
        back in 1_i64..1_000_000,
    ) {
        let last = last * step;
        let now = last - back;
        match decided(finished(last), now, step, 0) {
            Agenda::Wait { tick, .. } => {
                prop_assert!(tick > at(now));
                prop_assert!(tick != at(last), "it ran already");
                prop_assert!(tick.since(at(now)).as_secs() <= 2 * u64::try_from(step).unwrap());
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
