use rusqlite::Connection;

use super::super::walks::{WalkContext, WalkStart, WalkTally};
use super::super::{CatalogOptions, Judgement, Recheck, WalkId, open};
use super::*;
use crate::domain::reconcile::Caution;
use crate::domain::walk::{Ending, Outcome};
use crate::domain::{AccountName, Edge, Login, Window};

/// A day of November 2026.
fn day_of(day: i64) -> Timestamp {
    Timestamp::from_unix(1_793_491_200 + (day - 1) * 86_400).unwrap()
}

fn account() -> AccountName {
    "bakery".parse().unwrap()
}

/// A new catalog with the account `bakery`.
fn writer() -> (tempfile::TempDir, Writer) {
    let dir = tempfile::tempdir().unwrap();
    let options = CatalogOptions {
        archive_id: "a1b2c3".to_owned(),
        now: day_of(1),
        program_version: "0.1.0-test".to_owned(),
        caution: Caution::default(),
    };
    let path = dir.path().join("catalog.db");
    let mut writer = Writer::new(open::to_write(&path, &options).unwrap(), options.caution);
    writer.ensure_account(&account(), Login::Instagram, &"1".parse().unwrap(), day_of(1)).unwrap();
    (dir, writer)
}

fn begin(writer: &mut Writer, at: Timestamp) -> WalkId {
    let start = WalkStart {
        account: account(),
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
    };
    writer.begin_walk(&start, at).unwrap().id
}

/// A whole walk of the given pages.
fn walk(writer: &mut Writer, bodies: &[&str], at: Timestamp) -> WalkId {
    let walk = begin(writer, at);
    for body in bodies {
        let page = PageText { request: "GET /v25.0/1/media".to_owned(), body: (*body).to_owned() };
        writer.record_page(walk, &[], &[], Recheck::Path, Some(&page), at).unwrap();
    }
    let ending =
        Ending { outcome: Outcome::Complete, reason: None, coverage: None, capped_at: None };
    writer
        .close_walk(walk, &ending, &WalkTally::default(), None, &Judgement::NotCompared, at)
        .unwrap();
    walk
}

fn bodies(connection: &Connection) -> Vec<String> {
    let mut query =
        connection.prepare("SELECT size_bytes, body FROM response ORDER BY response_id").unwrap();
    let texts = query.query_map([], |row| {
        Ok(unpacked(row.get_ref(1)?.as_blob()?, row.get(0)?).expect("readable"))
    });
    texts.unwrap().collect::<Result<_, _>>().unwrap()
}

