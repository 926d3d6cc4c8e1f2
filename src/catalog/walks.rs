//! Walks: their beginning, their end, and what they leave open.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::asked::AskedFields;
use super::events::{Chain, EventKind, NewEvent};
use super::text::{count, text};
use super::writer::account_id;
use super::{CatalogError, Writer};
use super::{doubtful, url_loss};
use crate::domain::walk::{Ending, Outcome, Reason};
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
            started_at, outcome, known, login, host, api_version_asked, field_set, program_version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', ?7, ?8, ?9, ?10, ?11, ?12)";
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

    /// Closes a walk with its outcome and what it has proven.
    ///
    /// A walk that is not complete is an event the first time, not again while the same walk of
    /// the account keeps ending for the same reason.
    pub fn close_walk(
        &mut self,
        walk: WalkId,
        ending: &Ending,
        tally: &WalkTally,
        detail: Option<&str>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE walk SET finished_at = ?2, outcome = ?3, reason = ?4,
            detail = ?5, coverage_from_at = ?6, coverage_to_at = ?7, pages = ?8, calls = ?9,
            listed = ?10, new = ?11, changed = ?12, api_version_answered = ?13
            WHERE walk_id = ?1";
        let caution = self.caution();
        let tx = self.begin()?;
        let open = OpenWalk::load(&tx, walk)?;
        let at = text(now);
        let mut chain = Chain::new(open.account_id, &open.account, &at);
        let (from, to) = ending.coverage.map(|c| (text(c.from), text(c.to))).unzip();
        tx.prepare_cached(UPDATE)?.execute(params![
            walk.0,
            at,
            ending.outcome.as_str(),
            ending.reason.map(Reason::as_str),
            detail,
            from,
            to,
            count(tally.pages),
            count(tally.calls),
            count(tally.listed),
            count(tally.new),
            count(tally.changed),
            tally.api_version_answered,
        ])?;
        match ending.outcome {
            Outcome::Complete => resolve_unreadable(&tx, &open, walk, &at)?,
            Outcome::Partial | Outcome::Failed => {
                report_partial(&tx, &open, walk, ending, detail, &mut chain)?;
            }
            Outcome::Interrupted => {}
        }
        if ending.outcome != Outcome::Interrupted {
            doubtful::settle(&tx, &open, walk, caution.brake, &mut chain)?;
            url_loss::settle(
                &tx,
                &open,
                walk,
                caution.brake,
                caution.confirm_after,
                &at,
                &mut chain,
            )?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Marks walks that a former process left running, when this one starts; answers how many.
    pub fn interrupt_running_walks(&mut self) -> Result<usize, CatalogError> {
        const UPDATE: &str = "UPDATE walk SET outcome = 'interrupted' WHERE outcome = 'running'";
        let tx = self.begin()?;
        let interrupted = tx.execute(UPDATE, [])?;
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

fn resolve_unreadable(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    at: &str,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE unreadable_item SET resolved_at = ?4
        WHERE account_id = ?1 AND edge = ?2 AND walk_id <> ?3 AND resolved_at IS NULL
          AND (SELECT since_at IS NULL AND until_at IS NULL FROM walk WHERE walk_id = ?3)";
    connection.prepare_cached(UPDATE)?.execute(params![open.account_id, open.edge, walk.0, at])?;
    Ok(())
}

fn report_partial(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    ending: &Ending,
    detail: Option<&str>,
    chain: &mut Chain,
) -> Result<(), CatalogError> {
    const BEFORE: &str = "SELECT outcome, reason FROM walk
        WHERE account_id = ?1 AND edge = ?2 AND name = ?3 AND walk_id < ?4
          AND outcome IN ('complete', 'partial', 'failed')
        ORDER BY walk_id DESC LIMIT 1";
    let before: Option<(String, Option<String>)> = connection
        .prepare_cached(BEFORE)?
        .query_row(params![open.account_id, open.edge, open.name, walk.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let reason = ending.reason.map(Reason::as_str);
    let same = before
        .is_some_and(|(word, why)| word == ending.outcome.as_str() && why.as_deref() == reason);
    if same {
        return Ok(());
    }
    let detail = json!({
        "edge": open.edge, "name": open.name, "outcome": ending.outcome.as_str(),
        "reason": reason, "detail": detail,
    });
    chain.append(
        connection,
        &NewEvent {
            kind: EventKind::WalkPartial,
            item: None,
            role: None,
            walk_id: Some(walk.0),
            detail,
        },
    )
}
