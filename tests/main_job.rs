//! The main job with the real binary: two accounts, both logins, everything held, proven with
//! other people's tools.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::process::Command;

use graph_sandbox::{FileTruth, ItemTruth, PostKind};
use support::{Rig, files_below};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_the_world_shows_is_held_byte_for_byte() {
    let rig = Rig::start(Rig::settings(30)).await;
    rig.run(&["sync"]).expect(0);
    for account in &rig.sandbox.ready().accounts {
        let world = rig.sandbox.world();
        let truth: Vec<ItemTruth> =
            world.posts(&account.name).into_iter().chain(world.stories(&account.name)).collect();
        assert!(truth.len() > 30);
        for post in &truth {
            assert_item_is_held(&rig, post, None).await;
            for (position, child) in post.children.iter().enumerate() {
                assert_item_is_held(&rig, child, Some((post, position))).await;
            }
        }
        let listed = rig
            .sql_count(&format!("SELECT count(*) FROM posts WHERE account = '{}'", account.name));
        assert_eq!(listed, i64::try_from(truth.len()).unwrap(), "{}", account.name);
    }
    assert_eq!(rig.sandbox.counters().write_calls, 0);
    assert_eq!(rig.sandbox.counters().calls_while_blocked, 0);
}

async fn assert_item_is_held(rig: &Rig, item: &ItemTruth, parent: Option<(&ItemTruth, usize)>) {
    let row = rig.sql(&format!("SELECT * FROM items WHERE media_id = '{}'", item.id)).remove(0);
    assert_eq!(row["account"], item.account.as_str());
    assert_eq!(row["shortcode"], item.shortcode.as_str());
    assert_eq!(row["state"], "present");
    if let Some((album, position)) = parent {
        assert_eq!(row["parent_id"], album.id.as_str());
        assert_eq!(row["position"].as_u64().unwrap(), position as u64);
    } else {
        let caption = item.caption.as_deref().map_or(serde_json::Value::Null, Into::into);
        assert_eq!(row["caption"], caption, "{}", item.id);
    }
    for file in &item.files {
        let role = serde_json::to_value(file.role).unwrap();
        let query = format!(
            "SELECT state, sha256, size_bytes, path FROM files WHERE media_id = '{}' AND role = {}",
            item.id,
            role.to_string().replace('"', "'")
        );
        let held = rig.sql(&query).remove(0);
        if file.offered {
            assert_eq!(held["state"], "held", "{} {role}", item.id);
            let bytes = bytes_of(rig, file).await;
            let path = rig.archive().join(held["path"].as_str().unwrap());
            assert!(fs::read(path).unwrap() == bytes, "{} {role}: other bytes", item.id);
            assert_eq!(held["size_bytes"].as_u64().unwrap(), bytes.len() as u64);
        } else {
            assert_eq!(held["state"], "no_url", "{} {role}", item.id);
        }
    }
}

