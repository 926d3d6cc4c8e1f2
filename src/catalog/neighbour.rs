//! The listed items near the place of one that was not listed.

use rusqlite::{OptionalExtension, params};

use super::text::{parsed, text};
use super::writer::account_id;
use super::{CatalogError, WalkId, Writer};
use crate::domain::{AccountName, MediaId, Timestamp};

impl Writer {
    /// The album that a slide belongs to, or belonged to.
    pub fn album_of(
        &mut self,
        account: &AccountName,
        slide: &MediaId,
    ) -> Result<Option<MediaId>, CatalogError> {
        const QUERY: &str = "SELECT p.media_id FROM item i
            JOIN item p ON p.item_id = i.parent_item_id
            WHERE i.account_id = ?1 AND i.media_id = ?2";
        let connection = self.reading();
        let account = account_id(connection, account)?;
        let mut query = connection.prepare_cached(QUERY)?;
        Ok(query.query_row(params![account, slide.as_str()], |row| parsed(row, 0)).optional()?)
    }

    /// The newest two items that a walk listed and that were published at that time or before,
    /// newest first; nothing when there is only one.
    pub fn listed_before(
        &mut self,
        walk: WalkId,
        published_at: Timestamp,
    ) -> Result<Option<[(MediaId, Timestamp); 2]>, CatalogError> {
        const QUERY: &str = "SELECT i.media_id, i.published_at
            FROM walk w
            JOIN item i ON i.account_id = w.account_id AND i.edge = w.edge
            JOIN sighting s ON s.item_id = i.item_id AND s.walk_id = w.walk_id
            WHERE w.walk_id = ?1 AND i.parent_item_id IS NULL AND i.published_at <= ?2
            ORDER BY i.published_at DESC LIMIT 2";
        let mut query = self.reading().prepare_cached(QUERY)?;
        let found = query
            .query_map(params![walk.0, text(published_at)], |row| {
                Ok((parsed(row, 0)?, parsed(row, 1)?))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(found.try_into().ok())
    }
}
