//! What a daemon remembers: runs, chores, itself.

use mediakeep::catalog::Writer;
use mediakeep::domain::Edge;

use crate::support::{Archive, FIELDS, at, bakery};

#[test]
fn a_run_stays_open_until_it_ends_and_then_gives_its_walks_their_tick() {
    let archive = Archive::new();
    let begin = |due: i64, skipped: u32| {
        archive.write(move |w| w.begin_run(&bakery(), "recent", at(due), skipped, at(due + 1)));
    };
    begin(900, 0);
    let runs = archive.write(Writer::runs);
    assert_eq!((runs[0].walk.as_str(), runs[0].due_at), ("recent", at(900)));
    assert_eq!((runs[0].finished_at, runs[0].skipped), (None, 0));
    let [by_hand, scheduled] = [10, 901].map(|at| archive.begin(Edge::Media, FIELDS, at));
    archive.write(move |w| w.end_run(&bakery(), "recent", &[scheduled], at(905)));
    assert_eq!(archive.write(Writer::runs)[0].finished_at, Some(at(905)));
    let tick = |walk: mediakeep::catalog::WalkId| {
        archive.one(&format!("SELECT coalesce(due_at, 'none') FROM walk WHERE walk_id = {walk}"))
    };
    assert_eq!((tick(by_hand).as_str(), tick(scheduled)), ("none", at(900).to_string()));
    begin(2_700, 1);
    let runs = archive.write(Writer::runs);
    assert_eq!((runs.len(), runs[0].due_at, runs[0].finished_at), (1, at(2_700), None));
    assert_eq!(runs[0].skipped, 1);
}

#[test]
fn a_chore_is_known_by_its_newest_run() {
    let archive = Archive::new();
    assert_eq!(archive.write(|w| w.chore("backup")), None);
    archive.write(|w| w.begin_chore("backup", at(100), at(101)));
    archive.write(|w| w.end_chore("backup", "failed", Some("no space"), at(105)));
    let failed = archive.write(|w| w.chore("backup")).unwrap();
    assert_eq!((failed.due_at, failed.finished_at), (at(100), Some(at(105))));
    assert_eq!(failed.outcome.as_deref(), Some("failed"));
    assert_eq!(failed.detail.as_deref(), Some("no space"));
    archive.write(|w| w.begin_chore("backup", at(200), at(201)));
    let running = archive.write(|w| w.chore("backup")).unwrap();
    assert_eq!((running.due_at, running.started_at), (at(200), at(201)));
    assert_eq!((running.finished_at, running.outcome, running.detail), (None, None, None));
}

#[test]
fn a_daemon_that_did_not_stop_is_known_to_have_been_killed() {
    let archive = Archive::new();
    assert_eq!(archive.write(Writer::last_process), None);
    let first = archive.write(|w| w.begin_process(7, "1.0.0", at(10)));
    let last = archive.write(Writer::last_process).unwrap();
    assert_eq!((last.pid, last.started_at, last.stopped_at), (7, at(10), None));
    let second = archive.write(|w| w.begin_process(8, "1.0.0", at(20)));
    archive.write(move |w| w.end_process(second, at(30)));
    let last = archive.write(Writer::last_process).unwrap();
    assert_eq!((last.process_id, last.stopped_at), (second, Some(at(30))));
    assert_eq!(archive.one("SELECT count(*) FROM process WHERE stopped_at IS NULL"), "1");
    assert_ne!(first, second);
}
