//! Items that turn up: again, or for the first time where everything was thought to be known.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::CatalogError;
use super::absence::{bring_back, find_unlisted};
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
                return Ok(());
            }
            let ended = bring_back(self.connection, known.item_id, &self.now)?;
            let mut detail = json!({ "from": known.state.as_str() });
            if let Some(ended) = ended {
                detail["first_missing_at"] = json!(ended.first_missing_at);
                detail["missing_walk"] = json!(ended.missing_walk_id);
            }
            return self.append(EventKind::Returned, subject, detail);
        }
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
    /// was hidden then, or that proof was wrong.
    pub(super) fn note_late_arrival(
        &mut self,
        item_id: i64,
        item: &Observation,
    ) -> Result<(), CatalogError> {
        const QUERY: &str = "SELECT s.walk_id, s.proven_at FROM proven_span s
            JOIN walk w ON w.walk_id = s.walk_id
            WHERE s.account_id = ?1 AND s.edge = ?2 AND s.from_at <= ?3 AND s.to_at >= ?3
              AND w.started_at > ?3";
        let Some(published_at) = item.published_at.value().copied() else { return Ok(()) };
        if self.walk_id.is_none() || self.edge != Edge::Media.as_str() {
            return Ok(());
        }
        let published_at = text(published_at);
        let proof: Option<(i64, String)> = self
            .connection
            .prepare_cached(QUERY)?
            .query_row(params![self.account_id, self.edge, published_at], |row| {
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
