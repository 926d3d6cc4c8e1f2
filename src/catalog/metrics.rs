//! Counts: their present value and their series.

use rusqlite::{Connection, params};

use super::CatalogError;
use super::asked::{AskedFields, Level};
use super::fields::Kind;
use crate::domain::{Field, Observation};

/// A count of an item that is kept as a series.
const NAMES: [&str; 2] = ["like_count", "comments_count"];

/// The counts of an item in the order of [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts([Count; 2]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    kind: Kind,
    value: Option<i64>,
}

impl Counts {
    /// The counts as one answer showed them.
    pub(super) fn observed(item: &Observation, asked: &AskedFields, level: Level) -> Self {
        let count = |field: &Field<i64>, name| Count {
            kind: Kind::of(field, asked.has(level, name)),
            value: field.value().copied(),
        };
        Self([count(&item.like_count, NAMES[0]), count(&item.comments_count, NAMES[1])])
    }

    /// The counts of an answer that lacks what a living item always has: where it says nothing of
    /// a count, that is not hidden.
    pub(super) fn of_degraded(self) -> Self {
        let told = |count: Count| match count.kind {
            Kind::Null | Kind::Absent => Count::default(),
            Kind::Value | Kind::Unreadable | Kind::NotAsked => count,
        };
        Self(self.0.map(told))
    }

    /// The counts as the `sighting` row holds them.
    pub(super) fn stored(kinds: &str, likes: Option<i64>, comments: Option<i64>) -> Self {
        let letters = kinds.as_bytes();
        let count =
            |n: usize, value| Count { kind: Kind::from_letter(letters.get(n).copied()), value };
        Self([count(0, likes), count(1, comments)])
    }

    /// What stands from now on: an unreadable count, or one not asked for, replaces nothing.
    pub(super) fn after(self, seen: Self) -> Self {
        let mut next = self;
        for (known, seen) in next.0.iter_mut().zip(seen.0) {
            match (known.kind, seen.kind) {
                (_, Kind::NotAsked)
                | (Kind::Value | Kind::Null | Kind::Absent, Kind::Unreadable) => {}
                (_, Kind::Value | Kind::Null | Kind::Absent)
                | (Kind::Unreadable | Kind::NotAsked, Kind::Unreadable) => *known = seen,
            }
        }
        next
    }

    /// The letters for `sighting.kinds`.
    pub(super) fn letters(self) -> String {
        self.0.iter().map(|count| count.kind.letter()).collect()
    }

    pub(super) fn likes(self) -> Option<i64> {
        self.0[0].value
    }

    pub(super) fn comments(self) -> Option<i64> {
        self.0[1].value
    }

    /// Writes a row of the series for each count that became another one. A count that was never
    /// there has no series until it appears.
    pub(super) fn record_since(
        self,
        before: Self,
        connection: &Connection,
        item_id: i64,
        at: &str,
    ) -> Result<(), CatalogError> {
        const INSERT: &str = "INSERT INTO item_metric (item_id, name, at, kind, value)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET kind = excluded.kind, value = excluded.value";
        for ((name, old), new) in NAMES.iter().zip(before.0).zip(self.0) {
            let worth_a_row = match new.kind {
                Kind::Value => true,
                Kind::Null | Kind::Absent => {
                    matches!(old.kind, Kind::Value | Kind::Null | Kind::Absent)
                }
                Kind::Unreadable | Kind::NotAsked => false,
            };
            if old != new && worth_a_row {
                connection.prepare_cached(INSERT)?.execute(params![
                    item_id,
                    name,
                    at,
                    new.kind.word(),
                    new.value
                ])?;
            }
        }
        Ok(())
    }
}

/// Writes a row of an account's series when the value is another one than the last.
pub(super) fn record_account_metric(
    connection: &Connection,
    account_id: i64,
    name: &str,
    value: i64,
    at: &str,
) -> Result<(), CatalogError> {
    const INSERT: &str = "INSERT INTO account_metric (account_id, name, at, value)
        SELECT ?1, ?2, ?3, ?4 WHERE ?4 IS NOT (
            SELECT value FROM account_metric WHERE account_id = ?1 AND name = ?2
             ORDER BY at DESC LIMIT 1)
        ON CONFLICT DO UPDATE SET value = excluded.value";
    connection.prepare_cached(INSERT)?.execute(params![account_id, name, at, value])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likes(field: Field<i64>) -> Counts {
        let item = Observation { like_count: field, ..Observation::empty("1".parse().unwrap()) };
        Counts::observed(&item, &AskedFields::parse("like_count"), Level::Post)
    }

    #[test]
    fn hidden_unreadable_and_zero_are_different() {
        let (zero, one) = (likes(Field::Value(0)), likes(Field::Value(1)));
        let (hidden, unreadable) = (likes(Field::Absent), likes(Field::Unreadable));
        assert_ne!(zero, hidden);
        assert_eq!(one.after(zero), zero);
        assert_eq!(one.after(hidden).likes(), None);
        assert_eq!(one.after(unreadable), one);
        assert_eq!(one.after(Counts::default()), one);
        assert_eq!(unreadable.after(one), one);
    }

    #[test]
    fn counts_survive_being_stored() {
        for counts in [likes(Field::Value(-3)), likes(Field::Null), likes(Field::Absent)] {
            let stored = Counts::stored(&counts.letters(), counts.likes(), counts.comments());
            assert_eq!(stored, counts);
        }
    }
}
