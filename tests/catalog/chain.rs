//! The chain and the kept answers, recomputed after somebody had a hand in them.

use mediakeep::catalog::{CatalogReader, ChainReport, PageText, Recheck};
use mediakeep::domain::Edge;
use serde_json::json;

use crate::chain_support::{append, ask, sha256, without_triggers, writing};
use crate::support::{Archive, FIELDS, album, at, picture};

/// Eight events of the account `bakery`.
fn archive() -> Archive {
    let archive = Archive::new();
    let items: Vec<_> = (101..107).map(|id| picture(&id.to_string())).collect();
    archive.walk(&items, 10);
    archive.walk(&[album("108", &["201", "202"])], 20);
    archive
}

fn check(archive: &Archive) -> ChainReport {
    CatalogReader::open(&archive.path()).unwrap().check_chain("bakery").unwrap()
}

/// What is found after a statement of somebody who removed the triggers.
fn after(statement: &str) -> ChainReport {
    let archive = archive();
    let connection = writing(&archive.path());
    without_triggers(&connection);
    assert!(connection.execute(statement, []).unwrap() > 0, "{statement}");
    check(&archive)
}

#[test]
fn a_chain_that_nobody_touched_is_whole_and_has_a_head() {
    let archive = archive();
    let report = check(&archive);
    let newest = archive.rows("SELECT id, digest FROM events ORDER BY id DESC LIMIT 1").remove(0);
    assert_eq!((report.events, report.first_break), (7, None));
    let (id, digest) = report.head.unwrap();
    assert_eq!([id.to_string(), digest], newest[..]);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    assert_eq!(reader.account_names().unwrap(), ["bakery"]);
    assert_eq!(reader.check_chain("nobody").unwrap(), ChainReport::default());
}

#[test]
fn every_altered_value_of_an_event_is_found_where_it_is() {
    for change in [
        "at = '2026-11-01T00:00:11Z'",
        "item_id = 1",
        "item_id = NULL",
        "kind = 'changed'",
        "role = 'media'",
        "walk_id = NULL",
        "detail = '{}'",
        "digest = upper(digest)",
        "previous_digest = digest",
    ] {
        let report = after(&format!("UPDATE event SET {change} WHERE event_id = 4"));
        assert_eq!(report.first_break, Some(4), "{change}");
        assert_eq!(report.events, 7);
    }
    assert_eq!(after("UPDATE item SET media_id = '999' WHERE item_id = 3").first_break, Some(3));
    assert_eq!(after("UPDATE account SET name = 'other' WHERE 0 = 0").events, 0);
}

#[test]
fn an_event_made_anew_with_its_digest_breaks_the_one_behind_it() {
    let archive = archive();
    let connection = writing(&archive.path());
    without_triggers(&connection);
    let row = archive.rows("SELECT previous_digest, at, detail FROM events WHERE id = 4").remove(0);
    let detail = row[2].replace('{', "{\"x\":1,");
    let walk = archive.one("SELECT walk_id FROM events WHERE id = 4");
    let lines = format!("{}\n4\n{}\nbakery\n104\nfirst_seen\n\n{walk}\n{detail}", row[0], row[1]);
    let statement = "UPDATE event SET detail = ?1, digest = ?2 WHERE event_id = 4";
    connection.execute(statement, [&detail, &sha256(lines)]).unwrap();
    assert_eq!(check(&archive).first_break, Some(5));
}

#[test]
fn a_removed_event_is_found_and_so_is_one_put_between() {
    assert_eq!(after("DELETE FROM event WHERE event_id = 4").first_break, Some(5));
    assert_eq!(after("DELETE FROM event WHERE event_id = 1").first_break, Some(2));
    assert_eq!(after("UPDATE event SET event_id = 40 WHERE event_id = 4").first_break, Some(5));
    let between = "INSERT INTO event SELECT -1, account_id, at, item_id, kind, role, walk_id,
        detail, previous_digest, digest FROM event WHERE event_id = 1";
    assert_eq!(after(between).first_break, Some(-1));
}

