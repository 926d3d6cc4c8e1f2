//! What every use case works with.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::bandwidth::Bandwidth;
use crate::blobs::ArchiveDir;
use crate::catalog::{Catalog, Recheck};
use crate::cdn::FileClient;
use crate::clock::Clock;
use crate::domain::reconcile::Caution;
use crate::domain::retry::RetryPolicy;
use crate::domain::{AccountName, Login, UserId};
use crate::graph::GraphClient;

/// One open archive: its directory, its catalog, its clock and its limits.
#[derive(Debug)]
pub struct Archive {
    pub dir: ArchiveDir,
    pub catalog: Catalog,
    pub clock: Clock,
    pub settings: Settings,
    pub files: FileClient,
    pub(super) bandwidth: Option<Bandwidth>,
    /// Transfers under way over all accounts.
    pub(super) transfers: Arc<Semaphore>,
}

/// The limits that the operator set.
#[derive(Debug, Clone)]
pub struct Settings {
    pub page_size: u16,
    /// Percent of an allowance from which on no call is made.
    pub max_usage: f64,
    pub retry: RetryPolicy,
    /// The most transfers under way at once, over all accounts.
    pub concurrency: NonZeroUsize,
    /// Bytes that stay free on the archive's disk.
    pub min_free: u64,
    /// How long answers are kept that no event rests on.
    pub keep_responses: Duration,
    /// How careful absence is judged.
    pub caution: Caution,
    pub recheck: Recheck,
    /// Bytes a second over all transfers; absent means as fast as it goes.
    pub bandwidth: Option<u64>,
    pub program_version: &'static str,
}

impl Archive {
    /// Puts the pieces together.
    pub fn new(
        dir: ArchiveDir,
        catalog: Catalog,
        clock: Clock,
        settings: Settings,
        files: FileClient,
    ) -> Self {
        let transfers = Arc::new(Semaphore::new(settings.concurrency.get()));
        let bandwidth = settings.bandwidth.map(Bandwidth::new);
        Self { dir, catalog, clock, settings, files, bandwidth, transfers }
    }
}

impl Archive {
    /// The same archive with other limits, for a daemon whose configuration changed.
    #[must_use]
    pub fn with_settings(&self, settings: Settings, files: FileClient) -> Self {
        Self::new(self.dir.clone(), self.catalog.clone(), self.clock.clone(), settings, files)
    }
}

/// One account, ready to be asked for.
#[derive(Debug, Clone)]
pub struct AccountAccess {
    pub name: AccountName,
    pub login: Login,
    pub user_id: UserId,
    /// The API host as the catalog notes it, without a path.
    pub host: String,
    pub api_version: String,
    pub graph: GraphClient,
}

/// How long something may be waited for inside a pass before the pass ends instead.
pub(super) fn is_short(wait: Duration, policy: &RetryPolicy) -> bool {
    wait <= policy.longest_wait
}
