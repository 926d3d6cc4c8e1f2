//! History of fields, the index of words and the chain of events.

use std::collections::HashMap;

use mediakeep::domain::{Edge, Field, MediaType, Observation};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::support::{Archive, FIELDS, album, picture, sealed, slide};

const CHANGES: &str = "SELECT media_id, field, old_kind, old, new_kind, new FROM changes";

fn with_caption(caption: Field<String>) -> Observation {
    let mut item = picture("101");
    item.caption = caption;
    sealed(item)
}

fn words(text: &str) -> Field<String> {
    Field::Value(text.to_owned())
}

#[test]
fn an_edited_caption_is_one_row_of_history_and_moves_the_index() {
    let archive = Archive::new();
    archive.walk(&[with_caption(words("Caffè amaro"))], 10);
    archive.walk(&[with_caption(words("Caffè amaro"))], 20);
    let record = archive.walk(&[with_caption(words("Tè verde"))], 30);
    assert_eq!((record.changed, record.unchanged), (1, 0));
    assert_eq!(
        archive.rows(CHANGES),
        [["101", "caption", "value", "Caffè amaro", "value", "Tè verde"]]
    );
    assert_eq!(
        archive.rows("SELECT previous_seen_at, seen_at FROM changes"),
        [["2026-11-01T00:00:20Z", "2026-11-01T00:00:30Z"]]
    );
    let find = |word: &str| {
        archive.rows(&format!("SELECT media_id, kind FROM search WHERE search MATCH '{word}'"))
    };
    assert!(find("caffe").is_empty());
    assert_eq!(find("te VERDE"), [["101", "caption"]]);
    assert_eq!(find("S101"), [["101", "permalink"]]);
    assert_eq!(find("\"https://www.instagram.com/p/S101/\""), [["101", "permalink"]]);
}

#[test]
fn a_shortcode_is_found_when_there_is_no_address() {
    let archive = Archive::new();
    let mut item = picture("101");
    item.permalink = Field::Absent;
    item.shortcode = words("Cx-9_a");
    archive.walk(&[sealed(item)], 10);
    let find = "SELECT kind, text FROM search WHERE search MATCH '\"Cx-9_a\"'";
    assert_eq!(archive.rows(find), [["shortcode", "Cx-9_a"]]);
    archive.walk(&[picture("101")], 20);
    assert!(archive.rows(find).is_empty());
    assert_eq!(archive.one("SELECT count(*) FROM search WHERE search MATCH 'S101'"), "1");
}

#[test]
fn absent_null_empty_and_unreadable_captions_differ() {
    let archive = Archive::new();
    let captions = [
        words("first"),
        Field::Absent,
        Field::Unreadable,
        Field::Null,
        words(""),
        Field::Unreadable,
        words(""),
    ];
    for (caption, seconds) in captions.into_iter().zip((10..).step_by(10)) {
        archive.walk(&[with_caption(caption)], seconds);
    }
    assert_eq!(
        archive.rows(&format!("{CHANGES} ORDER BY seen_at")),
        [
            ["101", "caption", "value", "first", "absent", "NULL"],
            ["101", "caption", "null", "NULL", "value", ""],
        ]
    );
    assert_eq!(archive.one("SELECT caption FROM posts"), "");
    let unreadable = "SELECT count(*) FROM events WHERE kind = 'item_unreadable'";
    assert_eq!(archive.one(unreadable), "2");
}

#[test]
fn a_field_of_the_wrong_type_replaces_nothing() {
    let archive = Archive::new();
    archive.walk(&[picture("101")], 10);
    let mut odd = picture("101");
    odd.media_type = Field::Unreadable;
    odd.published_at = Field::Unreadable;
    odd.permalink = Field::Unreadable;
    odd.is_comment_enabled = Field::Unreadable;
    odd.media_url = Field::Unreadable;
    odd.like_count = Field::Unreadable;
    let posts = "SELECT media_type, published_at, permalink, like_count, files_expected FROM posts";
    let before = archive.rows(posts);
    let record = archive.walk(&[sealed(odd)], 20);
    assert_eq!((record.changed, record.unchanged), (0, 1));
    assert_eq!(archive.rows(posts), before);
    assert!(archive.rows(CHANGES).is_empty());
}

