//! The walks of one account as the daemon sees them: what is due, and when the next one is.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::{AccountConfig, WalkConfig};
use crate::domain::agenda::{Agenda, NewestRun, Progress, Ticks, agenda, believed, jitter};
use crate::domain::{AccountName, Edge, Timestamp};

/// What an account has to do by its schedules.
#[derive(Debug)]
pub(super) struct Duties {
    account: AccountName,
    /// In the order in which they run: stories are gone tomorrow, and what is new matters more
    /// than what is known.
    list: Vec<Duty>,
    jitter: Duration,
    /// Before then the account is not asked for anything.
    closed_until: Option<Timestamp>,
}

#[derive(Debug)]
struct Duty {
    walk: WalkConfig,
    newest: Option<NewestRun>,
    /// It failed, and is not tried again before then.
    again_at: Option<Timestamp>,
    failed_in_a_row: u32,
}

/// A walk whose tick has come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DueWalk {
    pub walk: WalkConfig,
    pub tick: Timestamp,
    pub skipped: u32,
    /// It is the first run for this tick.
    pub is_new: bool,
}

impl Duties {
    /// The duties of an account whose newest runs were these.
    pub(super) fn new(
        account: &AccountConfig,
        jitter: Duration,
        newest: &BTreeMap<String, NewestRun>,
    ) -> Self {
        let duty = |walk: &WalkConfig| Duty {
            walk: walk.clone(),
            newest: newest.get(&walk.name).copied(),
            again_at: None,
            failed_in_a_row: 0,
        };
        let mut list: Vec<_> = account.walks.iter().map(duty).collect();
        list.sort_by_key(|duty| rank(&duty.walk));
        Self { account: account.name.clone(), list, jitter, closed_until: None }
    }

    /// Lets go of newest runs that a wrong clock dated.
    pub(super) fn believe(&mut self, now: Timestamp) {
        let (account, most) = (self.account.as_str(), self.jitter);
        for Duty { walk, newest, .. } in &mut self.list {
            let next_after = |after| walk.schedule.next_after(after);
            let delay = |tick| jitter(account, &walk.name, tick, most);
            let ticks = Ticks { next_after: &next_after, delay: &delay };
            *newest = newest.map(|newest| believed(newest, now, &ticks));
        }
    }

    /// The walks to run now.
    pub(super) fn due(&self, now: Timestamp) -> Vec<DueWalk> {
        if self.closed_until.is_some_and(|until| until > now) {
            return Vec::new();
        }
        let ready = self.list.iter().filter(|duty| duty.again_at.is_none_or(|at| at <= now));
        ready
            .filter_map(|duty| match self.agenda(duty, now) {
                Agenda::Due { tick, skipped } => Some(DueWalk {
                    walk: duty.walk.clone(),
                    tick,
                    skipped,
                    is_new: duty.newest.is_none_or(|newest| newest.due_at != tick),
                }),
                Agenda::Wait { .. } | Agenda::Over => None,
            })
            .collect()
    }

    /// When the next walk runs, and which; none when nothing ever comes.
    pub(super) fn soonest(&self, now: Timestamp) -> Option<(String, Timestamp)> {
        let coming = self.list.iter().filter_map(|duty| {
            let begins = match self.agenda(duty, now) {
                Agenda::Due { .. } => now,
                Agenda::Wait { begins, .. } => begins,
                Agenda::Over => return None,
            };
            let at = begins.max(duty.again_at.unwrap_or(begins));
            Some((duty.walk.name.clone(), at.max(self.closed_until.unwrap_or(at))))
        });
        coming.min_by_key(|(_, at)| *at)
    }

    /// A run of this tick has begun.
    pub(super) fn begun(&mut self, walk: &str, tick: Timestamp) {
        self.set(walk, |duty| {
            duty.newest = Some(NewestRun { due_at: tick, progress: Progress::Open });
        });
    }

    /// A walk was run, and its tick is answered.
    pub(super) fn answered(&mut self, walk: &str) {
        self.set(walk, |duty| {
            duty.again_at = None;
            duty.failed_in_a_row = 0;
            if let Some(newest) = &mut duty.newest {
                newest.progress = Progress::Finished;
            }
        });
    }

    /// A walk failed on its own. Answers how often it did in a row.
    pub(super) fn failed(&mut self, walk: &str) -> u32 {
        let mut failed = 1;
        self.set(walk, |duty| {
            duty.failed_in_a_row = duty.failed_in_a_row.saturating_add(1);
            failed = duty.failed_in_a_row;
        });
        failed
    }

    /// A walk is not tried again before then.
    pub(super) fn try_again_at(&mut self, walk: &str, at: Timestamp) {
        self.set(walk, |duty| duty.again_at = Some(at));
    }

    /// The account is not asked for anything before then.
    pub(super) fn close_until(&mut self, at: Timestamp) {
        self.closed_until = Some(at);
    }

    /// The account may be asked again.
    pub(super) fn open_account(&mut self) {
        self.closed_until = None;
    }

    /// Nothing is held back any longer: the clock was set, or what was wrong is mended.
    pub(super) fn open(&mut self) {
        self.closed_until = None;
        for duty in &mut self.list {
            duty.again_at = None;
        }
    }

    fn agenda(&self, duty: &Duty, now: Timestamp) -> Agenda {
        let next_after = |after| duty.walk.schedule.next_after(after);
        let (account, walk) = (self.account.as_str(), duty.walk.name.as_str());
        let delay = |tick| jitter(account, walk, tick, self.jitter);
        agenda(duty.newest, now, &Ticks { next_after: &next_after, delay: &delay })
    }

    fn set(&mut self, walk: &str, change: impl FnOnce(&mut Duty)) {
        if let Some(duty) = self.list.iter_mut().find(|duty| duty.walk.name == walk) {
            change(duty);
        }
    }
}

/// Stories, then what looks at a part, then what looks at everything.
pub(super) fn rank(walk: &WalkConfig) -> (u8, bool) {
    let edge = match walk.edge {
        Edge::Stories => 0,
        Edge::Media => 1,
        Edge::Tags => 2,
    };
    (edge, walk.since.is_none())
}
