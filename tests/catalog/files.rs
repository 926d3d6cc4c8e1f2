//! Files: expected, fetched, failed, held, verified.

use mediakeep::catalog::{
    AssetId, CatalogError, FileFailure, Fixity, HeldTally, QueuedAsset, Recheck, Verification,
    VerifyOrder,
};
use mediakeep::domain::fetch::Cause;
use mediakeep::domain::{AssetRole, Edge, Field, FileFault};

use crate::support::{
    Archive, FIELDS, album, at, bakery, blob, held, link, picture, sealed, slide, video,
};

const FILES: &str = "SELECT media_id, role, version, state FROM files ORDER BY 1, 2, 3";

fn hold(archive: &Archive, asset: &QueuedAsset, bytes: &[u8], seconds: i64) -> HeldTally {
    let path = format!("/v/t51/{}.jpg", asset.media_id);
    let file = held(asset, bytes, &path);
    archive.write(move |w| w.record_held(&[file], at(seconds)))
}

fn fail(archive: &Archive, asset: AssetId, fault: FileFault, seconds: i64) -> u32 {
    let failure = FileFailure { asset, fault, error: "cut".to_owned(), http_status: Some(200) };
    archive.write(move |w| w.record_file_failure(&failure, at(seconds)))
}

fn due(archive: &Archive, seconds: i64) -> Vec<QueuedAsset> {
    archive.write(move |w| w.due_assets(&bakery(), None, 100, at(seconds)))
}

fn verify(archive: &Archive, bytes: &[u8], fixity: Fixity, seconds: i64) {
    let result = Verification { blob: blob(bytes), fixity };
    archive.write(move |w| w.record_verified(&[result], at(seconds)));
}

#[test]
fn each_kind_of_item_expects_its_files() {
    let archive = Archive::new();
    let record = archive.walk(&[picture("101"), video("102"), album("103", &["201", "202"])], 10);
    let queued: Vec<_> = record
        .assets
        .iter()
        .map(|a| {
            let parent = a.parent_id.as_ref().map_or("", |id| id.as_str());
            assert_eq!((a.cause, a.tries), (Cause::New, 0));
            (a.media_id.as_str(), parent, a.role, a.is_video)
        })
        .collect();
    assert_eq!(
        queued,
        [
            ("101", "", AssetRole::Media, false),
            ("102", "", AssetRole::Media, true),
            ("102", "", AssetRole::Thumbnail, true),
            ("201", "103", AssetRole::Media, false),
            ("202", "103", AssetRole::Media, false),
        ]
    );
    assert_eq!(
        archive.rows("SELECT media_id, files_expected, files_held FROM posts ORDER BY 1"),
        [["101", "1", "0"], ["102", "2", "0"], ["103", "2", "0"]]
    );
}

#[test]
fn a_file_without_an_address_from_the_start_is_not_expected() {
    let archive = Archive::new();
    let mut reel = video("101");
    reel.media_url = Field::Absent;
    let record = archive.walk(&[sealed(reel)], 10);
    assert_eq!(record.assets.len(), 1);
    assert_eq!(
        archive.rows(FILES),
        [["101", "media", "NULL", "no_url"], ["101", "thumbnail", "NULL", "pending"]]
    );
    assert_eq!(archive.one("SELECT files_expected FROM posts"), "1");
    let absent = "SELECT role FROM events WHERE kind = 'url_absent'";
    assert_eq!(archive.rows(absent), [["media"]]);

    let record = archive.walk(&[video("101")], 20);
    assert_eq!(record.assets.len(), 2);
    assert_eq!(archive.one("SELECT files_expected FROM posts"), "2");
}

#[test]
fn an_address_that_is_lost_stays_expected_and_leaves_a_row() {
    let archive = Archive::new();
    archive.walk(&[picture("101")], 10);
    let mut without = picture("101");
    without.media_url = Field::Absent;
    let without = sealed(without);
    for seconds in [20, 30] {
        archive.walk(std::slice::from_ref(&without), seconds);
    }
    assert_eq!(archive.one("SELECT files_expected FROM posts"), "1");
    let losses = "SELECT last_url_at, lost_at, regained_at FROM url_loss";
    assert_eq!(archive.rows(losses), [["2026-11-01T00:00:10Z", "2026-11-01T00:00:20Z", "NULL"]]);
    assert_eq!(archive.walk(&[picture("101")], 40).assets.len(), 1);
    assert_eq!(archive.one("SELECT regained_at FROM url_loss"), "2026-11-01T00:00:40Z");
    assert_eq!(archive.one("SELECT count(*) FROM events WHERE kind = 'url_absent'"), "0");
}

