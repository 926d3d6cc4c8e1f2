//! Addresses that come, go and come back.

use mediakeep::catalog::{
    AskedFields, Fixity, PageText, QueuedAsset, Recheck, Verification, Writer,
};
use mediakeep::domain::{AssetRole, Edge, Field, Observation};

use crate::stand::{HOUR, Walk, dated};
use crate::support::{
    Archive, FIELDS, album, at, bakery, blob, held, picture, sealed, slide, video,
};

const LOSSES: &str = "SELECT last_url_at, lost_at, regained_at FROM url_loss ORDER BY asset_id";
const PENDING: &str = "SELECT count(*) FROM asset WHERE url_missing_walk_id IS NOT NULL";
const LOST: &str = "SELECT media_id, role, detail ->> 'held', detail ->> 'sha256',
    detail ->> 'verified_at' FROM events WHERE kind = 'url_lost' ORDER BY id";
const HOLDS: &str = "SELECT kind, reason, items, looked_at, ended_by FROM hold ORDER BY walk_id";
const DAY: i64 = 86_400;

fn without_url(mut item: Observation) -> Observation {
    item.media_url = Field::Absent;
    sealed(item)
}

/// So many pictures, the first of them without their address.
fn pictures(count: usize, missing: usize) -> Vec<Observation> {
    let item = |n: usize| {
        let item = picture(&(1_000 + n).to_string());
        if n < missing { without_url(item) } else { item }
    };
    (0..count).map(item).collect()
}

/// So many stories, the first of them without their address.
fn stories(count: usize, missing: usize) -> Vec<Observation> {
    let item = |n: usize| {
        let item = dated(&(1_000 + n).to_string(), 0);
        if n < missing { without_url(item) } else { item }
    };
    (0..count).map(item).collect()
}

fn hold(archive: &Archive, asset: &QueuedAsset, bytes: &[u8], seconds: i64) {
    let file = held(asset, bytes, "/v/t51/file.jpg");
    archive.write(move |w| w.record_held(&[file], at(seconds)));
}

#[test]
fn a_lost_address_says_whether_the_bytes_are_held() {
    let archive = Archive::new();
    let ids = ["101", "102", "103"];
    let queue = archive.walk(&ids.map(picture), 10).assets;
    hold(&archive, &queue[0], b"good", 20);
    hold(&archive, &queue[1], b"bad", 20);
    let bad = Verification { blob: blob(b"bad"), fixity: Fixity::Damaged };
    archive.write(move |w| w.record_verified(&[bad], at(25)));

    let bare = ids.map(|id| without_url(picture(id)));
    let walk = archive.begin(Edge::Media, FIELDS, 30);
    archive.page(walk, &bare, 30);
    assert!(archive.rows(LOSSES).is_empty(), "nobody knows yet");
    archive.complete(walk, 40);
    let name = blob(b"good").to_string();
    assert_eq!(
        archive.rows(LOST),
        [
            ["101", "media", "1", &name, "2026-11-01T00:00:20Z"],
            ["102", "media", "0", "NULL", "NULL"],
            ["103", "media", "0", "NULL", "NULL"],
        ]
    );
    assert_eq!(
        archive.rows(LOSSES),
        vec![["2026-11-01T00:00:10Z", "2026-11-01T00:00:30Z", "NULL"]; 3]
    );
    assert_eq!(archive.one("SELECT sum(files_expected) FROM posts"), "3");
    archive.quiet_walk(&bare, 50);
}