#[test]
fn a_field_that_was_not_asked_for_is_no_change() {
    let archive = Archive::new();
    archive.walk(&[with_caption(words("kept"))], 10);
    let fewer = FIELDS.replace("caption,", "").replace("alt_text,", "");
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    archive.write(move |w| w.change_field_set(walk, &fewer));
    let record = archive.page(walk, &[with_caption(Field::Absent)], 20);
    assert_eq!((record.changed, record.unchanged), (0, 1));
    assert_eq!(archive.one("SELECT caption FROM posts"), "kept");
    archive.complete(walk, 20);
    archive.walk(&[with_caption(words("kept"))], 30);
    assert!(archive.rows(CHANGES).is_empty());
}

#[test]
fn a_field_asked_for_later_is_no_change_either() {
    let archive = Archive::new();
    let walk = archive.begin(Edge::Media, "id,media_type,media_url", 10);
    let mut bare = picture("101");
    for field in [&mut bare.caption, &mut bare.permalink, &mut bare.shortcode] {
        *field = Field::Absent;
    }
    archive.page(walk, &[sealed(bare)], 10);
    archive.complete(walk, 10);
    let mut item = picture("101");
    item.alt_text = words("Described");
    archive.walk(&[sealed(item)], 20);
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(
        archive.rows("SELECT caption, alt_text FROM posts"),
        [["Caption of 101", "Described"]]
    );
    assert_eq!(archive.one("SELECT count(*) FROM search WHERE search MATCH 'described'"), "1");
}

