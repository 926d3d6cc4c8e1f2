//! What the daemon does right now, in memory: fed by its tasks, read by whoever looks on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;

use super::Pulse;
use crate::archive::PassReport;
use crate::archive::report::ProblemKind;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{AccountName, Timestamp};

/// The live state of the daemon; clones of its `Arc` share it.
#[derive(Debug)]
pub struct Board {
    clock: Clock,
    started_at: Timestamp,
    supervisor: Pulse,
    state: Mutex<State>,
    passes: broadcast::Sender<Arc<PassReport>>,
}

/// The configuration that the daemon goes by.
#[derive(Debug, Clone)]
pub struct InForce {
    pub config: Arc<Config>,
    pub since: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    tasks: BTreeMap<String, Task>,
    accounts: BTreeMap<AccountName, Counters>,
    coming: BTreeMap<AccountName, Coming>,
    nudges: BTreeMap<AccountName, Arc<Nudges>>,
    in_force: Option<InForce>,
}

#[derive(Debug)]
struct Task {
    account: Option<AccountName>,
    pulse: Pulse,
    restarts: u32,
    stalls: u32,
}

/// The board as it stood at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub started_at: Timestamp,
    pub tasks: Vec<TaskLive>,
    pub accounts: BTreeMap<AccountName, Counters>,
    /// The next run of each account that waits for one.
    pub coming: BTreeMap<AccountName, Coming>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskLive {
    pub name: String,
    pub account: Option<AccountName>,
    /// In a few words; empty while it waits.
    pub doing: String,
    /// How often it was started again because it panicked, ended or stalled.
    pub restarts: u32,
    /// How often that was because it stopped answering.
    pub stalls: u32,
}

/// The next run of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    pub walk: String,
    pub at: Timestamp,
}

/// What was done for an account since the daemon started.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counters {
    /// Passes that nothing ended early.
    pub passes_ok: u64,
    pub passes_failed: u64,
    pub calls: u64,
    pub items_new: u64,
    pub items_gone: u64,
    pub files: u64,
    pub bytes: u64,
    pub file_failures: u64,
    pub last_pass_seconds: u64,
    /// Ticks of schedules that were answered by a run of their own.
    pub ticks: u64,
    /// Ticks that a later run made up for.
    pub ticks_skipped: u64,
}

impl Board {
    /// A board of a daemon that starts now.
    pub fn new(clock: Clock) -> Self {
        let started_at = clock.now();
        // Whoever waits for a pass takes its report at once.
        let passes = broadcast::Sender::new(256);
        Self { clock, started_at, supervisor: Pulse::new(), state: Mutex::default(), passes }
    }

