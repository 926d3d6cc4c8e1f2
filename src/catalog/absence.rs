//! The ladder in rows: state, absence, event and evidence of an item that was not listed.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::CatalogError;
use super::events::EventKind;
use super::judgement::{Asked, Closed, Purpose, Saw, Step};
use super::reckoning::Reckoning;
use super::text::{text, word};
use crate::domain::MediaId;
use crate::domain::absence::{Moment, State, Verdict};

/// The walk that an absence begins with, and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Since {
    pub(super) walk_id: i64,
    pub(super) at: String,
}

/// An item as a step finds it.
#[derive(Debug)]
struct Absent {
    item_id: i64,
    state: State,
    published_at: Option<String>,
    seen_at: String,
    listed_walk_id: Option<i64>,
    absence: Option<Absence>,
}

impl Absent {
    /// Whether nothing became of it since a verdict about it was prepared.
    fn is_as(&self, saw: Saw) -> bool {
        let struck_at = self.absence.as_ref().and_then(|absence| absence.struck_at.as_deref());
        self.state == saw.state && struck_at == saw.struck_at.map(text).as_deref()
    }
}

/// An absence that has not ended.
#[derive(Debug, Clone)]
struct Absence {
    id: i64,
    last_seen_at: String,
    last_listed_walk_id: Option<i64>,
    first_missing_at: String,
    missing_walk_id: i64,
    struck_at: Option<String>,
}

