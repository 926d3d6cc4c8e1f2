//! The order of system calls, which no file system's kindness hides: watched with `strace`, and
//! broken off or failed with it at every single one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod store_support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use mediakeep::blobs::{ArchiveDir, BlobVerdict, StoreClass, StoreError};
use mediakeep::domain::BlobId;
use sha2::{Digest as _, Sha256};
use store_support::{
    DONE, again, archive, assert_done, files, noise, put, set_mode, stage, workplace,
};

/// Runs a test again under `strace` and answers what it traced.
fn traced(test: &str, dir: &Path, options: &[&str]) -> (Output, String) {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("log");
    let mut wrapper = ["strace", "-f", "-y", "-qq", "-s", "80", "-o"].map(OsStr::new).to_vec();
    wrapper.push(log.as_os_str());
    wrapper.extend(options.iter().map(OsStr::new));
    let output = match again(&wrapper, test, dir).output() {
        Ok(output) => output,
        Err(error) => panic!("this test needs strace (apt-get install strace): {error}"),
    };
    (output, fs::read_to_string(log).unwrap())
}

/// The catalog of these tests: one line for each file that is held.
fn record(dir: &Path, id: &BlobId) {
    let mut rows = OpenOptions::new().create(true).append(true).open(dir.join("rows")).unwrap();
    rows.write_all(format!("{id}\n").as_bytes()).unwrap();
    rows.sync_all().unwrap();
}

/// A finished call of interest; `begin` and `end` are places in the order of the trace.
#[derive(Debug)]
struct Call {
    name: String,
    arguments: String,
    begin: usize,
    end: usize,
}

impl Call {
    /// The path that `strace -y` shows for the nth descriptor.
    fn path(&self, nth: usize) -> &Path {
        let descriptor = self.arguments.split('<').nth(nth + 1).unwrap_or_default();
        Path::new(descriptor.split('>').next().unwrap_or_default())
    }

    /// The nth descriptor of a directory with the name that follows it.
    fn path_in(&self, nth: usize) -> PathBuf {
        self.path(nth).join(self.arguments.split('"').nth(2 * nth + 1).unwrap_or_default())
    }

    fn of(&self, path: &Path) -> bool {
        self.path(0) == path
    }
}

/// Reads the calls that succeeded; a call that another thread interrupts is shown in two parts.
fn calls(trace: &str) -> Vec<Call> {
    let mut waiting: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
    let mut calls = Vec::new();
    for (end, line) in trace.lines().enumerate() {
        let Some((process, line)) = line.split_once(' ') else { continue };
        let line = line.trim_start();
        if let Some(resumed) = line.strip_prefix("<... ") {
            let (name, rest) = resumed.split_once(" resumed>").unwrap();
            let key = (process.to_owned(), name.to_owned());
            let Some((begin, first)) = waiting.remove(&key) else { continue };
            push(&mut calls, name, &format!("{first}{rest}"), begin, end);
        } else if let Some((name, rest)) = line.split_once('(') {
            match rest.split_once(" <unfinished ...>") {
                Some((first, _)) => {
                    let key = (process.to_owned(), name.to_owned());
                    waiting.insert(key, (end, first.to_owned()));
                }
                None => push(&mut calls, name, rest, end, end),
            }
        }
    }
    calls.sort_by_key(|call| call.begin);
    calls
}

fn push(calls: &mut Vec<Call>, name: &str, rest: &str, begin: usize, end: usize) {
    if let Some((arguments, result)) = rest.rsplit_once(" = ")
        && !result.starts_with('-')
    {
        let (name, arguments) = (name.to_owned(), arguments.to_owned());
        calls.push(Call { name, arguments, begin, end });
    }
}

/// What a trace proves to be wrong, and how many files it committed.
#[derive(Debug, Default)]
struct Findings {
    committed: usize,
    rows: usize,
    wrong: BTreeSet<&'static str>,
}

/// Holds a trace against the protocol: bytes, mode, sync of the file, rename, sync of the
/// directory, row.
fn check(calls: &[Call]) -> Findings {
    let mut findings = Findings::default();
    let named = |name: &'static str| calls.iter().filter(move |call| call.name == name);
    let mut renames = BTreeMap::new();
    for rename in named("renameat2") {
        let (from, to) = (rename.path_in(0), rename.path_in(1));
        if to.components().rev().nth(2).is_none_or(|part| part.as_os_str() != "blobs") {
            continue;
        }
        findings.committed += 1;
        let synced = named("fsync").filter(|sync| sync.of(&from)).find(|s| s.end < rename.begin);
        let Some(synced) = synced else {
            findings.wrong.insert("renamed before its bytes were synced");
            renames.insert(to, rename);
            continue;
        };
        if named("write").any(|write| write.of(&from) && write.end > synced.begin) {
            findings.wrong.insert("written after its sync");
        }
        let sealed = |chmod: &Call| {
            chmod.of(&from) && chmod.arguments.contains("0440") && chmod.end < synced.begin
        };
        if !named("fchmod").any(sealed) {
            findings.wrong.insert("not read-only before its sync");
        }
        if !rename.arguments.contains("RENAME_NOREPLACE") {
            findings.wrong.insert("may replace");
        }
        renames.insert(to, rename);
    }
    for row in named("write").filter(|write| write.path(0).ends_with("rows")) {
        findings.rows += 1;
        let id = row.arguments.split('"').nth(1).unwrap().trim_end_matches("\\n");
        let found = renames.iter().find(|(path, _)| path.ends_with(id));
        let Some((path, rename)) = found.filter(|(_, rename)| rename.end < row.begin) else {
            findings.wrong.insert("recorded before its rename");
            continue;
        };
        let dir = path.parent().unwrap();
        let synced = |sync: &Call| sync.of(dir) && sync.begin > rename.end && sync.end < row.begin;
        if !named("fsync").any(synced) {
            findings.wrong.insert("recorded before its directory was synced");
        }
    }
    findings
}

