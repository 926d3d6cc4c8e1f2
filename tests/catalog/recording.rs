//! What a page writes, and what it does not.

use mediakeep::catalog::{AskedFields, CatalogError, Recheck, WalkId};
use mediakeep::domain::{Edge, Field, Observation};

use crate::support::{Archive, FIELDS, album, at, bakery, picture, sealed, slide, video};

#[test]
fn a_page_recorded_again_writes_its_sightings_and_its_walk_alone() {
    let archive = Archive::new();
    let page = || [picture("101"), album("102", &["201", "202", "203"]), video("103")];
    let first = archive.walk(&page(), 10);
    assert_eq!((first.new, first.changed, first.unchanged), (3, 0, 0));
    assert_eq!(first.assets.len(), 6);

    let walk = archive.begin(Edge::Media, FIELDS, 900);
    let but = ["walk", "sighting"];
    let before = archive.everything_but(&but);
    let rows = archive.write(|w| Ok(w.rows_written()));
    let second = archive.page(walk, &page(), 900);
    let written = archive.write(|w| Ok(w.rows_written())) - rows;

    assert_eq!((second.new, second.changed, second.unchanged), (0, 0, 3));
    assert_eq!(written, 6 + 1, "six sightings and the walk's own row");
    assert_eq!(archive.everything_but(&but), before);
    assert_eq!(
        archive.rows("SELECT DISTINCT first_seen_at, last_seen_at FROM items"),
        [["2026-11-01T00:00:10Z", "2026-11-01T00:15:00Z"]]
    );
}

#[test]
fn the_same_page_twice_in_one_second_writes_the_walk_alone() {
    let archive = Archive::new();
    let walk = archive.begin(Edge::Media, FIELDS, 10);
    let page = [picture("101"), album("102", &["201", "202"])];
    archive.page(walk, &page, 10);
    let rows = archive.write(|w| Ok(w.rows_written()));
    archive.page(walk, &page, 10);
    assert_eq!(archive.write(|w| Ok(w.rows_written())) - rows, 1);
}

#[test]
fn an_item_that_is_not_listed_keeps_the_time_it_was_last_seen() {
    let archive = Archive::new();
    archive.walk(&["101", "102", "103", "104", "105"].map(picture), 10);
    archive.walk(&["101", "103", "104"].map(picture), 20);
    assert_eq!(
        archive.rows("SELECT substr(last_seen_at, 18, 2) FROM posts ORDER BY media_id"),
        [["20"], ["10"], ["20"], ["20"], ["10"]]
    );
    assert_eq!(
        archive.rows("SELECT walk_id FROM sighting ORDER BY item_id"),
        [["2"], ["1"], ["2"], ["2"], ["1"]]
    );
}

#[test]
fn an_item_listed_twice_in_a_walk_counts_once() {
    let archive = Archive::new();
    let walk = archive.begin(Edge::Media, FIELDS, 10);
    let first = archive.page(walk, &[picture("101"), picture("102"), picture("101")], 10);
    assert_eq!((first.new, first.duplicates), (2, 1));
    let second = archive.page(walk, &[picture("102"), picture("103")], 20);
    assert_eq!((second.new, second.duplicates), (1, 1));
    assert_eq!(archive.one("SELECT listed FROM walks"), "3");
    assert_eq!(archive.one("SELECT count(*) FROM posts"), "3");
}

#[test]
fn any_text_comes_back_as_it_was() {
    let archive = Archive::new();
    let captions = [
        String::new(),
        "'; DROP TABLE item; --".to_owned(),
        "\"quoted\" 'both' `ways` \\ back".to_owned(),
        "before\u{0}after".to_owned(),
        "\u{202e}right to left\u{202c} \u{200f}العربية".to_owned(),
        "\u{1f9c1}".repeat(2_200),
        "line\nbreak\r\ttab \u{1b}[31mred\u{1b}[0m".to_owned(),
        "NULL".to_owned(),
    ];
    let items: Vec<Observation> = captions
        .iter()
        .zip(101..)
        .map(|(caption, id)| {
            let mut item = picture(&id.to_string());
            item.caption = Field::Value(caption.clone());
            item.alt_text = Field::Value(caption.clone());
            sealed(item)
        })
        .collect();
    archive.walk(&items, 10);
    let stored = archive.rows("SELECT caption, alt_text FROM posts ORDER BY media_id");
    assert_eq!(stored, captions.iter().map(|c| [c.clone(), c.clone()]).collect::<Vec<_>>());
    assert_eq!(archive.one("SELECT count(*) FROM search WHERE search MATCH 'after'"), "2");
    assert_eq!(archive.walk(&items, 20).unchanged, captions.len());
}

#[test]
fn counts_are_a_series_in_which_hidden_and_zero_differ() {
    let archive = Archive::new();
    let likes = [
        Field::Value(3),
        Field::Value(3),
        Field::Value(0),
        Field::Absent,
        Field::Absent,
        Field::Unreadable,
        Field::Null,
        Field::Value(7),
    ];
    for (count, seconds) in likes.into_iter().zip((10..).step_by(10)) {
        let mut item = picture("101");
        item.like_count = count;
        archive.walk(&[sealed(item)], seconds);
    }
    assert_eq!(
        archive
            .rows("SELECT value, kind, substr(at, 18, 2) FROM metrics WHERE name = 'like_count'"),
        [
            ["3", "value", "10"],
            ["0", "value", "30"],
            ["NULL", "absent", "40"],
            ["NULL", "null", "10"],
            ["7", "value", "20"],
        ]
    );
    assert_eq!(archive.one("SELECT count(*) FROM changes"), "0");
    assert_eq!(archive.one("SELECT count(*) FROM metrics WHERE name = 'comments_count'"), "1");
}

