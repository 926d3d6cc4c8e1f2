//! Tells every part of the sandbox what time it is; the only place that reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

/// A clock that runs with real time and can be moved, so that links and tokens expire on request.
///
/// Clones share one clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    /// Unix milliseconds at `started`; moving the clock moves this.
    origin: AtomicI64,
}

impl Clock {
    /// A clock that shows the Unix second `unix` at this moment.
    pub fn starting_at(unix: i64) -> Self {
        Self::with_origin(unix.saturating_mul(1000))
    }

    /// A clock that shows the machine's time, until someone moves it.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    pub fn real() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::with_origin(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    /// The current Unix second.
    pub fn now(&self) -> i64 {
        self.0.origin.load(Ordering::SeqCst).saturating_add(self.elapsed()).div_euclid(1000)
    }

    /// Moves the clock by so many seconds; a negative number moves it back.
    pub fn advance(&self, seconds: i64) {
        let by = seconds.saturating_mul(1000);
        // An addition that saturates has no atomic form; the closure never refuses.
        let moved = self.0.origin.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |origin| {
            Some(origin.saturating_add(by))
        });
        debug_assert!(moved.is_ok());
    }

    /// Makes the clock show the Unix second `unix` from now on.
    pub fn set(&self, unix: i64) {
        let origin = unix.saturating_mul(1000).saturating_sub(self.elapsed());
        self.0.origin.store(origin, Ordering::SeqCst);
    }

    fn with_origin(origin: i64) -> Self {
        Self(Arc::new(Inner { started: Instant::now(), origin: AtomicI64::new(origin) }))
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// An instant as HTTP headers write it.
pub(crate) fn http_date(unix: i64) -> String {
    Timestamp::from_second(unix)
        .ok()
        .and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn a_moved_clock_shows_the_new_time_in_every_clone() {
        let clock = Clock::starting_at(1_800_000_000);
        let clone = clock.clone();
        clock.advance(90_000);
        assert!((1_800_090_000..1_800_090_060).contains(&clone.now()));
        clone.advance(-180_000);
        assert!((1_799_910_000..1_799_910_060).contains(&clock.now()));
    }

    #[test]
    fn a_set_clock_runs_on_from_there() {
        let clock = Clock::real();
        clock.set(42);
        assert!((42..102).contains(&clock.now()));
    }
}