const WATCHED: &str = "trace=write,fchmod,fsync,fdatasync,renameat2";

#[test]
fn a_row_comes_after_the_directory_after_the_rename_after_the_bytes() {
    let test = "a_row_comes_after_the_directory_after_the_rename_after_the_bytes";
    let Some(dir) = workplace() else {
        let home = tempfile::tempdir().unwrap();
        let (output, trace) = traced(test, home.path(), &["-e", WATCHED]);
        assert_done(&output);
        let findings = check(&calls(&trace));
        assert_eq!((findings.committed, findings.rows), (100, 100));
        assert!(findings.wrong.is_empty(), "{:?}", findings.wrong);
        return;
    };
    let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
    for batch in 0..5 {
        let seeds = batch * 20..batch * 20 + 20;
        let batch = seeds
            .map(|seed| stage(archive.blobs(), &noise(seed, 1000 + 9000 * seed as usize)).unwrap());
        for committed in archive.blobs().commit(batch.collect()) {
            record(&dir, &committed.unwrap().id);
        }
    }
    println!("{DONE}");
}

/// The same work done wrongly, one step missing or in the wrong place each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    NoFileSync,
    NoDirSync,
    RowFirst,
    WriteAfterSync,
    StillWritable,
}

fn store_by_hand(dir: &Path, bytes: &[u8], mistake: Mistake) {
    let id = BlobId::from_digest(Sha256::digest(bytes).into());
    let name = id.to_string();
    let target = dir.join(id.relative_path());
    let mut file = File::create(dir.join("tmp").join(&name)).unwrap();
    file.write_all(bytes).unwrap();
    if mistake != Mistake::StillWritable {
        let mode = rustix::fs::Mode::from_raw_mode(0o440);
        rustix::fs::fchmod(&file, mode).unwrap();
    }
    if mistake != Mistake::NoFileSync {
        file.sync_all().unwrap();
    }
    if mistake == Mistake::WriteAfterSync {
        file.write_all(b"more").unwrap();
    }
    if mistake == Mistake::RowFirst {
        record(dir, &id);
    }
    let shard = target.parent().unwrap();
    let (from, to) = (File::open(dir.join("tmp")).unwrap(), File::open(shard).unwrap());
    let flags = rustix::fs::RenameFlags::NOREPLACE;
    rustix::fs::renameat_with(from, &name, &to, &name, flags).unwrap();
    if mistake != Mistake::NoDirSync {
        to.sync_all().unwrap();
    }
    if mistake != Mistake::RowFirst {
        record(dir, &id);
    }
}

#[test]
fn the_checker_catches_each_planted_mistake() {
    let mistakes = [
        (Mistake::None, None),
        (Mistake::NoFileSync, Some("renamed before its bytes were synced")),
        (Mistake::NoDirSync, Some("recorded before its directory was synced")),
        (Mistake::RowFirst, Some("recorded before its rename")),
        (Mistake::WriteAfterSync, Some("written after its sync")),
        (Mistake::StillWritable, Some("not read-only before its sync")),
    ];
    if let Some(dir) = workplace() {
        let (mistake, _) = mistakes
            .into_iter()
            .find(|(mistake, _)| dir.ends_with(format!("{mistake:?}")))
            .unwrap();
        for seed in 0..3 {
            store_by_hand(&dir, &noise(seed, 3000), mistake);
        }
        println!("{DONE}");
        return;
    }
    for (mistake, expected) in mistakes {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join(format!("{mistake:?}"));
        drop(ArchiveDir::create_or_open(&dir, None).unwrap());
        let test = "the_checker_catches_each_planted_mistake";
        let (output, trace) = traced(test, &dir, &["-e", WATCHED]);
        assert_done(&output);
        let findings = check(&calls(&trace));
        assert_eq!((findings.committed, findings.rows), (3, 3), "{mistake:?}");
        assert_eq!(findings.wrong, expected.into_iter().collect(), "{mistake:?}");
    }
}

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
        files(&part).iter().for_each(|file| fs::remove_file(part.join(file)).unwrap());
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
    assert_eq!(again.placement, mediakeep::blobs::Placement::AlreadyThere);
    assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Intact);
    assert!(files(&dir.join("archive/tmp")).is_empty());
    println!("{DONE}");
}
