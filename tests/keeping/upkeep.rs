//! The upkeep on a virtual clock: what is done, when, and what is said when it cannot be done.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mediakeep::archive::upkeep::{Ticks, UpkeepSettings, keep_up};
use mediakeep::clock::Clock;
use mediakeep::domain::Timestamp;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use crate::stand::{Stand, world};

const HOUR: u64 = 3_600;

/// Every so many hours of the clock.
fn every(hours: i64) -> Ticks {
    Arc::new(move |after| {
        let seconds = hours * 3_600;
        Timestamp::from_unix((after.as_unix().div_euclid(seconds) + 1) * seconds)
    })
}

pub(crate) fn settings() -> UpkeepSettings {
    UpkeepSettings {
        backup: every(24),
        keep: 3,
        publish: None,
        verify_every: Duration::from_secs(24 * HOUR),
        slice: UpkeepSettings::SLICE,
        log_limit: UpkeepSettings::LOG_LIMIT,
    }
}

/// Runs the upkeep for so many hours of virtual time, then stops it.
pub(crate) async fn run(stand: &Stand, settings: &UpkeepSettings, hours: u64) {
    let clock = stand.archive.clock.clone();
    let until = clock.now().plus(Duration::from_secs(hours * HOUR));
    let stop = CancellationToken::new();
    let upkeep = keep_up(stand.archive.clone(), settings.clone(), || {}, stop.clone());
    tokio::join!(upkeep, async {
        play(&clock, until).await;
        stop.cancel();
    });
}

/// Moves the clock from one waited-for instant to the next.
async fn play(clock: &Clock, until: Timestamp) {
    loop {
        let next = loop {
            match clock.waited_for().first() {
                Some(next) if *next > clock.now() => break *next,
                Some(_) | None => tokio::time::sleep(Duration::from_micros(200)).await,
            }
        };
        if next > until {
            return clock.set(until);
        }
        clock.set(next);
    }
}

/// The sandbox's clock follows the archive's.
fn catch_up(stand: &Stand) {
    let behind = stand.archive.clock.now().as_unix() - stand.sandbox.clock().now();
    stand.sandbox.clock().advance(behind);
}

pub(crate) async fn with_files(posts: usize) -> Stand {
    let stand = Stand::new(graph_sandbox::Settings { posts, ..world() }).await;
    assert_eq!(stand.sync_with_files().await.problems, []);
    stand
}

pub(crate) fn alarms(stand: &Stand, kind: &str) -> Vec<String> {
    stand.column(&format!(
        "SELECT turn || ': ' || t.detail FROM alarm_turn t JOIN alarm a ON a.alarm_id = t.alarm_id
         WHERE a.kind = '{kind}' ORDER BY t.turn_id"
    ))
}

pub(crate) fn copies(stand: &Stand) -> Vec<PathBuf> {
    let dir = stand.archive.dir.backups_dir();
    let mut found: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "db"))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn every_file_is_read_again_within_its_time_over_restarts_and_damage_is_mended() {
    let stand = with_files(8).await;
    let began = stand.archive.clock.now();
    let blobs = stand.count("SELECT count(*) FROM blob");
    assert!(blobs > 8);
    let unread = format!("SELECT count(*) FROM blob WHERE verified_at <= '{began}'");
    let mut left = vec![stand.count(&unread)];
    for hours in [13, 2, 3, 6] {
        run(&stand, &settings(), hours).await;
        left.push(stand.count(&unread));
    }
    assert!(left[0] == blobs && left[4] == 0, "{left:?}");
    assert!(left[1] > left[2] && left[2] > left[3], "not spread over time: {left:?}");

    let sha256 = stand.text("SELECT sha256 FROM blob ORDER BY blob_id LIMIT 1");
    let path = stand.archive.dir.path().join(format!("blobs/{}/{sha256}", &sha256[..2]));
    let mut bytes = fs::read(&path).unwrap();
    let good = bytes.clone();
    bytes[1000] ^= 1;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(&path, &bytes).unwrap();
    run(&stand, &settings(), 24).await;
    assert_eq!(alarms(&stand, "damaged").len(), 1, "{:?}", alarms(&stand, "damaged"));
    assert!(!path.exists());
    let aside = stand.archive.dir.path().join("quarantine").join(&sha256);
    assert!(fs::read(aside).unwrap() == bytes);

    catch_up(&stand);
    let again = stand.sync_with_files().await;
    assert_eq!((again.files.saved, again.problems), (1, vec![]));
    assert!(fs::read(&path).unwrap() == good);
    run(&stand, &settings(), 1).await;
    let told = alarms(&stand, "damaged");
    assert_eq!(told[1], "ended: every file is as it was kept");
}

