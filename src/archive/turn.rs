//! Whose turn it is to call: one call at a time for an account, and for an app that runs short.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use super::allowance::Allowance;
use super::ask::{Asker, Trouble};
use super::progress::PassEvent;
use crate::domain::Timestamp;
use crate::domain::pace::{Pace, Urgency};

/// Leave to send one call; whoever is next waits until it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _own: MutexGuard<'a, ()>,
    _spread: Option<MutexGuard<'a, ()>>,
    _app: Option<MutexGuard<'a, ()>>,
}

/// Turns change within a moment, unless somebody in front waits.
const MOMENT: Duration = Duration::from_secs(1);
/// A pause longer than this is told to whoever looks on.
const SHORT: Duration = Duration::from_secs(5);

/// The clock knows whole seconds: a pause is never shorter than told.
fn whole_seconds(pause: Duration) -> Duration {
    Duration::from_secs(pause.as_secs() + u64::from(pause.subsec_nanos() > 0))
}

impl Asker {
    /// Waits until this account may call, by its own allowance and by its app's.
    ///
    /// An account has one call under way. Accounts of an app that runs short stand in one line, in
    /// the order in which they came; each has one place in it, so that a walk of a thousand pages
    /// gets no more turns than somebody who wants one. Long walks take their pauses before they
    /// stand in line, one of them at a time.
    pub(super) async fn take_turn(&self) -> Result<Turn<'_>, Trouble> {
        let own = tokio::select! {
            own = self.account.line.lock() => own,
            () = self.stop.cancelled() => return Err(Trouble::Stopped),
        };
        self.heed_budget().await?;
        self.heed(&self.account, self.urgency).await?;
        let now = self.archive.clock.now();
        if !self.app.is_short(self.archive.settings.max_usage, now) {
            return Ok(Turn { _own: own, _spread: None, _app: None });
        }
        let spread = match self.urgency {
            Urgency::Routine => None,
            Urgency::Bulk => {
                let spread = self.stand_in(&self.app.spread).await?;
                self.heed(&self.app, Urgency::Bulk).await?;
                Some(spread)
            }
        };
        let app = {
            let _waiting = self.app.wait_in_line();
            self.stand_in(&self.app.line).await?
        };
        self.heed(&self.app, Urgency::Routine).await?;
        Ok(Turn { _own: own, _spread: spread, _app: Some(app) })
    }

    /// Without a word of the API a budget of our own holds.
    async fn heed_budget(&self) -> Result<(), Trouble> {
        let now = self.archive.clock.now();
        if self.usage_percent().is_some() {
            return Ok(());
        }
        match self.account.budget_next_at(now) {
            Some(next) => self.wait_until(next).await,
            None => Ok(()),
        }
    }

    /// Waits for as long as one allowance wants it.
    async fn heed(&self, allowance: &Allowance, urgency: Urgency) -> Result<(), Trouble> {
        let mut slowed = false;
        loop {
            if self.stop.is_cancelled() {
                return Err(Trouble::Stopped);
            }
            let now = self.archive.clock.now();
            match allowance.pace(self.archive.settings.max_usage, urgency, now) {
                Pace::Pause(until) => self.wait_until(until).await?,
                Pace::Slow(pause) if !slowed => {
                    slowed = true;
                    self.wait_until(now.plus(whole_seconds(pause))).await?;
                }
                Pace::Slow(_) | Pace::Go => return Ok(()),
            }
        }
    }

    /// Waits by the clock, unless that takes longer than this pass may wait.
    async fn wait_until(&self, until: Timestamp) -> Result<(), Trouble> {
        let now = self.archive.clock.now();
        if until <= now {
            return Ok(());
        }
        self.show_block(now).await?;
        if !self.archive.settings.retry.sits_out(until.since(now)) {
            return Err(Trouble::Blocked { until });
        }
        if until.since(now) > SHORT {
            self.announce(until);
        }
        tokio::select! {
            () = self.archive.clock.sleep_until(until) => Ok(()),
            () = self.stop.cancelled() => Err(Trouble::Stopped),
        }
    }

    /// Stands in a line for no longer than this pass may wait.
    async fn stand_in<'a>(&self, line: &'a Mutex<()>) -> Result<MutexGuard<'a, ()>, Trouble> {
        let now = self.archive.clock.now();
        if let Ok(turn) = line.try_lock() {
            return Ok(turn);
        }
        let until = now.plus(self.archive.settings.retry.longest_wait);
        let turn = line.lock();
        tokio::pin!(turn);
        tokio::select! {
            () = self.stop.cancelled() => return Err(Trouble::Stopped),
            turn = &mut turn => return Ok(turn),
            () = tokio::time::sleep(MOMENT) => self.announce(until),
        }
        tokio::select! {
            () = self.stop.cancelled() => Err(Trouble::Stopped),
            turn = &mut turn => Ok(turn),
            () = self.archive.clock.sleep_until(until) => {
                Err(Trouble::Blocked { until: self.blocked_until(until).unwrap_or(until) })
            }
        }
    }

    fn announce(&self, until: Timestamp) {
        self.watch.event(PassEvent::Waiting { account: &self.access.name, until });
    }

    /// The account's row tells of a block that another account of its app has met.
    async fn show_block(&self, now: Timestamp) -> Result<(), Trouble> {
        let Some(until) = self.app.blocked_until(now) else { return Ok(()) };
        let until = self.account.blocked_until(now).max(Some(until));
        let (name, percent) = (self.access.name.clone(), self.usage_percent());
        let job = move |c: &mut crate::catalog::Writer| c.set_blocked_until(&name, until, percent);
        Ok(self.archive.catalog.call(job).await?)
    }
}
