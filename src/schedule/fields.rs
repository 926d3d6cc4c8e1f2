//! Reads the fields of a crontab line and writes them in the dialect of the `cron` crate.

use std::collections::BTreeSet;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// What one field may hold.
struct Kind {
    name: &'static str,
    min: u32,
    max: u32,
    /// Names of the values from `min` on.
    names: &'static [&'static str],
}

const SECOND: Kind = Kind { name: "second", min: 0, max: 59, names: &[] };
const MINUTE: Kind = Kind { name: "minute", min: 0, max: 59, names: &[] };
const HOUR: Kind = Kind { name: "hour", min: 0, max: 23, names: &[] };
const DAY: Kind = Kind { name: "day of month", min: 1, max: 31, names: &[] };
const MONTH: Kind = Kind { name: "month", min: 1, max: 12, names: &MONTHS };
const WEEKDAY: Kind = Kind { name: "day of week", min: 0, max: 7, names: &WEEKDAYS };

/// One field's values, and whether it was written with a star first, which is what crontab goes
/// by when it joins the two day fields.
#[derive(Debug, Clone)]
struct Set {
    values: BTreeSet<u32>,
    star: bool,
}

/// The fields of one expression.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    second: Set,
    minute: Set,
    hour: Set,
    day: Set,
    month: Set,
    weekday: Set,
    /// Whether the hour field begins with a star.
    pub(super) every_hour: bool,
}

impl Fields {
    /// Reads an expression; the error names the field.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@reboot" => return Err("@reboot is no time".to_owned()),
            other if other.starts_with('@') => return Err("an unknown nickname".to_owned()),
            other => other,
        };
        let mut words: Vec<&str> = text.split_whitespace().collect();
        match words.len() {
            5 => words.insert(0, "0"),
            6 => {}
            n => return Err(format!("{n} fields instead of 5, or 6 with seconds")),
        }
        let [second, minute, hour, day, month, weekday] = words[..] else {
            return Err("not a schedule".to_owned());
        };
        let hour = field(hour, &HOUR)?;
        Ok(Self {
            second: field(second, &SECOND)?,
            minute: field(minute, &MINUTE)?,
            day: field(day, &DAY)?,
            month: field(month, &MONTH)?,
            weekday: field(weekday, &WEEKDAY)?,
            every_hour: hour.star,
            hour,
        })
    }

    /// One expression for the `cron` crate, or two of which either is enough.
    pub(super) fn for_cron(&self) -> Vec<String> {
        let all_days: BTreeSet<u32> = (DAY.min..=DAY.max).collect();
        let all_weekdays: BTreeSet<u32> = (0..7).collect();
        let write = |days: &BTreeSet<u32>, weekdays: &BTreeSet<u32>| {
            let weekdays: BTreeSet<u32> = weekdays.iter().map(|day| day % 7 + 1).collect();
            [
                list(&self.second.values),
                list(&self.minute.values),
                list(&self.hour.values),
                list(days),
                list(&self.month.values),
                list(&weekdays),
            ]
            .join(" ")
        };
        if self.day.star || self.weekday.star {
            vec![write(&self.day.values, &self.weekday.values)]
        } else {
            vec![write(&self.day.values, &all_weekdays), write(&all_days, &self.weekday.values)]
        }
    }
}

fn list(values: &BTreeSet<u32>) -> String {
    values.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn field(text: &str, kind: &Kind) -> Result<Set, String> {
    let mut values = BTreeSet::new();
    for part in text.split(',') {
        values.extend(range(part, kind)?);
    }
    Ok(Set { values, star: text.starts_with('*') })
}

fn range(part: &str, kind: &Kind) -> Result<impl Iterator<Item = u32> + use<>, String> {
    let name = kind.name;
    let (span, step) = match part.split_once('/') {
        None => (part, 1),
        Some((span, step)) => match number(step) {
            Some(step) if step > 0 => (span, step),
            Some(_) | None => return Err(format!("{name}: a step must be a number above 0")),
        },
    };
    let (first, last) = if span == "*" {
        // Sunday has two numbers; a star means each day once.
        (kind.min, if kind.max == WEEKDAY.max { 6 } else { kind.max })
    } else if let Some((first, last)) = span.split_once('-') {
        let first = value(first, kind)?;
        let last = match value(last, kind)? {
            0 if kind.max == WEEKDAY.max && first > 0 => WEEKDAY.max,
            last => last,
        };
        (first, last)
    } else if part.contains('/') {
        return Err(format!("{name}: a step needs a range, as in {}-{}/2", kind.min, kind.max));
    } else {
        let only = value(span, kind)?;
        (only, only)
    };
    if first > last {
        return Err(format!("{name}: the range {span} runs backwards"));
    }
    Ok((first..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX)))
}

fn value(text: &str, kind: &Kind) -> Result<u32, String> {
    let Kind { name, min, max, names } = kind;
    if let Some(number) = number(text) {
        return if (*min..=*max).contains(&number) {
            Ok(number)
        } else {
            Err(format!("{name}: {number} is not within {min}-{max}"))
        };
    }
    (*min..)
        .zip(names.iter())
        .find(|(_, known)| text.eq_ignore_ascii_case(known))
        .map(|(number, _)| number)
        .ok_or_else(|| format!("{name}: {text:?} is not within {min}-{max}"))
}

fn number(text: &str) -> Option<u32> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
