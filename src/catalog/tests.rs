//! What only the inside can bring about: a full disk, a lock, older schemas.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::events::Chain;
use super::judgement::Judgement;
use super::migrate::{MIGRATIONS, Migration};
use super::text::text;
use super::walks::{WalkContext, WalkStart};
use super::{
    CatalogError, CatalogOptions, Compared, Recheck, Step, WalkId, WalkTally, Writer, open,
    url_loss,
};
use crate::domain::absence::{Moment, Verdict};
use crate::domain::reconcile::Caution;
use crate::domain::reconcile::Observer;
use crate::domain::walk::{Ending, Outcome};
use crate::domain::{
    AccountName, Coverage, Edge, Field, Link, Login, Observation, Timestamp, Window,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_793_491_200 + seconds).unwrap()
}

fn options() -> CatalogOptions {
    CatalogOptions {
        archive_id: "a1b2c3".to_owned(),
        now: at(0),
        program_version: "0.1.0-test".to_owned(),
        caution: Caution::default(),
    }
}

fn posts(count: u32) -> Vec<Observation> {
    let post = |n: u32| {
        let mut item = Observation::empty((1_000 + n).to_string().parse().unwrap());
        item.caption = Field::Value(format!("Caption {n} {}", "word ".repeat(200)));
        item.raw = format!("{{\"id\":\"{n}\"}}");
        item
    };
    (0..count).map(post).collect()
}

/// A writer with the account `bakery` and a walk that runs.
fn writer(path: &Path) -> (Writer, WalkId) {
    let mut writer = Writer::new(open::to_write(path, &options()).unwrap(), Caution::default());
    let account: AccountName = "bakery".parse().unwrap();
    writer.ensure_account(&account, Login::Instagram, &"1".parse().unwrap(), at(0)).unwrap();
    let walk = writer.begin_walk(&start(), at(1)).unwrap().id;
    (writer, walk)
}

fn start() -> WalkStart {
    WalkStart {
        account: "bakery".parse().unwrap(),
        edge: Edge::Media,
        name: "full".to_owned(),
        window: Window::ALL,
        context: WalkContext {
            host: "graph.instagram.com".to_owned(),
            login: Login::Instagram,
            api_version_asked: "v25.0".to_owned(),
            field_set: "id,caption".to_owned(),
            program_version: "0.1.0-test".to_owned(),
        },
    }
}

fn count(connection: &Connection, what: &str) -> i64 {
    connection.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn a_full_disk_is_named_and_leaves_no_half_page() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, walk) = writer(&dir.path().join("catalog.db"));
    let pages: i64 =
        writer.reading().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    let limit = |pages: i64| {
        move |writer: &Writer| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            writer.reading().query_row(&sql, [], |_| Ok(())).unwrap();
        }
    };
    limit(pages + 3)(&writer);
    let full = writer.record_page(walk, &posts(50), &[], Recheck::Path, None, at(2));
    assert!(matches!(full, Err(CatalogError::NoSpace(_))), "{full:?}");
    for table in ["item", "sighting", "event", "search", "item_raw"] {
        assert_eq!(count(writer.reading(), table), 0, "{table}");
    }
    limit(1_000_000)(&writer);
    let record = writer.record_page(walk, &posts(50), &[], Recheck::Path, None, at(3)).unwrap();
    assert_eq!(record.new, 50);
}

#[test]
fn the_newest_item_of_a_failed_page_is_not_remembered_in_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, walk) = writer(&dir.path().join("catalog.db"));
    writer
        .reading()
        .execute_batch(
            "CREATE TEMP TRIGGER stop BEFORE INSERT ON main.item
        WHEN new.media_id = '1002' BEGIN SELECT RAISE(ABORT, 'told to'); END",
        )
        .unwrap();
    assert!(writer.record_page(walk, &posts(5), &[], Recheck::Path, None, at(2)).is_err());
    writer.reading().execute_batch("DROP TRIGGER stop").unwrap();
    writer.record_page(walk, &posts(5), &[], Recheck::Path, None, at(3)).unwrap();
    let (first, broken): (String, i64) = writer
        .reading()
        .query_row(
            "SELECT min(CASE event_id WHEN 1 THEN previous_digest END),
                    sum(event_id > 1 AND previous_digest <> (SELECT b.digest FROM event b
                                                              WHERE b.event_id = e.event_id - 1))
               FROM event e",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!((first, broken), ("0".repeat(64), 0));
}