#[test]
fn slides_keep_their_order_and_those_that_leave_stay() {
    let archive = Archive::new();
    let placed = "SELECT media_id, position FROM items WHERE parent_id = '101' ORDER BY media_id";
    archive.walk(&[album("101", &["201", "202", "203"])], 10);
    archive.walk(&[album("101", &["203", "201"])], 20);
    assert_eq!(archive.rows(placed), [["201", "1"], ["202", "NULL"], ["203", "0"]]);
    assert_eq!(
        archive.rows(CHANGES),
        [["101", "children", "value", r#"["201","202","203"]"#, "value", r#"["203","201"]"#]]
    );
    assert_eq!(archive.rows("SELECT child_count, files_expected FROM posts"), [["2", "3"]]);
    archive.walk(&[album("101", &["201", "202", "203"])], 30);
    assert_eq!(archive.rows(placed), [["201", "0"], ["202", "1"], ["203", "2"]]);
    assert_eq!(archive.walk(&[album("101", &["201", "202", "203"])], 40).unchanged, 1);
}

#[test]
fn an_album_without_a_list_keeps_its_slides() {
    let archive = Archive::new();
    archive.walk(&[album("101", &["201", "202"])], 10);
    for (children, seconds) in
        [Field::Absent, Field::Null, Field::Unreadable, Field::Value(vec![])].into_iter().zip(20..)
    {
        let mut item = album("101", &[]);
        item.children = children;
        archive.walk(&[sealed(item)], seconds);
    }
    assert_eq!(archive.rows("SELECT child_count, files_expected FROM posts"), [["2", "2"]]);
    assert_eq!(
        archive.rows("SELECT old_kind, new_kind FROM changes ORDER BY seen_at"),
        [["value", "absent"], ["null", "value"]],
        "that there is no list was said in two ways"
    );
}

#[test]
fn a_change_of_a_slide_is_a_change_of_its_post() {
    let archive = Archive::new();
    archive.walk(&[album("101", &["201", "202"])], 10);
    let mut item = album("101", &["201"]);
    let mut described = slide("202");
    described.alt_text = words("A cake");
    if let Field::Value(slides) = &mut item.children {
        slides.push(sealed(described));
    }
    archive.walk(&[item], 20);
    assert_eq!(archive.one("SELECT changed FROM walks WHERE walk_id = 2"), "1");
    assert_eq!(archive.rows(CHANGES), [["202", "alt_text", "absent", "NULL", "value", "A cake"]]);
}

#[test]
fn the_chain_of_events_can_be_recomputed_from_the_view() {
    let archive = Archive::new();
    archive.walk(&[picture("101"), picture("102"), album("103", &["201"])], 10);
    archive.walk(&[with_caption(words("line\nbreak \"quoted\""))], 20);
    let mut without = picture("104");
    without.media_url = Field::Absent;
    archive.walk(&[sealed(without)], 30);
    let events = archive.rows(
        "SELECT previous_digest, id, at, account, coalesce(media_id, ''), kind, coalesce(role, ''),
         coalesce(walk_id, ''), detail, digest FROM events ORDER BY id",
    );
    let kinds: Vec<_> = events.iter().map(|event| event[5].as_str()).collect();
    assert_eq!(
        kinds,
        ["first_seen", "first_seen", "first_seen", "changed", "first_seen", "url_absent"]
    );
    let mut previous = "0".repeat(64);
    for event in &events {
        assert_eq!(event[0], previous);
        let digest = Sha256::digest(event[..9].join("\n"));
        previous = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(event[9], previous);
    }
}

#[test]
fn history_cannot_be_rewritten_by_accident() {
    let archive = Archive::new();
    archive.walk(&[with_caption(words("a"))], 10);
    archive.walk(&[with_caption(words("b"))], 20);
    let connection = rusqlite::Connection::open(archive.path()).unwrap();
    for sql in [
        "UPDATE event SET detail = '{}'",
        "DELETE FROM event",
        "UPDATE change SET old = 'z'",
        "DELETE FROM change",
    ] {
        let error = connection.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("is history and stays as it is"), "{sql}: {error}");
    }
}

fn any_text() -> impl Strategy<Value = Field<String>> {
    prop_oneof![
        Just(Field::Absent),
        Just(Field::Null),
        Just(Field::Unreadable),
        "[ab]".prop_map(Field::Value),
    ]
}

prop_compose! {
    fn any_item()(caption in any_text(), alt_text in any_text(), kind in 0..3, likes in 0_i64..3)
        -> Observation {
        let mut item = picture("101");
        item.caption = caption;
        item.alt_text = alt_text;
        item.media_type = match kind {
            0 => Field::Value(MediaType::Image),
            1 => Field::Value(MediaType::Video),
            _ => Field::Unreadable,
        };
        item.like_count = Field::Value(likes);
        sealed(item)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the API shows: each field's history is a chain without a hole, its end is what
    /// the view shows, and nothing unreadable ever took the place of something.
    #[test]
    fn history_leads_from_the_first_look_to_the_last(looks in prop::collection::vec(any_item(), 1..8)) {
        let archive = Archive::new();
        for (look, seconds) in looks.iter().zip(10..) {
            archive.walk(std::slice::from_ref(look), seconds);
        }
        let mut last: HashMap<String, (String, String)> = HashMap::new();
        let rows = archive.rows(
            "SELECT field, old_kind, old, new_kind, new FROM changes ORDER BY seen_at, field");
        for row in rows {
            let [field, old_kind, old, new_kind, new] = row.try_into().unwrap();
            prop_assert_ne!(&new_kind, "unreadable");
            // Absent and null are two words for the same; that one follows the other is no history.
            let said = |kind: String| if kind == "null" { "absent".to_owned() } else { kind };
            let (old_kind, new_kind) = (said(old_kind), said(new_kind));
            prop_assert!((&old_kind, &old) != (&new_kind, &new));
            let before = last.insert(field.clone(), (new_kind, new));
            if let Some(before) = before {
                prop_assert_eq!(before, (old_kind, old), "{}", field);
            }
        }
        let shown = archive.rows("SELECT caption, alt_text, media_type FROM posts").remove(0);
        for (field, value) in ["caption", "alt_text", "media_type"].iter().zip(shown) {
            if let Some((_, new)) = last.get(*field) {
                prop_assert_eq!(new, &value, "{}", field);
            }
        }
    }
}
