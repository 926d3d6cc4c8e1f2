//! The allowances: how much of it an account and its app have used, and for how long each is shut out.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// The window in which calls are counted.
const WINDOW: i64 = 3_600;
/// What one call during a block adds to it.
const PENALTY: i64 = 60;

/// Calls per account and per app.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) accounts: Allowances<usize>,
    /// By the id of the app.
    pub(crate) apps: Allowances<String>,
}

/// Calls of each of its users in a sliding hour of the virtual clock.
#[derive(Debug)]
pub(crate) struct Allowances<K> {
    calls_per_hour: u32,
    block_seconds: i64,
    users: Mutex<HashMap<K, Used>>,
}

#[derive(Debug, Default)]
struct Used {
    /// Minutes of the window and the calls made in each.
    minutes: VecDeque<(i64, u32)>,
    calls: u32,
    blocked_until: i64,
}

/// How somebody stands after a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standing {
    /// Percent of the allowance; may exceed 100.
    pub(crate) percent: f64,
    /// Minutes until calls are answered again; 0 while they are.
    pub(crate) regain_minutes: i64,
    /// Whether this very call fell into a block that began earlier.
    pub(crate) was_blocked: bool,
}

impl Pace {
    pub(crate) fn new(calls_per_hour: u32, app_calls_per_hour: u32, block_minutes: i64) -> Self {
        Self {
            accounts: Allowances::new(calls_per_hour, block_minutes),
            apps: Allowances::new(app_calls_per_hour, block_minutes),
        }
    }
}

impl<K: Hash + Eq> Allowances<K> {
    fn new(calls_per_hour: u32, block_minutes: i64) -> Self {
        Self {
            calls_per_hour: calls_per_hour.max(1),
            block_seconds: block_minutes * 60,
            users: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a call; a call during a block prolongs it.
    pub(crate) fn call(&self, whose: K, now: i64) -> Standing {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let used = users.entry(whose).or_default();
        let was_blocked = used.blocked_until > now;
        used.count(now);
        if was_blocked {
            used.blocked_until += PENALTY;
        } else if used.calls > self.calls_per_hour {
            used.blocked_until = now + self.block_seconds;
        }
        Standing {
            percent: f64::from(used.calls) * 100.0 / f64::from(self.calls_per_hour),
            regain_minutes: (used.blocked_until - now).max(0).div_euclid(60)
                + i64::from((used.blocked_until - now).max(0) % 60 > 0),
            was_blocked,
        }
    }

    /// Shuts somebody out, as after a throttle that a fault asked for.
    pub(crate) fn block(&self, whose: K, until: i64) {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.entry(whose).or_default().blocked_until = until;
    }
}

impl Used {
    fn count(&mut self, now: i64) {
        let minute = now.div_euclid(60);
        while let Some(&(oldest, calls)) = self.minutes.front() {
            if oldest > minute - WINDOW / 60 && oldest <= minute {
                break;
            }
            self.calls -= calls;
            self.minutes.pop_front();
        }
        match self.minutes.back_mut() {
            Some((last, calls)) if *last == minute => *calls += 1,
            _ => self.minutes.push_back((minute, 1)),
        }
        self.calls += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_rises_with_calls_and_falls_after_an_hour() {
        let pace = Allowances::new(10, 15);
        let rising: Vec<f64> = (0..3).map(|_| pace.call(0, 1_000).percent).collect();
        assert_eq!(rising, [10.0, 20.0, 30.0]);
        assert!((pace.call(0, 1_000 + 3_700).percent - 10.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_used_up_allowance_blocks_and_each_further_call_prolongs_it() {
        let pace = Allowances::new(2, 15);
        assert_eq!(pace.call(0, 0).regain_minutes, 0);
        assert_eq!(pace.call(0, 0).regain_minutes, 0);
        assert_eq!(pace.call(0, 0).regain_minutes, 15);
        let during = pace.call(0, 60);
        assert!(during.was_blocked);
        assert_eq!(during.regain_minutes, 15);
        assert_eq!(pace.call(1, 60).regain_minutes, 0, "another account is not concerned");
        assert!(!pace.call(0, 8_000).was_blocked);
    }
}
