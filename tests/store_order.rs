//! The order of system calls, which no file system's kindness hides, watched with `strace`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod store_support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use mediakeep::blobs::ArchiveDir;
use mediakeep::domain::BlobId;
use sha2::{Digest as _, Sha256};
use store_support::{DONE, assert_done, noise, record, stage, traced, workplace};

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
        let batch = (0..20).map(|n| {
            let bytes = noise(batch * 20 + n, if n < 10 { 1000 } else { 900_000 });
            stage(archive.blobs(), &bytes).unwrap()
        });
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
