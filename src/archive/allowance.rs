//! The allowances that the accounts of this process call by, each account's own and each app's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::AccountAccess;
use crate::catalog::{AllowanceRow, Catalog, CatalogError};
use crate::domain::budget::Budget;
use crate::domain::pace::{self, Pace, Share, Urgency};
use crate::domain::standing::Standing;
use crate::domain::{AccountName, Timestamp};

/// All allowances that were needed so far; read from the catalog once, then kept here.
#[derive(Debug, Default)]
pub(super) struct Allowances(tokio::sync::Mutex<HashMap<String, Arc<Allowance>>>);

/// One allowance: what is known of it, and the line of those who call by it.
#[derive(Debug)]
pub(super) struct Allowance {
    scope: String,
    state: Mutex<State>,
    /// Whoever holds it may call. First come, first served.
    pub(super) line: tokio::sync::Mutex<()>,
    /// Those who are in no hurry wait here for each other before they stand in line.
    pub(super) spread: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    standing: Standing,
    budget: Budget,
    /// What the catalog knows.
    kept: Option<AllowanceRow>,
}

impl Allowances {
    /// The account's own allowance and the one of its app.
    pub(super) async fn of(
        &self,
        catalog: &Catalog,
        access: &AccountAccess,
    ) -> Result<(Arc<Allowance>, Arc<Allowance>), CatalogError> {
        let [own, app] = access.allowance_scopes();
        let mut known = self.0.lock().await;
        let own = named(&mut known, catalog, own, Some(&access.name)).await?;
        let app = named(&mut known, catalog, app, None).await?;
        Ok((own, app))
    }
}

async fn named(
    known: &mut HashMap<String, Arc<Allowance>>,
    catalog: &Catalog,
    scope: String,
    account: Option<&AccountName>,
) -> Result<Arc<Allowance>, CatalogError> {
    if let Some(allowance) = known.get(&scope) {
        return Ok(allowance.clone());
    }
    let (name, account) = (scope.clone(), account.cloned());
    let (kept, shown) = catalog
        .call(move |c| {
            let shown = account.map(|account| c.blocked_until(&account)).transpose()?;
            Ok((c.allowance(&name)?, shown.flatten()))
        })
        .await?;
    // An earlier version of this program kept an account's block in its own row alone.
    let blocked_until = kept.as_ref().map_or(shown, |row| row.blocked_until);
    let percent = kept.as_ref().and_then(|row| row.usage_percent);
    let heard_at = kept.as_ref().map_or(Timestamp::EPOCH, |row| row.noted_at);
    let state = State {
        standing: Standing::remembered(percent, heard_at, blocked_until),
        budget: Budget::remembered(kept.as_ref().and_then(|row| row.paid_until)),
        kept,
    };
    let allowance = Arc::new(Allowance {
        scope: scope.clone(),
        state: Mutex::new(state),
        line: tokio::sync::Mutex::default(),
        spread: tokio::sync::Mutex::default(),
        waiting: AtomicUsize::new(0),
    });
    known.insert(scope, allowance.clone());
    Ok(allowance)
}

/// When what is known is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// In the middle of a pass: what a crash must not forget.
    WhatMatters,
    /// At its end: what `status` shows, too.
    WhatShows,
}

impl Allowance {
    /// What the next call does by this allowance alone.
    pub(super) fn pace(&self, max_usage: f64, urgency: Urgency, now: Timestamp) -> Pace {
        let waiting = self.waiting.load(Ordering::Relaxed);
        pace::pace(&self.state().standing, max_usage, urgency, waiting, now)
    }

    /// Whether those who call by it take turns.
    pub(super) fn is_short(&self, max_usage: f64, now: Timestamp) -> bool {
        pace::is_short(&self.state().standing, max_usage, now)
    }

    /// Before when nobody may call.
    pub(super) fn blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.state().standing.blocked_until(now)
    }

    /// The share in use, as far as that is still known.
    pub(super) fn percent(&self, now: Timestamp) -> Option<f64> {
        self.state().standing.percent(now)
    }

    /// The share in use when it was last heard.
    pub(super) fn last_percent(&self) -> Option<f64> {
        self.state().standing.last_percent()
    }

    /// The end of the last block; it may lie in the past.
    pub(super) fn last_block(&self) -> Option<Timestamp> {
        self.state().standing.last_block()
    }

    /// When our own budget allows the next call, if not now.
    pub(super) fn budget_next_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.state().budget.next_at(now)
    }

    /// Counts a call that is being sent.
    pub(super) fn note_call(&self, now: Timestamp) {
        self.state().standing.note_call(now);
    }

    /// Takes a call from our own budget.
    pub(super) fn spend(&self, now: Timestamp) {
        self.state().budget.spend(now);
    }

    /// Takes in an answer that was no throttle by this allowance.
    pub(super) fn note_answer(&self, share: Share, max_usage: f64, now: Timestamp) {
        self.state().standing.note_answer(share, max_usage, now);
    }

    /// Takes in an answer that was one.
    pub(super) fn note_refusal(&self, share: Share, regain: Option<Duration>, now: Timestamp) {
        self.state().standing.note_refusal(share, regain, now);
    }

    /// What is to be written down now, which counts as done.
    pub(super) fn take_row(&self, keep: Keep, now: Timestamp) -> Option<AllowanceRow> {
        let (points, calls) = match keep {
            Keep::WhatMatters => (5.0, 10),
            Keep::WhatShows => (2.0, 1),
        };
        let mut state = self.state();
        let row = AllowanceRow {
            scope: self.scope.clone(),
            usage_percent: state.standing.last_percent(),
            blocked_until: state.standing.last_block(),
            paid_until: state.budget.paid_until(),
            noted_at: now,
        };
        let kept = state.kept.as_ref();
        let is_known = kept.is_some_and(|kept| {
            let moved = match (kept.usage_percent, row.usage_percent) {
                (Some(before), Some(now)) => (before - now).abs() >= points,
                (before, now) => before.is_some() != now.is_some(),
            };
            // The budget counts where the API itself says nothing.
            let spent = state.standing.percent(now).is_none()
                && state.budget.calls_since(&Budget::remembered(kept.paid_until)) >= calls;
            !moved && !spent && kept.blocked_until == row.blocked_until
        });
        let has_nothing =
            row.usage_percent.is_none() && row.blocked_until.is_none() && row.paid_until.is_none();
        if is_known || has_nothing {
            return None;
        }
        state.kept = Some(row.clone());
        Some(row)
    }

    /// Counts one who stands in line, for as long as the answer lives.
    pub(super) fn wait_in_line(&self) -> InLine<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        InLine(&self.waiting)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who stands in line.
#[derive(Debug)]
pub(super) struct InLine<'a>(&'a AtomicUsize);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
