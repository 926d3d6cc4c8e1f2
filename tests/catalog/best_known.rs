//! Better data is never replaced by worse: what one answer lacks, and what all of them lack.

use mediakeep::catalog::{AccountRecord, AskedFields, Judgement, Writer};
use mediakeep::domain::{Edge, Field, MediaType, Observation};

use crate::support::{
    Archive, FIELDS, album, at, bakery, held, link, picture, sealed, slide, start, video,
};

const CHANGES: &str = "SELECT media_id, field, old_kind, old, new_kind, new FROM changes
    ORDER BY media_id, field, seen_at";
const CAPTIONS: &str = "SELECT caption FROM posts ORDER BY media_id";
const OBSERVER: &str = "SELECT detail ->> 'what', detail ->> 'field', detail ->> 'items'
    FROM events WHERE kind = 'observer_changed' ORDER BY id";
const WORSE: &str = "SELECT media_id, detail ->> 'fields' FROM events
    WHERE kind = 'worse_answer' ORDER BY id";
const PENDING: &str = "SELECT count(*) FROM doubtful_answer";

const DAY: i64 = 86_400;

fn words(text: &str) -> Field<String> {
    Field::Value(text.to_owned())
}

fn with_caption(id: &str, caption: Field<String>) -> Observation {
    let mut item = picture(id);
    item.caption = caption;
    sealed(item)
}

fn captions(texts: &[&str]) -> Vec<Observation> {
    let item = |(id, text): (i32, &&str)| with_caption(&id.to_string(), words(text));
    (101..).zip(texts).map(item).collect()
}

fn with_alt_text(id: &str, alt_text: Field<String>) -> Observation {
    let mut item = picture(id);
    item.alt_text = alt_text;
    sealed(item)
}

#[test]
fn at_signs_that_leave_every_caption_are_one_event_and_no_edits() {
    let archive = Archive::new();
    let signed = captions(&["Bread by @lena", "Cake for @omar @mia", "Rye", "@lena again"]);
    let bare = captions(&["Bread by lena", "Cake for omar mia", "Rye", "lena again"]);
    archive.walk(&signed, 10);
    archive.walk(&bare, 20);
    assert_eq!(archive.events(), ["observer_changed"]);
    assert_eq!(archive.rows(OBSERVER), [["at_signs", "caption", "3"]]);
    let known = [["Bread by @lena"], ["Cake for @omar @mia"], ["Rye"], ["@lena again"]];
    assert_eq!(archive.rows(CAPTIONS), known);
    assert!(archive.one("SELECT raw_json FROM item_raw LIMIT 1").contains("Bread by lena"));
    archive.quiet_walk(&bare, 30);

    let mut edited = bare.clone();
    edited[0].alt_text = words("A loaf");
    edited[0] = sealed(edited[0].clone());
    edited[1] = with_caption("102", words("Sold out"));
    archive.walk(&edited, 40);
    assert_eq!(
        archive.rows(CHANGES),
        [
            ["101", "alt_text", "absent", "NULL", "value", "A loaf"],
            ["102", "caption", "value", "Cake for @omar @mia", "value", "Sold out"],
        ]
    );

    edited[0].caption = words("Bread by @lena");
    edited[0] = sealed(edited[0].clone());
    edited[3] = with_caption("104", words("@lena again"));
    archive.walk(&edited, 50);
    assert_eq!(archive.rows(OBSERVER)[1..], [["at_signs_back", "caption", "2"]]);
    assert_eq!(archive.events().len(), 4, "two edits, two times somebody else");
    archive.quiet_walk(&edited, 60);
    assert_eq!(archive.rows("SELECT DISTINCT substr(kinds, 12, 1) FROM item"), [["v"]]);
}

#[test]
fn at_signs_that_leave_one_caption_of_many_are_an_edit() {
    let archive = Archive::new();
    archive.walk(&captions(&["By @lena", "For @omar", "To @mia"]), 10);
    let edited = captions(&["By lena", "For @omar", "To @mia"]);
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    archive.page(walk, &edited, 20);
    assert!(archive.rows(CHANGES).is_empty(), "nobody knows yet");
    archive.complete(walk, 30);
    assert_eq!(
        archive.rows(CHANGES),
        [["101", "caption", "value", "By @lena", "value", "By lena"]]
    );
    assert_eq!(
        archive.rows("SELECT previous_seen_at, seen_at, walk_id FROM change"),
        [["2026-11-01T00:00:10Z", "2026-11-01T00:00:20Z", "2"]]
    );
    assert_eq!(archive.events(), ["changed"]);
    archive.quiet_walk(&edited, 40);
}

