//! Answers that always lack something: at some point they are how the item answers.

use rusqlite::params;

use super::CatalogError;
use super::fields;
use super::known_item::Known;
use super::page::Look;
use super::text::hex;
use crate::domain::better::{self, Health};

/// Whether the degraded text of an item is the usual one by now: the last complete walk still had
/// it, long enough after the first that did.
///
/// Asked only of items whose text is degraded and the same as before.
pub(super) fn is_usual(look: &Look<'_>, known: &Known) -> Result<bool, CatalogError> {
    const QUERY: &str = "SELECT EXISTS (
        SELECT 1 FROM walk w
          JOIN event e ON e.event_id = (SELECT max(event_id) FROM event
                                         WHERE item_id = ?1 AND kind = 'worse_answer')
         WHERE w.walk_id = ?2 AND w.outcome = 'complete'
           AND e.detail ->> 'raw_sha256' = ?3
           AND unixepoch(?4) - unixepoch(e.at) >= ?5)";
    match better::health(fields::standings(&known.kinds)) {
        Health::Whole => return Ok(false),
        Health::Degraded => {}
    }
    let seconds = i64::try_from(look.confirm_after.as_secs()).unwrap_or(i64::MAX);
    let is_usual = look.connection.prepare_cached(QUERY)?.query_row(
        params![known.item_id, known.walk_id, hex(&known.raw_digest), known.seen_at, seconds],
        |row| row.get(0),
    )?;
    Ok(is_usual)
}
