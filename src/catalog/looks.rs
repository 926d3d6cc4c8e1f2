//! What readers ask about disappearance: what left, what is not proven, what is held, and the
//! account as it stood on a date.

use rusqlite::{Row, params};

use super::rows::{DisappearedRow, GapRow, HoldRow, LostUrlRow, PostAtRow};
use super::text::{count, parsed, parsed_or_null, text};
use super::{CatalogError, CatalogReader};
use crate::domain::Timestamp;
use crate::domain::ledger::GapReason;

impl CatalogReader {
    /// Absences, newest first, of one account or of all; those that ended too.
    pub fn disappeared(
        &self,
        account: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DisappearedRow>, CatalogError> {
        const QUERY: &str = "SELECT media_id, account, permalink, published_at, state,
            last_seen_at, first_missing_at, confirmed_at, returned_at, files_expected, files_held,
            edge, parent_id, unlisted_at, asked_at, last_listed_walk_id, missing_walk_id
            FROM disappeared WHERE ?1 IS NULL OR account = ?1
            ORDER BY first_missing_at DESC, published_at DESC, media_id LIMIT ?2";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows = query.query_map(params![account, count(limit)], disappeared_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Times that a file lost its address, newest first, of one account or of all.
    pub fn lost_urls(
        &self,
        account: Option<&str>,
        limit: usize,
    ) -> Result<Vec<LostUrlRow>, CatalogError> {
        const QUERY: &str = "SELECT media_id, account, role, last_url_at, lost_at, regained_at,
            held, sha256, parent_id, verified_at FROM lost_urls
            WHERE ?1 IS NULL OR account = ?1 ORDER BY lost_at DESC, media_id, role LIMIT ?2";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows = query.query_map(params![account, count(limit)], lost_url_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is not proven now, of one account or of all.
    pub fn gaps(&self, account: Option<&str>) -> Result<Vec<GapRow>, CatalogError> {
        const QUERY: &str = "SELECT account, edge, from_at, to_at, reason, since FROM gaps
            WHERE ?1 IS NULL OR account = ?1 ORDER BY account, edge, coalesce(from_at, '')";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows = query.query_map([account], gap_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Losses that nobody has believed yet, oldest first, of one account or of all.
    pub fn open_holds(&self, account: Option<&str>) -> Result<Vec<HoldRow>, CatalogError> {
        const QUERY: &str = "SELECT walk_id, account, edge, kind, reason, items, looked_at,
            held_at, ended_at, ended_by FROM holds
            WHERE ended_at IS NULL AND (?1 IS NULL OR account = ?1) ORDER BY walk_id, kind";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows = query.query_map([account], hold_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Posts, stories and tagged posts as they stood on a date, newest first.
    ///
    /// A row is proven when a walk that covers it ended before the date, another one began after
    /// it, and the item took no step between the two.
    pub fn posts_at(
        &self,
        date: Timestamp,
        account: Option<&str>,
        limit: usize,
    ) -> Result<Vec<PostAtRow>, CatalogError> {
        let mut query = self.connection().prepare_cached(POSTS_AT)?;
        let rows = query.query_map(params![text(date), account, count(limit)], post_at_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The query of `docs/sql.md` for one account or all. Of the walks before the date it keeps those
/// that reach further than every one between them and the date, and so after it: a handful instead
/// of thousands. The rows are chosen before anything is found out about them.
const POSTS_AT: &str = "WITH
    wanted AS MATERIALIZED (
      SELECT media_id, account, published_at FROM posts
       WHERE (?2 IS NULL OR account = ?2) AND (published_at <= ?1 OR first_seen_at <= ?1)
       ORDER BY coalesce(published_at, '') DESC, media_id DESC
       LIMIT ?3),
    proof AS MATERIALIZED (
      SELECT account, edge, started_at, finished_at, coverage_from, min(coverage_to, ?1) AS coverage_to
        FROM walks
       WHERE coverage_from IS NOT NULL AND missing IS NOT NULL AND coverage_from <= ?1),
    before AS MATERIALIZED (
      SELECT * FROM (
        SELECT account, edge, finished_at, coverage_from, coverage_to,
               min(coverage_from) OVER later AS reach_from, max(coverage_to) OVER later AS reach_to
          FROM proof WHERE finished_at <= ?1
        WINDOW later AS (PARTITION BY account, edge ORDER BY finished_at DESC
                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
       WHERE reach_from IS NULL OR coverage_from < reach_from OR coverage_to > reach_to),
    after AS MATERIALIZED (
      SELECT * FROM (
        SELECT account, edge, finished_at, coverage_from, coverage_to,
               min(coverage_from) OVER sooner AS reach_from, max(coverage_to) OVER sooner AS reach_to
          FROM proof WHERE started_at >= ?1
        WINDOW sooner AS (PARTITION BY account, edge ORDER BY started_at
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
       WHERE reach_from IS NULL OR coverage_from < reach_from OR coverage_to > reach_to)
    SELECT p.media_id, p.account, p.edge, p.permalink, p.media_type, p.caption, p.published_at,
           p.first_seen_at,
           CASE WHEN p.first_seen_at > ?1 THEN 'unseen' ELSE coalesce(
             (SELECT s.state FROM steps s
               WHERE s.media_id = p.media_id AND s.account = p.account
                 AND s.state <> 'held' AND s.at <= ?1
               ORDER BY s.at DESC, s.event_id DESC LIMIT 1), 'present') END AS state,
           EXISTS (SELECT 1 FROM before b JOIN after a ON a.account = b.account AND a.edge = b.edge
                    WHERE b.account = p.account AND b.edge = p.edge
                      AND p.published_at BETWEEN b.coverage_from AND b.coverage_to
                      AND p.published_at BETWEEN a.coverage_from AND a.coverage_to
                      AND p.first_seen_at <= b.finished_at
                      AND NOT EXISTS (SELECT 1 FROM steps s
                                       WHERE s.media_id = p.media_id AND s.account = p.account
                                         AND s.at <= a.finished_at AND s.until > b.finished_at)
                  ) AS proven
      FROM wanted x CROSS JOIN posts p ON p.media_id = x.media_id AND p.account = x.account
     ORDER BY coalesce(x.published_at, '') DESC, x.media_id DESC";

fn disappeared_row(row: &Row<'_>) -> rusqlite::Result<DisappearedRow> {
    Ok(DisappearedRow {
        media_id: row.get(0)?,
        account: row.get(1)?,
        permalink: row.get(2)?,
        published_at: parsed_or_null(row, 3)?,
        state: row.get(4)?,
        last_seen_at: parsed(row, 5)?,
        first_missing_at: parsed(row, 6)?,
        confirmed_at: parsed_or_null(row, 7)?,
        returned_at: parsed_or_null(row, 8)?,
        files_expected: row.get(9)?,
        files_held: row.get(10)?,
        edge: row.get(11)?,
        parent_id: row.get(12)?,
        unlisted_at: parsed_or_null(row, 13)?,
        asked_at: parsed_or_null(row, 14)?,
        last_listed_walk_id: row.get(15)?,
        missing_walk_id: row.get(16)?,
    })
}

fn lost_url_row(row: &Row<'_>) -> rusqlite::Result<LostUrlRow> {
    Ok(LostUrlRow {
        media_id: row.get(0)?,
        account: row.get(1)?,
        role: row.get(2)?,
        last_url_at: parsed(row, 3)?,
        lost_at: parsed(row, 4)?,
        regained_at: parsed_or_null(row, 5)?,
        held: row.get(6)?,
        sha256: row.get(7)?,
        parent_id: row.get(8)?,
        verified_at: parsed_or_null(row, 9)?,
    })
}

fn gap_row(row: &Row<'_>) -> rusqlite::Result<GapRow> {
    let reason: String = row.get(4)?;
    Ok(GapRow {
        account: row.get(0)?,
        edge: row.get(1)?,
        from_at: parsed_or_null(row, 2)?,
        to_at: parsed_or_null(row, 3)?,
        remedy: GapReason::from_word(&reason).remedy(),
        reason,
        since: parsed(row, 5)?,
    })
}

fn hold_row(row: &Row<'_>) -> rusqlite::Result<HoldRow> {
    Ok(HoldRow {
        walk_id: row.get(0)?,
        account: row.get(1)?,
        edge: row.get(2)?,
        kind: row.get(3)?,
        reason: row.get(4)?,
        items: row.get(5)?,
        looked_at: row.get(6)?,
        held_at: parsed(row, 7)?,
        ended_at: parsed_or_null(row, 8)?,
        ended_by: row.get(9)?,
    })
}

fn post_at_row(row: &Row<'_>) -> rusqlite::Result<PostAtRow> {
    Ok(PostAtRow {
        media_id: row.get(0)?,
        account: row.get(1)?,
        edge: row.get(2)?,
        permalink: row.get(3)?,
        media_type: row.get(4)?,
        caption: row.get(5)?,
        published_at: parsed_or_null(row, 6)?,
        first_seen_at: parsed(row, 7)?,
        state: row.get(8)?,
        proven: row.get(9)?,
    })
}
