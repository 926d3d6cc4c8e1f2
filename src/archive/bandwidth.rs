//! The operator's limit on bytes a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Hands out the line in turns over all transfers of the archive.
#[derive(Debug)]
pub(super) struct Bandwidth {
    bytes_per_second: u64,
    free_at: Mutex<Instant>,
}

impl Bandwidth {
    /// A line of this many bytes a second.
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), free_at: Mutex::new(Instant::now()) }
    }

    /// Waits until the line has carried what was asked for before, then books these bytes.
    pub(super) async fn carry(&self, bytes: usize) {
        let turn = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*free_at).max(Instant::now());
            let nanos = 1_000_000_000_u128 * bytes as u128 / u128::from(self.bytes_per_second);
            *free_at = turn + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_leave_at_the_given_rate_and_idle_time_is_not_saved_up() {
        let line = Bandwidth::new(1_000);
        let start = Instant::now();
        for _ in 0..4 {
            line.carry(500).await;
        }
        assert_eq!(start.elapsed().as_millis(), 1_500);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let later = Instant::now();
        line.carry(2_000).await;
        line.carry(1).await;
        assert_eq!(later.elapsed().as_millis(), 2_000);
    }
}
