//! Accounts: what the configuration names, and what the API says of them.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::events::{Chain, EventKind, NewEvent};
use super::metrics::record_account_metric;
use super::text::{parsed_or_null, text};
use super::writer::account_id;
use super::{CatalogError, Writer};
use crate::domain::{AccountName, Login, Timestamp, UserId};

/// What the API answered about an account; what is absent was not in the answer and replaces
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountRecord {
    pub username: Option<String>,
    /// The name shown on the profile.
    pub display_name: Option<String>,
    pub account_type: Option<String>,
    pub media_count: Option<i64>,
    pub followers_count: Option<i64>,
    pub follows_count: Option<i64>,
}

impl Writer {
    /// Enters a configured account, or makes sure that the label still means the same account.
    pub fn ensure_account(
        &mut self,
        name: &AccountName,
        login: Login,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const FIND: &str = "SELECT login, user_id FROM account WHERE name = ?1";
        const INSERT: &str = "INSERT INTO account (name, login, user_id, first_seen_at)
            VALUES (?1, ?2, ?3, ?4)";
        let tx = self.begin()?;
        let known: Option<(String, String)> =
            tx.query_row(FIND, [name.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match known {
            None => {
                let values = [name.as_str(), login.as_str(), user_id.as_str(), &text(now)];
                tx.execute(INSERT, values)?;
            }
            Some((known_login, known_user_id)) => {
                if known_login != login.as_str() || known_user_id != user_id.as_str() {
                    return Err(CatalogError::AccountMismatch {
                        name: name.clone(),
                        known_login,
                        known_user_id,
                        login,
                        user_id: user_id.clone(),
                    });
                }
            }
        }
        tx.commit()?;
        Ok(())
    }

    /// Records what the API says of the account; a new handle is an event, counts are a series.
    pub fn record_account(
        &mut self,
        name: &AccountName,
        record: &AccountRecord,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const KNOWN: &str = "SELECT username FROM account WHERE account_id = ?1";
        const UPDATE: &str = "UPDATE account SET username = coalesce(?2, username),
            display_name = coalesce(?3, display_name), account_type = coalesce(?4, account_type),
            media_count = coalesce(?5, media_count),
            followers_count = coalesce(?6, followers_count),
            follows_count = coalesce(?7, follows_count), checked_at = ?8
            WHERE account_id = ?1";
        let at = text(now);
        let tx = self.begin()?;
        let account = account_id(&tx, name)?;
        let known: Option<String> = tx.query_row(KNOWN, [account], |row| row.get(0))?;
        tx.prepare_cached(UPDATE)?.execute(params![
            account,
            record.username,
            record.display_name,
            record.account_type,
            record.media_count,
            record.followers_count,
            record.follows_count,
            at
        ])?;
        for (metric, value) in [
            ("media_count", record.media_count),
            ("followers_count", record.followers_count),
            ("follows_count", record.follows_count),
        ] {
            if let Some(value) = value {
                record_account_metric(&tx, account, metric, value, &at)?;
            }
        }
        if let (Some(old), Some(new)) = (&known, &record.username)
            && old != new
        {
            let event = NewEvent {
                kind: EventKind::AccountRenamed,
                item: None,
                role: None,
                walk_id: None,
                detail: json!({ "old": old, "new": new }),
            };
            Chain::new(account, name.as_str(), &at).append(&tx, &event)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Sets the account's state: `ok`, or the trouble in one word, with a line for people.
    pub fn set_account_state(
        &mut self,
        name: &AccountName,
        state: &str,
        detail: Option<&str>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE account SET state = ?2, state_detail = ?3,
            state_since_at = CASE state WHEN ?2 THEN state_since_at ELSE ?4 END
            WHERE account_id = ?1 AND (state <> ?2 OR state_detail IS NOT ?3)";
        let tx = self.begin()?;
        let account = account_id(&tx, name)?;
        tx.prepare_cached(UPDATE)?.execute(params![account, state, detail, text(now)])?;
        tx.commit()?;
        Ok(())
    }

    /// Sets when the account's token ends, as far as known.
    pub fn set_token_expiry(
        &mut self,
        name: &AccountName,
        expires_at: Option<Timestamp>,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE account SET token_expires_at = ?2
            WHERE account_id = ?1 AND token_expires_at IS NOT ?2";
        let tx = self.begin()?;
        let account = account_id(&tx, name)?;
        tx.prepare_cached(UPDATE)?.execute(params![account, expires_at.map(text)])?;
        tx.commit()?;
        Ok(())
    }

    /// Keeps the pace over a restart: no calls before `until`, and the share of the allowance used.
    pub fn set_blocked_until(
        &mut self,
        name: &AccountName,
        until: Option<Timestamp>,
        usage_percent: Option<f64>,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE account SET blocked_until_at = ?2,
            usage_percent = coalesce(?3, usage_percent)
            WHERE account_id = ?1
              AND (blocked_until_at IS NOT ?2 OR usage_percent IS NOT coalesce(?3, usage_percent))";
        let tx = self.begin()?;
        let account = account_id(&tx, name)?;
        let values = params![account, until.map(text), usage_percent];
        tx.prepare_cached(UPDATE)?.execute(values)?;
        tx.commit()?;
        Ok(())
    }

    /// Before when the account may not be called; it may lie in the past.
    pub fn blocked_until(&mut self, name: &AccountName) -> Result<Option<Timestamp>, CatalogError> {
        const QUERY: &str = "SELECT blocked_until_at FROM account WHERE account_id = ?1";
        let connection = self.reading();
        let account = account_id(connection, name)?;
        let until =
            connection.prepare_cached(QUERY)?.query_row([account], |row| parsed_or_null(row, 0))?;
        Ok(until)
    }

    /// Notes that the API refuses a field for this account and version. The first time is an
    /// event; each time it is left out for another week.
    pub fn drop_field(
        &mut self,
        name: &AccountName,
        api_version: &str,
        field: &str,
        error: &str,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPSERT: &str = "INSERT INTO dropped_field
            (account_id, api_version, field, first_at, dropped_at, error)
            VALUES (?1, ?2, ?3, ?4, ?4, ?5)
            ON CONFLICT DO UPDATE SET dropped_at = excluded.dropped_at, error = excluded.error";
        const KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM dropped_field
            WHERE account_id = ?1 AND api_version = ?2 AND field = ?3)";
        let at = text(now);
        let tx = self.begin()?;
        let account = account_id(&tx, name)?;
        let known: bool =
            tx.query_row(KNOWN, params![account, api_version, field], |row| row.get(0))?;
        tx.execute(UPSERT, params![account, api_version, field, at, error])?;
        if !known {
            let event = NewEvent {
                kind: EventKind::FieldDropped,
                item: None,
                role: None,
                walk_id: None,
                detail: json!({ "field": field, "api_version": api_version, "error": error }),
            };
            Chain::new(account, name.as_str(), &at).append(&tx, &event)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Fields to leave out of requests: those refused within the last week.
    pub fn dropped_fields(
        &mut self,
        name: &AccountName,
        api_version: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, CatalogError> {
        const QUERY: &str = "SELECT field FROM dropped_field
            WHERE account_id = ?1 AND api_version = ?2 AND dropped_at > ?3 ORDER BY field";
        const WEEK: std::time::Duration = std::time::Duration::from_secs(7 * 86_400);
        let connection = self.reading();
        let account = account_id(connection, name)?;
        let mut query = connection.prepare_cached(QUERY)?;
        let rows = query
            .query_map(params![account, api_version, text(now.minus(WEEK))], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
