//! A budget of our own for an account whose API says nothing of its allowance.

use std::time::Duration;

use super::Timestamp;

/// What one call takes from the budget: 75 calls an hour, for as long as one likes.
const CALL: Duration = Duration::from_secs(48);
/// What may be spent at once after a rest: 75 calls, so that no rolling hour has more than 150.
const AT_ONCE: u32 = 75;

/// Calls made so far, as the time until which they are paid for.
///
/// One instant is the whole state: each call moves it on by what a call costs, and a call may be
/// made while it is no more than an hour ahead. Small enough to be kept over restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    paid_until: Option<Timestamp>,
}

impl Budget {
    /// What an earlier process left behind.
    pub fn remembered(paid_until: Option<Timestamp>) -> Self {
        Self { paid_until }
    }

    /// The whole state, for the record.
    pub fn paid_until(&self) -> Option<Timestamp> {
        self.paid_until
    }

    /// Takes one call from the budget.
    pub fn spend(&mut self, now: Timestamp) {
        self.paid_until = Some(self.credible(now).plus(CALL));
    }

    /// When the next call may be made, if that is not now.
    pub fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.credible(now).plus(CALL).minus(CALL * AT_ONCE);
        (next > now).then_some(next)
    }

    /// Calls that went by between what was kept and now: what a crash would forget.
    pub fn calls_since(&self, kept: &Self) -> u64 {
        let Some(now) = self.paid_until else { return 0 };
        let kept = kept.paid_until.unwrap_or(Timestamp::EPOCH);
        now.since(kept).as_secs() / CALL.as_secs()
    }

    /// A clock that was wrong must not lock the account out for longer than a full budget does.
    fn credible(&self, now: Timestamp) -> Timestamp {
        let most = now.plus(CALL * AT_ONCE);
        self.paid_until.map_or(now, |paid| paid.clamp(now, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_700_000_000 + seconds).unwrap()
    }

    /// Calls whenever the budget lets it, and says when.
    fn spend_all(hours: i64) -> Vec<i64> {
        let mut budget = Budget::default();
        let mut calls = Vec::new();
        let mut now = at(0);
        while now < at(hours * 3600) {
            if let Some(next) = budget.next_at(now) {
                now = next;
            } else {
                budget.spend(now);
                calls.push(now.as_unix() - at(0).as_unix());
            }
        }
        calls
    }

    #[test]
    fn no_rolling_hour_has_more_than_150_calls() {
        let calls = spend_all(5);
        assert_eq!(calls.iter().filter(|second| **second == 0).count(), 75);
        for from in 0..4 * 3600 {
            let of_the_hour = calls.iter().filter(|at| (from..from + 3600).contains(*at)).count();
            assert!(of_the_hour <= 150, "{of_the_hour} from {from}");
        }
        assert!((75 * 5..=75 * 6).contains(&calls.len()), "{}", calls.len());
    }

    #[test]
    fn a_rest_fills_the_budget_and_a_restart_does_not() {
        let mut budget = Budget::default();
        for _ in 0..75 {
            assert_eq!(budget.next_at(at(0)), None);
            budget.spend(at(0));
        }
        assert_eq!(budget.next_at(at(0)), Some(at(48)));
        let restarted = Budget::remembered(budget.paid_until());
        assert_eq!(restarted.next_at(at(0)), Some(at(48)));
        assert_eq!(restarted.next_at(at(48)), None);
        assert_eq!(
            restarted.calls_since(&Budget::default()),
            (at(3600).as_unix() / 48).unsigned_abs()
        );
        assert_eq!(budget.next_at(at(7200)), None);
    }

    #[test]
    fn a_clock_that_was_ahead_for_years_locks_nobody_out() {
        let mut budget = Budget::default();
        budget.spend(at(10 * 365 * 86_400));
        assert_eq!(budget.next_at(at(0)), Some(at(48)));
    }
}
