//! The rows of a field's history.

use rusqlite::{Connection, params};

use super::CatalogError;
use super::fields::{States, TRACKED, Tracked};

/// What changed of an item, between which two answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) item_id: i64,
    pub(super) previous_seen_at: &'a str,
    pub(super) seen_at: &'a str,
    pub(super) walk_id: Option<i64>,
}

/// Appends a row for each changed field.
pub(super) fn record(
    connection: &Connection,
    moment: Moment<'_>,
    changed: &[Tracked],
    before: &States<'_>,
    now: &States<'_>,
) -> Result<(), CatalogError> {
    const INSERT: &str = "INSERT INTO change (item_id, field, old_kind, old, new_kind, new,
        previous_seen_at, seen_at, walk_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let mut insert = connection.prepare_cached(INSERT)?;
    for n in 0..TRACKED {
        let field = Tracked::ALL[n];
        if changed.contains(&field) {
            insert.execute(params![
                moment.item_id,
                field.name(),
                before[n].standing.kind().word(),
                before[n].text,
                now[n].standing.kind().word(),
                now[n].text,
                moment.previous_seen_at,
                moment.seen_at,
                moment.walk_id,
            ])?;
        }
    }
    Ok(())
}