#[test]
fn a_held_file_is_described_and_not_queued_again() {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101")], 10).assets;
    let tally = hold(&archive, &queue[0], b"bytes", 20);
    assert_eq!(tally, HeldTally { files_new: 1, files_same: 0, versions_new: 0 });
    let name = blob(b"bytes").to_string();
    assert_eq!(
        archive.rows(
            "SELECT version, state, sha256, path, size_bytes, mime_type, width, height,
             duration_ms, held_at, last_error FROM files"
        ),
        [[
            "1",
            "held",
            &name,
            &format!("blobs/{}/{name}", &name[..2]),
            "5",
            "image/jpeg",
            "1080",
            "1350",
            "NULL",
            "2026-11-01T00:00:20Z",
            "NULL"
        ]]
    );
    assert!(archive.walk(&[picture("101")], 30).assets.is_empty());
    assert!(due(&archive, 30).is_empty());
    assert_eq!(archive.rows("SELECT listed, held FROM accounts"), [["1", "1"]]);
}

#[test]
fn other_bytes_are_a_new_version_and_the_same_bytes_are_not() {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101"), picture("102")], 10).assets;
    hold(&archive, &queue[0], b"old", 20);
    let rows = archive.write(|w| Ok(w.rows_written()));
    assert_eq!(hold(&archive, &queue[0], b"old", 30).files_same, 1);
    assert_eq!(archive.write(|w| Ok(w.rows_written())), rows);
    assert_eq!(hold(&archive, &queue[0], b"new", 40).versions_new, 1);
    assert_eq!(hold(&archive, &queue[1], b"old", 50).files_new, 1);
    assert_eq!(
        archive.rows(FILES),
        [
            ["101", "media", "1", "held"],
            ["101", "media", "2", "held"],
            ["102", "media", "1", "held"]
        ]
    );
    assert_eq!(archive.one("SELECT count(*) FROM blob"), "2");
    assert_eq!(archive.one("SELECT files_held FROM posts WHERE media_id = '101'"), "1");
}

#[test]
fn a_new_path_is_a_reason_to_look_again_unless_told_otherwise() {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101")], 10).assets;
    hold(&archive, &queue[0], b"bytes", 20);
    let mut moved = picture("101");
    moved.media_url = Field::Value(link("elsewhere.jpg"));
    for (item, recheck, expected) in [
        (picture("101"), Recheck::Path, 0),
        (picture("101"), Recheck::Always, 1),
        (moved.clone(), Recheck::Path, 1),
        (moved.clone(), Recheck::Never, 0),
    ] {
        let walk = archive.begin(Edge::Media, FIELDS, 30);
        let record = archive.page_with(walk, &[item], recheck, 30);
        let causes: Vec<_> = record.assets.iter().map(|asset| asset.cause).collect();
        assert_eq!(causes, vec![Cause::Recheck; expected], "{recheck:?}");
    }
    let file = held(&queue[0], b"bytes", "/v/t51/elsewhere.jpg");
    archive.write(move |w| w.record_held(&[file], at(40)));
    assert!(archive.walk(&[moved], 50).assets.is_empty());
}

#[test]
fn a_failed_file_rests_and_is_forgotten_only_by_success() {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101")], 10).assets;
    let asset = queue[0].asset;
    assert_eq!(fail(&archive, asset, FileFault::Transient, 20), 1);
    assert_eq!(archive.rows(FILES), [["101", "media", "NULL", "failed"]]);
    assert!(due(&archive, 79).is_empty());
    assert!(archive.walk(&[picture("101")], 79).assets.is_empty());

    let again = due(&archive, 80);
    assert_eq!((again[0].asset, again[0].cause, again[0].tries), (asset, Cause::Retry, 1));
    assert_eq!(archive.walk(&[picture("101")], 80).assets, again);
    assert_eq!(fail(&archive, asset, FileFault::LinkAged, 90), 2);
    assert_eq!(
        archive.rows(
            "SELECT media_id, role, stage, class, tries, first_at, last_at, next_try_at, error
             FROM failures"
        ),
        [[
            "101",
            "media",
            "file",
            "link_aged",
            "2",
            "2026-11-01T00:00:20Z",
            "2026-11-01T00:01:30Z",
            "2026-11-01T00:06:30Z",
            "cut"
        ]]
    );
    assert_eq!(archive.one("SELECT last_error FROM files"), "cut");
    hold(&archive, &queue[0], b"bytes", 400);
    assert!(archive.rows("SELECT * FROM failures").is_empty());
    assert_eq!(fail(&archive, asset, FileFault::Transient, 500), 1);
    assert_eq!(archive.rows(FILES), [["101", "media", "1", "held"]], "held stays held");
}

#[test]
fn due_files_come_in_pages() {
    let archive = Archive::new();
    let ids: Vec<String> = (101..108).map(|id| id.to_string()).collect();
    let items: Vec<_> = ids.iter().map(|id| picture(id)).collect();
    let queue = archive.walk(&items, 10).assets;
    let mut seen = Vec::new();
    let mut after = None;
    for _ in 0..ids.len() {
        let page = archive.write(move |w| w.due_assets(&bakery(), after, 3, at(20)));
        after = page.last().map(|asset| asset.asset);
        seen.extend(page);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, queue);
}

#[test]
fn an_unreadable_address_is_pending_until_it_is_read() {
    let archive = Archive::new();
    let mut odd = picture("101");
    odd.media_url = Field::Unreadable;
    let odd = sealed(odd);
    assert!(archive.walk(std::slice::from_ref(&odd), 10).assets.is_empty());
    assert_eq!(due(&archive, 20).len(), 1);
    assert_eq!(archive.one("SELECT files_expected FROM posts"), "1");
    assert_eq!(archive.walk(&[picture("101")], 30).assets.len(), 1);
}

