//! What every use case works with.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::allowance::Allowances;
use super::bandwidth::Bandwidth;
use super::checked::CheckedAccounts;
use super::held_log::Adoptable;
use crate::blobs::ArchiveDir;
use crate::catalog::{Catalog, CatalogError, Recheck};
use crate::cdn::FileClient;
use crate::clock::Clock;
use crate::domain::reconcile::Caution;
use crate::domain::retry::RetryPolicy;
use crate::domain::{AccountName, Login, Timestamp, UserId};
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
    /// Files in the store that the catalog lost in a restore.
    pub(super) adoptable: Adoptable,
    /// Transfers under way over all accounts.
    pub(super) transfers: Arc<Semaphore>,
    pub(super) allowances: Arc<Allowances>,
    pub(super) checked: Arc<CheckedAccounts>,
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
        let adoptable = Adoptable::load(&dir);
        Self {
            dir,
            catalog,
            clock,
            settings,
            files,
            bandwidth,
            adoptable,
            transfers,
            allowances: Arc::default(),
            checked: Arc::default(),
        }
    }
}

impl Archive {
    /// Before when no call of this account may be sent, by its own allowance or its app's, for those
    /// who ask outside of a pass.
    pub async fn blocked_until(
        &self,
        access: &AccountAccess,
    ) -> Result<Option<Timestamp>, CatalogError> {
        let (account, app) = self.allowances.of(&self.catalog, access).await?;
        let now = self.clock.now();
        Ok(account.blocked_until(now).max(app.blocked_until(now)))
    }
}

impl Archive {
    /// The same archive with other limits, for a daemon whose configuration changed.
    #[must_use]
    pub fn with_settings(&self, settings: Settings, files: FileClient) -> Self {
        let (dir, catalog, clock) = (self.dir.clone(), self.catalog.clone(), self.clock.clone());
        Self {
            allowances: self.allowances.clone(),
            checked: self.checked.clone(),
            ..Self::new(dir, catalog, clock, settings, files)
        }
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
    /// The app that the token was made for, where it is configured: accounts of one app share its
    /// allowance. Without it all accounts of a host count as accounts of one.
    pub app_id: Option<String>,
    pub graph: GraphClient,
}

impl AccountAccess {
    /// The names of its own allowance and of its app's in the catalog.
    pub fn allowance_scopes(&self) -> [String; 2] {
        let app = match &self.app_id {
            Some(id) => format!("app {} {id}", self.host),
            None => format!("app {}", self.host),
        };
        [format!("account {}", self.name), app]
    }
}
