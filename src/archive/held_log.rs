//! Which bytes belong to which file, written beside the catalog too.
//!
//! A restored catalog does not know what came after the copy, and bytes do not say whose they are.
//! So each file that is kept leaves a line in `backups/held-DAY.jsonl`. A restore collects the lines
//! that the copy lacks, and the next pass takes such a file from the store instead of the network,
//! if its address has the same path and its bytes are what the line says. The lines are a help, not
//! a record: they are not synced, and those older than the oldest copy go.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::blobs::{ArchiveDir, BlobStore, Staged, StoreError};
use crate::domain::retention::{CopyName, stamp};
use crate::domain::{BlobId, Timestamp};

/// A file that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeldLine {
    pub media_id: String,
    pub role: String,
    /// Path of the address, without host and query.
    pub url_path: String,
    pub sha256: String,
    pub length_verified: bool,
}

/// Adds lines to the day's log; a failure costs no more than fetching files again after a restore.
pub(super) fn append(dir: &ArchiveDir, lines: &[HeldLine], now: Timestamp) {
    let path = dir.backups_dir().join(format!("held-{}.jsonl", &stamp(now)[..8]));
    let mut text = String::new();
    for line in lines {
        match serde_json::to_string(line) {
            Ok(line) => text.extend([line.as_str(), "\n"]),
            Err(error) => tracing::warn!("a kept file is not noted beside the catalog: {error}"),
        }
    }
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!("{} could not be written: {error}", path.display());
    }
}

/// Collects the lines whose bytes the restored catalog does not know, for the next passes.
pub(super) fn collect(
    dir: &ArchiveDir,
    now: Timestamp,
    mut is_known: impl FnMut(&BlobId) -> bool,
) -> io::Result<usize> {
    let mut collected = 0;
    let mut text = String::new();
    for path in logs(dir)? {
        for line in lines(&path)? {
            if line.sha256.parse().is_ok_and(|blob| !is_known(&blob)) {
                text.extend([serde_json::to_string(&line)?.as_str(), "\n"]);
                collected += 1;
            }
        }
    }
    if collected > 0 {
        let path = dir.backups_dir().join(format!("adopt-{}.jsonl", stamp(now)));
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o640)
            .open(path)?
            .write_all(text.as_bytes())?;
    }
    Ok(collected)
}

/// Removes the lines that no copy needs any more.
pub(super) fn prune(dir: &ArchiveDir, now: Timestamp) -> io::Result<()> {
    const ADOPTED: std::time::Duration = std::time::Duration::from_secs(90 * 86_400);
    let names = dir.backup_names().map_err(io::Error::other)?;
    let oldest = names.iter().filter_map(|name| CopyName::read(name).made_at()).min();
    let Some(oldest) = oldest else { return Ok(()) };
    let (held, adopt) =
        (format!("held-{}", &stamp(oldest)[..8]), format!("adopt-{}", stamp(now.minus(ADOPTED))));
    for name in names.iter().filter(|name| is_lines(name)) {
        let is_old = |prefix: &str, first: &String| name.starts_with(prefix) && name < first;
        if is_old("held-", &held) || is_old("adopt-", &adopt) {
            fs::remove_file(dir.backups_dir().join(name))?;
        }
    }
    Ok(())
}

/// Files in the store that a restored catalog did not know.
#[derive(Debug, Default)]
pub(super) struct Adoptable(HashMap<(String, String), HeldLine>);

impl Adoptable {
    /// What restores have collected.
    pub(super) fn load(dir: &ArchiveDir) -> Self {
        let mut found = HashMap::new();
        for name in dir.backup_names().unwrap_or_default() {
            if !(name.starts_with("adopt-") && is_lines(&name)) {
                continue;
            }
            match lines(&dir.backups_dir().join(&name)) {
                // Later lines of a file win: they are of its newest bytes.
                Ok(lines) => found
                    .extend(lines.map(|line| ((line.media_id.clone(), line.role.clone()), line))),
                Err(error) => tracing::warn!("backups/{name} could not be read: {error}"),
            }
        }
        Self(found)
    }

    /// The line of a file, if its address still has the same path.
    pub(super) fn find(&self, media_id: &str, role: &str, url_path: &str) -> Option<&HeldLine> {
        if self.0.is_empty() {
            return None;
        }
        let line = self.0.get(&(media_id.to_owned(), role.to_owned()))?;
        (line.url_path == url_path).then_some(line)
    }
}

/// Reads a blob of the store as if it came from the network; nothing when it is not there or not
/// what the line says.
pub(super) fn take_from_store(
    store: &BlobStore,
    line: &HeldLine,
) -> Result<Option<Staged>, StoreError> {
    let Ok(blob) = line.sha256.parse::<BlobId>() else { return Ok(None) };
    let Ok(mut file) = store.open(&blob) else { return Ok(None) };
    let mut writer = store.begin()?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => writer.write(&buffer[..read])?,
            Err(_) => return Ok(None),
        }
    }
    let staged = writer.finish()?;
    Ok((staged.id() == blob).then_some(staged))
}

fn logs(dir: &ArchiveDir) -> io::Result<Vec<PathBuf>> {
    let names = dir.backup_names().map_err(io::Error::other)?;
    let is_log = |name: &String| name.starts_with("held-") && is_lines(name);
    Ok(names.into_iter().filter(is_log).map(|name| dir.backups_dir().join(name)).collect())
}

fn is_lines(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "jsonl")
}

/// The whole lines of a log; one that a crash cut off is no line.
fn lines(path: &Path) -> io::Result<impl Iterator<Item = HeldLine>> {
    let file = BufReader::new(fs::File::open(path)?);
    Ok(file.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()))
}
