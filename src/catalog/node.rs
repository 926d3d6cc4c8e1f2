//! One item of an answer: entered when it is new, compared when it is known.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::CatalogError;
use super::asked::Level;
use super::events::EventKind;
use super::fields::{self, Kind, States, Tracked};
use super::history::{self, Moment};
use super::metrics::Counts;
use super::page::Look;
use super::search::{self, Indexed};
use super::text::hex;
use crate::domain::{Field, Observation};

/// What recording an item did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    New,
    Changed,
    Unchanged,
    Duplicate,
}

/// A recorded item.
#[derive(Debug, Clone, Copy)]
struct Done {
    item_id: i64,
    recorded: Recorded,
    has_other_slides: bool,
}

/// Where an item stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Post,
    Slide { album: i64, position: i64 },
}

impl Place {
    fn level(self) -> Level {
        match self {
            Self::Post => Level::Post,
            Self::Slide { .. } => Level::Slide,
        }
    }

    fn columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Post => (None, None),
            Self::Slide { album, position } => (Some(album), Some(position)),
        }
    }
}

/// What the narrow rows say of a known item.
#[derive(Debug)]
struct Known {
    item_id: i64,
    parent_item_id: Option<i64>,
    position: Option<i64>,
    on_its_edge: bool,
    kinds: String,
    raw_digest: [u8; 32],
    media_type: Option<String>,
    children: Option<String>,
    seen_at: String,
    walk_id: Option<i64>,
    count_kinds: String,
    counts: Counts,
}

/// An item after it was recorded, as its files need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) item_id: i64,
    pub(super) item: &'a Observation,
    pub(super) parent: Option<&'a Observation>,
    pub(super) level: Level,
    pub(super) media_type: Option<&'a str>,
    pub(super) is_album: bool,
    /// The look before this one; absent for a new item.
    pub(super) previous_seen_at: Option<&'a str>,
}

