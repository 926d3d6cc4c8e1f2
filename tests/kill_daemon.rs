//! The real daemon, killed and stopped at random moments: nothing lost, nothing torn, and the next
//! one goes on without help.
//!
//! `MEDIAKEEP_TORTURE=1` ends it 200 times with each signal instead of 6; `MEDIAKEEP_SEED` repeats
//! a run.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use support::sound::{Lcg, assert_sound, outcome};
use support::{Rig, files_below};

const WALKS: &str = "
[[account.walk]]
name = \"recent\"
schedule = \"*/2 * * * * *\"
since = \"30d\"
[[account.walk]]
name = \"full\"
schedule = \"* * * * * *\"
[[account.walk]]
name = \"stories\"
edge = \"stories\"
schedule = \"*/2 * * * * *\"
";

#[tokio::test(flavor = "multi_thread")]
async fn ended_at_any_moment_the_daemon_loses_nothing_and_goes_on_without_help() {
    let each = if env::var_os("MEDIAKEEP_TORTURE").is_some() { 200 } else { 6 };
    let seed: u64 = env::var("MEDIAKEEP_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("seed {seed}, {each} times each signal");
    let latency = Duration::from_millis(4);
    let rig = Rig::start(graph_sandbox::Settings { latency, ..Rig::settings(12) }).await;
    rig.write_config_with("page_size = 5\n\n[schedule]\njitter = \"0s\"\n", WALKS);
    // The sandbox paints its pictures, and the whole archive is known once.
    rig.run(&["sync"]).expect(0);
    let reference = outcome(&rig);
    fs::remove_dir_all(rig.archive()).unwrap();
    let begun = Instant::now();
    let daemon = Daemon(rig.spawn(&["run"]));
    arrive(&rig, &reference, "undisturbed");
    let undisturbed = begun.elapsed();
    end(daemon, "-TERM");

    let mut random = Lcg(seed);
    let (mut slowest, mut partial) = (Duration::ZERO, 0);
    for turn in 0..2 * each {
        let signal = if turn % 2 == 0 { "-KILL" } else { "-TERM" };
        fs::remove_dir_all(rig.archive()).unwrap();
        let after = undisturbed.mul_f64(random.share() * 1.1);
        let daemon = Daemon(rig.spawn(&["run"]));
        thread::sleep(after);
        let (status, took) = end(daemon, signal);
        let what = format!("turn {turn}, {signal} after {after:?} (seed {seed})");
        if signal == "-TERM" {
            // A signal may come before anybody listens.
            let listens = status.code().is_some();
            assert!(!listens || status.code() == Some(0), "{what}: {status}");
            slowest = slowest.max(took);
        }
        let held = assert_sound(&rig, turn);
        partial += usize::from(held > 0 && outcome(&rig) != reference);
        let next = Daemon(rig.spawn(&["run"]));
        arrive(&rig, &reference, &what);
        let (status, took) = end(next, "-TERM");
        slowest = slowest.max(took);
        assert_eq!(status.code(), Some(0), "{what}");
        assert_sound(&rig, turn);
        assert_eq!(outcome(&rig), reference, "{what}");
        let leftovers = files_below(&rig.archive().join("tmp"));
        assert_eq!(leftovers, Vec::<std::path::PathBuf>::new(), "{what}");
        let newest = "SELECT stopped_at IS NOT NULL FROM process ORDER BY process_id DESC LIMIT 1";
        assert_eq!(rig.sql_count(newest), 1, "{what}");
    }
    println!(
        "{partial} of {} ends came between the first and the last file; the slowest stop took \
         {slowest:?}; an undisturbed beginning takes {undisturbed:?}",
        2 * each
    );
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    // A dozen moments may all miss the second in which files come.
    assert!(each < 50 || partial > 0, "no end came between the first and the last file");
    assert_eq!(rig.sandbox.counters().write_calls, 0);
}

/// Waits until the daemon has brought the archive to where it belongs.
fn arrive(rig: &Rig, reference: &BTreeSet<String>, what: &str) {
    let begun = Instant::now();
    loop {
        let ready = "SELECT count(*) FROM sqlite_schema WHERE name = 'runs'";
        if rig.catalog().exists() && rig.sql_count(ready) == 1 && outcome(rig) == *reference {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: it never arrives");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A running daemon; a test that fails leaves none behind.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn end(mut daemon: Daemon, signal: &str) -> (ExitStatus, Duration) {
    let asked = Instant::now();
    assert!(daemon.0.try_wait().unwrap().is_none(), "the daemon ended by itself");
    let pid = daemon.0.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    (daemon.0.wait().unwrap(), asked.elapsed())
}
