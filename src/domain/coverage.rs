//! What a complete walk has proven to have seen.

use std::time::Duration;

use super::{Edge, Timestamp, Window};

/// The API's clock, its replicas and ours may differ by this much at either end of a proof: what
/// lies closer to an edge is not claimed. Replicas that lag further are caught by the ladder, whose
/// steps lie a day apart.
pub const MARGIN: Duration = Duration::from_secs(3600);

/// Stories are listed for this long ("Stories" page of the Instagram Platform reference).
pub const STORY_LIFE: Duration = Duration::from_secs(86_400);

/// The interval of publication time that a walk has proven to have seen, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Coverage {
    /// Whether an item of this publication time had to be listed.
    pub fn contains(&self, published_at: Timestamp) -> bool {
        (self.from..=self.to).contains(&published_at)
    }
}

/// What a walk met that reached its natural end in order and could read every item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    pub edge: Edge,
    pub window: Window,
    /// The earliest that a clock showed when the walk began: nothing later is claimed.
    pub started_at: Timestamp,
    /// The latest that a clock showed then: by it stories may be over.
    pub latest: Timestamp,
    /// Distinct items of all pages, also those outside of the window: a server that ignores
    /// `since` and `until` fills its list with them.
    pub met: usize,
    /// The earliest publication time among them.
    pub oldest: Option<Timestamp>,
    /// How many items the account says it has.
    pub account_total: Option<usize>,
    /// How many of the newest items the API lists.
    pub listed_at_most: usize,
}

/// What the walk proves: the inside of its window, less the margin, and less whatever the cap may
/// have cut off. Nothing for a list whose reach is not documented.
pub fn coverage(sweep: &Sweep) -> Option<Coverage> {
    let mut from = sweep.window.since.map_or(Timestamp::EPOCH, |at| at.plus(MARGIN));
    match sweep.edge {
        Edge::Media if sweep.may_be_capped() => from = from.max(sweep.oldest?.plus(STEP_BACK)),
        Edge::Media => {}
        Edge::Stories => from = from.max(sweep.latest.minus(STORY_LIFE).plus(MARGIN)),
        Edge::Tags => return None,
    }
    let to = sweep.window.until.map_or(sweep.started_at, |at| at.min(sweep.started_at));
    let to = to.minus(MARGIN);
    (from <= to).then_some(Coverage { from, to })
}

/// The end of the list that two walks a day or more apart agree on, for items that are certainly
/// beyond it. One walk alone can have met as many items as the API lists and have skipped one near
/// the end, because the list moved meanwhile.
pub fn end_of_list(now: Option<Timestamp>, before: Option<Timestamp>) -> Option<Timestamp> {
    Some(now?.min(before?))
}

/// Left out above the oldest item of a list that may have been cut off.
pub const STEP_BACK: Duration = Duration::from_secs(86_400);

impl Sweep {
    /// Whether older items may lie beyond the newest ones that the API lists.
    ///
    /// A walk from the newest on has met that many by then. A window in the past has not: there
    /// the account's own count decides, and an unknown count counts as too many. A walk of
    /// everything that met all that the account has, before the list was full, was not cut off; a
    /// count far below what was met is no count to trust.
    fn may_be_capped(&self) -> bool {
        let nearly = |count: usize| count >= self.listed_at_most - self.listed_at_most / 100;
        let met_all = self.window == Window::ALL
            && self.met < self.listed_at_most
            && self.account_total.is_some_and(|total| nearly(total) && total <= self.met);
        (nearly(self.met) && !met_all)
            || (self.window.until.is_some() && self.account_total.is_none_or(nearly))
    }

    /// The oldest item that the API listed, when it certainly has older ones that it never lists:
    /// the list was as long as it can be, and the account says that it has more.
    pub fn capped_at(&self) -> Option<Timestamp> {
        let full = self.met >= self.listed_at_most && self.window == Window::ALL;
        let has_more = self.account_total.is_some_and(|total| total > self.met);
        self.oldest.filter(|_| self.edge == Edge::Media && full && has_more)
    }
}

#[cfg(test)]
mod tests;
