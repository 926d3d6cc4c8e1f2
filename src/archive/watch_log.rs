//! Watches the catalog's log, which grows while somebody reads without an end.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Archive;
use crate::catalog::{CatalogError, Writer};
use crate::domain::{AlarmKind, Timestamp};

/// Shrinks a log that is larger than `limit`; raises the alarm when a reader keeps it from
/// shrinking, and ends it when it is small again.
pub(super) async fn watch_log(
    archive: &Archive,
    limit: u64,
    is_open: bool,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let kind = AlarmKind::WalLarge;
    let beside = |end: &str| {
        let mut path = archive.dir.catalog_path().into_os_string();
        path.push(end);
        PathBuf::from(path)
    };
    let size = || fs::metadata(beside("-wal")).map_or(0, |facts| facts.len());
    if size() > limit {
        archive.catalog.call(Writer::shrink_log).await?;
    }
    let left = size();
    if left <= limit && !is_open {
        return Ok(());
    }
    if left <= limit {
        let detail = "the catalog's log is small again";
        archive.catalog.call(move |c| c.end_alarms(None, kind, None, detail, now)).await?;
        return Ok(());
    }
    let holder = match holders(&beside("-shm")) {
        readers if readers.is_empty() => {
            "somebody reads the catalog without an end; `fuser -v catalog.db` may name who"
                .to_owned()
        }
        readers => format!("it is being read by {}", readers.join(", ")),
    };
    let detail = format!("catalog.db-wal has {} MiB and cannot shrink: {holder}", left >> 20);
    archive.catalog.call(move |c| c.raise_alarm(None, kind, "", 1, &detail, now)).await?;
    Ok(())
}

/// Other processes that hold a reader's lock, as far as the kernel tells this one.
///
/// The file itself is never opened here: closing it would release SQLite's own locks.
fn holders(shm: &Path) -> Vec<String> {
    let Ok(facts) = fs::metadata(shm) else { return Vec::new() };
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let own = std::process::id();
    let mut pids: Vec<u32> = locks
        .lines()
        .filter_map(|line| reader(line, facts.ino()))
        .filter(|pid| *pid != own)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids.iter()
        .map(|pid| match fs::read_to_string(format!("/proc/{pid}/comm")) {
            Ok(name) => format!("process {pid} ({})", name.trim()),
            Err(_) => format!("process {pid}"),
        })
        .collect()
}

/// The process of a line of `/proc/locks` that is about this file:
/// `1: POSIX  ADVISORY  READ 1234 fd:00:5678 124 124`.
fn reader(line: &str, inode: u64) -> Option<u32> {
    /// SQLite's marks of readers in the index of the log ("WAL-mode File Format", section 2.3).
    const READERS: std::ops::RangeInclusive<u64> = 123..=127;
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "READ" || *word == "WRITE")?;
    let pid = words.get(at + 1)?.parse().ok()?;
    let file = words.get(at + 2)?.rsplit(':').next()?.parse::<u64>().ok()?;
    let byte = words.get(at + 3)?.parse::<u64>().ok()?;
    (file == inode && READERS.contains(&byte)).then_some(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_known_by_its_lock_on_the_index_of_the_log() {
        for (line, pid) in [
            ("1: POSIX  ADVISORY  READ 1234 fd:00:5678 124 124", Some(1234)),
            ("2: POSIX  ADVISORY  WRITE 1234 fd:00:5678 120 120", None),
            ("3: POSIX  ADVISORY  READ 1234 fd:00:5679 124 124", None),
            ("4: -> POSIX  ADVISORY  READ 99 08:01:5678 123 123", Some(99)),
            ("5: FLOCK  ADVISORY  WRITE 1 00:17:5678 0 EOF", None),
            ("", None),
        ] {
            assert_eq!(reader(line, 5678), pid, "{line}");
        }
    }
}
