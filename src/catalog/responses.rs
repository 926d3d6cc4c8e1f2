//! Answers of the API as they are kept: compressed, once per content, until nobody needs them.
//!
//! The rule that nothing kept is ever lost is about items, files and history. Bodies are what
//! those were read from: they are pruned after `keep_responses`, except those that an event
//! rests on, which are pinned.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::text::{count, hex, text};
use super::{CatalogError, Writer};
use crate::domain::Timestamp;

/// One page of a walk as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageText {
    /// Path and parameters, without token and cursor.
    pub request: String,
    /// The cleaned text.
    pub body: String,
}

impl Writer {
    /// Removes the pages of walks that finished before then, and bodies that nothing refers to
    /// any more; answers how many bodies went. What is pinned stays.
    pub fn prune_responses(&mut self, before: Timestamp) -> Result<usize, CatalogError> {
        // Seeks from walk to walk, oldest first, so that a pass does not read the pages of a
        // month to find those of a day.
        const PAGES: &str = "WITH RECURSIVE old (walk_id) AS (
              SELECT min(walk_id) FROM walk_page
              UNION ALL
              SELECT (SELECT min(p.walk_id) FROM walk_page p WHERE p.walk_id > o.walk_id)
                FROM old o JOIN walk w ON w.walk_id = o.walk_id
               WHERE w.started_at < ?1)
            DELETE FROM walk_page WHERE walk_id IN (
              SELECT w.walk_id FROM old o JOIN walk w ON w.walk_id = o.walk_id
               WHERE w.is_pinned = 0 AND w.outcome <> 'running'
                 AND coalesce(w.finished_at, w.started_at) < ?1)";
        const BODIES: &str = "DELETE FROM response
            WHERE is_pinned = 0 AND last_at < ?1
              AND NOT EXISTS (SELECT 1 FROM walk_page p
                               WHERE p.response_id = response.response_id)
              AND NOT EXISTS (SELECT 1 FROM question q
                               WHERE q.response_id = response.response_id)";
        let before = text(before);
        let tx = self.begin()?;
        tx.prepare_cached(PAGES)?.execute([&before])?;
        let gone = tx.prepare_cached(BODIES)?.execute([&before])?;
        tx.commit()?;
        Ok(gone)
    }
}

/// Keeps a body and answers its number; one that is known costs nothing but, once a day, the
/// note that it came again.
pub(super) fn keep(
    connection: &Connection,
    account_id: i64,
    body: &str,
    at: &str,
    pinned: bool,
) -> Result<i64, CatalogError> {
    const FIND: &str = "SELECT response_id, last_at, is_pinned FROM response
        WHERE account_id = ?1 AND digest = ?2";
    const AGAIN: &str = "UPDATE response SET last_at = max(last_at, ?2),
        is_pinned = max(is_pinned, ?3) WHERE response_id = ?1";
    const INSERT: &str = "INSERT INTO response (account_id, digest, size_bytes, body, first_at,
        last_at, is_pinned) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)";
    let digest = Sha256::digest(body);
    let known: Option<(i64, String, bool)> = connection
        .prepare_cached(FIND)?
        .query_row(params![account_id, digest.as_slice()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((response_id, last_at, is_pinned)) = known {
        if day(&last_at) < day(at) || (pinned && !is_pinned) {
            connection.prepare_cached(AGAIN)?.execute(params![response_id, at, pinned])?;
        }
        return Ok(response_id);
    }
    connection.prepare_cached(INSERT)?.execute(params![
        account_id,
        digest.as_slice(),
        count(body.len()),
        packed(body)?,
        at,
        pinned
    ])?;
    Ok(connection.last_insert_rowid())
}

/// Keeps a page as the next one of its walk.
pub(super) fn keep_page(
    connection: &Connection,
    walk_id: i64,
    account_id: i64,
    page: &PageText,
    at: &str,
) -> Result<(), CatalogError> {
    const INSERT: &str = "INSERT INTO walk_page (walk_id, page, at, request, response_id)
        SELECT ?1, coalesce(max(page), 0) + 1, ?2,
               nullif(?3, (SELECT request FROM walk_page WHERE walk_id = ?1 AND request IS NOT NULL
                            ORDER BY page DESC LIMIT 1)),
               ?4
          FROM walk_page WHERE walk_id = ?1";
    let response_id = keep(connection, account_id, &page.body, at, false)?;
    connection.prepare_cached(INSERT)?.execute(params![walk_id, at, page.request, response_id])?;
    Ok(())
}

/// Keeps the pages of a walk for ever, because an event rests on them.
pub(super) fn pin_walk(connection: &Connection, walk_id: i64) -> Result<(), CatalogError> {
    const WALK: &str = "UPDATE walk SET is_pinned = 1 WHERE walk_id = ?1 AND is_pinned = 0";
    const BODIES: &str = "UPDATE response SET is_pinned = 1 WHERE is_pinned = 0
        AND response_id IN (SELECT response_id FROM walk_page WHERE walk_id = ?1)";
    connection.prepare_cached(WALK)?.execute([walk_id])?;
    connection.prepare_cached(BODIES)?.execute([walk_id])?;
    Ok(())
}

/// Keeps one body for ever, because an event rests on it.
pub(super) fn pin(connection: &Connection, response_id: i64) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE response SET is_pinned = 1
        WHERE response_id = ?1 AND is_pinned = 0";
    connection.prepare_cached(UPDATE)?.execute([response_id])?;
    Ok(())
}

/// How many pages of a walk are kept, and the SHA-256 over the hexadecimal digests of their
/// bodies in order, joined by newlines; nothing when none is kept.
pub(super) fn pages_digest(
    connection: &Connection,
    walk_id: i64,
) -> Result<Option<(i64, String)>, CatalogError> {
    const QUERY: &str = "SELECT r.digest FROM walk_page p
        JOIN response r ON r.response_id = p.response_id WHERE p.walk_id = ?1 ORDER BY p.page";
    let digests: Vec<String> = connection
        .prepare_cached(QUERY)?
        .query_map([walk_id], |row| Ok(hex(row.get_ref(0)?.as_blob()?)))?
        .collect::<Result<_, _>>()?;
    let digest = hex(&Sha256::digest(digests.join("\n")));
    Ok((!digests.is_empty()).then(|| (count(digests.len()), digest)))
}

/// The text of a kept body; nothing when the bytes are no text of that length any more.
pub(super) fn unpacked(body: &[u8], size_bytes: i64) -> Option<String> {
    let size = u64::try_from(size_bytes).ok()?;
    let mut text = String::new();
    // One byte more than it should have, so that a longer text is noticed and never a flood.
    ZlibDecoder::new(body).take(size.checked_add(1)?).read_to_string(&mut text).ok()?;
    (text.len() as u64 == size).then_some(text)
}

fn packed(body: &str) -> Result<Vec<u8>, CatalogError> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    let written = encoder.write_all(body.as_bytes());
    written.and_then(|()| encoder.finish()).map_err(CatalogError::Compression)
}

/// The day of an instant.
fn day(at: &str) -> &str {
    at.get(..10).unwrap_or(at)
}

#[cfg(test)]
mod tests;
