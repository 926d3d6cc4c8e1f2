//! Keeps one account: waits for its soonest walk, runs all that are due in one pass, and again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::block_in_place;
use tokio_util::sync::CancellationToken;

use super::account_alarms::{AccountAlarms, end_of};
use super::duties::{DueWalk, Duties, rank};
use super::journal::{Journal, line};
use super::opening::Opening;
use super::supervisor::TaskSpec;
use super::{Board, Coming, Nudges, Pulse, exit_of, report_of_unopened, walk_plan};
use crate::archive::token::keep_alive;
use crate::archive::{
    Archive, FilePlan, PassEvent, PassPlan, PassReport, Watch, note_refused_account, run_pass,
};
use crate::catalog::{CatalogError, WalkId};
use crate::clock::Woken;
use crate::config::{AccountConfig, Config, WalkConfig};
use crate::domain::Timestamp;
use crate::domain::aftermath::{Again, PassEnd, again, pause_of_walk};
use crate::domain::agenda::{NewestRun, Progress};
use crate::domain::retry::RetryPolicy;
use crate::domain::walk::Reason;
use crate::graph::Transport;
use crate::notify::{Messengers, Ping};

/// What the workers of all accounts share.
#[derive(Debug, Clone)]
pub struct Workshop {
    pub archive: Arc<Archive>,
    pub board: Arc<Board>,
    pub transport: Transport,
    pub config: Arc<Config>,
    /// Who else looks on while passes run.
    pub watch: Arc<dyn Watch>,
    pub messengers: Messengers,
    /// The watchman elsewhere hears here of each pass.
    pub ping: Ping,
    /// Rings when there may be something to tell.
    pub news: Arc<Notify>,
}

/// The task that keeps an account.
pub fn worker(shop: &Workshop, account: &AccountConfig) -> TaskSpec {
    let (shop, kept) = (shop.clone(), account.clone());
    let start = move |pulse, stop| keep_account(shop.clone(), kept.clone(), pulse, stop);
    TaskSpec::new(&format!("account {}", account.name), start).of_account(account.name.clone())
}

/// Runs until it is asked to stop, or until the catalog cannot be used: then the supervisor begins
/// it anew after a pause.
async fn keep_account(
    shop: Workshop,
    account: AccountConfig,
    pulse: Pulse,
    stop: CancellationToken,
) {
    let name = account.name.clone();
    let kept = async {
        let mut worker = Worker::begin(shop, account, pulse, stop).await?;
        while worker.turn().await? == Turn::Next {}
        Ok::<(), CatalogError>(())
    };
    if let Err(error) = kept.await {
        tracing::error!(account = name.as_str(), "{name}: the catalog cannot be used: {error}");
    }
}

struct Worker {
    shop: Workshop,
    account: AccountConfig,
    pulse: Pulse,
    stop: CancellationToken,
    duties: Duties,
    alarms: AccountAlarms,
    journal: Journal,
    nudges: Arc<Nudges>,
    opening: Opening,
    /// Whether the token that was last read does not work.
    is_dead: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Next,
    Stop,
}

/// How often the source of a dead token is looked at.
const LOOK_AT_SOURCE: Duration = Duration::from_secs(60);
/// Silence in a pass that is no stall: one request with all its retries stays below.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

impl Worker {
    async fn begin(
        shop: Workshop,
        account: AccountConfig,
        pulse: Pulse,
        stop: CancellationToken,
    ) -> Result<Self, CatalogError> {
        let (name, login, user_id) = (account.name.clone(), account.login, account.user_id.clone());
        let now = shop.archive.clock.now();
        let catalog = &shop.archive.catalog;
        let enrolled = catalog.call(move |c| {
            c.ensure_account(&name, login, &user_id, now)?;
            c.runs()
        });
        let of_this = |row: &crate::catalog::RunRow| row.account == account.name.as_str();
        let newest: BTreeMap<_, _> = enrolled
            .await?
            .into_iter()
            .filter(of_this)
            .map(|row| {
                let open = row.finished_at.is_none();
                let progress = if open { Progress::Open } else { Progress::Finished };
                (row.walk, NewestRun { due_at: row.due_at, progress })
            })
            .collect();
        let duties = Duties::new(&account, shop.config.schedule.jitter, &newest);
        let alarms = AccountAlarms::load(account.name.clone(), catalog.clone()).await?;
        let nudges = shop.board.nudges(&account.name);
        let journal = Journal::default();
        let opening = Opening::default();
        Ok(Self {
            shop,
            account,
            pulse,
            stop,
            duties,
            alarms,
            journal,
            nudges,
            opening,
            is_dead: false,
        })
    }

