//! Losses that are too many to be believed at once: held, and what ends that.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::CatalogError;
use super::absence::Since;
use super::events::EventKind;
use super::reckoning::Reckoning;
use super::text::{count, parsed, parsed_or_null, word};
use crate::domain::MediaId;
use crate::domain::absence::Moment;
use crate::domain::brake::{Hold, HoldReason};

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoldKind {
    /// Items that the walk did not list.
    Missing,
    /// Addresses that its answers lack.
    Url,
}

impl HoldKind {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "missing" => Some(Self::Missing),
            "url" => Some(Self::Url),
            _ => None,
        }
    }
}

/// Who or what ends a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// A later walk missed the same.
    Confirmed,
    /// A person.
    Accepted,
    /// The walk was wrong.
    Dropped,
}

impl EndedBy {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Accepted => "accepted",
            Self::Dropped => "dropped",
        }
    }
}

/// What of a walk's losses is held now.
pub(super) fn open_kinds(
    connection: &Connection,
    walk_id: i64,
) -> Result<Vec<HoldKind>, CatalogError> {
    const QUERY: &str = "SELECT kind FROM hold WHERE walk_id = ?1 AND ended_at IS NULL
        ORDER BY kind";
    let mut query = connection.prepare_cached(QUERY)?;
    let kinds = query.query_map([walk_id], |row| word(row, 0, HoldKind::from_word))?;
    Ok(kinds.collect::<Result<_, _>>()?)
}

/// Open holds of a list, with those of their items that nothing has settled since.
pub(super) fn open_holds(
    connection: &Connection,
    account_id: i64,
    edge: &str,
) -> Result<Vec<Hold>, CatalogError> {
    const HOLDS: &str = "SELECT h.walk_id, w.started_at, w.server_at
        FROM hold h JOIN walk w ON w.walk_id = h.walk_id
        WHERE h.ended_at IS NULL AND h.kind = 'missing' AND w.account_id = ?1 AND w.edge = ?2
        ORDER BY h.walk_id";
    let mut query = connection.prepare_cached(HOLDS)?;
    let rows = query.query_map(params![account_id, edge], |row| {
        let at = Moment { local: parsed(row, 1)?, server: parsed_or_null(row, 2)? };
        Ok((row.get(0)?, at))
    })?;
    let mut holds = Vec::new();
    for row in rows {
        let (walk, at) = row?;
        let (items, listed_since) = held_items(connection, walk)?;
        holds.push(Hold { walk, at, items, listed_since });
    }
    Ok(holds)
}

/// Items of a hold, and whether any of them was listed since.
fn held_items(
    connection: &Connection,
    walk_id: i64,
) -> Result<(HashSet<MediaId>, bool), CatalogError> {
    const QUERY: &str = "SELECT i.media_id, coalesce(s.walk_id, 0) > t.walk_id,
        i.state IN ('expired', 'gone') OR (i.state = 'unreachable'
          AND EXISTS (SELECT 1 FROM event e JOIN hold h
                        ON h.walk_id = t.walk_id AND h.kind = t.kind AND e.at > h.held_at
                       WHERE e.item_id = i.item_id AND e.kind = 'unreachable'))
        FROM held_item t
        JOIN item i ON i.item_id = t.item_id
        JOIN sighting s ON s.item_id = t.item_id
        WHERE t.walk_id = ?1 AND t.kind = 'missing'";
    let mut query = connection.prepare_cached(QUERY)?;
    let mut rows = query.query([walk_id])?;
    let (mut items, mut listed_since) = (HashSet::new(), false);
    while let Some(row) = rows.next()? {
        listed_since |= row.get::<_, bool>(1)?;
        if !row.get::<_, bool>(2)? {
            items.insert(parsed(row, 0)?);
        }
    }
    Ok((items, listed_since))
}

impl Reckoning<'_> {
    /// Holds what a walk newly missed.
    pub(super) fn hold(
        &mut self,
        reason: HoldReason,
        items: &[MediaId],
        looked_at: usize,
    ) -> Result<(), CatalogError> {
        const HOLD: &str = "INSERT INTO hold (walk_id, kind, reason, items, looked_at, held_at)
            VALUES (?1, 'missing', ?2, ?3, ?4, ?5)";
        const ITEM: &str = "INSERT INTO held_item (walk_id, kind, item_id, role)
            SELECT ?1, 'missing', item_id, '' FROM item WHERE media_id = ?2 AND account_id = ?3";
        self.connection.prepare_cached(HOLD)?.execute(params![
            self.walk_id,
            reason.as_str(),
            count(items.len()),
            count(looked_at),
            self.at
        ])?;
        let mut insert = self.connection.prepare_cached(ITEM)?;
        for media_id in items {
            insert.execute(params![self.walk_id, media_id.as_str(), self.account_id])?;
        }
        self.pin(self.walk_id)?;
        for listed in self.listing_walks()? {
            self.pin(listed)?;
        }
        let detail = json!({
            "kind": "missing", "reason": reason.as_str(), "items": items.len(),
            "looked_at": looked_at,
        });
        self.append(EventKind::WalkHeld, None, detail)
    }

    /// The walks that listed the held items last: their pages may be gone before anybody believes
    /// the hold.
    fn listing_walks(&self) -> Result<Vec<i64>, CatalogError> {
        const QUERY: &str = "SELECT DISTINCT s.walk_id FROM held_item t
            JOIN sighting s ON s.item_id = t.item_id
            WHERE t.walk_id = ?1 AND t.kind = 'missing' AND s.walk_id IS NOT NULL";
        let mut query = self.connection.prepare_cached(QUERY)?;
        let walks = query.query_map([self.walk_id], |row| row.get(0))?;
        Ok(walks.collect::<Result<_, _>>()?)
    }

    /// Ends the open hold of a walk's missing items.
    pub(super) fn end_hold(&mut self, held: i64, by: EndedBy) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE hold SET ended_at = ?2, ended_by = ?3
            WHERE walk_id = ?1 AND kind = 'missing' AND ended_at IS NULL RETURNING items";
        let items: Option<i64> = self
            .connection
            .prepare_cached(UPDATE)?
            .query_row(params![held, self.at, by.as_str()], |row| row.get(0))
            .optional()?;
        let Some(items) = items else { return Ok(()) };
        let detail = json!({
            "kind": "missing", "held_walk": held, "by": by.as_str(), "items": items,
        });
        self.append(EventKind::HoldEnded, None, detail)
    }

    /// Dates the absences of a believed hold's items: they are missing since the walk that was
    /// held, or since an earlier one.
    pub(super) fn date_by(
        &self,
        held: i64,
        since: &mut HashMap<i64, Since>,
    ) -> Result<(), CatalogError> {
        const QUERY: &str = "SELECT t.item_id, h.held_at FROM held_item t
            JOIN hold h ON h.walk_id = t.walk_id AND h.kind = t.kind
            WHERE t.walk_id = ?1 AND t.kind = 'missing'";
        let mut query = self.connection.prepare_cached(QUERY)?;
        let mut rows = query.query([held])?;
        while let Some(row) = rows.next()? {
            let first = Since { walk_id: held, at: row.get(1)? };
            let known = since.entry(row.get(0)?).or_insert_with(|| first.clone());
            if first.at < known.at {
                *known = first;
            }
        }
        Ok(())
    }
}
