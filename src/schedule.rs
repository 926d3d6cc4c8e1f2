//! When the next run is: crontab expressions in a time zone.
//!
//! The `cron` crate computes, but reads another dialect (weekdays count from 1, both day fields
//! must hold, no five fields) and stumbles over the days when clocks change. So it is given
//! plain lists of numbers and bare wall-clock readings; `fields` translates what people write
//! and [`Schedule`] turns readings into instants. Chrono appears here alone, because that crate
//! speaks it.

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::domain::Timestamp;

mod fields;
#[cfg(test)]
mod tests;

use fields::Fields;

/// A crontab expression: five fields, six with seconds first, or a nickname like `@hourly`.
///
/// As in crontab, weekdays are 0 to 7 (0 and 7 are Sunday) or names, and when day of month and
/// day of week are both restricted, either is enough.
#[derive(Debug, Clone)]
pub struct Crontab {
    text: String,
    /// One, or two when either of the day fields is enough.
    alternatives: Vec<cron::Schedule>,
    every_hour: bool,
}

/// A text that is no crontab expression; the message says which field is wrong and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidCrontab(String);

impl Crontab {
    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The next reading of a wall clock, in seconds, after the given one.
    fn next_reading(&self, after: i64) -> Option<i64> {
        let after = DateTime::from_timestamp(after, 0)?;
        let next = |schedule: &cron::Schedule| schedule.after(&after).next();
        self.alternatives.iter().filter_map(next).min().map(|reading| reading.timestamp())
    }
}

impl PartialEq for Crontab {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Crontab {}

impl FromStr for Crontab {
    type Err = InvalidCrontab;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const YEAR_2000: i64 = 946_684_800;
        let fields = Fields::parse(text).map_err(InvalidCrontab)?;
        let alternatives: Result<Vec<_>, _> =
            fields.for_cron().iter().map(|source| source.parse::<cron::Schedule>()).collect();
        let crontab = Self {
            text: text.trim().to_owned(),
            alternatives: alternatives
                .map_err(|error| InvalidCrontab(format!("not a schedule: {error}")))?,
            every_hour: fields.every_hour,
        };
        match crontab.next_reading(YEAR_2000) {
            Some(_) => Ok(crontab),
            None => Err(InvalidCrontab("a schedule without any run: no such day exists".into())),
        }
    }
}

impl fmt::Display for Crontab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A time zone by its IANA name.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

/// A name that the machine's time zone data does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such time zone")]
pub struct UnknownZone;

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The instant on a wall clock of this zone: `2026-11-22 06:30 CET`.
    pub fn show(&self, instant: Timestamp) -> String {
        jiff::Timestamp::from_second(instant.as_unix()).map_or_else(
            |_| instant.to_string(),
            |at| at.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string(),
        )
    }

    /// As [`Zone::show`], to the second: `2026-11-22 06:30:17 CET`.
    pub fn show_exactly(&self, instant: Timestamp) -> String {
        jiff::Timestamp::from_second(instant.as_unix()).map_or_else(
            |_| instant.to_string(),
            |at| at.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        )
    }

    fn offset(&self, seconds: i64) -> Option<Offset> {
        Some(self.0.to_offset(jiff::Timestamp::from_second(seconds).ok()?))
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if matches!(name, "UTC" | "Etc/UTC") {
            return Ok(Self::UTC);
        }
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone)
    }
}

/// A crontab expression in a time zone.
///
/// On the days when clocks change, a run at a fixed hour happens exactly once: one whose hour is
/// skipped comes as much later as the clock jumped, one whose hour comes twice takes the first.
/// A schedule whose hour field begins with `*` follows the clock instead: it neither pauses nor
/// doubles up, so that "every 15 minutes" stays every 15 minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    crontab: Crontab,
    zone: Zone,
}

impl Schedule {
    /// Puts an expression into a zone.
    pub fn new(crontab: Crontab, zone: Zone) -> Self {
        Self { crontab, zone }
    }

    /// The expression.
    pub fn crontab(&self) -> &Crontab {
        &self.crontab
    }

    /// The zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The first run after `now`; none once the calendar of the `cron` crate ends, in 2100.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = if self.crontab.every_hour {
            self.next_following_the_clock(now.as_unix())
        } else {
            self.next_at_fixed_hours(now.as_unix())
        };
        Timestamp::from_unix(seconds?)
    }

    /// The next `n` runs after `now`.
    pub fn next_runs(&self, now: Timestamp, n: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next_after(now), |run| self.next_after(*run)).take(n).collect()
    }

    /// Instants whose wall-clock reading matches, both times where a reading comes twice.
    fn next_following_the_clock(&self, now: i64) -> Option<i64> {
        // A calendar until 2100 holds no more changes of the clock than this.
        const CHANGES: usize = 1_000;
        let mut after = now;
        let mut offset = i64::from(self.zone.offset(now)?.seconds());
        for _ in 0..CHANGES {
            let run = self.crontab.next_reading(after + offset)? - offset;
            let from = jiff::Timestamp::from_second(after).ok()?;
            match self.zone.0.following(from).next() {
                Some(change) if change.timestamp().as_second() <= run => {
                    after = change.timestamp().as_second() - 1;
                    offset = i64::from(change.offset().seconds());
                    let at_the_change = self.crontab.next_reading(after + offset)? - offset;
                    if at_the_change == after + 1 {
                        return Some(at_the_change);
                    }
                    after += 1;
                }
                Some(_) | None => return Some(run),
            }
        }
        None
    }

    /// Every matching reading once.
    fn next_at_fixed_hours(&self, now: i64) -> Option<i64> {
        // No zone has ever jumped by more than a day.
        const LONGEST_JUMP: i64 = 25 * 3_600;
        let offset = self.zone.offset(now)?;
        let before = self.zone.offset(now - LONGEST_JUMP)?;
        let mut reading = now + i64::from(offset.seconds());
        if before != offset {
            reading -= LONGEST_JUMP;
        }
        let mut soonest: Option<i64> = None;
        while let Some(next) = self.crontab.next_reading(reading) {
            reading = next;
            let (run, skipped) = self.instant_of(reading)?;
            if run > now {
                soonest = Some(soonest.map_or(run, |soonest| soonest.min(run)));
                // Only readings inside a jump come out of order.
                if !skipped {
                    break;
                }
            }
        }
        soonest
    }

    /// The instant of a wall-clock reading, and whether the clock skips that reading.
    fn instant_of(&self, reading: i64) -> Option<(i64, bool)> {
        let reading = jiff::Timestamp::from_second(reading).ok()?;
        let reading: civil::DateTime = TimeZone::UTC.to_datetime(reading);
        let ambiguous = self.zone.0.to_ambiguous_timestamp(reading);
        let skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        Some((ambiguous.compatible().ok()?.as_second(), skipped))
    }
}
