//! Exit codes and the error that carries one.

use std::error::Error;
use std::fmt;

/// How the program ends; the numbers are part of the interface and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Done, also when there was nothing new.
    Done,
    /// An error that nobody foresaw.
    Bug,
    /// The command line makes no sense.
    Usage,
    /// Finished, but something needs attention; it is listed and tried again.
    Attention,
    /// The configuration is missing or wrong.
    Config,
    /// Another process works on the archive.
    InUse,
    /// A token is missing, expired or revoked.
    Token,
    /// A permission is missing, or the account is of the wrong kind.
    Permission,
    /// The API's allowance is used up.
    Allowance,
    /// The API or the network is not available.
    Unavailable,
    /// The storage is full, read-only or not the right one.
    Storage,
    /// Files of the archive are missing or damaged.
    Damage,
    /// The catalog is newer than the program, or could not be migrated.
    Catalog,
    /// Interrupted by SIGINT.
    Interrupted,
    /// Ended by SIGTERM.
    Terminated,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Bug,
        Self::Usage,
        Self::Attention,
        Self::Config,
        Self::InUse,
        Self::Token,
        Self::Permission,
        Self::Allowance,
        Self::Unavailable,
        Self::Storage,
        Self::Damage,
        Self::Catalog,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Attention => 3,
            Self::Config => 10,
            Self::InUse => 11,
            Self::Token => 12,
            Self::Permission => 13,
            Self::Allowance => 14,
            Self::Unavailable => 15,
            Self::Storage => 16,
            Self::Damage => 17,
            Self::Catalog => 18,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What the number means, in the words of the manual.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, also when there was nothing new",
            Self::Bug => "unexpected error (a bug: please report it)",
            Self::Usage => "wrong command line",
            Self::Attention => "finished, but something needs attention",
            Self::Config => "configuration missing or wrong",
            Self::InUse => "archive in use by another mediakeep",
            Self::Token => "token missing, expired or revoked",
            Self::Permission => "permission missing or account of the wrong kind",
            Self::Allowance => "API allowance used up, try later",
            Self::Unavailable => "API or network unavailable after retries",
            Self::Storage => "storage full, not writable or not this archive's",
            Self::Damage => "files missing or damaged",
            Self::Catalog => "catalog newer than the program, or migration failed",
            Self::Interrupted => "interrupted (SIGINT)",
            Self::Terminated => "terminated (SIGTERM)",
        }
    }

    /// The word in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Bug => "bug",
            Self::Usage => "usage",
            Self::Attention => "attention",
            Self::Config => "config",
            Self::InUse => "in_use",
            Self::Token => "token",
            Self::Permission => "permission",
            Self::Allowance => "allowance",
            Self::Unavailable => "unavailable",
            Self::Storage => "storage",
            Self::Damage => "damage",
            Self::Catalog => "catalog",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// One code for the outcomes of several accounts.
    ///
    /// All the same: that. Some accounts done, others not: [`Exit::Attention`]. None done: the
    /// lowest of the reasons.
    pub fn of_accounts(outcomes: impl IntoIterator<Item = Self>) -> Self {
        let outcomes: Vec<Self> = outcomes.into_iter().collect();
        let finished = outcomes.iter().any(|exit| matches!(exit, Self::Done | Self::Attention));
        let worst = outcomes.iter().copied().filter(|exit| *exit != Self::Done).min();
        match worst {
            None => Self::Done,
            Some(_) if finished => Self::Attention,
            Some(exit) => exit,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that knows how the program ends and what the person can do next.
///
/// Anything else that reaches the top counts as a bug.
#[derive(Debug)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// An error in plain words, which name the account, file or key.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, source: None }
    }

    /// Adds the next command or step to try.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds the error behind this one; its text is printed after the message.
    #[must_use]
    pub fn caused_by(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The next step, where one is known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_the_documented_ones() {
        let codes: Vec<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
        assert_eq!(codes, [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 130, 143]);
    }

    #[test]
    fn several_accounts_end_with_one_code() {
        for (outcomes, expected) in [
            (vec![], Exit::Done),
            (vec![Exit::Done, Exit::Done], Exit::Done),
            (vec![Exit::Done, Exit::Token], Exit::Attention),
            (vec![Exit::Attention, Exit::Storage], Exit::Attention),
            (vec![Exit::Unavailable, Exit::Token], Exit::Token),
            (vec![Exit::Allowance], Exit::Allowance),
        ] {
            assert_eq!(Exit::of_accounts(outcomes.clone()), expected, "{outcomes:?}");
        }
    }

    #[test]
    fn a_failure_keeps_its_cause_out_of_its_own_text() {
        let failure = Failure::new(Exit::Storage, "could not open /a")
            .caused_by(std::io::Error::other("disk on fire"))
            .with_hint("put it out");
        assert_eq!(failure.to_string(), "could not open /a");
        assert_eq!(failure.source().unwrap().to_string(), "disk on fire");
        assert_eq!(failure.hint(), Some("put it out"));
    }
}
