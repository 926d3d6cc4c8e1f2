//! Whether the archive keeps what its schedules promise.

use std::time::Duration;

use super::{AccountName, Timestamp};

/// What a monitor is to judge, read at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub now: Timestamp,
    /// Every configured walk of every account; none is well.
    pub walks: Vec<WalkFacts>,
    /// How long after its tick a run may begin and still be on its way to an end.
    pub grace: Duration,
    pub catalog: CatalogState,
    pub disk: DiskState,
}

/// One configured walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkFacts {
    pub account: AccountName,
    pub walk: String,
    pub last_complete: Option<Timestamp>,
    /// The third tick of its schedule after [`counted_from`]; absent when the calendar ends.
    pub third_tick: Option<Timestamp>,
}

/// Whether the catalog can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogState {
    Answers,
    /// Its writer has not answered for a while.
    WriterSilent,
    /// It could not be read, so that nothing is known of the walks.
    Unreadable,
}

/// Whether files still find room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskState {
    Room {
        free: u64,
        min_free: u64,
    },
    /// The archive's directory does not answer.
    Unreadable,
}

/// Why the archive is not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Three runs should have come since the last complete walk.
    Late {
        account: AccountName,
        walk: String,
        last_complete: Option<Timestamp>,
    },
    WriterSilent,
    CatalogUnreadable,
    DiskFull {
        free: u64,
        min_free: u64,
    },
    DiskUnreadable,
}

/// Whether a reader may learn which accounts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Told,
    Withheld,
}

/// What is known of a walk's beginnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginnings {
    pub last_complete: Option<Timestamp>,
    /// Its first walk of all, complete or not.
    pub first_tried: Option<Timestamp>,
    /// When the archive first knew the account, while nothing was ever walked of it.
    pub account_without_walks_since: Option<Timestamp>,
    /// Since when the running daemon has planned it.
    pub planned_since: Timestamp,
}

/// The instant from which a walk's ticks are counted.
///
/// What was never complete is counted from its first try, so that a new account has until its
/// third tick; a walk that was added to an old account, from when it was first planned.
pub fn counted_from(known: &Beginnings) -> Timestamp {
    known
        .last_complete
        .or(known.first_tried)
        .or(known.account_without_walks_since)
        .unwrap_or(known.planned_since)
}

/// Whether three runs should have come.
pub fn is_late(walk: &WalkFacts, grace: Duration, now: Timestamp) -> bool {
    walk.third_tick.is_some_and(|tick| tick.plus(grace) < now)
}

/// Everything that is wrong, the archive as a whole first; nothing means healthy.
pub fn reasons(facts: &Facts) -> Vec<Reason> {
    let catalog = match facts.catalog {
        CatalogState::Answers => None,
        CatalogState::WriterSilent => Some(Reason::WriterSilent),
        CatalogState::Unreadable => Some(Reason::CatalogUnreadable),
    };
    let disk = match facts.disk {
        DiskState::Room { free, min_free } if free < min_free => {
            Some(Reason::DiskFull { free, min_free })
        }
        DiskState::Room { .. } => None,
        DiskState::Unreadable => Some(Reason::DiskUnreadable),
    };
    let late =
        facts.walks.iter().filter(|walk| is_late(walk, facts.grace, facts.now)).map(|walk| {
            Reason::Late {
                account: walk.account.clone(),
                walk: walk.walk.clone(),
                last_complete: walk.last_complete,
            }
        });
    catalog.into_iter().chain(disk).chain(late).collect()
}

impl Reason {
    /// One clause for people.
    pub fn words(&self, names: Names) -> String {
        match self {
            Self::Late { account, walk, last_complete } => {
                let who = match names {
                    Names::Told => format!("account {account}, walk {walk}"),
                    Names::Withheld => "a walk of an account".to_owned(),
                };
                match last_complete {
                    Some(at) => {
                        format!("{who}: three runs are due since it was last complete, at {at}")
                    }
                    None => format!("{who}: three runs were due and none was complete"),
                }
            }
            Self::WriterSilent => "the catalog's writer does not answer".to_owned(),
            Self::CatalogUnreadable => "the catalog cannot be read".to_owned(),
            Self::DiskFull { free, min_free } => {
                format!("the archive's disk is full: {free} bytes are free, min_free is {min_free}")
            }
            Self::DiskUnreadable => "the archive's directory cannot be read".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-22T{text}:00Z").parse().unwrap()
    }

    fn walk(last: Option<&str>, third: Option<&str>) -> WalkFacts {
        WalkFacts {
            account: "bakery".parse().unwrap(),
            walk: "recent".to_owned(),
            last_complete: last.map(at),
            third_tick: third.map(at),
        }
    }

    fn well() -> Facts {
        Facts {
            now: at("12:00"),
            walks: Vec::new(),
            grace: Duration::from_secs(300),
            catalog: CatalogState::Answers,
            disk: DiskState::Room { free: 10, min_free: 10 },
        }
    }

    #[test]
    fn an_idle_daemon_without_accounts_is_healthy() {
        assert_eq!(reasons(&well()), []);
    }

    #[test]
    fn a_walk_is_late_once_its_third_tick_and_the_grace_are_over() {
        for (third, late) in [
            (Some("11:00"), true),
            (Some("11:54"), true),
            (Some("11:55"), false),
            (Some("12:00"), false),
            (Some("13:00"), false),
            (None, false),
        ] {
            let facts = Facts { walks: vec![walk(Some("10:00"), third)], ..well() };
            assert_eq!(reasons(&facts).len(), usize::from(late), "{third:?}");
        }
    }

    #[test]
    fn ticks_are_counted_from_the_last_complete_walk_else_from_the_first_try() {
        let (complete, tried, account) = (at("03:00"), at("02:00"), at("01:00"));
        let planned_since = at("09:00");
        for (last_complete, first_tried, account_without_walks_since, expected) in [
            (Some(complete), Some(tried), None, complete),
            (None, Some(tried), None, tried),
            (None, None, Some(account), account),
            (None, None, None, planned_since),
        ] {
            let known = Beginnings {
                last_complete,
                first_tried,
                account_without_walks_since,
                planned_since,
            };
            assert_eq!(counted_from(&known), expected, "{known:?}");
        }
    }

    #[test]
    fn the_archive_as_a_whole_comes_first() {
        let facts = Facts {
            walks: vec![walk(None, Some("10:00"))],
            catalog: CatalogState::WriterSilent,
            disk: DiskState::Room { free: 9, min_free: 10 },
            ..well()
        };
        let words: Vec<_> = reasons(&facts).iter().map(|r| r.words(Names::Told)).collect();
        assert_eq!(
            words,
            [
                "the catalog's writer does not answer",
                "the archive's disk is full: 9 bytes are free, min_free is 10",
                "account bakery, walk recent: three runs were due and none was complete",
            ]
        );
        let unreadable =
            Facts { catalog: CatalogState::Unreadable, disk: DiskState::Unreadable, ..well() };
        assert_eq!(reasons(&unreadable), [Reason::CatalogUnreadable, Reason::DiskUnreadable]);
    }

    #[test]
    fn a_stranger_learns_no_names() {
        let facts = Facts { walks: vec![walk(Some("03:00"), Some("10:00"))], ..well() };
        let reason = &reasons(&facts)[0];
        assert!(reason.words(Names::Told).contains("bakery"));
        assert_eq!(
            reason.words(Names::Withheld),
            "a walk of an account: three runs are due since it was last complete, at 2026-11-22T03:00:00Z"
        );
    }
}
