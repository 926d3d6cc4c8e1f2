//! How a walk asked, beside the last complete walk of the same list.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::walks::OpenWalk;
use super::{CatalogError, WalkId};
use crate::domain::reconcile::Observer;

/// Whoever looks: now, and the last time that a walk reached its end.
#[derive(Debug)]
pub(super) struct Observers {
    pub(super) before: Option<Asking>,
    pub(super) now: Asking,
}

/// What decides which items and fields somebody is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asking {
    login: String,
    host: String,
    /// The version that answered, where it said so.
    pub(super) api_version: String,
}

impl Observers {
    pub(super) fn of(
        connection: &Connection,
        open: &OpenWalk,
        walk: WalkId,
    ) -> Result<Self, CatalogError> {
        const NOW: &str = "SELECT login, host, coalesce(api_version_answered, api_version_asked)
            FROM walk WHERE walk_id = ?1";
        const BEFORE: &str = "SELECT login, host,
            coalesce(api_version_answered, api_version_asked)
            FROM walk WHERE account_id = ?1 AND edge = ?2 AND walk_id < ?3 AND outcome = 'complete'
            ORDER BY walk_id DESC LIMIT 1";
        let now = connection.prepare_cached(NOW)?.query_row([walk.0], asking)?;
        let before = connection
            .prepare_cached(BEFORE)?
            .query_row(params![open.account_id, open.edge, walk.0], asking)
            .optional()?;
        Ok(Self { before, now })
    }

    /// Whether they are the same; the first one is nobody else.
    pub(super) fn compare(&self) -> Observer {
        match &self.before {
            Some(before) if *before != self.now => Observer::Changed,
            Some(_) | None => Observer::Same,
        }
    }
}

fn asking(row: &Row<'_>) -> rusqlite::Result<Asking> {
    Ok(Asking { login: row.get(0)?, host: row.get(1)?, api_version: row.get(2)? })
}
