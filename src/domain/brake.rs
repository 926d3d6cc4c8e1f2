//! The brake: a loss of very many things at once is first of all a fault of whoever reports it.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::time::Duration;

use super::MediaId;
use super::absence::Moment;

/// How much may be lost at once before nothing of it is believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// So many are always believed.
    pub items: usize,
    /// And so large a part of everything that was looked at, from 0 to 1.
    pub share: f64,
}

/// Whether so many losses among so many things are too many.
pub fn holds(lost: usize, looked_at: usize, limits: Limits) -> bool {
    lost > limits.items && float(lost) > limits.share * float(looked_at)
}

fn float(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Why a walk's losses are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// Too many at once.
    TooMany,
    /// The first walk with another login, host or API version: what it does not see may be ours to see no longer.
    Observer,
}

impl HoldReason {
    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooMany => "too_many",
            Self::Observer => "observer_changed",
        }
    }
}

/// The losses of an earlier walk that nobody has believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The number of the walk.
    pub walk: i64,
    pub at: Moment,
    pub items: HashSet<MediaId>,
    /// Whether any of the items was listed since.
    pub listed_since: bool,
}

/// What a complete walk means for a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldEnd {
    /// It could not tell, or it is too early.
    Stays,
    /// It missed the same items: they are missing since the walk that was held.
    Confirmed,
    /// Some of them are there, or none is left, or a clock was wrong: what is still missed counts
    /// from now on.
    Dropped,
}

/// Reviews a hold in the light of what a later complete walk missed.
pub fn review<S: BuildHasher>(
    hold: &Hold,
    missed: &HashSet<&MediaId, S>,
    walk_at: &Moment,
    confirm_after: Duration,
) -> HoldEnd {
    if hold.listed_since || hold.items.is_empty() || hold.at.is_ahead_of(walk_at) {
        return HoldEnd::Dropped;
    }
    let same = hold.items.iter().all(|item| missed.contains(item));
    if same && hold.at.until(walk_at) >= confirm_after {
        HoldEnd::Confirmed
    } else {
        HoldEnd::Stays
    }
}

#[cfg(test)]
mod tests;