#[test]
fn an_item_that_nobody_can_read_is_kept_and_reported_once() {
    let archive = Archive::new();
    for seconds in [10, 20] {
        let walk = archive.begin(Edge::Media, FIELDS, seconds);
        archive.unreadable(walk, r#"{"caption":"no id"}"#, seconds);
        archive.complete(walk, seconds);
    }
    let events = "SELECT count(*) FROM events WHERE kind = 'item_unreadable'";
    assert_eq!(archive.one(events), "1");
    let failures = "SELECT stage, class, tries, error FROM failures";
    assert_eq!(archive.rows(failures), [["page", "unreadable", "2", "no id"]]);

    archive.walk(&[picture("101")], 30);
    assert!(archive.rows(failures).is_empty());
    assert_eq!(archive.one("SELECT raw FROM unreadable_item"), r#"{"caption":"no id"}"#);
}

#[test]
fn a_page_of_a_walk_that_does_not_run_is_refused() {
    let archive = Archive::new();
    let walk = archive.begin(Edge::Media, FIELDS, 10);
    archive.complete(walk, 10);
    for walk in [walk, WalkId(99)] {
        let result = archive.attempt(move |w| {
            w.record_page(walk, &[picture("101")], &[], Recheck::Path, None, at(20))
        });
        assert!(matches!(result, Err(CatalogError::WalkNotRunning(id)) if id == walk.0));
    }
    assert_eq!(archive.one("SELECT count(*) FROM items"), "0");
}

#[test]
fn an_item_read_by_its_id_is_seen_outside_of_walks() {
    let archive = Archive::new();
    archive.walk(&[album("101", &["201", "202"])], 10);
    let mut item = album("101", &["201", "202"]);
    item.caption = Field::Value("New words".to_owned());
    let (item, asked) = (sealed(item), AskedFields::parse(FIELDS));
    let queue =
        archive.write(move |w| w.observe_item(&bakery(), Edge::Media, &item, &asked, at(50)));
    assert_eq!(queue.len(), 2, "both slides wait for their files");
    assert_eq!(
        archive.rows("SELECT caption, last_seen_at FROM posts"),
        [["New words", "2026-11-01T00:00:50Z"]]
    );
    assert_eq!(archive.one("SELECT count(*) FROM changes"), "1");
    assert_eq!(archive.one("SELECT walk_id FROM sighting LIMIT 1"), "1");
}

#[test]
fn a_tagged_post_does_not_count_as_listed_on_the_media_edge() {
    let archive = Archive::new();
    archive.walk(&[picture("101")], 10);
    let tags = archive.begin(Edge::Tags, FIELDS, 20);
    archive.page(tags, &[picture("101"), picture("900")], 20);
    archive.complete(tags, 20);
    assert_eq!(
        archive.rows("SELECT media_id, edge FROM posts ORDER BY 1"),
        [["101", "media"], ["900", "tags"]]
    );
    let sql = "SELECT s.walk_id, s.seen_at FROM sighting s JOIN item i USING (item_id)
        WHERE i.media_id = '101'";
    assert_eq!(archive.rows(sql), [["1", "2026-11-01T00:00:20Z"]]);
    assert_eq!(archive.one("SELECT listed FROM accounts"), "1");
}

#[test]
fn an_own_post_that_was_first_seen_as_tagged_moves_to_its_own_list() {
    let archive = Archive::new();
    let tags = archive.begin(Edge::Tags, FIELDS, 10);
    archive.page(tags, &[album("101", &["201"])], 10);
    archive.complete(tags, 10);
    assert_eq!(archive.walk(&[album("101", &["201"])], 20).new, 0);
    assert_eq!(
        archive.rows("SELECT media_id, edge FROM items ORDER BY 1"),
        [["101", "media"], ["201", "media"]]
    );
    assert_eq!(archive.one("SELECT min(walk_id) FROM sighting"), "2");
    assert_eq!(archive.one("SELECT listed FROM accounts"), "1");
}

#[test]
fn every_text_of_an_item_is_kept_once() {
    let archive = Archive::new();
    let said = |raw: &str| {
        let mut item = picture("101");
        item.raw = raw.to_owned();
        item
    };
    for (raw, seconds) in ["one", "two", "one", "two", "two", "three"].iter().zip(10..) {
        archive.walk(&[said(raw)], seconds);
    }
    assert_eq!(archive.one("SELECT raw_json FROM item_raw"), "three");
    assert_eq!(
        archive.rows("SELECT raw_json, last_seen_at FROM item_raw_former ORDER BY 1"),
        [["one", "2026-11-01T00:00:12Z"], ["two", "2026-11-01T00:00:14Z"]]
    );
    assert_eq!(archive.one("SELECT count(*) FROM changes"), "0");
}

#[test]
fn a_hostile_album_does_no_harm() {
    let archive = Archive::new();
    let twisted = || {
        let mut item = album("101", &["201", "101", "201", "102"]);
        if let Field::Value(slides) = &mut item.children {
            slides[0].children = Field::Value(vec![slide("301")]);
        }
        sealed(item)
    };
    archive.walk(&[picture("102"), twisted()], 10);
    assert_eq!(
        archive.rows("SELECT media_id, parent_id, position FROM items ORDER BY media_id"),
        [["101", "NULL", "NULL"], ["102", "NULL", "NULL"], ["201", "101", "0"]]
    );
    let rows = archive.write(|w| Ok(w.rows_written()));
    let again = archive.walk(&[picture("102"), twisted()], 20);
    assert_eq!((again.new, again.changed), (0, 0));
    let written = archive.write(|w| Ok(w.rows_written())) - rows;
    assert_eq!(written, 3 + 3, "three sightings; a walk begun, with a page, closed");
}
