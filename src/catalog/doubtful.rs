//! Differences that are settled when the walk that met them ends.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, params};
use serde_json::json;

use super::asked::Level;
use super::events::{Chain, EventKind, NewEvent};
use super::everything::saw_everything;
use super::fields::{Kind, Standing, State, States, TRACKED, Tracked};
use super::history::{self, Moment};
use super::item_row::{self, Former};
use super::node::names;
use super::observers::Observers;
use super::search::{self, Indexed};
use super::text::{hex, word};
use super::walks::OpenWalk;
use super::{CatalogError, WalkId, withheld};
use crate::domain::absence::Place;
use crate::domain::better::{self, Doubt, Doubtful, Group, Health, Scope, Settled};
use crate::domain::brake::Limits;
use crate::domain::tracked::Keeping;

/// An answer that leaves something open about a known item.
#[derive(Debug)]
pub(super) struct Raised<'a> {
    pub(super) item_id: i64,
    pub(super) walk_id: i64,
    pub(super) health: Health,
    pub(super) doubts: &'a [(Tracked, Doubt)],
    pub(super) seen: &'a States<'a>,
    pub(super) raw: &'a str,
    pub(super) raw_digest: &'a [u8; 32],
    pub(super) previous_seen_at: &'a str,
    pub(super) seen_at: &'a str,
}

/// Notes what an answer leaves open.
///
/// An item that a walk met which was cut off was last seen with its old values before that walk.
pub(super) fn note(connection: &Connection, raised: &Raised<'_>) -> Result<(), CatalogError> {
    const ANSWER: &str = "INSERT INTO doubtful_answer
        (item_id, walk_id, is_degraded, raw_digest, raw_json, previous_seen_at, seen_at)
        VALUES (?1, ?2, ?3, ?4, ?5,
                coalesce((SELECT min(previous_seen_at) FROM doubtful_answer WHERE item_id = ?1), ?6),
                ?7)
        ON CONFLICT DO UPDATE SET is_degraded = excluded.is_degraded,
          raw_digest = excluded.raw_digest, raw_json = excluded.raw_json,
          seen_at = excluded.seen_at";
    const CHANGE: &str = "INSERT INTO doubtful_change
        (item_id, walk_id, field, doubt, new_kind, new) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(ANSWER)?.execute(params![
        raised.item_id,
        raised.walk_id,
        raised.health == Health::Degraded,
        raised.raw_digest,
        raised.raw,
        raised.previous_seen_at,
        raised.seen_at
    ])?;
    let mut change = connection.prepare_cached(CHANGE)?;
    for (field, doubt) in raised.doubts {
        let seen = &raised.seen[place_of(*field)];
        change.execute(params![
            raised.item_id,
            raised.walk_id,
            field.name(),
            doubt.as_str(),
            seen.standing.kind().word(),
            seen.text
        ])?;
    }
    Ok(())
}

/// Drops what earlier answers left open about an item, because a later one is at hand.
pub(super) fn forget(connection: &Connection, item_id: i64) -> Result<(), CatalogError> {
    const DELETE: &str = "DELETE FROM doubtful_change WHERE item_id = ?1";
    connection.prepare_cached(DELETE)?.execute([item_id])?;
    Ok(())
}

/// Settles what the answers of a walk left open; answers how many posts changed that had not
/// changed before.
///
/// What is charged to whoever looks is one event for each field, whatever the number of items.
/// Every item gets its new text in either case, so that the next walk is quiet again.
pub(super) fn settle(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    limits: Limits,
    chain: &mut Chain,
) -> Result<usize, CatalogError> {
    let rows = rows(connection, walk)?;
    let scope = if saw_everything(connection, walk)? { Scope::Everything } else { Scope::Part };
    let mut settling = Settling {
        connection,
        open,
        walk,
        chain,
        told: BTreeMap::new(),
        posts: HashSet::new(),
        changed: 0,
    };
    if !rows.is_empty() {
        let observers = Observers::of(connection, open, walk)?;
        let kept = kept(connection, open, walk, &rows)?;
        let kept = |group| kept.get(&group).copied().unwrap_or(0);
        let doubts: Vec<Doubtful> = rows.iter().map(|row| row.doubtful).collect();
        let settled = better::settle(&doubts, kept, observers.compare(), scope, limits);
        let settled: Vec<(&Row, Settled)> = rows.iter().zip(settled).collect();
        for item in settled.chunk_by(|left, right| left.0.item_id == right.0.item_id) {
            let answer = Answer::load(connection, item[0].0.item_id, walk)?;
            settling.settle_item(&answer, item)?;
        }
        settling.tell_observers(&observers)?;
    }
    discard(connection, walk)?;
    match scope {
        Scope::Everything => withheld::reconsider(&mut settling, limits)?,
        Scope::Part => {}
    }
    Ok(settling.changed)
}

