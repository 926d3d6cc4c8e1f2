//! Values with units and ranges, read from text so that a wrong one names itself.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::domain::{AccountName, Timestamp, UserId};

/// Something that is written as a string in the configuration.
pub(super) trait Word: Sized {
    /// Completes "expected …".
    const EXPECTED: &'static str;
    /// The advice that follows a wrong value; empty for none.
    const HINT: &'static str = "";

    /// Reads the text; the error says what is wrong with it, without repeating it.
    fn read(text: &str) -> Result<Self, String>;
}

/// A value read by [`Word`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text<T>(pub(super) T);

struct WordVisitor<T>(PhantomData<T>);

impl<T: Word> Visitor<'_> for WordVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        T::read(text).map(Text).map_err(|problem| E::custom(format!("{problem}\n{}", T::HINT)))
    }
}

impl<'de, T: Word> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor(PhantomData))
    }
}

impl Word for Duration {
    const EXPECTED: &'static str = "a duration in quotes, such as \"24h\"";
    const HINT: &'static str =
        "units are s, m, h, d and w, as in \"90s\", \"15m\", \"24h\", \"30d\"";

    fn read(text: &str) -> Result<Self, String> {
        const HUNDRED_YEARS: u64 = 100 * 366 * 86_400;
        let mut seconds = 0_u64;
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err("not a duration".to_owned());
        }
        while !rest.is_empty() {
            let (number, unit_on) = split_number(rest).ok_or("not a duration")?;
            let unit_ends = unit_on.find(|c: char| !c.is_ascii_alphabetic());
            let (unit, next) = unit_on.split_at(unit_ends.unwrap_or(unit_on.len()));
            let factor = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                "w" => 604_800,
                "" => return Err("a duration without its unit".to_owned()),
                _ => return Err("a duration with an unknown unit".to_owned()),
            };
            let part = number.checked_mul(factor).ok_or("too long a duration")?;
            seconds = seconds.checked_add(part).ok_or("too long a duration")?;
            rest = next.trim_start();
        }
        if seconds > HUNDRED_YEARS {
            return Err("longer than a hundred years".to_owned());
        }
        Ok(Self::from_secs(seconds))
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size(pub(super) u64);

impl Word for Size {
    const EXPECTED: &'static str = "a size in quotes, such as \"5GiB\"";
    const HINT: &'static str = "units are B, kB, MB, GB, TB (1000) and KiB, MiB, GiB, TiB (1024)";

    fn read(text: &str) -> Result<Self, String> {
        let (number, unit) = split_number(text.trim()).ok_or("not a size")?;
        let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
            "b" => 1,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            "tib" => 1 << 40,
            "" => return Err("a size without its unit".to_owned()),
            _ => return Err("a size with an unknown unit".to_owned()),
        };
        number.checked_mul(factor).map(Self).ok_or_else(|| "too large a size".to_owned())
    }
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let ends = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(ends);
    Some((digits.parse().ok()?, rest))
}

/// The beginning or end of a walk's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long before the walk begins.
    Ago(Duration),
    /// A fixed instant.
    At(Timestamp),
}

impl Since {
    /// The instant that it means for a walk that begins at `now`.
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(duration) => now.minus(duration),
            Self::At(instant) => instant,
        }
    }
}

impl std::str::FromStr for Since {
    type Err = String;

    /// Reads `30d`, `2026-05-07` (midnight in UTC) or `2026-05-07T13:00:00Z`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let midnight = || format!("{text}T00:00:00Z").parse();
        if let Ok(instant) = text.parse::<Timestamp>().or_else(|_| midnight()) {
            return Ok(Self::At(instant));
        }
        Duration::read(text).map(Self::Ago).map_err(|_| "neither a date nor a duration".to_owned())
    }
}

impl Word for Since {
    const EXPECTED: &'static str =
        "a date or a duration in quotes, such as \"2026-05-07\" or \"30d\"";
    const HINT: &'static str = "write \"30d\", \"2026-05-07\" or \"2026-05-07T13:00:00Z\"";

