//! That an item was seen: the one thing that a quiet page writes.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::CatalogError;
use super::known_item::Known;
use super::metrics::Counts;

/// The sightings of one answer.
///
/// Those that change nothing but the time are written at the end, in runs of item numbers: items
/// that came in together have neighbouring numbers, so that a page of a hundred posts with their
/// slides usually takes one statement.
#[derive(Debug)]
pub(super) struct Sightings {
    walk_id: Option<i64>,
    at: String,
    plain: BTreeSet<i64>,
}

impl Sightings {
    pub(super) fn new(walk_id: Option<i64>, at: &str) -> Self {
        Self { walk_id, at: at.to_owned(), plain: BTreeSet::new() }
    }

    /// What is known of an item, with a sighting that is not written yet.
    pub(super) fn brought_up_to_date(&self, mut known: Known) -> Known {
        if self.plain.contains(&known.item_id) {
            known.seen_at.clone_from(&self.at);
            known.walk_id = known.walk_id.max(self.walk_id);
        }
        known
    }

    /// Enters the sighting of a new item.
    pub(super) fn enter(
        &self,
        connection: &Connection,
        item_id: i64,
        counts: Counts,
    ) -> Result<(), CatalogError> {
        const INSERT: &str = "INSERT INTO sighting
            (item_id, seen_at, walk_id, kinds, like_count, comments_count)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        connection.prepare_cached(INSERT)?.execute(params![
            item_id,
            self.at,
            self.walk_id,
            counts.letters(),
            counts.likes(),
            counts.comments()
        ])?;
        counts.record_since(Counts::default(), connection, item_id, &self.at)
    }

    /// Notes that a known item was seen. Only a walk of the item's own edge counts as having
    /// listed it, and of two walks at once the later one: a sighting never goes back.
    pub(super) fn note(
        &mut self,
        connection: &Connection,
        known: &Known,
        seen: Counts,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE sighting SET seen_at = ?2,
            walk_id = nullif(max(coalesce(walk_id, 0), coalesce(?3, 0)), 0), kinds = ?4,
            like_count = ?5, comments_count = ?6 WHERE item_id = ?1";
        let counts = known.counts.after(seen);
        let listed = known.on_its_edge && self.walk_id.is_some();
        let walk_id = if listed { known.walk_id.max(self.walk_id) } else { known.walk_id };
        if counts == known.counts {
            if known.seen_at == self.at && walk_id == known.walk_id {
                return Ok(());
            }
            if listed {
                self.plain.insert(known.item_id);
                return Ok(());
            }
        } else {
            counts.record_since(known.counts, connection, known.item_id, &self.at)?;
        }
        connection.prepare_cached(UPDATE)?.execute(params![
            known.item_id,
            self.at,
            walk_id,
            counts.letters(),
            counts.likes(),
            counts.comments()
        ])?;
        Ok(())
    }

    /// Writes what was only noted.
    pub(super) fn write(self, connection: &Connection) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE sighting SET seen_at = ?3,
            walk_id = max(coalesce(walk_id, 0), ?4)
            WHERE item_id BETWEEN ?1 AND ?2";
        let mut update = connection.prepare_cached(UPDATE)?;
        for (first, last) in runs(&self.plain) {
            update.execute(params![first, last, self.at, self.walk_id])?;
        }
        Ok(())
    }
}

/// Runs of numbers without a gap, ends included.
fn runs(numbers: &BTreeSet<i64>) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            Some(_) | None => runs.push((*number, *number)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_no_gap_and_no_number_more() {
        for (numbers, expected) in [
            (vec![], vec![]),
            (vec![5], vec![(5, 5)]),
            (vec![3, 1, 2], vec![(1, 3)]),
            (vec![1, 2, 4, 6, 7], vec![(1, 2), (4, 4), (6, 7)]),
        ] {
            assert_eq!(runs(&numbers.into_iter().collect()), expected);
        }
    }
}