    /// The time on the clock that the daemon goes by.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Everything at once.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state();
        let live = |(name, task): (&String, &Task)| TaskLive {
            name: name.clone(),
            account: task.account.clone(),
            doing: task.pulse.doing(),
            restarts: task.restarts,
            stalls: task.stalls,
        };
        Snapshot {
            started_at: self.started_at,
            tasks: state.tasks.iter().map(live).collect(),
            accounts: state.accounts.clone(),
            coming: state.coming.clone(),
        }
    }

    /// Notes the configuration that is in force from now on.
    pub fn note_config(&self, config: Arc<Config>) {
        self.state().in_force = Some(InForce { config, since: self.now() });
    }

    /// The configuration in force; none before the daemon has begun.
    pub fn in_force(&self) -> Option<InForce> {
        self.state().in_force.clone()
    }

    /// The reports of the passes that end from now on.
    pub fn passes(&self) -> broadcast::Receiver<Arc<PassReport>> {
        self.passes.subscribe()
    }

    /// Counts what a pass did, and hands its report to whoever waits for one.
    pub fn note_pass(&self, report: &PassReport) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let mut state = self.state();
        let counters = state.accounts.entry(report.account.clone()).or_default();
        if has_failed(report) {
            counters.passes_failed += 1;
        } else {
            counters.passes_ok += 1;
        }
        counters.calls += report.calls;
        counters.items_new += report.walks.iter().map(|walk| count(walk.new)).sum::<u64>();
        counters.items_gone += report.walks.iter().map(|walk| count(walk.gone)).sum::<u64>();
        counters.files += count(report.files.saved);
        counters.bytes += report.files.saved_bytes;
        counters.file_failures += count(report.files.failed);
        counters.last_pass_seconds = report.finished_at.since(report.started_at).as_secs();
        drop(state);
        if self.passes.receiver_count() > 0 {
            // The last one may have gone meanwhile.
            self.passes.send(Arc::new(report.clone())).ok();
        }
    }

    /// Counts a tick that a run begins to answer, and those that it makes up for.
    pub fn note_tick(&self, account: &AccountName, skipped: u32) {
        let mut state = self.state();
        let counters = state.accounts.entry(account.clone()).or_default();
        counters.ticks += 1;
        counters.ticks_skipped += u64::from(skipped);
    }

    /// Notes what an account waits for; absent while it works or waits for nothing.
    pub fn note_coming(&self, account: &AccountName, coming: Option<Coming>) {
        let mut state = self.state();
        match coming {
            Some(coming) => {
                state.coming.insert(account.clone(), coming);
            }
            None => {
                state.coming.remove(account);
            }
        }
    }

    /// Asks an account for a pass now: of one configured walk, or of all. Answers whether there is
    /// somebody to ask.
    pub fn nudge(&self, account: &AccountName, walk: Option<String>) -> bool {
        let state = self.state();
        let Some(nudges) = state.nudges.get(account) else { return false };
        nudges.add(walk);
        true
    }

    /// Where an account's worker hears that it is wanted.
    pub fn nudges(&self, account: &AccountName) -> Arc<Nudges> {
        self.state().nudges.entry(account.clone()).or_default().clone()
    }

    /// An account is no longer kept.
    pub fn forget(&self, account: &AccountName) {
        let mut state = self.state();
        state.nudges.remove(account);
        state.coming.remove(account);
    }

    pub(super) fn enter_task(&self, name: &str, account: Option<&AccountName>, pulse: &Pulse) {
        let mut state = self.state();
        let task = state.tasks.entry(name.to_owned()).or_insert_with(|| Task {
            account: account.cloned(),
            pulse: pulse.clone(),
            restarts: 0,
            stalls: 0,
        });
        task.pulse = pulse.clone();
    }

    pub(super) fn remove_task(&self, name: &str) {
        self.state().tasks.remove(name);
    }

    pub(super) fn note_restart(&self, name: &str) {
        if let Some(task) = self.state().tasks.get_mut(name) {
            task.restarts += 1;
        }
    }

    pub(super) fn note_stall(&self, name: &str) {
        if let Some(task) = self.state().tasks.get_mut(name) {
            task.stalls += 1;
        }
    }

    /// The supervisor itself is alive.
    pub(super) fn feel_supervisor(&self) {
        self.supervisor.beat();
    }

    /// Whether the supervisor and every task have been heard of lately.
    pub fn is_fresh(&self) -> bool {
        let now = Instant::now();
        let fresh = |task: &Task| !task.pulse.is_stalled(now);
        !self.supervisor.is_stalled(now) && self.state().tasks.values().all(fresh)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes that somebody asked an account for, until its worker takes them.
#[derive(Debug, Default)]
pub struct Nudges {
    wanted: Mutex<Vec<Option<String>>>,
    bell: Notify,
}

impl Nudges {
    /// Waits until somebody wants something. Cancelling is safe.
    pub async fn rung(&self) {
        loop {
            let bell = self.bell.notified();
            if !self.lock().is_empty() {
                return;
            }
            bell.await;
        }
    }

    /// What is wanted, once: names of walks, or absent for all of them.
    pub fn take(&self) -> Vec<Option<String>> {
        std::mem::take(&mut *self.lock())
    }

    fn add(&self, walk: Option<String>) {
        let mut wanted = self.lock();
        if !wanted.contains(&walk) {
            wanted.push(walk);
        }
        drop(wanted);
        self.bell.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Option<String>>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a pass was ended early by something other than a wish to stop.
fn has_failed(report: &PassReport) -> bool {
    report.problems.iter().any(|problem| match problem.kind {
        ProblemKind::Token
        | ProblemKind::Permission
        | ProblemKind::Throttled
        | ProblemKind::Api
        | ProblemKind::Storage => true,
        ProblemKind::Stopped
        | ProblemKind::Files
        | ProblemKind::Items
        | ProblemKind::Blind
        | ProblemKind::Listing
        | ProblemKind::Held => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::report::Problem;
    use crate::domain::Login;

    fn name() -> AccountName {
        "bakery".parse().unwrap()
    }

    #[test]
    fn passes_are_counted_by_account() {
        let board = Board::new(Clock::manual(Timestamp::EPOCH));
        let mut report = PassReport::begin(name(), Login::Instagram, Timestamp::EPOCH);
        report.calls = 3;
        board.note_pass(&report);
        report.add_problem(Problem { kind: ProblemKind::Api, message: String::new(), hint: None });
        board.note_pass(&report);
        let counters = board.snapshot().accounts[&name()];
        assert_eq!((counters.passes_ok, counters.passes_failed, counters.calls), (1, 1, 6));
    }

    #[tokio::test]
    async fn a_nudge_is_heard_once_even_when_it_came_before_anybody_listened() {
        let board = Board::new(Clock::manual(Timestamp::EPOCH));
        assert!(!board.nudge(&name(), None), "nobody keeps this account");
        let nudges = board.nudges(&name());
        assert!(board.nudge(&name(), Some("full".into())));
        assert!(board.nudge(&name(), Some("full".into())));
        nudges.rung().await;
        assert_eq!(nudges.take(), [Some("full".to_owned())]);
        assert_eq!(nudges.take(), Vec::<Option<String>>::new());
        board.forget(&name());
        assert!(!board.nudge(&name(), None));
    }
}