async fn bytes_of(rig: &Rig, file: &FileTruth) -> Vec<u8> {
    let link = rig.sandbox.files().link(&file.spec);
    let response = reqwest::get(link).await.unwrap();
    assert!(response.status().is_success());
    response.bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn sha256sum_verifies_the_store_without_us() {
    let rig = Rig::start(Rig::settings(20)).await;
    rig.run(&["sync"]).expect(0);
    let blobs = files_below(&rig.archive().join("blobs"));
    assert!(blobs.len() > 20);
    let output = Command::new("sha256sum").args(&blobs).output().unwrap();
    let sums = String::from_utf8(output.stdout).unwrap();
    assert_eq!(sums.lines().count(), blobs.len());
    for line in sums.lines() {
        let (sum, path) = line.split_once("  ").unwrap();
        assert!(path.ends_with(&format!("/{}/{sum}", &sum[..2])), "{line}");
    }
    let named: i64 = rig.sql_count("SELECT count(DISTINCT sha256) FROM files WHERE state = 'held'");
    assert_eq!(usize::try_from(named).unwrap(), blobs.len(), "no stray blobs, no missing ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pass_over_an_unchanged_world_changes_and_fetches_nothing() {
    let rig = Rig::start(Rig::settings(40)).await;
    rig.run(&["sync"]).expect(0);
    let (before, served) = (rig.content(), rig.sandbox.counters().file_bytes);
    let events = rig.sql_count("SELECT count(*) FROM events");
    let metrics = rig.sql_count("SELECT count(*) FROM metrics");
    rig.run(&["sync"]).expect(0);
    assert_eq!(rig.content(), before);
    assert_eq!(rig.sandbox.counters().file_bytes, served, "a file was fetched again");
    assert_eq!(rig.sql_count("SELECT count(*) FROM events"), events);
    assert_eq!(rig.sql_count("SELECT count(*) FROM metrics"), metrics);
    let walks = rig.sql("SELECT outcome, new, changed FROM walks ORDER BY walk_id DESC LIMIT 4");
    assert!(walks.iter().all(|w| w["outcome"] == "complete" && w["new"] == 0 && w["changed"] == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_pass_keeps_no_answer_again_and_costs_a_row_per_page() {
    let rig = Rig::start(Rig::settings(120)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    let size = |table: &str| {
        rig.sql_count(&format!("SELECT sum(payload) FROM dbstat WHERE name = '{table}'"))
    };
    let answers = "SELECT count(*) FROM response";
    let pages = "SELECT count(*) FROM walk_page";
    let before = (size("response"), rig.sql_count(answers));
    let (bytes, rows) = (size("walk_page"), rig.sql_count(pages));
    rig.run(&["sync", "--metadata-only"]).expect(0);
    assert_eq!((size("response"), rig.sql_count(answers)), before);
    let new_rows = rig.sql_count(pages) - rows;
    let listed = rig.sql_count(
        "SELECT sum(pages) FROM walks WHERE walk_id > (SELECT max(walk_id) - 4 FROM walks)",
    );
    assert_eq!(new_rows, listed);
    let per_page = (size("walk_page") - bytes) / new_rows;
    assert!((100..600).contains(&per_page), "{per_page} bytes a page");
    // A hundred posts with their slides, packed.
    assert!(before.0 < 60_000, "{} bytes for the answers", before.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_answers_go_at_the_end_of_a_pass() {
    let rig = Rig::start(Rig::settings(4)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    let first = "SELECT count(*) FROM walk_page WHERE walk_id <= 4";
    assert!(rig.sql_count(first) > 0);
    let name = rig.sandbox.ready().accounts[0].name.clone();
    let posts = rig.sandbox.world().posts(&name);
    rig.sandbox.world().edit_caption(&posts[0].id, Some("other words")).unwrap();
    let answers = rig.sql_count("SELECT count(*) FROM response");
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let mut later = rig.command(&["sync", "--metadata-only"]);
    later.env("MEDIAKEEP__ARCHIVE__KEEP_RESPONSES", "1s");
    support::Ran::from(later.output().unwrap()).expect(0);
    assert_eq!(rig.sql_count(first), 0);
    // One page has other words now, and its former text is nobody's any more.
    assert_eq!(rig.sql_count("SELECT count(*) FROM response"), answers);
    assert_eq!(rig.sql_count("SELECT count(*) FROM walks"), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_become_history_and_old_versions_stay() {
    let rig = Rig::start(Rig::settings(12)).await;
    rig.run(&["sync"]).expect(0);
    let world = rig.sandbox.world();
    let name = rig.sandbox.ready().accounts[0].name.clone();
    let posts = world.posts(&name);
    let photo = posts.iter().find(|p| p.children.is_empty() && p.caption.is_some()).unwrap();
    let old_caption = photo.caption.clone().unwrap();
    let old_files = rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'");
    let album = posts.iter().find(|p| p.children.len() > 1).unwrap();
    world.edit_caption(&photo.id, Some("new words 🌊 \u{202e}rtl")).unwrap();
    world.set_alt_text(&photo.id, Some("a harbour")).unwrap();
    world.reorder_children(&album.id).unwrap();
    let bare = posts.iter().rfind(|p| p.id != photo.id && p.caption.is_some()).unwrap();
    world.edit_caption(&bare.id, None).unwrap();
    world.publish(&name, PostKind::Reel).unwrap();
    rig.run(&["sync"]).expect(0);

    let change = |id: &str, field: &str| {
        let query =
            format!("SELECT old, new FROM changes WHERE media_id = '{id}' AND field = '{field}'");
        let mut rows = rig.sql(&query);
        assert_eq!(rows.len(), 1, "{id} {field}");
        rows.remove(0)
    };
    let caption = change(&photo.id, "caption");
    assert_eq!(caption["old"], old_caption.as_str());
    assert_eq!(caption["new"], "new words 🌊 \u{202e}rtl");
    assert_eq!(change(&photo.id, "alt_text")["new"], "a harbour");
    assert_eq!(change(&bare.id, "caption")["new"], serde_json::Value::Null);
    change(&album.id, "children");
    assert_eq!(rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'"), old_files + 2);
    let found = rig.sql("SELECT media_id FROM search WHERE search MATCH 'words'");
    assert!(found.iter().any(|row| row["media_id"] == photo.id.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_encoded_anew_is_a_new_version_beside_the_old_one() {
    let rig = Rig::start(Rig::settings(6)).await;
    rig.write_config("[download]\nrecheck = \"always\"\n");
    rig.run(&["sync"]).expect(0);
    let name = rig.sandbox.ready().accounts[0].name.clone();
    let posts = rig.sandbox.world().posts(&name);
    let photo = posts.iter().find(|p| p.children.is_empty() && p.files.len() == 1).unwrap();
    rig.sandbox.world().reencode(&photo.id).unwrap();
    rig.run(&["sync"]).expect(0);
    let versions = rig.sql(&format!(
        "SELECT version, sha256, path FROM files WHERE media_id = '{}' ORDER BY version",
        photo.id
    ));
    assert_eq!(versions.len(), 2);
    assert_ne!(versions[0]["sha256"], versions[1]["sha256"]);
    for version in &versions {
        assert!(rig.archive().join(version["path"].as_str().unwrap()).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_signature_is_anywhere_in_the_archive_or_the_output() {
    let rig = Rig::start(Rig::settings(15)).await;
    let mut said = String::new();
    for args in [
        &["--verbose", "--verbose", "sync"][..],
        &["--json", "sync"],
        &["status"],
        &["--json", "status"],
        &["list"],
        &["walks"],
        &["failures"],
        &["--json", "verify"],
    ] {
        let ran = rig.run(args);
        said.push_str(&ran.stdout);
        said.push_str(&ran.stderr);
    }
    assert!(!said.is_empty());
    let secrets: Vec<String> =
        rig.sandbox.ready().accounts.iter().map(|account| account.token.clone()).collect();
    let forbidden: Vec<&str> =
        secrets.iter().map(String::as_str).chain(["oh=00_", "&oe=", "access_token="]).collect();
    for word in &forbidden {
        assert!(!said.contains(word), "the output holds {word}");
    }
    for path in files_below(&rig.archive()) {
        let place = path.to_string_lossy();
        // The tokens' own place, which is for the service alone.
        if place.contains("/blobs/") || place.contains("/tokens/") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for word in &forbidden {
            let found = bytes.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "{} holds {word}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_and_records_nothing() {
    let rig = Rig::start(Rig::settings(8)).await;
    rig.run(&["sync", "--dry-run"]).expect(0);
    assert_eq!(rig.sandbox.counters().file_bytes, 0);
    if rig.catalog().exists() {
        assert_eq!(rig.sql_count("SELECT count(*) FROM items"), 0);
        assert_eq!(rig.sql_count("SELECT count(*) FROM walks"), 0);
    }
    rig.run(&["sync"]).expect(0);
    let before = rig.content();
    rig.run(&["sync", "--dry-run"]).expect(0);
    assert_eq!(rig.content(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aged_link_is_refreshed_by_reading_its_item_again() {
    let rig = Rig::start(Rig::settings(10)).await;
    let fault = graph_sandbox::Fault::new(graph_sandbox::FaultKind::FileForbidden).times(1);
    rig.sandbox.inject(fault);
    rig.run(&["sync"]).expect(0);
    assert_eq!(rig.sandbox.fired(graph_sandbox::FaultKind::FileForbidden), 1);
    assert_eq!(
        rig.sql_count("SELECT count(*) FROM files WHERE state NOT IN ('held', 'no_url')"),
        0
    );
    assert_eq!(rig.sandbox.counters().calls_by_route["node"], 1);
}
