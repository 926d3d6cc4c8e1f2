//! What is proven, what is open, and what turns up where all was known.

use mediakeep::catalog::{AccountRecord, CatalogReader, Closed, Judgement};
use mediakeep::domain::walk::{Ending, Outcome, Reason};
use mediakeep::domain::{Edge, Observation, Window};

use crate::stand::{DAY, HOUR, Walk, dated};
use crate::support::{Archive, FIELDS, album, at, bakery, video};

fn five() -> Vec<Observation> {
    (1..=5).map(|n| dated(&format!("10{n}"), -n * DAY)).collect()
}

fn recent(seconds: i64, days: i64) -> Walk {
    let window = Window { since: Some(at(seconds - days * DAY)), until: None };
    Walk { window, ..Walk::at(seconds) }
}

fn failed(archive: &Archive, edge: Edge, reason: Reason, seconds: i64) {
    let walk = archive.begin(edge, FIELDS, seconds);
    let ending =
        Ending { outcome: Outcome::Partial, reason: Some(reason), coverage: None, capped_at: None };
    archive.close(walk, ending, Judgement::NotCompared, seconds + 60);
}

#[test]
fn spans_say_which_walk_proved_them_last() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    assert_eq!(
        archive.rows("SELECT account, edge, from_at, to_at, walk_id, proven_at FROM ledger"),
        [[
            "bakery",
            "media",
            "1970-01-01T00:00:00Z",
            "2026-10-31T23:00:00Z",
            "1",
            "2026-11-01T00:01:00Z"
        ]]
    );
    archive.go(&recent(3 * DAY, 5), &five()[..2]);
    assert_eq!(
        archive.rows("SELECT from_at, to_at, walk_id FROM ledger ORDER BY from_at"),
        [
            ["1970-01-01T00:00:00Z", "2026-10-30T00:59:59Z", "1"],
            ["2026-10-30T01:00:00Z", "2026-11-03T23:00:00Z", "2"]
        ]
    );
    archive.look(&five(), 6 * DAY);
    assert_eq!(archive.rows("SELECT walk_id FROM ledger"), [["3"]]);
    assert_eq!(archive.one("SELECT count(*) FROM gaps"), "0");
    assert_eq!(archive.one("SELECT count(*) FROM events WHERE kind LIKE 'gap%'"), "0");
}

#[test]
fn a_walk_that_proves_nothing_leaves_a_gap_that_the_next_one_closes() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    failed(&archive, Edge::Media, Reason::Throttled, HOUR);
    failed(&archive, Edge::Media, Reason::Throttled, 2 * HOUR);
    assert_eq!(
        archive.rows("SELECT edge, from_at, to_at, reason, since FROM gaps"),
        [["media", "2026-10-31T23:00:01Z", "NULL", "throttled", "2026-11-01T01:01:00Z"]]
    );
    failed(&archive, Edge::Media, Reason::Token, 3 * HOUR);
    archive.look(&five(), 4 * HOUR);
    assert_eq!(archive.one("SELECT count(*) FROM gaps"), "0");
    let told = archive
        .rows("SELECT kind, json_extract(detail, '$.reason') FROM events WHERE kind LIKE 'gap%'");
    assert_eq!(
        told,
        [
            ["gap_opened", "throttled"],
            ["gap_opened", "token"],
            ["gap_closed", "throttled"],
            ["gap_closed", "token"]
        ]
    );
}

#[test]
fn what_no_walk_of_everything_has_seen_is_a_gap_until_one_has() {
    let archive = Archive::new();
    archive.go(&recent(0, 3), &five()[..2]);
    archive.go(&recent(DAY, 3), &five()[..1]);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let gaps = reader.gaps(None).unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].from_at, gaps[0].to_at), (None, Some(at(-3 * DAY + HOUR - 1))));
    assert_eq!(gaps[0].reason, "not_walked");
    assert_eq!(gaps[0].remedy, "the next walk of everything covers it");
    archive.look(&five(), 2 * DAY);
    assert_eq!(reader.gaps(Some("bakery")).unwrap(), []);
}

