//! Disks that are full, read-only, too small or put together of several.
//!
//! Each test runs itself again in a mount namespace of its own, with a small disk in memory; that
//! needs root or user namespaces. The limit on file sizes needs neither.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod store_support;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mediakeep::blobs::{ArchiveDir, BlobVerdict, Refusal, StoreClass, StoreError};
use store_support::{DONE, again, assert_done, files, is_root, noise, put, stage, workplace};

/// Runs a test again with a disk of its own mounted at its workplace.
fn on_a_disk(test: &str, options: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let namespace: &[&str] = if is_root() { &[] } else { &["--user", "--map-root-user"] };
    let mount = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && exec \"$@\"");
    let mut wrapper: Vec<&OsStr> = ["unshare", "--mount"].map(OsStr::new).into();
    wrapper.extend(namespace.iter().map(OsStr::new));
    wrapper.extend(["sh", "-c", &mount].map(OsStr::new));
    wrapper.push(dir.path().as_os_str());
    let output = again(&wrapper, test, dir.path()).output().unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "the disk was not mounted");
    output
}

/// Changes the disk that the test runs on.
fn mount(arguments: &[&str], dir: &Path) {
    let status = Command::new("mount").args(arguments).arg(dir).status().unwrap();
    assert!(status.success(), "mount {arguments:?}");
}

/// Fills the disk to the last byte.
fn fill(dir: &Path) {
    let mut size = 1 << 20;
    for number in 0..10_000 {
        if fs::write(dir.join(format!("filler-{number}")), vec![1; size]).is_err() {
            if size == 1 {
                return;
            }
            size /= 2;
        }
    }
    panic!("the disk does not fill");
}

#[test]
fn a_full_disk_is_named_and_nothing_is_left_or_lost() {
    let Some(dir) = workplace() else {
        // Sizes in steps, so that the end of the disk meets different calls.
        for kib in (1400..1700).step_by(60) {
            let test = "a_full_disk_is_named_and_nothing_is_left_or_lost";
            assert_done(&on_a_disk(test, &format!("size={kib}k")));
        }
        return;
    };
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    let store = archive.blobs();
    let mut kept = Vec::new();
    let error = loop {
        assert!(kept.len() < 1000, "the disk never filled");
        match put(store, &noise(kept.len() as u64, 70_000)) {
            Ok(committed) => kept.push(committed.id),
            Err(error) => break error,
        }
    };
    assert_eq!(error.class(), StoreClass::NoSpace, "{error:?}");
    assert!(!kept.is_empty());
    assert!(files(&archive.path().join("tmp")).is_empty());
    for id in &kept {
        assert_eq!(store.verify(id).unwrap(), BlobVerdict::Intact);
    }
    fs::remove_file(store.path(&kept[0])).unwrap();
    put(store, &noise(5000, 60_000)).unwrap();
    println!("{DONE}");
}

#[test]
fn a_disk_without_inodes_is_full_too_and_a_cut_off_creation_goes_on() {
    let Some(dir) = workplace() else {
        let test = "a_disk_without_inodes_is_full_too_and_a_cut_off_creation_goes_on";
        assert_done(&on_a_disk(test, "size=4m,nr_inodes=8"));
        return;
    };
    let path = dir.join("archive");
    // One inode more each time: the creation is cut off at every single step.
    let mut refused = 0;
    let archive = loop {
        match ArchiveDir::create_or_open(&path, None) {
            Ok(archive) => break archive,
            Err(error) => assert_eq!(error.class(), StoreClass::NoSpace, "{error:?}"),
        }
        refused += 1;
        assert!(refused < 400, "the archive is never made");
        mount(&["-o", &format!("remount,nr_inodes={}", 8 + refused), "tmpfs"], &dir);
    };
    assert!(refused > 256, "{refused}");
    let mut added = 0;
    while let Err(error) = put(archive.blobs(), b"content") {
        assert_eq!(error.class(), StoreClass::NoSpace, "{error:?}");
        added += 1;
        assert!(added < 10, "nothing is ever stored");
        mount(&["-o", &format!("remount,nr_inodes={}", 8 + refused + added), "tmpfs"], &dir);
    }
    assert!(added > 0);
    println!("{DONE}");
}

