//! The real binary killed at random moments: nothing lost, nothing torn, and the next run arrives
//! where an undisturbed one does.
//!
//! `MEDIAKEEP_TORTURE=1` kills it 100 times instead of 20; `MEDIAKEEP_SEED` repeats a run.
#![allow(clippy::unwrap_used)]

mod support;

use std::env;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::sound::{Lcg, assert_sound, outcome};
use support::{Rig, files_below};

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_nothing_is_lost_and_the_next_run_converges() {
    let kills = if env::var_os("MEDIAKEEP_TORTURE").is_some() { 100 } else { 20 };
    let seed: u64 = env::var("MEDIAKEEP_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("seed {seed}, {kills} kills");
    // Slow enough that files become durable all along, not in one batch at the end.
    let latency = Duration::from_millis(8);
    let rig = Rig::start(graph_sandbox::Settings { latency, ..Rig::settings(60) }).await;
    rig.write_config("page_size = 10\n");
    // The first sync waits for the sandbox to paint its pictures; the moments come from the second.
    rig.run(&["sync"]).expect(0);
    fs::remove_dir_all(rig.archive()).unwrap();
    let began = Instant::now();
    rig.run(&["sync"]).expect(0);
    let undisturbed = began.elapsed();
    let reference = outcome(&rig);
    assert!(reference.len() > 100);

    let mut random = Lcg(seed);
    let (mut alive, mut partial) = (0, 0);
    for kill in 0..kills {
        fs::remove_dir_all(rig.archive()).unwrap();
        let after = undisturbed.mul_f64(random.share() * 1.1);
        let mut child = rig.spawn(&["sync"]);
        thread::sleep(after);
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        alive += usize::from(!ended);
        let held = assert_sound(&rig, kill);
        partial += usize::from(!ended && held > 0);
        rig.run(&["sync"]).expect(0);
        assert_sound(&rig, kill);
        assert_eq!(outcome(&rig), reference, "kill {kill} after {after:?} (seed {seed})");
        let leftovers = files_below(&rig.archive().join("tmp"));
        assert_eq!(leftovers, Vec::<std::path::PathBuf>::new(), "kill {kill}");
    }
    println!(
        "{alive} of {kills} kills met a running sync, {partial} of them with files held already; \
         an undisturbed sync takes {undisturbed:?}"
    );
    assert!(alive * 2 > kills, "most kills came too late to prove anything");
    assert!(partial > 0, "no kill came between the first and the last file");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_a_sync_soon_and_loses_nothing() {
    let rig = Rig::start(Rig::settings(20)).await;
    rig.sandbox.inject(
        graph_sandbox::Fault::new(graph_sandbox::FaultKind::FileDrip)
            .arg("bytes_per_second", 20_000),
    );
    let mut child = rig.spawn(&["sync"]);
    while rig.sandbox.fired(graph_sandbox::FaultKind::FileDrip) < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let asked = Instant::now();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    assert_eq!(status.code(), Some(143));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_sound(&rig, 0);
    rig.sandbox.clear_faults();
    rig.run(&["sync"]).expect(0);
    assert_eq!(rig.sql_count("SELECT count(*) FROM files WHERE state = 'pending'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_processes_started_at_once_exactly_one_works() {
    let rig = Rig::start(Rig::settings(20)).await;
    rig.run(&["sync"]).expect(0);
    rig.sandbox.inject(
        graph_sandbox::Fault::new(graph_sandbox::FaultKind::HangBeforeHeaders)
            .on("media")
            .arg("seconds", 2)
            .times(1),
    );
    let children: Vec<_> = (0..8).map(|_| rig.spawn(&["sync"])).collect();
    let codes: Vec<_> =
        children.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(11)).count(), 7, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
}