    /// Runs what is due, or waits until something is.
    async fn turn(&mut self) -> Result<Turn, CatalogError> {
        if self.stop.is_cancelled() {
            return Ok(Turn::Stop);
        }
        let now = self.now();
        let Workshop { config, .. } = &self.shop;
        if self.is_dead && self.opening.may_have_changed(config, &self.account, now) {
            self.is_dead = false;
            self.duties.open();
        }
        self.duties.believe(now);
        let wanted = self.wanted();
        let due = self.duties.due(now);
        if due.is_empty() && wanted.is_empty() {
            return Ok(self.wait(now).await);
        }
        self.shop.board.note_coming(&self.account.name, None);
        let run = format!("{} {now}", self.account.name);
        self.shop.ping.started(&run);
        let report = self.answer(&due, &wanted, now).await?;
        self.conclude(&due, &report).await?;
        self.shop.ping.ended(&run, exit_of(&report).code(), line(&report));
        self.shop.news.notify_one();
        Ok(Turn::Next)
    }

    /// The walks that somebody asked for.
    fn wanted(&self) -> Vec<WalkConfig> {
        let nudges = self.nudges.take();
        let is_wanted = |walk: &&WalkConfig| {
            nudges.iter().any(|nudge| nudge.as_ref().is_none_or(|name| *name == walk.name))
        };
        self.account.walks.iter().filter(is_wanted).cloned().collect()
    }

