//! The only reader of the wall clock, and the only one who waits by it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

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
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    seconds: watch::Sender<i64>,
    sleepers: Mutex<Sleepers>,
}

/// Who waits until when.
#[derive(Debug, Default)]
struct Sleepers {
    next: u64,
    until: BTreeMap<u64, Timestamp>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is set or advanced.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Manual {
            seconds: watch::Sender::new(start.as_unix()),
            sleepers: Mutex::default(),
        })))
    }

    /// The present instant, to the second.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that may read the clock")]
    pub fn now(&self) -> Timestamp {
        let seconds = match &self.0 {
            Source::System => jiff::Timestamp::now().as_second(),
            Source::Manual(manual) => *manual.seconds.borrow(),
        };
        Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
    }

    /// Waits until the clock shows `at`, however it gets there.
    ///
    /// The machine's clock is looked at twice a minute, so that a clock that was set and a machine
    /// that slept are noticed; all who wait look at the same moments, which wakes the machine once.
    /// Cancelling is safe.
    pub async fn sleep_until(&self, at: Timestamp) {
        match &self.0 {
            Source::System => {
                while self.now() < at {
                    nap(self.now(), at).await;
                }
            }
            Source::Manual(manual) => {
                let mut seconds = manual.seconds.subscribe();
                let _asleep = Asleep::until(manual, at);
                // The sender lives as long as this clock does.
                seconds.wait_for(|now| *now >= at.as_unix()).await.ok();
            }
        }
    }

    /// As [`Clock::sleep_until`], but wakes as well when the clock is set back: whoever waits for
    /// the tick of a schedule has to reckon anew then. Cancelling is safe.
    pub async fn sleep_until_or_set_back(&self, at: Timestamp) -> Woken {
        let mut before = self.now();
        match &self.0 {
            Source::System => {
                while before < at {
                    nap(before, at).await;
                    let now = self.now();
                    if now < before {
                        return Woken::SetBack;
                    }
                    before = now;
                }
                Woken::OnTime
            }
            Source::Manual(manual) => {
                let mut seconds = manual.seconds.subscribe();
                let _asleep = Asleep::until(manual, at);
                let begun = before.as_unix();
                seconds.wait_for(|now| *now >= at.as_unix() || *now < begun).await.ok();
                if self.now() < before { Woken::SetBack } else { Woken::OnTime }
            }
        }
    }

    /// Waits this long by the clock.
    pub async fn sleep(&self, pause: Duration) {
        self.sleep_until(self.now().plus(pause)).await;
    }

    /// The instants that a manual clock is waited for, soonest first: a test that plays the time
    /// moves the clock to the first when all whom it knows of wait. Nobody waits for the machine's.
    pub fn waited_for(&self) -> Vec<Timestamp> {
        match &self.0 {
            Source::System => Vec::new(),
            Source::Manual(manual) => {
                let sleepers = manual.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
                let mut until: Vec<_> = sleepers.until.values().copied().collect();
                until.sort_unstable();
                until
            }
        }
    }

    /// Moves a manual clock to an instant; the machine's clock stays as it is.
    pub fn set(&self, now: Timestamp) {
        match &self.0 {
            Source::System => {}
            Source::Manual(manual) => {
                manual.seconds.send_replace(now.as_unix());
            }
        }
    }

    /// Moves a manual clock forward; the machine's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

/// Why somebody who waited by the clock woke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The clock shows what was waited for, or more.
    OnTime,
    /// The clock shows less than when the waiting began.
    SetBack,
}

/// Seconds between two looks at the machine's clock.
const LOOK: i64 = 30;

/// Sleeps until `at` or until the next look at the machine's clock.
async fn nap(now: Timestamp, at: Timestamp) {
    let to_the_next_look = LOOK - now.as_unix().rem_euclid(LOOK);
    let seconds = (at.as_unix() - now.as_unix()).min(to_the_next_look);
    let seconds = u64::try_from(seconds).unwrap_or(1);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// One who waits, from the first poll to the last.
struct Asleep<'a> {
    manual: &'a Manual,
    number: u64,
}

impl<'a> Asleep<'a> {
    fn until(manual: &'a Manual, at: Timestamp) -> Self {
        let mut sleepers = manual.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        let number = sleepers.next;
        sleepers.next += 1;
        sleepers.until.insert(number, at);
        drop(sleepers);
        Self { manual, number }
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        let mut sleepers = self.manual.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        sleepers.until.remove(&self.number);
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

    #[tokio::test]
    async fn who_waits_for_a_manual_clock_is_known_and_wakes_when_it_gets_there() {
        let start = Timestamp::from_unix(1_000).unwrap();
        let clock = Clock::manual(start);
        let sleeper = clock.clone();
        #[allow(clippy::disallowed_methods, reason = "it is awaited below")]
        let asleep = tokio::spawn(async move { sleeper.sleep(Duration::from_secs(60)).await });
        while clock.waited_for().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.waited_for(), [start.plus(Duration::from_secs(60))]);
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!asleep.is_finished());
        clock.advance(Duration::from_secs(1));
        asleep.await.unwrap();
        assert!(clock.waited_for().is_empty());
    }

    #[tokio::test]
    async fn who_waits_for_a_tick_wakes_when_the_clock_is_set_back() {
        let start = Timestamp::from_unix(1_000).unwrap();
        let minute = Duration::from_secs(60);
        for (moved_to, woken) in
            [(start.minus(minute), Woken::SetBack), (start.plus(minute), Woken::OnTime)]
        {
            let clock = Clock::manual(start);
            let waiting = clock.sleep_until_or_set_back(start.plus(minute));
            let moving = async {
                while clock.waited_for().is_empty() {
                    tokio::task::yield_now().await;
                }
                clock.set(moved_to);
            };
            assert_eq!(tokio::join!(waiting, moving).0, woken);
        }
    }

    #[tokio::test]
    async fn what_lies_in_the_past_is_not_waited_for() {
        for clock in [Clock::system(), Clock::manual(Timestamp::from_unix(1_000).unwrap())] {
            clock.sleep_until(Timestamp::EPOCH).await;
        }
    }
}
