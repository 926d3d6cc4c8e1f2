//! Proof that nothing of the catalog's history was altered: chains and kept answers recomputed.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::events::{GENESIS, Lines, digest};
use super::responses::{pages_digest, unpacked};
use super::text::{count, hex};
use super::{CatalogError, CatalogReader};

/// Rows that are read at once: nobody's log has to wait long for this look to end.
const BATCH: usize = 2000;

/// An event with exactly the values that its digest covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLine {
    pub previous_digest: String,
    pub id: i64,
    /// As the text that was hashed.
    pub at: String,
    pub account: String,
    pub media_id: Option<String>,
    pub kind: String,
    pub role: Option<String>,
    pub walk_id: Option<i64>,
    /// As the text that was hashed.
    pub detail: String,
    pub digest: String,
}

impl ChainLine {
    /// Whether the digest is that of the values.
    pub fn is_intact(&self) -> bool {
        let computed = digest(&Lines {
            previous_digest: &self.previous_digest,
            event_id: self.id,
            at: &self.at,
            account: &self.account,
            media_id: self.media_id.as_deref().unwrap_or(""),
            kind: &self.kind,
            role: self.role.as_deref().unwrap_or(""),
            walk_id: self.walk_id,
            detail: &self.detail,
        });
        computed == self.digest
    }
}

/// What recomputing an account's chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainReport {
    pub events: u64,
    /// The first event that is not what was written, or does not follow the one before it.
    pub first_break: Option<i64>,
    /// The newest event and its digest: written down elsewhere, it fixes all that came before.
    pub head: Option<(i64, String)>,
}

/// What recomputing the kept answers found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponsesReport {
    pub checked: u64,
    /// Digests of answers whose text is another one.
    pub damaged: Vec<String>,
    /// Pages and questions whose answer is not there.
    pub missing: u64,
    /// Events whose evidence is not what they name.
    pub unproven: Vec<i64>,
}

impl ResponsesReport {
    /// Whether all that was looked at is as it was written.
    pub fn is_clean(&self) -> bool {
        self.damaged.is_empty() && self.missing == 0 && self.unproven.is_empty()
    }
}

