//! Values that went from everything at once, looked at again when something has such values.

use std::collections::HashMap;

use rusqlite::params;

use super::CatalogError;
use super::doubtful::{Answer, Row, Settling, kept_of, place_of};
use super::fields::{Kind, Standing, State, Tracked};
use super::observers::Observers;
use super::text::word;
use crate::domain::absence::Place;
use crate::domain::better::{self, Doubt, Doubtful, Group, Health, Settled};
use crate::domain::brake::Limits;
use crate::domain::tracked::{Keeping, Nature};

/// Turns values that were withheld from everything into edits, where a walk of everything proves
/// that the API gives such values: then their owner removed these.
///
/// Only a value that came after them proves it, so that the same walk again writes nothing.
pub(super) fn reconsider(settling: &mut Settling<'_>, limits: Limits) -> Result<(), CatalogError> {
    let rows = withheld(settling)?;
    if rows.is_empty() {
        return Ok(());
    }
    let (connection, open, walk) = (settling.connection, settling.open, settling.walk);
    let observer = Observers::of(connection, open, walk)?.compare();
    let mut number: HashMap<Group, usize> = HashMap::new();
    for (row, _) in &rows {
        *number.entry(row.doubtful.group).or_default() += 1;
    }
    let mut removed: HashMap<Group, bool> = HashMap::new();
    for (group, number) in number {
        let shown = kept_of(connection, open, walk, group)?;
        let was_removed = better::was_removed(number, shown, observer, limits)
            && has_come_since(settling, group)?;
        removed.insert(group, was_removed);
    }
    for (row, answer) in &rows {
        if removed.get(&row.doubtful.group).copied().unwrap_or(false) {
            settling.settle_item(answer, &[(row, Settled::Edit)])?;
        }
    }
    Ok(())
}

/// Fields that the walk's answers still lack, each with the answer as it would have been noted.
///
/// When a value was last seen is read from the former texts; slides are in none of them.
fn withheld(settling: &Settling<'_>) -> Result<Vec<(Row, Answer)>, CatalogError> {
    const QUERY: &str = "SELECT i.item_id, i.media_id, i.parent_item_id,
        CASE json_type(r.raw_json, '$.' || ?5) WHEN 'null' THEN 'null' WHEN 'text' THEN 'value'
             ELSE 'absent' END,
        r.raw_json, i.raw_digest, s.seen_at,
        coalesce((SELECT max(f.last_seen_at) FROM item_raw_former f
                   WHERE f.item_id = i.item_id
                     AND coalesce(json_extract(f.raw_json, '$.' || ?5), '') <> ''),
                 i.first_seen_at)
        FROM item i
        JOIN sighting s ON s.item_id = i.item_id
        JOIN item_raw r ON r.item_id = i.item_id
        WHERE i.account_id = ?1 AND i.edge = ?2 AND s.walk_id = ?3
          AND substr(i.kinds, ?4, 1) = 'o'
        ORDER BY i.item_id";
    let mut found = Vec::new();
    for field in fields_of(settling)? {
        let mut query = settling.connection.prepare_cached(QUERY)?;
        let rows = query.query_map(
            params![
                settling.open.account_id,
                settling.open.edge,
                settling.walk.0,
                column(field),
                field.name()
            ],
            |row| {
                let (item_id, parent_item_id) = (row.get(0)?, row.get(2)?);
                let place = match parent_item_id {
                    Some(_) => Place::Slide,
                    None::<i64> => Place::Post,
                };
                let kind = word(row, 3, Kind::from_word)?;
                let raw_digest = row.get(5)?;
                let new = State {
                    standing: Standing::Said(kind),
                    text: (kind == Kind::Value).then(|| "".into()),
                };
                let group = Group { place, field, doubt: Doubt::Lost };
                let doubtful = Doubtful { item: item_id, group, health: Health::Whole };
                let row_of = Row { item_id, media_id: row.get(1)?, parent_item_id, new, doubtful };
                let answer = Answer {
                    raw: row.get(4)?,
                    raw_digest,
                    known_digest: raw_digest,
                    previous_seen_at: row.get(7)?,
                    seen_at: row.get(6)?,
                };
                Ok((row_of, answer))
            },
        )?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// Fields that people can remove and that are withheld from some item of the walk.
fn fields_of(settling: &Settling<'_>) -> Result<Vec<Tracked>, CatalogError> {
    const QUERY: &str = "SELECT DISTINCT i.kinds FROM item i
        JOIN sighting s ON s.item_id = i.item_id
        WHERE i.account_id = ?1 AND i.edge = ?2 AND instr(i.kinds, 'o') > 0 AND s.walk_id = ?3";
    let mut query = settling.connection.prepare_cached(QUERY)?;
    let kinds: Vec<String> = query
        .query_map(params![settling.open.account_id, settling.open.edge, settling.walk.0], |row| {
            row.get(0)
        })?
        .collect::<Result<_, _>>()?;
    let is_withheld = |field: &Tracked| {
        let standing =
            |kinds: &String| Standing::from_letter(kinds.as_bytes().get(place_of(*field)).copied());
        field.nature() == Nature::Removable
            && kinds.iter().any(|kinds| standing(kinds) == Standing::Kept(Keeping::Withheld))
    };
    Ok(Tracked::ALL.into_iter().filter(is_withheld).collect())
}

/// Whether an item that the walk showed has a value that came after others were withheld.
fn has_come_since(settling: &Settling<'_>, group: Group) -> Result<bool, CatalogError> {
    const QUERY: &str = "WITH withheld AS (
          SELECT e.event_id, e.at FROM event e
           WHERE e.account_id = ?1 AND e.kind = 'observer_changed'
             AND e.detail ->> 'what' = 'field_lost' AND e.detail ->> 'field' = ?5
           ORDER BY e.event_id DESC LIMIT 1)
        SELECT EXISTS (SELECT 1 FROM withheld h JOIN event e ON e.event_id > h.event_id
            WHERE e.account_id = ?1 AND e.kind = 'observer_changed'
              AND e.detail ->> 'what' IN ('field_back', 'field_filled')
              AND e.detail ->> 'field' = ?5)
          OR EXISTS (SELECT 1 FROM withheld h, item i JOIN sighting s ON s.item_id = i.item_id
            WHERE i.account_id = ?1 AND i.edge = ?2 AND s.walk_id = ?3
              AND (i.parent_item_id IS NOT NULL) = ?6 AND substr(i.kinds, ?4, 1) = 'v'
              AND (i.first_seen_at > h.at
                   OR EXISTS (SELECT 1 FROM change c
                               WHERE c.item_id = i.item_id AND c.field = ?5
                                 AND c.new_kind = 'value' AND c.seen_at > h.at)))";
    let has_come = settling.connection.prepare_cached(QUERY)?.query_row(
        params![
            settling.open.account_id,
            settling.open.edge,
            settling.walk.0,
            column(group.field),
            group.field.name(),
            group.place == Place::Slide
        ],
        |row| row.get(0),
    )?;
    Ok(has_come)
}

/// The number of a field's letter in SQL, from 1.
fn column(field: Tracked) -> i64 {
    i64::try_from(place_of(field) + 1).unwrap_or(i64::MAX)
}
