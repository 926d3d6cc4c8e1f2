//! Counts for monitors: what `/metrics` and `/healthz` tell of the archive.
//!
//! Each statement is a reading transaction of its own, so that a large archive is never held at
//! one state for longer than one count takes.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::text::{parsed, parsed_or_null};
use super::{CatalogError, CatalogReader};
use crate::domain::{AccountName, Edge, Timestamp};

/// The archive in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauges {
    /// In the order of their labels.
    pub accounts: Vec<AccountGauges>,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub damaged_blobs: u64,
    /// The oldest time at which a blob was last read and compared; none are held when absent.
    pub least_verified_at: Option<Timestamp>,
    /// The newest checked copy of the catalog and its bytes.
    pub backup: Option<(Timestamp, u64)>,
    /// Open alarms by their kind.
    pub alarms: BTreeMap<String, u64>,
    /// Percent of each allowance that was used, by its scope.
    pub allowances: BTreeMap<String, f64>,
    pub messengers_failing: u64,
    pub schema: i64,
}

/// One account in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountGauges {
    pub account: String,
    /// `ok`, `new`, or the trouble in one word.
    pub state: String,
    /// Posts and stories by state.
    pub items: BTreeMap<String, u64>,
    /// Files of posts, stories and slides by state.
    pub files: BTreeMap<String, u64>,
    pub failures: u64,
    pub gaps: u64,
    /// Walks whose losses nobody has believed yet.
    pub held_walks: u64,
    pub usage_percent: Option<f64>,
    pub token_expires_at: Option<Timestamp>,
}

/// What the catalog knows of a configured walk's beginnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkBeginnings {
    /// The end of the last complete walk of this name, or of everything in its list.
    pub last_complete: Option<Timestamp>,
    pub first_tried: Option<Timestamp>,
    /// When the account was first known, while nothing was ever walked of it.
    pub account_without_walks_since: Option<Timestamp>,
}

impl CatalogReader {
    /// Counts everything once; takes as long as reading each table's index.
    pub fn gauges(&self) -> Result<Gauges, CatalogError> {
        let connection = self.connection();
        let mut accounts = accounts(connection)?;
        count_items(connection, &mut accounts)?;
        count_files(connection, &mut accounts)?;
        let blobs = blobs(connection)?;
        Ok(Gauges {
            accounts: accounts.into_values().collect(),
            blobs: blobs.0,
            blob_bytes: blobs.1,
            damaged_blobs: blobs.2,
            least_verified_at: least_verified(connection)?,
            backup: newest_backup(connection)?,
            alarms: alarms(connection)?,
            allowances: allowances(connection)?,
            messengers_failing: messengers_failing(connection)?,
            schema: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
        })
    }

    /// What is known of a walk's beginnings.
    pub fn walk_beginnings(
        &self,
        account: &AccountName,
        edge: Edge,
        name: &str,
    ) -> Result<WalkBeginnings, CatalogError> {
        const ACCOUNT: &str = "SELECT a.account_id, a.first_seen_at,
            EXISTS (SELECT 1 FROM walk w WHERE w.account_id = a.account_id)
            FROM account a WHERE a.name = ?1";
        const COMPLETE: &str = "SELECT finished_at FROM walk
            WHERE account_id = ?1 AND edge = ?2 AND outcome = 'complete'
              AND (name = ?3 OR (since_at IS NULL AND until_at IS NULL))
            ORDER BY walk_id DESC LIMIT 1";
        const FIRST: &str = "SELECT started_at FROM walk
            WHERE account_id = ?1 AND edge = ?2 AND name = ?3 ORDER BY walk_id LIMIT 1";
        let connection = self.connection();
        let known: Option<(i64, Timestamp, bool)> = connection
            .prepare_cached(ACCOUNT)?
            .query_row([account.as_str()], |row| Ok((row.get(0)?, parsed(row, 1)?, row.get(2)?)))
            .optional()?;
        let Some((id, first_seen, walked)) = known else {
            return Ok(WalkBeginnings {
                last_complete: None,
                first_tried: None,
                account_without_walks_since: None,
            });
        };
        let one = |sql: &str| {
            let mut query = connection.prepare_cached(sql)?;
            query
                .query_row(params![id, edge.as_str(), name], |row| parsed_or_null(row, 0))
                .optional()
        };
        let last_complete = one(COMPLETE)?.flatten();
        let first_tried = if last_complete.is_none() { one(FIRST)?.flatten() } else { None };
        let account_without_walks_since = (!walked).then_some(first_seen);
        Ok(WalkBeginnings { last_complete, first_tried, account_without_walks_since })
    }

    /// The number of the newest event, 0 while there is none.
    pub fn newest_event(&self) -> Result<i64, CatalogError> {
        const QUERY: &str = "SELECT coalesce(max(event_id), 0) FROM event";
        Ok(self.connection().query_row(QUERY, [], |row| row.get(0))?)
    }

