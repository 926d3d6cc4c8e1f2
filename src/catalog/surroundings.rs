//! What stands around the archived accounts: the daemon, tokens, runs, chores, messengers.

use rusqlite::{Connection, OptionalExtension};

use super::text::{parsed, parsed_or_null};
use super::{AlarmRow, CatalogError, CatalogReader, ChoreRow, ProcessRow, RunRow};
use crate::domain::Timestamp;

/// Everything that `status` shows beside the accounts, read in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The daemon that opened the archive last; absent before the first.
    pub daemon: Option<ProcessRow>,
    pub tokens: Vec<TokenFacts>,
    pub runs: Vec<RunRow>,
    /// The newest scheduled reading of all files, piece by piece.
    pub verify: Option<ChoreRow>,
    /// Open alarms, oldest first.
    pub alarms: Vec<AlarmRow>,
    /// When the newest checked copy of the catalog was made, and its bytes.
    pub backup: Option<(Timestamp, u64)>,
    pub messengers: Vec<MessengerFacts>,
    /// The oldest time at which a held file was last read and compared.
    pub least_verified_at: Option<Timestamp>,
}

/// What is known of an account's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    pub account: String,
    pub source: String,
    /// `ok`, `unknown`, or the trouble in one word.
    pub state: String,
    pub expires_at: Option<Timestamp>,
    pub never_expires: bool,
    pub refreshed_at: Option<Timestamp>,
}

/// How telling people goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessengerFacts {
    /// Its kind and the digest of its address.
    pub target: String,
    pub told_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    pub error: Option<String>,
}

impl CatalogReader {
    /// The surroundings at one moment.
    pub fn surroundings(&self) -> Result<Surroundings, CatalogError> {
        let tx = self.connection().unchecked_transaction()?;
        let surroundings = Surroundings {
            daemon: self.last_process()?,
            tokens: tokens(&tx)?,
            runs: self.runs()?,
            verify: self.chore("verify")?,
            alarms: self.open_alarms()?,
            backup: backup(&tx)?,
            messengers: messengers(&tx)?,
            least_verified_at: least_verified(&tx)?,
        };
        tx.commit()?;
        Ok(surroundings)
    }
}

fn tokens(connection: &Connection) -> Result<Vec<TokenFacts>, CatalogError> {
    const QUERY: &str = "SELECT account, source, state, expires_at, never_expires, refreshed_at
        FROM tokens ORDER BY account";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], |row| {
        Ok(TokenFacts {
            account: row.get(0)?,
            source: row.get(1)?,
            state: row.get(2)?,
            expires_at: parsed_or_null(row, 3)?,
            never_expires: row.get(4)?,
            refreshed_at: parsed_or_null(row, 5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn backup(connection: &Connection) -> Result<Option<(Timestamp, u64)>, CatalogError> {
    const QUERY: &str = "SELECT made_at, size_bytes FROM backups
        ORDER BY made_at DESC, backup_id DESC LIMIT 1";
    let backup = connection.query_row(QUERY, [], |row| {
        Ok((parsed(row, 0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0)))
    });
    Ok(backup.optional()?)
}

fn messengers(connection: &Connection) -> Result<Vec<MessengerFacts>, CatalogError> {
    const QUERY: &str = "SELECT target, told_at, failing_since_at, error
        FROM messenger ORDER BY target";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], |row| {
        Ok(MessengerFacts {
            target: row.get(0)?,
            told_at: parsed_or_null(row, 1)?,
            failing_since: parsed_or_null(row, 2)?,
            error: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn least_verified(connection: &Connection) -> Result<Option<Timestamp>, CatalogError> {
    const QUERY: &str = "SELECT min(verified_at) FROM blob";
    Ok(connection.query_row(QUERY, [], |row| parsed_or_null(row, 0))?)
}