fn count_of(connection: &Connection, what: &str) -> i64 {
    connection.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn a_body_is_kept_once_and_comes_back_as_it_was() {
    let (_dir, mut writer) = writer();
    let large = "é🌊\"".repeat(50_000);
    walk(&mut writer, &[&large, "{\"data\":[]}", &large], day_of(1));
    walk(&mut writer, &["{\"data\":[]}"], day_of(2));
    assert_eq!(bodies(writer.reading()), [large.as_str(), "{\"data\":[]}"]);
    assert_eq!(count_of(writer.reading(), "walk_page"), 4);
    let stored: i64 = writer
        .reading()
        .query_row("SELECT sum(length(body)) FROM response", [], |row| row.get(0))
        .unwrap();
    assert!(stored < 5_000, "{stored} bytes for a text that repeats itself");
}

#[test]
fn a_known_body_costs_its_page_and_one_note_a_day() {
    let (_dir, mut writer) = writer();
    walk(&mut writer, &["{\"data\":[]}"], day_of(1));
    let last = |writer: &Writer| -> String {
        let query = "SELECT last_at FROM response";
        writer.reading().query_row(query, [], |row| row.get(0)).unwrap()
    };
    let keep_again = |writer: &mut Writer, seconds: i64| {
        let before = writer.rows_written();
        let at = Timestamp::from_unix(day_of(1).as_unix() + seconds).unwrap();
        let walk = begin(writer, at);
        let begun = writer.rows_written();
        let page = PageText { request: "r".to_owned(), body: "{\"data\":[]}".to_owned() };
        writer.record_page(walk, &[], &[], Recheck::Path, Some(&page), at).unwrap();
        assert!(begun > before);
        // The walk's own progress is one row, the page the other.
        writer.rows_written() - begun - 1
    };
    assert_eq!(keep_again(&mut writer, 3_600), 1);
    assert_eq!(last(&writer), "2026-11-01T00:00:00Z");
    assert_eq!(keep_again(&mut writer, 90_000), 2);
    assert_eq!(last(&writer), "2026-11-02T01:00:00Z");
    assert_eq!(keep_again(&mut writer, 93_600), 1);
    // A clock that went back takes no note away.
    assert_eq!(keep_again(&mut writer, 60), 1);
    assert_eq!(last(&writer), "2026-11-02T01:00:00Z");
}

#[test]
fn old_answers_go_and_those_that_came_again_stay() {
    let (_dir, mut writer) = writer();
    walk(&mut writer, &["old", "again"], day_of(1));
    walk(&mut writer, &["again", "new"], day_of(10));
    begin(&mut writer, day_of(1));
    assert_eq!(writer.prune_responses(day_of(1)).unwrap(), 0);
    assert_eq!(writer.prune_responses(day_of(5)).unwrap(), 1);
    assert_eq!(bodies(writer.reading()), ["again", "new"]);
    assert_eq!(count_of(writer.reading(), "walk_page"), 2);
    assert_eq!(writer.prune_responses(day_of(5)).unwrap(), 0);
    assert_eq!(writer.prune_responses(day_of(11)).unwrap(), 2);
    assert_eq!(count_of(writer.reading(), "response"), 0);
    assert_eq!(count_of(writer.reading(), "walk"), 3, "walks are kept for ever");
}

#[test]
fn a_walk_that_runs_keeps_its_pages_and_one_that_was_cut_off_does_not() {
    let (_dir, mut writer) = writer();
    let running = begin(&mut writer, day_of(1));
    let page = PageText { request: "r".to_owned(), body: "of the running walk".to_owned() };
    writer.record_page(running, &[], &[], Recheck::Path, Some(&page), day_of(1)).unwrap();
    assert_eq!(writer.prune_responses(day_of(9)).unwrap(), 0);
    writer.interrupt_running_walks().unwrap();
    assert_eq!(writer.prune_responses(day_of(9)).unwrap(), 1);
    assert_eq!(count_of(writer.reading(), "walk_page"), 0);
}

#[test]
fn what_is_pinned_is_never_pruned() {
    let (_dir, mut writer) = writer();
    let proof = walk(&mut writer, &["shared", "proof"], day_of(1));
    walk(&mut writer, &["shared", "chaff"], day_of(2));
    pin_walk(writer.reading(), proof.0).unwrap();
    let answer = keep(writer.reading(), 1, "does not exist", "2026-11-01T00:00:00Z", true).unwrap();
    assert_eq!(writer.prune_responses(day_of(90)).unwrap(), 1);
    assert_eq!(bodies(writer.reading()), ["shared", "proof", "does not exist"]);
    assert_eq!(count_of(writer.reading(), "walk_page"), 2);
    for sql in [
        "DELETE FROM response".to_owned(),
        format!("UPDATE response SET is_pinned = 0 WHERE response_id = {answer}"),
        "UPDATE response SET body = x'00'".to_owned(),
        "DELETE FROM walk_page".to_owned(),
        "UPDATE walk_page SET request = ''".to_owned(),
    ] {
        assert!(writer.reading().execute(&sql, []).is_err(), "{sql}");
    }
}

#[test]
fn a_body_kept_again_as_evidence_becomes_pinned() {
    let (_dir, mut writer) = writer();
    walk(&mut writer, &["words"], day_of(1));
    let at = "2026-11-01T00:00:00Z";
    let first = keep(writer.reading(), 1, "words", at, false).unwrap();
    assert_eq!(keep(writer.reading(), 1, "words", at, true).unwrap(), first);
    assert_eq!(keep(writer.reading(), 1, "words", at, false).unwrap(), first);
    assert_eq!(writer.prune_responses(day_of(90)).unwrap(), 0);
    assert_eq!(bodies(writer.reading()), ["words"]);
}

#[test]
fn an_answer_that_a_question_refers_to_is_kept_even_unpinned() {
    let (_dir, mut writer) = writer();
    let at = "2026-11-01T00:00:00Z";
    let answer = keep(writer.reading(), 1, "words", at, false).unwrap();
    writer
        .reading()
        .execute_batch(&format!(
            "INSERT INTO event (event_id, account_id, at, kind, detail, previous_digest, digest)
             VALUES (1, 1, '{at}', 'x', '{{}}', '{0}', '{0}');
             INSERT INTO question (event_id, purpose, media_id, at, request, outcome, response_id)
             VALUES (1, 'item', '101', '{at}', 'r', 'exists', {answer})",
            "0".repeat(64)
        ))
        .unwrap();
    assert_eq!(writer.prune_responses(day_of(90)).unwrap(), 0);
    assert_eq!(count_of(writer.reading(), "response"), 1);
}

#[test]
fn the_pages_of_a_walk_have_one_digest_that_sha256sum_computes() {
    let (_dir, mut writer) = writer();
    let two = walk(&mut writer, &["a", "b"], day_of(1));
    let none = walk(&mut writer, &[], day_of(1));
    // printf '%s\n%s' "$(printf a | sha256sum | cut -c1-64)" "$(printf b | sha256sum | cut -c1-64)" | sha256sum
    assert_eq!(
        pages_digest(writer.reading(), two.0).unwrap(),
        Some((2, "29efd862964bb39dacc7a263c5db9f8187f6f7264ef9190b42aa8f3099bf9ad6".to_owned()))
    );
    assert_eq!(pages_digest(writer.reading(), none.0).unwrap(), None);
}

#[test]
fn bytes_that_are_not_the_text_of_that_length_are_no_text() {
    let bytes = packed("some words").unwrap();
    assert_eq!(unpacked(&bytes, 10).as_deref(), Some("some words"));
    for (bytes, size) in
        [(&bytes[..], 9), (&bytes[..], 11), (&bytes[..4], 10), (b"words", 5), (&bytes[..], -1)]
    {
        assert_eq!(unpacked(bytes, size), None);
    }
}
