//! Copies of the catalog, made beside a working program and without one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Rig, sql};

/// The copies in `backups/`, oldest first.
pub(crate) fn copies(rig: &Rig) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(rig.archive().join("backups"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "db"))
        .collect();
    found.sort();
    found
}

/// Every row of a catalog but those that tell of copies, as another program reads them.
pub(crate) fn dump(catalog: &Path) -> String {
    let output =
        Command::new("sqlite3").arg("-readonly").arg(catalog).arg(".dump").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let is_row = |line: &&str| line.starts_with("INSERT") && !line.contains("INTO backup ");
    let mut rows: Vec<&str> = text.lines().filter(is_row).collect();
    rows.sort_unstable();
    assert!(rows.len() > 100);
    rows.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_checked_sealed_listed_and_equal() {
    let rig = Rig::start(crate::small(12)).await;
    rig.run(&["sync"]).expect(0);
    let before = dump(&rig.catalog());
    let ran = rig.run(&["backup", "--json"]).expect(0);
    let told = &ran.json()[0];
    let [copy] = &copies(&rig)[..] else { panic!("{:?}", copies(&rig)) };
    assert_eq!(told["path"], copy.to_str().unwrap());
    assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o7777, 0o440);
    assert!(dump(copy) == before);
    assert_eq!(sql(copy, "PRAGMA journal_mode")[0]["journal_mode"], "delete");
    let sum = Command::new("sha256sum").arg(copy).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert!(sum.starts_with(told["sha256"].as_str().unwrap()), "{sum}");
    let rows = rig.sql("SELECT path, size_bytes, sha256 FROM backups");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["path"], format!("backups/{}", copy.file_name().unwrap().to_str().unwrap()));
    assert_eq!(rows[0]["sha256"], told["sha256"]);
    assert_eq!(rows[0]["size_bytes"], fs::metadata(copy).unwrap().len());

    let elsewhere = rig.dir.path().join("mine.db");
    let to = ["backup", "--to", elsewhere.to_str().unwrap()];
    rig.run(&to).expect(0);
    assert!(dump(&elsewhere) == before);
    assert!(rig.run(&to).expect(2).stderr.contains("exists already"));
    assert_eq!(copies(&rig).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beside_a_working_pass_is_made_and_the_pass_goes_on() {
    let rig = Rig::start(crate::small(40)).await;
    rig.run(&["sync"]).expect(0);
    fs::remove_dir_all(rig.archive().join("blobs")).unwrap();
    fs::create_dir(rig.archive().join("blobs")).unwrap();
    rig.sql("SELECT 1");
    rig.sandbox.inject(
        graph_sandbox::Fault::new(graph_sandbox::FaultKind::HangBeforeHeaders)
            .on("media")
            .arg("seconds", 3)
            .times(1),
    );
    let mut pass = rig.spawn(&["sync"]);
    while rig.sandbox.fired(graph_sandbox::FaultKind::HangBeforeHeaders) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let ran = rig.run(&["backup", "--json"]).expect(0);
    assert!(pass.try_wait().unwrap().is_none(), "the pass was over before the copy");
    assert_eq!(pass.wait().unwrap().code(), Some(0));
    let copy = PathBuf::from(ran.json()[0]["path"].as_str().unwrap());
    assert_eq!(sql(&copy, "PRAGMA integrity_check")[0]["integrity_check"], "ok");
    let running = "SELECT count(*) AS n FROM walks WHERE outcome = 'running'";
    assert!(sql(&copy, running)[0]["n"].as_i64().unwrap() > 0);
    // Nobody but the holder of the lock writes the catalog: the next one lists it.
    assert_eq!(rig.sql_count("SELECT count(*) FROM backups"), 0);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    rig.run(&["backup"]).expect(0);
    assert_eq!(rig.sql_count("SELECT count(*) FROM backups"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_copies_make_room_and_nothing_foreign_does() {
    let rig = Rig::start(crate::small(2)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    rig.run(&["backup"]).expect(0);
    let backups = rig.archive().join("backups");
    let first = copies(&rig).remove(0);
    for day in 1..=3 {
        fs::copy(&first, backups.join(format!("catalog-2026010{day}T034000Z.db"))).unwrap();
    }
    for name in ["catalog-mine.db", "catalog-20260101T034000Z-before-the-move.db"] {
        fs::write(backups.join(name), "not of this program").unwrap();
    }
    fs::write(backups.join(".catalog-20260101T034000Z.db.partial"), "half").unwrap();
    let mut command = rig.command(&["backup", "--json"]);
    command.env("MEDIAKEEP__ARCHIVE__BACKUP__KEEP", "2");
    let ran = crate::support::Ran::from(command.output().unwrap()).expect(0);
    let removed = ran.json()[0]["removed"].clone();
    let gone = [1, 2, 3].map(|day| format!("catalog-2026010{day}T034000Z.db"));
    assert_eq!(removed, serde_json::json!(gone));
    let names: Vec<String> =
        copies(&rig).iter().map(|p| p.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(first.exists());
    assert!(!backups.join(".catalog-20260101T034000Z.db.partial").exists());
    assert_eq!(rig.sql_count("SELECT count(*) FROM backups"), 2);
}
