//! Losses that are too many to be believed at once: held, and what ends that.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};
use serde_json::json;

use super::CatalogError;
use super::absence::Since;
use super::events::{Chain, EventKind, NewEvent};
use super::reckoning::Reckoning;
use super::text::{count, parsed, parsed_or_null};
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
    pub(super) const ALL: [Self; 2] = [Self::Missing, Self::Url];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Url => "url",
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

/// A hold of a walk that has just ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewHold {
    pub(super) walk_id: i64,
    pub(super) kind: HoldKind,
    pub(super) reason: HoldReason,
    pub(super) looked_at: usize,
}

/// Enters a hold; items come with their role, which is empty for the item itself.
pub(super) fn begin(
    connection: &Connection,
    hold: NewHold,
    items: &[(i64, &str)],
    at: &str,
    chain: &mut Chain,
) -> Result<(), CatalogError> {
    const HOLD: &str = "INSERT INTO hold (walk_id, kind, reason, items, looked_at, held_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    const ITEM: &str = "INSERT INTO held_item (walk_id, kind, item_id, role)
        VALUES (?1, ?2, ?3, ?4)";
    let (kind, reason) = (hold.kind.as_str(), hold.reason.as_str());
    connection.prepare_cached(HOLD)?.execute(params![
        hold.walk_id,
        kind,
        reason,
        count(items.len()),
        count(hold.looked_at),
        at
    ])?;
    let mut insert = connection.prepare_cached(ITEM)?;
    for (item_id, role) in items {
        insert.execute(params![hold.walk_id, kind, item_id, role])?;
    }
    let detail = json!({
        "kind": kind, "reason": reason, "items": items.len(), "looked_at": hold.looked_at,
    });
    let event = NewEvent {
        kind: EventKind::WalkHeld,
        item: None,
        role: None,
        walk_id: Some(hold.walk_id),
        detail,
    };
    chain.append(connection, &event)
}

/// Ends an open hold; `by_walk` is the walk that ended it, which for a person is the held one.
/// Answers whether there was one.
pub(super) fn end(
    connection: &Connection,
    held: (i64, HoldKind),
    by: EndedBy,
    by_walk: i64,
    at: &str,
    chain: &mut Chain,
) -> Result<bool, CatalogError> {
    const UPDATE: &str = "UPDATE hold SET ended_at = ?3, ended_by = ?4
        WHERE walk_id = ?1 AND kind = ?2 AND ended_at IS NULL";
    const ITEMS: &str = "SELECT items FROM hold WHERE walk_id = ?1 AND kind = ?2";
    let (walk_id, kind) = (held.0, held.1.as_str());
    let values = params![walk_id, kind, at, by.as_str()];
    if connection.prepare_cached(UPDATE)?.execute(values)? == 0 {
        return Ok(false);
    }
    let items: i64 =
        connection.prepare_cached(ITEMS)?.query_row(params![walk_id, kind], |row| row.get(0))?;
    let detail = json!({ "kind": kind, "held_walk": walk_id, "by": by.as_str(), "items": items });
    let event = NewEvent {
        kind: EventKind::HoldEnded,
        item: None,
        role: None,
        walk_id: Some(by_walk),
        detail,
    };
    chain.append(connection, &event)?;
    Ok(true)
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
        const FIND: &str = "SELECT item_id FROM item WHERE media_id = ?1 AND account_id = ?2";
        let mut find = self.connection.prepare_cached(FIND)?;
        let found: Vec<(i64, &str)> = items
            .iter()
            .map(|id| find.query_row(params![id.as_str(), self.account_id], |row| row.get(0)))
            .map(|item_id| item_id.map(|item_id| (item_id, "")))
            .collect::<Result<_, _>>()?;
        self.pin(self.walk_id)?;
        let hold = NewHold { walk_id: self.walk_id, kind: HoldKind::Missing, reason, looked_at };
        begin(self.connection, hold, &found, self.at, &mut self.chain)
    }

    /// Ends the hold of a walk's missing items.
    pub(super) fn end_hold(&mut self, held: i64, by: EndedBy) -> Result<bool, CatalogError> {
        let kind = HoldKind::Missing;
        end(self.connection, (held, kind), by, self.walk_id, self.at, &mut self.chain)
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