    /// How many events of each kind came after one and up to another.
    pub fn events_between(
        &self,
        after: i64,
        until: i64,
    ) -> Result<BTreeMap<String, u64>, CatalogError> {
        const QUERY: &str = "SELECT kind, count(*) FROM event
            WHERE event_id > ?1 AND event_id <= ?2 GROUP BY kind";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows =
            query.query_map([after, until], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

type Accounts = BTreeMap<i64, AccountGauges>;

fn accounts(connection: &Connection) -> Result<Accounts, CatalogError> {
    const QUERY: &str = "SELECT a.account_id, a.name, a.state,
        (SELECT count(*) FROM failure f WHERE f.account_id = a.account_id),
        (SELECT count(*) FROM gap g WHERE g.account_id = a.account_id AND g.closed_at IS NULL),
        (SELECT count(DISTINCT h.walk_id) FROM hold h JOIN walk w ON w.walk_id = h.walk_id
          WHERE h.ended_at IS NULL AND w.account_id = a.account_id),
        a.usage_percent,
        coalesce((SELECT t.expires_at FROM token t WHERE t.account_id = a.account_id),
                 a.token_expires_at)
        FROM account a ORDER BY a.name";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], |row| {
        let gauges = AccountGauges {
            account: row.get(1)?,
            state: row.get(2)?,
            items: BTreeMap::new(),
            files: BTreeMap::new(),
            failures: unsigned(row.get(3)?),
            gaps: unsigned(row.get(4)?),
            held_walks: unsigned(row.get(5)?),
            usage_percent: row.get(6)?,
            token_expires_at: parsed_or_null(row, 7)?,
        };
        Ok((row.get(0)?, gauges))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Posts and stories: all of them from one index, those that are not present from another.
fn count_items(connection: &Connection, accounts: &mut Accounts) -> Result<(), CatalogError> {
    const ALL: &str = "SELECT account_id, count(*) FROM item
        WHERE parent_item_id IS NULL GROUP BY account_id";
    const ABSENT: &str = "SELECT account_id, state, count(*) FROM item
        WHERE state <> 'present' AND parent_item_id IS NULL GROUP BY account_id, state";
    let mut query = connection.prepare_cached(ALL)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(account) = accounts.get_mut(&row.get(0)?) {
            account.items.insert("present".to_owned(), unsigned(row.get(1)?));
        }
    }
    let mut query = connection.prepare_cached(ABSENT)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(account) = accounts.get_mut(&row.get(0)?) {
            let number = unsigned(row.get(2)?);
            account.items.insert(row.get(1)?, number);
            if let Some(present) = account.items.get_mut("present") {
                *present = present.saturating_sub(number);
            }
        }
    }
    Ok(())
}

/// Row by row: to group them SQLite would sort them all.
fn count_files(connection: &Connection, accounts: &mut Accounts) -> Result<(), CatalogError> {
    const QUERY: &str = "SELECT account_id, state FROM asset";
    let mut query = connection.prepare_cached(QUERY)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let Some(account) = accounts.get_mut(&row.get(0)?) else { continue };
        // A state that was met before costs no new text.
        let state = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        match account.files.get_mut(state) {
            Some(number) => *number += 1,
            None => {
                account.files.insert(state.to_owned(), 1);
            }
        }
    }
    Ok(())
}

fn blobs(connection: &Connection) -> Result<(u64, u64, u64), CatalogError> {
    const QUERY: &str = "SELECT count(*), coalesce(sum(size_bytes), 0),
        count(*) FILTER (WHERE verdict <> 'intact') FROM blob";
    Ok(connection.query_row(QUERY, [], |row| {
        Ok((unsigned(row.get(0)?), unsigned(row.get(1)?), unsigned(row.get(2)?)))
    })?)
}

fn least_verified(connection: &Connection) -> Result<Option<Timestamp>, CatalogError> {
    const QUERY: &str = "SELECT min(verified_at) FROM blob";
    Ok(connection.query_row(QUERY, [], |row| parsed_or_null(row, 0))?)
}

fn newest_backup(connection: &Connection) -> Result<Option<(Timestamp, u64)>, CatalogError> {
    const QUERY: &str = "SELECT made_at, size_bytes FROM backups
        ORDER BY made_at DESC, backup_id DESC LIMIT 1";
    let backup =
        connection.query_row(QUERY, [], |row| Ok((parsed(row, 0)?, unsigned(row.get(1)?))));
    Ok(backup.optional()?)
}

fn alarms(connection: &Connection) -> Result<BTreeMap<String, u64>, CatalogError> {
    const QUERY: &str = "SELECT kind, count(*) FROM alarms WHERE ended_at IS NULL GROUP BY kind";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn allowances(connection: &Connection) -> Result<BTreeMap<String, f64>, CatalogError> {
    const QUERY: &str =
        "SELECT scope, usage_percent FROM allowance WHERE usage_percent IS NOT NULL";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn messengers_failing(connection: &Connection) -> Result<u64, CatalogError> {
    const QUERY: &str = "SELECT count(*) FROM messenger WHERE failing_since_at IS NOT NULL";
    Ok(connection.query_row(QUERY, [], |row| row.get(0).map(unsigned))?)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
