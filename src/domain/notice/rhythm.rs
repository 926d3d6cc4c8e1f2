//! When a batch is sent, and when one that failed is tried again.

use std::time::Duration;

use crate::domain::Timestamp;

/// So long nothing new comes before a batch is taken for whole: a pass writes its news within it.
pub const QUIET: Duration = Duration::from_secs(5);
/// News do not wait for quiet longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

const FIRST_SPACE: Duration = Duration::from_secs(60);
const LONGEST_SPACE: Duration = Duration::from_secs(900);

const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// When the news that began at `first`, the newest of them at `last`, make a batch.
pub fn settled_at(first: Timestamp, last: Timestamp) -> Timestamp {
    last.plus(QUIET).min(first.plus(LONGEST_WAIT))
}

/// How long a target is left alone after so many failures in a row: a minute, and then twice as
/// long each time up to an hour.
pub fn pause_after(failures: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_PAUSE)
}

/// Keeps batches to one target apart: the first goes out at once, and when they follow each other
/// closely the space between them doubles, up to a quarter of an hour. What an outage does to
/// hundreds of accounts over some minutes is then told a few times, each time as one digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rhythm {
    last: Option<(Timestamp, Duration)>,
}

impl Rhythm {
    /// Not before then does the next batch go out; a clock that was set back delays nothing.
    pub fn next_from(self, now: Timestamp) -> Timestamp {
        self.last.map_or(now, |(at, space)| at.min(now).plus(space))
    }

    /// A batch went out.
    #[must_use]
    pub fn sent(self, now: Timestamp) -> Self {
        let space = match self.last {
            Some((at, space)) if now.since(at) <= space.saturating_mul(2) => {
                space.saturating_mul(2).min(LONGEST_SPACE)
            }
            Some(_) | None => FIRST_SPACE,
        };
        Self { last: Some((now, space)) }
    }
}
