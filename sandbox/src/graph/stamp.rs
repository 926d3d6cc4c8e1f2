//! Writes times as Graph does.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;

/// `2026-05-07T13:00:34+0000`: UTC, the offset without a colon.
pub(crate) fn timestamp(unix: i64) -> String {
    let at = civil(unix, Offset::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+0000",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// `Monday, 31-Aug-26 11:00:00 PDT`, as messages about expired sessions say it.
pub(crate) fn pacific(unix: i64) -> String {
    let summer = is_pacific_summer(unix);
    let (hours, zone) = if summer { (-7, "PDT") } else { (-8, "PST") };
    let at = civil(unix, Offset::constant(hours));
    let weekday = match at.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            [usize::from(at.month().unsigned_abs()) - 1];
    format!(
        "{weekday}, {:02}-{month}-{:02} {:02}:{:02}:{:02} {zone}",
        at.day(),
        at.year() % 100,
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Reads `since` and `until`: Unix seconds, or the date texts that people send.
pub(crate) fn moment(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if let Ok(unix) = text.parse::<i64>() {
        return Some(unix);
    }
    match text {
        "now" => return Some(now),
        "today" => return Some(now - now.rem_euclid(86_400)),
        "yesterday" => return Some(now - now.rem_euclid(86_400) - 86_400),
        _ => {}
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    if let Ok(date) = text.parse::<Date>() {
        return Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok().map(Timestamp::as_second);
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return Offset::UTC.to_timestamp(at).ok().map(Timestamp::as_second);
    }
    relative(text).map(|seconds| now + seconds)
}

/// `-30 days`, `+1 week`, `3 hours ago`.
fn relative(text: &str) -> Option<i64> {
    let (text, sign) = match text.strip_suffix("ago") {
        Some(rest) => (rest.trim(), -1),
        None => (text, 1),
    };
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let number: i64 = text[..split].trim().parse().ok()?;
    let unit = match text[split..].trim().trim_end_matches('s') {
        "second" | "sec" => 1,
        "minute" | "min" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        "month" => 30 * 86_400,
        "year" => 365 * 86_400,
        _ => return None,
    };
    Some(sign * number * unit)
}

fn civil(unix: i64, offset: Offset) -> DateTime {
    let at = Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH);
    offset.to_datetime(at)
}

/// Summer time on the US west coast: second Sunday of March to first Sunday of November, at 2 a.m.
fn is_pacific_summer(unix: i64) -> bool {
    let year = civil(unix, Offset::UTC).year();
    let sunday = |month: i8, nth: i8, utc_hour: i8| {
        Date::new(year, month, 1)
            .and_then(|first| first.nth_weekday_of_month(nth, Weekday::Sunday))
            .and_then(|day| Offset::UTC.to_timestamp(day.at(utc_hour, 0, 0, 0)))
            .map_or(0, Timestamp::as_second)
    };
    (sunday(3, 2, 10)..sunday(11, 1, 9)).contains(&unix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_times_have_an_offset_without_a_colon() {
        assert_eq!(timestamp(1_778_158_834), "2026-05-07T13:00:34+0000");
    }

    #[test]
    fn session_messages_speak_pacific_time_in_summer_and_winter() {
        assert_eq!(pacific(1_788_199_200), "Monday, 31-Aug-26 11:00:00 PDT");
        assert_eq!(pacific(1_764_615_600), "Monday, 01-Dec-25 11:00:00 PST");
    }

    #[test]
    fn since_takes_seconds_dates_and_relative_texts() {
        let now = 1_790_000_000;
        assert_eq!(moment("1700000000", now), Some(1_700_000_000));
        assert_eq!(moment("2026-05-07", now), Some(1_778_112_000));
        assert_eq!(moment("2026-05-07T13:00:34+00:00", now), Some(1_778_158_834));
        assert_eq!(moment("-30 days", now), Some(now - 2_592_000));
        assert_eq!(moment("3 hours ago", now), Some(now - 10_800));
        assert_eq!(moment("soon", now), None);
    }
}
