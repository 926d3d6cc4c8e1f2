//! How much is read again in one go, so that everything is within its time.

use std::time::Duration;

/// Times by which blobs have to be read again, as shares of the whole time.
const HORIZONS: [u32; 4] = [64, 16, 4, 2];

/// The time to plan for when so much is promised: a fiftieth less, because slices are whole, take
/// their time and read whole blobs.
pub fn aim(promised: Duration) -> Duration {
    promised.saturating_sub(promised / 50)
}

/// How many blobs are due until each horizon: what [`horizons`] asks for.
pub type Due = [(Duration, u64); HORIZONS.len() + 1];

/// The times ahead for which the blobs that fall due have to be counted, nearest first. The first
/// one is one slice.
pub fn horizons(slice: Duration, within: Duration) -> [Duration; HORIZONS.len() + 1] {
    let mut ahead = [slice; HORIZONS.len() + 1];
    for (at, share) in ahead.iter_mut().skip(1).zip(HORIZONS) {
        *at = (within / share).max(slice);
    }
    ahead
}

/// A blob read more recently than this is left alone: small archives are not read all day.
pub fn rest(within: Duration) -> Duration {
    within / 2
}

/// How many blobs to read in a slice: as many as keep every horizon, and one tenth more.
///
/// What fell due while nobody ran counts for the nearest horizon, so it is caught up at once, but
/// never with more than four times the even pace of the whole.
pub fn quota(due: &Due, all: u64, slice: Duration, within: Duration) -> u64 {
    let share = |count: u64, ahead: Duration| {
        let slices = (ahead.as_secs() / slice.as_secs().max(1)).max(1);
        (count.saturating_mul(11)).div_ceil(slices.saturating_mul(10))
    };
    let wanted = due.iter().map(|(ahead, count)| share(*count, *ahead)).max().unwrap_or(0);
    let even = share(all, within).max(1);
    wanted.min(even.saturating_mul(4)).min(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLICE: Duration = Duration::from_secs(600);
    const PROMISED: Duration = Duration::from_secs(30 * 86_400);
    const WITHIN: Duration = Duration::from_secs(30 * 86_400 - 30 * 86_400 / 50);

    fn counted(ages: &[u64]) -> Due {
        let ahead = horizons(SLICE, WITHIN);
        ahead.map(|ahead| {
            let due = |age: &&u64| **age + ahead.as_secs() >= WITHIN.as_secs();
            (ahead, ages.iter().filter(due).count() as u64)
        })
    }

    /// Plays slices; answers the greatest age that any blob reached and how often one was read.
    fn play(mut ages: Vec<u64>, slices: u64, awake: impl Fn(u64) -> bool) -> (u64, u64) {
        let (mut oldest, mut reads) = (0, 0);
        let all = ages.len() as u64;
        for slice in 0..slices {
            for age in &mut ages {
                *age += SLICE.as_secs();
            }
            ages.sort_unstable_by_key(|age| std::cmp::Reverse(*age));
            oldest = oldest.max(ages[0]);
            if !awake(slice) {
                continue;
            }
            let quota = usize::try_from(quota(&counted(&ages), all, SLICE, WITHIN)).unwrap();
            let is_due = |age: &&mut u64| **age >= rest(WITHIN).as_secs();
            for age in ages.iter_mut().take(quota).filter(is_due) {
                *age = 0;
                reads += 1;
            }
        }
        (oldest, reads)
    }

    #[test]
    fn a_fiftieth_less_is_aimed_at_than_is_promised() {
        assert_eq!(aim(PROMISED), WITHIN);
    }

    #[test]
    fn every_blob_is_read_within_its_time_and_at_most_twice() {
        let slices = 3 * WITHIN.as_secs() / SLICE.as_secs();
        for blobs in [1_u64, 3, 100, 3_000] {
            let at_once = vec![0; usize::try_from(blobs).unwrap()];
            let in_turn = (0..blobs).map(|n| n * WITHIN.as_secs() / blobs).collect();
            for ages in [at_once, in_turn] {
                let (oldest, reads) = play(ages, slices, |_| true);
                assert!(oldest <= PROMISED.as_secs(), "{blobs}: {oldest}");
                assert!(reads <= blobs * 6, "{blobs}: {reads} reads");
                assert!(reads >= blobs * 2, "{blobs}: {reads} reads");
            }
        }
    }

    #[test]
    fn what_a_long_absence_left_is_caught_up_without_a_rush() {
        let day = 86_400 / SLICE.as_secs();
        // Away for forty days, then back.
        let (oldest, _) = play(vec![0; 3_000], 40 * day, |_| false);
        assert_eq!(oldest, 40 * 86_400);
        let ages = vec![40 * 86_400; 3_000];
        let first = quota(&counted(&ages), 3_000, SLICE, WITHIN);
        assert_eq!(first, 4, "four times the even pace of one");
        let (oldest, _) = play(ages, 60 * day, |_| true);
        assert!(oldest <= 50 * 86_400, "{}", oldest / 86_400);
    }

    #[test]
    fn nothing_due_is_nothing_to_do() {
        assert_eq!(quota(&counted(&[]), 0, SLICE, WITHIN), 0);
        assert_eq!(quota(&counted(&[0, 0]), 2, SLICE, WITHIN), 0);
    }
}
