//! What the archive knows: a catalog in memory.

use std::collections::{BTreeMap, HashSet};

use mediakeep::domain::absence::{Moment, State};
use mediakeep::domain::brake::Hold;
use mediakeep::domain::ledger::Span;
use mediakeep::domain::{Edge, MediaId, Timestamp};

use super::oracle::Look;
use super::truth::number_of;

/// A known item.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub edge: Edge,
    pub kind: u8,
    pub album: Option<usize>,
    pub published_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    pub state: State,
    pub strike: Option<Moment>,
    pub asked_at: Option<Timestamp>,
    /// The end of the first walk that did not list it.
    pub since: Option<Timestamp>,
    /// The last walk that listed it.
    pub listed_by: i64,
    /// When we really looked as it struck, for the oracle alone.
    pub struck: Option<Look>,
}

#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub items: BTreeMap<usize, Known>,
    pub walks: i64,
    pub holds: Vec<Hold>,
    /// The ledgers of both lists and who made each walk.
    pub media: Vec<Span>,
    pub stories: Vec<Span>,
    pub observers: BTreeMap<i64, u32>,
}

impl Catalog {
    pub(crate) fn ledger(&mut self, edge: Edge) -> &mut Vec<Span> {
        match edge {
            Edge::Media => &mut self.media,
            Edge::Stories => &mut self.stories,
            Edge::Tags => panic!("tags prove nothing"),
        }
    }

    /// Open holds with what is still thought to be there, and whether any of it was listed since.
    pub(crate) fn open_holds(&self) -> Vec<Hold> {
        let review = |hold: &Hold| {
            let known = |id: &MediaId| &self.items[&number_of(id)];
            let listed_since = hold.items.iter().any(|id| known(id).listed_by > hold.walk);
            let open = |id: &&MediaId| match known(id).state {
                State::Present | State::Unreachable => true,
                State::Missing | State::Unlisted | State::Gone | State::Expired => false,
            };
            let items: HashSet<MediaId> = hold.items.iter().filter(open).cloned().collect();
            Hold { items, listed_since, ..hold.clone() }
        };
        self.holds.iter().map(review).collect()
    }
}