impl Look<'_> {
    /// Records a top-level item with its slides.
    pub(super) fn record_post(&mut self, item: &Observation) -> Result<Recorded, CatalogError> {
        let mut post = self.record_node(item, Place::Post, None)?;
        let Field::Value(slides) = &item.children else { return Ok(post.recorded) };
        let mut met = HashSet::from([&item.id]);
        let slides: Vec<&Observation> = slides.iter().filter(|s| met.insert(&s.id)).collect();
        for (slide, position) in slides.iter().zip(0_i64..) {
            let place = Place::Slide { album: post.item_id, position };
            let slide = self.record_node(slide, place, Some(item))?;
            if slide.recorded == Recorded::Changed && post.recorded == Recorded::Unchanged {
                post.recorded = Recorded::Changed;
            }
        }
        if post.has_other_slides && !slides.is_empty() {
            self.release_slides(post.item_id, &slides)?;
        }
        Ok(post.recorded)
    }

    fn record_node(
        &mut self,
        item: &Observation,
        place: Place,
        parent: Option<&Observation>,
    ) -> Result<Done, CatalogError> {
        if let Some(known) = self.find(item)? {
            let is_post_inside_album = parent.is_some() && known.parent_item_id.is_none();
            return if is_post_inside_album {
                // Its own entry in the list says more about it.
                Ok(Done {
                    item_id: known.item_id,
                    recorded: Recorded::Unchanged,
                    has_other_slides: false,
                })
            } else {
                self.compare(item, place, parent, &known)
            };
        }
        let item_id = self.enter(item, place, parent)?;
        Ok(Done { item_id, recorded: Recorded::New, has_other_slides: false })
    }

    fn find(&self, item: &Observation) -> Result<Option<Known>, CatalogError> {
        const QUERY: &str = "SELECT i.item_id, i.parent_item_id, i.position, i.edge = ?3, i.kinds,
            i.raw_digest, i.media_type, i.children, s.seen_at, s.walk_id, s.kinds, s.like_count,
            s.comments_count
            FROM item i JOIN sighting s ON s.item_id = i.item_id
            WHERE i.media_id = ?1 AND i.account_id = ?2";
        let mut query = self.connection.prepare_cached(QUERY)?;
        let known = query.query_row(params![item.id.as_str(), self.account_id, self.edge], |row| {
            let count_kinds: String = row.get(10)?;
            Ok(Known {
                item_id: row.get(0)?,
                parent_item_id: row.get(1)?,
                position: row.get(2)?,
                on_its_edge: row.get(3)?,
                kinds: row.get(4)?,
                raw_digest: row.get(5)?,
                media_type: row.get(6)?,
                children: row.get(7)?,
                seen_at: row.get(8)?,
                walk_id: row.get(9)?,
                counts: Counts::stored(&count_kinds, row.get(11)?, row.get(12)?),
                count_kinds,
            })
        });
        Ok(known.optional()?)
    }

    /// Enters an item that was never seen before.
    fn enter(
        &mut self,
        item: &Observation,
        place: Place,
        parent: Option<&Observation>,
    ) -> Result<i64, CatalogError> {
        const ITEM: &str = "INSERT INTO item (account_id, media_id, edge, parent_item_id, position,
            first_seen_at, kinds, raw_digest, media_type, media_product_type, published_at,
            shortcode, permalink, username, owner, is_comment_enabled, is_shared_to_feed,
            children, alt_text, caption)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                    ?18, ?19, ?20)";
        const RAW: &str = "INSERT INTO item_raw (item_id, raw_json) VALUES (?1, ?2)";
        const SIGHTING: &str = "INSERT INTO sighting
            (item_id, seen_at, walk_id, kinds, like_count, comments_count)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let level = place.level();
        let (parent_id, position) = place.columns();
        let states = fields::observed(item, self.asked, level);
        let raw_digest: [u8; 32] = Sha256::digest(&item.raw).into();
        let text = |n: usize| states[n].text.as_deref();
        self.connection.prepare_cached(ITEM)?.execute(params![
            self.account_id,
            item.id.as_str(),
            self.edge,
            parent_id,
            position,
            self.now,
            fields::letters(&states),
            raw_digest,
            text(0),
            text(1),
            text(2),
            text(3),
            text(4),
            text(5),
            text(6),
            text(7),
            text(8),
            text(9),
            text(10),
            text(11),
        ])?;
        let item_id = self.connection.last_insert_rowid();
        self.connection.prepare_cached(RAW)?.execute(params![item_id, item.raw])?;
        let counts = Counts::default().after(Counts::observed(item, self.asked, level));
        self.connection.prepare_cached(SIGHTING)?.execute(params![
            item_id,
            self.now,
            self.walk_id,
            counts.letters(),
            counts.likes(),
            counts.comments()
        ])?;
        counts.record_since(Counts::default(), self.connection, item_id, &self.now)?;
        search::index(self.connection, self.indexed(item_id, item), None, &states)?;
        if level == Level::Post {
            let detail = json!({ "edge": self.edge, "raw_sha256": hex(&raw_digest) });
            self.append(EventKind::FirstSeen, Some((item_id, item.id.as_str())), detail)?;
        }
        self.record_files(Node {
            item_id,
            item,
            parent,
            level,
            media_type: text(0),
            is_album: item.is_album(),
            previous_seen_at: None,
        })?;
        Ok(item_id)
    }

    /// Compares an item with what is known of it; an equal one costs its sighting.
    fn compare(
        &mut self,
        item: &Observation,
        place: Place,
        parent: Option<&Observation>,
        known: &Known,
    ) -> Result<Done, CatalogError> {
        let level = place.level();
        let raw_digest: [u8; 32] = Sha256::digest(&item.raw).into();
        let has_other_slides = self.has_other_slides(item, level, known);
        let moved = match place {
            Place::Post => false,
            Place::Slide { album, position } => {
                known.parent_item_id != Some(album) || known.position != Some(position)
            }
        };
        let look_closer = raw_digest != known.raw_digest
            || has_other_slides
            || fields::asks_more(&known.kinds, self.asked, level);
        let (changed, media_type) = if look_closer {
            self.merge(item, level, known, &raw_digest)?
        } else {
            (false, known.media_type.clone())
        };
        if moved {
            self.move_slide(known, place)?;
        }
        let duplicate = self.walk_id.is_some() && known.walk_id == self.walk_id;
        self.sight(item, level, known)?;
        self.record_files(Node {
            item_id: known.item_id,
            item,
            parent,
            level,
            media_type: media_type.as_deref(),
            is_album: item.is_album()
                || known.children.is_some()
                || media_type.as_deref() == Some("CAROUSEL_ALBUM"),
            previous_seen_at: Some(&known.seen_at),
        })?;
        let recorded = match (duplicate, changed) {
            (true, _) => Recorded::Duplicate,
            (false, true) => Recorded::Changed,
            (false, false) => Recorded::Unchanged,
        };
        Ok(Done { item_id: known.item_id, recorded, has_other_slides })
    }

    /// Whether the list of slides is another one; it is no part of the item's text.
    fn has_other_slides(&self, item: &Observation, level: Level, known: &Known) -> bool {
        let (kind, list) = fields::slides(item, self.asked, level);
        match kind {
            Kind::NotAsked => false,
            Kind::Unreadable => fields::slides_kind(&known.kinds) == Kind::NotAsked,
            Kind::Value | Kind::Null | Kind::Absent => {
                kind != fields::slides_kind(&known.kinds) || list != known.children
            }
        }
    }

    /// Writes what is different, with its history; answers whether a field changed, and the kind
    /// of item that it is now.
    fn merge(
        &mut self,
        item: &Observation,
        level: Level,
        known: &Known,
        raw_digest: &[u8; 32],
    ) -> Result<(bool, Option<String>), CatalogError> {
        const RAW: &str = "UPDATE item_raw SET raw_json = ?2 WHERE item_id = ?1";
        let before = history::load(self.connection, known.item_id)?;
        let seen = fields::observed(item, self.asked, level);
        let merged = fields::merge(&before, &seen);
        let differs = *raw_digest != known.raw_digest;
        if differs || merged.states != before {
            self.update_item(known.item_id, &merged.states, raw_digest)?;
        }
        if differs {
            self.connection.prepare_cached(RAW)?.execute(params![known.item_id, item.raw])?;
        }
        search::index(
            self.connection,
            self.indexed(known.item_id, item),
            Some(&before),
            &merged.states,
        )?;
        let moment = Moment {
            item_id: known.item_id,
            previous_seen_at: &known.seen_at,
            seen_at: &self.now,
            walk_id: self.walk_id,
        };
        history::record(self.connection, moment, &merged.changed, &before, &merged.states)?;
        let reference = Some((known.item_id, item.id.as_str()));
        if !merged.changed.is_empty() {
            let detail = json!({
                "fields": names(&merged.changed), "raw_sha256": hex(raw_digest),
            });
            self.append(EventKind::Changed, reference, detail)?;
        }
        if differs && !merged.unreadable.is_empty() {
            let detail = json!({
                "fields": names(&merged.unreadable), "raw_sha256": hex(raw_digest),
            });
            self.append(EventKind::ItemUnreadable, reference, detail)?;
        }
        let media_type = merged.states[0].text.as_deref().map(str::to_owned);
        Ok((!merged.changed.is_empty(), media_type))
    }

    fn update_item(
        &self,
        item_id: i64,
        states: &States<'_>,
        raw_digest: &[u8; 32],
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE item SET kinds = ?2, raw_digest = ?3, media_type = ?4,
            media_product_type = ?5, published_at = ?6, shortcode = ?7, permalink = ?8,
            username = ?9, owner = ?10, is_comment_enabled = ?11, is_shared_to_feed = ?12,
            children = ?13, alt_text = ?14, caption = ?15 WHERE item_id = ?1";
        let text = |n: usize| states[n].text.as_deref();
        self.connection.prepare_cached(UPDATE)?.execute(params![
            item_id,
            fields::letters(states),
            raw_digest,
            text(0),
            text(1),
            text(2),
            text(3),
            text(4),
            text(5),
            text(6),
            text(7),
            text(8),
            text(9),
            text(10),
            text(11),
        ])?;
        Ok(())
    }

    /// Notes that the item was seen, and its counts.
    fn sight(&self, item: &Observation, level: Level, known: &Known) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE sighting SET seen_at = ?2, walk_id = ?3, kinds = ?4,
            like_count = ?5, comments_count = ?6 WHERE item_id = ?1";
        let counts = known.counts.after(Counts::observed(item, self.asked, level));
        if counts != known.counts {
            counts.record_since(known.counts, self.connection, known.item_id, &self.now)?;
        }
        let walk_id =
            if known.on_its_edge { self.walk_id.or(known.walk_id) } else { known.walk_id };
        let kinds =
            if counts == known.counts { known.count_kinds.clone() } else { counts.letters() };
        if (walk_id, &*self.now, counts) != (known.walk_id, &known.seen_at, known.counts) {
            self.connection.prepare_cached(UPDATE)?.execute(params![
                known.item_id,
                self.now,
                walk_id,
                kinds,
                counts.likes(),
                counts.comments()
            ])?;
        }
        Ok(())
    }

    /// Gives a known slide its place.
    fn move_slide(&self, known: &Known, place: Place) -> Result<(), CatalogError> {
        const UPDATE: &str =
            "UPDATE item SET parent_item_id = ?2, position = ?3 WHERE item_id = ?1";
        let (album, position) = place.columns();
        self.connection.prepare_cached(UPDATE)?.execute(params![known.item_id, album, position])?;
        Ok(())
    }

    /// Takes the place of slides that the album's list no longer has; their rows stay.
    fn release_slides(&self, album: i64, slides: &[&Observation]) -> Result<(), CatalogError> {
        const PLACED: &str = "SELECT item_id, media_id FROM item
            WHERE parent_item_id = ?1 AND position IS NOT NULL";
        const UPDATE: &str = "UPDATE item SET position = NULL WHERE item_id = ?1";
        let listed: HashSet<&str> = slides.iter().map(|slide| slide.id.as_str()).collect();
        let mut placed = self.connection.prepare_cached(PLACED)?;
        let mut update = self.connection.prepare_cached(UPDATE)?;
        let placed = placed.query_map([album], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in placed.collect::<Result<Vec<(i64, String)>, _>>()? {
            if !listed.contains(&*row.1) {
                update.execute([row.0])?;
            }
        }
        Ok(())
    }

    fn indexed<'i>(&'i self, item_id: i64, item: &'i Observation) -> Indexed<'i> {
        Indexed { item_id, media_id: item.id.as_str(), account: self.account }
    }
}

fn names(fields: &[Tracked]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name()).collect()
}
