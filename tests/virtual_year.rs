//! The daemon over months of its schedules, on a clock that is played.
//!
//! By default a few days; `MEDIAKEEP_TORTURE=1` plays a year with 20 accounts, and
//! `MEDIAKEEP_DAYS` and `MEDIAKEEP_ACCOUNTS` set both.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

mod daemon_support;
mod support;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::time::{Duration, Instant};

use daemon_support::{Stand, answered, at, world};
use graph_sandbox::{Fault, FaultKind, PostKind};
use mediakeep::domain::Timestamp;

/// Two days before the clocks of Berlin are set back.
const BEGINS: &str = "2026-10-23T09:07:00Z";
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// A pass after an outage comes at most this late.
const LATE: u64 = 15 * 60 + 120;

#[tokio::test(flavor = "multi_thread")]
async fn every_due_run_ran_exactly_once_and_nothing_grows() {
    let torture = env::var_os("MEDIAKEEP_TORTURE").is_some();
    let (days, accounts) = if torture { (365, 20) } else { (2, 3) };
    let days = number("MEDIAKEEP_DAYS", days);
    let accounts = usize::try_from(number("MEDIAKEEP_ACCOUNTS", accounts)).unwrap();
    let more = "\n[schedule]\ntimezone = \"Europe/Berlin\"\n";
    let begun = Instant::now();
    let stand = Stand::start(world(BEGINS, accounts, 2), more, "").await;
    stand.calm().await;
    let names: Vec<String> = (0..accounts).map(|n| stand.account(n)).collect();
    println!("{days} days, {accounts} accounts; the first passes took {:?}", begun.elapsed());
    let begins = at(BEGINS);
    let day = |n: f64| begins.plus(Duration::from_secs_f64(n * DAY as f64));
    let length = days as f64;
    // Two outages of the API, of five hours and of two.
    let outages = [
        (day(length * 0.3), day(length * 0.3).plus(Duration::from_secs(5 * HOUR))),
        (day(length * 0.7), day(length * 0.7).plus(Duration::from_secs(2 * HOUR))),
    ];
    let mut gauge = Gauge::new();
    gauge.read(&stand);
    let mut fired = 0;
    let mut told = 0;
    for (part, share) in [0.25, 0.5, 0.75, 1.0].into_iter().enumerate() {
        let end = day(length * share);
        for (from, to) in outages {
            if from >= stand.clock.now() && from < end {
                stand.play_until(from).await;
                stand.rig.sandbox.inject(Fault::new(FaultKind::Http503));
                stand.play_until(to).await;
                let failing =
                    "SELECT count(*) FROM alarms WHERE kind = 'pass_failing' AND ended_at IS NULL";
                assert_eq!(stand.rig.sql_count(failing), i64::try_from(accounts).unwrap());
                stand.rig.sandbox.clear_faults();
                let now = stand.rig.sandbox.fired(FaultKind::Http503);
                assert!(now > fired, "the outage was not met");
                fired = now;
                told += 1;
            }
        }
        // One new post a quarter, so that there is something to do.
        for name in &names {
            stand.rig.sandbox.world().publish(name, PostKind::Image).unwrap();
        }
        // The lives of tokens are played here, by whoever keeps them.
        stand.play_until(end).await;
        gauge.read(&stand);
        println!("part {} of 4 after {:?}", part + 1, begun.elapsed());
    }
    assert_eq!(told, 2);
    let end = stand.clock.now();
    let passes: u64 =
        names.iter().map(|n| stand.counters(n)).map(|c| c.passes_ok + c.passes_failed).sum();
    let took = begun.elapsed();
    println!("{passes} passes in {took:?}: {:?} each", took.div_f64(passes as f64));
    let counters: Vec<_> = names.iter().map(|name| stand.counters(name)).collect();
    let board = stand.board.snapshot();
    assert!(board.tasks.iter().all(|task| task.restarts == 0), "{board:#?}");
    let (rig, _) = stand.stop().await;
    let did = rig.sandbox.counters();
    assert_eq!((did.calls_while_blocked, did.write_calls), (0, 0));
    assert_eq!(rig.sql("SELECT * FROM alarms WHERE ended_at IS NULL"), []);
    for (name, counters) in names.iter().zip(&counters) {
        let mut expected_in_all = 0;
        for (walk, ticks) in expected(begins, end, days) {
            let ran = answered(&rig, name, walk);
            assert!(ran.values().all(|n| *n == 1), "{name} {walk} ran twice for one tick");
            let ran: BTreeSet<Timestamp> = ran.into_keys().collect();
            let alien: Vec<_> = ran.difference(&ticks).collect();
            assert_eq!(alien, Vec::<&Timestamp>::new(), "{name} {walk}: runs that nobody expected");
            let made_up: Vec<_> = ticks.difference(&ran).collect();
            let met_outage = |tick: &&&Timestamp| {
                outages.iter().any(|(from, to)| {
                    **tick >= from && **tick <= &to.plus(Duration::from_secs(LATE))
                })
            };
            let lost: Vec<_> = made_up.iter().filter(|tick| !met_outage(tick)).collect();
            assert_eq!(
                lost,
                Vec::<&&Timestamp>::new(),
                "{name} {walk}: ticks that nobody answered"
            );
            expected_in_all += ticks.len();
        }
        let counted = counters.ticks + counters.ticks_skipped;
        assert_eq!(counted, u64::try_from(expected_in_all).unwrap(), "{name}: {counters:?}");
        assert!(counters.passes_failed > 0);
    }
    gauge.assert_flat();
}

