//! Keeps the daemon's tasks alive: one that panics, ends or stalls is started again, and the
//! others do not notice.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{Board, Pulse};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::domain::restart::{is_well_again, pause_before_restart};
use crate::domain::{AccountName, AlarmKind};
use crate::telemetry;

/// What a task runs as.
pub type TaskFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task that lives as long as the daemon.
#[derive(Clone)]
pub struct TaskSpec {
    /// Tells it from the others in the log and on the board.
    pub name: String,
    /// The account that it works for, if for one alone.
    pub account: Option<AccountName>,
    /// Begins it, at first and after it broke off. It ends when its token is cancelled.
    pub start: Arc<dyn Fn(Pulse, CancellationToken) -> TaskFuture + Send + Sync>,
}

impl TaskSpec {
    /// A task of the archive as a whole.
    pub fn new<F, T>(name: &str, start: F) -> Self
    where
        F: Fn(Pulse, CancellationToken) -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let start = move |pulse, stop| -> TaskFuture { Box::pin(start(pulse, stop)) };
        Self { name: name.to_owned(), account: None, start: Arc::new(start) }
    }

    /// The same, for one account.
    #[must_use]
    pub fn of_account(self, account: AccountName) -> Self {
        Self { account: Some(account), ..self }
    }
}

impl fmt::Debug for TaskSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the supervisor is told while it works.
#[derive(Debug)]
pub enum Order {
    /// Starts a task; one of the same name is stopped first and waited for.
    Put(TaskSpec),
    /// Stops the task of this name.
    Drop(String),
}

/// How long tasks have to stop by themselves.
pub const GRACE: Duration = Duration::from_secs(8);
/// How long aborted tasks are waited for.
const LAST_GRACE: Duration = Duration::from_secs(1);
/// How often pulses are felt.
const LOOK: Duration = Duration::from_secs(30);

/// Runs tasks until `stop` is cancelled and all have ended.
///
/// Answers the names of those that did not stop in time and were aborted.
pub async fn supervise(
    specs: Vec<TaskSpec>,
    orders: mpsc::Receiver<Order>,
    board: Arc<Board>,
    catalog: Catalog,
    clock: Clock,
    stop: CancellationToken,
) -> Vec<String> {
    let running = JoinSet::new();
    let names = HashMap::new();
    let mut supervisor =
        Supervisor { running, names, seats: HashMap::new(), board, catalog, clock, stop };
    for spec in specs {
        supervisor.put(spec);
    }
    supervisor.watch_over(orders, LOOK).await;
    supervisor.wind_up(GRACE).await
}

struct Supervisor {
    running: JoinSet<()>,
    names: HashMap<Id, String>,
    seats: HashMap<String, Seat>,
    board: Arc<Board>,
    catalog: Catalog,
    clock: Clock,
    stop: CancellationToken,
}

/// The place of one task, whoever sits on it at the time.
struct Seat {
    spec: TaskSpec,
    pulse: Pulse,
    stop: CancellationToken,
    task: AbortHandle,
    since: Instant,
    in_a_row: u32,
    fate: Fate,
}

/// What becomes of a seat when its task ends.
enum Fate {
    /// It is taken again.
    Stay,
    /// As well, after its task was aborted because it was silent.
    Stalled,
    /// It is taken by a task with other settings.
    Replace(TaskSpec),
    Leave,
}

