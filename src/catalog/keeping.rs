//! How well the archive is kept: copies, files read again, growth.

use rusqlite::{Connection, params};

use super::backups::BackupRow;
use super::chores::ChoreRow;
use super::text::{parsed_or_null, text};
use super::{CatalogError, CatalogReader};
use crate::domain::{Timestamp, disk};

/// How far reading everything again has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadAgain {
    pub blobs: u64,
    /// Read within the time that was asked about.
    pub within: u64,
    /// The longest ago that one was read.
    pub oldest_at: Option<Timestamp>,
    /// Damaged or missing, and not fetched again yet.
    pub bad: u64,
}

/// What `status` and the metrics tell of how the archive is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping {
    pub last_backup: Option<BackupRow>,
    pub backup: Option<ChoreRow>,
    pub publish: Option<ChoreRow>,
    pub read_again: ReadAgain,
    /// Bytes of new files and since when; absent in an archive that is too young.
    pub grown: Option<(u64, Timestamp)>,
}

impl CatalogReader {
    /// How well the archive is kept, where every blob is to be read again after `since`.
    pub fn keeping(&self, since: Timestamp, now: Timestamp) -> Result<Keeping, CatalogError> {
        let connection = self.connection();
        Ok(Keeping {
            last_backup: self.backups()?.into_iter().next(),
            backup: self.chore("backup")?,
            publish: self.chore("publish")?,
            read_again: read_again(connection, since)?,
            grown: grown(connection, now)?,
        })
    }
}

impl CatalogReader {
    /// How far reading everything again has come.
    pub fn read_again(&self, since: Timestamp) -> Result<ReadAgain, CatalogError> {
        read_again(self.connection(), since)
    }

    /// How many blobs were last read before each of these times.
    pub fn blobs_read_before(&self, times: &[Timestamp]) -> Result<Vec<u64>, CatalogError> {
        const QUERY: &str = "SELECT count(*) FROM blob WHERE verified_at <= ?1";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let mut counts = Vec::with_capacity(times.len());
        for time in times {
            let found: i64 = query.query_row([text(*time)], |row| row.get(0))?;
            counts.push(u64::try_from(found).unwrap_or(0));
        }
        Ok(counts)
    }

    /// Bytes of new files and since when they are counted; nothing in an archive that is too young.
    pub fn grown(&self, now: Timestamp) -> Result<Option<(u64, Timestamp)>, CatalogError> {
        grown(self.connection(), now)
    }

    /// Whether a walk is under way.
    pub fn is_walking(&self) -> Result<bool, CatalogError> {
        const QUERY: &str = "SELECT EXISTS (SELECT 1 FROM walk WHERE outcome = 'running')";
        Ok(self.connection().query_row(QUERY, [], |row| row.get(0))?)
    }
}

fn read_again(connection: &Connection, since: Timestamp) -> Result<ReadAgain, CatalogError> {
    const QUERY: &str = "SELECT (SELECT count(*) FROM blob),
        (SELECT count(*) FROM blob WHERE verified_at > ?1), (SELECT min(verified_at) FROM blob),
        (SELECT count(*) FROM blob WHERE verdict <> 'intact')";
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    let found = connection.prepare_cached(QUERY)?.query_row([text(since)], |row| {
        Ok(ReadAgain {
            blobs: unsigned(row.get(0)?),
            within: unsigned(row.get(1)?),
            oldest_at: parsed_or_null(row, 2)?,
            bad: unsigned(row.get(3)?),
        })
    })?;
    Ok(found)
}

fn grown(
    connection: &Connection,
    now: Timestamp,
) -> Result<Option<(u64, Timestamp)>, CatalogError> {
    const FIRST: &str = "SELECT min(held_at) FROM blob";
    const GROWN: &str = "SELECT coalesce(sum(size_bytes), 0) FROM blob
        WHERE held_at > ?1 AND held_at <= ?2";
    let first = connection.query_row(FIRST, [], |row| parsed_or_null(row, 0))?;
    let Some(since) = disk::growth_since(first, now) else { return Ok(None) };
    let bytes: i64 =
        connection.query_row(GROWN, params![text(since), text(now)], |row| row.get(0))?;
    Ok(Some((u64::try_from(bytes).unwrap_or(0), since)))
}
