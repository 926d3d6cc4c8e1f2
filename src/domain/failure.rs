//! What can go wrong, reduced to what the next decision needs.

use std::fmt;
use std::time::Duration;

use super::pace::Scope;

/// What an answer of the API means for the archive; the only thing that anybody outside the
/// `graph` adapter learns of codes and texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// The network or the server failed for a moment: ask again, later and later.
    Retry,
    /// An allowance is used up, the account's or that of its whole app; `regain` is the API's own
    /// word on how long, when it gave one.
    Wait { regain: Option<Duration>, scope: Scope },
    /// The token does not work: nothing more for this account until a person acted.
    StopAccount(TokenTrouble),
    /// The token lacks a right or the account is of the wrong kind.
    Permission,
    /// The request was too heavy: ask for less.
    Shrink,
    /// The API refuses this field: ask without it.
    DropField(String),
    /// "Does not exist, or no permission, or not supported": never proof of anything alone.
    MaybeGone,
    /// This one request can never succeed.
    Fatal,
}

impl Class {
    /// The word in the catalog's `failures.class`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Wait { .. } => "wait",
            Self::StopAccount(_) => "token",
            Self::Permission => "permission",
            Self::Shrink => "shrink",
            Self::DropField(_) => "drop_field",
            Self::MaybeGone => "maybe_gone",
            Self::Fatal => "fatal",
        }
    }
}

/// Why a token does not work; each asks something else of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTrouble {
    Expired,
    Revoked,
    PasswordChanged,
    Checkpoint,
    /// Not readable as a token of this host: cut, mistyped or made for the other login.
    NotOfThisHost,
    /// The token works, but answers for another account than the configured one.
    OtherAccount,
    /// Refused without a reason that the API numbers.
    Refused,
}

impl TokenTrouble {
    /// Every trouble.
    pub const ALL: [Self; 7] = [
        Self::Expired,
        Self::Revoked,
        Self::PasswordChanged,
        Self::Checkpoint,
        Self::NotOfThisHost,
        Self::OtherAccount,
        Self::Refused,
    ];

    /// Reads the word that [`TokenTrouble::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.as_str() == word)
    }

    /// The word in the catalog's `accounts.state` and in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "token_expired",
            Self::Revoked => "token_revoked",
            Self::PasswordChanged => "password_changed",
            Self::Checkpoint => "checkpoint",
            Self::NotOfThisHost => "token_of_wrong_host",
            Self::OtherAccount => "other_account",
            Self::Refused => "token_refused",
        }
    }

    /// One plain sentence for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::Expired => "the token has expired",
            Self::Revoked => "the account no longer authorises the app",
            Self::PasswordChanged => {
                "the token was ended by a changed password or a security event"
            }
            Self::Checkpoint => {
                "Instagram asks the account's owner to log in and confirm something"
            }
            Self::NotOfThisHost => {
                "the API cannot read the token: it is cut, mistyped or of the other login"
            }
            Self::OtherAccount => "the token belongs to another account",
            Self::Refused => "the API refuses the token",
        }
    }
}

impl fmt::Display for TokenTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.explain())
    }
}

/// Why a file could not be fetched.
///
/// None of these says anything about the item: a file host that answers 404 says that the link
/// aged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileFault {
    /// 403, 404 or 410, or a link known to be past its end: read the item again for a fresh one.
    LinkAged,
    /// Cut, stalled, reset, 5xx, 429: the same link may work in a moment.
    Transient,
    /// The bytes are not what the item says: a page of text, a broken picture, a wrong kind.
    WrongContent,
    /// An address that may not be fetched: not https, not an Instagram host, a private range.
    ForbiddenAddress,
    /// Larger than `max_file_size`.
    TooLarge,
    /// The disk guard or the disk itself says no.
    NoSpace,
    /// Reading or writing the store failed.
    Storage,
    /// The item answers, but has no URL for this file now.
    NoUrl,
    /// The item could not be read again for a fresh link.
    ItemUnreadable,
}

impl FileFault {
    /// The word in the catalog's `failures.class`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LinkAged => "link_aged",
            Self::Transient => "transient",
            Self::WrongContent => "wrong_content",
            Self::ForbiddenAddress => "forbidden_address",
            Self::TooLarge => "too_large",
            Self::NoSpace => "no_space",
            Self::Storage => "storage",
            Self::NoUrl => "no_url",
            Self::ItemUnreadable => "item_unreadable",
        }
    }
}