#[test]
fn events_cut_off_at_the_end_show_only_in_a_head_that_was_written_down() {
    let archive = archive();
    let written_down = check(&archive).head;
    let connection = writing(&archive.path());
    without_triggers(&connection);
    connection.execute("DELETE FROM event WHERE event_id > 5", []).unwrap();
    let report = check(&archive);
    assert_eq!((report.events, report.first_break), (5, None));
    assert_ne!(report.head, written_down);
}

#[test]
fn a_chain_longer_than_one_reading_is_read_to_its_end() {
    let archive = Archive::new();
    let items: Vec<_> = (1_000..5_500).map(|id| picture(&id.to_string())).collect();
    archive.walk(&items, 10);
    assert_eq!((check(&archive).events, check(&archive).first_break), (4_500, None));
}

/// A walk whose two pages are the evidence of an event with one question.
fn proven() -> Archive {
    let archive = archive();
    let walk = archive.begin(Edge::Media, FIELDS, 30);
    for body in ["{\"data\":[1]}", "{\"data\":[2]}"] {
        let page = PageText { request: "GET /v25.0/1/media".to_owned(), body: body.to_owned() };
        archive.write(move |w| w.record_page(walk, &[], &[], Recheck::Path, Some(&page), at(30)));
    }
    archive.complete(walk, 30);
    let pages = [sha256("{\"data\":[1]}"), sha256("{\"data\":[2]}")].join("\n");
    let connection = writing(&archive.path());
    let body = "{\"error\":{\"code\":100}}";
    let detail = json!({
        "walk": walk.0, "pages": 2, "pages_sha256": sha256(pages),
        "asked": [{"purpose": "item", "response_sha256": sha256(body)},
                  {"purpose": "control_after", "response_sha256": null}],
    });
    let event = append(&connection, "gone", "101", walk.0, &detail);
    ask(&connection, event, "item", "101", body);
    archive
}

#[test]
fn evidence_that_is_what_its_event_names_is_good() {
    let archive = proven();
    let report = CatalogReader::open(&archive.path()).unwrap().check_responses().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.checked, 3);
    assert_eq!(check(&archive).first_break, None);
}

#[test]
fn evidence_that_was_altered_removed_or_exchanged_is_found() {
    // Of the same length as the one that it takes the place of.
    let body = "SELECT body FROM response WHERE response_id = 1";
    for (statement, damaged, missing, unproven) in [
        ("UPDATE response SET body = x'00' WHERE response_id = 1".to_owned(), 1, 0, 0),
        (format!("UPDATE response SET body = ({body}) WHERE response_id = 2"), 1, 0, 0),
        ("UPDATE response SET size_bytes = 5 WHERE response_id = 3".to_owned(), 1, 0, 0),
        ("DELETE FROM response WHERE response_id = 3".to_owned(), 0, 1, 1),
        ("DELETE FROM response WHERE response_id = 1".to_owned(), 0, 1, 1),
        ("UPDATE response SET digest = zeroblob(32) WHERE response_id = 3".to_owned(), 1, 0, 1),
        ("DELETE FROM walk_page WHERE page = 2".to_owned(), 0, 0, 1),
        ("DELETE FROM walk_page".to_owned(), 0, 0, 1),
        ("UPDATE walk_page SET page = 3 WHERE page = 1".to_owned(), 0, 0, 1),
        ("DELETE FROM question".to_owned(), 0, 0, 1),
    ] {
        let archive = proven();
        let connection = writing(&archive.path());
        without_triggers(&connection);
        assert!(connection.execute(&statement, []).unwrap() > 0, "{statement}");
        let report = CatalogReader::open(&archive.path()).unwrap().check_responses().unwrap();
        let found = (report.damaged.len(), report.missing, report.unproven.len());
        assert_eq!(found, (damaged, missing, unproven), "{statement}");
        assert!(!report.is_clean());
        assert_eq!(check(&archive).first_break, None, "{statement}");
    }
}