#[test]
fn at_signs_that_come_to_every_caption_are_better_values_and_no_edits() {
    let archive = Archive::new();
    archive.walk(&captions(&["By lena", "For omar", "Rye"]), 10);
    let signed = captions(&["By @lena", "For @omar", "Rye", "New by @mia"]);
    archive.walk(&signed, 20);
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.rows(OBSERVER), [["at_signs_back", "caption", "2"]]);
    assert_eq!(archive.rows(CAPTIONS), [["By @lena"], ["For @omar"], ["Rye"], ["New by @mia"]]);
    archive.quiet_walk(&signed, 30);
    let named = captions(&["By @lena", "For @omar", "@Rye", "New by @mia"]);
    archive.walk(&named, 40);
    assert_eq!(archive.rows(CHANGES), [["103", "caption", "value", "Rye", "value", "@Rye"]]);
}

#[test]
fn a_caption_that_its_owner_removed_is_an_edit_when_the_walk_ends() {
    for removed in [Field::Absent, Field::Null, words("")] {
        let archive = Archive::new();
        archive.walk(&captions(&["Bread", "Cake", "Rye"]), 10);
        let items = [
            with_caption("101", words("Bread")),
            with_caption("102", removed),
            with_caption("103", words("Rye")),
        ];
        let walk = archive.begin(Edge::Media, FIELDS, 20);
        let record = archive.page(walk, &items, 20);
        assert_eq!((record.changed, record.unchanged), (0, 3));
        assert_eq!(archive.rows(CAPTIONS), [["Bread"], ["Cake"], ["Rye"]]);
        archive.complete(walk, 20);
        assert_eq!(archive.one("SELECT old FROM changes"), "Cake");
        assert_eq!(archive.events(), ["changed"]);
        let found = "SELECT count(*) FROM search WHERE search MATCH 'cake'";
        assert_eq!(archive.one(found), "0");
        assert_eq!(archive.one("SELECT changed FROM walks WHERE walk_id = 2"), "1");
        archive.quiet_walk(&items, 30);
    }
}

#[test]
fn a_post_that_changed_in_two_ways_is_one_changed_post() {
    let archive = Archive::new();
    archive.walk(&[album("101", &["201", "202"]), picture("102")], 10);
    let mut item = album("101", &["202", "201"]);
    item.caption = Field::Absent;
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    let record = archive.page(walk, &[sealed(item), picture("102")], 20);
    assert_eq!(record.changed, 1);
    archive.complete(walk, 20);
    assert_eq!(archive.events(), ["changed", "changed"]);
    assert_eq!(
        archive.one("SELECT changed FROM walks WHERE walk_id = 2"),
        "0",
        "the page had counted it"
    );
    assert_eq!(archive.rows("SELECT field FROM changes ORDER BY 1"), [["caption"], ["children"]]);
}

