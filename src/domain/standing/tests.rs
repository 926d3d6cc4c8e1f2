use proptest::prelude::*;

use super::super::pace::{Pace, Urgency, pace};
use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_700_000_000 + seconds).unwrap()
}

fn percent(percent: f64) -> Share {
    Share { percent: Some(percent), regain: None }
}

/// When calls are allowed again, counted from zero.
fn free_at(standing: &Standing, now: i64) -> Option<i64> {
    standing.blocked_until(at(now)).map(|until| until.as_unix() - at(0).as_unix())
}

#[test]
fn the_minutes_that_the_api_names_are_waited_out_and_a_second_more() {
    let mut standing = Standing::default();
    standing.note_answer(
        Share { percent: Some(3.0), regain: Some(Duration::from_secs(900)) },
        90.0,
        at(0),
    );
    assert_eq!(free_at(&standing, 0), Some(901));
    assert_eq!(free_at(&standing, 900), Some(901));
    assert_eq!(free_at(&standing, 901), None);
    // A shorter word later does not shorten it.
    standing.note_refusal(Share::default(), Some(Duration::from_secs(60)), at(10));
    assert_eq!(free_at(&standing, 10), Some(901));
}

#[test]
fn throttles_that_name_no_time_are_waited_out_ever_longer_until_an_answer_comes() {
    let mut standing = Standing::default();
    let mut now = 0;
    let mut waits = Vec::new();
    for regain in [None, Some(Duration::ZERO), None, None, None, None, None, None] {
        standing.note_refusal(Share::default(), regain, at(now));
        let free = free_at(&standing, now).unwrap();
        waits.push((free - now) / 60);
        now = free;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 32, 32]);
    standing.note_answer(Share::default(), 90.0, at(now));
    standing.note_refusal(Share::default(), None, at(now));
    assert_eq!(free_at(&standing, now), Some(now + 61));
}

#[test]
fn the_ceiling_is_rested_at_until_our_own_calls_have_rolled_out() {
    // Ninety calls in the first minute: nothing rolls out before the hour is over.
    let mut burst = Standing::default();
    (0..90).for_each(|_| burst.note_call(at(0)));
    burst.note_answer(percent(90.0), 90.0, at(30));
    assert_eq!(free_at(&burst, 30), Some(30 + 1800 + 1));
    // Two a minute all along: twenty-four have to go, which takes twelve minutes.
    let mut even = Standing::default();
    (0..60).for_each(|minute| (0..2).for_each(|_| even.note_call(at(minute * 60))));
    even.note_answer(percent(90.0), 90.0, at(3_600));
    let rest = free_at(&even, 3_600).unwrap() - 3_600;
    assert!((11 * 60..=13 * 60).contains(&rest), "{rest}");
    // Others used it up: a look every half hour does no harm.
    let mut others = Standing::default();
    others.note_answer(percent(150.0), 90.0, at(0));
    assert_eq!(free_at(&others, 0), Some(1801));
    let mut below = Standing::default();
    below.note_answer(percent(89.9), 90.0, at(0));
    assert_eq!(free_at(&below, 0), None);
}

#[test]
fn a_block_survives_a_restart_and_a_clock_that_was_wrong_blocks_nobody() {
    let kept = Standing::remembered(Some(93.0), at(0), Some(at(600)));
    assert_eq!((free_at(&kept, 1), free_at(&kept, 600)), (Some(600), None));
    assert_eq!((kept.percent(at(1)), kept.percent(at(600))), (Some(93.0), None));
    let used = Standing::remembered(Some(50.0), at(0), None);
    assert_eq!((used.percent(at(3_599)), used.percent(at(3_600))), (Some(50.0), None));
    let ahead = Standing::remembered(None, at(0), Some(at(10 * 365 * 86_400)));
    assert_eq!(free_at(&ahead, 0), None);
}