/// The ticks of the default walks, put together without the code that is tested: the offset of
/// Berlin is one hour from the last Sunday of October to the last one of March.
fn expected(
    begins: Timestamp,
    end: Timestamp,
    days: u64,
) -> Vec<(&'static str, BTreeSet<Timestamp>)> {
    let winter = (at("2026-10-25T01:00:00Z"), at("2027-03-28T01:00:00Z"));
    let offset = |at: Timestamp| if at >= winter.0 && at < winter.1 { 3_600 } else { 7_200 };
    // A run begins up to a minute later than its tick.
    let settled = end.minus(Duration::from_secs(60));
    let all: Vec<Timestamp> = (0..=days * 1_440)
        .map(|minute| begins.plus(Duration::from_secs(minute * 60)))
        .take_while(|at| *at < settled)
        .collect();
    let local = |at: &Timestamp| at.as_unix() + offset(*at);
    let ticks = |fits: &dyn Fn(i64) -> bool| -> BTreeSet<Timestamp> {
        let fitting = all.iter().filter(|at| fits(local(at))).copied();
        // A walk that never ran is due at once.
        fitting.chain([begins]).collect()
    };
    let minute = |local: i64| local.div_euclid(60);
    // 1970-01-01 was a Thursday.
    let sunday = |local: i64| (local.div_euclid(86_400) + 4).rem_euclid(7) == 0;
    vec![
        ("recent", ticks(&|local| minute(local) % 15 == 0)),
        ("full", ticks(&|local| sunday(local) && minute(local) % 1_440 == 4 * 60 + 20)),
        ("stories", ticks(&|local| minute(local) % 240 == 5)),
    ]
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// What the process holds, of daemon and sandbox together.
struct Gauge {
    begun: Instant,
    readings: Vec<(u64, usize)>,
}

impl Gauge {
    fn new() -> Self {
        Self { begun: Instant::now(), readings: Vec::new() }
    }

    fn read(&mut self, stand: &Stand) {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        let resident = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
        let files = fs::read_dir("/proc/self/fd").unwrap().count();
        println!(
            "at {} after {:?}: {resident} KiB resident, {files} files open",
            stand.clock.now(),
            self.begun.elapsed()
        );
        self.readings.push((resident, files));
    }

    /// From the first quarter to the end.
    fn assert_flat(&self) {
        let ((first, files_then), (last, files_now)) =
            (self.readings[1], *self.readings.last().unwrap());
        assert!(last < first + first / 4 + 16_384, "memory grew from {first} to {last} KiB");
        assert!(files_now <= files_then + 8, "open files grew from {files_then} to {files_now}");
    }
}
