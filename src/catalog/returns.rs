//! Items that turn up: again, or for the first time where everything was thought to be known.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::CatalogError;
use super::absence::{answered, set_state};
use super::asked::Level;
use super::events::EventKind;
use super::known_item::Known;
use super::page::Look;
use super::text::text;
use crate::domain::absence::State;
use crate::domain::{Edge, Observation};

impl Look<'_> {
    /// Notes that an item is seen which was believed not to be there. Only a walk of its own list
    /// brings it back; to answer by its id shows no more than that it is not gone.
    pub(super) fn note_return(
        &mut self,
        item: &Observation,
        level: Level,
        known: &Known,
    ) -> Result<(), CatalogError> {
        let subject = Some((known.item_id, item.id.as_str()));
        if self.walk_id.is_some() {
            if !known.on_its_edge {
                return self.note_answer(subject, level, known);
            }
            let ended = bring_back(self.connection, known.item_id, &self.now)?;
            let mut detail = json!({ "from": known.state.as_str() });
            if let Some(ended) = ended {
                detail["first_missing_at"] = json!(ended.first_missing_at);
                detail["missing_walk"] = json!(ended.missing_walk_id);
            }
            return self.append(EventKind::Returned, subject, detail);
        }
        self.note_answer(subject, level, known)
    }

    /// Notes that an item answered by its id, or stood in another list than its own.
    fn note_answer(
        &mut self,
        subject: Option<(i64, &str)>,
        level: Level,
        known: &Known,
    ) -> Result<(), CatalogError> {
        match (level, known.state) {
            (Level::Post, State::Gone) => {
                let first = find_unlisted(self.connection, known.item_id, &self.now)?;
                let detail = json!({
                    "from": known.state.as_str(),
                    "first_missing_at": first,
                    "answer": "exists",
                });
                self.append(EventKind::Unlisted, subject, detail)
            }
            (
                Level::Post,
                State::Present
                | State::Missing
                | State::Unlisted
                | State::Expired
                | State::Unreachable,
            )
            | (Level::Slide, _) => Ok(()),
        }
    }

    /// Notes that a walk entered a post although an earlier one had proven its day complete: it
    /// was hidden then, or that proof was wrong. A walk that is dated after now had a clock that was
    /// ahead, and proved less than it says.
    pub(super) fn note_late_arrival(
        &mut self,
        item_id: i64,
        item: &Observation,
    ) -> Result<(), CatalogError> {
        const QUERY: &str = "SELECT s.walk_id, s.proven_at FROM proven_span s
            JOIN walk w ON w.walk_id = s.walk_id
            WHERE s.account_id = ?1 AND s.edge = ?2 AND s.from_at <= ?3 AND s.to_at >= ?3
              AND w.started_at > ?3 AND w.started_at <= ?4";
        let Some(published_at) = item.published_at.value().copied() else { return Ok(()) };
        if self.walk_id.is_none() || self.edge != Edge::Media.as_str() {
            return Ok(());
        }
        let published_at = text(published_at);
        let proof: Option<(i64, String)> = self
            .connection
            .prepare_cached(QUERY)?
            .query_row(params![self.account_id, self.edge, published_at, self.now], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((walk, proven_at)) = proof else { return Ok(()) };
        let detail = json!({
            "published_at": published_at, "proven_by_walk": walk, "proven_at": proven_at,
        });
        self.append(EventKind::LateArrival, Some((item_id, item.id.as_str())), detail)
    }
}

/// An absence that a look at the item's list has ended.
#[derive(Debug)]
struct Ended {
    first_missing_at: String,
    missing_walk_id: i64,
}

/// Puts an item back where it was found, and ends its absence.
fn bring_back(
    connection: &Connection,
    item_id: i64,
    at: &str,
) -> Result<Option<Ended>, CatalogError> {
    const UPDATE: &str = "UPDATE absence SET returned_at = ?2
        WHERE item_id = ?1 AND returned_at IS NULL RETURNING first_missing_at, missing_walk_id";
    set_state(connection, item_id, State::Present, None)?;
    let ended = connection.prepare_cached(UPDATE)?.query_row(params![item_id, at], |row| {
        Ok(Ended { first_missing_at: row.get(0)?, missing_walk_id: row.get(1)? })
    });
    Ok(ended.optional()?)
}

/// Takes back that an item is gone: it answered by its id, though no list has it. Answers since
/// when it is missing.
fn find_unlisted(
    connection: &Connection,
    item_id: i64,
    at: &str,
) -> Result<Option<String>, CatalogError> {
    const OPEN: &str = "SELECT absence_id, first_missing_at FROM absence
        WHERE item_id = ?1 AND returned_at IS NULL";
    let open: Option<(i64, String)> = connection
        .prepare_cached(OPEN)?
        .query_row([item_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((absence_id, _)) = &open {
        answered(connection, *absence_id, at)?;
    }
    let first = open.map(|(_, first)| first);
    set_state(connection, item_id, State::Unlisted, first.as_deref())?;
    Ok(first)
}
