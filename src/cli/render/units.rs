//! Numbers for people.

use std::time::Duration;

use crate::domain::Timestamp;

/// Bytes with a binary unit and about three digits: `730 MiB`, `1.5 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut whole = bytes;
    let mut tenths = 0;
    let mut unit = "B";
    for next in UNITS {
        if whole < 1024 {
            break;
        }
        tenths = (whole % 1024) * 10 / 1024;
        whole /= 1024;
        unit = next;
    }
    if whole < 10 { format!("{whole}.{tenths} {unit}") } else { format!("{whole} {unit}") }
}

/// A count in groups of three: `4 812`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A duration in its two largest units: `1 min 12 s`, `6 d 2 h`.
pub(crate) fn duration(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let seconds = duration.as_secs();
    let Some(first) = UNITS.iter().position(|(size, _)| seconds >= *size) else {
        return "0 s".to_owned();
    };
    let (size, unit) = UNITS[first];
    let rest = UNITS.get(first + 1).map(|(size, unit)| (seconds % UNITS[first].0 / size, unit));
    match rest {
        Some((rest, next)) if rest > 0 => format!("{} {unit} {rest} {next}", seconds / size),
        Some(_) | None => format!("{} {unit}", seconds / size),
    }
}

/// How long ago, in the largest unit: `12 min ago`.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        return format!("in {}", largest(at.since(now)));
    }
    format!("{} ago", largest(now.since(at)))
}

/// How long since then, in the largest unit: `12 min`.
pub(crate) fn span(from: Timestamp, now: Timestamp) -> String {
    largest(now.since(from))
}

fn largest(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (size, unit) = match seconds {
        0..60 => (1, "s"),
        60..3_600 => (60, "min"),
        3_600..172_800 => (3_600, "h"),
        _ => (86_400, "d"),
    };
    format!("{} {unit}", seconds / size)
}

/// A singular or plural noun with its number: `1 file`, `2 files`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (number, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (10 << 10, "10 KiB"),
            (730 << 20, "730 MiB"),
            (u64::MAX, "15 EiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
        for (number, text) in
            [(0, "0"), (999, "999"), (4812, "4\u{a0}812"), (1_000_000, "1\u{a0}000\u{a0}000")]
        {
            assert_eq!(count(number), text);
        }
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (72, "1 min 12 s"), (3_600, "1 h"), (525_600, "6 d 2 h")]
        {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(counted(0, "file"), "0 files");
    }

    #[test]
    fn the_past_is_ago_and_the_future_is_ahead() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (at, text) in [
            ("2026-11-22T11:48:00Z", "12 min ago"),
            ("2026-11-22T12:00:00Z", "0 s ago"),
            ("2026-11-20T13:00:00Z", "47 h ago"),
            ("2026-11-19T11:00:00Z", "3 d ago"),
            ("2026-11-22T13:00:00Z", "in 1 h"),
        ] {
            assert_eq!(ago(at.parse().unwrap(), now), text);
        }
    }
}
