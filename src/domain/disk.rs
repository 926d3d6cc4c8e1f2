//! How long the disk lasts.

use std::time::Duration;

use super::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);
/// Growth is reckoned over so many days at most.
pub const WINDOW: Duration = Duration::from_secs(30 * 86_400);
/// Fewer days than this say nothing about the next ones.
const LEAST: Duration = Duration::from_secs(3 * 86_400);
/// With fewer days left a person is told.
const SOON: u64 = 14;

/// What is known of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskFacts {
    /// Bytes that may still be written.
    pub free: u64,
    /// Bytes that stay free: below, no file is fetched.
    pub min_free: u64,
    /// Bytes of new files since [`growth_since`], and since when; absent in an archive that is
    /// too young.
    pub grown: Option<(u64, Duration)>,
}

/// How the disk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskState {
    /// Enough; absent days mean that nothing grows, or that it is not known yet.
    Enough { days_left: Option<u64> },
    /// It ends soon, or little is left.
    Low { days_left: Option<u64> },
    /// No file is fetched any more.
    Full,
}

impl DiskState {
    /// The level of the alarm; 0 is none.
    pub fn level(self) -> u8 {
        match self {
            Self::Enough { .. } => 0,
            Self::Low { .. } => 1,
            Self::Full => 2,
        }
    }
}

/// From when on growth is counted. The first day of an archive, on which everything old arrives,
/// says nothing about the days to come.
pub fn growth_since(first_held_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let from = first_held_at?.plus(DAY).max(now.minus(WINDOW));
    (now.since(from) >= LEAST).then_some(from)
}

/// Judges the disk: little left, or little time left at the present growth. While an alarm is open it
/// takes clearly more room to end it than it took to raise it, so that it does not come and go.
pub fn judge(facts: DiskFacts, alarm: AlarmOpen) -> DiskState {
    if facts.free < facts.min_free {
        return DiskState::Full;
    }
    let (halves, soon) = match alarm {
        AlarmOpen::No => (4, SOON),
        AlarmOpen::Yes => (5, SOON * 3 / 2),
    };
    let days_left = days_left(facts);
    let is_low = facts.free < (facts.min_free / 2).saturating_mul(halves);
    if is_low || days_left.is_some_and(|days| days < soon) {
        DiskState::Low { days_left }
    } else {
        DiskState::Enough { days_left }
    }
}

/// Whether the alarm of the disk is open already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmOpen {
    No,
    Yes,
}

/// Whole days until only `min_free` is left.
fn days_left(facts: DiskFacts) -> Option<u64> {
    let (grown, over) = facts.grown?;
    let room = u128::from(facts.free - facts.min_free) * u128::from(over.as_secs());
    let a_day = u128::from(grown) * u128::from(DAY.as_secs());
    let days = room.checked_div(a_day)?;
    Some(u64::try_from(days).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_disk_is_judged_by_what_is_left_and_by_how_long_that_lasts() {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        for (free, min_free, grown, expected) in [
            (100, 1, None, DiskState::Enough { days_left: None }),
            (100, 1, Some((0, days(30))), DiskState::Enough { days_left: None }),
            (100, 1, Some((30, days(30))), DiskState::Enough { days_left: Some(99) }),
            // A gibibyte a day: 13 days are soon, 14 are not.
            (15, 1, Some((30, days(30))), DiskState::Enough { days_left: Some(14) }),
            (14, 1, Some((30, days(30))), DiskState::Low { days_left: Some(13) }),
            (15, 1, Some((10, days(10))), DiskState::Enough { days_left: Some(14) }),
            (2, 1, None, DiskState::Enough { days_left: None }),
            (3, 2, None, DiskState::Low { days_left: None }),
            (3, 2, Some((1, days(30))), DiskState::Low { days_left: Some(30) }),
            (2, 2, Some((1, days(30))), DiskState::Low { days_left: Some(0) }),
            (1, 2, Some((1, days(30))), DiskState::Full),
            (0, 0, None, DiskState::Enough { days_left: None }),
        ] {
            let grown = grown.map(|(bytes, over)| (bytes * GIB, over));
            let facts = DiskFacts { free: free * GIB, min_free: min_free * GIB, grown };
            assert_eq!(judge(facts, AlarmOpen::No), expected, "{facts:?}");
        }
        let vast = DiskFacts { free: u64::MAX, min_free: 0, grown: Some((1, WINDOW)) };
        assert_eq!(judge(vast, AlarmOpen::No), DiskState::Enough { days_left: Some(u64::MAX) });
    }

    #[test]
    fn an_open_alarm_ends_only_when_there_is_clearly_more_room() {
        let free = |gib: u64, grown| DiskFacts { free: gib * GIB, min_free: 4 * GIB, grown };
        let a_gib_a_day = Some((30 * GIB, Duration::from_secs(30 * 86_400)));
        for (facts, when_closed, when_open) in [
            (free(7, None), 1, 1),
            (free(8, None), 0, 1),
            (free(9, None), 0, 1),
            (free(10, None), 0, 0),
            (free(4 + 13, a_gib_a_day), 1, 1),
            (free(4 + 14, a_gib_a_day), 0, 1),
            (free(4 + 20, a_gib_a_day), 0, 1),
            (free(4 + 21, a_gib_a_day), 0, 0),
            (free(3, None), 2, 2),
        ] {
            assert_eq!(judge(facts, AlarmOpen::No).level(), when_closed, "{facts:?}");
            assert_eq!(judge(facts, AlarmOpen::Yes).level(), when_open, "{facts:?}");
        }
    }

    #[test]
    fn the_first_day_of_an_archive_says_nothing_about_its_growth() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-22T00:00:00Z");
        for (first, since) in [
            (None, None),
            (Some("2026-11-21T00:00:00Z"), None),
            (Some("2026-11-19T00:00:00Z"), None),
            (Some("2026-11-18T00:00:00Z"), Some("2026-11-19T00:00:00Z")),
            (Some("2026-11-01T00:00:00Z"), Some("2026-11-02T00:00:00Z")),
            (Some("2020-01-01T00:00:00Z"), Some("2026-10-23T00:00:00Z")),
            (Some("2027-01-01T00:00:00Z"), None),
        ] {
            assert_eq!(growth_since(first.map(at), now), since.map(at), "{first:?}");
        }
    }
}