#[test]
fn a_caption_that_is_gone_together_with_the_permalink_is_kept() {
    let archive = Archive::new();
    let others = || [picture("102"), picture("103")];
    let items = |item: Observation| [vec![item], others().to_vec()].concat();
    archive.walk(&items(picture("101")), 10);
    let mut worse = picture("101");
    worse.caption = Field::Absent;
    worse.permalink = Field::Absent;
    worse.like_count = Field::Absent;
    worse.media_url = Field::Absent;
    let worse = items(sealed(worse));
    let posts = "SELECT caption, permalink, like_count, files_expected FROM posts";
    let before = archive.rows(posts);
    archive.walk(&worse, 20);
    assert_eq!(archive.rows(posts), before);
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.rows(WORSE), [["101", r#"["caption","permalink"]"#]]);
    assert_eq!(archive.events(), ["worse_answer"], "and no lost address");
    assert!(!archive.one("SELECT raw_json FROM item_raw LIMIT 1").contains("caption"));
    assert_eq!(archive.one("SELECT count(*) FROM search WHERE search MATCH '\"of 101\"'"), "1");
    archive.quiet_walk(&worse, 30);

    let mut other = worse.clone();
    other[0].alt_text = words("A loaf");
    other[0] = sealed(other[0].clone());
    archive.walk(&other, 40);
    assert!(archive.rows(CHANGES).is_empty(), "what it says besides is not believed either");
    assert_eq!(archive.rows(WORSE)[1], ["101", r#"["alt_text","caption","permalink"]"#]);
    archive.quiet_walk(&other, 50);

    let mut whole = picture("101");
    whole.alt_text = words("A loaf");
    archive.walk(&items(sealed(whole.clone())), 60);
    assert_eq!(archive.events(), ["worse_answer", "worse_answer", "changed"]);
    assert_eq!(archive.one("SELECT field FROM changes"), "alt_text");
    whole.caption = Field::Absent;
    archive.walk(&items(sealed(whole)), 70);
    assert_eq!(
        archive.rows("SELECT field, old FROM changes WHERE seen_at > '2026-11-01T00:01:05Z'"),
        [["caption", "Caption of 101"]],
        "in a whole answer it is what its owner did"
    );
}

#[test]
fn a_caption_that_stays_away_when_the_permalink_is_back_was_removed() {
    let archive = Archive::new();
    archive.walk(&[picture("101"), picture("102")], 10);
    let mut item = picture("101");
    item.caption = Field::Absent;
    item.permalink = Field::Null;
    archive.walk(&[sealed(item.clone()), picture("102")], 20);
    assert!(archive.rows(CHANGES).is_empty());
    item.permalink = picture("101").permalink;
    archive.walk(&[sealed(item), picture("102")], 30);
    assert_eq!(
        archive.rows(CHANGES),
        [["101", "caption", "value", "Caption of 101", "absent", "NULL"]]
    );
}

#[test]
fn a_placeholder_takes_no_items_place() {
    let archive = Archive::new();
    archive.walk(&[video("101"), picture("102")], 10);
    let mut odd = video("101");
    odd.media_type = Field::Value(MediaType::Other("PLACEHOLDER".to_owned()));
    odd.caption = words("Content is not available");
    odd.media_url = Field::Absent;
    let odd = [sealed(odd), picture("102")];
    let queue = archive.walk(&odd, 20).assets;
    assert_eq!(archive.one("SELECT media_type FROM posts WHERE media_id = '101'"), "VIDEO");
    assert_eq!(archive.rows(CAPTIONS)[0], ["Caption of 101"]);
    assert_eq!(archive.rows(WORSE), [["101", r#"["caption","media_type"]"#]]);
    assert!(queue.iter().filter(|file| file.media_id.as_str() == "101").all(|file| file.is_video));
    assert_eq!(archive.one("SELECT count(*) FROM url_loss"), "0");
    archive.quiet_walk(&odd, 30);
}

#[test]
fn a_placeholder_is_no_other_version_of_a_held_file() {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101"), picture("102")], 10).assets;
    let file = held(&queue[0], b"bread", "/v/t51/101.jpg");
    archive.write(move |w| w.record_held(&[file], at(15)));
    let mut odd = picture("101");
    odd.media_url = Field::Value(link("placeholder.jpg"));
    odd.published_at = Field::Absent;
    let queue = archive.walk(&[sealed(odd.clone()), picture("102")], 20).assets;
    assert!(queue.iter().all(|file| file.media_id.as_str() == "102"));
    odd.published_at = picture("101").published_at;
    let queue = archive.walk(&[sealed(odd), picture("102")], 30).assets;
    assert_eq!(queue.len(), 2, "in a whole answer it may be one");
}

#[test]
fn what_is_said_beside_a_field_that_the_api_withdraws_is_believed() {
    let archive = Archive::new();
    let ids = ["101", "102", "103"];
    archive.walk(&ids.map(picture), 10);
    let mut nameless = ids.map(|id| {
        let mut item = picture(id);
        item.username = Field::Absent;
        sealed(item)
    });
    nameless[0].caption = words("Edited");
    nameless[0] = sealed(nameless[0].clone());
    nameless[1].caption = Field::Absent;
    nameless[1] = sealed(nameless[1].clone());
    archive.walk(&nameless, 20);
    assert_eq!(archive.rows("SELECT media_id, new FROM changes"), [["101", "Edited"]]);
    assert_eq!(archive.rows(WORSE), [["102", r#"["caption"]"#]], "but not what some lack besides");
    assert_eq!(archive.rows(OBSERVER), [["field_lost", "username", "3"]]);
    archive.quiet_walk(&nameless, 30);
}

#[test]
fn a_field_that_the_api_withdraws_is_one_event_and_nothing_is_lost() {
    let archive = Archive::new();
    let described = |n: i32| with_alt_text(&n.to_string(), words(&format!("Picture {n}")));
    let silent = |n: i32| with_alt_text(&n.to_string(), Field::Absent);
    archive.walk(&(101..131).map(described).collect::<Vec<_>>(), 10);
    let bare: Vec<Observation> = (101..131).map(silent).collect();
    archive.walk(&bare, 20);
    assert_eq!(archive.events(), ["observer_changed"]);
    assert_eq!(archive.rows(OBSERVER), [["field_lost", "alt_text", "30"]]);
    assert_eq!(archive.one("SELECT count(*) FROM posts WHERE alt_text IS NOT NULL"), "30");
    archive.quiet_walk(&bare, 30);

    let mut one = silent(110);
    one.caption = words("Edited");
    let mut bare = bare;
    bare[9] = sealed(one);
    archive.walk(&bare, 40);
    assert_eq!(archive.rows("SELECT media_id, field FROM changes"), [["110", "caption"]]);

    let mut back: Vec<Observation> = (101..131).map(described).collect();
    back[9].caption = words("Edited");
    back[9] = sealed(back[9].clone());
    archive.walk(&back, 50);
    assert_eq!(archive.rows(OBSERVER)[1..], [["field_back", "alt_text", "30"]]);
    assert_eq!(archive.events(), ["observer_changed", "changed", "observer_changed"]);
    archive.quiet_walk(&back, 60);
}

#[test]
fn a_lasting_field_that_the_api_withdraws_is_one_event_too() {
    let archive = Archive::new();
    let ids = ["101", "102", "103"];
    archive.walk(&ids.map(picture), 10);
    let nameless = ids.map(|id| {
        let mut item = picture(id);
        item.username = Field::Absent;
        sealed(item)
    });
    archive.walk(&nameless, 20);
    assert_eq!(archive.events(), ["observer_changed"]);
    archive.quiet_walk(&nameless, 30);
    let mut edited = nameless.clone();
    edited[0].caption = Field::Absent;
    edited[0] = sealed(edited[0].clone());
    archive.walk(&edited, 40);
    assert_eq!(archive.rows("SELECT media_id, field FROM changes"), [["101", "caption"]]);
}

#[test]
fn more_losses_than_people_make_at_once_are_nobodys_edits() {
    let archive = Archive::new();
    let ids: Vec<String> = (101..161).map(|id| id.to_string()).collect();
    let items = |lost: usize| -> Vec<Observation> {
        let caption = |n: usize| if n < lost { Field::Absent } else { words("Bread") };
        ids.iter().enumerate().map(|(n, id)| with_caption(id, caption(n))).collect()
    };
    archive.walk(&items(0), 10);
    archive.walk(&items(25), 20);
    assert_eq!(archive.rows(OBSERVER), [["field_lost", "caption", "25"]]);
    archive.walk(&items(45), 30);
    assert_eq!(archive.one("SELECT count(*) FROM changes"), "20", "so many are believed");
}

#[test]
fn a_new_version_of_the_api_is_charged_with_what_most_items_lose_in_it() {
    let first = || -> Vec<Observation> {
        ["101", "102", "103", "104", "105"].map(|id| with_alt_text(id, words("Described"))).to_vec()
    };
    for (version, lost, edits) in [("v25.0", 3, "3"), ("v26.0", 3, "0"), ("v26.0", 2, "2")] {
        let archive = Archive::new();
        let walk = archive.begin(Edge::Media, FIELDS, 10);
        archive.page(walk, &first(), 10);
        archive.complete_with_version(walk, "v25.0", 10);
        let mut items = first();
        for item in &mut items[..lost] {
            item.alt_text = Field::Absent;
            *item = sealed(item.clone());
        }
        let walk = archive.begin(Edge::Media, FIELDS, 20);
        archive.page(walk, &items, 20);
        archive.complete_with_version(walk, version, 20);
        assert_eq!(archive.one("SELECT count(*) FROM changes"), edits, "{version} {lost}");
        if edits == "0" {
            assert_eq!(
                archive.rows(
                    "SELECT detail ->> 'api_version_before', detail ->> 'api_version_now'
                     FROM events WHERE kind = 'observer_changed'"
                ),
                [["v25.0", "v26.0"]]
            );
        }
    }
}

#[test]
fn what_a_killed_walk_met_is_settled_by_the_next_one() {
    let archive = Archive::new();
    archive.walk(&captions(&["Bread", "Cake", "Rye"]), 10);
    let removed = [
        with_caption("101", words("Bread")),
        with_caption("102", Field::Absent),
        with_caption("103", words("Rye")),
    ];
    for seconds in [20, 30] {
        let walk = archive.begin(Edge::Media, FIELDS, seconds);
        archive.page(walk, &removed, seconds);
        archive.write(Writer::interrupt_running_walks);
    }
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.rows(CAPTIONS)[1], ["Cake"]);
    archive.walk(&removed, 40);
    assert_eq!(
        archive.rows("SELECT media_id, old, previous_seen_at, seen_at FROM changes"),
        [["102", "Cake", "2026-11-01T00:00:10Z", "2026-11-01T00:00:40Z"]],
        "it was last seen before all of them"
    );
    assert_eq!(archive.one(PENDING), "0");
    archive.quiet_walk(&removed, 50);
}

#[test]
fn what_a_killed_walk_met_alone_never_happened() {
    let archive = Archive::new();
    let items = captions(&["Bread", "Cake"]);
    archive.walk(&items, 10);
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    archive.page(walk, &[with_caption("101", Field::Absent)], 20);
    archive.write(Writer::interrupt_running_walks);
    archive.walk(&[picture("103")], 30);
    assert_eq!(archive.one(PENDING), "1", "nobody has shown the item since");
    archive.walk(&items, 40);
    assert_eq!(archive.one(PENDING), "0");
    assert!(archive.events().is_empty() && archive.rows(CHANGES).is_empty());
}

#[test]
fn the_last_look_of_a_walk_at_an_item_decides() {
    let archive = Archive::new();
    archive.walk(&captions(&["Bread", "Cake"]), 10);
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    let without = with_caption("101", Field::Absent);
    archive.page(walk, &[without.clone(), with_caption("102", words("Cake"))], 20);
    archive.page(walk, &[with_caption("101", words("Bread"))], 30);
    archive.complete(walk, 40);
    assert!(archive.rows(CHANGES).is_empty());

    let walk = archive.begin(Edge::Media, FIELDS, 50);
    archive.page(walk, &[without.clone(), without], 50);
    archive.page(walk, &[with_caption("102", words("Cake"))], 60);
    archive.complete(walk, 70);
    assert_eq!(archive.one("SELECT old FROM changes"), "Bread");
    assert_eq!(archive.one(PENDING), "0");
}

#[test]
fn an_answer_that_stands_alone_takes_nothing_away() {
    let archive = Archive::new();
    let items = captions(&["Bread", "Cake"]);
    archive.walk(&items, 10);
    let mut item = with_caption("101", Field::Absent);
    item.alt_text = words("A loaf");
    let item = sealed(item);
    let read = |item: &Observation, seconds| {
        let (item, asked) = (item.clone(), AskedFields::parse(FIELDS));
        archive.write(move |w| w.observe_item(&bakery(), Edge::Media, &item, &asked, at(seconds)));
    };
    read(&item, 20);
    read(&item, 20);
    assert!(archive.rows(CHANGES).is_empty(), "nor adds anything: a walk does");
    assert_eq!(archive.rows(CAPTIONS), [["Bread"], ["Cake"]]);
    assert_eq!(archive.one(PENDING), "0");

    let tags = archive.begin(Edge::Tags, FIELDS, 30);
    archive.page(tags, std::slice::from_ref(&item), 30);
    archive.complete(tags, 30);
    assert_eq!(archive.rows(CAPTIONS)[0], ["Bread"], "nor does a list of others");

    let walk = archive.begin(Edge::Media, FIELDS, 40);
    archive.page(walk, &[item, items[1].clone()], 40);
    assert_eq!(archive.rows("SELECT doubt FROM doubtful_change"), [["filled"], ["lost"]]);
    let mut again = items[0].clone();
    again.alt_text = words("A loaf");
    read(&sealed(again.clone()), 50);
    archive.complete(walk, 60);
    assert_eq!(archive.rows(CAPTIONS)[0], ["Bread"], "it was there after the page");
    assert!(archive.rows(CHANGES).is_empty());
    archive.walk(&[sealed(again), items[1].clone()], 70);
    assert_eq!(archive.rows("SELECT field, new FROM changes"), [["alt_text", "A loaf"]]);
}

#[test]
fn an_album_never_loses_its_slides_by_silence() {
    let archive = Archive::new();
    let others = || vec![album("102", &["203", "204"]), picture("103")];
    let with = |item: Observation| [vec![item], others()].concat();
    archive.walk(&with(album("101", &["201", "202"])), 10);
    let placed = "SELECT media_id, position FROM items WHERE parent_id = '101' ORDER BY 1";
    let before = archive.rows(placed);
    for (children, seconds) in [(Field::Absent, 20), (Field::Value(vec![]), 30)] {
        let mut worse = album("101", &[]);
        worse.children = children;
        worse.permalink = Field::Absent;
        let worse = with(sealed(worse));
        archive.walk(&worse, seconds);
        assert!(archive.rows(CHANGES).is_empty());
        archive.quiet_walk(&worse, seconds + 5);
    }
    assert_eq!(archive.rows(placed), before);
    assert_eq!(archive.rows(WORSE), [["101", r#"["children","permalink"]"#]], "one text");

    let mut worse = album("101", &["201"]);
    worse.permalink = Field::Absent;
    worse.shortcode = Field::Absent;
    archive.walk(&with(sealed(worse)), 38);
    assert_eq!(archive.rows(placed), before, "nor by a shorter list in a worse answer");

    let fewer = with(album("101", &["201"]));
    archive.walk(&fewer, 40);
    assert_eq!(archive.one("SELECT new FROM changes"), r#"["201"]"#, "a shorter list is a list");
    let mut empty = album("101", &[]);
    empty.children = Field::Absent;
    let empty = with(sealed(empty));
    archive.walk(&empty, 50);
    assert_eq!(
        archive.rows("SELECT old, new_kind FROM changes ORDER BY seen_at")[1..],
        [[r#"["201"]"#, "absent"]],
        "a whole answer without its list, beside albums that have theirs"
    );
    archive.quiet_walk(&empty, 60);
}

#[test]
fn what_slides_lose_says_nothing_of_posts() {
    let archive = Archive::new();
    let described = |alt: [&str; 2], own: Field<String>| {
        let mut item = album("101", &[]);
        let slides = ["201", "202"].iter().zip(alt).map(|(id, alt)| {
            let mut slide = slide(id);
            slide.alt_text = if alt.is_empty() { Field::Absent } else { words(alt) };
            sealed(slide)
        });
        item.children = Field::Value(slides.collect());
        item.alt_text = own;
        sealed(item)
    };
    let items = |item: Observation| [item, with_alt_text("102", words("Cake"))];
    archive.walk(&items(described(["One", "Two"], words("Both"))), 10);
    let bare = items(described(["", ""], Field::Absent));
    archive.walk(&bare, 20);
    assert_eq!(archive.rows("SELECT media_id, old FROM changes"), [["101", "Both"]]);
    assert_eq!(archive.rows(OBSERVER), [["field_lost", "alt_text", "2"]]);
    assert_eq!(
        archive.rows("SELECT alt_text FROM items WHERE parent_id IS NOT NULL ORDER BY media_id"),
        [["One"], ["Two"]]
    );
    archive.quiet_walk(&bare, 30);
}

#[test]
fn a_degraded_first_look_at_a_field_is_not_its_absence() {
    let archive = Archive::new();
    let walk = archive.begin(Edge::Media, &FIELDS.replace("caption,", ""), 10);
    archive.page(walk, &[with_caption("101", Field::Absent), picture("102")], 10);
    archive.complete(walk, 10);
    let mut worse = picture("101");
    worse.caption = Field::Absent;
    worse.shortcode = Field::Absent;
    worse.like_count = Field::Absent;
    let worse = [sealed(worse), picture("102")];
    archive.walk(&worse, 20);
    archive.quiet_walk(&worse, 30);
    archive.walk(&[picture("101"), picture("102")], 40);
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.rows(CAPTIONS)[0], ["Caption of 101"]);
    assert_eq!(archive.one("SELECT count(*) FROM metrics WHERE kind = 'absent'"), "0");
}

#[test]
fn a_walk_that_ends_early_settles_what_it_met() {
    use mediakeep::catalog::WalkTally;
    use mediakeep::domain::walk::{Ending, Outcome, Reason};
    for (outcome, changes) in
        [(Outcome::Partial, "1"), (Outcome::Failed, "1"), (Outcome::Interrupted, "0")]
    {
        let archive = Archive::new();
        archive.walk(&captions(&["Bread", "Cake"]), 10);
        let begin = start(Edge::Media, FIELDS);
        let walk = archive.write(move |w| w.begin_walk(&begin, at(DAY))).id;
        let page = [with_caption("101", words("Bread")), with_caption("102", Field::Absent)];
        archive.page(walk, &page, DAY);
        let reason = Some(Reason::Throttled);
        let ending = Ending { outcome, reason, coverage: None, capped_at: None };
        archive.write(move |w| {
            w.close_walk(
                walk,
                &ending,
                &WalkTally::default(),
                None,
                &Judgement::NotCompared,
                at(DAY),
            )
        });
        assert_eq!(archive.one("SELECT count(*) FROM changes"), changes, "{outcome:?}");
    }
}

fn thirty(change: impl Fn(&mut Observation)) -> Vec<Observation> {
    let item = |id: i32| {
        let mut item = picture(&id.to_string());
        change(&mut item);
        sealed(item)
    };
    (101..131).map(item).collect()
}

#[test]
fn that_there_is_no_value_can_be_said_in_two_ways() {
    let archive = Archive::new();
    let with = |alt_text: Field<String>| {
        let mut items = thirty(|item| item.alt_text = alt_text.clone());
        let mut empty = album("140", &[]);
        empty.children = alt_text.value().map_or(Field::Absent, |_| Field::Null);
        items.push(sealed(empty));
        items
    };
    archive.walk(&with(Field::Absent), 10);
    archive.walk(&with(Field::Null), 20);
    archive.quiet_walk(&with(Field::Null), 30);
    archive.walk(&with(Field::Absent), 40);
    assert!(archive.events().is_empty() && archive.rows(CHANGES).is_empty());
}

#[test]
fn other_words_for_what_lasts_are_one_event_and_the_new_ones_are_known() {
    let archive = Archive::new();
    archive.walk(&thirty(|_| {}), 10);
    let anew = |item: &mut Observation| {
        item.permalink = words(&format!("https://instagram.example/{}", item.id));
        item.media_product_type = words("POST");
    };
    let items = thirty(anew);
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    archive.page(walk, &items, 20);
    assert_eq!(archive.one("SELECT count(*) FROM posts WHERE media_product_type = 'FEED'"), "30");
    archive.complete(walk, 20);
    assert_eq!(
        archive.rows(OBSERVER),
        [["field_replaced", "media_product_type", "30"], ["field_replaced", "permalink", "30"]]
    );
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.one("SELECT count(*) FROM posts WHERE permalink LIKE '%.example/%'"), "30");
    archive.quiet_walk(&items, 30);
}

#[test]
fn one_item_with_another_link_changed() {
    let archive = Archive::new();
    archive.walk(&thirty(|_| {}), 10);
    let items = thirty(|item| {
        if item.id.as_str() == "105" {
            item.permalink = words("https://instagram.example/105");
        }
    });
    archive.walk(&items, 20);
    assert_eq!(archive.rows("SELECT media_id, field FROM changes"), [["105", "permalink"]]);
    assert_eq!(archive.events(), ["changed"]);
    archive.quiet_walk(&items, 30);
}

#[test]
fn a_field_that_the_api_begins_to_give_is_one_event_and_no_edits() {
    let archive = Archive::new();
    archive.walk(&thirty(|item| item.shortcode = Field::Absent), 10);
    let items = thirty(|item| item.is_shared_to_feed = Field::Value(true));
    archive.walk(&items, 20);
    assert_eq!(
        archive.rows(OBSERVER),
        [["field_filled", "shortcode", "30"], ["field_filled", "is_shared_to_feed", "30"]]
    );
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.one("SELECT shortcode FROM posts WHERE media_id = '101'"), "S101");
    archive.quiet_walk(&items, 30);
}

#[test]
fn captions_that_people_write_are_edits_however_many() {
    let archive = Archive::new();
    archive.walk(&thirty(|item| item.caption = Field::Absent), 10);
    let items = thirty(|_| {});
    archive.walk(&items, 20);
    assert_eq!(archive.one("SELECT count(*) FROM changes WHERE field = 'caption'"), "30");
    archive.quiet_walk(&items, 30);
}

#[test]
fn another_version_of_the_api_words_a_field_anew() {
    for (version, edits) in [("v25.0", "1"), ("v26.0", "0")] {
        let archive = Archive::new();
        let walk = archive.begin(Edge::Media, FIELDS, 10);
        archive.page(walk, &[picture("101"), picture("102")], 10);
        archive.complete_with_version(walk, "v25.0", 10);
        let mut item = picture("101");
        item.media_product_type = words("POST");
        let walk = archive.begin(Edge::Media, FIELDS, 20);
        archive.page(walk, &[sealed(item), picture("102")], 20);
        archive.complete_with_version(walk, version, 20);
        assert_eq!(archive.one("SELECT count(*) FROM changes"), edits, "{version}");
        let known = "SELECT media_product_type FROM posts WHERE media_id = '101'";
        assert_eq!(archive.one(known), "POST");
    }
}

#[test]
fn posts_do_not_change_when_their_account_is_renamed() {
    let archive = Archive::new();
    let rename = |name: &str| {
        let record = AccountRecord { username: Some(name.to_owned()), ..AccountRecord::default() };
        archive.write(move |w| w.record_account(&bakery(), &record, at(5)));
    };
    rename("bakery.example");
    let items = |name: &str| {
        ["101", "102"].map(|id| {
            let mut item = picture(id);
            item.username = words(name);
            sealed(item)
        })
    };
    archive.walk(&items("bakery.example"), 10);
    rename("bread.example");
    archive.walk(&items("bread.example"), 20);
    assert_eq!(archive.events(), ["account_renamed"]);
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.rows("SELECT DISTINCT username FROM item"), [["bread.example"]]);
    archive.quiet_walk(&items("bread.example"), 30);
    archive.walk(&items("somebody.else"), 40);
    assert_eq!(
        archive.one("SELECT count(*) FROM changes"),
        "2",
        "a name that is not the account's"
    );
}

#[test]
fn what_some_days_lose_is_lost_by_their_items() {
    let archive = Archive::new();
    let described = |id: &str| with_alt_text(id, words("Described"));
    archive.walk(&["101", "102", "103"].map(described), 10);
    let bare = ["101", "102"].map(|id| with_alt_text(id, Field::Absent));
    let walk = archive.begin_part(20);
    archive.page(walk, &bare, 20);
    archive.complete(walk, 20);
    assert_eq!(archive.one("SELECT count(*) FROM changes"), "2");
    assert_eq!(archive.events(), ["changed", "changed"]);
}

#[test]
fn what_was_withheld_was_removed_when_a_later_walk_shows_such_values() {
    let newcomer = with_alt_text("109", words("New"));
    let mut later = picture("103");
    later.alt_text = words("Written later");
    for (other, is_new) in [(newcomer, true), (sealed(later), false)] {
        let archive = Archive::new();
        let two = |alt: Field<String>| ["101", "102"].map(|id| with_alt_text(id, alt.clone()));
        let list = |alt, last: &[Observation]| [&two(alt)[..], last].concat();
        archive.walk(&list(words("Described"), &[picture("103")]), 10);
        archive.walk(&list(Field::Null, &[picture("103")]), 20);
        assert_eq!(archive.rows(OBSERVER), [["field_lost", "alt_text", "2"]]);
        archive.quiet_walk(&list(Field::Null, &[picture("103")]), 30);
        let next = if is_new { vec![picture("103"), other] } else { vec![other] };
        // A walk of some days meets it first, and decides nothing about the others.
        let part = archive.begin_part(40);
        archive.page(part, &next, 40);
        archive.complete(part, 40);
        assert_eq!(archive.one("SELECT count(*) FROM posts WHERE alt_text = 'Described'"), "2");
        archive.walk(&list(Field::Null, &next), 50);
        assert_eq!(
            archive.rows(
                "SELECT media_id, new_kind, previous_seen_at, seen_at FROM changes
                 WHERE old = 'Described' ORDER BY media_id"
            ),
            [
                ["101", "null", "2026-11-01T00:00:10Z", "2026-11-01T00:00:50Z"],
                ["102", "null", "2026-11-01T00:00:10Z", "2026-11-01T00:00:50Z"]
            ]
        );
        assert_eq!(archive.one("SELECT changed FROM walks ORDER BY walk_id DESC LIMIT 1"), "2");
        archive.quiet_walk(&list(Field::Null, &next), 60);
    }
}

#[test]
fn what_a_new_version_withholds_from_most_stays_withheld_while_nothing_new_has_it() {
    let archive = Archive::new();
    let look = |bare: usize, version, seconds| {
        let alt = |n: usize| if n < bare { Field::Absent } else { words("Described") };
        let item = |n: usize| with_alt_text(&(101 + n).to_string(), alt(n));
        let walk = archive.begin(Edge::Media, FIELDS, seconds);
        archive.page(walk, &(0..5).map(item).collect::<Vec<_>>(), seconds);
        archive.complete_with_version(walk, version, seconds);
    };
    look(0, "v25.0", 10);
    look(3, "v26.0", 20);
    assert_eq!(archive.rows(OBSERVER), [["field_lost", "alt_text", "3"]]);
    look(3, "v26.0", 30);
    assert!(archive.rows(CHANGES).is_empty());
    assert_eq!(archive.events(), ["observer_changed"]);
}

#[test]
fn an_item_that_always_lacks_what_lasts_is_believed_in_everything_else() {
    let archive = Archive::new();
    let others = || [picture("102"), picture("103")].to_vec();
    let items = |item: Observation| [vec![item], others()].concat();
    let known = album("101", &["201", "202"]);
    archive.walk(&items(known.clone()), 10);
    let mut worse = album("101", &["202"]);
    worse.permalink = Field::Absent;
    worse.caption = words("Edited");
    worse.is_comment_enabled = Field::Absent;
    if let Field::Value(slides) = &mut worse.children {
        slides[0].media_url = Field::Absent;
    }
    let worse = items(sealed(worse));
    archive.walk(&worse, 20);
    archive.walk(&worse, 19 + DAY);
    archive.walk(&worse, 30 + DAY);
    let events = ["worse_answer", "url_lost"];
    assert_eq!(archive.events(), events, "the last walk was too early");
    archive.walk(&worse, 40 + DAY);
    assert_eq!(archive.events()[2..], ["changed", "changed"]);
    assert_eq!(
        archive.rows("SELECT field, new_kind, new FROM changes ORDER BY field"),
        [
            ["caption", "value", "Edited"],
            ["children", "value", r#"["202"]"#],
            ["is_comment_enabled", "absent", "NULL"],
        ]
    );
    assert_eq!(
        archive.rows("SELECT media_id, position FROM items WHERE parent_id = '101' ORDER BY 1"),
        [["201", "NULL"], ["202", "0"]]
    );
    let permalink = "SELECT permalink FROM posts WHERE media_id = '101'";
    assert_eq!(archive.one(permalink), "https://www.instagram.com/p/S101/");
    archive.quiet_walk(&worse, 2 * DAY);
    let mut later = worse.clone();
    later[0].caption = words("Edited again");
    later[0] = sealed(later[0].clone());
    archive.walk(&later, 3 * DAY);
    assert_eq!(archive.one("SELECT caption FROM posts WHERE media_id = '101'"), "Edited again");
    archive.walk(&items(known), 4 * DAY);
    assert_eq!(archive.rows(OBSERVER), [["field_back", "permalink", "1"]]);
}

#[test]
fn an_address_that_an_always_degraded_answer_lacks_is_lost_in_the_end() {
    let archive = Archive::new();
    archive.walk(&[picture("101"), picture("102")], 10);
    let mut worse = picture("101");
    worse.permalink = Field::Absent;
    worse.media_url = Field::Absent;
    let worse = [sealed(worse), picture("102")];
    archive.walk(&worse, 20);
    let walk = archive.begin(Edge::Media, FIELDS, 2 * DAY);
    archive.page(walk, &worse, 2 * DAY);
    archive.write(Writer::interrupt_running_walks);
    archive.walk(&worse, 2 * DAY + 10);
    assert_eq!(archive.events(), ["worse_answer"], "the walk before was cut off");
    archive.walk(&worse, 3 * DAY);
    assert_eq!(archive.events(), ["worse_answer", "url_lost"]);
    assert_eq!(archive.one("SELECT last_url_at FROM url_loss"), "2026-11-01T00:00:10Z");
    archive.quiet_walk(&worse, 4 * DAY);
}
