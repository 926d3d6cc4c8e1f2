//! The kinds of things that people can ask to be told.

use crate::domain::AlarmKind;

/// A kind of news, as `[notify] events` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeKind {
    /// Items are no longer available to their token.
    Gone,
    Returned,
    UrlLost,
    /// Very much was missing at once and is not believed.
    Held,
    GapOpened,
    GapClosed,
    TokenExpiring,
    TokenDead,
    PassFailing,
    DiskLow,
    /// Files or copies are missing or damaged.
    Damaged,
    /// Anything else that needs a person.
    Trouble,
    /// What was told before is well again.
    Recovered,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Gone,
        Self::Returned,
        Self::UrlLost,
        Self::Held,
        Self::GapOpened,
        Self::GapClosed,
        Self::TokenExpiring,
        Self::TokenDead,
        Self::PassFailing,
        Self::DiskLow,
        Self::Damaged,
        Self::Trouble,
        Self::Recovered,
    ];

    /// The word in the configuration and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Returned => "returned",
            Self::UrlLost => "url_lost",
            Self::Held => "held",
            Self::GapOpened => "gap_opened",
            Self::GapClosed => "gap_closed",
            Self::TokenExpiring => "token_expiring",
            Self::TokenDead => "token_dead",
            Self::PassFailing => "pass_failing",
            Self::DiskLow => "disk_low",
            Self::Damaged => "damaged",
            Self::Trouble => "trouble",
            Self::Recovered => "recovered",
        }
    }

    /// Reads the word that [`NoticeKind::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind that an alarm is told as while it lasts.
    pub fn of_alarm(kind: AlarmKind) -> Self {
        match kind {
            AlarmKind::TokenExpiring => Self::TokenExpiring,
            AlarmKind::TokenDead => Self::TokenDead,
            AlarmKind::PassFailing => Self::PassFailing,
            AlarmKind::DiskLow => Self::DiskLow,
            AlarmKind::Damaged => Self::Damaged,
            AlarmKind::PermissionMissing
            | AlarmKind::Blind
            | AlarmKind::BackupFailing
            | AlarmKind::PublishFailing
            | AlarmKind::WalLarge
            | AlarmKind::WorkerRestarted
            | AlarmKind::MessengerFailing
            | AlarmKind::ClockOff => Self::Trouble,
        }
    }

    /// How urgent it is by itself.
    pub fn priority(self) -> Priority {
        match self {
            Self::TokenDead | Self::DiskLow | Self::Damaged | Self::Held | Self::PassFailing => {
                Priority::High
            }
            Self::Gone | Self::UrlLost | Self::GapOpened | Self::TokenExpiring | Self::Trouble => {
                Priority::Normal
            }
            Self::Returned | Self::GapClosed | Self::Recovered => Priority::Low,
        }
    }
}

/// How loudly something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Low,
    Normal,
    High,
}

impl Priority {
    /// The word in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}
