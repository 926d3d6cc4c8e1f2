//! Which copies of the catalog stay.

use super::Timestamp;

/// Copies that were made before a migration and stay, beside the others.
pub const BEFORE_MIGRATIONS: usize = 3;

/// What a name in `backups/` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyName {
    /// Made on schedule or by a person, at this time.
    Scheduled { made_at: Timestamp },
    /// Made before this schema was left behind.
    BeforeMigration { schema: u32, made_at: Timestamp },
    /// Nothing that this program names so: it is never touched.
    Foreign,
}

impl CopyName {
    /// Reads a name; only the exact form that this program writes is its own.
    pub fn read(name: &str) -> Self {
        Self::own(name).unwrap_or(Self::Foreign)
    }

    /// The name that a copy gets.
    pub fn of(made_at: Timestamp) -> String {
        format!("catalog-{}.db", stamp(made_at))
    }

    /// When it was made; nothing for what is not ours.
    pub fn made_at(self) -> Option<Timestamp> {
        match self {
            Self::Scheduled { made_at } | Self::BeforeMigration { made_at, .. } => Some(made_at),
            Self::Foreign => None,
        }
    }

    fn own(name: &str) -> Option<Self> {
        let middle = name.strip_prefix("catalog-")?.strip_suffix(".db")?;
        let Some(rest) = middle.strip_prefix("schema") else {
            return read_stamp(middle).map(|made_at| Self::Scheduled { made_at });
        };
        let (schema, at) = rest.split_once('-')?;
        let plain = !schema.starts_with(['0', '+']);
        let schema = schema.parse().ok().filter(|_| plain)?;
        Some(Self::BeforeMigration { schema, made_at: read_stamp(at)? })
    }
}

/// A time as it stands in names: `20261122T052700Z`.
pub fn stamp(at: Timestamp) -> String {
    at.to_string().replace(['-', ':'], "")
}

fn read_stamp(stamp: &str) -> Option<Timestamp> {
    let parts = [(0, 4), (4, 6), (6, 11), (11, 13), (13, 16)];
    let is_plain = stamp.len() == 16 && stamp.is_ascii();
    let part = |(from, to): (usize, usize)| stamp.get(from..to);
    let [year, month, day, minute, second] = parts.map(part);
    let text = format!("{}-{}-{}:{}:{}", year?, month?, day?, minute?, second?);
    let at: Timestamp = text.parse().ok().filter(|_| is_plain)?;
    (self::stamp(at) == stamp).then_some(at)
}

/// The copies that make room, given all names in `backups/` and the one that was just made and
/// checked.
///
/// The `keep` newest stay, and of those made before a migration the newest few. `good` always
/// stays: were all others damaged, it is the last that is known to open. What lies in the future
/// was dated by a clock that went wrong; it counts as oldest, so that it pushes out nothing.
pub fn to_remove(names: &[String], keep: usize, good: &str, now: Timestamp) -> Vec<String> {
    let mut scheduled = Vec::new();
    let mut migrations = Vec::new();
    for name in names {
        match CopyName::read(name) {
            CopyName::Scheduled { made_at } => scheduled.push((made_at <= now, made_at, name)),
            CopyName::BeforeMigration { made_at, .. } => {
                migrations.push((made_at <= now, made_at, name));
            }
            CopyName::Foreign => {}
        }
    }
    scheduled.sort_unstable();
    migrations.sort_unstable();
    let spare = |copies: Vec<(bool, Timestamp, &String)>, keep: usize| {
        let extra = copies.len().saturating_sub(keep);
        let names: Vec<String> =
            copies.into_iter().take(extra).map(|(_, _, name)| name.clone()).collect();
        names
    };
    let mut remove = spare(scheduled, keep.max(1));
    remove.extend(spare(migrations, BEFORE_MIGRATIONS));
    remove.retain(|name| name != good);
    remove
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_is_ours_only_in_the_exact_form() {
        let made_at = at("2026-11-22T05:27:00Z");
        assert_eq!(CopyName::of(made_at), "catalog-20261122T052700Z.db");
        assert_eq!(CopyName::read("catalog-20261122T052700Z.db"), CopyName::Scheduled { made_at });
        assert_eq!(
            CopyName::read("catalog-schema2-20261122T052700Z.db"),
            CopyName::BeforeMigration { schema: 2, made_at }
        );
        for name in [
            "catalog.db",
            "catalog-20261122T052700Z.db.partial",
            ".catalog-20261122T052700Z.db.partial",
            "catalog-20261322T052700Z.db",
            "catalog-2026-11-22T05:27:00Z.db",
            "catalog-20261122T052700Z-before-the-move.db",
            "catalog-20261122T052700Z (copy).db",
            "catalog-schema-20261122T052700Z.db",
            "catalog-schema02-20261122T052700Z.db",
            "catalog-schema+2-20261122T052700Z.db",
            "catalog-20261122T0527é0Z.db",
            "catalog-.db",
            "replaced-20261122T052700Z",
            "",
        ] {
            assert_eq!(CopyName::read(name), CopyName::Foreign, "{name}");
        }
    }

    #[test]
    fn the_newest_stay_and_nothing_foreign_is_touched() {
        let copy = |day: u32| format!("catalog-202611{day:02}T034000Z.db");
        let before = |schema: u32| format!("catalog-schema{schema}-2025010{schema}T000000Z.db");
        let now = at("2026-11-22T05:27:00Z");
        let days = |range: std::ops::RangeInclusive<u32>| range.map(copy).collect::<Vec<_>>();
        let with = |mut names: Vec<String>, more: &[String]| {
            names.extend_from_slice(more);
            names
        };
        let foreign = ["catalog-mine.db".to_owned(), "replaced-20200101T000000Z".to_owned()];
        let migrations: Vec<String> = (1..=5).map(before).collect();
        for (names, keep, good, expected) in [
            (days(1..=9), 7, copy(9), days(1..=2)),
            (days(1..=7), 7, copy(7), vec![]),
            (days(1..=1), 7, copy(1), vec![]),
            (vec![], 7, copy(1), vec![]),
            (days(1..=3), 1, copy(3), days(1..=2)),
            // Whatever is asked for, the good one stays.
            (days(1..=3), 0, copy(3), days(1..=2)),
            (days(1..=3), 1, copy(1), days(2..=2)),
            (with(days(1..=2), &foreign), 1, copy(2), days(1..=1)),
            (migrations.clone(), 1, copy(2), vec![before(1), before(2)]),
            (with(days(1..=9), &migrations), 7, copy(9), with(days(1..=2), &migrations[..2])),
            // One of the future: it neither pushes out nor outlives the others.
            (days(20..=23), 3, copy(22), days(23..=23)),
        ] {
            let removed = to_remove(&names, keep, &good, now);
            assert_eq!(removed, expected, "{names:?} keep {keep}");
        }
    }
}
