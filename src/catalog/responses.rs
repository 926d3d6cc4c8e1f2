//! Answers of the API as they are kept.

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::CatalogError;
use super::text::hex;

/// Keeps a body under its digest and answers its number.
pub(super) fn keep(
    connection: &Connection,
    account_id: i64,
    body: &str,
    at: &str,
    pinned: bool,
) -> Result<i64, CatalogError> {
    const UPSERT: &str = "INSERT INTO response (account_id, digest, size_bytes, body, first_at,
        last_at, is_pinned) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
        ON CONFLICT (account_id, digest) DO UPDATE SET last_at = excluded.last_at,
          is_pinned = max(is_pinned, excluded.is_pinned)
        RETURNING response_id";
    let digest = Sha256::digest(body);
    let values = params![
        account_id,
        digest.as_slice(),
        super::text::count(body.len()),
        body.as_bytes(),
        at,
        pinned
    ];
    Ok(connection.prepare_cached(UPSERT)?.query_row(values, |row| row.get(0))?)
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
    Ok((!digests.is_empty()).then(|| (super::text::count(digests.len()), digest)))
}
