//! What both hosts share while the sandbox runs.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::counters::Counting;
use crate::faults::Faults;
use crate::files::FileHost;
use crate::host::Login;
use crate::pace::Pace;
use crate::settings::Settings;
use crate::world::World;

/// The state behind the two API hosts and the control API.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) world: Arc<RwLock<World>>,
    pub(crate) files: FileHost,
    pub(crate) faults: Arc<Faults>,
    pub(crate) counters: Counting,
    pub(crate) pace: Pace,
    /// Base URLs of the Instagram and the Facebook host, known once they listen.
    pub(crate) bases: OnceLock<[String; 2]>,
    pub(crate) stopping: CancellationToken,
}

impl Api {
    pub(crate) fn base(&self, login: Login) -> &str {
        let bases = self.bases.get().map(|[instagram, facebook]| (instagram, facebook));
        match (login, bases) {
            (Login::Instagram, Some((instagram, _))) => instagram,
            (Login::Facebook, Some((_, facebook))) => facebook,
            (_, None) => "http://127.0.0.1",
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }
}