impl Reckoning<'_> {
    /// Takes the steps of a walk's conclusion; `since` dates the absences of items that an earlier
    /// walk missed and that nobody believed then. Answers for each walk how many items it newly
    /// missed.
    pub(super) fn take_steps(
        &mut self,
        steps: &[Step],
        since: &HashMap<i64, Since>,
        closed: &mut Closed,
    ) -> Result<HashMap<i64, usize>, CatalogError> {
        let mut newly = HashMap::new();
        for step in steps {
            let Some(item) = self.absent(&step.media_id)? else { continue };
            // Another walk came first: what this one concluded was about something else.
            if step.saw.is_some_and(|saw| !item.is_as(saw)) {
                continue;
            }
            let first = since.get(&item.item_id).cloned();
            let first = first.unwrap_or_else(|| self.now());
            let is_new = match item.state {
                State::Present | State::Unreachable => true,
                State::Missing | State::Unlisted | State::Gone | State::Expired => false,
            };
            match step.verdict {
                Verdict::Stay | Verdict::Disproved => {
                    if let Some(absence) = &item.absence {
                        self.note_asked(absence, &step.asked)?;
                    }
                }
                Verdict::Missing { strike } => {
                    self.miss(&item, step, &first, strike)?;
                    closed.missing += usize::from(is_new);
                }
                Verdict::Unlisted => {
                    self.unlist(&item, step, &first)?;
                    closed.unlisted += 1;
                }
                Verdict::Gone => {
                    self.lose(&item, step, &first)?;
                    closed.gone += 1;
                }
            }
            if is_new {
                *newly.entry(first.walk_id).or_insert(0) += 1;
            }
        }
        Ok(newly)
    }

    /// Stories past their life.
    pub(super) fn expire(&mut self, items: &[MediaId]) -> Result<usize, CatalogError> {
        let mut expired = 0;
        for media_id in items {
            let Some(item) = self.absent(media_id)? else { continue };
            set_state(self.connection, item.item_id, State::Expired, None)?;
            let detail = json!({ "from": item.state.as_str(), "published_at": item.published_at });
            self.append(EventKind::Expired, Some((item.item_id, media_id.as_str())), detail)?;
            expired += 1;
        }
        Ok(expired)
    }

    /// Posts older than the oldest that the API lists.
    pub(super) fn pass_out_of_reach(
        &mut self,
        items: &[MediaId],
        oldest_listed_at: Option<&str>,
    ) -> Result<usize, CatalogError> {
        let mut unreachable = 0;
        for media_id in items {
            let Some(item) = self.absent(media_id)? else { continue };
            set_state(self.connection, item.item_id, State::Unreachable, None)?;
            let detail =
                json!({ "from": item.state.as_str(), "oldest_listed_at": oldest_listed_at });
            let item = Some((item.item_id, media_id.as_str()));
            self.append(EventKind::Unreachable, item, detail)?;
            unreachable += 1;
        }
        Ok(unreachable)
    }

    /// The moment and the walk of this reckoning.
    pub(super) fn now(&self) -> Since {
        Since { walk_id: self.walk_id, at: self.at.to_owned() }
    }

    /// The item, unless it was listed after all: by this walk late, or by another one since.
    fn absent(&self, media_id: &MediaId) -> Result<Option<Absent>, CatalogError> {
        const QUERY: &str = "SELECT i.item_id, i.state, i.published_at, s.seen_at, s.walk_id,
            b.absence_id, b.last_seen_at, b.last_listed_walk_id, b.first_missing_at,
            b.missing_walk_id, b.struck_at
            FROM item i
            JOIN sighting s ON s.item_id = i.item_id
            LEFT JOIN absence b ON b.item_id = i.item_id AND b.returned_at IS NULL
            WHERE i.media_id = ?1 AND i.account_id = ?2 AND coalesce(s.walk_id, 0) < ?3";
        let values = params![media_id.as_str(), self.account_id, self.walk_id];
        let item = self.connection.prepare_cached(QUERY)?.query_row(values, |row| {
            let absence_id: Option<i64> = row.get(5)?;
            let absence = |id| -> rusqlite::Result<Absence> {
                Ok(Absence {
                    id,
                    last_seen_at: row.get(6)?,
                    last_listed_walk_id: row.get(7)?,
                    first_missing_at: row.get(8)?,
                    missing_walk_id: row.get(9)?,
                    struck_at: row.get(10)?,
                })
            };
            Ok(Absent {
                item_id: row.get(0)?,
                state: word(row, 1, State::from_word)?,
                published_at: row.get(2)?,
                seen_at: row.get(3)?,
                listed_walk_id: row.get(4)?,
                absence: absence_id.map(absence).transpose()?,
            })
        });
        Ok(item.optional()?)
    }

    fn note_asked(&self, absence: &Absence, asked: &[Asked]) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE absence SET asked_at = ?2 WHERE absence_id = ?1";
        if let Some(at) = asked_at(asked) {
            let mut update = self.connection.prepare_cached(UPDATE)?;
            update.execute(params![absence.id, at])?;
        }
        Ok(())
    }

    fn miss(
        &mut self,
        item: &Absent,
        step: &Step,
        first: &Since,
        strike: Option<Moment>,
    ) -> Result<(), CatalogError> {
        const STRIKE: &str = "UPDATE absence SET struck_at = ?2, struck_server_at = ?3
            WHERE absence_id = ?1";
        let absence = self.open(item, first)?;
        if let Some(strike) = strike {
            let values = params![absence.id, text(strike.local), strike.server.map(text)];
            self.connection.prepare_cached(STRIKE)?.execute(values)?;
        }
        self.step(State::Missing, item, &absence, step)
    }

    fn unlist(&mut self, item: &Absent, step: &Step, first: &Since) -> Result<(), CatalogError> {
        let absence = self.open(item, first)?;
        answered(self.connection, absence.id, self.at)?;
        self.step(State::Unlisted, item, &absence, step)
    }

    fn lose(&mut self, item: &Absent, step: &Step, first: &Since) -> Result<(), CatalogError> {
        const CONFIRM: &str = "UPDATE absence SET confirmed_at = ?2 WHERE absence_id = ?1";
        let absence = self.open(item, first)?;
        self.connection.prepare_cached(CONFIRM)?.execute(params![absence.id, self.at])?;
        self.step(State::Gone, item, &absence, step)
    }

    /// The item's open absence; a new one begins with the first walk that did not list it.
    fn open(&self, item: &Absent, first: &Since) -> Result<Absence, CatalogError> {
        const INSERT: &str = "INSERT INTO absence (item_id, last_seen_at, last_listed_walk_id,
            first_missing_at, missing_walk_id) VALUES (?1, ?2, ?3, ?4, ?5)";
        if let Some(absence) = &item.absence {
            return Ok(absence.clone());
        }
        let last_seen_at = self.last_seen_before(item, first)?;
        self.connection.prepare_cached(INSERT)?.execute(params![
            item.item_id,
            last_seen_at,
            item.listed_walk_id,
            first.at,
            first.walk_id
        ])?;
        Ok(Absence {
            id: self.connection.last_insert_rowid(),
            last_seen_at,
            last_listed_walk_id: item.listed_walk_id,
            first_missing_at: first.at.clone(),
            missing_walk_id: first.walk_id,
            struck_at: None,
        })
    }

    /// When the item was last seen before its absence began. It may have answered by its id since,
    /// while nobody believed the absence: then the last walk that listed it counts.
    fn last_seen_before(&self, item: &Absent, first: &Since) -> Result<String, CatalogError> {
        const LISTED: &str = "SELECT min(coalesce(finished_at, started_at), ?2) FROM walk
            WHERE walk_id = ?1";
        match item.listed_walk_id {
            Some(listed) if item.seen_at > first.at => {
                let values = params![listed, first.at];
                Ok(self.connection.prepare_cached(LISTED)?.query_row(values, |row| row.get(0))?)
            }
            Some(_) | None => Ok(item.seen_at.clone().min(first.at.clone())),
        }
    }

    /// Sets the state and appends the event with everything that it rests on.
    fn step(
        &mut self,
        state: State,
        item: &Absent,
        absence: &Absence,
        step: &Step,
    ) -> Result<(), CatalogError> {
        set_state(self.connection, item.item_id, state, Some(&absence.first_missing_at))?;
        self.note_asked(absence, &step.asked)?;
        for walk in absence.last_listed_walk_id.into_iter().chain([absence.missing_walk_id]) {
            self.pin(walk)?;
        }
        let (pages, pages_sha256) = self.pin(self.walk_id)?.unzip();
        let mut detail = json!({
            "from": item.state.as_str(),
            "last_seen_at": absence.last_seen_at,
            "last_listed_walk": absence.last_listed_walk_id,
            "first_missing_at": absence.first_missing_at,
            "missing_walk": absence.missing_walk_id,
            "walk": self.walk_id,
            "answer": answer(&step.asked),
            "pages": pages,
            "pages_sha256": pages_sha256,
        });
        let kind = match state {
            State::Gone => {
                detail["struck_at"] = json!(absence.struck_at);
                EventKind::Gone
            }
            State::Unlisted => EventKind::Unlisted,
            State::Missing | State::Present | State::Expired | State::Unreachable => {
                EventKind::Missing
            }
        };
        let subject = Some((item.item_id, step.media_id.as_str()));
        self.append_asked(kind, subject, detail, &step.asked)
    }
}

/// Notes that an item answered by its id: nothing that was said before counts against it.
pub(super) fn answered(
    connection: &Connection,
    absence_id: i64,
    at: &str,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE absence SET unlisted_at = ?2, struck_at = NULL,
        struck_server_at = NULL, confirmed_at = NULL WHERE absence_id = ?1";
    connection.prepare_cached(UPDATE)?.execute(params![absence_id, at])?;
    Ok(())
}

pub(super) fn set_state(
    connection: &Connection,
    item_id: i64,
    state: State,
    disappeared_at: Option<&str>,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE item SET state = ?2, disappeared_at = ?3 WHERE item_id = ?1";
    let values = params![item_id, state.as_str(), disappeared_at];
    connection.prepare_cached(UPDATE)?.execute(values)?;
    Ok(())
}

/// When the item itself was last asked for.
fn asked_at(asked: &[Asked]) -> Option<String> {
    let own = asked.iter().filter(|question| question.purpose == Purpose::Item);
    own.map(|question| question.at).max().map(text)
}

/// What the item itself last answered.
fn answer(asked: &[Asked]) -> &str {
    let mut own = asked.iter().rev().filter(|question| question.purpose == Purpose::Item);
    own.next().map_or("not_asked", |question| question.outcome.as_str())
}