#[test]
fn another_program_that_holds_the_lock_for_good_is_busy_and_not_waited_for_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let (mut writer, walk) = writer(&path);
    writer.reading().busy_timeout(std::time::Duration::from_millis(20)).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = writer.record_page(walk, &posts(1), &[], Recheck::Path, None, at(2));
    assert!(matches!(busy, Err(CatalogError::Busy(_))), "{busy:?}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(
        writer.record_page(walk, &posts(1), &[], Recheck::Path, None, at(2)).unwrap().new,
        1
    );
}

#[test]
fn a_person_can_have_held_losses_of_addresses_believed_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(&dir.path().join("catalog.db")).0;
    let mut walk = |missing: usize, seconds: i64| {
        let mut start = start();
        start.context.field_set = "id,media_url".to_owned();
        let walk = writer.begin_walk(&start, at(seconds)).unwrap().id;
        let mut items = posts(30);
        for item in &mut items[missing..] {
            item.media_url = Field::Value(Link::new("https://scontent.cdninstagram.com/a.jpg"));
        }
        writer.record_page(walk, &items, &[], Recheck::Path, None, at(seconds)).unwrap();
        let ending =
            Ending { outcome: Outcome::Complete, reason: None, coverage: None, capped_at: None };
        let judgement = Judgement::NotCompared;
        writer
            .close_walk(walk, &ending, &WalkTally::default(), None, &judgement, at(seconds))
            .unwrap();
        walk
    };
    walk(0, 10);
    let held = walk(30, 20);
    // One of them is there again.
    writer
        .reading()
        .execute(
            "UPDATE asset SET url_missing_since = NULL, url_missing_walk_id = NULL
              WHERE asset_id = 7",
            [],
        )
        .unwrap();
    let mut accept = |walk: WalkId| {
        let at = text(at(30));
        let tx = writer.begin().unwrap();
        let accepted = url_loss::accept(&tx, walk.0, &at, &mut Chain::new(1, "bakery", &at));
        tx.commit().unwrap();
        accepted.unwrap()
    };
    assert_eq!(accept(WalkId(held.0 - 1)), 0, "that walk is not held");
    assert_eq!(accept(held), 29);
    assert_eq!(accept(held), 0, "it is over");
    let reading = writer.reading();
    assert_eq!(count(reading, "url_loss"), 29);
    assert_eq!(count(reading, "event WHERE kind = 'url_lost'"), 29);
    assert_eq!(count(reading, "hold WHERE ended_by = 'accepted'"), 1);
    assert_eq!(count(reading, "event WHERE kind = 'hold_ended'"), 1);
}

const NEXT: Migration = Migration { name: "next", sql: "CREATE TABLE next_thing (x) STRICT" };
const GOOD: Migration =
    Migration { name: "good", sql: "CREATE TABLE next_thing (x INTEGER) STRICT" };

#[test]
fn an_older_catalog_is_copied_checked_and_then_migrated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let (mut writer, walk) = writer(&path);
    writer.record_page(walk, &posts(3), &[], Recheck::Path, None, at(2)).unwrap();
    writer.close().unwrap();

    let steps = [MIGRATIONS[0], MIGRATIONS[1], MIGRATIONS[2], GOOD];
    let later = CatalogOptions { now: at(60), ..options() };
    let migrated = open::to_write_with(&path, &later, &steps).unwrap();
    assert_eq!(count(&migrated, "item"), 3);
    assert_eq!(count(&migrated, "next_thing"), 0);
    assert_eq!(count(&migrated, "schema_migration"), 4);

    let copy = dir.path().join("backups/catalog-schema3-20261101T000100Z.db");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o440);
    let copy = Connection::open(&copy).unwrap();
    assert_eq!(count(&copy, "item"), 3);
    assert_eq!(count(&copy, "search WHERE search MATCH 'caption'"), 3);
    assert_eq!(count(&copy, "sqlite_schema WHERE name = 'next_thing'"), 0);
    assert_eq!(fs::read_dir(dir.path().join("backups")).unwrap().count(), 1);
    drop(migrated);
    assert!(matches!(
        open::to_write(&path, &options()),
        Err(CatalogError::TooNew { found: 4, supported: 3, .. })
    ));
}

