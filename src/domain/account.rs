//! Accounts: the label, the kind of login, the id.

use std::fmt;
use std::str::FromStr;

/// The operator's own label of an account: `a-z 0-9 . _ -`, at most 64 characters.
///
/// It names a file under `tokens/`, hence the narrow alphabet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

/// A text that cannot label an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot name an account: use 1 to 64 of a-z 0-9 . _ - and begin with a-z or 0-9")]
pub struct InvalidAccountName(pub String);

impl AccountName {
    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = InvalidAccountName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (1..=64).contains(&text.len())
            && text.bytes().next().is_some_and(plain)
            && text.bytes().all(|c| plain(c) || matches!(c, b'.' | b'_' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidAccountName(text.to_owned())) }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which of the API's two logins an account uses; it decides the host and the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Login {
    /// Instagram API with Instagram Login: `graph.instagram.com`.
    Instagram,
    /// Instagram API with Facebook Login: `graph.facebook.com`.
    Facebook,
}

impl Login {
    /// The word used in the configuration and the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instagram => "instagram",
            Self::Facebook => "facebook",
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The id of the professional account (`1784…`), a decimal number kept as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

/// A text that is no account id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an account id: it is a number of 1 to 24 digits, like 17841400000000111")]
pub struct InvalidUserId(pub String);

impl UserId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=24).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidUserId(text.to_owned())) }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_names_are_safe_as_file_names() {
        for name in ["a", "bakery_lena", "lena.travel", "old-shop", "7up"] {
            assert_eq!(name.parse::<AccountName>().unwrap().as_str(), name);
        }
        let long = "a".repeat(65);
        for name in ["", ".", "..", ".hidden", "-x", "a/b", "Ä", "A", "a b", "a\n", long.as_str()]
        {
            assert!(name.parse::<AccountName>().is_err(), "{name:?} was accepted");
        }
    }

    #[test]
    fn user_ids_are_digits() {
        assert!("17841400000000111".parse::<UserId>().is_ok());
        for id in ["", "me", "1784x", " 1784", "1784\u{0660}", "1234567890123456789012345"] {
            assert!(id.parse::<UserId>().is_err(), "{id:?} was accepted");
        }
    }
}
