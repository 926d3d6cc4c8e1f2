//! The operator's limit on bytes a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Hands out the line in turns over all transfers of the archive.
#[derive(Debug)]
pub(super) struct Bandwidth {
    line: Mutex<Line>,
}

impl Bandwidth {
    /// A line of this many bytes a second.
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self { line: Mutex::new(Line::new(bytes_per_second, Instant::now())) }
    }

    /// Waits until the line has carried what was asked for before, then books these bytes.
    pub(super) async fn carry(&self, bytes: usize) {
        let turn = {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            line.book(bytes, Instant::now())
        };
        tokio::time::sleep_until(turn.into()).await;
    }
}

/// When the line is free again.
#[derive(Debug)]
struct Line {
    bytes_per_second: u64,
    free_at: Instant,
}

impl Line {
    fn new(bytes_per_second: u64, now: Instant) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), free_at: now }
    }

    /// When these bytes may go; time in which nothing was sent is not saved up.
    fn book(&mut self, bytes: usize, now: Instant) -> Instant {
        let turn = self.free_at.max(now);
        let nanos = 1_000_000_000_u128 * bytes as u128 / u128::from(self.bytes_per_second);
        self.free_at = turn + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_at_the_given_rate_and_idle_time_is_not_saved_up() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut line = Line::new(1_000, start);
        let turns: Vec<_> = (0..4).map(|_| line.book(500, start)).collect();
        assert_eq!(turns, [at(0), at(500), at(1_000), at(1_500)]);
        assert_eq!(line.book(2_000, at(60_000)), at(60_000));
        assert_eq!(line.book(1, at(60_001)), at(62_000));
    }
}