#[test]
fn a_gap_that_shrinks_is_the_same_gap() {
    let archive = Archive::new();
    archive.go(&recent(0, 3), &five()[..2]);
    archive.go(&recent(DAY, 9), &five());
    assert_eq!(
        archive.rows("SELECT to_at, reason, since FROM gaps"),
        [["2026-10-24T00:59:59Z", "not_walked", "2026-11-01T00:01:00Z"]]
    );
    assert_eq!(archive.one("SELECT count(*) FROM events WHERE kind LIKE 'gap%'"), "1");
}

#[test]
fn beyond_the_cap_nothing_can_be_proven() {
    let archive = Archive::new();
    archive.go(&Walk { capped: true, ..Walk::at(0) }, &five());
    assert_eq!(
        archive.rows("SELECT reason, to_at FROM gaps"),
        [["beyond_cap", "2026-10-27T23:59:59Z"]]
    );
}

#[test]
fn tags_and_stories_have_gaps_of_their_own() {
    let archive = Archive::new();
    let tags = archive.begin(Edge::Tags, FIELDS, 0);
    archive.complete(tags, 60);
    archive.go(&Walk { edge: Edge::Stories, ..Walk::at(0) }, &[]);
    archive.go(&Walk { edge: Edge::Stories, ..Walk::at(2 * DAY) }, &[]);
    assert_eq!(
        archive.rows("SELECT edge, reason, from_at, to_at FROM gaps ORDER BY edge"),
        [
            ["stories", "stories_over", "2026-10-31T23:00:01Z", "2026-11-02T00:59:59Z"],
            ["tags", "no_proof", "NULL", "NULL"]
        ]
    );
}

#[test]
fn a_walk_that_was_cut_off_before_it_was_compared_says_nothing() {
    let archive = Archive::new();
    archive.walk(&five(), 10);
    assert_eq!(archive.one("SELECT count(*) FROM ledger"), "0");
    assert_eq!(archive.one("SELECT count(*) FROM gaps"), "0");
    archive.look(&five(), HOUR);
    archive.walk(&five(), 2 * HOUR);
    assert_eq!(archive.rows("SELECT walk_id FROM ledger"), [["2"]]);
}

#[test]
fn a_quiet_walk_writes_one_row_more_than_its_sightings_and_itself() {
    let archive = Archive::new();
    let page = || [video("101"), album("102", &["201", "202"]), dated("103", -9 * DAY)];
    archive.look(&page(), 0);
    let but = ["walk", "sighting", "proven_span"];
    let before = archive.everything_but(&but);
    for hours in [1, 2, 3] {
        let rows = archive.write(|w| Ok(w.rows_written()));
        assert_eq!(archive.look(&page(), hours * HOUR), Closed::default());
        let written = archive.write(|w| Ok(w.rows_written())) - rows;
        assert_eq!(
            written,
            5 + 4 + 1,
            "five sightings; the walk begun, with a page, closed and compared; its span"
        );
    }
    assert_eq!(archive.everything_but(&but), before);
}

#[test]
fn frequent_walks_of_the_last_days_keep_the_ledger_short() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    for quarter in 1..200 {
        archive.go(&recent(quarter * 900, 3), &[]);
        archive.go(&recent(quarter * 900, 3), &five());
    }
    let spans: usize = archive.one("SELECT count(*) FROM ledger").parse().unwrap();
    assert!(spans <= 5, "{spans}");
}

#[test]
fn a_post_that_turns_up_where_all_was_known_is_told() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let mut more = five();
    more.insert(0, dated("201", 2 * HOUR));
    more.insert(3, dated("202", -2 * DAY - 60));
    archive.look(&more, DAY);
    assert_eq!(
        archive.rows("SELECT media_id, detail FROM events WHERE kind = 'late_arrival'"),
        [[
            "202",
            r#"{"published_at":"2026-10-29T23:59:00Z","proven_by_walk":1,"proven_at":"2026-11-01T00:01:00Z"}"#
        ]]
    );
}

