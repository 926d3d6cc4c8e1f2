//! The copies of the catalog that were made, and which of them are still there.

use rusqlite::{Connection, Row, params};

use super::text::{integer, parsed, text};
use super::{CatalogError, CatalogReader, Writer};
use crate::domain::Timestamp;

/// A checked copy of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRow {
    pub made_at: Timestamp,
    /// Relative to the archive where it lies inside.
    pub path: String,
    pub size_bytes: u64,
    pub sha256: String,
}

impl Writer {
    /// Records a copy that was checked.
    pub fn record_backup(&mut self, backup: &BackupRow) -> Result<(), CatalogError> {
        const INSERT: &str = "INSERT INTO backup (made_at, path, size_bytes, sha256)
            VALUES (?1, ?2, ?3, ?4)";
        let size = integer(backup.size_bytes)?;
        let tx = self.begin()?;
        tx.execute(INSERT, params![text(backup.made_at), backup.path, size, backup.sha256])?;
        tx.commit()?;
        Ok(())
    }

    /// Records that copies are not there any more.
    pub fn note_removed_backups(
        &mut self,
        paths: &[String],
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE backup SET removed_at = ?2
            WHERE path = ?1 AND removed_at IS NULL";
        let tx = self.begin()?;
        for path in paths {
            tx.execute(UPDATE, params![path, text(now)])?;
        }
        tx.commit()?;
        Ok(())
    }

    /// The copies that are still there, newest first.
    pub fn backups(&mut self) -> Result<Vec<BackupRow>, CatalogError> {
        backups(self.reading())
    }
}

impl CatalogReader {
    /// The copies that are still there, newest first.
    pub fn backups(&self) -> Result<Vec<BackupRow>, CatalogError> {
        backups(self.connection())
    }
}

fn backups(connection: &Connection) -> Result<Vec<BackupRow>, CatalogError> {
    const QUERY: &str = "SELECT made_at, path, size_bytes, sha256 FROM backups
        ORDER BY made_at DESC, backup_id DESC";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], backup_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn backup_row(row: &Row<'_>) -> rusqlite::Result<BackupRow> {
    Ok(BackupRow {
        made_at: parsed(row, 0)?,
        path: row.get(1)?,
        size_bytes: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
        sha256: row.get(3)?,
    })
}
