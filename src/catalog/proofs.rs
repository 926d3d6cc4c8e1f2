//! Reads what walks have proven: the ledger, and the walks on either side of a date.

use rusqlite::params;

use super::text::{parsed, text};
use super::{CatalogError, CatalogReader};
use crate::domain::Timestamp;

/// A row of `ledger`: a span of publication time that is proven to be complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenRow {
    pub account: String,
    pub edge: String,
    pub from_at: Timestamp,
    pub to_at: Timestamp,
    pub walk_id: i64,
    pub proven_at: Timestamp,
}

/// A walk that says something about a date, together with one on the other side of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessRow {
    pub account: String,
    pub edge: String,
    pub walk_id: i64,
    pub side: WitnessSide,
}

/// On which side of a date a walk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WitnessSide {
    Before,
    After,
}

impl CatalogReader {
    /// What is proven, of one account or of all, in the order of publication time.
    pub fn proven(&self, account: Option<&str>) -> Result<Vec<ProvenRow>, CatalogError> {
        const QUERY: &str = "SELECT account, edge, from_at, to_at, walk_id, proven_at FROM ledger
            WHERE ?1 IS NULL OR account = ?1 ORDER BY account, edge, from_at";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows = query.query_map([account], |row| {
            Ok(ProvenRow {
                account: row.get(0)?,
                edge: row.get(1)?,
                from_at: parsed(row, 2)?,
                to_at: parsed(row, 3)?,
                walk_id: row.get(4)?,
                proven_at: parsed(row, 5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The walks that prove rows of [`CatalogReader::posts_at`]: of each list those on either side
    /// of the date that reach further than every one between them and the date.
    pub fn witnesses_at(
        &self,
        date: Timestamp,
        account: Option<&str>,
    ) -> Result<Vec<WitnessRow>, CatalogError> {
        let mut query = self.connection().prepare_cached(WITNESSES)?;
        let rows = query.query_map(params![text(date), account], |row| {
            let is_before: bool = row.get(3)?;
            Ok(WitnessRow {
                account: row.get(0)?,
                edge: row.get(1)?,
                walk_id: row.get(2)?,
                side: if is_before { WitnessSide::Before } else { WitnessSide::After },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

const WITNESSES: &str = "WITH
    proof AS (
      SELECT account, edge, walk_id, finished_at <= ?1 AS is_before,
             abs(unixepoch(?1) - unixepoch(iif(finished_at <= ?1, finished_at, started_at))) AS distance,
             coverage_from, min(coverage_to, ?1) AS coverage_to
        FROM walks
       WHERE coverage_from IS NOT NULL AND missing IS NOT NULL AND coverage_from <= ?1
         AND (finished_at <= ?1 OR started_at >= ?1) AND (?2 IS NULL OR account = ?2)),
    reach AS (
      SELECT account, edge, walk_id, is_before, coverage_from, coverage_to,
             min(coverage_from) OVER nearer AS reach_from, max(coverage_to) OVER nearer AS reach_to
        FROM proof
      WINDOW nearer AS (PARTITION BY account, edge, is_before ORDER BY distance, walk_id
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
    SELECT account, edge, walk_id, is_before FROM reach
     WHERE reach_from IS NULL OR coverage_from < reach_from OR coverage_to > reach_to
     ORDER BY account, edge, walk_id";