    fn read(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl Word for AccountName {
    const EXPECTED: &'static str = "a name in quotes";
    const HINT: &'static str = "use 1 to 64 of a-z 0-9 . _ - and begin with a-z or 0-9";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "not a usable name".to_owned())
    }
}

impl Word for UserId {
    const EXPECTED: &'static str = "an account id in quotes, such as \"17841400000000111\"";
    const HINT: &'static str =
        "the id is the number that the API calls user_id, in quotes; see docs/tokens.md";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "not an account id of 1 to 24 digits".to_owned())
    }
}

/// The name of a walk, in the alphabet of account names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label(pub(super) String);

impl Word for Label {
    const EXPECTED: &'static str = AccountName::EXPECTED;
    const HINT: &'static str = AccountName::HINT;

    fn read(text: &str) -> Result<Self, String> {
        AccountName::read(text).map(|name| Self(name.as_str().to_owned()))
    }
}

/// A number kept as text, since it is an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digits(pub(super) String);

impl Word for Digits {
    const EXPECTED: &'static str = "an id in quotes";
    const HINT: &'static str = "an id is a number of 1 to 24 digits, in quotes";

    fn read(text: &str) -> Result<Self, String> {
        UserId::read(text)
            .map(|id| Self(id.as_str().to_owned()))
            .map_err(|_| "not an id of 1 to 24 digits".to_owned())
    }
}

/// A whole number within a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole<const MIN: u32, const MAX: u32>(pub(super) u32);

struct WholeVisitor<const MIN: u32, const MAX: u32>;

impl<const MIN: u32, const MAX: u32> Visitor<'_> for WholeVisitor<MIN, MAX> {
    type Value = Whole<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        match u32::try_from(number) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Whole(number)),
            Ok(_) | Err(_) => {
                Err(E::custom(format!("expected a whole number from {MIN} to {MAX}")))
            }
        }
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(WholeVisitor)
    }
}

/// A number from 0 up to a bound, fractions allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct UpTo<const MAX: u32>(pub(super) f64);

struct UpToVisitor<const MAX: u32>;

impl<const MAX: u32> Visitor<'_> for UpToVisitor<MAX> {
    type Value = UpTo<MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number from 0 to {MAX}")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        if (0.0..=f64::from(MAX)).contains(&number) {
            Ok(UpTo(number))
        } else {
            Err(E::custom(format!("expected a number from 0 to {MAX}")))
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        match i32::try_from(number) {
            Ok(number) => self.visit_f64(f64::from(number)),
            Err(_) => Err(E::custom(format!("expected a number from 0 to {MAX}"))),
        }
    }
}

impl<'de, const MAX: u32> Deserialize<'de> for UpTo<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(UpToVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_their_units() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("24h", 86_400),
            ("30d", 2_592_000),
            ("2w", 1_209_600),
            ("1h30m", 5_400),
            ("1h 30m", 5_400),
            ("0s", 0),
        ] {
            assert_eq!(Duration::read(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", " ", "24", "h", "24 hours", "-1h", "1.5h", "99999999999999999999s", "101000w"]
        {
            assert!(Duration::read(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn sizes_carry_their_units() {
        for (text, bytes) in [
            ("5GiB", 5 << 30),
            ("200MB", 200_000_000),
            ("1 KiB", 1024),
            ("7b", 7),
            ("0B", 0),
            ("2tib", 2 << 40),
        ] {
            assert_eq!(Size::read(text), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "5", "GiB", "5 gigs", "-5GB", "1.5GB", "20000000TiB"] {
            assert!(Size::read(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_window_begins_some_time_ago_or_on_a_date() {
        let now: Timestamp = "2026-05-07T12:00:00Z".parse().unwrap();
        for (text, begin) in [
            ("30d", "2026-04-07T12:00:00Z"),
            ("2026-01-02", "2026-01-02T00:00:00Z"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ] {
            assert_eq!(Since::read(text).unwrap().resolve(now).to_string(), begin, "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "30"] {
            assert!(Since::read(text).is_err(), "{text:?} was accepted");
        }
    }
}