/// One doubtful field.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) item_id: i64,
    pub(super) media_id: String,
    pub(super) parent_item_id: Option<i64>,
    pub(super) new: State<'static>,
    pub(super) doubtful: Doubtful,
}

fn rows(connection: &Connection, walk: WalkId) -> Result<Vec<Row>, CatalogError> {
    const QUERY: &str = "SELECT i.item_id, i.media_id, i.parent_item_id, c.field, c.doubt,
        c.new_kind, c.new, a.is_degraded
        FROM doubtful_answer a
        JOIN doubtful_change c ON c.item_id = a.item_id AND c.walk_id = a.walk_id
        JOIN item i ON i.item_id = a.item_id
        WHERE a.walk_id = ?1 ORDER BY a.item_id, c.field";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([walk.0], |row| {
        let parent_item_id: Option<i64> = row.get(2)?;
        let place = if parent_item_id.is_some() { Place::Slide } else { Place::Post };
        let group = Group {
            place,
            field: word(row, 3, Tracked::from_name)?,
            doubt: word(row, 4, Doubt::from_word)?,
        };
        let new = State {
            standing: Standing::Said(word(row, 5, Kind::from_word)?),
            text: row.get::<_, Option<String>>(6)?.map(Into::into),
        };
        let health = if row.get(7)? { Health::Degraded } else { Health::Whole };
        let item = row.get(0)?;
        Ok(Row {
            item_id: item,
            media_id: row.get(1)?,
            parent_item_id,
            new,
            doubtful: Doubtful { item, group, health },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many items of the walk have what the items of each group lost.
fn kept(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    rows: &[Row],
) -> Result<HashMap<Group, usize>, CatalogError> {
    let groups: HashSet<Group> = rows.iter().map(|row| row.doubtful.group).collect();
    let mut kept = HashMap::new();
    for group in groups {
        kept.insert(group, kept_of(connection, open, walk, group)?);
    }
    Ok(kept)
}

pub(super) fn kept_of(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    group: Group,
) -> Result<usize, CatalogError> {
    const POSTS: &str = "SELECT count(*) FROM item i
        JOIN sighting s ON s.item_id = i.item_id
        WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL AND s.walk_id = ?3
          AND (?8 OR (substr(i.kinds, ?4, 1) = 'v'
               AND CASE ?5 WHEN 'caption' THEN i.caption <> ''
                                AND (?6 = 0 OR instr(i.caption, '@') > 0)
                           WHEN 'alt_text' THEN i.alt_text <> ''
                           WHEN 'children' THEN i.children <> '[]'
                           ELSE 1 END))
          AND (?7 = 0 OR i.first_seen_at < (SELECT started_at FROM walk WHERE walk_id = ?3))
          AND NOT EXISTS (SELECT 1 FROM doubtful_change c
                           WHERE c.item_id = i.item_id AND c.walk_id = ?3 AND c.field = ?5)";
    const SLIDES: &str = "SELECT count(*) FROM item p
        JOIN item i ON i.parent_item_id = p.item_id
        JOIN sighting s ON s.item_id = i.item_id
        WHERE p.account_id = ?1 AND p.edge = ?2 AND p.parent_item_id IS NULL AND s.walk_id = ?3
          AND (?8 OR (substr(i.kinds, ?4, 1) = 'v'
               AND CASE ?5 WHEN 'caption' THEN i.caption <> ''
                                AND (?6 = 0 OR instr(i.caption, '@') > 0)
                           WHEN 'alt_text' THEN i.alt_text <> ''
                           WHEN 'children' THEN i.children <> '[]'
                           ELSE 1 END))
          AND (?7 = 0 OR i.first_seen_at < (SELECT started_at FROM walk WHERE walk_id = ?3))
          AND NOT EXISTS (SELECT 1 FROM doubtful_change c
                           WHERE c.item_id = i.item_id AND c.walk_id = ?3 AND c.field = ?5)";
    let query = match group.place {
        Place::Post => POSTS,
        Place::Slide => SLIDES,
    };
    // Where '@' signs are back, a caption that was new with them says nothing of what was before.
    // Beside values where there were none, those that still have none are as they were.
    let (with_at_signs, known_before, with_or_without) = match group.doubt {
        Doubt::Lost | Doubt::Back | Doubt::Other | Doubt::Replaced => (false, false, false),
        Doubt::AtSigns => (true, false, false),
        Doubt::AtSignsBack => (true, true, false),
        Doubt::Filled => (false, true, true),
    };
    let kept: i64 = connection.prepare_cached(query)?.query_row(
        params![
            open.account_id,
            open.edge,
            walk.0,
            i64::try_from(place_of(group.field) + 1).unwrap_or(i64::MAX),
            group.field.name(),
            with_at_signs,
            known_before,
            with_or_without
        ],
        |row| row.get(0),
    )?;
    Ok(usize::try_from(kept).unwrap_or(0))
}

/// A walk that is being settled.
pub(super) struct Settling<'a> {
    pub(super) connection: &'a Connection,
    pub(super) open: &'a OpenWalk,
    pub(super) walk: WalkId,
    chain: &'a mut Chain,
    /// What is charged to whoever looks, and of how many items.
    told: BTreeMap<(&'static str, Tracked), usize>,
    /// Posts that were looked at, edited themselves or by a slide of theirs.
    posts: HashSet<i64>,
    /// Those of them that the walk had not counted as changed.
    changed: usize,
}

impl Settling<'_> {
    pub(super) fn settle_item(
        &mut self,
        answer: &Answer,
        fields: &[(&Row, Settled)],
    ) -> Result<(), CatalogError> {
        let Some((row, _)) = fields.first() else { return Ok(()) };
        let before = item_row::load(self.connection, row.item_id)?;
        let mut after = before.clone();
        let (mut edited, mut worse) = (Vec::new(), Vec::new());
        for (row, settled) in fields {
            let field = row.doubtful.group.field;
            let state = &mut after[place_of(field)];
            if let Some(what) = charged(*settled, row.doubtful.group.doubt, state.standing) {
                *self.told.entry((what, field)).or_default() += 1;
            }
            match settled {
                Settled::Edit => {
                    *state = row.new.clone();
                    edited.push(field);
                }
                Settled::Worse => {
                    keep(state, Keeping::Worse);
                    worse.push(field);
                }
                Settled::Kept(keeping) => keep(state, *keeping),
                Settled::Better => *state = row.new.clone(),
            }
        }
        self.write(row, answer, &before, &after)?;
        let moment = Moment {
            item_id: row.item_id,
            previous_seen_at: &answer.previous_seen_at,
            seen_at: &answer.seen_at,
            walk_id: Some(self.walk.0),
        };
        history::record(self.connection, moment, &edited, &before, &after)?;
        if !edited.is_empty() {
            self.note_changed(row.parent_item_id.unwrap_or(row.item_id))?;
        }
        for (kind, fields) in [(EventKind::Changed, edited), (EventKind::WorseAnswer, worse)] {
            if !fields.is_empty() {
                let sha256 = hex(&answer.raw_digest);
                let detail = json!({ "fields": names(&fields), "raw_sha256": sha256 });
                self.append(kind, Some((row.item_id, &row.media_id)), detail)?;
            }
        }
        Ok(())
    }

    /// Brings the item's row, its text and the index up to date.
    fn write(
        &self,
        row: &Row,
        answer: &Answer,
        before: &States<'_>,
        after: &States<'_>,
    ) -> Result<(), CatalogError> {
        item_row::update(self.connection, row.item_id, after, &answer.raw_digest)?;
        if answer.raw_digest != answer.known_digest {
            let former = Former {
                item_id: row.item_id,
                raw_digest: &answer.known_digest,
                last_seen_at: &answer.previous_seen_at,
            };
            item_row::replace_raw(self.connection, former, &answer.raw)?;
        }
        let indexed = Indexed {
            item_id: row.item_id,
            media_id: &row.media_id,
            account: &self.open.account,
            level: match row.doubtful.group.place {
                Place::Post => Level::Post,
                Place::Slide => Level::Slide,
            },
        };
        search::index(self.connection, indexed, Some(before), after)
    }

    /// Counts a post as changed, unless a page of the walk did.
    fn note_changed(&mut self, post: i64) -> Result<(), CatalogError> {
        const COUNTED: &str = "SELECT EXISTS (SELECT 1 FROM item i
            JOIN event e ON e.item_id = i.item_id
            WHERE (i.item_id = ?1 OR i.parent_item_id = ?1) AND e.walk_id = ?2
              AND e.kind = 'changed')";
        if self.posts.insert(post) {
            let counted: bool = self
                .connection
                .prepare_cached(COUNTED)?
                .query_row([post, self.walk.0], |row| row.get(0))?;
            self.changed += usize::from(!counted);
        }
        Ok(())
    }

    /// Says once for each field what is charged to whoever looks.
    fn tell_observers(&mut self, observers: &Observers) -> Result<(), CatalogError> {
        for ((what, field), items) in std::mem::take(&mut self.told) {
            let detail = json!({
                "what": what, "field": field.name(), "items": items,
                "api_version_before": observers.before.as_ref().map(|asking| &asking.api_version),
                "api_version_now": observers.now.api_version,
            });
            self.append(EventKind::ObserverChanged, None, detail)?;
        }
        Ok(())
    }

    fn append(
        &mut self,
        kind: EventKind,
        item: Option<(i64, &str)>,
        detail: serde_json::Value,
    ) -> Result<(), CatalogError> {
        let event = NewEvent { kind, item, role: None, walk_id: Some(self.walk.0), detail };
        self.chain.append(self.connection, &event)
    }
}

/// Lets what is known stand against the answer; where nothing is known, nothing is kept.
fn keep(state: &mut State<'_>, keeping: Keeping) {
    if state.text.is_some() {
        state.standing = Standing::Kept(keeping);
    }
}

/// What is charged to whoever looks, in the word of the event, given how the field stood.
fn charged(settled: Settled, doubt: Doubt, before: Standing) -> Option<&'static str> {
    match (settled, doubt) {
        (Settled::Edit | Settled::Worse, _) => None,
        (Settled::Kept(Keeping::Stripped), _) => Some("at_signs"),
        (Settled::Kept(_), Doubt::Lost | Doubt::AtSigns | Doubt::AtSignsBack | Doubt::Back) => {
            Some("field_lost")
        }
        (Settled::Kept(_), Doubt::Other | Doubt::Replaced) | (Settled::Better, Doubt::Replaced) => {
            Some("field_replaced")
        }
        (Settled::Kept(_) | Settled::Better, Doubt::Filled) => Some("field_filled"),
        (
            Settled::Better,
            Doubt::Lost | Doubt::AtSigns | Doubt::AtSignsBack | Doubt::Back | Doubt::Other,
        ) => match before {
            Standing::Kept(Keeping::Withheld) => Some("field_back"),
            Standing::Said(_) | Standing::Kept(Keeping::Stripped | Keeping::Worse) => {
                Some("at_signs_back")
            }
        },
    }
}

