//! The writing side: one connection, every method one transaction.

use std::time::Duration;

use rusqlite::ErrorCode::DatabaseBusy;
use rusqlite::TransactionBehavior::Immediate;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{CatalogError, open};
use crate::domain::AccountName;
use crate::domain::reconcile::Caution;

/// What a job works with; its methods are spread over this module by subject.
///
/// Each method is one transaction: recorded whole or not at all, and durable when it returns.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    caution: Caution,
}

impl Writer {
    pub(super) fn new(connection: Connection, caution: Caution) -> Self {
        Self { connection, caution }
    }

    /// How careful the operator wants it.
    pub(super) fn caution(&self) -> Caution {
        self.caution
    }

    /// From now on the operator wants it so careful.
    pub fn set_caution(&mut self, caution: Caution) {
        self.caution = caution;
    }

    /// The id of the archive that this catalog belongs to.
    pub fn archive_id(&mut self) -> Result<String, CatalogError> {
        const QUERY: &str = "SELECT value FROM meta WHERE key = 'archive_id'";
        Ok(self.connection.query_row(QUERY, [], |row| row.get(0))?)
    }

    /// Moves the log into the main file as far as readers allow, and empties it.
    pub fn checkpoint(&mut self) -> Result<(), CatalogError> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// As [`Writer::checkpoint`], hardly waiting for readers; answers whether nothing of the log had
    /// to stay.
    pub fn shrink_log(&mut self) -> Result<bool, CatalogError> {
        const WAIT: Duration = Duration::from_millis(200);
        self.connection.busy_timeout(WAIT)?;
        let left: rusqlite::Result<i64> =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        self.connection.busy_timeout(open::BUSY)?;
        Ok(left? == 0)
    }

    /// How many rows this connection has ever written: a quiet pass shows in it.
    pub fn rows_written(&self) -> u64 {
        self.connection.total_changes()
    }

    pub(super) fn close(self) -> Result<(), CatalogError> {
        self.connection.close().map_err(|(_, error)| CatalogError::from(error))
    }

    /// For reading inside the writer, without a transaction.
    pub(super) fn reading(&self) -> &Connection {
        &self.connection
    }

    /// Takes the write lock. Nobody else should ever hold it; whoever does (a person with the
    /// `sqlite3` shell) gets three times the busy timeout to let go.
    pub(super) fn begin(&mut self) -> Result<Transaction<'_>, CatalogError> {
        const ATTEMPTS: usize = 3;
        let attempt = || Transaction::new_unchecked(&self.connection, Immediate);
        let mut begun = attempt();
        for _ in 1..ATTEMPTS {
            match &begun {
                Err(error) if error.sqlite_error_code() == Some(DatabaseBusy) => begun = attempt(),
                Ok(_) | Err(_) => break,
            }
        }
        Ok(begun?)
    }
}

/// The row of a configured account.
pub(super) fn account_id(connection: &Connection, name: &AccountName) -> Result<i64, CatalogError> {
    const QUERY: &str = "SELECT account_id FROM account WHERE name = ?1";
    let found = connection
        .prepare_cached(QUERY)?
        .query_row([name.as_str()], |row| row.get(0))
        .optional()?;
    found.ok_or_else(|| CatalogError::UnknownAccount(name.to_string()))
}
