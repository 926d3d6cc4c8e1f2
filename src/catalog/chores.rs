//! Chores: the newest run of each thing that is done for the archive as a whole.

use rusqlite::{Connection, OptionalExtension, params};

use super::text::{parsed, parsed_or_null, text};
use super::{CatalogError, CatalogReader, Writer};
use crate::domain::Timestamp;

/// The newest run of one chore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoreRow {
    /// The tick that it answered.
    pub due_at: Timestamp,
    pub started_at: Timestamp,
    /// Absent while it runs, or when it was killed.
    pub finished_at: Option<Timestamp>,
    /// `done`, `failed` or `stopped`.
    pub outcome: Option<String>,
    /// One line for people.
    pub detail: Option<String>,
}

impl Writer {
    /// Enters that a chore begins to answer the tick `due_at`.
    pub fn begin_chore(
        &mut self,
        name: &str,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPSERT: &str = "INSERT INTO chore (name, due_at, started_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at,
              started_at = excluded.started_at, finished_at = NULL, outcome = NULL, detail = NULL";
        let tx = self.begin()?;
        tx.prepare_cached(UPSERT)?.execute(params![name, text(due_at), text(now)])?;
        tx.commit()?;
        Ok(())
    }

    /// Enters how a chore ended: `done`, `failed` or `stopped`, with a line for people.
    pub fn end_chore(
        &mut self,
        name: &str,
        outcome: &str,
        detail: Option<&str>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE chore SET finished_at = ?2, outcome = ?3, detail = ?4
            WHERE name = ?1";
        let tx = self.begin()?;
        tx.prepare_cached(UPDATE)?.execute(params![name, text(now), outcome, detail])?;
        tx.commit()?;
        Ok(())
    }

    /// The newest run of a chore; none when it never ran.
    pub fn chore(&mut self, name: &str) -> Result<Option<ChoreRow>, CatalogError> {
        chore(self.reading(), name)
    }
}

impl CatalogReader {
    /// The newest run of a chore; none when it never ran.
    pub fn chore(&self, name: &str) -> Result<Option<ChoreRow>, CatalogError> {
        chore(self.connection(), name)
    }
}

fn chore(connection: &Connection, name: &str) -> Result<Option<ChoreRow>, CatalogError> {
    const QUERY: &str = "SELECT due_at, started_at, finished_at, outcome, detail
        FROM chore WHERE name = ?1";
    let mut query = connection.prepare_cached(QUERY)?;
    let row = query.query_row([name], |row| {
        Ok(ChoreRow {
            due_at: parsed(row, 0)?,
            started_at: parsed(row, 1)?,
            finished_at: parsed_or_null(row, 2)?,
            outcome: row.get(3)?,
            detail: row.get(4)?,
        })
    });
    Ok(row.optional()?)
}
