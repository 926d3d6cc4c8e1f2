//! One item of an answer: entered when it is new, compared when it is known.

use std::collections::HashSet;

use rusqlite::params;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::asked::Level;
use super::doubtful::{self, Raised};
use super::events::EventKind;
use super::fields::{self, States, Tracked};
use super::history::{self, Moment};
use super::item_row::{self, Former, NewItem};
use super::known_item::Known;
use super::metrics::Counts;
use super::page::Look;
use super::search::{self, Indexed};
use super::slides;
use super::text::hex;
use super::{CatalogError, degraded};
use crate::domain::absence::State;
use crate::domain::better::{self, Decision, Health, Judged, Wording};
use crate::domain::{Edge, Field, Observation};

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

/// An item after it was recorded, as its files need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) item_id: i64,
    pub(super) item: &'a Observation,
    pub(super) parent: Option<&'a Observation>,
    pub(super) level: Level,
    pub(super) media_type: Option<&'a str>,
    pub(super) is_album: bool,
    /// What was known of it before; absent for a new item.
    pub(super) known: Option<&'a Known>,
    pub(super) health: Health,
}

/// What a closer look at a known item found.
#[derive(Debug)]
struct Compared {
    changed: bool,
    media_type: Option<String>,
    health: Health,
    /// Whether it is left open that the item had something that this answer does not have.
    may_lack: bool,
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
            slides::release(self.connection, post.item_id, &slides)?;
        }
        Ok(post.recorded)
    }

    fn record_node(
        &mut self,
        item: &Observation,
        place: Place,
        parent: Option<&Observation>,
    ) -> Result<Done, CatalogError> {
        if let Some(mut known) = self.find(item)? {
            if !known.on_its_edge && self.walk_id.is_some() && self.edge == Edge::Media.as_str() {
                item_row::move_to_edge(self.connection, known.item_id, self.edge)?;
                known.on_its_edge = true;
            }
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

    /// Enters an item that was never seen before.
    fn enter(
        &mut self,
        item: &Observation,
        place: Place,
        parent: Option<&Observation>,
    ) -> Result<i64, CatalogError> {
        let level = place.level();
        let states = fields::observed(item, self.asked, level);
        let raw_digest: [u8; 32] = Sha256::digest(&item.raw).into();
        let (parent_item_id, position) = place.columns();
        let item_id = item_row::insert(
            self.connection,
            &NewItem {
                account_id: self.account_id,
                media_id: item.id.as_str(),
                edge: self.edge,
                parent_item_id,
                position,
                first_seen_at: &self.now,
                raw: &item.raw,
                raw_digest: &raw_digest,
                states: &states,
            },
        )?;
        let counts = Counts::default().after(Counts::observed(item, self.asked, level));
        self.sightings.enter(self.connection, item_id, counts)?;
        search::index(self.connection, self.indexed(item_id, item, level), None, &states)?;
        if level == Level::Post {
            let detail = json!({ "edge": self.edge, "raw_sha256": hex(&raw_digest) });
            self.append(EventKind::FirstSeen, Some((item_id, item.id.as_str())), detail)?;
            self.note_late_arrival(item_id, item)?;
        }
        self.record_files(Node {
            item_id,
            item,
            parent,
            level,
            media_type: states[0].text.as_deref(),
            is_album: item.is_album(),
            known: None,
            health: Health::Whole,
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
        let has_other_slides = fields::has_other_slides(
            item,
            self.asked,
            level,
            &known.kinds,
            known.children.as_deref(),
        );
        let is_usual =
            raw_digest == known.raw_digest && self.lists(known) && degraded::is_usual(self, known)?;
        let look_closer = raw_digest != known.raw_digest
            || is_usual
            || has_other_slides
            || fields::asks_more(&known.kinds, self.asked, level);
        let duplicate = self.walk_id.is_some() && known.walk_id == self.walk_id;
        if duplicate {
            doubtful::forget(self.connection, known.item_id)?;
        }
        let found = if look_closer {
            self.merge(item, level, known, &raw_digest, is_usual)?
        } else {
            Compared {
                changed: false,
                media_type: known.media_type.clone(),
                health: better::health(fields::standings(&known.kinds)),
                may_lack: false,
            }
        };
        if !self.lists(known) && !found.may_lack {
            doubtful::forget(self.connection, known.item_id)?;
        }
        if let Place::Slide { album, position } = place
            && (known.parent_item_id, known.position) != (Some(album), Some(position))
        {
            slides::place(self.connection, known.item_id, album, position)?;
        }
        if known.state != State::Present {
            self.note_return(item, level, known)?;
        }
        let counts = Counts::observed(item, self.asked, level);
        let counts = match found.health {
            Health::Whole => counts,
            Health::Degraded => counts.of_degraded(),
        };
        self.sightings.note(self.connection, known, counts)?;
        self.record_files(Node {
            item_id: known.item_id,
            item,
            parent,
            level,
            media_type: found.media_type.as_deref(),
            is_album: item.is_album()
                || known.children.is_some()
                || found.media_type.as_deref() == Some("CAROUSEL_ALBUM"),
            known: Some(known),
            health: found.health,
        })?;
        // What a degraded answer lists instead of the known slides takes nobody's place.
        let has_other_slides = has_other_slides && found.health == Health::Whole;
        let recorded = match (duplicate, found.changed) {
            (true, _) => Recorded::Duplicate,
            (false, true) => Recorded::Changed,
            (false, false) => Recorded::Unchanged,
        };
        Ok(Done { item_id: known.item_id, recorded, has_other_slides })
    }

    /// Whether this answer is a walk's own list of the item. Other answers are not compared with
    /// those about other items, so that what they lack is left to the next walk.
    pub(super) fn lists(&self, known: &Known) -> bool {
        self.walk_id.is_some() && known.on_its_edge
    }

    /// Writes what is different, with its history. What is doubtful is noted, and the item keeps
    /// the digest of its old text until the doubt is settled: a walk that is cut off forgets
    /// nothing.
    fn merge(
        &mut self,
        item: &Observation,
        level: Level,
        known: &Known,
        raw_digest: &[u8; 32],
        is_usual: bool,
    ) -> Result<Compared, CatalogError> {
        let before = item_row::load(self.connection, known.item_id)?;
        let seen = fields::observed(item, self.asked, level);
        let differs = *raw_digest != known.raw_digest;
        let wording = if differs || is_usual { Wording::Other } else { Wording::Same };
        let reference = if is_usual { better::usual(&before) } else { before.clone() };
        let mut judged = better::judge(&reference, &seen, wording);
        self.follow_account_name(&seen, &mut judged)?;
        let merged = fields::merge(&reference, &seen, &judged);
        let is_doubtful = !merged.doubtful.is_empty();
        let digest = if is_doubtful { &known.raw_digest } else { raw_digest };
        if *digest != known.raw_digest || merged.states != before {
            item_row::update(self.connection, known.item_id, &merged.states, digest)?;
        }
        if differs && !is_doubtful {
            let former = Former {
                item_id: known.item_id,
                raw_digest: &known.raw_digest,
                last_seen_at: &known.seen_at,
            };
            item_row::replace_raw(self.connection, former, &item.raw)?;
        }
        if let Some(walk_id) = self.walk_id.filter(|_| is_doubtful && self.lists(known)) {
            let raised = Raised {
                item_id: known.item_id,
                walk_id,
                health: judged.health,
                doubts: &merged.doubtful,
                seen: &seen,
                raw: &item.raw,
                raw_digest,
                previous_seen_at: &known.seen_at,
                seen_at: &self.now,
            };
            doubtful::note(self.connection, &raised)?;
        }
        search::index(
            self.connection,
            self.indexed(known.item_id, item, level),
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
        Ok(Compared {
            changed: !merged.changed.is_empty(),
            media_type: merged.states[0].text.as_deref().map(str::to_owned),
            health: judged.health,
            may_lack: merged.doubtful.iter().any(|(_, doubt)| !doubt.adds()),
        })
    }

    /// A post that has the new name of its account did not change: the account did.
    fn follow_account_name(
        &self,
        seen: &States<'_>,
        judged: &mut Judged,
    ) -> Result<(), CatalogError> {
        const QUERY: &str = "SELECT username IS ?2 FROM account WHERE account_id = ?1";
        for ((field, state), decision) in
            Tracked::ALL.into_iter().zip(seen).zip(&mut judged.decisions)
        {
            let is_another_name = field == Tracked::Username
                && state.text.is_some()
                && !matches!(decision, Decision::Keep | Decision::Take);
            if is_another_name
                && self
                    .connection
                    .prepare_cached(QUERY)?
                    .query_row(params![self.account_id, state.text], |row| row.get(0))?
            {
                *decision = Decision::Take;
            }
        }
        Ok(())
    }

    fn indexed<'i>(&'i self, item_id: i64, item: &'i Observation, level: Level) -> Indexed<'i> {
        Indexed { item_id, media_id: item.id.as_str(), account: self.account, level }
    }
}

pub(super) fn names(fields: &[Tracked]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name()).collect()
}
