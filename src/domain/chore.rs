//! When something that is done for the archive as a whole is due.

use std::time::Duration;

use super::Timestamp;

/// A chore that failed is tried again after this, or at its next tick if that comes first.
pub const RETRY: Duration = Duration::from_secs(3_600);

/// How a run of a chore ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoreOutcome {
    Done,
    Failed,
    /// The program was asked to stop.
    Stopped,
}

impl ChoreOutcome {
    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Reads the word that [`ChoreOutcome::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Done, Self::Failed, Self::Stopped].into_iter().find(|known| known.as_str() == word)
    }
}

/// The newest run of a chore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRun {
    /// The tick that it answered.
    pub due_at: Timestamp,
    pub started_at: Timestamp,
    /// Absent while it runs, or when it was killed.
    pub outcome: Option<ChoreOutcome>,
}

/// Whether a chore is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Now, for this tick.
    Now {
        due_at: Timestamp,
    },
    Later {
        at: Timestamp,
    },
    /// Its schedule has come to an end.
    Never,
}

/// Judges a chore by its newest run; `next` answers the first tick after an instant.
///
/// What was never done is due: a machine that is off at every tick would never do it. Ticks that
/// nobody was there for are made up by one run. What was killed or stopped begins again at once.
pub fn turn(
    last: Option<LastRun>,
    next: impl Fn(Timestamp) -> Option<Timestamp>,
    now: Timestamp,
) -> Turn {
    let Some(last) = last else { return Turn::Now { due_at: now } };
    // A tick of the future was answered by a clock that went wrong.
    let answered = last.due_at.min(now);
    let tick = next(answered);
    match (last.outcome, tick) {
        (Some(ChoreOutcome::Stopped) | None, _) => Turn::Now { due_at: answered },
        (Some(ChoreOutcome::Done | ChoreOutcome::Failed), Some(tick)) if tick <= now => {
            Turn::Now { due_at: newest(tick, next, now) }
        }
        (Some(ChoreOutcome::Done), Some(at)) => Turn::Later { at },
        (Some(ChoreOutcome::Done), None) => Turn::Never,
        (Some(ChoreOutcome::Failed), tick) => {
            let retry = last.started_at.min(now).plus(RETRY);
            let at = tick.map_or(retry, |tick| tick.min(retry));
            if at <= now { Turn::Now { due_at: answered } } else { Turn::Later { at } }
        }
    }
}

/// The last tick that is not in the future, beginning at one that is not.
fn newest(
    first: Timestamp,
    next: impl Fn(Timestamp) -> Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    const AT_MOST: usize = 100_000;
    let ticks = std::iter::successors(Some(first), |tick| next(*tick).filter(|next| next > tick));
    ticks.take(AT_MOST).take_while(|tick| *tick <= now).last().unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + hours * 3_600).unwrap()
    }

    /// Every 24 hours, from hour 0.
    #[allow(clippy::unnecessary_wraps, reason = "a calendar can end, this one does not")]
    fn daily(after: Timestamp) -> Option<Timestamp> {
        let hours = (after.as_unix() - 1_800_000_000).div_euclid(86_400) + 1;
        Some(at(hours * 24))
    }

    #[test]
    fn a_chore_is_due_once_for_all_ticks_that_passed() {
        let done = |due, started, outcome| {
            Some(LastRun { due_at: at(due), started_at: at(started), outcome })
        };
        let now = |due| Turn::Now { due_at: at(due) };
        let later = |hours| Turn::Later { at: at(hours) };
        let (ok, failed) = (Some(ChoreOutcome::Done), Some(ChoreOutcome::Failed));
        for (last, hour, expected) in [
            (None, 5, now(5)),
            (done(0, 0, ok), 5, later(24)),
            (done(0, 0, ok), 24, now(24)),
            (done(0, 0, ok), 25, now(24)),
            // Away for three days: one run, for the newest tick.
            (done(0, 0, ok), 80, now(72)),
            (done(72, 80, ok), 81, later(96)),
            // Killed and stopped runs are begun again, failed ones after a while.
            (done(24, 24, None), 25, now(24)),
            (done(24, 24, Some(ChoreOutcome::Stopped)), 25, now(24)),
            (done(24, 24, failed), 24, later(25)),
            (done(24, 24, failed), 25, now(24)),
            (done(24, 47, failed), 47, later(48)),
            (done(24, 46, failed), 48, now(48)),
            // A clock that was wrong does not silence the schedule.
            (done(2_400, 2_400, ok), 5, later(24)),
            (done(2_400, 2_400, failed), 5, later(6)),
        ] {
            assert_eq!(turn(last, daily, at(hour)), expected, "{last:?} at {hour}");
        }
        assert_eq!(turn(done(0, 0, ok), |_| None, at(5)), Turn::Never);
        assert_eq!(turn(done(0, 0, failed), |_| None, at(0)), later(1));
    }

    #[test]
    fn words_are_read_back() {
        for outcome in [ChoreOutcome::Done, ChoreOutcome::Failed, ChoreOutcome::Stopped] {
            assert_eq!(ChoreOutcome::from_word(outcome.as_str()), Some(outcome));
        }
        assert_eq!(ChoreOutcome::from_word(""), None);
    }
}
