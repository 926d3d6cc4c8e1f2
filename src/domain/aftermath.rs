//! What follows from how a pass ended: when the account is asked again, and what people are told.

use std::time::Duration;

use super::Timestamp;

/// How a pass ended, by the worst that it met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassEnd {
    /// It did what it set out to do, whatever single items or files gave it trouble.
    Well,
    /// The allowance was used up.
    Throttled,
    /// The API or the network did not answer.
    ApiAway,
    /// The disk is full or cannot be written.
    Storage,
    /// The token does not work.
    Token,
    /// A right is missing.
    Permission,
    /// Somebody asked it to stop.
    Stopped,
}

/// When an account whose pass did not end well is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// With its next tick.
    OnSchedule,
    /// After this pause, for the ticks that are open by then.
    After(Duration),
    /// When the block ends, or after this pause where its end is not known.
    WhenAllowed(Duration),
    /// After this pause, or as soon as the token's source holds another one.
    WithAnotherToken(Duration),
}

/// Decides when an account is asked again, after so many passes in a row that failed.
///
/// What passes by itself is tried soon and then ever more seldom; the ticks that come meanwhile
/// are made up once. A person who mends a token should not have to wait or to tell the program.
pub fn again(end: PassEnd, failed_in_a_row: u32) -> Again {
    const MINUTE: u64 = 60;
    let growing = match failed_in_a_row {
        0 | 1 => 1,
        2 => 2,
        3 => 5,
        4 => 10,
        _ => 15,
    };
    match end {
        PassEnd::Well | PassEnd::Stopped => Again::OnSchedule,
        PassEnd::Throttled => Again::WhenAllowed(Duration::from_secs(5 * MINUTE)),
        PassEnd::ApiAway | PassEnd::Storage => Again::After(Duration::from_secs(growing * MINUTE)),
        PassEnd::Token | PassEnd::Permission => {
            Again::WithAnotherToken(Duration::from_secs(60 * MINUTE))
        }
    }
}

/// The pause before a walk is tried again that failed on its own, while others of its account ran.
///
/// Such a walk may cost a great many calls each time: it soon waits for an hour.
pub fn pause_of_walk(failed_in_a_row: u32) -> Duration {
    const MINUTE: u64 = 60;
    Duration::from_secs(match failed_in_a_row {
        0 | 1 => MINUTE,
        2 => 5 * MINUTE,
        3 => 15 * MINUTE,
        _ => 60 * MINUTE,
    })
}

/// Passes of an account that failed one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    /// When the first of them began.
    pub since: Timestamp,
    pub passes: u32,
}

impl Streak {
    /// The streak after one more failing pass, which began then.
    pub fn and_one_more(streak: Option<Self>, began: Timestamp) -> Self {
        match streak {
            None => Self { since: began, passes: 1 },
            Some(Self { since, passes }) => Self { since, passes: passes.saturating_add(1) },
        }
    }
}

/// Whether people are told that an account's passes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    NotYet,
    Tell,
}

/// Decides whether failing passes are worth a word: after three in a row or after an hour,
/// whichever is first. An allowance that is used up is daily life, so only the hour counts for it.
pub fn telling(end: PassEnd, streak: Streak, now: Timestamp) -> Telling {
    const PASSES: u32 = 3;
    const LONG: Duration = Duration::from_secs(3_600);
    let long = now.since(streak.since) >= LONG;
    let tell = match end {
        // These have alarms of their own, or are none.
        PassEnd::Well | PassEnd::Stopped | PassEnd::Token | PassEnd::Permission => false,
        PassEnd::Throttled => long,
        PassEnd::ApiAway | PassEnd::Storage => long || streak.passes >= PASSES,
    };
    if tell { Telling::Tell } else { Telling::NotYet }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds).unwrap()
    }

    #[test]
    fn what_passes_by_itself_is_tried_ever_more_seldom() {
        for end in [PassEnd::ApiAway, PassEnd::Storage] {
            let minutes: Vec<_> = (0..8)
                .map(|n| match again(end, n) {
                    Again::After(pause) => pause.as_secs() / 60,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(minutes, [1, 1, 2, 5, 10, 15, 15, 15]);
        }
    }

    #[test]
    fn a_walk_that_fails_alone_soon_waits_for_an_hour() {
        let minutes: Vec<_> = (0..6).map(|n| pause_of_walk(n).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 1, 5, 15, 60, 60]);
    }

    #[test]
    fn each_end_has_its_own_way_on() {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        for (end, expected) in [
            (PassEnd::Well, Again::OnSchedule),
            (PassEnd::Stopped, Again::OnSchedule),
            (PassEnd::Throttled, Again::WhenAllowed(minutes(5))),
            (PassEnd::Token, Again::WithAnotherToken(minutes(60))),
            (PassEnd::Permission, Again::WithAnotherToken(minutes(60))),
        ] {
            assert_eq!(again(end, 1), expected, "{end:?}");
        }
    }

    #[test]
    fn people_are_told_after_three_passes_or_an_hour() {
        for (end, passes, seconds, expected) in [
            (PassEnd::ApiAway, 1, 0, Telling::NotYet),
            (PassEnd::ApiAway, 2, 3_599, Telling::NotYet),
            (PassEnd::ApiAway, 3, 180, Telling::Tell),
            (PassEnd::Storage, 1, 3_600, Telling::Tell),
            (PassEnd::Throttled, 9, 3_599, Telling::NotYet),
            (PassEnd::Throttled, 1, 3_600, Telling::Tell),
            (PassEnd::Token, 9, 9_999, Telling::NotYet),
            (PassEnd::Permission, 9, 9_999, Telling::NotYet),
            (PassEnd::Well, 9, 9_999, Telling::NotYet),
            (PassEnd::Stopped, 9, 9_999, Telling::NotYet),
        ] {
            let streak = Streak { since: at(100), passes };
            assert_eq!(telling(end, streak, at(100 + seconds)), expected, "{end:?} {passes}");
        }
    }

    #[test]
    fn a_streak_keeps_its_beginning() {
        let first = Streak::and_one_more(None, at(10));
        let second = Streak::and_one_more(Some(first), at(20));
        assert_eq!(second, Streak { since: at(10), passes: 2 });
    }
}
