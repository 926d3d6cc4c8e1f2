//! Looking at the catalog before anything writes it: did the last program end well, and if not,
//! is the file sound?

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::copying::quick_check;
use super::{CatalogError, open};

/// What a look at a closed catalog found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastEnd {
    /// There is no catalog yet.
    None,
    /// Whoever wrote it last closed it.
    Clean,
    /// Whoever wrote it last was killed; the file was looked through and is sound.
    Killed,
}

/// Looks through the catalog when it was not closed, and changes nothing in it.
///
/// A daemon leaves its row without an end, and anybody leaves a log that was not emptied. Whoever
/// calls this holds the archive's lock, so that nobody is at work.
pub fn look_before_writing(path: &Path) -> Result<LastEnd, CatalogError> {
    let size = |path: &Path| path.metadata().map_or(0, |facts| facts.len());
    if size(path) == 0 {
        return Ok(LastEnd::None);
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let looked = look(path, size(Path::new(&log)) > 0);
    looked.map_err(|error| match error {
        CatalogError::BadCopy { path, found } => CatalogError::Damaged { path, found },
        error if error.is_damage() => {
            let found = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            CatalogError::Damaged { path: path.to_owned(), found }
        }
        error => error,
    })
}

fn look(path: &Path, has_log: bool) -> Result<LastEnd, CatalogError> {
    let connection = open::to_look(path)?;
    if !has_log && !was_killed(&connection)? {
        return Ok(LastEnd::Clean);
    }
    quick_check(&connection, path)?;
    Ok(LastEnd::Killed)
}

/// Moves the log of a closed catalog into its file; answers false when somebody reads it and
/// something of the log has to stay.
pub fn empty_log(path: &Path) -> Result<bool, CatalogError> {
    let open = |source| CatalogError::Open { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(open)?;
    connection.busy_timeout(open::BUSY)?;
    let left: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    connection.close().map_err(|(_, error)| CatalogError::from(error))?;
    Ok(left == 0)
}

/// Whether the newest daemon never said that it stopped. Older schemas knew no daemons.
fn was_killed(connection: &Connection) -> Result<bool, CatalogError> {
    const KNOWN: &str = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'process'";
    const NEWEST: &str = "SELECT stopped_at IS NULL FROM process
        ORDER BY process_id DESC LIMIT 1";
    let known: Option<i64> = connection.query_row(KNOWN, [], |row| row.get(0)).optional()?;
    if known.is_none() {
        return Ok(false);
    }
    let killed: Option<bool> = connection.query_row(NEWEST, [], |row| row.get(0)).optional()?;
    Ok(killed.unwrap_or(false))
}
