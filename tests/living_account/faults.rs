//! Faults by name, and how often what happened.

use std::collections::BTreeMap;

use mediakeep::domain::absence::State;

/// Everything that the API, the network and our clock do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Throttled,
    TokenDead,
    PermissionRefused,
    PermissionLost,
    Broken,
    DeadCursor,
    RepeatedCursor,
    ShortPage,
    EmptyPage,
    EmptyEnd,
    ListCut,
    Unreadable,
    OutOfOrder,
    SlidesAbsent,
    SinceIgnored,
    SinceSkewed,
    StaleList,
    StaleNode,
    NodesOut,
    ItemsLost,
    ChangedMidWalk,
    ClockJumped,
    ObserverChanged,
}

impl Fault {
    pub(crate) const ALL: [Self; 23] = [
        Self::Throttled,
        Self::TokenDead,
        Self::PermissionRefused,
        Self::PermissionLost,
        Self::Broken,
        Self::DeadCursor,
        Self::RepeatedCursor,
        Self::ShortPage,
        Self::EmptyPage,
        Self::EmptyEnd,
        Self::ListCut,
        Self::Unreadable,
        Self::OutOfOrder,
        Self::SlidesAbsent,
        Self::SinceIgnored,
        Self::SinceSkewed,
        Self::StaleList,
        Self::StaleNode,
        Self::NodesOut,
        Self::ItemsLost,
        Self::ChangedMidWalk,
        Self::ClockJumped,
        Self::ObserverChanged,
    ];
}

/// What was said of an item or a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    Missing,
    Unlisted,
    Gone,
    Expired,
    Unreachable,
    Returned,
    Held,
    HoldConfirmed,
    HoldDropped,
    Disproved,
    Proven,
    NotProven,
}

impl Said {
    pub(crate) const ALL: [Self; 12] = [
        Self::Missing,
        Self::Unlisted,
        Self::Gone,
        Self::Expired,
        Self::Unreachable,
        Self::Returned,
        Self::Held,
        Self::HoldConfirmed,
        Self::HoldDropped,
        Self::Disproved,
        Self::Proven,
        Self::NotProven,
    ];

    /// The word for a new state.
    pub(crate) fn of(state: State) -> Self {
        match state {
            State::Present => Self::Returned,
            State::Missing => Self::Missing,
            State::Unlisted => Self::Unlisted,
            State::Gone => Self::Gone,
            State::Expired => Self::Expired,
            State::Unreachable => Self::Unreachable,
        }
    }
}

/// How often what happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub histories: u64,
    pub passes: u64,
    pub deleted: u64,
    pub faults: BTreeMap<Fault, u64>,
    pub said: BTreeMap<Said, u64>,
}

impl Tally {
    pub(crate) fn fired(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub(crate) fn fired_if(&mut self, is: bool, fault: Fault) {
        if is {
            self.fired(fault);
        }
    }

    pub(crate) fn say(&mut self, said: Said) {
        *self.said.entry(said).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.passes += other.passes;
        self.deleted += other.deleted;
        for (fault, times) in &other.faults {
            *self.faults.entry(*fault).or_default() += times;
        }
        for (said, times) in &other.said {
            *self.said.entry(*said).or_default() += times;
        }
    }
}
