//! A listed item near the place of one that was not listed.

use rusqlite::{OptionalExtension, params};

use super::text::{parsed, text};
use super::{CatalogError, WalkId, Writer};
use crate::domain::{MediaId, Timestamp};

impl Writer {
    /// The newest item that a walk listed and that was published at that time or before.
    pub fn listed_before(
        &mut self,
        walk: WalkId,
        published_at: Timestamp,
    ) -> Result<Option<(MediaId, Timestamp)>, CatalogError> {
        const QUERY: &str = "SELECT i.media_id, i.published_at
            FROM walk w
            JOIN item i ON i.account_id = w.account_id AND i.edge = w.edge
            JOIN sighting s ON s.item_id = i.item_id AND s.walk_id = w.walk_id
            WHERE w.walk_id = ?1 AND i.parent_item_id IS NULL AND i.published_at <= ?2
            ORDER BY i.published_at DESC LIMIT 1";
        let mut query = self.reading().prepare_cached(QUERY)?;
        let found = query.query_row(params![walk.0, text(published_at)], |row| {
            Ok((parsed(row, 0)?, parsed(row, 1)?))
        });
        Ok(found.optional()?)
    }
}
