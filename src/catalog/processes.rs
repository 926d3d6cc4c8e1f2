//! Daemons that opened the archive, and whether the last one was stopped or just ended.

use rusqlite::{Connection, OptionalExtension, params};

use super::text::{parsed, parsed_or_null, text};
use super::{CatalogError, CatalogReader, Writer};
use crate::domain::Timestamp;

/// A daemon that works or worked on the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRow {
    pub process_id: i64,
    pub pid: u32,
    pub program_version: String,
    pub started_at: Timestamp,
    /// Absent while it runs, or when it was killed.
    pub stopped_at: Option<Timestamp>,
}

impl Writer {
    /// Enters this daemon and answers its number.
    ///
    /// Whoever wants to know how the last one ended asks [`Writer::last_process`] before.
    pub fn begin_process(
        &mut self,
        pid: u32,
        program_version: &str,
        now: Timestamp,
    ) -> Result<i64, CatalogError> {
        const INSERT: &str = "INSERT INTO process (pid, program_version, started_at)
            VALUES (?1, ?2, ?3)";
        let tx = self.begin()?;
        tx.execute(INSERT, params![pid, program_version, text(now)])?;
        let id = tx.last_insert_rowid();
        tx.commit()?;
        Ok(id)
    }

    /// Enters that a daemon stopped in good order.
    pub fn end_process(&mut self, process_id: i64, now: Timestamp) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE process SET stopped_at = ?2 WHERE process_id = ?1";
        let tx = self.begin()?;
        tx.execute(UPDATE, params![process_id, text(now)])?;
        tx.commit()?;
        Ok(())
    }

    /// The newest daemon; one without an end was killed, unless it is this one.
    pub fn last_process(&mut self) -> Result<Option<ProcessRow>, CatalogError> {
        last_process(self.reading())
    }
}

impl CatalogReader {
    /// The newest daemon; one without an end runs or was killed.
    pub fn last_process(&self) -> Result<Option<ProcessRow>, CatalogError> {
        last_process(self.connection())
    }
}

fn last_process(connection: &Connection) -> Result<Option<ProcessRow>, CatalogError> {
    const QUERY: &str = "SELECT process_id, pid, program_version, started_at, stopped_at
        FROM process ORDER BY process_id DESC LIMIT 1";
    let mut query = connection.prepare_cached(QUERY)?;
    let row = query.query_row([], |row| {
        Ok(ProcessRow {
            process_id: row.get(0)?,
            pid: row.get(1)?,
            program_version: row.get(2)?,
            started_at: parsed(row, 3)?,
            stopped_at: parsed_or_null(row, 4)?,
        })
    });
    Ok(row.optional()?)
}
