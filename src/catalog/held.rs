//! Files that the store holds: blobs, versions, and failed tries.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::assets::AssetId;
use super::events::{Chain, EventKind, NewEvent};
use super::failures::{self, NewFailure, Stage};
use super::text::{integer, text, word};
use super::{CatalogError, FileFailure, Writer};
use crate::domain::retry::rest_before_next_try;
use crate::domain::{AssetRole, BlobId, Timestamp};

/// A file whose bytes are durable in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFile {
    pub asset: AssetId,
    pub blob: BlobId,
    pub size_bytes: u64,
    /// Read from the bytes.
    pub mime_type: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    /// Path of the address, without host and query.
    pub url_path: String,
    /// Whether the host announced this length.
    pub length_verified: bool,
}

/// What became of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldTally {
    /// Held for the first time.
    pub files_new: usize,
    /// The same bytes as before.
    pub files_same: usize,
    /// Other bytes than before: a new version, the old one stays.
    pub versions_new: usize,
}

impl Writer {
    /// Records that files are held, in one transaction; their failures are over with it.
    ///
    /// Other bytes than before become a new version; the old version and its blob stay. Bytes that
    /// were damaged or missing in the store and are back count as repaired, for every file that
    /// has them.
    pub fn record_held(
        &mut self,
        held: &[HeldFile],
        now: Timestamp,
    ) -> Result<HeldTally, CatalogError> {
        let at = text(now);
        let tx = self.begin()?;
        let mut tally = HeldTally::default();
        for file in held {
            let blob_id = keep_blob(&tx, file, &at)?;
            let asset = Asset::load(&tx, file.asset)?;
            if asset.blob_id == Some(blob_id) {
                tally.files_same += 1;
            } else {
                add_version(&tx, file, &asset, blob_id, &at)?;
                if asset.version == 0 {
                    tally.files_new += 1;
                } else {
                    tally.versions_new += 1;
                }
            }
            settle(&tx, file)?;
        }
        tx.commit()?;
        Ok(tally)
    }

    /// Records a failed try and answers how many there were since the last success.
    ///
    /// The rest before the next try follows from the fault and that number.
    pub fn record_file_failure(
        &mut self,
        failure: &FileFailure,
        now: Timestamp,
    ) -> Result<u32, CatalogError> {
        const UPDATE: &str = "UPDATE asset SET tries = ?2, next_try_at = ?3,
            state = CASE state WHEN 'pending' THEN 'failed' ELSE state END WHERE asset_id = ?1";
        let tx = self.begin()?;
        let asset = Asset::load(&tx, failure.asset)?;
        let tries = asset.tries.saturating_add(1);
        let next_try = now.plus(rest_before_next_try(failure.fault, tries));
        tx.prepare_cached(UPDATE)?.execute(params![failure.asset.0, tries, text(next_try)])?;
        failures::record(
            &tx,
            &NewFailure {
                account_id: asset.account_id,
                stage: Stage::File,
                subject: &asset.subject(),
                media_id: Some(&asset.media_id),
                asset: Some(failure.asset),
                class: failure.fault.as_str(),
                code: None,
                subcode: None,
                http_status: failure.http_status,
                next_try_at: Some(next_try),
                error: &failure.error,
            },
            now,
        )?;
        tx.commit()?;
        Ok(tries)
    }
}

/// A file with the names that events and failures use.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) id: AssetId,
    pub(super) account_id: i64,
    pub(super) account: String,
    pub(super) item_id: i64,
    pub(super) media_id: String,
    pub(super) role: AssetRole,
    pub(super) version: i64,
    pub(super) blob_id: Option<i64>,
    pub(super) tries: u32,
}

impl Asset {
    pub(super) fn load(connection: &Connection, asset: AssetId) -> Result<Self, CatalogError> {
        const QUERY: &str = "SELECT s.account_id, a.name, s.item_id, i.media_id, s.role,
            s.version, v.blob_id, s.tries
            FROM asset s
            JOIN item i ON i.item_id = s.item_id
            JOIN account a ON a.account_id = s.account_id
            LEFT JOIN asset_version v ON v.asset_id = s.asset_id AND v.version = s.version
            WHERE s.asset_id = ?1";
        let found = connection.prepare_cached(QUERY)?.query_row([asset.0], |row| {
            Ok(Self {
                id: asset,
                account_id: row.get(0)?,
                account: row.get(1)?,
                item_id: row.get(2)?,
                media_id: row.get(3)?,
                role: word(row, 4, AssetRole::from_word)?,
                version: row.get(5)?,
                blob_id: row.get(6)?,
                tries: row.get(7)?,
            })
        });
        found.optional()?.ok_or(CatalogError::UnknownAsset(asset.0))
    }