#[test]
fn the_share_that_a_throttle_came_with_is_void_when_its_time_is_over() {
    let mut standing = Standing::default();
    standing.note_refusal(percent(100.0), Some(Duration::from_secs(600)), at(0));
    assert_eq!(free_at(&standing, 0), Some(601), "the API's own word counts, not the ceiling");
    assert_eq!((standing.percent(at(600)), standing.percent(at(601))), (Some(100.0), None));
    standing.note_answer(percent(40.0), 90.0, at(602));
    assert_eq!(standing.percent(at(700)), Some(40.0));
    // At the ceiling of our own the share goes on to count until the next answer.
    standing.note_answer(percent(95.0), 90.0, at(700));
    let free = free_at(&standing, 700).unwrap();
    assert_eq!(standing.percent(at(free)), Some(95.0));
}

#[test]
fn our_own_calls_are_counted_for_an_hour() {
    let mut standing = Standing::default();
    for minute in 0..200 {
        standing.note_call(at(minute * 60));
    }
    assert_eq!(standing.calls_of_the_hour(at(199 * 60)), 61);
    assert_eq!(standing.calls_of_the_hour(at(400 * 60)), 0);
}

/// An API with a rolling hour, as its pages describe it.
struct Api {
    per_hour: u32,
    calls: Vec<i64>,
    blocked_until: i64,
    calls_while_blocked: u32,
}

impl Api {
    fn call(&mut self, now: i64) -> Share {
        self.calls.push(now);
        if now < self.blocked_until {
            self.calls_while_blocked += 1;
        }
        let in_use = self.in_use(now);
        if in_use > self.per_hour {
            self.blocked_until = self.blocked_until.max(now + 1_200);
        }
        let wait = u64::try_from(self.blocked_until - now).ok().filter(|wait| *wait > 0);
        Share {
            percent: Some((f64::from(in_use) * 100.0 / f64::from(self.per_hour)).floor()),
            regain: wait.map(Duration::from_secs),
        }
    }

    fn in_use(&self, now: i64) -> u32 {
        let in_use = self.calls.len() - self.calls.partition_point(|at| *at <= now - 3_600);
        u32::try_from(in_use).unwrap()
    }
}

proptest! {
    /// Whatever the allowance and however somebody pushes: no call falls into a block, and no hour
    /// has more calls than the ceiling leaves, give or take one (and the few that look whether the
    /// hour has rolled over).
    #[test]
    fn no_hour_has_more_calls_than_planned_and_no_call_is_made_while_blocked(
        per_hour in 20_u32..400,
        urgency in prop_oneof![Just(Urgency::Routine), Just(Urgency::Bulk)],
        eagerness in 0_i64..30,
        hours in 2_i64..6,
    ) {
        const MAX_USAGE: f64 = 90.0;
        let mut api = Api { per_hour, calls: Vec::new(), blocked_until: 0, calls_while_blocked: 0 };
        let mut standing = Standing::default();
        let mut now = 0;
        while now < hours * 3_600 {
            match pace(&standing, MAX_USAGE, urgency, 0, at(now)) {
                Pace::Pause(until) => {
                    now = until.as_unix() - at(0).as_unix();
                    continue;
                }
                Pace::Slow(pause) => now += i64::try_from(pause.as_secs()).unwrap(),
                Pace::Go => {}
            }
            standing.note_call(at(now));
            let share = api.call(now);
            standing.note_answer(share, MAX_USAGE, at(now));
            now += eagerness;
        }
        prop_assert_eq!(api.calls_while_blocked, 0);
        let plan = (f64::from(per_hour) * MAX_USAGE / 100.0).ceil();
        let until = |end: i64| api.calls.partition_point(|at| *at < end);
        let most = api.calls.iter().map(|at| until(at + 3_600) - until(*at)).max().unwrap_or(0);
        let most = u32::try_from(most).unwrap();
        prop_assert!(f64::from(most) <= plan + 1.0, "{} of {}", most, plan);
        // And it is used: a walk that is slowed still gets on.
        prop_assert!(api.calls.len() > 10);
    }
}
