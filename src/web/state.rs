//! What the answers are worked out from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::health::WriterProbe;
use super::kept::Kept;
use super::metrics::Events;
use crate::archive::Archive;
use crate::config::Config;
use crate::daemon::Board;
use crate::domain::{AccountName, Edge, Timestamp};
use crate::schedule::Schedule;

/// What the configuration in force promises.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Since when it is in force.
    pub since: Timestamp,
    pub min_free: u64,
    pub jitter: Duration,
    pub walks: Vec<PlannedWalk>,
    /// All of them, those without a walk as well.
    pub accounts: Vec<AccountName>,
}

/// One walk that has a schedule.
#[derive(Debug, Clone)]
pub struct PlannedWalk {
    pub account: AccountName,
    pub name: String,
    pub edge: Edge,
    pub schedule: Schedule,
}

impl Plan {
    /// The promises of a configuration that is in force since then.
    pub fn of(config: &Config, since: Timestamp) -> Self {
        let walks = config.accounts.iter().flat_map(|account| {
            account.walks.iter().map(|walk| PlannedWalk {
                account: account.name.clone(),
                name: walk.name.clone(),
                edge: walk.edge,
                schedule: walk.schedule.clone(),
            })
        });
        Self {
            since,
            min_free: config.archive.min_free,
            jitter: config.schedule.jitter,
            walks: walks.collect(),
            accounts: config.accounts.iter().map(|account| account.name.clone()).collect(),
        }
    }
}

/// How much strangers may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; others wait at the door.
    pub connections: usize,
    /// How long one may last, from its first byte to the last of the answer.
    pub lifetime: Duration,
    /// How long an answer is given again before it is worked out anew.
    pub fresh_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 32,
            lifetime: Duration::from_secs(30),
            fresh_for: Duration::from_secs(5),
        }
    }
}

/// Where the answers come from.
pub struct WebState {
    pub(super) archive: Arc<Archive>,
    pub(super) plan: Box<dyn Fn() -> Arc<Plan> + Send + Sync>,
    pub(super) board: Arc<Board>,
    pub(super) limits: Limits,
    pub(super) metrics: Kept<String>,
    pub(super) walks: Kept<super::health::Walks>,
    pub(super) probe: Mutex<WriterProbe>,
    pub(super) events: std::sync::Mutex<Events>,
}

impl WebState {
    /// Puts together where the answers come from; `plan` is asked anew each time.
    pub fn new(
        archive: Arc<Archive>,
        board: Arc<Board>,
        plan: impl Fn() -> Arc<Plan> + Send + Sync + 'static,
        limits: Limits,
    ) -> Self {
        Self {
            archive,
            plan: Box::new(plan),
            board,
            limits,
            metrics: Kept::new(limits.fresh_for),
            walks: Kept::new(limits.fresh_for),
            probe: Mutex::default(),
            events: std::sync::Mutex::default(),
        }
    }
}

impl fmt::Debug for WebState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebState").field("limits", &self.limits).finish_non_exhaustive()
    }
}