/// The answer that raised the doubts about an item, beside the digest of the text before it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) raw: String,
    pub(super) raw_digest: [u8; 32],
    pub(super) known_digest: [u8; 32],
    pub(super) previous_seen_at: String,
    pub(super) seen_at: String,
}

impl Answer {
    fn load(connection: &Connection, item_id: i64, walk: WalkId) -> Result<Self, CatalogError> {
        const QUERY: &str = "SELECT a.raw_json, a.raw_digest, i.raw_digest, a.previous_seen_at,
            a.seen_at
            FROM doubtful_answer a JOIN item i ON i.item_id = a.item_id
            WHERE a.item_id = ?1 AND a.walk_id = ?2";
        let answer = connection.prepare_cached(QUERY)?.query_row([item_id, walk.0], |row| {
            Ok(Self {
                raw: row.get(0)?,
                raw_digest: row.get(1)?,
                known_digest: row.get(2)?,
                previous_seen_at: row.get(3)?,
                seen_at: row.get(4)?,
            })
        })?;
        Ok(answer)
    }
}

/// Drops the walk's own rows, and those of walks that were cut off where this walk showed the item
/// again.
fn discard(connection: &Connection, walk: WalkId) -> Result<(), CatalogError> {
    const DELETE: &str = "DELETE FROM doubtful_answer
        WHERE walk_id = ?1
           OR (walk_id < ?1
               AND ?1 = (SELECT s.walk_id FROM sighting s WHERE s.item_id = doubtful_answer.item_id))";
    connection.prepare_cached(DELETE)?.execute([walk.0])?;
    Ok(())
}

/// The number of a field's column, from 0.
pub(super) fn place_of(field: Tracked) -> usize {
    Tracked::ALL.iter().position(|tracked| *tracked == field).unwrap_or(TRACKED - 1)
}
