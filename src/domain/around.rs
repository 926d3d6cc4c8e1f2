//! The list around an item that a walk did not list and that answers by its id.
//!
//! Whether such an item is in no list or was only skipped shows in the list itself, asked for once
//! more. That list can be cut off, shifted and out of order like any other: it only speaks when one
//! page of it reaches from the item's place to an older neighbour that the walk did list, and when
//! it goes on behind that neighbour. A neighbour that comes last may stand in the wrong place, in
//! front of the item, with the rest cut off.

use super::absence::Answer;
use super::coverage::{MARGIN, STEP_BACK};
use super::walk::Ending;
use super::{MediaId, Timestamp, Window};

/// What the list of the days around an item has shown so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    item: MediaId,
    published_at: Timestamp,
    older: Option<[MediaId; 2]>,
    window: Window,
    is_listed: bool,
    is_framed: bool,
    goes_on: bool,
}

impl Around {
    /// An older neighbour was published by then: with a day between them the list still proves
    /// something where the API cuts it off.
    pub fn reaches_back_to(published_at: Timestamp) -> Timestamp {
        published_at.minus(STEP_BACK)
    }

    /// Prepares the question; `older` are the newest two listed items from
    /// [`Around::reaches_back_to`] or before, newest first. Without both the list can show the
    /// item, but its silence says nothing.
    pub fn new(
        item: MediaId,
        published_at: Timestamp,
        older: Option<[(MediaId, Timestamp); 2]>,
    ) -> Self {
        let since = older.as_ref().map_or(published_at, |[_, (_, at)]| *at);
        let window =
            Window { since: Some(since.minus(MARGIN)), until: Some(published_at.plus(MARGIN)) };
        let older = older.map(|[(first, _), (second, _)]| [first, second]);
        Self {
            item,
            published_at,
            older,
            window,
            is_listed: false,
            is_framed: false,
            goes_on: false,
        }
    }

    /// The days to ask for.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Takes note of a page; `is_top` is whether the list begins with it.
    pub fn after_page(&mut self, items: &[(&MediaId, Option<Timestamp>)], is_top: bool) {
        self.is_listed |= items.iter().any(|(id, _)| **id == self.item);
        let is_newer = |at: Option<Timestamp>| at.is_some_and(|at| at >= self.published_at);
        let begins_before = is_top || items.iter().any(|(_, at)| is_newer(*at));
        let Some([neighbour, behind]) = &self.older else { return };
        let has = |wanted: &MediaId| items.iter().any(|(id, _)| *id == wanted);
        self.is_framed |= begins_before && has(neighbour);
        self.goes_on |= has(behind);
    }

    /// What the list says when it is over, of an item whose own id came back.
    pub fn answer(&self, ending: &Ending) -> Answer {
        let covers = ending.coverage.is_some_and(|proof| proof.contains(self.published_at));
        if self.is_listed {
            Answer::Listed
        } else if covers && self.is_framed && self.goes_on {
            Answer::Exists
        } else {
            Answer::Unclear
        }
    }
}

#[cfg(test)]
mod tests;
