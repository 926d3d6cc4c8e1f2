//! The store killed at every system call, and every kind of call failing, with `strace`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod store_support;

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use mediakeep::blobs::{ArchiveDir, BlobVerdict, Placement, StoreClass, StoreError};
use mediakeep::domain::BlobId;
use sha2::{Digest as _, Sha256};
use store_support::{
    DONE, archive, assert_done, files, noise, put, record, set_mode, traced, workplace,
};

/// Three files one after the other, so that all calls come from one thread and can be counted;
/// the last one replaces a damaged copy.
fn short_work(dir: &Path) {
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    archive.blobs().sweep().unwrap();
    for seed in 0..3 {
        let committed = put(archive.blobs(), &noise(seed, 150_000)).unwrap();
        record(dir, &committed.id);
    }
}

/// An archive with nothing but one damaged blob, made of what an earlier round left.
fn prepare(dir: &Path) {
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    for part in ["blobs", "quarantine"] {
        let part = archive.path().join(part);
        for file in files(&part) {
            fs::remove_file(part.join(file)).unwrap();
        }
    }
    fs::write(dir.join("rows"), "").unwrap();
    let id = put(archive.blobs(), &noise(2, 150_000)).unwrap().id;
    let path = archive.blobs().path(&id);
    set_mode(&path, 0o640);
    fs::write(path, "damaged").unwrap();
}

/// Everything that has a row is there and intact.
fn assert_rows_hold(dir: &Path) -> usize {
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    let rows = fs::read_to_string(dir.join("rows")).unwrap_or_default();
    // A row that was cut off is no row.
    let rows = rows.split_inclusive('\n').filter_map(|row| row.strip_suffix('\n'));
    let mut count = 0;
    for id in rows.map(|row| row.parse().unwrap()) {
        assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Intact, "{id}");
        count += 1;
    }
    count
}

