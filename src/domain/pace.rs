//! How fast to go, by the API's own account of its allowances.

use std::time::Duration;

use super::Timestamp;
use super::standing::Standing;

/// Whose allowance is meant: an account's own, or the one that all accounts of an app share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Account,
    App,
}

/// What the usage headers of one answer said of one allowance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Share {
    /// The highest of all percentages given; absent when no header was readable.
    pub percent: Option<f64>,
    /// The API's estimate until calls are allowed again; absent when not blocked.
    pub regain: Option<Duration>,
}

/// What the usage headers of one answer said, each allowance apart.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    pub account: Share,
    pub app: Share,
}

impl Usage {
    /// What was said of one of the two.
    pub fn of(&self, scope: Scope) -> Share {
        match scope {
            Scope::Account => self.account,
            Scope::App => self.app,
        }
    }

    /// The higher of both percentages: what limits first.
    pub fn percent(&self) -> Option<f64> {
        highest(self.account.percent, self.app.percent)
    }

    /// The longer of both waits.
    pub fn regain(&self) -> Option<Duration> {
        self.account.regain.max(self.app.regain)
    }
}

/// The higher of two percentages, where at least one is known.
pub fn highest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}

/// How soon somebody needs the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A look at what is new: waits only where nobody may call.
    Routine,
    /// A walk of everything, which has hours: leaves room to the others.
    Bulk,
}

/// What the next call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Call at once.
    Go,
    /// Call after this pause, to leave the allowance to others.
    Slow(Duration),
    /// Nobody may call before this time.
    Pause(Timestamp),
}

/// The most that a call of a long walk is put off to spread it.
pub const LONGEST_SPREAD: Duration = Duration::from_secs(600);

/// Whether accounts of one app have to take turns: from half of the ceiling on one call is answered
/// before the next is sent, so that nobody overshoots and nobody is passed over.
pub fn is_short(standing: &Standing, max_usage: f64, now: Timestamp) -> bool {
    standing.blocked_until(now).is_some()
        || standing.percent(now).is_some_and(|percent| percent >= max_usage * 0.5)
}

/// Decides about the next call by one allowance.
///
/// `waiting` counts the other accounts that want to call by it now. While it is blocked there is no
/// call at all. A routine call is slowed by seconds within the last fifth below the ceiling. Bulk
/// calls spread themselves from half of it on, so that what is left lasts for the rest of the API's
/// hour, with a call spared for each who waits.
pub fn pace(
    standing: &Standing,
    max_usage: f64,
    urgency: Urgency,
    waiting: usize,
    now: Timestamp,
) -> Pace {
    if let Some(until) = standing.blocked_until(now) {
        return Pace::Pause(until);
    }
    let Some(percent) = standing.percent(now) else { return Pace::Go };
    let pause = match urgency {
        Urgency::Routine => slowed(percent, max_usage),
        Urgency::Bulk => spread(standing, percent, max_usage, waiting, now),
    };
    pause.map_or(Pace::Go, Pace::Slow)
}

fn slowed(percent: f64, max_usage: f64) -> Option<Duration> {
    let from = max_usage * 0.8;
    let share = ((percent - from) / (max_usage - from)).min(1.0);
    (share >= 0.0).then(|| Duration::from_millis(500).mul_f64(1.0 + 9.0 * share))
}

/// Leaves so much time between two calls that the rest of the allowance lasts for an hour.
///
/// What a call costs is reckoned from our own calls of the last hour: when others use the same
/// allowance that is too much, which errs on the side of care.
fn spread(
    standing: &Standing,
    percent: f64,
    max_usage: f64,
    waiting: usize,
    now: Timestamp,
) -> Option<Duration> {
    const HOUR: Duration = Duration::from_secs(3600);
    if percent < max_usage * 0.5 {
        return None;
    }
    let cost = percent / f64::from(standing.calls_of_the_hour(now).max(1));
    let spared = cost * f64::from(u32::try_from(waiting).unwrap_or(u32::MAX));
    let room = max_usage - percent - spared;
    let least = cost / LONGEST_SPREAD.div_duration_f64(HOUR);
    Some(if room <= least { LONGEST_SPREAD } else { HOUR.mul_f64(cost / room) })
}

#[cfg(test)]
mod tests;