    async fn wait(&mut self, now: Timestamp) -> Turn {
        let coming = self.duties.soonest(now).map(|(walk, at)| Coming { walk, at });
        let at = coming.as_ref().map(|coming| coming.at);
        self.shop.board.note_coming(&self.account.name, coming);
        let look_at = self.is_dead.then(|| now.plus(LOOK_AT_SOURCE));
        let until = [at, look_at].into_iter().flatten().min();
        self.pulse.rest();
        let clock = self.shop.archive.clock.clone();
        let sleep = async move {
            match until {
                Some(until) => clock.sleep_until_or_set_back(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            woken = sleep => if woken == Woken::SetBack {
                tracing::warn!("{}: the clock was set back", self.account.name);
                self.duties.open();
            },
            () = self.nudges.rung() => {}
            () = self.stop.cancelled() => return Turn::Stop,
        }
        self.pulse.beat();
        Turn::Next
    }

    /// One pass over the walks that are due and those that are wanted.
    async fn answer(
        &mut self,
        due: &[DueWalk],
        wanted: &[WalkConfig],
        now: Timestamp,
    ) -> Result<PassReport, CatalogError> {
        let mut walks: Vec<&WalkConfig> = due.iter().map(|due| &due.walk).collect();
        walks.extend(wanted.iter().filter(|walk| due.iter().all(|due| due.walk.name != walk.name)));
        walks.sort_by_key(|walk| rank(walk));
        let names: Vec<&str> = walks.iter().map(|walk| walk.name.as_str()).collect();
        self.pulse.begin(names.join(", "));
        self.pulse.wait_for(LONGEST_SILENCE);
        for due in due {
            self.begin_run(due, now).await?;
        }
        let planned = |walk: &&WalkConfig| walk_plan(walk, FilePlan::Fetch, now).walks;
        let plan =
            PassPlan { walks: walks.iter().flat_map(planned).collect(), files: FilePlan::Fetch };
        let Workshop { archive, transport, config, .. } = &self.shop;
        // A token may come from a command that takes its time.
        let opened = block_in_place(|| self.opening.open(config, &self.account, transport, now));
        let access = match opened {
            Ok(open) => {
                // Blocked, not even the token is asked about: it has days, a block has hours.
                if archive.blocked_until(&open.access).await?.is_none() {
                    let looked = keep_alive(archive, &open.keeper, &open.access).await;
                    open.access = looked.access;
                }
                Arc::new(open.access.clone())
            }
            Err(failure) => {
                let report = report_of_unopened(&self.account, &failure, now);
                let AccountConfig { name, login, user_id, .. } = &self.account;
                note_refused_account(archive, name, *login, user_id, &report).await?;
                return Ok(report);
            }
        };
        let feed = Feed { pulse: self.pulse.clone(), watch: self.shop.watch.clone() };
        let feed: Arc<dyn Watch> = Arc::new(feed);
        Ok(run_pass(archive, &access, &plan, &feed, &self.stop).await)
    }

    async fn begin_run(&mut self, due: &DueWalk, now: Timestamp) -> Result<(), CatalogError> {
        let (name, walk) = (self.account.name.clone(), due.walk.name.clone());
        let (tick, skipped) = (due.tick, due.skipped);
        let begun =
            move |c: &mut crate::catalog::Writer| c.begin_run(&name, &walk, tick, skipped, now);
        self.shop.archive.catalog.call(begun).await?;
        self.duties.begun(&due.walk.name, tick);
        if due.is_new {
            self.shop.board.note_tick(&self.account.name, skipped);
        }
        if skipped > 0 {
            tracing::info!(
                account = self.account.name.as_str(),
                "{}: {} makes up for {skipped} missed runs",
                self.account.name,
                due.walk.name
            );
        }
        Ok(())
    }

    /// Writes down what a pass answered, and decides when the rest is tried again.
    async fn conclude(&mut self, due: &[DueWalk], report: &PassReport) -> Result<(), CatalogError> {
        let now = self.now();
        let end = end_of(report);
        self.shop.board.note_pass(report);
        self.journal.write(report);
        let mut goes_on = false;
        for due in due {
            let name = due.walk.name.as_str();
            let ran = report.walks.iter().find(|walk| walk.name == name);
            match ran.map(|walk| (walk.walk_id, failure_of(walk.reason))) {
                Some((id, None)) => {
                    self.end_run(name, WalkId(id), now).await?;
                    goes_on = true;
                }
                Some((_, Some(Reason::Api))) => {
                    let pause = pause_of_walk(self.duties.failed(name));
                    self.duties.try_again_at(name, now.plus(pause));
                    goes_on = true;
                }
                Some((_, Some(Reason::Permission))) => {
                    self.duties.try_again_at(name, now.plus(Duration::from_secs(3_600)));
                    goes_on = true;
                }
                Some((_, Some(_))) | None => {}
            }
        }
        self.alarms.note(report, end, now).await?;
        let failed = self.alarms.failed_in_a_row();
        match again(end, failed) {
            Again::OnSchedule if goes_on || due.is_empty() => {
                self.is_dead = false;
                self.duties.open_account();
            }
            // Nothing was answered, and nothing says why: not at once again.
            Again::OnSchedule => self.duties.close_until(now.plus(LOOK_AT_SOURCE)),
            Again::After(pause) if end == PassEnd::Storage || !goes_on => {
                self.duties.close_until(now.plus(pause));
            }
            Again::WhenAllowed(pause) => {
                let name = self.account.name.clone();
                let until = self.shop.archive.catalog.call(move |c| c.blocked_until(&name)).await?;
                let until = until.filter(|until| *until > now);
                self.duties.close_until(until.unwrap_or(now.plus(pause)));
            }
            Again::WithAnotherToken(pause) if end == PassEnd::Token || !goes_on => {
                self.duties.close_until(now.plus(pause));
                self.is_dead = true;
                self.opening.close();
            }
            Again::After(_) | Again::WithAnotherToken(_) => {}
        }
        Ok(())
    }

    async fn end_run(
        &mut self,
        walk: &str,
        id: WalkId,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        let (name, of) = (self.account.name.clone(), walk.to_owned());
        self.shop.archive.catalog.call(move |c| c.end_run(&name, &of, &[id], now)).await?;
        self.duties.answered(walk);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.shop.archive.clock.now()
    }
}

/// The reason that leaves a walk's tick unanswered; what a list itself does wrong is an answer.
fn failure_of(reason: Option<&str>) -> Option<Reason> {
    match reason.and_then(Reason::from_word)? {
        reason @ (Reason::Api
        | Reason::Throttled
        | Reason::Token
        | Reason::Permission
        | Reason::Stopped
        | Reason::Storage) => Some(reason),
        Reason::RepeatedCursor
        | Reason::TooManyPages
        | Reason::TooManyItems
        | Reason::OutOfOrder
        | Reason::Unreadable
        | Reason::OtherAccount
        | Reason::EmptyEnd
        | Reason::SkippedItems
        | Reason::InvalidCursor => None,
    }
}

/// Turns what a pass says while it runs into signs of life.
#[derive(Debug)]
struct Feed {
    pulse: Pulse,
    watch: Arc<dyn Watch>,
}

impl Watch for Feed {
    fn event(&self, event: PassEvent<'_>) {
        match event {
            // No pass waits longer on purpose.
            PassEvent::Waiting { .. } => {
                self.pulse.wait_for(RetryPolicy::patient().longest_wait + LONGEST_SILENCE);
            }
            PassEvent::Walk { .. }
            | PassEvent::Files { .. }
            | PassEvent::Note { .. }
            | PassEvent::Done { .. } => self.pulse.wait_for(LONGEST_SILENCE),
        }
        self.watch.event(event);
    }
}
