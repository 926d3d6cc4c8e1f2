//! Controls: listed items that are asked for beside missed ones, so that a silence is the item's own.

use rusqlite::{Connection, OptionalExtension, params};

use super::case::List;
use super::text::parsed;
use super::{CatalogError, WalkId, Writer};
use crate::domain::MediaId;

/// Missed items that can share a control: a listed item that is asked for in the same minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup {
    pub control: Option<MediaId>,
    pub items: Vec<MediaId>,
}

impl Writer {
    /// For each group of missed items that can share a control, the listed item that serves as
    /// one: of the same kind and of about the same time, or of the same album.
    pub fn controls_for(
        &mut self,
        walk: WalkId,
        missed: &[MediaId],
    ) -> Result<Vec<ControlGroup>, CatalogError> {
        let connection = self.reading();
        let list = List::of_walk(connection, walk)?;
        let mut groups: Vec<(Shared, ControlGroup)> = Vec::new();
        for media_id in missed {
            let Some(shared) = list.shared(connection, media_id)? else { continue };
            let same = groups.iter_mut().find(|(other, _)| other.is_same(&shared));
            if let Some((other, group)) = same {
                other.newest = other.newest.take().max(shared.newest);
                group.items.push(media_id.clone());
            } else {
                let items = vec![media_id.clone()];
                groups.push((shared, ControlGroup { control: None, items }));
            }
        }
        groups
            .into_iter()
            .map(|(shared, group)| {
                let control = list.control(connection, &shared, group.items.len())?;
                Ok(ControlGroup { control, ..group })
            })
            .collect()
    }
}

/// What items must have in common to share a control.
#[derive(Debug)]
struct Shared {
    album: Option<i64>,
    kind: Option<String>,
    /// When the newest of them was published.
    newest: Option<String>,
}

impl Shared {
    fn is_same(&self, other: &Self) -> bool {
        self.album == other.album && (self.album.is_some() || self.kind == other.kind)
    }
}

impl List {
    fn shared(
        &self,
        connection: &Connection,
        media_id: &MediaId,
    ) -> Result<Option<Shared>, CatalogError> {
        const QUERY: &str = "SELECT parent_item_id, media_product_type, published_at FROM item
            WHERE media_id = ?1 AND account_id = ?2";
        let shared = connection
            .prepare_cached(QUERY)?
            .query_row(params![media_id.as_str(), self.account_id], |row| {
                Ok(Shared { album: row.get(0)?, kind: row.get(1)?, newest: row.get(2)? })
            })
            .optional()?;
        Ok(shared)
    }

    fn control(
        &self,
        connection: &Connection,
        shared: &Shared,
        missed: usize,
    ) -> Result<Option<MediaId>, CatalogError> {
        const SLIDE: &str = "SELECT i.media_id FROM item i
            JOIN sighting s ON s.item_id = i.item_id
            WHERE i.parent_item_id = ?1 AND i.position IS NOT NULL AND s.walk_id = ?2
            ORDER BY i.position LIMIT 1";
        if let Some(album) = shared.album {
            let mut query = connection.prepare_cached(SLIDE)?;
            let control =
                query.query_row(params![album, self.walk_id], |row| parsed(row, 0)).optional()?;
            return Ok(control);
        }
        match self.nearest(connection, shared, true)? {
            Some(of_kind) => Ok(Some(of_kind)),
            // Where a kind is missing as a whole, another kind says nothing of it: a right to see
            // it may be lost.
            None if missed > 1 => Ok(None),
            None => self.nearest(connection, shared, false),
        }
    }

    /// The item listed by this walk that was published nearest to a time.
    fn nearest(
        &self,
        connection: &Connection,
        shared: &Shared,
        same_kind: bool,
    ) -> Result<Option<MediaId>, CatalogError> {
        const QUERY: &str = "SELECT media_id FROM (
              SELECT * FROM (SELECT i.media_id, i.published_at FROM item i
                JOIN sighting s ON s.item_id = i.item_id AND s.walk_id = ?3
                WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL
                  AND i.published_at <= ?4 AND (?5 = 0 OR i.media_product_type IS ?6)
                ORDER BY i.published_at DESC LIMIT 1)
              UNION ALL
              SELECT * FROM (SELECT i.media_id, i.published_at FROM item i
                JOIN sighting s ON s.item_id = i.item_id AND s.walk_id = ?3
                WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL
                  AND i.published_at > ?4 AND (?5 = 0 OR i.media_product_type IS ?6)
                ORDER BY i.published_at LIMIT 1))
            ORDER BY abs(julianday(published_at) - julianday(?4)) LIMIT 1";
        // Of a group without any time, the newest listed item is as good as another.
        let near = shared.newest.as_deref().unwrap_or("9999-12-31T23:59:59Z");
        let values = params![
            self.account_id,
            self.edge.as_str(),
            self.walk_id,
            near,
            same_kind,
            shared.kind
        ];
        Ok(connection.prepare_cached(QUERY)?.query_row(values, |row| parsed(row, 0)).optional()?)
    }
}
