//! One question to the API: paced, retried, counted.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::context::is_short;
use super::{AccountAccess, Archive};
use crate::catalog::CatalogError;
use crate::domain::pace::{Pace, Usage, pace};
use crate::domain::retry::{Verdict, verdict};
use crate::domain::{Class, Timestamp};
use crate::graph::{Answer, GraphError};

/// Asks the API on behalf of one pass.
#[derive(Debug)]
pub(super) struct Asker {
    archive: Arc<Archive>,
    access: Arc<AccountAccess>,
    stop: CancellationToken,
    calls: AtomicU64,
    pace: Mutex<PaceState>,
}

#[derive(Debug, Default)]
struct PaceState {
    not_before: Option<Timestamp>,
    slow: Option<Duration>,
    percent: Option<f64>,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("stopped")]
    Stopped,
    /// Calls are not allowed before this time; nothing was sent.
    #[error("the API's allowance for this account is used up until {until}")]
    Blocked { until: Timestamp },
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Asker {
    /// Prepares to ask; a block that an earlier pass met is still in force.
    pub(super) async fn new(
        archive: Arc<Archive>,
        access: Arc<AccountAccess>,
        stop: CancellationToken,
    ) -> Result<Self, CatalogError> {
        let name = access.name.clone();
        let not_before = archive.catalog.call(move |c| c.blocked_until(&name)).await?;
        let pace = Mutex::new(PaceState { not_before, ..PaceState::default() });
        Ok(Self { archive, access, stop, calls: AtomicU64::new(0), pace })
    }

    /// Calls made so far.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The last usage that the API reported, in percent.
    pub(super) fn usage_percent(&self) -> Option<f64> {
        self.state().percent
    }

    /// Sends one question, again where that can help.
    pub(super) async fn ask<T, F>(&self, question: impl Fn() -> F) -> Result<Answer<T>, Trouble>
    where
        F: Future<Output = Result<Answer<T>, GraphError>>,
    {
        let policy = &self.archive.settings.retry;
        let mut attempt = 1;
        loop {
            self.wait_for_turn().await?;
            self.calls.fetch_add(1, Ordering::Relaxed);
            let answered = tokio::select! {
                answer = question() => answer,
                () = self.stop.cancelled() => return Err(Trouble::Stopped),
            };
            let error = match answered {
                Ok(answer) => {
                    self.take_note(answer.usage).await?;
                    return Ok(answer);
                }
                Err(error) => error,
            };
            self.take_note_of_error(&error).await?;
            match verdict(&error.class(), attempt, random_share(), policy) {
                Verdict::Again(pause) => {
                    tracing::debug!(account = %self.access.name, attempt, "asking again: {error}");
                    self.sleep(pause).await?;
                }
                Verdict::GiveUp => return Err(error.into()),
            }
            attempt += 1;
        }
    }

    async fn wait_for_turn(&self) -> Result<(), Trouble> {
        let (not_before, slow) = {
            let mut state = self.state();
            (state.not_before, state.slow.take())
        };
        let now = self.archive.clock.now();
        if let Some(until) = not_before.filter(|until| *until > now) {
            let wait = until.since(now);
            if !is_short(wait, &self.archive.settings.retry) {
                return Err(Trouble::Blocked { until });
            }
            self.sleep(wait).await?;
        }
        if let Some(pause) = slow {
            self.sleep(pause).await?;
        }
        if self.stop.is_cancelled() { Err(Trouble::Stopped) } else { Ok(()) }
    }

    async fn take_note(&self, usage: Usage) -> Result<(), Trouble> {
        if usage.percent.is_some() {
            self.state().percent = usage.percent;
        }
        match pace(usage, self.archive.settings.max_usage) {
            Pace::Go => Ok(()),
            Pace::Slow(pause) => {
                self.state().slow = Some(pause);
                Ok(())
            }
            Pace::Pause(pause) => self.block_for(pause, usage.percent).await,
        }
    }

    async fn take_note_of_error(&self, error: &GraphError) -> Result<(), Trouble> {
        match error.class() {
            Class::Wait { regain } => {
                let pause = regain.unwrap_or(Duration::from_secs(60));
                self.block_for(pause, error.usage().percent).await
            }
            Class::Retry
            | Class::StopAccount(_)
            | Class::Permission
            | Class::Shrink
            | Class::DropField(_)
            | Class::MaybeGone
            | Class::Fatal => Ok(()),
        }
    }

    /// Remembers a block beyond this process: calls made while blocked prolong it.
    async fn block_for(&self, pause: Duration, percent: Option<f64>) -> Result<(), Trouble> {
        let now = self.archive.clock.now();
        let until = now.plus(pause);
        {
            let mut state = self.state();
            state.not_before = state.not_before.max(Some(until));
        }
        let name = self.access.name.clone();
        let job =
            move |c: &mut crate::catalog::Writer| c.set_blocked_until(&name, Some(until), percent);
        Ok(self.archive.catalog.call(job).await?)
    }

    async fn sleep(&self, pause: Duration) -> Result<(), Trouble> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.stop.cancelled() => Err(Trouble::Stopped),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, PaceState> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number from 0 to 1 that differs between processes and calls, for jitter alone.
fn random_share() -> f64 {
    let word = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(word >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
