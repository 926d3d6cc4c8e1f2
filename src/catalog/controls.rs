//! Controls: listed items that are asked for beside missed ones, so that a silence is the item's own.

use rusqlite::{Connection, OptionalExtension, params};

use super::case::List;
use super::text::parsed;
use super::{CatalogError, WalkId, Writer};
use crate::domain::MediaId;
use crate::domain::absence::Control;

/// Missed items that can share a control: a listed item that is asked for in the same minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup {
    /// Items that can serve as one, those to ask first: one that never answers by its id, as some
    /// do not, must not keep a whole kind from being judged.
    pub controls: Vec<MediaId>,
    /// What it says when one of them answers.
    pub says: Control,
    pub items: Vec<MediaId>,
}

impl Writer {
    /// For each group of missed items that can share a control, the listed items that can serve as
    /// one: of the same kind and of about the same time, or of the same album; of another kind
    /// where the walk listed none of theirs.
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
                let group = ControlGroup { controls: Vec::new(), says: Control::Silent, items };
                groups.push((shared, group));
            }
        }
        groups
            .into_iter()
            .map(|(shared, group)| {
                let (controls, says) = list.controls(connection, &shared)?;
                Ok(ControlGroup { controls, says, ..group })
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

    fn controls(
        &self,
        connection: &Connection,
        shared: &Shared,
    ) -> Result<(Vec<MediaId>, Control), CatalogError> {
        let of_kind = match shared.album {
            Some(album) => self.sisters(connection, album)?,
            None => self.nearest(connection, shared, true)?,
        };
        if !of_kind.is_empty() {
            return Ok((of_kind, Control::Answered));
        }
        let others = match shared.album {
            Some(_) => Vec::new(),
            None => self.nearest(connection, shared, false)?,
        };
        let says = if others.is_empty() { Control::Silent } else { Control::OtherKind };
        Ok((others, says))
    }

    /// Up to three slides of an album that this walk listed.
    fn sisters(&self, connection: &Connection, album: i64) -> Result<Vec<MediaId>, CatalogError> {
        const QUERY: &str = "SELECT i.media_id FROM item i
            JOIN sighting s ON s.item_id = i.item_id
            WHERE i.parent_item_id = ?1 AND i.position IS NOT NULL AND s.walk_id = ?2
            ORDER BY i.position LIMIT 3";
        let mut query = connection.prepare_cached(QUERY)?;
        let sisters = query.query_map(params![album, self.walk_id], |row| parsed(row, 0))?;
        Ok(sisters.collect::<Result<_, _>>()?)
    }

    /// The items listed by this walk that were published before and after a time, the nearest
    /// first, and the newest of all.
    fn nearest(
        &self,
        connection: &Connection,
        shared: &Shared,
        same_kind: bool,
    ) -> Result<Vec<MediaId>, CatalogError> {
        const QUERY: &str = "SELECT media_id FROM (
              SELECT * FROM (SELECT i.media_id, i.published_at, 0 AS is_last FROM item i
                JOIN sighting s ON s.item_id = i.item_id AND s.walk_id = ?3
                WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL
                  AND i.published_at <= ?4 AND (?5 = 0 OR i.media_product_type IS ?6)
                ORDER BY i.published_at DESC, i.item_id DESC LIMIT 1)
              UNION ALL
              SELECT * FROM (SELECT i.media_id, i.published_at, 0 AS is_last FROM item i
                JOIN sighting s ON s.item_id = i.item_id AND s.walk_id = ?3
                WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL
                  AND i.published_at > ?4 AND (?5 = 0 OR i.media_product_type IS ?6)
                ORDER BY i.published_at, i.item_id LIMIT 1)
              UNION ALL
              SELECT * FROM (SELECT i.media_id, i.published_at, 1 AS is_last FROM item i
                JOIN sighting s ON s.item_id = i.item_id AND s.walk_id = ?3
                WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL
                  AND (?5 = 0 OR i.media_product_type IS ?6)
                ORDER BY i.published_at DESC, i.item_id DESC LIMIT 1))
            GROUP BY media_id
            ORDER BY min(is_last), abs(julianday(published_at) - julianday(?4))";
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
        let mut query = connection.prepare_cached(QUERY)?;
        let nearest = query.query_map(values, |row| parsed(row, 0))?;
        Ok(nearest.collect::<Result<_, _>>()?)
    }
}
