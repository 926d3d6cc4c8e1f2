//! Whether a walk's list is the whole list: only then it says something of what is not in it.

use rusqlite::Connection;

use super::{CatalogError, WalkId};

/// Whether a walk that is being closed asked for everything and came to its end, and nobody
/// doubts what it did not list.
pub(super) fn saw_everything(connection: &Connection, walk: WalkId) -> Result<bool, CatalogError> {
    const QUERY: &str = "SELECT outcome = 'complete' AND since_at IS NULL AND until_at IS NULL
          AND coverage_from_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM hold h
                           WHERE h.walk_id = walk.walk_id AND h.kind = 'missing')
        FROM walk WHERE walk_id = ?1";
    Ok(connection.prepare_cached(QUERY)?.query_row([walk.0], |row| row.get(0))?)
}