/// What a catalog of the first schema holds: a complete walk of one post with a file, and a lost
/// address.
const SCHEMA_1_ROWS: &str = "
    INSERT INTO account (account_id, name, login, user_id, first_seen_at)
      VALUES (1, 'bakery', 'instagram', '1', '2026-10-01T00:00:00Z');
    INSERT INTO walk (walk_id, account_id, edge, name, started_at, finished_at, outcome,
        coverage_from_at, coverage_to_at, listed, login, host, api_version_asked, field_set,
        program_version)
      VALUES (1, 1, 'media', 'full', '2026-10-01T00:00:00Z', '2026-10-01T00:01:00Z', 'complete',
        '1970-01-01T00:00:00Z', '2026-10-01T00:00:00Z', 1, 'instagram', 'graph.instagram.com',
        'v25.0', 'id,caption', '0.1.0');
    INSERT INTO item (item_id, account_id, media_id, edge, first_seen_at, kinds, raw_digest,
        published_at, caption)
      VALUES (1, 1, '1000', 'media', '2026-10-01T00:00:30Z', '--v--------v', zeroblob(32),
        '2026-09-01T00:00:00Z', 'Bread');
    INSERT INTO item_raw VALUES (1, '{}');
    INSERT INTO sighting VALUES (1, '2026-10-01T00:00:30Z', 1, 'aa', NULL, NULL);
    INSERT INTO asset (asset_id, account_id, item_id, role, state, url_seen_at, url_missing_since)
      VALUES (1, 1, 1, 'media', 'pending', '2026-10-01T00:00:30Z', '2026-10-02T00:00:30Z');
    INSERT INTO url_loss (asset_id, lost_at, last_url_at)
      VALUES (1, '2026-10-02T00:00:30Z', '2026-10-01T00:00:30Z');";

#[test]
fn a_catalog_of_the_first_schema_keeps_its_rows_and_claims_nothing_for_its_old_walks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let old = open::to_write_with(&path, &options(), &MIGRATIONS[..1]).unwrap();
    old.execute_batch(SCHEMA_1_ROWS).unwrap();
    drop(old);

    let mut writer = Writer::new(open::to_write(&path, &options()).unwrap(), options().caution);
    let start = start();
    let walk = writer.begin_walk(&start, at(0)).unwrap().id;
    writer.record_page(walk, &posts(2)[1..], &[], Recheck::Path, None, at(1)).unwrap();
    let coverage = Coverage { from: Timestamp::EPOCH, to: at(-3600) };
    let ending = Ending {
        outcome: Outcome::Complete,
        reason: None,
        coverage: Some(coverage),
        capped_at: None,
    };
    let moment = Moment { local: at(0), server: None };
    let case = writer.case_of_walk(walk, &ending, moment, Some("v26.0")).unwrap().unwrap();
    assert_eq!(case.observer, Observer::Same, "no old walk is in the ledger");
    assert_eq!((case.unseen.len(), case.looked_at), (1, 1));
    let missing = Step {
        media_id: case.unseen[0].media_id.clone(),
        verdict: Verdict::Missing { strike: None },
        asked: Vec::new(),
        saw: None,
    };
    let compared = Compared { steps: vec![missing], ..Compared::default() };
    let judgement = Judgement::Compared(compared);
    let tally = WalkTally::default();
    writer.close_walk(walk, &ending, &tally, None, &judgement, at(2)).unwrap();

    let connection = writer.reading();
    for (view, rows) in [
        ("posts WHERE state = 'missing' AND caption = 'Bread'", 1),
        ("disappeared WHERE last_listed_walk_id = 1", 1),
        ("lost_urls WHERE regained_at IS NULL", 1),
        ("ledger WHERE walk_id = 2", 1),
        ("walks", 2),
        ("gaps", 0),
        ("accounts WHERE gaps = 0", 1),
        ("schema_migration", 3),
        ("pragma_foreign_key_check", 0),
    ] {
        assert_eq!(count(connection, view), rows, "{view}");
    }
    assert!(dir.path().join("backups/catalog-schema1-20261101T000000Z.db").exists());
}

#[test]
fn a_migration_that_fails_leaves_the_catalog_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    writer(&path).0.close().unwrap();
    // A column of a strict table needs a type: the step fails after its predecessor worked.
    let failed = open::to_write_with(
        &path,
        &options(),
        &[MIGRATIONS[0], MIGRATIONS[1], MIGRATIONS[2], GOOD, NEXT],
    );
    assert!(matches!(failed, Err(CatalogError::Migration { version: 5, .. })), "{failed:?}");
    let connection = Connection::open(&path).unwrap();
    let schema: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!((schema, count(&connection, "schema_migration")), (4, 4));
}

#[test]
fn every_connection_that_writes_has_its_settings() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, _) = writer(&dir.path().join("catalog.db"));
    let pragma = |name: &str| -> String {
        let sql = format!("SELECT CAST((SELECT * FROM pragma_{name}) AS TEXT)");
        writer.reading().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    for (name, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("trusted_schema", "0"),
        ("cell_size_check", "1"),
        ("cache_size", "-4096"),
        ("journal_size_limit", "67108864"),
    ] {
        assert_eq!(pragma(name), value, "{name}");
    }
    let defensive = rusqlite::config::DbConfig::SQLITE_DBCONFIG_DEFENSIVE;
    assert!(writer.reading().db_config(defensive).unwrap());
}
