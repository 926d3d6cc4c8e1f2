//! A daemon in this process, beside a sandbox, on one clock for both that the test plays.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shared by test binaries that each use a part, and a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use graph_sandbox::Settings;
use mediakeep::archive::Watch;
use mediakeep::archive::progress::Unwatched;
use mediakeep::clock::Clock;
use mediakeep::config::{Config, Environment};
use mediakeep::daemon::{Board, Counters, Snapshot, Wishes, open_archive, serve};
use mediakeep::domain::Timestamp;
use mediakeep::domain::retry::RetryPolicy;
use mediakeep::exit::Failure;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::Rig;

/// Patience with the daemon before a test gives up, in real time.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running daemon and the world around it.
#[derive(Debug)]
pub struct Stand {
    pub rig: Rig,
    pub clock: Clock,
    pub board: Arc<Board>,
    stop: CancellationToken,
    reload: Arc<Notify>,
    running: JoinSet<Result<(), Failure>>,
}

/// An instant as people write it.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A small world in which both clocks begin at an instant.
pub fn world(begins: &str, accounts: usize, posts: usize) -> Settings {
    Settings {
        epoch: Some(at(begins).as_unix()),
        instagram_accounts: accounts,
        facebook_accounts: 0,
        history: 20 * 86_400,
        calls_per_hour: 1_000_000,
        ..Rig::settings(posts)
    }
}

/// No tasks but the daemon's own.

impl Stand {
    /// A sandbox with a configuration that nobody has read yet.
    pub async fn prepare(world: Settings, more: &str, of_account: &str) -> (Rig, Clock) {
        let begins = Timestamp::from_unix(world.epoch.unwrap()).unwrap();
        let rig = Rig::start(world).await;
        rig.write_config_with(more, of_account);
        (rig, Clock::manual(begins))
    }

    pub async fn start(world: Settings, more: &str, of_account: &str) -> Self {
        let (rig, clock) = Self::prepare(world, more, of_account).await;
        Self::serve(rig, clock, Arc::new(Unwatched)).await
    }

    /// Runs the daemon with its configuration as it stands.
    pub async fn serve(rig: Rig, clock: Clock, watch: Arc<dyn Watch>) -> Self {
        let config = Config::load(&rig.config(), &Environment::default()).unwrap();
        let accounts = config.accounts.len();
        let mut archive = open_archive(&config, clock.clone()).await.unwrap();
        // Time is played: nobody waits for the real one.
        let pause = Duration::from_millis(1);
        archive.settings.retry = RetryPolicy {
            attempts: 2,
            first_pause: pause,
            longest_pause: pause,
            longest_wait: Duration::ZERO,
        };
        let board = Arc::new(Board::new(clock.clone()));
        let (stop, reload) = (CancellationToken::new(), Arc::new(Notify::new()));
        let wishes = Wishes { stop: stop.clone(), reload: reload.clone(), watch };
        let mut running = JoinSet::new();
        running.spawn(serve(archive, config, board.clone(), wishes));
        let stand = Self { rig, clock, board, stop, reload, running };
        stand.until(|board| board.tasks.len() == accounts, "the tasks run").await;
        stand
    }

    /// Ends the daemon as a signal would, and gives the world back.
    pub async fn stop(mut self) -> (Rig, Clock) {
        self.stop.cancel();
        self.running.join_next().await.unwrap().unwrap().unwrap();
        (self.rig, self.clock)
    }

    pub fn reload(&self) {
        self.reload.notify_one();
    }

    /// Waits until the board shows something.
    pub async fn until(&self, shows: impl Fn(&Snapshot) -> bool, what: &str) {
        let waiting = async {
            while !shows(&self.board.snapshot()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "it never came that {what}: {:#?}", self.board.snapshot());
    }

    /// Moves both clocks from one awaited instant to the next, until `end`.
    pub async fn play_until(&self, end: Timestamp) {
        loop {
            let next = self.calm().await;
            if next > end {
                break;
            }
            self.set(next);
        }
        self.set(end);
        self.calm().await;
    }

    pub async fn play(&self, time: Duration) {
        self.play_until(self.clock.now().plus(time)).await;
    }

    pub fn set(&self, now: Timestamp) {
        self.rig.sandbox.clock().set(now.as_unix());
        self.clock.set(now);
    }

    /// Waits until every account waits for the clock; answers the soonest instant.
    pub async fn calm(&self) -> Timestamp {
        let waiting = async {
            let mut calm = 0;
            loop {
                match self.awaited() {
                    Some(next) if calm >= 2 => return next,
                    Some(_) => calm += 1,
                    None => calm = 0,
                }
                // A pass takes longer than that; between two looks at a calm scene a yield will do.
                if calm == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                } else {
                    tokio::task::yield_now().await;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| {
            let sleepers = self.clock.waited_for();
            panic!(
                "at {} not everybody waits: {sleepers:?} {:#?}",
                self.clock.now(),
                self.board.snapshot()
            )
        })
    }

    fn awaited(&self) -> Option<Timestamp> {
        let sleepers = self.clock.waited_for();
        let soonest = *sleepers.first()?;
        if soonest <= self.clock.now() {
            return None;
        }
        let tasks = self.board.snapshot().tasks;
        let idle = tasks.iter().all(|task| task.doing.is_empty());
        (idle && sleepers.len() >= tasks.len()).then_some(soonest)
    }

    pub fn counters(&self, account: &str) -> Counters {
        let name = account.parse().unwrap();
        self.board.snapshot().accounts.get(&name).copied().unwrap_or_default()
    }

    pub fn account(&self, index: usize) -> String {
        self.rig.sandbox.ready().accounts[index].name.clone()
    }
}

/// How often each tick of a walk was answered, from the walks' own rows.
pub fn answered(rig: &Rig, account: &str, walk: &str) -> BTreeMap<Timestamp, i64> {
    let query = format!(
        "SELECT w.due_at AS due, count(*) AS n FROM walk w JOIN account a ON a.account_id = w.account_id
         WHERE a.name = '{account}' AND w.name = '{walk}' AND w.due_at IS NOT NULL GROUP BY 1"
    );
    let row = |row: &BTreeMap<String, serde_json::Value>| {
        (row["due"].as_str().unwrap().parse().unwrap(), row["n"].as_i64().unwrap())
    };
    rig.sql(&query).iter().map(row).collect()
}
