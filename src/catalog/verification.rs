//! Held files read again: what is due, and what was found.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::events::EventKind;
use super::failures::{self, NewFailure, Stage};
use super::held::{assets_of_blob, repair};
use super::text::{count, parsed, text};
use super::{CatalogError, Writer};
use crate::domain::{BlobId, Timestamp};

/// A blob to read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRow {
    pub blob: BlobId,
    pub size_bytes: u64,
    pub mime_type: String,
}

/// Which blobs come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyOrder {
    /// All, by name, beginning after this one: the order on disk.
    ByName { after: Option<BlobId> },
    /// Those not read since `before`, the longest unread first. What is recorded as read now is
    /// no longer among them, so asking again goes on.
    Oldest { before: Timestamp },
}

/// What reading a blob again showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixity {
    Intact,
    Damaged,
    Missing,
}

impl Fixity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Intact => "intact",
            Self::Damaged => "damaged",
            Self::Missing => "missing",
        }
    }
}

/// The result for one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    pub blob: BlobId,
    pub fixity: Fixity,
}

impl Writer {
    /// How many blobs there are.
    pub fn blob_count(&mut self) -> Result<u64, CatalogError> {
        let count = self.reading().query_row("SELECT count(*) FROM blob", [], |row| row.get(0))?;
        let count: i64 = count;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The next blobs to read again.
    pub fn blobs_to_verify(
        &mut self,
        order: VerifyOrder,
        limit: usize,
    ) -> Result<Vec<BlobRow>, CatalogError> {
        const BY_NAME: &str = "SELECT sha256, size_bytes, mime_type FROM blob
            WHERE sha256 > ?1 ORDER BY sha256 LIMIT ?2";
        const OLDEST: &str = "SELECT sha256, size_bytes, mime_type FROM blob
            WHERE verified_at < ?1 ORDER BY verified_at, blob_id LIMIT ?2";
        let (sql, bound) = match order {
            VerifyOrder::ByName { after } => {
                (BY_NAME, after.map(|blob| blob.to_string()).unwrap_or_default())
            }
            VerifyOrder::Oldest { before } => (OLDEST, text(before)),
        };
        let mut query = self.reading().prepare_cached(sql)?;
        let rows = query.query_map(params![bound, count(limit)], blob_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Records what reading blobs again showed, in one transaction.
    ///
    /// A damaged or missing blob is an event and a failure of every file that has it; those whose
    /// newest version it is are to be fetched again. The rows of the versions stay.
    pub fn record_verified(
        &mut self,
        results: &[Verification],
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const FIND: &str = "SELECT blob_id, verdict FROM blob WHERE sha256 = ?1";
        const UPDATE: &str = "UPDATE blob SET verdict = ?2, verified_at = ?3 WHERE blob_id = ?1";
        let at = text(now);
        let tx = self.begin()?;
        for result in results {
            let sha256 = result.blob.to_string();
            let known: Option<(i64, String)> = tx
                .prepare_cached(FIND)?
                .query_row([&sha256], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((blob_id, before)) = known else {
                return Err(CatalogError::UnknownBlob(sha256));
            };
            let verdict = result.fixity.as_str();
            tx.prepare_cached(UPDATE)?.execute(params![blob_id, verdict, at])?;
            match result.fixity {
                Fixity::Intact if before != "intact" => repair(&tx, blob_id, &sha256, &at)?,
                Fixity::Damaged | Fixity::Missing => {
                    let is_news = before != verdict;
                    condemn(&tx, blob_id, &sha256, result.fixity, is_news, now)?;
                }
                Fixity::Intact => {}
            }
        }
        tx.commit()?;
        Ok(())
    }
}

fn blob_row(row: &Row<'_>) -> rusqlite::Result<BlobRow> {
    Ok(BlobRow {
        blob: parsed(row, 0)?,
        size_bytes: u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0),
        mime_type: row.get(2)?,
    })
}

fn condemn(
    connection: &Connection,
    blob_id: i64,
    sha256: &str,
    fixity: Fixity,
    is_news: bool,
    now: Timestamp,
) -> Result<(), CatalogError> {
    const WANTED: &str = "UPDATE asset SET state = 'pending', tries = 0, next_try_at = NULL
        WHERE asset_id = ?1 AND version = ?2 AND state = 'held'";
    for (asset, version) in assets_of_blob(connection, blob_id)? {
        connection.prepare_cached(WANTED)?.execute(params![asset.id.0, version])?;
        failures::record(
            connection,
            &NewFailure {
                account_id: asset.account_id,
                stage: Stage::Verify,
                subject: &asset.version_subject(version),
                media_id: Some(&asset.media_id),
                asset: Some(asset.id),
                class: fixity.as_str(),
                code: None,
                subcode: None,
                http_status: None,
                next_try_at: None,
                error: &format!("blob {sha256} is {}", fixity.as_str()),
            },
            now,
        )?;
        if is_news {
            let detail =
                json!({ "sha256": sha256, "version": version, "verdict": fixity.as_str() });
            asset.append(connection, EventKind::Damaged, detail, &text(now))?;
        }
    }
    Ok(())
}
