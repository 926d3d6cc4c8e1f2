//! Walks: their beginning, and what recording a page needs of one.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, params};

use super::asked::AskedFields;
use super::text::text;
use super::writer::account_id;
use super::{CatalogError, Writer};
use crate::domain::{AccountName, Edge, Login, Timestamp, Window};

/// The number of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalkId(pub i64);

impl fmt::Display for WalkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a walk asks: whoever doubts an absence wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkContext {
    pub host: String,
    pub login: Login,
    pub api_version_asked: String,
    /// The `fields` parameter as it stands in the request; decides which silence means absent.
    pub field_set: String,
    pub program_version: String,
}

/// What a walk sets out to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkStart {
    pub account: AccountName,
    pub edge: Edge,
    /// The walk's name in the configuration.
    pub name: String,
    pub window: Window,
    pub context: WalkContext,
}

/// A walk that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkBegun {
    pub id: WalkId,
    /// Items of the window that are known as present: an empty answer is suspicious then.
    pub known_in_window: usize,
}

/// What a walk did, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WalkTally {
    pub pages: usize,
    pub calls: usize,
    /// The API's own time when the walk began.
    pub server_at: Option<Timestamp>,
    pub api_version_answered: Option<String>,
    /// Distinct top-level items.
    pub listed: usize,
    pub new: usize,
    pub changed: usize,
}

impl Writer {
    /// Enters a walk as running.
    pub fn begin_walk(
        &mut self,
        start: &WalkStart,
        now: Timestamp,
    ) -> Result<WalkBegun, CatalogError> {
        const INSERT: &str = "INSERT INTO walk (account_id, edge, name, since_at, until_at,
            started_at, outcome, known, login, host, api_version_asked, field_set, program_version,
            known_until)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', ?7, ?8, ?9, ?10, ?11, ?12,
              (SELECT coalesce(max(item_id), 0) FROM item))";
        let tx = self.begin()?;
        let account = account_id(&tx, &start.account)?;
        let known = known_in_window(&tx, account, start.edge, start.window, now)?;
        tx.prepare_cached(INSERT)?.execute(params![
            account,
            start.edge.as_str(),
            start.name,
            start.window.since.map(text),
            start.window.until.map(text),
            text(now),
            known,
            start.context.login.as_str(),
            start.context.host,
            start.context.api_version_asked,
            start.context.field_set,
            start.context.program_version,
        ])?;
        let id = WalkId(tx.last_insert_rowid());
        tx.commit()?;
        Ok(WalkBegun { id, known_in_window: usize::try_from(known).unwrap_or(0) })
    }

    /// Notes that a running walk asks for other fields from the next page on, because the API
    /// refused one.
    pub fn change_field_set(&mut self, walk: WalkId, field_set: &str) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE walk SET field_set = ?2
            WHERE walk_id = ?1 AND outcome = 'running'";
        let tx = self.begin()?;
        let updated = tx.prepare_cached(UPDATE)?.execute(params![walk.0, field_set])?;
        tx.commit()?;
        if updated == 1 { Ok(()) } else { Err(CatalogError::WalkNotRunning(walk.0)) }
    }

    /// Marks walks that a former process left running, when this one starts; answers how many.
    pub fn interrupt_running_walks(&mut self) -> Result<usize, CatalogError> {
        const UPDATE: &str = "UPDATE walk SET outcome = 'interrupted' WHERE outcome = 'running'";
        let tx = self.begin()?;
        let interrupted = tx.execute(UPDATE, [])?;
        tx.commit()?;
        Ok(interrupted)
    }

    /// Marks what a task that was ended in the middle of a pass left running of this account.
    pub fn interrupt_walks_of(&mut self, account: &AccountName) -> Result<usize, CatalogError> {
        const UPDATE: &str = "UPDATE walk SET outcome = 'interrupted'
            WHERE account_id = ?1 AND outcome = 'running'";
        let tx = self.begin()?;
        let account = account_id(&tx, account)?;
        let interrupted = tx.execute(UPDATE, [account])?;
        tx.commit()?;
        Ok(interrupted)
    }
}

/// A running walk, as recording a page needs it.
#[derive(Debug)]
pub(super) struct OpenWalk {
    pub(super) account_id: i64,
    pub(super) account: String,
    pub(super) edge: String,
    pub(super) name: String,
    pub(super) asked: AskedFields,
}

impl OpenWalk {
    pub(super) fn load(connection: &Connection, walk: WalkId) -> Result<Self, CatalogError> {
        const QUERY: &str = "SELECT w.account_id, a.name, w.edge, w.name, w.field_set
            FROM walk w JOIN account a ON a.account_id = w.account_id
            WHERE w.walk_id = ?1 AND w.outcome = 'running'";
        let open = connection
            .prepare_cached(QUERY)?
            .query_row([walk.0], |row| {
                Ok(Self {
                    account_id: row.get(0)?,
                    account: row.get(1)?,
                    edge: row.get(2)?,
                    name: row.get(3)?,
                    asked: AskedFields::parse(row.get_ref(4)?.as_str()?),
                })
            })
            .optional()?;
        open.ok_or(CatalogError::WalkNotRunning(walk.0))
    }
}

/// Stories end by themselves after 24 hours, so only those an hour short of it are expected.
fn known_in_window(
    connection: &Connection,
    account_id: i64,
    edge: Edge,
    window: Window,
    now: Timestamp,
) -> Result<i64, CatalogError> {
    const QUERY: &str = "SELECT count(*) FROM item
        WHERE account_id = ?1 AND edge = ?2 AND parent_item_id IS NULL AND state = 'present'
          AND (?3 IS NULL OR published_at >= ?3) AND (?4 IS NULL OR published_at < ?4)";
    const STORY_LIFE: std::time::Duration = std::time::Duration::from_secs(23 * 3600);
    let since = match edge {
        Edge::Media | Edge::Tags => window.since,
        Edge::Stories => Some(window.since.unwrap_or(Timestamp::EPOCH).max(now.minus(STORY_LIFE))),
    };
    let known = connection.prepare_cached(QUERY)?.query_row(
        params![account_id, edge.as_str(), since.map(text), window.until.map(text)],
        |row| row.get(0),
    )?;
    Ok(known)
}