#[test]
fn slides_without_an_address_are_reported_under_their_own_id() {
    let archive = Archive::new();
    let mut item = album("101", &["201"]);
    let mut blocked = slide("202");
    blocked.media_url = Field::Absent;
    if let Field::Value(slides) = &mut item.children {
        slides.push(sealed(blocked));
    }
    archive.walk(&[item], 10);
    let absent = "SELECT media_id, role FROM events WHERE kind = 'url_absent'";
    assert_eq!(archive.rows(absent), [["202", "media"]]);
    assert_eq!(archive.one("SELECT files_expected FROM posts"), "1");
}

#[test]
fn damage_is_an_event_and_a_failure_and_is_repaired_by_the_same_bytes() {
    for fixity in [Fixity::Damaged, Fixity::Missing] {
        let archive = Archive::new();
        let queue = archive.walk(&[picture("101"), picture("102")], 10).assets;
        for asset in &queue {
            hold(&archive, asset, b"shared", 20);
        }
        verify(&archive, b"shared", fixity, 30);
        verify(&archive, b"shared", fixity, 40);
        let pending = [["101", "media", "1", "pending"], ["102", "media", "1", "pending"]];
        assert_eq!(archive.rows(FILES), pending);
        assert_eq!(due(&archive, 40).len(), 2);
        assert_eq!(archive.one("SELECT count(*) FROM failures WHERE stage = 'verify'"), "2");

        assert_eq!(hold(&archive, &queue[1], b"shared", 50).files_same, 1);
        let held = [["101", "media", "1", "held"], ["102", "media", "1", "held"]];
        assert_eq!(archive.rows(FILES), held);
        assert!(archive.rows("SELECT * FROM failures").is_empty());
        assert_eq!(
            archive
                .rows("SELECT kind, media_id FROM events WHERE kind <> 'first_seen' ORDER BY id"),
            [["damaged", "101"], ["damaged", "102"], ["repaired", "101"], ["repaired", "102"]]
        );
    }
}

#[test]
fn damage_that_other_bytes_follow_is_not_forgotten() {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101")], 10).assets;
    hold(&archive, &queue[0], b"old", 20);
    verify(&archive, b"old", Fixity::Damaged, 30);
    assert_eq!(hold(&archive, &queue[0], b"new", 40).versions_new, 1);
    assert_eq!(
        archive.rows(FILES),
        [["101", "media", "1", "failed"], ["101", "media", "2", "held"]]
    );
    assert_eq!(archive.rows("SELECT stage, class FROM failures"), [["verify", "damaged"]]);
    assert!(due(&archive, 40).is_empty());

    verify(&archive, b"old", Fixity::Intact, 50);
    assert!(archive.rows("SELECT * FROM failures").is_empty());
    assert_eq!(archive.one("SELECT count(*) FROM files WHERE state = 'held'"), "2");
}

#[test]
fn blobs_are_verified_by_name_or_the_longest_unread_first() {
    let archive = Archive::new();
    let ids = ["101", "102", "103"];
    let queue = archive.walk(&ids.map(picture), 10).assets;
    for (asset, seconds) in queue.iter().zip((20..).step_by(10)) {
        hold(&archive, asset, asset.media_id.as_str().as_bytes(), seconds);
    }
    let list = |order| {
        let rows = archive.write(move |w| w.blobs_to_verify(order, 2));
        rows.into_iter().map(|row| row.blob).collect::<Vec<_>>()
    };
    let mut names = ids.map(|id| blob(id.as_bytes()));
    let oldest = VerifyOrder::Oldest { before: at(100) };
    assert_eq!(list(oldest), [names[0], names[1]]);
    verify(&archive, b"101", Fixity::Intact, 100);
    assert_eq!(list(oldest), [names[1], names[2]]);
    names.sort();
    assert_eq!(list(VerifyOrder::ByName { after: None }), [names[0], names[1]]);
    assert_eq!(list(VerifyOrder::ByName { after: Some(names[1]) }), [names[2]]);
    assert_eq!(archive.write(mediakeep::catalog::Writer::blob_count), 3);
}

#[test]
fn files_and_blobs_that_are_unknown_are_refused_whole() {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101")], 10).assets;
    let good = held(&queue[0], b"bytes", "/p");
    let mut bad = good.clone();
    bad.asset = AssetId(99);
    let result = archive.attempt(move |w| w.record_held(&[good, bad], at(20)));
    assert!(matches!(result, Err(CatalogError::UnknownAsset(99))));
    assert_eq!(archive.rows(FILES), [["101", "media", "NULL", "pending"]]);
    let unknown = Verification { blob: blob(b"?"), fixity: Fixity::Intact };
    let result = archive.attempt(move |w| w.record_verified(&[unknown], at(20)));
    assert!(matches!(result, Err(CatalogError::UnknownBlob(_))));
}
