//! The places of slides in their album.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::CatalogError;
use crate::domain::Observation;

/// Gives a known slide its place.
pub(super) fn place(
    connection: &Connection,
    item_id: i64,
    album: i64,
    position: i64,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE item SET parent_item_id = ?2, position = ?3 WHERE item_id = ?1";
    connection.prepare_cached(UPDATE)?.execute(params![item_id, album, position])?;
    Ok(())
}

/// Takes the place of slides that the album's list no longer has; their rows stay.
pub(super) fn release(
    connection: &Connection,
    album: i64,
    slides: &[&Observation],
) -> Result<(), CatalogError> {
    const PLACED: &str = "SELECT item_id, media_id FROM item
        WHERE parent_item_id = ?1 AND position IS NOT NULL";
    const UPDATE: &str = "UPDATE item SET position = NULL WHERE item_id = ?1";
    let listed: HashSet<&str> = slides.iter().map(|slide| slide.id.as_str()).collect();
    let mut placed = connection.prepare_cached(PLACED)?;
    let mut update = connection.prepare_cached(UPDATE)?;
    let placed = placed.query_map([album], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (item_id, media_id) in placed.collect::<Result<Vec<(i64, String)>, _>>()? {
        if !listed.contains(media_id.as_str()) {
            update.execute([item_id])?;
        }
    }
    Ok(())
}
