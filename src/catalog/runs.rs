//! Scheduled runs: the newest of each configured walk, which the next one is reckoned from.

use rusqlite::{Connection, params};

use super::text::{parsed, parsed_or_null, text};
use super::writer::account_id;
use super::{CatalogError, CatalogReader, WalkId, Writer};
use crate::domain::{AccountName, Timestamp};

/// The newest scheduled run of one walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub account: String,
    /// The walk's configured name.
    pub walk: String,
    /// The newest tick that was answered.
    pub due_at: Timestamp,
    pub started_at: Timestamp,
    /// Absent while it runs, when it was killed, and while it is to be tried again.
    pub finished_at: Option<Timestamp>,
    /// Earlier ticks that this one run made up for.
    pub skipped: u32,
}

impl Writer {
    /// Enters that the tick `due_at` of a walk is being answered, and `skipped` before it.
    pub fn begin_run(
        &mut self,
        account: &AccountName,
        walk: &str,
        due_at: Timestamp,
        skipped: u32,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPSERT: &str = "INSERT INTO run (account_id, walk, due_at, started_at, skipped)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (account_id, walk) DO UPDATE SET due_at = excluded.due_at,
              started_at = excluded.started_at, finished_at = NULL, skipped = excluded.skipped";
        let tx = self.begin()?;
        let account = account_id(&tx, account)?;
        tx.prepare_cached(UPSERT)?.execute(params![
            account,
            walk,
            text(due_at),
            text(now),
            skipped
        ])?;
        tx.commit()?;
        Ok(())
    }

    /// Enters that the newest run of a walk is over; the walks that it consisted of get its tick.
    pub fn end_run(
        &mut self,
        account: &AccountName,
        walk: &str,
        walks: &[WalkId],
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const END: &str = "UPDATE run SET finished_at = ?3 WHERE account_id = ?1 AND walk = ?2";
        const TICK: &str = "UPDATE walk SET due_at =
              (SELECT due_at FROM run WHERE account_id = ?1 AND walk = ?2)
            WHERE walk_id = ?3 AND account_id = ?1";
        let tx = self.begin()?;
        let account = account_id(&tx, account)?;
        tx.prepare_cached(END)?.execute(params![account, walk, text(now)])?;
        for id in walks {
            tx.prepare_cached(TICK)?.execute(params![account, walk, id.0])?;
        }
        tx.commit()?;
        Ok(())
    }

    /// The newest run of each walk that ever ran on schedule.
    pub fn runs(&mut self) -> Result<Vec<RunRow>, CatalogError> {
        runs(self.reading())
    }
}

impl CatalogReader {
    /// The newest run of each walk that ever ran on schedule.
    pub fn runs(&self) -> Result<Vec<RunRow>, CatalogError> {
        runs(self.connection())
    }
}

fn runs(connection: &Connection) -> Result<Vec<RunRow>, CatalogError> {
    const QUERY: &str = "SELECT account, walk, due_at, started_at, finished_at, skipped
        FROM runs ORDER BY account, walk";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], |row| {
        Ok(RunRow {
            account: row.get(0)?,
            walk: row.get(1)?,
            due_at: parsed(row, 2)?,
            started_at: parsed(row, 3)?,
            finished_at: parsed_or_null(row, 4)?,
            skipped: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
