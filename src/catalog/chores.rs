//! What is done for the archive as a whole: the newest run of each chore.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::text::{parsed, parsed_or_null, text};
use super::{CatalogError, CatalogReader, Writer};
use crate::domain::Timestamp;
use crate::domain::chore::{ChoreOutcome, LastRun};

/// The newest run of a chore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoreRow {
    pub name: String,
    /// The tick that it answered.
    pub due_at: Timestamp,
    pub started_at: Timestamp,
    /// Absent while it runs, or when it was killed.
    pub finished_at: Option<Timestamp>,
    pub outcome: Option<ChoreOutcome>,
    /// One line for people.
    pub detail: Option<String>,
}

impl ChoreRow {
    /// What the next run is reckoned from.
    pub fn last_run(&self) -> LastRun {
        LastRun { due_at: self.due_at, started_at: self.started_at, outcome: self.outcome }
    }
}

impl Writer {
    /// Enters that the tick `due_at` of a chore is being answered.
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

    /// Enters how the newest run of a chore ended.
    pub fn end_chore(
        &mut self,
        name: &str,
        outcome: ChoreOutcome,
        detail: &str,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const END: &str = "UPDATE chore SET finished_at = ?2, outcome = ?3, detail = ?4
            WHERE name = ?1";
        let tx = self.begin()?;
        tx.prepare_cached(END)?.execute(params![name, text(now), outcome.as_str(), detail])?;
        tx.commit()?;
        Ok(())
    }

    /// The newest run of one chore.
    pub fn chore(&mut self, name: &str) -> Result<Option<ChoreRow>, CatalogError> {
        chore(self.reading(), name)
    }
}

impl CatalogReader {
    /// The newest run of one chore.
    pub fn chore(&self, name: &str) -> Result<Option<ChoreRow>, CatalogError> {
        chore(self.connection(), name)
    }
}

fn chore(connection: &Connection, name: &str) -> Result<Option<ChoreRow>, CatalogError> {
    const QUERY: &str = "SELECT name, due_at, started_at, finished_at, outcome, detail FROM chore
        WHERE name = ?1";
    Ok(connection.prepare_cached(QUERY)?.query_row([name], chore_row).optional()?)
}

fn chore_row(row: &Row<'_>) -> rusqlite::Result<ChoreRow> {
    let outcome: Option<String> = row.get(4)?;
    Ok(ChoreRow {
        name: row.get(0)?,
        due_at: parsed(row, 1)?,
        started_at: parsed(row, 2)?,
        finished_at: parsed_or_null(row, 3)?,
        outcome: outcome.as_deref().and_then(ChoreOutcome::from_word),
        detail: row.get(5)?,
    })
}