#[test]
fn an_address_that_is_back_is_an_event_when_its_loss_was_one() {
    let archive = Archive::new();
    archive.walk(&[video("101"), picture("102")], 10);
    let mut bare = video("101");
    bare.thumbnail_url = Field::Null;
    let bare = [sealed(bare), picture("102")];
    archive.walk(&bare, 20);
    archive.walk(&[video("101"), picture("102")], 30);
    archive.walk(&bare, 40);
    assert_eq!(archive.events(), ["url_lost", "url_regained", "url_lost"]);
    assert_eq!(
        archive.rows("SELECT DISTINCT media_id, role FROM events WHERE kind LIKE 'url%'"),
        [["101", "thumbnail"]]
    );
    assert_eq!(
        archive.rows("SELECT detail FROM events WHERE kind = 'url_regained'"),
        [[r#"{"lost_at":"2026-11-01T00:00:20Z"}"#]]
    );
    assert_eq!(
        archive.rows(LOSSES),
        [
            ["2026-11-01T00:00:10Z", "2026-11-01T00:00:20Z", "2026-11-01T00:00:30Z"],
            ["2026-11-01T00:00:30Z", "2026-11-01T00:00:40Z", "NULL"],
        ]
    );
    archive.quiet_walk(&bare, 50);
}

#[test]
fn an_address_that_was_never_there_is_not_lost() {
    let archive = Archive::new();
    let bare = [without_url(video("101")), picture("102")];
    archive.walk(&bare, 10);
    archive.quiet_walk(&bare, 20);
    assert_eq!(archive.events(), ["url_absent"]);
    archive.walk(&[video("101"), picture("102")], 30);
    assert_eq!(archive.events(), ["url_absent"], "and has nothing to come back from");
    archive.walk(&bare, 40);
    assert_eq!(archive.events(), ["url_absent", "url_lost"]);
}

#[test]
fn an_address_that_a_walk_shows_after_all_leaves_no_trace() {
    let archive = Archive::new();
    archive.walk(&[picture("101"), picture("102")], 10);
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    archive.page(walk, &[without_url(picture("101"))], 20);
    assert_eq!(archive.one(PENDING), "1");
    archive.page(walk, &[picture("101"), picture("102")], 30);
    archive.complete(walk, 40);
    assert!(archive.events().is_empty() && archive.rows(LOSSES).is_empty());
    assert_eq!(archive.one(PENDING), "0");
}

#[test]
fn a_field_that_was_refused_never_loses_an_address() {
    let archive = Archive::new();
    let items = || [picture("101"), album("102", &["201"])];
    let bare = || {
        let mut item = album("102", &[]);
        item.children = Field::Value(vec![without_url(slide("201"))]);
        [without_url(picture("101")), sealed(item)]
    };
    let fewer = FIELDS.replace("media_url,", "");
    archive.walk(&items(), 10);
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    let set = fewer.clone();
    archive.write(move |w| w.change_field_set(walk, &set));
    archive.page(walk, &bare(), 20);
    archive.complete(walk, 20);
    assert_eq!(archive.one(PENDING), "0");

    // The API refuses the field after a page: what that page lacked says no more than the rest.
    let walk = archive.begin(Edge::Media, FIELDS, 30);
    archive.page(walk, &bare(), 30);
    assert_eq!(archive.one(PENDING), "2");
    let set = fewer.clone();
    archive.write(move |w| w.change_field_set(walk, &set));
    archive.complete(walk, 30);
    let walk = archive.begin(Edge::Media, &fewer, 40);
    archive.page(walk, &bare(), 40);
    archive.complete(walk, 40);
    assert!(archive.events().is_empty() && archive.rows(LOSSES).is_empty());

    archive.walk(&bare(), 50);
    assert_eq!(archive.events(), ["url_lost", "url_lost"], "asked for again and absent again");
    assert_eq!(
        archive.rows(LOSSES),
        vec![["2026-11-01T00:00:10Z", "2026-11-01T00:00:30Z", "NULL"]; 2],
        "it was last there before anybody stopped asking"
    );
}

#[test]
fn a_slide_loses_its_address_and_an_albums_own_is_nobodys() {
    let archive = Archive::new();
    let with = |slides: Vec<Observation>, own: bool| {
        let mut item = album("101", &[]);
        item.children = Field::Value(slides);
        if !own {
            item.media_url = Field::Absent;
        }
        [sealed(item), picture("102")]
    };
    archive.walk(&with(vec![slide("201"), slide("202")], true), 10);
    let bare = with(vec![slide("201"), without_url(slide("202"))], false);
    archive.walk(&bare, 20);
    assert_eq!(archive.rows(LOST), [["202", "media", "0", "NULL", "NULL"]]);
    archive.quiet_walk(&bare, 30);
}

#[test]
fn a_kill_between_page_and_end_loses_nothing() {
    let archive = Archive::new();
    let items = || [picture("101"), picture("102")];
    let bare = || [without_url(picture("101")), picture("102")];
    archive.walk(&items(), 10);
    let walk = archive.begin(Edge::Media, FIELDS, 20);
    archive.page(walk, &bare(), 20);
    archive.write(Writer::interrupt_running_walks);
    archive.walk(&[picture("102")], 30);
    assert!(archive.rows(LOSSES).is_empty(), "a walk that does not show the item says nothing");
    archive.walk(&bare(), 40);
    assert_eq!(
        archive.rows(LOSSES),
        [["2026-11-01T00:00:10Z", "2026-11-01T00:00:20Z", "NULL"]],
        "it was absent from the killed walk on"
    );

    archive.walk(&items(), 50);
    let walk = archive.begin(Edge::Media, FIELDS, 60);
    archive.page(walk, &bare(), 60);
    archive.write(Writer::interrupt_running_walks);
    archive.walk(&items(), 70);
    assert_eq!(archive.events(), ["url_lost", "url_regained"]);
    assert_eq!(archive.one(PENDING), "0");
}

#[test]
fn an_answer_that_lacks_more_than_the_address_loses_nothing() {
    let archive = Archive::new();
    archive.walk(&[picture("101"), picture("102")], 10);
    let mut worse = picture("101");
    worse.permalink = Field::Absent;
    let worse = [without_url(worse), picture("102")];
    archive.walk(&worse, 20);
    archive.walk(&worse, 30);
    assert_eq!(archive.one(PENDING), "0");
    assert_eq!(archive.events(), ["worse_answer"]);
    let whole = [without_url(picture("101")), picture("102")];
    archive.walk(&whole, 40);
    assert_eq!(archive.rows(LOSSES), [["2026-11-01T00:00:10Z", "2026-11-01T00:00:40Z", "NULL"]]);
    archive.walk(&[picture("101"), picture("102")], 50);

    // Absent in a walk that was cut off, then in a worse answer: still only absent once.
    let walk = archive.begin(Edge::Media, FIELDS, 60);
    archive.page(walk, &whole, 60);
    archive.write(Writer::interrupt_running_walks);
    archive.walk(&worse, 70);
    assert_eq!(archive.rows(LOSSES).len(), 1);
    archive.walk(&whole, 80);
    assert_eq!(archive.rows(LOSSES).len(), 2);
}

#[test]
fn an_answer_that_stands_alone_loses_no_address_and_finds_one() {
    let archive = Archive::new();
    archive.walk(&[picture("101"), picture("102")], 10);
    let read = |item: Observation, seconds| {
        let asked = AskedFields::parse(FIELDS);
        archive.write(move |w| w.observe_item(&bakery(), Edge::Media, &item, &asked, at(seconds)));
    };
    read(without_url(picture("101")), 20);
    let tags = archive.begin(Edge::Tags, FIELDS, 30);
    archive.page(tags, &[without_url(picture("101"))], 30);
    archive.complete(tags, 30);
    assert_eq!(archive.one(PENDING), "0");
    archive.walk(&[without_url(picture("101")), picture("102")], 40);
    assert_eq!(archive.rows(LOSSES), [["2026-11-01T00:00:10Z", "2026-11-01T00:00:40Z", "NULL"]]);
    read(picture("101"), 50);
    assert_eq!(archive.events(), ["url_lost", "url_regained"]);
}

#[test]
fn too_many_lost_addresses_are_held_and_believed_when_they_stay_away() {
    let archive = Archive::new();
    archive.walk(&pictures(40, 0), 10);
    archive.walk(&pictures(40, 30), 20);
    assert_eq!(archive.events(), ["walk_held"]);
    assert_eq!(
        archive.one("SELECT detail FROM events WHERE kind = 'walk_held'"),
        r#"{"kind":"url","reason":"too_many","items":30,"looked_at":40}"#
    );
    assert_eq!(archive.rows(HOLDS), [["url", "too_many", "30", "40", "NULL"]]);
    assert_eq!(archive.rows("SELECT DISTINCT role FROM held_item"), [["media"]]);
    archive.quiet_walk(&pictures(40, 30), 30);
    archive.quiet_walk(&pictures(40, 30), DAY + 19);
    let part: Vec<_> = pictures(40, 30).split_off(1);
    let walk = archive.begin_part(2 * DAY);
    archive.page(walk, &part, 2 * DAY);
    archive.complete(walk, 2 * DAY);
    assert!(archive.rows(LOSSES).is_empty(), "one of them was not shown");

    archive.walk(&pictures(40, 30), 3 * DAY);
    assert_eq!(
        archive.rows(LOSSES),
        vec![["2026-11-01T00:00:10Z", "2026-11-01T00:00:20Z", "NULL"]; 30]
    );
    assert_eq!(archive.rows(HOLDS), [["url", "too_many", "30", "40", "confirmed"]]);
    assert_eq!(
        archive.one("SELECT detail FROM events WHERE kind = 'hold_ended'"),
        r#"{"kind":"url","held_walk":2,"by":"confirmed","items":30}"#
    );
    assert_eq!(archive.events().len(), 32);
    archive.quiet_walk(&pictures(40, 30), 4 * DAY);
}

#[test]
fn held_addresses_of_items_that_left_the_list_hold_nothing_up() {
    let archive = Archive::new();
    archive.walk(&pictures(40, 0), 10);
    archive.walk(&pictures(40, 30), 20);
    let rest: Vec<_> = pictures(40, 30).split_off(3);
    archive.walk(&rest, 2 * DAY);
    assert_eq!(archive.rows(LOSSES).len(), 27, "of those that a walk of everything shows");
    assert_eq!(archive.rows(HOLDS), [["url", "too_many", "30", "40", "confirmed"]]);
    archive.quiet_walk(&rest, 3 * DAY);
    archive.walk(&pictures(40, 30), 4 * DAY);
    assert_eq!(archive.rows(LOSSES).len(), 30, "they are there again, still without it");

    let archive = Archive::new();
    archive.walk(&pictures(40, 0), 10);
    archive.walk(&pictures(40, 30), 20);
    let others = pictures(40, 30).split_off(30);
    archive.walk(&others, 30);
    assert_eq!(archive.rows(HOLDS), [["url", "too_many", "30", "40", "dropped"]]);
    assert!(archive.rows(LOSSES).is_empty());
    archive.quiet_walk(&others, 40);
}

#[test]
fn a_hold_on_addresses_of_stories_ends_with_the_stories() {
    for shows_others in [true, false] {
        let archive = Archive::new();
        let look = |items: &[Observation], seconds| {
            let walk = Walk { edge: Edge::Stories, ..Walk::at(seconds) };
            archive.go(&walk, items)
        };
        look(&stories(30, 0), 10);
        look(&stories(30, 30), HOUR);
        assert_eq!(archive.rows(HOLDS), [["url", "too_many", "30", "30", "NULL"]]);
        look(&stories(30, 30), 2 * HOUR);
        assert_eq!(archive.rows(HOLDS)[0][4], "NULL", "they are still there");
        let next = if shows_others { vec![dated("901", DAY)] } else { Vec::new() };
        look(&next, 2 * DAY);
        assert_eq!(archive.rows(HOLDS)[0][4], "dropped");
        assert!(archive.rows(LOSSES).is_empty());
        assert_eq!(archive.one("SELECT count(*) FROM items WHERE state = 'expired'"), "30");
    }
}

#[test]
fn a_hold_on_addresses_is_not_dropped_by_a_walk_that_is_held_itself() {
    let archive = Archive::new();
    let items = |missing| {
        let item = |n: i64| {
            let item = dated(&(1_000 + n).to_string(), -n * HOUR);
            if n <= missing { without_url(item) } else { item }
        };
        (1..=40).map(item).collect::<Vec<_>>()
    };
    archive.look(&items(0), 0);
    archive.look(&items(30), HOUR);
    archive.look(&items(30)[30..], 2 * HOUR);
    assert_eq!(
        archive.rows("SELECT kind, ended_by FROM hold"),
        [["url", "NULL"], ["missing", "NULL"]]
    );
    archive.look(&items(30)[30..], 2 * DAY);
    assert_eq!(
        archive.rows("SELECT kind, ended_by FROM hold ORDER BY walk_id"),
        [["url", "dropped"], ["missing", "confirmed"]]
    );
}

#[test]
fn held_addresses_that_come_back_were_never_lost() {
    let archive = Archive::new();
    archive.walk(&pictures(40, 0), 10);
    archive.walk(&pictures(40, 30), 20);
    archive.walk(&pictures(40, 0), 30);
    assert_eq!(archive.events(), ["walk_held", "hold_ended"]);
    assert_eq!(archive.rows(HOLDS), [["url", "too_many", "30", "40", "dropped"]]);
    assert!(archive.rows(LOSSES).is_empty());
    assert_eq!(archive.one(PENDING), "0");
    archive.quiet_walk(&pictures(40, 0), 40);
}

#[test]
fn those_that_stay_away_when_others_come_back_are_weighed_again() {
    let archive = Archive::new();
    archive.walk(&pictures(40, 0), 10);
    archive.walk(&pictures(40, 30), 20);
    archive.walk(&pictures(40, 25), 30);
    assert_eq!(
        archive.rows(HOLDS),
        [["url", "too_many", "30", "40", "dropped"], ["url", "too_many", "25", "40", "NULL"]]
    );
    archive.walk(&pictures(40, 20), 40);
    assert_eq!(archive.rows(LOSSES).len(), 20, "so few are believed");
    assert_eq!(archive.rows(HOLDS)[1][4], "dropped");
}

#[test]
fn few_of_many_are_no_reason_for_the_brake() {
    let archive = Archive::new();
    archive.walk(&pictures(421, 0), 10);
    archive.walk(&pictures(421, 21), 20);
    assert_eq!(archive.rows(LOSSES).len(), 21);
    archive.walk(&pictures(421, 42), 30);
    assert_eq!(
        archive.rows(HOLDS),
        [["url", "too_many", "21", "400", "NULL"]],
        "those that were lost before are not looked at"
    );
}

#[test]
fn the_first_walk_in_another_way_is_not_believed_at_once() {
    let archive = Archive::new();
    let walk = |missing, version, seconds| {
        let walk = archive.begin(Edge::Media, FIELDS, seconds);
        archive.page(walk, &pictures(5, missing), seconds);
        archive.complete_with_version(walk, version, seconds);
    };
    walk(0, "v25.0", 10);
    walk(1, "v26.0", 20);
    assert_eq!(archive.rows(HOLDS), [["url", "observer_changed", "1", "5", "NULL"]]);
    walk(2, "v26.0", 30);
    assert_eq!(archive.rows(LOSSES).len(), 1, "the other one was lost by the same observer");
    walk(2, "v27.0", 40 + DAY);
    assert_eq!(archive.rows(LOSSES).len(), 1, "nor does another one confirm it");
    walk(2, "v27.0", 50 + DAY);
    assert_eq!(archive.rows(LOSSES).len(), 2);
    assert_eq!(archive.rows(HOLDS)[0][4], "confirmed");
}

#[test]
fn each_file_of_a_video_is_lost_by_itself() {
    let archive = Archive::new();
    let queue = archive.walk(&[video("101"), picture("102")], 10).assets;
    let thumbnail = queue.iter().find(|file| file.role == AssetRole::Thumbnail).unwrap();
    hold(&archive, thumbnail, b"poster", 20);
    archive.walk(&[without_url(video("101")), picture("102")], 30);
    assert_eq!(
        archive.rows(LOST),
        [["101", "media", "0", "NULL", "NULL"]],
        "a poster is not the video"
    );
}

#[test]
fn the_pages_that_prove_a_lost_address_are_kept_for_ever_and_named() {
    let archive = Archive::new();
    // Two pages of one second: the item tells them apart.
    let walk = |items: Vec<Observation>, seconds| {
        let walk = archive.begin(Edge::Media, FIELDS, seconds);
        for item in items {
            let text = PageText { request: "/media".to_owned(), body: item.raw.clone() };
            archive.write(move |w| {
                w.record_page(walk, &[item], &[], Recheck::Path, Some(&text), at(seconds))
            });
        }
        archive.complete(walk, seconds + 1);
    };
    let (whole, bare) = (picture("101"), without_url(picture("101")));
    walk(vec![picture("102"), whole.clone()], 10);
    walk(vec![picture("102"), bare.clone()], 20);
    assert_eq!(
        archive.rows(
            "SELECT detail ->> 'last_response_sha256', detail ->> 'response_sha256'
             FROM events WHERE kind = 'url_lost'"
        ),
        [[blob(whole.raw.as_bytes()).to_string(), blob(bare.raw.as_bytes()).to_string()]]
    );
    walk(vec![picture("102")], 30);
    archive.write(|w| w.prune_responses(at(10 * DAY)));
    assert_eq!(
        archive.rows("SELECT lower(hex(digest)) FROM response ORDER BY response_id"),
        [[blob(whole.raw.as_bytes()).to_string()], [blob(bare.raw.as_bytes()).to_string()]]
    );
}

#[test]
fn a_lost_address_whose_pages_are_pruned_is_told_without_them() {
    let archive = Archive::new();
    archive.walk(&[picture("101"), picture("102")], 10);
    archive.walk(&[without_url(picture("101")), picture("102")], 20);
    assert_eq!(
        archive.rows(
            "SELECT detail ->> 'last_response_sha256', detail ->> 'response_sha256'
             FROM events WHERE kind = 'url_lost'"
        ),
        [["NULL", "NULL"]]
    );
}