#[test]
fn an_archive_on_a_full_disk_can_be_opened() {
    let Some(dir) = workplace() else {
        assert_done(&on_a_disk("an_archive_on_a_full_disk_can_be_opened", "size=2m"));
        return;
    };
    let path = dir.join("archive");
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    let id = put(archive.blobs(), b"content").unwrap().id;
    drop(archive);
    fs::remove_file(path.join("README.txt")).unwrap();
    fill(&dir);
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    assert_eq!(archive.free_space().unwrap(), 0);
    assert!(!path.join("README.txt").exists());
    assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Intact);
    println!("{DONE}");
}

#[test]
fn a_read_only_disk_is_refused_for_writing_and_good_for_reading() {
    let Some(dir) = workplace() else {
        assert_done(&on_a_disk(
            "a_read_only_disk_is_refused_for_writing_and_good_for_reading",
            "size=4m",
        ));
        return;
    };
    let path = dir.join("archive");
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    let id = put(archive.blobs(), b"content").unwrap().id;
    drop(archive);
    mount(&["-o", "remount,ro", "tmpfs"], &dir);
    for dir in [path.clone(), dir.join("another")] {
        let error = ArchiveDir::create_or_open(&dir, None).unwrap_err();
        assert!(matches!(error, StoreError::Refused(Refusal::NotWritable { .. })), "{error:?}");
    }
    let reader = ArchiveDir::open_read_only(&path).unwrap();
    assert_eq!(reader.blobs().verify(&id).unwrap(), BlobVerdict::Intact);
    println!("{DONE}");
}

#[test]
fn an_archive_put_together_of_several_mounts_is_refused() {
    let Some(dir) = workplace() else {
        assert_done(&on_a_disk("an_archive_put_together_of_several_mounts_is_refused", "size=4m"));
        return;
    };
    let path = dir.join("archive");
    drop(ArchiveDir::create_or_open(&path, None).unwrap());
    let refused = || match ArchiveDir::create_or_open(&path, None) {
        Err(StoreError::Refused(Refusal::DifferentDevices { .. })) => {}
        other => panic!("{other:?}"),
    };
    mount(&["-t", "tmpfs", "-o", "mode=0750", "tmpfs"], &path.join("tmp"));
    refused();
    let status = Command::new("umount").arg(path.join("tmp")).status().unwrap();
    assert!(status.success());
    drop(ArchiveDir::create_or_open(&path, None).unwrap());
    // The same device, and still no rename from one to the other.
    let elsewhere = dir.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    mount(&["--bind", elsewhere.to_str().unwrap()], &path.join("quarantine"));
    refused();
    println!("{DONE}");
}

#[test]
fn a_limit_on_file_sizes_is_a_storage_failure_and_leaves_nothing() {
    let test = "a_limit_on_file_sizes_is_a_storage_failure_and_leaves_nothing";
    let Some(dir) = workplace() else {
        let home = tempfile::tempdir().unwrap();
        // The signal is ignored as the program's entry does; 64 blocks of 512 bytes.
        let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
        let wrapper = ["sh", "-c", script].map(OsStr::new);
        assert_done(&again(&wrapper, test, home.path()).output().unwrap());
        return;
    };
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    let error = stage(archive.blobs(), &noise(1, 200_000)).unwrap_err();
    assert_eq!(error.class(), StoreClass::Storage, "{error:?}");
    assert!(files(&archive.path().join("tmp")).is_empty());
    put(archive.blobs(), &noise(2, 30_000)).unwrap();
    println!("{DONE}");
}