#[test]
fn a_kill_at_any_system_call_loses_nothing_that_was_recorded() {
    let test = "a_kill_at_any_system_call_loses_nothing_that_was_recorded";
    if let Some(dir) = workplace() {
        short_work(&dir);
        println!("{DONE}");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut kills = 0;
    for call in ["openat", "write", "fchmod", "fsync", "renameat2", "flock", "read"] {
        for nth in 1..200 {
            prepare(home.path());
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let trace = format!("trace={call}");
            let (output, _) = traced(test, home.path(), &["-e", &trace, "-e", &inject]);
            let killed = output.status.signal() == Some(9);
            assert_rows_hold(home.path());
            if !killed {
                // The work needs fewer calls of this kind: every one of them was met.
                assert_done(&output);
                break;
            }
            kills += 1;
            short_work(home.path());
            assert!(assert_rows_hold(home.path()) >= 3);
            assert!(files(&home.path().join("archive/tmp")).is_empty());
        }
    }
    assert!(kills > 40, "{kills}");
}

/// Fails one call of a commit and answers what the commit said.
fn with_a_fault(test: &str, call: &str, errno: &str, nth: usize) -> String {
    let (home, archive) = archive();
    drop(archive);
    let inject = format!("inject={call}:error={errno}:when={nth}");
    let trace = format!("trace={call}");
    let (output, log) = traced(test, home.path(), &["-e", &trace, "-e", &inject]);
    assert_done(&output);
    assert_eq!(log.matches("(INJECTED)").count(), 1, "the fault fired once: {log}");
    assert!(files(&home.path().join("archive/tmp")).is_empty());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_file_that_could_not_be_synced_is_discarded_and_not_synced_again() {
    let test = "a_file_that_could_not_be_synced_is_discarded_and_not_synced_again";
    let Some(dir) = workplace() else {
        for (errno, class) in [("EIO", "Storage"), ("ENOSPC", "NoSpace"), ("EDQUOT", "NoSpace")] {
            let said = with_a_fault(test, "fsync", errno, 1);
            assert!(said.contains(&format!("class {class}")), "{errno}: {said}");
        }
        return;
    };
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    let error = put(archive.blobs(), b"content").unwrap_err();
    assert!(matches!(error, StoreError::SyncFile { .. }), "{error:?}");
    assert!(files(&dir.join("archive/blobs")).is_empty(), "stored without a sync");
    // Another file is another matter, and so is the same content fetched again.
    put(archive.blobs(), b"content").unwrap();
    println!("\nclass {:?}\n{DONE}", error.class());
}

#[test]
fn after_a_directory_could_not_be_synced_nothing_more_is_promised() {
    let test = "after_a_directory_could_not_be_synced_nothing_more_is_promised";
    let Some(dir) = workplace() else {
        with_a_fault(test, "fsync", "EIO", 2);
        return;
    };
    let path = dir.join("archive");
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    let error = put(archive.blobs(), b"content").unwrap_err();
    assert!(matches!(error, StoreError::SyncDir { .. }), "{error:?}");
    let error = put(archive.blobs(), b"more").unwrap_err();
    assert!(matches!(error, StoreError::Degraded { .. }), "{error:?}");
    assert_eq!(error.class(), StoreClass::Storage);
    drop(archive);
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    put(archive.blobs(), b"content").unwrap();
    println!("{DONE}");
}

#[test]
fn any_call_of_a_commit_may_fail_and_nothing_is_left() {
    let test = "any_call_of_a_commit_may_fail_and_nothing_is_left";
    let Some(dir) = workplace() else {
        for (call, nth) in [("fchmod", 1), ("renameat2", 1)] {
            for (errno, class) in [("EROFS", "Storage"), ("EIO", "Storage"), ("ENOSPC", "NoSpace")]
            {
                let said = with_a_fault(test, call, errno, nth);
                assert!(said.contains(&format!("class {class}")), "{call} {errno}: {said}");
            }
        }
        return;
    };
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    let error = put(archive.blobs(), b"content").unwrap_err();
    assert!(files(&dir.join("archive/blobs")).is_empty());
    put(archive.blobs(), b"content").unwrap();
    println!("\nclass {:?}\n{DONE}", error.class());
}

#[test]
fn a_file_system_without_exclusive_renames_gets_a_link_and_replaces_nothing() {
    let test = "a_file_system_without_exclusive_renames_gets_a_link_and_replaces_nothing";
    let Some(dir) = workplace() else {
        let (home, archive) = archive();
        drop(archive);
        let options = ["-e", "trace=renameat2", "-e", "inject=renameat2:error=EINVAL"];
        let (output, log) = traced(test, home.path(), &options);
        assert_done(&output);
        assert_eq!(log.matches("(INJECTED)").count(), 2, "{log}");
        return;
    };
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    let id = put(archive.blobs(), b"content").unwrap().id;
    let again = put(archive.blobs(), b"content").unwrap();
    assert_eq!(again.placement, Placement::AlreadyThere);
    assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Intact);
    assert!(files(&dir.join("archive/tmp")).is_empty());
    println!("{DONE}");
}

#[test]
fn a_blob_that_the_disk_does_not_give_is_told_apart_and_makes_room_for_a_good_one() {
    let test = "a_blob_that_the_disk_does_not_give_is_told_apart_and_makes_room_for_a_good_one";
    let content = noise(4, 1000);
    if let Some(dir) = workplace() {
        let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
        let id = BlobId::from_digest(Sha256::digest(&content).into());
        assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Unreadable);
        // Nothing says that it is damaged, so it stays as long as there is no better one.
        assert_eq!(archive.blobs().quarantine(&id).unwrap(), None);
        let committed = put(archive.blobs(), &content).unwrap();
        let Placement::Replaced { quarantined } = committed.placement else {
            panic!("{committed:?}");
        };
        assert!(quarantined.exists());
        println!("{DONE}");
        return;
    }
    let (home, archive) = archive();
    let id = put(archive.blobs(), &content).unwrap().id;
    let path = archive.blobs().path(&id);
    drop(archive);
    let inject = "inject=read:error=EIO";
    let options = ["-P", path.to_str().unwrap(), "-e", "trace=read", "-e", inject];
    let (output, log) = traced(test, home.path(), &options);
    assert_done(&output);
    assert_eq!(log.matches("(INJECTED)").count(), 4, "{log}");
    let archive = ArchiveDir::create_or_open(&home.path().join("archive"), None).unwrap();
    assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Intact);
}