    /// What a failure of this file is filed under.
    pub(super) fn subject(&self) -> String {
        format!("{}/{}", self.media_id, self.role)
    }

    /// What damage of one of its versions is filed under.
    pub(super) fn version_subject(&self, version: i64) -> String {
        format!("{}/{}/{version}", self.media_id, self.role)
    }

    /// Appends a fact about this file to its account's chain.
    pub(super) fn append(
        &self,
        connection: &Connection,
        kind: EventKind,
        detail: serde_json::Value,
        at: &str,
    ) -> Result<(), CatalogError> {
        let event = NewEvent {
            kind,
            item: Some((self.item_id, &self.media_id)),
            role: Some(self.role),
            walk_id: None,
            detail,
        };
        Chain::new(self.account_id, &self.account, at).append(connection, &event)
    }
}

/// Every file that has this blob as one of its versions, with the version's number.
pub(super) fn assets_of_blob(
    connection: &Connection,
    blob_id: i64,
) -> Result<Vec<(Asset, i64)>, CatalogError> {
    const QUERY: &str =
        "SELECT asset_id, version FROM asset_version WHERE blob_id = ?1 ORDER BY asset_id, version";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([blob_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(i64, i64)> = rows.collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(asset, version)| Asset::load(connection, AssetId(asset)).map(|a| (a, version)))
        .collect()
}

/// Marks a blob intact that was not, and every file with it.
pub(super) fn repair(
    connection: &Connection,
    blob_id: i64,
    sha256: &str,
    at: &str,
) -> Result<(), CatalogError> {
    const BLOB: &str = "UPDATE blob SET verdict = 'intact', verified_at = ?2 WHERE blob_id = ?1";
    const HELD: &str = "UPDATE asset SET state = 'held', tries = 0, next_try_at = NULL
        WHERE asset_id = ?1 AND version = ?2";
    connection.prepare_cached(BLOB)?.execute(params![blob_id, at])?;
    for (asset, version) in assets_of_blob(connection, blob_id)? {
        if connection.prepare_cached(HELD)?.execute(params![asset.id.0, version])? > 0 {
            failures::clear_fetching(connection, asset.id)?;
        }
        failures::clear_verifying(connection, asset.id, &asset.version_subject(version))?;
        let detail = json!({ "sha256": sha256, "version": version });
        asset.append(connection, EventKind::Repaired, detail, at)?;
    }
    Ok(())
}

fn keep_blob(connection: &Connection, file: &HeldFile, at: &str) -> Result<i64, CatalogError> {
    const FIND: &str = "SELECT blob_id, verdict FROM blob WHERE sha256 = ?1";
    const INSERT: &str = "INSERT INTO blob (sha256, size_bytes, mime_type, width_px, height_px,
        duration_ms, held_at, verified_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
    let sha256 = file.blob.to_string();
    let known: Option<(i64, String)> = connection
        .prepare_cached(FIND)?
        .query_row([&sha256], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((blob_id, verdict)) = known {
        if verdict != "intact" {
            repair(connection, blob_id, &sha256, at)?;
        }
        return Ok(blob_id);
    }
    connection.prepare_cached(INSERT)?.execute(params![
        sha256,
        integer(file.size_bytes)?,
        file.mime_type,
        file.width,
        file.height,
        file.duration_ms.map(integer).transpose()?,
        at
    ])?;
    Ok(connection.last_insert_rowid())
}

fn add_version(
    connection: &Connection,
    file: &HeldFile,
    asset: &Asset,
    blob_id: i64,
    at: &str,
) -> Result<(), CatalogError> {
    const INSERT: &str = "INSERT INTO asset_version
        (asset_id, version, blob_id, held_at, is_length_verified) VALUES (?1, ?2, ?3, ?4, ?5)";
    const UPDATE: &str = "UPDATE asset SET version = ?2 WHERE asset_id = ?1";
    connection.prepare_cached(INSERT)?.execute(params![
        file.asset.0,
        asset.version + 1,
        blob_id,
        at,
        file.length_verified
    ])?;
    connection.prepare_cached(UPDATE)?.execute(params![file.asset.0, asset.version + 1])?;
    Ok(())
}

fn settle(connection: &Connection, file: &HeldFile) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE asset SET state = 'held', url_path = ?2, tries = 0,
        next_try_at = NULL
        WHERE asset_id = ?1
          AND (state <> 'held' OR url_path IS NOT ?2 OR tries <> 0 OR next_try_at IS NOT NULL)";
    connection.prepare_cached(UPDATE)?.execute(params![file.asset.0, file.url_path])?;
    failures::clear_fetching(connection, file.asset)
}
