//! The real binary killed at random moments: nothing lost, nothing torn, and the next run arrives
//! where an undisturbed one does.
//!
//! `MEDIAKEEP_TORTURE=1` kills it 100 times instead of 20; `MEDIAKEEP_SEED` repeats a run.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

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

/// What an archive says, apart from when it learned it.
fn outcome(rig: &Rig) -> BTreeSet<String> {
    let rows = [
        "SELECT media_id, account, caption, state, files_held, files_expected, position FROM items",
        "SELECT media_id, role, version, state, sha256, size_bytes, mime_type, width, height, duration_ms FROM files",
    ];
    rows.iter().flat_map(|query| rig.sql(query)).map(|row| format!("{row:?}")).collect()
}

/// Every row that says a file is held is right, and the catalog is whole. Answers how many are.
fn assert_sound(rig: &Rig, kill: usize) -> usize {
    if !rig.catalog().exists() {
        return 0;
    }
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'files'";
    if rig.sql_count(tables) == 0 {
        return 0;
    }
    assert_eq!(rig.sql_value("PRAGMA integrity_check"), "ok", "kill {kill}");
    assert_eq!(rig.sql("PRAGMA foreign_key_check"), [], "kill {kill}");
    let held = rig.sql("SELECT DISTINCT sha256, path FROM files WHERE state = 'held'");
    for chunk in held.chunks(200) {
        let paths: Vec<_> =
            chunk.iter().map(|row| rig.archive().join(row["path"].as_str().unwrap())).collect();
        let output = Command::new("sha256sum").args(&paths).output().unwrap();
        assert!(output.status.success(), "kill {kill}: a held file is not there");
        let sums = String::from_utf8(output.stdout).unwrap();
        for (line, row) in sums.lines().zip(chunk) {
            assert!(line.starts_with(row["sha256"].as_str().unwrap()), "kill {kill}: {line}");
        }
    }
    held.len()
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

/// A small generator, so that a seed means the same moments everywhere.
struct Lcg(u64);

impl Lcg {
    fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}
