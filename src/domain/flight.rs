//! How many transfers are under way at once.

use std::time::Duration;

use super::FileFault;

/// One finished transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the request to the first byte of the answer.
    pub waited: Duration,
    /// From the request to the last byte.
    pub took: Duration,
}

/// The number of transfers under way: eight, and more while waiting dominates.
///
/// Where files are small or the host is far, a transfer is mostly waiting for its first byte, and
/// only more of them at once help; where files are large the line is full with few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    limit: usize,
    least: usize,
    most: usize,
}

impl Flight {
    const USUAL: usize = 8;

    /// Starts with eight, or fewer when `most` is less.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        let least = Self::USUAL.min(most);
        Self { limit: least, least, most }
    }

    /// How many may be under way now.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Learns from a finished transfer; a wait under 20 ms is no distance worth hiding.
    pub fn learn(&mut self, timing: Timing) {
        let far = timing.waited >= Duration::from_millis(20);
        if far && timing.waited * 2 >= timing.took {
            self.limit = (self.limit + 1).min(self.most);
        } else if timing.waited * 5 <= timing.took {
            self.limit = (self.limit - 1).max(self.least);
        }
    }

    /// A host that asks for patience gets it.
    pub fn back_off(&mut self) {
        self.limit = self.least;
    }
}

/// Whether the file hosts are there at all.
///
/// A file that fails for the moment has already been tried several times; many such files in a row
/// are no trouble of a file any more, and going on would only wait for each of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hosts {
    missed_in_a_row: u32,
}

impl Hosts {
    const ENOUGH: u32 = 20;

    /// A file arrived.
    pub fn delivered(&mut self) {
        self.missed_in_a_row = 0;
    }

    /// A file did not; answers whether the hosts count as away.
    pub fn missed(&mut self, fault: FileFault) -> bool {
        if fault == FileFault::Transient {
            self.missed_in_a_row += 1;
        }
        self.missed_in_a_row >= Self::ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_away_after_many_misses_without_a_delivery() {
        let mut hosts = Hosts::default();
        assert!((1..20).all(|_| !hosts.missed(FileFault::Transient)));
        assert!(!hosts.missed(FileFault::WrongContent), "that says nothing of the hosts");
        hosts.delivered();
        assert!((1..20).all(|_| !hosts.missed(FileFault::Transient)));
        assert!(hosts.missed(FileFault::Transient));
    }

    fn timing(waited: u64, took: u64) -> Timing {
        Timing { waited: Duration::from_millis(waited), took: Duration::from_millis(took) }
    }

    #[test]
    fn waiting_raises_the_number_up_to_the_most() {
        let mut flight = Flight::new(12);
        assert_eq!(flight.limit(), 8);
        (0..100).for_each(|_| flight.learn(timing(40, 42)));
        assert_eq!(flight.limit(), 12);
        flight.back_off();
        assert_eq!(flight.limit(), 8);
    }

    #[test]
    fn large_files_lower_it_to_the_usual_number() {
        let mut flight = Flight::new(64);
        (0..10).for_each(|_| flight.learn(timing(40, 42)));
        assert_eq!(flight.limit(), 18);
        flight.learn(timing(40, 100));
        assert_eq!(flight.limit(), 18, "in between nothing changes");
        (0..100).for_each(|_| flight.learn(timing(40, 1000)));
        assert_eq!(flight.limit(), 8);
    }

    #[test]
    fn a_near_host_needs_no_more_than_the_usual_number() {
        let mut flight = Flight::new(64);
        (0..100).for_each(|_| flight.learn(timing(1, 1)));
        assert_eq!(flight.limit(), 8);
    }

    #[test]
    fn the_operators_limit_is_never_passed() {
        assert_eq!(Flight::new(3).limit(), 3);
        assert_eq!(Flight::new(0).limit(), 1);
    }
}
