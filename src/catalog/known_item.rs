//! What the narrow rows say of an item that an answer shows: one statement for each item of a
//! page, and for most of them the only one.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use super::CatalogError;
use super::assets::AssetState;
use super::metrics::Counts;
use super::page::Look;
use super::text::word;
use crate::domain::absence::State;
use crate::domain::{AssetRole, Link, Observation};

/// A known item with its files.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) item_id: i64,
    pub(super) parent_item_id: Option<i64>,
    pub(super) position: Option<i64>,
    pub(super) on_its_edge: bool,
    pub(super) state: State,
    pub(super) kinds: String,
    pub(super) raw_digest: [u8; 32],
    pub(super) media_type: Option<String>,
    pub(super) children: Option<String>,
    pub(super) seen_at: String,
    pub(super) walk_id: Option<i64>,
    pub(super) counts: Counts,
    media: Option<KnownFile>,
    thumbnail: Option<KnownFile>,
}

impl Known {
    /// The file of a role, when it was ever entered.
    pub(super) fn file(&self, role: AssetRole) -> Option<&KnownFile> {
        match role {
            AssetRole::Media => self.media.as_ref(),
            AssetRole::Thumbnail => self.thumbnail.as_ref(),
        }
    }
}

/// A known file, seen beside the address that the answer gives for it.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is one column of the row that was found")]
pub(super) struct KnownFile {
    pub(super) asset_id: i64,
    pub(super) role: AssetRole,
    pub(super) state: AssetState,
    /// Whether the held bytes came from the path that the answer has.
    pub(super) same_path: bool,
    pub(super) url_seen: bool,
    pub(super) url_missing: bool,
    /// Whether a look since the last one with an address did not have it, for whatever reason.
    pub(super) url_doubted: bool,
    /// Failures since the last success.
    pub(super) tries: u32,
    /// Whether its rest after a failure is not over.
    pub(super) rests: bool,
}

impl Look<'_> {
    /// Looks an item up.
    pub(super) fn find(&mut self, item: &Observation) -> Result<Option<Known>, CatalogError> {
        let values = params![
            item.id.as_str(),
            self.account_id,
            self.edge,
            item.media_url.value().map(Link::path),
            item.thumbnail_url.value().map(Link::path),
            self.now,
        ];
        let known = self.lookup.query_row(values, known).optional()?;
        Ok(known.map(|known| self.sightings.brought_up_to_date(known)))
    }
}

/// The statement of [`Look::find`], made once for a page.
pub(super) fn lookup(connection: &Connection) -> Result<CachedStatement<'_>, CatalogError> {
    const QUERY: &str = "SELECT i.item_id, i.parent_item_id, i.position, i.edge = ?3, i.kinds,
            i.raw_digest, i.media_type, i.children, s.seen_at, s.walk_id, s.kinds, s.like_count,
            s.comments_count,
            m.asset_id, m.state, m.url_path IS ?4, m.url_seen_at IS NOT NULL,
            m.url_missing_since IS NOT NULL, m.url_last_at IS NOT NULL, m.tries, coalesce(m.next_try_at > ?6, 0),
            t.asset_id, t.state, t.url_path IS ?5, t.url_seen_at IS NOT NULL,
            t.url_missing_since IS NOT NULL, t.url_last_at IS NOT NULL, t.tries,
            coalesce(t.next_try_at > ?6, 0), i.state
            FROM item i
            JOIN sighting s ON s.item_id = i.item_id
            LEFT JOIN asset m ON m.item_id = i.item_id AND m.role = 'media'
            LEFT JOIN asset t ON t.item_id = i.item_id AND t.role = 'thumbnail'
            WHERE i.media_id = ?1 AND i.account_id = ?2";
    Ok(connection.prepare_cached(QUERY)?)
}

fn known(row: &Row<'_>) -> rusqlite::Result<Known> {
    let count_kinds = row.get_ref(10)?.as_str()?;
    Ok(Known {
        item_id: row.get(0)?,
        parent_item_id: row.get(1)?,
        position: row.get(2)?,
        on_its_edge: row.get(3)?,
        state: word(row, 29, State::from_word)?,
        kinds: row.get(4)?,
        raw_digest: row.get(5)?,
        media_type: row.get(6)?,
        children: row.get(7)?,
        seen_at: row.get(8)?,
        walk_id: row.get(9)?,
        counts: Counts::stored(count_kinds, row.get(11)?, row.get(12)?),
        media: file(row, 13, AssetRole::Media)?,
        thumbnail: file(row, 21, AssetRole::Thumbnail)?,
    })
}

fn file(row: &Row<'_>, first: usize, role: AssetRole) -> rusqlite::Result<Option<KnownFile>> {
    let Some(asset_id) = row.get(first)? else { return Ok(None) };
    Ok(Some(KnownFile {
        asset_id,
        role,
        state: word(row, first + 1, AssetState::from_word)?,
        same_path: row.get(first + 2)?,
        url_seen: row.get(first + 3)?,
        url_missing: row.get(first + 4)?,
        url_doubted: row.get(first + 5)?,
        tries: row.get(first + 6)?,
        rests: row.get(first + 7)?,
    }))
}
