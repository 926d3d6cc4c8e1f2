//! What needs a person: the kinds of trouble that are raised once and end when all is well again.

/// A kind of lasting trouble.
///
/// Something that happened is an event; something that is so until somebody acts, or until it
/// mends itself, is an alarm. There is one open alarm of a kind for an account and a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmKind {
    /// The token ends soon; the level rises at 14, 7, 3 and 1 days.
    TokenExpiring,
    /// The token does not work: a person has to make a new one.
    TokenDead,
    /// A right is missing, or the account is of the wrong kind.
    PermissionMissing,
    /// The passes of the account fail, since the first that did.
    PassFailing,
    /// The API answers, but nothing is judged: its answers contradict each other.
    Blind,
    /// Space runs out, now or by the forecast.
    DiskLow,
    /// Files that were held are missing or damaged.
    Damaged,
    /// The copy of the catalog could not be made or does not open.
    BackupFailing,
    /// The published copy could not be written.
    PublishFailing,
    /// The catalog's log grows because somebody reads without an end.
    WalLarge,
    /// A part of the program stopped answering or panicked, and was started again.
    WorkerRestarted,
    /// A messenger cannot be reached.
    MessengerFailing,
    /// This machine's clock and the API's differ.
    ClockOff,
}

impl AlarmKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::TokenExpiring,
        Self::TokenDead,
        Self::PermissionMissing,
        Self::PassFailing,
        Self::Blind,
        Self::DiskLow,
        Self::Damaged,
        Self::BackupFailing,
        Self::PublishFailing,
        Self::WalLarge,
        Self::WorkerRestarted,
        Self::MessengerFailing,
        Self::ClockOff,
    ];

    /// The word in the catalog, in `--json` and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenExpiring => "token_expiring",
            Self::TokenDead => "token_dead",
            Self::PermissionMissing => "permission_missing",
            Self::PassFailing => "pass_failing",
            Self::Blind => "blind",
            Self::DiskLow => "disk_low",
            Self::Damaged => "damaged",
            Self::BackupFailing => "backup_failing",
            Self::PublishFailing => "publish_failing",
            Self::WalLarge => "wal_large",
            Self::WorkerRestarted => "worker_restarted",
            Self::MessengerFailing => "messenger_failing",
            Self::ClockOff => "clock_off",
        }
    }

    /// What to do about it, in one line; docs/operations.md has more on each.
    pub fn hint(self) -> &'static str {
        match self {
            Self::TokenExpiring => {
                "make a new token before it ends: `mediakeep login ACCOUNT` or `mediakeep token set ACCOUNT`"
            }
            Self::TokenDead => {
                "make a new token: `mediakeep login ACCOUNT` or `mediakeep token set ACCOUNT`; nothing that was kept is touched"
            }
            Self::PermissionMissing => {
                "`mediakeep check` names the missing right; grant it and make a new token"
            }
            Self::PassFailing => {
                "`mediakeep failures` says what failed; it is tried again at every tick"
            }
            Self::Blind => {
                "nothing to do unless it lasts: verdicts wait; `mediakeep walks` says what contradicts"
            }
            Self::DiskLow => {
                "make room or move the archive (docs/operations.md); lists are still walked, files wait"
            }
            Self::Damaged => {
                "`mediakeep verify --repair` fetches again what can be had; look at the disk's health"
            }
            Self::BackupFailing => {
                "look at room and rights of backups/, then run `mediakeep backup`"
            }
            Self::PublishFailing => "look at room and rights where [archive.publish] points",
            Self::WalLarge => {
                "end the program that has been reading catalog.db all the time (`fuser -v catalog.db`)"
            }
            Self::WorkerRestarted => {
                "it was started again by itself; if it comes back, report the log lines before it"
            }
            Self::MessengerFailing => {
                "`mediakeep notify test` says what the messenger answers; what it missed is told later"
            }
            Self::ClockOff => "set this machine's clock (`timedatectl status`)",
        }
    }

    /// Reads the word that [`AlarmKind::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_differ() {
        for kind in AlarmKind::ALL {
            assert_eq!(AlarmKind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(AlarmKind::from_word("nothing"), None);
    }

    #[test]
    fn every_kind_says_what_to_do_in_words_of_its_own() {
        let hints: std::collections::BTreeSet<_> =
            AlarmKind::ALL.into_iter().map(AlarmKind::hint).collect();
        assert_eq!(hints.len(), AlarmKind::ALL.len());
        assert!(hints.iter().all(|hint| hint.len() > 20 && !hint.ends_with('.')), "{hints:?}");
    }
}
