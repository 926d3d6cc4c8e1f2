//! Which tick of a schedule is due, how many were missed, and when the next one begins.

use std::fmt;
use std::time::Duration;

use super::Timestamp;

/// The newest run of a walk, as it is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestRun {
    /// The tick that it answered.
    pub due_at: Timestamp,
    pub progress: Progress,
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Finished,
    /// It was broken off, or failed for a reason that passes.
    Open,
}

/// A schedule as this decision sees it.
pub struct Ticks<'a> {
    /// The first tick after an instant; none when the calendar ends.
    pub next_after: &'a dyn Fn(Timestamp) -> Option<Timestamp>,
    /// How much later than its tick a run begins; see [`jitter`].
    pub delay: &'a dyn Fn(Timestamp) -> Duration,
}

impl fmt::Debug for Ticks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticks")
    }
}

/// What a walk has to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agenda {
    /// Run, for this tick; it makes up for those before it that nobody answered.
    Due { tick: Timestamp, skipped: u32 },
    /// Wait until the run of the next tick begins.
    Wait { tick: Timestamp, begins: Timestamp },
    /// Nothing will ever come.
    Over,
}

/// More missed ticks than this are not counted.
const COUNTED: u32 = 10_000;

/// Decides what a walk has to do at `now`.
///
/// A walk that never ran is due at once. However many ticks were missed, one run makes up for
/// them.
pub fn agenda(newest: Option<NewestRun>, now: Timestamp, ticks: &Ticks<'_>) -> Agenda {
    let Some(newest) = newest else { return Agenda::Due { tick: now, skipped: 0 } };
    let NewestRun { due_at: last, progress } = believed(newest, now, ticks);
    match (newest_due(last, now, ticks), progress) {
        (Some(tick), _) => Agenda::Due { tick, skipped: between(last, tick, ticks) },
        (None, Progress::Open) => Agenda::Due { tick: last, skipped: 0 },
        (None, Progress::Finished) => wait(last, ticks),
    }
}

/// The newest run as far as the clock lets it be believed; whoever goes on by it keeps the answer.
///
/// A run that lies ahead of the clock means that the clock was set back. When it answered no more
/// than the very next tick, it stands, and that tick is not run again. When it lies further ahead,
/// the clock was wrong then, and all up to now counts as answered: the walk stops for one interval
/// at most, and runs nothing at once.
pub fn believed(newest: NewestRun, now: Timestamp, ticks: &Ticks<'_>) -> NewestRun {
    let ahead = newest.due_at > now;
    let within = (ticks.next_after)(now).is_some_and(|next| newest.due_at <= next);
    if ahead && !within { NewestRun { due_at: now, ..newest } } else { newest }
}

/// When a run begins after its tick: spread over accounts and walks, and the same at every look.
///
/// It stays below the time to the next tick, so that runs never change their order.
pub fn jitter(account: &str, walk: &str, tick: Timestamp, most: Duration) -> Duration {
    let seconds = most.as_secs();
    if seconds == 0 {
        return Duration::ZERO;
    }
    let words = [account.as_bytes(), &[0], walk.as_bytes(), &[0], &tick.as_unix().to_le_bytes()];
    // FNV-1a, then the last steps of MurmurHash3: neighbouring ticks must not get neighbouring seconds.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in words.iter().flat_map(|word| word.iter()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    Duration::from_secs((hash ^ (hash >> 33)) % seconds)
}

/// The begin of the run of a tick.
pub fn begins(tick: Timestamp, ticks: &Ticks<'_>) -> Timestamp {
    let delay = (ticks.delay)(tick);
    let to_next = (ticks.next_after)(tick).map_or(delay, |next| next.since(tick));
    // A second before the next tick at the latest.
    tick.plus(delay.min(to_next.saturating_sub(Duration::from_secs(1))))
}

fn wait(after: Timestamp, ticks: &Ticks<'_>) -> Agenda {
    match (ticks.next_after)(after) {
        Some(tick) => Agenda::Wait { tick, begins: begins(tick, ticks) },
        None => Agenda::Over,
    }
}

/// The newest tick after `last` whose run has to have begun by `now`.
fn newest_due(last: Timestamp, now: Timestamp, ticks: &Ticks<'_>) -> Option<Timestamp> {
    let due = |tick: &Timestamp| begins(*tick, ticks) <= now;
    let first = (ticks.next_after)(last).filter(due)?;
    // Schedules are asked forwards only: look back further and further until there is one.
    let mut back = Duration::from_secs(60);
    let mut newest = loop {
        let from = now.minus(back);
        if from <= first {
            break first;
        }
        match (ticks.next_after)(from).filter(due) {
            Some(tick) => break tick,
            None => back = back.saturating_mul(2),
        }
    };
    while let Some(next) = (ticks.next_after)(newest).filter(due) {
        newest = next;
    }
    Some(newest)
}

/// How many ticks lie between two.
fn between(last: Timestamp, tick: Timestamp, ticks: &Ticks<'_>) -> u32 {
    let mut count = 0;
    let mut at = last;
    while count < COUNTED {
        match (ticks.next_after)(at) {
            Some(next) if next < tick => at = next,
            Some(_) | None => break,
        }
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests;