#[tokio::test]
async fn copies_are_made_on_schedule_made_up_once_and_rotated() {
    let stand = with_files(2).await;
    // What was never done is done at once; the clock begins at ten in the morning.
    run(&stand, &settings(), 1).await;
    assert_eq!(copies(&stand).len(), 1);
    run(&stand, &settings(), 12).await;
    assert_eq!(copies(&stand).len(), 1, "no tick has passed");
    run(&stand, &settings(), 23).await;
    assert_eq!(copies(&stand).len(), 2);
    // Nobody there for five days.
    stand.archive.clock.advance(Duration::from_secs(5 * 24 * HOUR));
    run(&stand, &settings(), 1).await;
    assert_eq!(copies(&stand).len(), 3);
    run(&stand, &settings(), 24).await;
    assert_eq!(copies(&stand).len(), 3, "the oldest made room");
    assert_eq!(stand.count("SELECT count(*) FROM backups"), 3);
    assert_eq!(stand.count("SELECT count(*) FROM backup"), 4);
    let chore = "SELECT outcome FROM chore WHERE name = 'backup'";
    assert_eq!(stand.text(chore), "done");
    assert_eq!(stand.text("SELECT outcome FROM chore WHERE name = 'checkpoint'"), "done");
    let wal = format!("{}-wal", stand.archive.dir.catalog_path().display());
    assert!(fs::metadata(wal).unwrap().len() < 1 << 20);
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_is_an_alarm_until_one_can() {
    let stand = with_files(2).await;
    let backups = stand.archive.dir.backups_dir();
    // Somebody else is making one and never ends.
    let held = fs::File::open(&backups).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    run(&stand, &settings(), 3).await;
    let told = alarms(&stand, "backup_failing");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("raised: another program makes a copy"), "{told:?}");
    assert!(copies(&stand).is_empty());
    assert_eq!(stand.text("SELECT outcome FROM chore WHERE name = 'backup'"), "failed");
    drop(held);
    // It is tried again within the hour, not at the next tick.
    run(&stand, &settings(), 1).await;
    assert_eq!(copies(&stand).len(), 1);
    assert_eq!(alarms(&stand, "backup_failing")[1], "ended: it works again");
}

#[tokio::test]
async fn a_stop_ends_a_copy_at_once_and_leaves_nothing_of_it() {
    let stand = with_files(2).await;
    let stop = CancellationToken::new();
    stop.cancel();
    keep_up(stand.archive.clone(), settings(), || {}, stop).await;
    assert!(copies(&stand).is_empty());
    assert_eq!(stand.text("SELECT outcome FROM chore WHERE name = 'backup'"), "stopped");
    let names: Vec<_> = fs::read_dir(stand.archive.dir.backups_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("catalog"))
        .collect();
    assert_eq!(names, Vec::<String>::new());
    run(&stand, &settings(), 1).await;
    assert_eq!(copies(&stand).len(), 1);
}

#[tokio::test]
async fn a_forgotten_reader_that_keeps_the_log_from_shrinking_is_noticed_and_its_end_too() {
    let stand = with_files(2).await;
    let catalog = stand.archive.dir.catalog_path();
    let wal = format!("{}-wal", catalog.display());
    let size = || fs::metadata(&wal).unwrap().len();
    // Another process, as a person's shell would be.
    let mut reader = Command::new("sqlite3")
        .arg("-readonly")
        .arg(&catalog)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    {
        use std::io::{BufRead as _, Write as _};
        let input = reader.stdin.as_mut().unwrap();
        input.write_all(b"BEGIN; SELECT count(*) FROM posts;\n").unwrap();
        let mut line = String::new();
        std::io::BufReader::new(reader.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty());
    }
    for round in 0..200 {
        let at = stand.archive.clock.now();
        stand
            .archive
            .catalog
            .call(move |c| {
                c.begin_chore("noise", at, at)?;
                c.end_chore("noise", "done", Some(&format!("{round}").repeat(3000)), at)
            })
            .await
            .unwrap();
    }
    let limited = UpkeepSettings { log_limit: 1 << 20, ..settings() };
    assert!(size() > limited.log_limit, "{}", size());
    run(&stand, &limited, 1).await;
    let told = alarms(&stand, "wal_large");
    assert_eq!(told.len(), 1, "{told:?}");
    let named = format!("process {} (sqlite3)", reader.id());
    assert!(told[0].contains(&named), "{told:?}");
    drop(reader.stdin.take());
    reader.wait().unwrap();
    run(&stand, &limited, 1).await;
    assert_eq!(alarms(&stand, "wal_large")[1], "ended: the catalog's log is small again");
    assert!(size() <= limited.log_limit, "{}", size());
}

