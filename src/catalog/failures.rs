//! What failed and has not succeeded since.

use rusqlite::{Connection, params};

use super::assets::AssetId;
use super::text::text;
use super::writer::account_id;
use super::{CatalogError, Writer};
use crate::domain::{AccountName, FileFault, MediaId, Timestamp};

/// Where something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Asking who the token answers for.
    Account,
    /// Enumerating an edge.
    Walk,
    /// Reading one item by its id.
    Item,
    /// Fetching a file.
    File,
    /// Reading a held file again.
    Verify,
}

impl Stage {
    /// The word in `failures.stage`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Walk => "walk",
            Self::Item => "item",
            Self::File => "file",
            Self::Verify => "verify",
        }
    }
}

/// A failure outside of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureNote {
    pub stage: Stage,
    /// What failed within the stage: nothing more for the account, a walk's name, or a media id.
    pub subject: String,
    pub media_id: Option<MediaId>,
    /// The class in one word.
    pub class: String,
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    pub http_status: Option<u16>,
    /// One line without secrets.
    pub error: String,
    /// Absent: with the next pass.
    pub next_try_at: Option<Timestamp>,
}

/// A file that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFailure {
    pub asset: AssetId,
    pub fault: FileFault,
    /// One line without secrets.
    pub error: String,
    pub http_status: Option<u16>,
}

impl Writer {
    /// Records a failure and answers how often it has happened since the last success.
    pub fn record_failure(
        &mut self,
        account: &AccountName,
        failure: &FailureNote,
        now: Timestamp,
    ) -> Result<u32, CatalogError> {
        let tx = self.begin()?;
        let failure = NewFailure {
            account_id: account_id(&tx, account)?,
            stage: failure.stage,
            subject: &failure.subject,
            media_id: failure.media_id.as_ref().map(MediaId::as_str),
            asset: None,
            class: &failure.class,
            code: failure.code,
            subcode: failure.subcode,
            http_status: failure.http_status,
            next_try_at: failure.next_try_at,
            error: &failure.error,
        };
        let tries = record(&tx, &failure, now)?;
        tx.commit()?;
        Ok(tries)
    }

    /// Forgets the failure of a stage and subject, because it succeeded; answers whether there
    /// was one.
    pub fn clear_failure(
        &mut self,
        account: &AccountName,
        stage: Stage,
        subject: &str,
    ) -> Result<bool, CatalogError> {
        const DELETE: &str =
            "DELETE FROM failure WHERE account_id = ?1 AND stage = ?2 AND subject = ?3";
        let tx = self.begin()?;
        let account = account_id(&tx, account)?;
        let cleared =
            tx.prepare_cached(DELETE)?.execute(params![account, stage.as_str(), subject])?;
        tx.commit()?;
        Ok(cleared > 0)
    }
}

/// A failure of any stage, with the account's row.
#[derive(Debug)]
pub(super) struct NewFailure<'a> {
    pub(super) account_id: i64,
    pub(super) stage: Stage,
    pub(super) subject: &'a str,
    pub(super) media_id: Option<&'a str>,
    pub(super) asset: Option<AssetId>,
    pub(super) class: &'a str,
    pub(super) code: Option<i64>,
    pub(super) subcode: Option<i64>,
    pub(super) http_status: Option<u16>,
    pub(super) next_try_at: Option<Timestamp>,
    pub(super) error: &'a str,
}

/// Enters a failure, or counts it on top of the one that is there.
pub(super) fn record(
    connection: &Connection,
    failure: &NewFailure<'_>,
    now: Timestamp,
) -> Result<u32, CatalogError> {
    const UPSERT: &str = "INSERT INTO failure (account_id, stage, subject, media_id, asset_id,
        class, code, subcode, http_status, tries, first_at, last_at, next_try_at, error)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10, ?11, ?12)
        ON CONFLICT (account_id, stage, subject) DO UPDATE SET
          media_id = excluded.media_id, asset_id = excluded.asset_id, class = excluded.class,
          code = excluded.code, subcode = excluded.subcode, http_status = excluded.http_status,
          tries = tries + 1, last_at = excluded.last_at, next_try_at = excluded.next_try_at,
          error = excluded.error
        RETURNING tries";
    let tries = connection.prepare_cached(UPSERT)?.query_row(
        params![
            failure.account_id,
            failure.stage.as_str(),
            failure.subject,
            failure.media_id,
            failure.asset.map(|asset| asset.0),
            failure.class,
            failure.code,
            failure.subcode,
            failure.http_status,
            text(now),
            failure.next_try_at.map(text),
            failure.error,
        ],
        |row| row.get(0),
    )?;
    Ok(tries)
}

/// Forgets that a file could not be fetched: it is held.
pub(super) fn clear_fetching(connection: &Connection, asset: AssetId) -> Result<(), CatalogError> {
    const DELETE: &str = "DELETE FROM failure WHERE asset_id = ?1 AND stage = 'file'";
    connection.prepare_cached(DELETE)?.execute([asset.0])?;
    Ok(())
}

/// Forgets that a version of a file was damaged or missing: it is intact again.
pub(super) fn clear_verifying(
    connection: &Connection,
    asset: AssetId,
    subject: &str,
) -> Result<(), CatalogError> {
    const DELETE: &str =
        "DELETE FROM failure WHERE asset_id = ?1 AND stage = 'verify' AND subject = ?2";
    connection.prepare_cached(DELETE)?.execute(params![asset.0, subject])?;
    Ok(())
}
