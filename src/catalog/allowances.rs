//! The API's allowances over restarts.

use rusqlite::{OptionalExtension, params};

use super::text::{parsed, parsed_or_null, text};
use super::writer::account_id;
use super::{CatalogError, CatalogReader, Writer};
use crate::domain::{AccountName, Timestamp};

/// What is remembered of one allowance.
#[derive(Debug, Clone, PartialEq)]
pub struct AllowanceRow {
    /// `account NAME` or `app HOST ID`.
    pub scope: String,
    pub usage_percent: Option<f64>,
    pub blocked_until: Option<Timestamp>,
    /// The state of our own budget.
    pub paid_until: Option<Timestamp>,
    pub noted_at: Timestamp,
}

impl Writer {
    /// Remembers allowances that this account calls by; its own row shows the tightest of them.
    pub fn note_allowances(
        &mut self,
        name: &AccountName,
        rows: &[AllowanceRow],
        blocked_until: Option<Timestamp>,
        usage_percent: Option<f64>,
    ) -> Result<(), CatalogError> {
        const UPSERT: &str = "INSERT INTO allowance
            (scope, usage_percent, blocked_until_at, paid_until_at, noted_at)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET usage_percent = excluded.usage_percent,
                blocked_until_at = excluded.blocked_until_at,
                paid_until_at = excluded.paid_until_at, noted_at = excluded.noted_at";
        const UPDATE: &str = "UPDATE account SET blocked_until_at = ?2,
            usage_percent = coalesce(?3, usage_percent)
            WHERE account_id = ?1
              AND (blocked_until_at IS NOT ?2 OR usage_percent IS NOT coalesce(?3, usage_percent))";
        let tx = self.begin()?;
        let account = account_id(&tx, name)?;
        for row in rows {
            tx.prepare_cached(UPSERT)?.execute(params![
                row.scope,
                row.usage_percent,
                row.blocked_until.map(text),
                row.paid_until.map(text),
                text(row.noted_at)
            ])?;
        }
        let values = params![account, blocked_until.map(text), usage_percent];
        tx.prepare_cached(UPDATE)?.execute(values)?;
        tx.commit()?;
        Ok(())
    }

    /// What is remembered of one allowance.
    pub fn allowance(&mut self, scope: &str) -> Result<Option<AllowanceRow>, CatalogError> {
        const QUERY: &str = "SELECT scope, usage_percent, blocked_until_at, paid_until_at, noted_at
            FROM allowance WHERE scope = ?1";
        let row = self.reading().prepare_cached(QUERY)?.query_row([scope], |row| {
            Ok(AllowanceRow {
                scope: row.get(0)?,
                usage_percent: row.get(1)?,
                blocked_until: parsed_or_null(row, 2)?,
                paid_until: parsed_or_null(row, 3)?,
                noted_at: parsed(row, 4)?,
            })
        });
        Ok(row.optional()?)
    }
}

impl CatalogReader {
    /// The later end of two blocks, for those who ask beside the program that keeps them.
    pub fn blocked_until(&self, scopes: [&str; 2]) -> Result<Option<Timestamp>, CatalogError> {
        const QUERY: &str = "SELECT max(blocked_until_at) FROM allowance WHERE scope IN (?1, ?2)";
        let mut query = self.connection().prepare_cached(QUERY)?;
        Ok(query.query_row(scopes, |row| parsed_or_null(row, 0))?)
    }
}
