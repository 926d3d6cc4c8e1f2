//! What is known of the accounts' tokens, for readers; the tokens themselves are in no table.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::text::{parsed, parsed_or_null, text};
use super::writer::account_id;
use super::{CatalogError, CatalogReader, Writer};
use crate::domain::{AccountName, Timestamp};

/// What is known of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// The first 8 hexadecimal digits of its SHA-256.
    pub fingerprint: String,
    /// `configured`, `set`, `login` or `refreshed`.
    pub source: String,
    /// `ok`, `unknown`, or the trouble in one word.
    pub state: String,
    pub detail: Option<String>,
    pub first_seen_at: Timestamp,
    pub issued_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub never_expires: bool,
    pub data_access_expires_at: Option<Timestamp>,
    pub scopes: Option<String>,
    pub refreshed_at: Option<Timestamp>,
    /// The last try to renew it.
    pub tried_at: Option<Timestamp>,
    /// Why that failed.
    pub error: Option<String>,
}

impl Writer {
    /// Records what is known of an account's token; what is known already is not written again.
    pub fn record_token(
        &mut self,
        name: &AccountName,
        record: &TokenRecord,
    ) -> Result<(), CatalogError> {
        const UPSERT: &str = "INSERT INTO token (account_id, fingerprint, source, state, detail,
                first_seen_at, issued_at, expires_at, never_expires, data_access_expires_at, scopes,
                refreshed_at, tried_at, error)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            ON CONFLICT DO UPDATE SET fingerprint = ?2, source = ?3, state = ?4, detail = ?5,
                first_seen_at = ?6, issued_at = ?7, expires_at = ?8, never_expires = ?9,
                data_access_expires_at = ?10, scopes = ?11, refreshed_at = ?12, tried_at = ?13,
                error = ?14";
        const ACCOUNT: &str = "UPDATE account SET token_expires_at = ?2
            WHERE account_id = ?1 AND token_expires_at IS NOT ?2";
        let tx = self.begin()?;
        if find(&tx, name)?.as_ref() == Some(record) {
            return Ok(());
        }
        let account = account_id(&tx, name)?;
        tx.prepare_cached(UPSERT)?.execute(params![
            account,
            record.fingerprint,
            record.source,
            record.state,
            record.detail,
            text(record.first_seen_at),
            record.issued_at.map(text),
            record.expires_at.map(text),
            record.never_expires,
            record.data_access_expires_at.map(text),
            record.scopes,
            record.refreshed_at.map(text),
            record.tried_at.map(text),
            record.error,
        ])?;
        tx.prepare_cached(ACCOUNT)?.execute(params![account, record.expires_at.map(text)])?;
        tx.commit()?;
        Ok(())
    }

    /// What is recorded of an account's token.
    pub fn token(&mut self, name: &AccountName) -> Result<Option<TokenRecord>, CatalogError> {
        find(self.reading(), name)
    }

    /// The account's state as the last pass left it, and when the API last answered for it; nothing
    /// for an account that had none.
    pub fn account_state(
        &mut self,
        name: &AccountName,
    ) -> Result<Option<(String, Option<Timestamp>)>, CatalogError> {
        const QUERY: &str = "SELECT state, checked_at FROM account WHERE name = ?1";
        let mut query = self.reading().prepare_cached(QUERY)?;
        let state = query
            .query_row([name.as_str()], |row| Ok((row.get(0)?, parsed_or_null(row, 1)?)))
            .optional()?;
        Ok(state)
    }
}

impl CatalogReader {
    /// What is recorded of an account's token.
    pub fn token(&self, name: &AccountName) -> Result<Option<TokenRecord>, CatalogError> {
        find(self.connection(), name)
    }
}

fn find(connection: &Connection, name: &AccountName) -> Result<Option<TokenRecord>, CatalogError> {
    const QUERY: &str = "SELECT fingerprint, source, state, detail, first_seen_at, issued_at,
        expires_at, never_expires, data_access_expires_at, scopes, refreshed_at, tried_at, error
        FROM tokens WHERE account = ?1";
    let mut query = connection.prepare_cached(QUERY)?;
    Ok(query.query_row([name.as_str()], record).optional()?)
}

fn record(row: &Row<'_>) -> rusqlite::Result<TokenRecord> {
    Ok(TokenRecord {
        fingerprint: row.get(0)?,
        source: row.get(1)?,
        state: row.get(2)?,
        detail: row.get(3)?,
        first_seen_at: parsed(row, 4)?,
        issued_at: parsed_or_null(row, 5)?,
        expires_at: parsed_or_null(row, 6)?,
        never_expires: row.get(7)?,
        data_access_expires_at: parsed_or_null(row, 8)?,
        scopes: row.get(9)?,
        refreshed_at: parsed_or_null(row, 10)?,
        tried_at: parsed_or_null(row, 11)?,
        error: row.get(12)?,
    })
}
