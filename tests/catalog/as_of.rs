//! The account as of a date.

use mediakeep::catalog::CatalogReader;
use mediakeep::domain::Observation;

use crate::stand::{DAY, HOUR, Walk, dated};
use crate::support::{Archive, at};

const DOCUMENT: &str = include_str!("../../docs/sql.md");

fn three() -> Vec<Observation> {
    (1..=3).map(|n| dated(&format!("10{n}"), -n * DAY)).collect()
}

fn without(id: &str) -> Vec<Observation> {
    three().into_iter().filter(|item| item.id.as_str() != id).collect()
}

/// State and proof of each post, newest first, by the reader and by the query of the document.
fn on(archive: &Archive, seconds: i64) -> Vec<String> {
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let rows = reader.posts_at(at(seconds), Some("bakery"), 100).unwrap();
    let found: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row.media_id, row.state, u8::from(row.proven)))
        .collect();
    let query = DOCUMENT
        .split("```sql\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .find(|query| query.contains("AS proven\n"))
        .unwrap()
        .replace("2026-11-15T00:00:00Z", &at(seconds).to_string());
    let documented: Vec<String> = archive
        .rows(&format!(
            "SELECT media_id || ' ' || state || ' ' || proven FROM ({}) ORDER BY published_at DESC",
            query.trim().trim_end_matches(';')
        ))
        .into_iter()
        .map(|mut row| row.remove(0))
        .collect();
    assert_eq!(found, documented);
    found
}

#[test]
fn a_date_between_two_walks_that_agree_is_proven() {
    let archive = Archive::new();
    archive.look(&three(), 0);
    archive.look(&three(), 4 * DAY);
    assert_eq!(on(&archive, DAY), ["101 present 1", "102 present 1", "103 present 1"]);
    assert_eq!(on(&archive, 5 * DAY), ["101 present 0", "102 present 0", "103 present 0"]);
    assert_eq!(on(&archive, -36 * HOUR), ["102 unseen 0", "103 unseen 0"]);
    assert_eq!(on(&archive, 4 * DAY)[0], "101 present 1", "a walk that began then counts");
    assert_eq!(on(&archive, 4 * DAY + 1)[0], "101 present 0");
    assert_eq!(on(&archive, 59)[0], "101 present 0", "the first had not ended");
    assert_eq!(on(&archive, 60)[0], "101 present 1");
}

#[test]
fn a_post_that_left_between_two_walks_is_not_proven_on_the_days_between() {
    let archive = Archive::new();
    archive.look(&three(), 0);
    archive.look(&three(), 2 * DAY);
    archive.look(&without("102"), 4 * DAY);
    archive.look(&without("102"), 6 * DAY);
    archive.look(&three(), 8 * DAY);
    archive.look(&three(), 10 * DAY);
    for (day, state) in [
        (1, "102 present 1"),
        (3, "102 present 0"),
        (5, "102 missing 0"),
        (7, "102 gone 0"),
        (9, "102 present 1"),
        (11, "102 present 0"),
    ] {
        assert_eq!(on(&archive, day * DAY)[1], state, "day {day}");
    }
    assert_eq!(on(&archive, 5 * DAY)[0], "101 present 1", "the others are");
}

#[test]
fn what_stays_away_is_proven_to_be_away() {
    let archive = Archive::new();
    archive.look(&three(), 0);
    for day in [2, 4, 6, 8] {
        archive.look(&without("102"), day * DAY);
    }
    assert_eq!(on(&archive, 7 * DAY)[1], "102 gone 1");
}

#[test]
fn a_walk_that_was_held_proves_nothing_before_it_is_believed() {
    let archive = Archive::new();
    let eight: Vec<_> = (1..=8).map(|n| dated(&format!("10{n}"), -n * DAY)).collect();
    let gone = "103 missing 1";
    archive.look(&eight, 0);
    archive.look(&eight[..2], 2 * DAY);
    archive.look(&eight[..2], 2 * DAY + 12 * HOUR);
    archive.look(&eight[..2], 2 * DAY + 20 * HOUR);
    assert_eq!(on(&archive, DAY)[2], "103 present 0", "the walk after it is held");
    let later = 2 * DAY + 16 * HOUR;
    assert_eq!(on(&archive, later)[2], "103 present 0", "and later ones miss the same");
    assert_eq!(on(&archive, DAY)[0], "101 present 1", "another one lists this");
    let between = 2 * DAY + 6 * HOUR;
    assert_eq!(on(&archive, between)[2], "103 present 0");
    archive.look(&eight[..2], 4 * DAY);
    assert_eq!(on(&archive, DAY)[2], "103 present 0");
    assert_eq!(on(&archive, between)[2], gone, "in hindsight it was missing on both days");
    assert_eq!(on(&archive, 3 * DAY)[2], gone, "to believe it is no step");
}

#[test]
fn a_hold_that_was_dropped_leaves_its_days_unproven() {
    let archive = Archive::new();
    let eight: Vec<_> = (1..=8).map(|n| dated(&format!("10{n}"), -n * DAY)).collect();
    archive.look(&eight, 0);
    archive.look(&eight[..2], 2 * DAY);
    archive.look(&eight, 4 * DAY);
    archive.look(&eight, 6 * DAY);
    assert_eq!(on(&archive, 3 * DAY)[2], "103 present 0");
    assert_eq!(on(&archive, 3 * DAY)[0], "101 present 1");
    assert_eq!(on(&archive, 5 * DAY)[2], "103 present 1");
}

#[test]
fn a_post_that_arrived_late_is_not_proven_by_the_walk_that_did_not_list_it() {
    let archive = Archive::new();
    archive.look(&without("102"), 0);
    archive.look(&three(), 2 * DAY);
    archive.look(&three(), 4 * DAY);
    assert_eq!(on(&archive, DAY)[1], "102 unseen 0");
    assert_eq!(on(&archive, 2 * DAY + 40)[1], "102 present 0");
    assert_eq!(on(&archive, 3 * DAY)[1], "102 present 1");
}

#[test]
fn walks_that_were_not_compared_and_windows_elsewhere_prove_nothing() {
    let archive = Archive::new();
    archive.walk(&three(), 0);
    archive.walk(&three(), 4 * DAY);
    assert_eq!(on(&archive, DAY)[0], "101 present 0");
    let archive = Archive::new();
    let window = |seconds, days| mediakeep::domain::Window {
        since: Some(at(seconds - days * DAY)),
        until: None,
    };
    archive.look(&three(), 0);
    archive.go(&Walk { window: window(2 * DAY, 4), ..Walk::at(2 * DAY) }, &three()[..1]);
    archive.look(&three(), 4 * DAY);
    assert_eq!(on(&archive, DAY), ["101 present 1", "102 present 1", "103 present 1"]);
    assert_eq!(on(&archive, 3 * DAY), ["101 present 1", "102 present 1", "103 present 1"]);
}

#[test]
fn the_newest_come_first_and_no_more_than_wanted() {
    let archive = Archive::new();
    archive.look(&three(), 0);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let rows = reader.posts_at(at(DAY), None, 2).unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.media_id.as_str()).collect();
    assert_eq!(ids, ["101", "102"]);
    assert_eq!(reader.posts_at(at(DAY), Some("cafe"), 2).unwrap(), []);
}