impl CatalogReader {
    /// The labels of all accounts that the catalog knows.
    pub fn account_names(&self) -> Result<Vec<String>, CatalogError> {
        const QUERY: &str = "SELECT name FROM account ORDER BY name";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let names = query.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// An account's events from a number on, in order, as their digests cover them.
    pub fn chain(
        &self,
        account: &str,
        from: i64,
        limit: usize,
    ) -> Result<Vec<ChainLine>, CatalogError> {
        const QUERY: &str = "SELECT e.previous_digest, e.event_id, e.at, a.name, i.media_id,
            e.kind, e.role, e.walk_id, e.detail, e.digest
            FROM event e
            JOIN account a ON a.account_id = e.account_id
            LEFT JOIN item i ON i.item_id = e.item_id
            WHERE e.account_id = (SELECT account_id FROM account WHERE name = ?1)
              AND e.event_id >= ?2
            ORDER BY e.event_id LIMIT ?3";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let lines = query.query_map(params![account, from, count(limit)], chain_line)?;
        Ok(lines.collect::<Result<_, _>>()?)
    }

    /// Recomputes the digest of every event of an account, from its first.
    ///
    /// Events cut off at the end leave a shorter chain that is whole: only a head that was
    /// written down elsewhere shows that.
    pub fn check_chain(&self, account: &str) -> Result<ChainReport, CatalogError> {
        let mut report = ChainReport::default();
        let mut previous = GENESIS.to_owned();
        let mut from = i64::MIN;
        loop {
            let lines = self.chain(account, from, BATCH)?;
            let Some(last) = lines.last() else { return Ok(report) };
            from = last.id.saturating_add(1);
            for line in lines {
                report.events += 1;
                if line.previous_digest != previous || !line.is_intact() {
                    report.first_break.get_or_insert(line.id);
                }
                previous.clone_from(&line.digest);
                report.head = Some((line.id, line.digest));
            }
        }
    }

    /// Compares every kept answer with its digest, and the evidence of every event with what the
    /// event says of it.
    pub fn check_responses(&self) -> Result<ResponsesReport, CatalogError> {
        const MISSING: &str = "SELECT
            (SELECT count(*) FROM walk_page p WHERE NOT EXISTS
              (SELECT 1 FROM response r WHERE r.response_id = p.response_id))
          + (SELECT count(*) FROM question q WHERE q.response_id IS NOT NULL AND NOT EXISTS
              (SELECT 1 FROM response r WHERE r.response_id = q.response_id))";
        let mut report = ResponsesReport::default();
        let missing: i64 = self.connection().query_row(MISSING, [], |row| row.get(0))?;
        report.missing = u64::try_from(missing).unwrap_or(0);
        self.check_bodies(&mut report)?;
        self.check_evidence(&mut report)?;
        Ok(report)
    }

    fn check_bodies(&self, report: &mut ResponsesReport) -> Result<(), CatalogError> {
        const QUERY: &str = "SELECT response_id, digest, size_bytes, body FROM response
            WHERE response_id > ?1 ORDER BY response_id LIMIT ?2";
        let mut after = i64::MIN;
        loop {
            let mut query = self.connection().prepare_cached(QUERY)?;
            let mut rows = query.query(params![after, count(BATCH)])?;
            let before = after;
            while let Some(row) = rows.next()? {
                after = row.get(0)?;
                report.checked += 1;
                let expected = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                let body = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
                let text = unpacked(body, row.get(2)?);
                let intact = text.is_some_and(|text| Sha256::digest(text).as_slice() == expected);
                if !intact {
                    report.damaged.push(hex(expected));
                }
            }
            if after == before {
                return Ok(());
            }
        }
    }

    fn check_evidence(&self, report: &mut ResponsesReport) -> Result<(), CatalogError> {
        const QUERY: &str = "SELECT event_id, detail FROM event
            WHERE kind IN ('missing', 'unlisted', 'gone', 'walk_disproved') ORDER BY event_id";
        let connection = self.connection();
        let mut query = connection.prepare_cached(QUERY)?;
        let mut rows = query.query([])?;
        // Thousands of events may rest on one walk.
        let mut last: Option<(i64, Option<String>)> = None;
        while let Some(row) = rows.next()? {
            let detail: String = row.get(1)?;
            let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
            let named = detail["walk"].as_i64().zip(detail["pages_sha256"].as_str());
            let pages_are_there = match named {
                None => true,
                Some((walk, digest)) => {
                    if last.as_ref().is_none_or(|(known, _)| *known != walk) {
                        let found = pages_digest(connection, walk)?.map(|(_, digest)| digest);
                        last = Some((walk, found));
                    }
                    last.as_ref().is_some_and(|(_, found)| found.as_deref() == Some(digest))
                }
            };
            let event_id: i64 = row.get(0)?;
            if !pages_are_there || !answers_are_there(connection, event_id, &detail)? {
                report.unproven.push(event_id);
            }
        }
        Ok(())
    }
}

/// Whether the questions of an event have the answers that the event names, all of them.
fn answers_are_there(
    connection: &Connection,
    event_id: i64,
    detail: &Value,
) -> Result<bool, CatalogError> {
    const QUERY: &str = "SELECT r.digest FROM question q
        JOIN response r ON r.response_id = q.response_id WHERE q.event_id = ?1";
    let asked = detail["asked"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named: Vec<&str> =
        asked.iter().filter_map(|question| question["response_sha256"].as_str()).collect();
    if named.is_empty() {
        return Ok(true);
    }
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([event_id], |row| Ok(hex(row.get_ref(0)?.as_blob()?)))?;
    let kept: BTreeSet<String> = rows.collect::<Result<_, _>>()?;
    Ok(named.iter().all(|digest| kept.contains(*digest)))
}

fn chain_line(row: &Row<'_>) -> rusqlite::Result<ChainLine> {
    Ok(ChainLine {
        previous_digest: row.get(0)?,
        id: row.get(1)?,
        at: row.get(2)?,
        account: row.get(3)?,
        media_id: row.get(4)?,
        kind: row.get(5)?,
        role: row.get(6)?,
        walk_id: row.get(7)?,
        detail: row.get(8)?,
        digest: row.get(9)?,
    })
}