#[tokio::test]
async fn the_published_copy_is_one_file_that_a_stranger_in_its_group_reads() {
    let stand = with_files(2).await;
    let home = tempfile::tempdir().unwrap();
    let share = home.path().join("share");
    fs::create_dir(&share).unwrap();
    let path = share.join("catalog.db");
    let publishing =
        |path: PathBuf| UpkeepSettings { publish: Some((path, every(1))), ..settings() };
    if rustix::process::geteuid().is_root() {
        // As an administrator sets up a shared directory: new files get its group.
        chown(&share, None, Some(65_534)).unwrap();
        fs::set_permissions(&share, fs::Permissions::from_mode(0o2750)).unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }
    run(&stand, &publishing(path.clone()), 1).await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let before = fs::read(&path).unwrap();
    // Neither log nor journal: the header says so ("write version 1").
    assert_eq!(before[18..20], [1, 1]);
    let mut command = Command::new("sqlite3");
    if rustix::process::geteuid().is_root() {
        command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sqlite3"]);
    }
    let read =
        command.arg("-readonly").arg(&path).arg("SELECT count(*) FROM posts").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stderr), "");
    let posts = stand.count("SELECT count(*) FROM posts");
    assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), posts.to_string());
    assert_eq!(fs::read_dir(&share).unwrap().count(), 1);
    assert_eq!(alarms(&stand, "publish_failing"), Vec::<String>::new());

    // Places that must not be written; what is there stays.
    let own = stand.archive.dir.path();
    fs::hard_link(own.join("catalog.db"), share.join("link.db")).ok();
    let foreign = share.join("letter.txt");
    fs::write(&foreign, "not a catalog").unwrap();
    for (path, why) in [
        (own.join("blobs/ab/catalog.db"), "inside the archive"),
        (own.join("catalog.db"), "inside the archive"),
        (foreign.clone(), "is no copy of a catalog"),
        (share.join("link.db"), "is no copy of a catalog"),
        (home.path().join("absent/catalog.db"), "has no directory above it"),
    ] {
        run(&stand, &publishing(path), 2).await;
        let told = stand
            .text("SELECT detail FROM alarms WHERE kind = 'publish_failing' AND ended_at IS NULL");
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(fs::read(&foreign).unwrap(), b"not a catalog");
    run(&stand, &publishing(path), 2).await;
    assert_eq!(alarms(&stand, "publish_failing").last().unwrap(), "ended: it works again");
}

#[tokio::test]
async fn a_disk_that_fills_is_told_before_files_are_refused() {
    let mut stand = with_files(2).await;
    run(&stand, &settings(), 1).await;
    assert_eq!(alarms(&stand, "disk_low"), Vec::<String>::new());
    let free = stand.archive.dir.free_space().unwrap();
    for (min_free, turn) in [(free / 3 * 2, "raised"), (free * 2, "rose"), (0, "ended")] {
        Arc::get_mut(&mut stand.archive).unwrap().settings.min_free = min_free;
        run(&stand, &settings(), 1).await;
        let told = alarms(&stand, "disk_low");
        assert!(told.last().unwrap().starts_with(turn), "{told:?}");
    }
    // Half a day of the remaining room arrived within the last week.
    let catalog = Connection::open(stand.archive.dir.catalog_path()).unwrap();
    let first = "UPDATE blob SET held_at = '2026-03-01T00:00:00Z' WHERE blob_id = 1";
    let grown = format!("UPDATE blob SET size_bytes = {} WHERE blob_id = 2", free * 4);
    catalog.execute_batch(&format!("{first}; {grown};")).unwrap();
    drop(catalog);
    run(&stand, &settings(), 1).await;
    let told = alarms(&stand, "disk_low");
    assert!(told.last().unwrap().contains("days at the present growth"), "{told:?}");
}
