//! What the tests of the store share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mediakeep::blobs::{ArchiveDir, BlobStore, Committed, Staged, StoreError};
use mediakeep::domain::BlobId;

/// Where a test that started itself again does its work.
const WORKPLACE: &str = "MEDIAKEEP_STORE_TEST_DIR";

/// A new archive in a new directory.
pub(crate) fn archive() -> (tempfile::TempDir, ArchiveDir) {
    let home = tempfile::tempdir().unwrap();
    let archive = ArchiveDir::create_or_open(&home.path().join("archive"), None).unwrap();
    (home, archive)
}

pub(crate) fn stage(store: &BlobStore, bytes: &[u8]) -> Result<Staged, StoreError> {
    let mut writer = store.begin()?;
    writer.write(bytes)?;
    writer.finish()
}

pub(crate) fn put(store: &BlobStore, bytes: &[u8]) -> Result<Committed, StoreError> {
    store.commit(vec![stage(store, bytes)?]).remove(0)
}

/// Bytes that differ for each seed and do not repeat.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// Everything below a directory, relative to it.
pub(crate) fn tree(dir: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            }
            found.insert(entry.path().strip_prefix(dir).unwrap().to_owned());
        }
    }
    found
}

/// Every file below a directory, relative to it.
pub(crate) fn files(dir: &Path) -> BTreeSet<PathBuf> {
    tree(dir).into_iter().filter(|path| !dir.join(path).is_dir()).collect()
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The directory to work in, when this process is a test started again by [`again`].
pub(crate) fn workplace() -> Option<PathBuf> {
    env::var_os(WORKPLACE).map(PathBuf::from)
}

/// A command that runs one test of this binary again, in `dir`, behind a wrapper such as
/// `strace`; the wrapper ends where the program to run is expected.
pub(crate) fn again(wrapper: &[&OsStr], test: &str, dir: &Path) -> Command {
    let program = env::current_exe().unwrap();
    let mut words = wrapper.to_vec();
    words.push(program.as_os_str());
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(WORKPLACE, dir)
        .stdin(Stdio::null());
    command
}

/// What a test started again prints at its end, to prove that it did its work.
pub(crate) const DONE: &str = "the inner test did its work";

/// Asserts that a test started again ran to its end.
pub(crate) fn assert_done(output: &Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && out.contains(DONE), "{}\n{out}\n{err}", output.status);
}

/// Runs a test again under `strace` and answers what it traced.
pub(crate) fn traced(test: &str, dir: &Path, options: &[&str]) -> (Output, String) {
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
pub(crate) fn record(dir: &Path, id: &BlobId) {
    let mut rows = OpenOptions::new().create(true).append(true).open(dir.join("rows")).unwrap();
    rows.write_all(format!("{id}\n").as_bytes()).unwrap();
    rows.sync_all().unwrap();
}
