//! What reconciling made of a finished walk, as it is handed to the catalog.

use crate::domain::absence::{State, Verdict};
use crate::domain::brake::{HoldEnd, HoldReason};
use crate::domain::{MediaId, Timestamp};

/// What follows from a finished walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The walk proved nothing, or the pass was cut off before anything could be said.
    NotCompared,
    /// Everything that was decided.
    Compared(Compared),
    /// The list has items that the walk skipped: no coverage, no steps.
    Disproved { items: Vec<MediaId>, asked: Vec<Asked> },
}

/// What was decided after a walk that proves something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    pub expired: Vec<MediaId>,
    pub unreachable: Vec<MediaId>,
    /// Holds that end with this walk, by the number of the walk that was held.
    pub ended: Vec<(i64, HoldEnd)>,
    /// Items that are newly missed and not believed.
    pub held: Option<(HoldReason, Vec<MediaId>)>,
    /// Known items that the walk had to list.
    pub looked_at: usize,
    pub steps: Vec<Step>,
}

/// The step of one item, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub media_id: MediaId,
    pub verdict: Verdict,
    pub asked: Vec<Asked>,
    /// What the verdict is about; without it, about the item as it stands.
    pub saw: Option<Saw>,
}

/// An item as its verdict found it: another walk may end before the verdict is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saw {
    pub state: State,
    /// When it was first asked for and did not exist, by our clock.
    pub struck_at: Option<Timestamp>,
}

/// Why a question was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// For the item itself.
    Item,
    /// For the list of the days around it.
    List,
    /// For an item that the walk listed, before the item was asked for.
    ControlBefore,
    /// And after.
    ControlAfter,
}

impl Purpose {
    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::List => "list",
            Self::ControlBefore => "control_before",
            Self::ControlAfter => "control_after",
        }
    }
}

/// One question as it was asked and answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub purpose: Purpose,
    /// What was asked for.
    pub media_id: MediaId,
    pub at: Timestamp,
    /// The `Date` of the answer.
    pub server_at: Option<Timestamp>,
    /// Path and parameters, without token and cursor.
    pub request: String,
    /// `exists`, `listed`, `not_listed`, `does_not_exist`, or the class of a failure.
    pub outcome: String,
    pub http_status: Option<u16>,
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    /// The cleaned text of the answer.
    pub body: Option<String>,
}

/// What closing a walk changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Closed {
    /// Items that were thought to be there until now.
    pub missing: usize,
    pub unlisted: usize,
    pub gone: usize,
    pub expired: usize,
    pub unreachable: usize,
    /// How many items are newly missed and not believed.
    pub held: Option<usize>,
    /// Posts whose change was only believed when the walk had ended.
    pub changed: usize,
    pub lost_urls: usize,
    /// How many addresses are newly absent and not believed.
    pub held_urls: Option<usize>,
}

/// What accepting a held walk changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepted {
    pub missing: usize,
    pub lost_urls: usize,
}