impl Supervisor {
    /// Goes on until all are asked to stop.
    async fn watch_over(&mut self, mut orders: mpsc::Receiver<Order>, look_every: Duration) {
        let mut look = tokio::time::interval(look_every);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                Some(order) = orders.recv() => self.obey(order),
                Some(ended) = self.running.join_next_with_id() => self.clear(ended).await,
                _ = look.tick() => self.feel_pulses().await,
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Put(spec) => match self.seats.get_mut(&spec.name) {
                Some(seat) => {
                    seat.stop.cancel();
                    seat.fate = Fate::Replace(spec);
                }
                None => self.put(spec),
            },
            Order::Drop(name) => {
                if let Some(seat) = self.seats.get_mut(&name) {
                    seat.stop.cancel();
                    seat.fate = Fate::Leave;
                }
            }
        }
    }

    fn put(&mut self, spec: TaskSpec) {
        self.start(spec, Duration::ZERO, 0);
    }

    fn start(&mut self, spec: TaskSpec, pause: Duration, in_a_row: u32) {
        let pulse = Pulse::new();
        pulse.wait_for(pause);
        let stop = self.stop.child_token();
        self.board.enter_task(&spec.name, spec.account.as_ref(), &pulse);
        let task = {
            let (start, clock) = (spec.start.clone(), self.clock.clone());
            let (pulse, stop) = (pulse.clone(), stop.clone());
            self.running.spawn(async move {
                if !pause.is_zero() {
                    tokio::select! {
                        () = clock.sleep(pause) => {}
                        () = stop.cancelled() => return,
                    }
                }
                start(pulse, stop).await;
            })
        };
        self.names.insert(task.id(), spec.name.clone());
        let since = Instant::now() + pause;
        let name = spec.name.clone();
        let seat = Seat { spec, pulse, stop, task, since, in_a_row, fate: Fate::Stay };
        self.seats.insert(name, seat);
    }

    /// A task has ended: what becomes of its seat.
    async fn clear(&mut self, ended: Result<(Id, ()), JoinError>) {
        let (id, trouble) = match ended {
            Ok((id, ())) => (id, "ended without being asked to".to_owned()),
            Err(error) => (error.id(), words_of(error)),
        };
        let Some(seat) = self.names.remove(&id).and_then(|name| self.seats.remove(&name)) else {
            return;
        };
        if self.stop.is_cancelled() {
            return;
        }
        let trouble = match seat.fate {
            Fate::Leave => return self.board.remove_task(&seat.spec.name),
            Fate::Replace(spec) => return self.start(spec, Duration::ZERO, 0),
            Fate::Stay => trouble,
            Fate::Stalled => "stopped answering".to_owned(),
        };
        let calm = is_well_again(seat.since.elapsed());
        let in_a_row = if calm { 1 } else { seat.in_a_row.saturating_add(1) };
        let pause = pause_before_restart(in_a_row);
        self.board.note_restart(&seat.spec.name);
        let told = format!("{} {trouble}; started again", seat.spec.name);
        let seconds = pause.as_secs();
        tracing::error!(task = seat.spec.name, in_a_row, "{told} in {seconds} s");
        self.raise(&seat.spec, in_a_row, told).await;
        self.start(seat.spec, pause, in_a_row);
    }

    /// Aborts who is silent, and ends the alarm of who has been well for long.
    async fn feel_pulses(&mut self) {
        self.board.feel_supervisor();
        let now = Instant::now();
        let mut well = Vec::new();
        for seat in self.seats.values_mut() {
            if seat.pulse.is_stalled(now) && !matches!(seat.fate, Fate::Stalled) {
                tracing::error!(
                    task = seat.spec.name,
                    doing = seat.pulse.doing(),
                    "{} has been silent for too long",
                    seat.spec.name
                );
                self.board.note_stall(&seat.spec.name);
                if matches!(seat.fate, Fate::Stay) {
                    seat.fate = Fate::Stalled;
                }
                seat.task.abort();
            }
            if seat.in_a_row > 0 && is_well_again(now.saturating_duration_since(seat.since)) {
                seat.in_a_row = 0;
                well.push(seat.spec.clone());
            }
        }
        for spec in well {
            self.end(&spec).await;
        }
    }

    async fn raise(&self, spec: &TaskSpec, in_a_row: u32, detail: String) {
        let (account, subject) = (spec.account.clone(), spec.name.clone());
        // Once is worth a word; again and again is worth another.
        let level = if in_a_row < 5 { 1 } else { 2 };
        let now = self.clock.now();
        let raised = self.catalog.call(move |c| {
            let kind = AlarmKind::WorkerRestarted;
            c.raise_alarm(account.as_ref(), kind, &subject, level, &detail, now)
        });
        note(raised.await);
    }

    async fn end(&self, spec: &TaskSpec) {
        let (account, subject) = (spec.account.clone(), spec.name.clone());
        let detail = format!("{subject} works again");
        let now = self.clock.now();
        let ended = self.catalog.call(move |c| {
            let kind = AlarmKind::WorkerRestarted;
            c.end_alarms(account.as_ref(), kind, Some(&subject), &detail, now)
        });
        note(ended.await);
    }

    /// All tasks stop: first as they like, then as they must.
    async fn wind_up(mut self, grace: Duration) -> Vec<String> {
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_ok() {
            return Vec::new();
        }
        let late = self.seats.values().filter(|seat| !seat.task.is_finished());
        let mut late: Vec<String> = late.map(|seat| seat.spec.name.clone()).collect();
        late.sort_unstable();
        let rest = self.running.shutdown();
        // A task that blocks its thread cannot be ended; the process does that.
        tokio::time::timeout(LAST_GRACE, rest).await.ok();
        late
    }
}

/// An alarm that cannot be written is no reason to stop supervising.
fn note<T>(written: Result<T, crate::catalog::CatalogError>) {
    if let Err(error) = written {
        tracing::error!("an alarm could not be recorded: {error}");
    }
}

fn words_of(error: JoinError) -> String {
    if error.is_cancelled() {
        return "was aborted".to_owned();
    }
    let panic: Box<dyn Any + Send> = error.into_panic();
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let words: String =
        telemetry::redacted(words.unwrap_or("no message")).chars().take(200).collect();
    format!("panicked: {words}")
}

#[cfg(test)]
mod tests;
