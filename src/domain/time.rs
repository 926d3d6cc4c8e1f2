//! Instants, to the second, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An instant in UTC with a precision of one second.
///
/// Hides the date library behind one type; prints as `2026-11-22T05:27:00Z`, the only form that
/// the catalog and the program's output use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time like 2026-11-22T05:27:00Z")]
pub struct InvalidTimestamp(pub String);

impl Timestamp {
    /// The Unix epoch: earlier than anything that Instagram can hold.
    pub const EPOCH: Self = Self(0);

    /// Builds an instant from Unix seconds, refusing what no calendar year of four digits holds.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        const YEAR_0001: i64 = -62_135_596_800;
        const YEAR_9999: i64 = 253_370_764_800;
        (YEAR_0001..=YEAR_9999).contains(&seconds).then_some(Self(seconds))
    }

    /// Reads the date of an HTTP header, such as `Sun, 22 Nov 2026 05:27:00 GMT`.
    pub fn from_http_date(text: &str) -> Option<Self> {
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Self::from_unix(date.as_second())
    }

    /// Unix seconds.
    pub fn as_unix(self) -> i64 {
        self.0
    }

    /// This instant plus a duration, ending at the last representable year.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self::from_unix(self.0.saturating_add(seconds)).unwrap_or(Self(253_370_764_800))
    }

    /// This instant minus a duration, ending at the first representable year.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self::from_unix(self.0.saturating_sub(seconds)).unwrap_or(Self(-62_135_596_800))
    }

    /// The time from `earlier` to this instant, zero when it lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(instant) => write!(f, "{}", instant.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => f.write_str("0001-01-01T00:00:00Z"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads the catalog's own form and the Graph API's (`2026-05-07T13:00:34+0000`), with or
    /// without a colon in the offset and with fractions of a second, which are dropped.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidTimestamp(text.to_owned());
        let instant = text
            .parse::<jiff::Timestamp>()
            .or_else(|_| jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text))
            .map_err(|_| invalid())?;
        Self::from_unix(instant.as_second()).ok_or_else(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_observed_spelling_of_an_instant_is_read() {
        for text in [
            "2026-05-07T13:00:34+0000",
            "2026-05-07T13:00:34+00:00",
            "2026-05-07T13:00:34Z",
            "2026-05-07T13:00:34.250Z",
            "2026-05-07T15:00:34+0200",
        ] {
            let time: Timestamp = text.parse().expect(text);
            assert_eq!(time.to_string(), "2026-05-07T13:00:34Z");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused_by_name() {
        for text in ["", "yesterday", "2026-05-07", "2026-13-07T13:00:34Z", "1778158834"] {
            let error = text.parse::<Timestamp>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")));
        }
    }

    #[test]
    fn printing_and_reading_are_inverse() {
        for seconds in [0, 1, 951_782_400, 1_778_158_834, 253_370_764_800] {
            let time = Timestamp::from_unix(seconds).unwrap();
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn dates_of_http_headers_are_read() {
        let date = Timestamp::from_http_date("Sun, 22 Nov 2026 05:27:00 GMT").unwrap();
        assert_eq!(date.to_string(), "2026-11-22T05:27:00Z");
        assert_eq!(Timestamp::from_http_date("yesterday"), None);
    }

    #[test]
    fn arithmetic_ends_at_the_edges_of_the_calendar() {
        let now = Timestamp::from_unix(100).unwrap();
        assert_eq!(now.minus(Duration::from_secs(200)).as_unix(), -100);
        assert_eq!(now.since(now.plus(Duration::from_secs(5))), Duration::ZERO);
        assert_eq!(now.plus(Duration::from_secs(5)).since(now), Duration::from_secs(5));
        assert_eq!(now.plus(Duration::MAX).to_string(), "9999-01-01T00:00:00Z");
    }
}
