//! A lost catalog comes back from its copy, and nothing that was kept is lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use graph_sandbox::PostKind;

use crate::backup::copies;
use crate::support::{Rig, files_below};

fn blobs(rig: &Rig) -> BTreeSet<PathBuf> {
    files_below(&rig.archive().join("blobs")).into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_catalog_was_destroyed_a_restore_and_a_sync_bring_everything_back() {
    let rig = Rig::start(crate::small(12)).await;
    rig.run(&["sync"]).expect(0);
    rig.run(&["backup"]).expect(0);
    let held_by_copy = rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'");
    let account = rig.sandbox.ready().accounts[0].name.clone();
    for _ in 0..3 {
        rig.sandbox.world().publish(&account, PostKind::Image).unwrap();
    }
    rig.run(&["sync"]).expect(0);
    let kept = blobs(&rig);
    let posts = rig.sql_count("SELECT count(*) FROM posts");
    let files = rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'");
    assert!(files > held_by_copy);
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(format!("{}{end}", rig.catalog().display())).unwrap();
    }

    // Nothing takes the files for a new archive.
    let refused = rig.run(&["sync"]).expect(17);
    assert!(refused.stderr.contains("mediakeep restore"), "{}", refused.stderr);
    assert!(!rig.catalog().exists());
    assert!(rig.run(&["restore"]).expect(2).stderr.contains("--yes"));
    assert!(!rig.catalog().exists());
    let ran = rig.run(&["restore", "--yes"]).expect(0);
    assert!(ran.stdout.contains("is not there"), "{}", ran.stdout);
    assert_eq!(rig.sql_count("SELECT count(*) FROM posts"), posts - 3);
    assert_eq!(rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'"), held_by_copy);
    assert_eq!(blobs(&rig), kept);

    let served = rig.sandbox.counters().file_bytes;
    rig.run(&["sync"]).expect(0);
    assert_eq!(rig.sandbox.counters().file_bytes, served, "a file was fetched again");
    assert_eq!(blobs(&rig), kept);
    assert_eq!(rig.sql_count("SELECT count(*) FROM posts"), posts);
    assert_eq!(rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'"), files);
    let verified = rig.run(&["--json", "verify"]).expect(0);
    assert_eq!(verified.json()[0]["intact"], kept.len());
    let restored = "SELECT count(*) FROM events WHERE kind = 'catalog_restored'";
    let accounts = rig.sandbox.ready().accounts.len();
    assert_eq!(rig.sql_count(restored), i64::try_from(accounts).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_catalog_is_refused_and_set_aside_as_it_is() {
    let rig = Rig::start(crate::small(6)).await;
    rig.run(&["sync"]).expect(0);
    rig.run(&["backup"]).expect(0);
    let mut bytes = fs::read(rig.catalog()).unwrap();
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(rig.catalog(), &bytes).unwrap();
    // As a killed daemon leaves it: with a log.
    fs::write(format!("{}-wal", rig.catalog().display()), b"x").unwrap();
    let refused = rig.run(&["sync"]).expect(17);
    assert!(refused.stderr.contains("mediakeep restore"), "{}", refused.stderr);
    assert!(fs::read(rig.catalog()).unwrap() == bytes, "it was changed");
    let ran = rig.run(&["restore", "--json", "--yes"]).expect(0);
    assert_eq!(ran.json()[0]["present"]["state"], "damaged");
    let aside = rig.archive().join(ran.json()[1]["aside"].as_str().unwrap());
    assert!(fs::read(aside.join("catalog.db")).unwrap() == bytes);
    assert_eq!(fs::read(aside.join("catalog.db-wal")).unwrap(), b"x");
    rig.run(&["sync"]).expect(0);
    rig.run(&["verify"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_over_a_sound_catalog_keeps_it_and_says_what_it_was() {
    let rig = Rig::start(crate::small(6)).await;
    rig.run(&["sync"]).expect(0);
    rig.run(&["backup"]).expect(0);
    let account = rig.sandbox.ready().accounts[0].name.clone();
    rig.sandbox.world().publish(&account, PostKind::Image).unwrap();
    rig.run(&["sync"]).expect(0);
    let newest = "SELECT id, digest FROM events WHERE account = 'NAME' ORDER BY id DESC LIMIT 1"
        .replace("NAME", &account);
    let head = rig.sql(&newest);
    let before = crate::backup::dump(&rig.catalog());
    let ran = rig.run(&["restore", "--json", "--yes"]).expect(0);
    let aside = rig.archive().join(ran.json()[1]["aside"].as_str().unwrap());
    assert!(crate::backup::dump(&aside.join("catalog.db")) == before);
    let detail = rig.sql(&format!(
        "SELECT detail FROM events WHERE account = '{account}' AND kind = 'catalog_restored'"
    ));
    let detail: serde_json::Value =
        serde_json::from_str(detail[0]["detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["replaced_event"], head[0]["id"]);
    assert_eq!(detail["replaced_digest"], head[0]["digest"]);
    // Again in the same second or later: nothing set aside is overwritten.
    rig.run(&["restore", "--yes"]).expect(0);
    assert!(crate::backup::dump(&aside.join("catalog.db")) == before);
    rig.run(&["sync"]).expect(0);
    rig.run(&["verify"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_are_foreign_newer_or_damaged_are_refused_and_nothing_changes() {
    let rig = Rig::start(crate::small(4)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    rig.run(&["backup"]).expect(0);
    let good = copies(&rig).remove(0);
    let before = fs::read(rig.catalog()).unwrap();
    let variant = |name: &str, change: &dyn Fn(&rusqlite::Connection)| {
        let path = rig.dir.path().join(name);
        fs::copy(&good, &path).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        change(&rusqlite::Connection::open(&path).unwrap());
        path
    };
    let foreign = variant("foreign.db", &|c| {
        c.execute_batch("UPDATE meta SET value = 'ffff' WHERE key = 'archive_id'").unwrap();
    });
    let newer = variant("newer.db", &|c| c.pragma_update(None, "user_version", 99).unwrap());
    let altered = variant("altered.db", &|c| {
        c.execute_batch(
            "DROP TRIGGER event_is_never_updated;
             UPDATE event SET detail = '{}' WHERE event_id = 3",
        )
        .unwrap();
    });
    let torn = variant("torn.db", &|_| {});
    let bytes = fs::read(&torn).unwrap();
    fs::write(&torn, &bytes[..bytes.len() / 2]).unwrap();
    let text = rig.dir.path().join("text.db");
    fs::write(&text, "no database".repeat(400)).unwrap();
    let itself = rig.catalog();
    for (path, code, says) in [
        (&foreign, 16, "of archive ffff"),
        (&newer, 18, "schema 99"),
        (&altered, 17, "is not what was written"),
        (&torn, 17, "malformed"),
        (&text, 17, "not a database"),
        (&itself, 2, "the catalog itself"),
    ] {
        let ran = rig.run(&["restore", path.to_str().unwrap(), "--yes"]).expect(code);
        assert!(ran.stderr.contains(says), "{}: {}", path.display(), ran.stderr);
        assert!(fs::read(rig.catalog()).unwrap() == before);
    }
    // Of several the newest sound one is taken.
    fs::copy(&altered, rig.archive().join("backups/catalog-20991231T000000Z.db")).unwrap();
    let ran = rig.run(&["restore", "--json", "--yes"]).expect(0);
    assert_eq!(ran.json()[0]["copy"], good.to_str().unwrap());
    assert_eq!(ran.json()[0]["passed_over"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_the_catalog_is_looked_through_before_anything_is_written() {
    let rig = Rig::start(crate::small(3)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    let killed = "INSERT INTO process (pid, program_version, started_at)
        VALUES (1, '0.1.0', '2026-11-22T05:27:00Z')";
    let catalog = rusqlite::Connection::open(rig.catalog()).unwrap();
    catalog.execute_batch(killed).unwrap();
    catalog.pragma_update(None, "wal_checkpoint", "TRUNCATE").ok();
    drop(catalog);
    let ran = rig.run(&["--verbose", "sync", "--metadata-only"]).expect(0);
    assert!(ran.stderr.contains("looked through"), "{}", ran.stderr);
    // One bit in a page that opening alone does not read.
    let mut bytes = fs::read(rig.catalog()).unwrap();
    let page = bytes.len() / 4096 - 20;
    let at = page * 4096;
    bytes[at] ^= 0xff;
    fs::write(rig.catalog(), &bytes).unwrap();
    let refused = rig.run(&["sync", "--metadata-only"]).expect(17);
    assert!(refused.stderr.contains("is damaged"), "{}", refused.stderr);
    assert!(refused.stderr.contains("mediakeep restore"), "{}", refused.stderr);
    assert!(fs::read(rig.catalog()).unwrap() == bytes);
}