#[test]
fn a_steady_difference_of_the_count_is_learned_and_another_one_is_told() {
    let archive = Archive::new();
    let walk = |count: i64, listed: usize, day: i64| {
        let record = AccountRecord { media_count: Some(count), ..AccountRecord::default() };
        archive.write(move |w| w.record_account(&bakery(), &record, at(day * DAY)));
        archive.look(&five()[..listed], day * DAY);
        let row = archive.rows("SELECT count_offset, count_last FROM account").remove(0);
        format!("{} {}", row[0], row[1])
    };
    assert_eq!(walk(7, 5, 0), "NULL 2");
    assert_eq!(archive.one("SELECT count(*) FROM events WHERE kind LIKE 'count%'"), "0");
    assert_eq!(walk(7, 5, 1), "2 2");
    assert_eq!(walk(7, 5, 2), "2 2");
    assert_eq!(archive.one("SELECT attention FROM accounts"), "NULL");
    assert_eq!(walk(9, 5, 3), "2 4");
    assert_eq!(archive.one("SELECT attention FROM accounts"), "the count of posts differs");
    assert_eq!(walk(9, 5, 4), "4 4");
    assert_eq!(
        archive.rows("SELECT kind, detail FROM events WHERE kind LIKE 'count%' ORDER BY id"),
        [
            ["count_learned", r#"{"api":7,"listed":5,"offset":null,"last":2}"#],
            ["count_differs", r#"{"api":9,"listed":5,"offset":2,"last":2}"#],
            ["count_learned", r#"{"api":9,"listed":5,"offset":2,"last":4}"#]
        ]
    );
    assert_eq!(archive.one("SELECT count_offset FROM accounts"), "4");
}

/// A walk under a clock that was ten days ahead, with nobody to say so.
fn ahead() -> Archive {
    let archive = Archive::new();
    archive.go(&Walk { server: None, ..Walk::at(10 * DAY) }, &five());
    archive
}

#[test]
fn what_was_proven_under_a_clock_that_was_ahead_is_cut_by_the_next_proof() {
    let archive = ahead();
    archive.look(&five(), DAY);
    assert_eq!(
        archive.one("SELECT max(to_at) FROM ledger"),
        "2026-11-01T23:01:00Z",
        "an hour before the end of the second walk"
    );
    let mut more = five();
    more.insert(0, dated("201", 2 * DAY));
    archive.look(&more, 3 * DAY);
    assert_eq!(archive.one("SELECT count(*) FROM events WHERE kind = 'late_arrival'"), "0");
    assert_eq!(archive.rows("SELECT walk_id FROM ledger"), [["3"]]);
}

#[test]
fn a_proof_that_is_dated_after_now_makes_no_post_late() {
    let archive = ahead();
    let mut more = five();
    more.insert(0, dated("201", DAY / 2));
    archive.look(&more, DAY);
    assert_eq!(archive.one("SELECT count(*) FROM events WHERE kind = 'late_arrival'"), "0");
}

#[test]
fn a_proof_is_dated_by_the_earlier_clock() {
    let archive = Archive::new();
    archive.go(&Walk { server: Some(0), ..Walk::at(10 * DAY) }, &five());
    assert_eq!(
        archive.rows("SELECT to_at, proven_at FROM ledger"),
        [["2026-10-31T23:00:00Z", "2026-11-01T00:01:00Z"]]
    );
}

#[test]
fn a_list_that_is_full_is_only_called_capped_when_the_account_has_more() {
    let archive = Archive::new();
    archive.go(&Walk { capped: true, uncounted: true, ..Walk::at(0) }, &five());
    assert_eq!(archive.rows("SELECT reason FROM gaps"), [["not_walked"]]);
}
