//! The only reader of the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::Timestamp;

/// Tells the time: the machine's, or one that is set by hand.
///
/// Clones share their time. Decisions take `now` as a value, so this type appears only where the
/// program acts.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is set or advanced.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.as_unix()))))
    }

    /// The present instant, to the second.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that may read the clock")]
    pub fn now(&self) -> Timestamp {
        let seconds = match &self.0 {
            Source::System => jiff::Timestamp::now().as_second(),
            Source::Manual(seconds) => seconds.load(Ordering::SeqCst),
        };
        Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
    }

    /// Moves a manual clock to an instant; the machine's clock stays as it is.
    pub fn set(&self, now: Timestamp) {
        match &self.0 {
            Source::System => {}
            Source::Manual(seconds) => seconds.store(now.as_unix(), Ordering::SeqCst),
        }
    }

    /// Moves a manual clock forward; the machine's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_is_shared() {
        let start = Timestamp::from_unix(1_000).unwrap();
        let clock = Clock::manual(start);
        let other = clock.clone();
        assert_eq!(clock.now(), start);
        other.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), start.plus(Duration::from_secs(60)));
        other.set(start);
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn the_system_clock_cannot_be_moved() {
        let clock = Clock::system();
        clock.set(Timestamp::EPOCH);
        assert!(clock.now() > "2024-01-01T00:00:00Z".parse().unwrap());
    }
}
