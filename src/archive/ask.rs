//! One question to the API: paced, retried, counted.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::allowance::{Allowance, Keep};
use super::{AccountAccess, Archive, Watch};
use crate::catalog::{CatalogError, Writer};
use crate::domain::absence::Moment;
use crate::domain::pace::{self, LONGEST_SPREAD, Scope, Urgency, Usage};
use crate::domain::retry::{Verdict, verdict};
use crate::domain::{Class, Timestamp};
use crate::graph::{Answer, GraphError};

/// Asks the API on behalf of one pass.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) archive: Arc<Archive>,
    pub(super) access: Arc<AccountAccess>,
    pub(super) watch: Arc<dyn Watch>,
    pub(super) stop: CancellationToken,
    pub(super) urgency: Urgency,
    pub(super) account: Arc<Allowance>,
    pub(super) app: Arc<Allowance>,
    calls: AtomicU64,
    answered: OnceLock<Moment>,
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
    /// Prepares to ask; a block that an earlier pass or another account met is still in force.
    ///
    /// Where somebody waits for the pass to end, even a long walk does not spread itself.
    pub(super) async fn new(
        archive: Arc<Archive>,
        access: Arc<AccountAccess>,
        watch: Arc<dyn Watch>,
        urgency: Urgency,
        stop: CancellationToken,
    ) -> Result<Self, CatalogError> {
        let (account, app) = archive.allowances.of(&archive.catalog, &access).await?;
        let is_patient = archive.settings.retry.sits_out(LONGEST_SPREAD);
        let urgency = if is_patient { urgency } else { Urgency::Routine };
        let (calls, answered) = (AtomicU64::new(0), OnceLock::new());
        Ok(Self { archive, access, watch, stop, urgency, account, app, calls, answered })
    }

    /// Calls made so far.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// When the API first answered in this pass, on our clock and on its own.
    pub(super) fn answered(&self) -> Option<Moment> {
        self.answered.get().copied()
    }

    /// The last usage that the API reported, in percent.
    pub(super) fn usage_percent(&self) -> Option<f64> {
        let now = self.archive.clock.now();
        pace::highest(self.account.percent(now), self.app.percent(now))
    }

    /// Sends one question, again where that can help.
    pub(super) async fn ask<T, F>(&self, question: impl Fn() -> F) -> Result<Answer<T>, Trouble>
    where
        F: Future<Output = Result<Answer<T>, GraphError>>,
    {
        let policy = &self.archive.settings.retry;
        let mut attempt = 1;
        loop {
            let error = match self.ask_once(&question).await? {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let now = self.archive.clock.now();
            let blocked = self.blocked_until(now).map_or(Duration::ZERO, |until| until.since(now));
            match verdict(&error.class(), attempt, random_share(), blocked, policy) {
                Verdict::Again(pause) => {
                    tracing::debug!(account = %self.access.name, attempt, "asking again: {error}");
                    self.sleep(pause).await?;
                }
                Verdict::GiveUp => return Err(error.into()),
            }
            attempt += 1;
        }
    }

    /// Waits for the account's turn, sends the question and takes note of what came, before the
    /// next one's turn: no call is sent that the answer to this one forbids.
    async fn ask_once<T, F>(
        &self,
        question: impl Fn() -> F,
    ) -> Result<Result<Answer<T>, GraphError>, Trouble>
    where
        F: Future<Output = Result<Answer<T>, GraphError>>,
    {
        let _turn = self.take_turn().await?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        let sent_at = self.archive.clock.now();
        self.account.note_call(sent_at);
        self.account.spend(sent_at);
        self.app.note_call(sent_at);
        let answered = tokio::select! {
            answer = question() => answer,
            () = self.stop.cancelled() => return Err(Trouble::Stopped),
        };
        match &answered {
            Ok(answer) => {
                let local = self.archive.clock.now();
                self.answered.get_or_init(|| Moment { local, server: answer.date });
                self.take_note(answer.usage, None);
            }
            Err(error) => self.take_note(error.usage(), Some(&error.class())),
        }
        self.keep(Keep::WhatMatters).await?;
        Ok(answered)
    }

    /// Writes down how the allowances stand; `status` shows it.
    pub(super) async fn note_standing(&self) -> Result<(), CatalogError> {
        self.keep(Keep::WhatShows).await
    }

    /// Before when no call of this account may be sent.
    pub(super) fn blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.account.blocked_until(now).max(self.app.blocked_until(now))
    }

    fn take_note(&self, usage: Usage, class: Option<&Class>) {
        let now = self.archive.clock.now();
        let max_usage = self.archive.settings.max_usage;
        for (scope, allowance) in [(Scope::Account, &self.account), (Scope::App, &self.app)] {
            match class {
                Some(Class::Wait { regain, scope: refused }) if *refused == scope => {
                    allowance.note_refusal(usage.of(scope), *regain, now);
                }
                Some(_) | None => allowance.note_answer(usage.of(scope), max_usage, now),
            }
        }
    }

    /// Remembers the allowances beyond this process: calls made while blocked prolong the block.
    async fn keep(&self, keep: Keep) -> Result<(), CatalogError> {
        let now = self.archive.clock.now();
        let rows: Vec<_> =
            [&self.account, &self.app].iter().filter_map(|one| one.take_row(keep, now)).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let blocked_until = self.account.last_block().max(self.app.last_block());
        let percent = pace::highest(self.account.last_percent(), self.app.last_percent());
        let name = self.access.name.clone();
        let job = move |c: &mut Writer| c.note_allowances(&name, &rows, blocked_until, percent);
        self.archive.catalog.call(job).await
    }

    /// A short pause within one question.
    async fn sleep(&self, pause: Duration) -> Result<(), Trouble> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.stop.cancelled() => Err(Trouble::Stopped),
        }
    }
}

/// A number from 0 to 1 that differs between processes and calls, for jitter alone.
fn random_share() -> f64 {
    let word = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(word >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
