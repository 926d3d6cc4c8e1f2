//! When a part of the program that broke off begins again.

use std::time::Duration;

/// The pause before the next beginning of a task that broke off so many times in a row.
///
/// It grows from a second to five minutes, so that what fails at once does not fill the log, and
/// what mends itself is soon at work again.
pub fn pause_before_restart(in_a_row: u32) -> Duration {
    const LONGEST: u64 = 300;
    let doubled = 2_u64.saturating_pow(in_a_row.saturating_sub(1));
    Duration::from_secs(doubled.min(LONGEST))
}

/// Whether a task that broke off before has worked for long enough to be taken as well: longer than
/// the longest silence after which it is found to hang, or it would be well between two hangs.
pub fn is_well_again(alive: Duration) -> bool {
    alive >= Duration::from_secs(7_200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_second_to_five_minutes() {
        let pauses: Vec<_> = (1..=11).map(|n| pause_before_restart(n).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(pause_before_restart(0), Duration::from_secs(1));
        assert_eq!(pause_before_restart(u32::MAX), Duration::from_secs(300));
    }

    #[test]
    fn two_hours_without_trouble_are_enough() {
        assert!(!is_well_again(Duration::from_secs(7_199)));
        assert!(is_well_again(Duration::from_secs(7_200)));
    }
}
