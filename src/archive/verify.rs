//! Reads everything kept again: events, answers and blobs, and compares them with their digests.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::Archive;
use crate::blobs::{BlobStore, BlobVerdict, StoreError};
use crate::catalog::{
    BlobRow, CatalogError, CatalogReader, Fixity, Verification, VerifyOrder, Writer,
};
use crate::domain::BlobId;

/// How much of the store to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every blob.
    All,
    /// The share that was verified longest ago: one of `of` parts.
    Part { of: NonZeroUsize },
}

/// What reading everything again found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    pub checked: usize,
    pub bytes: u64,
    pub intact: usize,
    /// Bytes that no longer match their name; moved to `quarantine/` and queued to be fetched again.
    pub damaged: Vec<String>,
    /// Named by a row and not on disk; queued to be fetched again.
    pub missing: Vec<String>,
    /// Could not be read; nothing is concluded from that.
    pub unreadable: Vec<String>,
    pub history: HistoryReport,
}

/// What recomputing events and kept answers found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HistoryReport {
    pub events: u64,
    /// Each account's newest event: its digest, written down elsewhere, fixes all before it.
    pub heads: Vec<Head>,
    /// The first event of a chain that is not what was written, or not in its place.
    pub broken: Vec<Broken>,
    pub responses: u64,
    /// Digests of kept answers that are another text.
    pub damaged_responses: Vec<String>,
    /// Pages and questions whose answer is not there.
    pub missing_responses: u64,
    /// Events whose evidence is not what they name.
    pub unproven: Vec<i64>,
}

/// The end of an account's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    pub account: String,
    pub event: i64,
    pub digest: String,
}

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub account: String,
    pub event: i64,
}

impl HistoryReport {
    /// Whether every event and every kept answer is as it was written.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty()
            && self.damaged_responses.is_empty()
            && self.missing_responses == 0
            && self.unproven.is_empty()
    }
}

impl VerifyReport {
    /// Whether everything that was looked at is as it was written.
    pub fn is_clean(&self) -> bool {
        self.damaged.is_empty()
            && self.missing.is_empty()
            && self.unreadable.is_empty()
            && self.history.is_clean()
    }
}

/// Why verifying ended early; what was found until then is recorded.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading the store failed")]
    Reader(#[from] tokio::task::JoinError),
}

/// Recomputes all events and kept answers, then verifies the blobs in scope, the longest unread
/// first, and records each batch as it goes.
pub async fn verify(
    archive: &Archive,
    scope: Scope,
    stop: &CancellationToken,
    mut on_progress: impl FnMut(&VerifyReport),
) -> Result<VerifyReport, VerifyError> {
    const BATCH: usize = 256;
    let catalog = archive.dir.catalog_path();
    let stopped = stop.clone();
    // Beside the writer, which need not wait for a long history.
    let history = tokio::task::spawn_blocking(move || check_history(&catalog, &stopped)).await??;
    let mut report = VerifyReport { history, ..VerifyReport::default() };
    let all = archive.catalog.call(Writer::blob_count).await?;
    let mut left = match scope {
        Scope::All => all,
        Scope::Part { of } => all.div_ceil(of.get() as u64),
    };
    let before = archive.clock.now();
    let mut after = None;
    while left > 0 && !stop.is_cancelled() {
        let order = match scope {
            Scope::All => VerifyOrder::ByName { after },
            Scope::Part { .. } => VerifyOrder::Oldest { before },
        };
        let limit = BATCH.min(usize::try_from(left).unwrap_or(BATCH));
        let rows = archive.catalog.call(move |c| c.blobs_to_verify(order, limit)).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.blob);
        left -= rows.len() as u64;
        check_batch(archive, rows, stop, &mut report).await?;
        on_progress(&report);
    }
    Ok(report)
}

fn check_history(catalog: &Path, stop: &CancellationToken) -> Result<HistoryReport, CatalogError> {
    let catalog = CatalogReader::open(catalog)?;
    let mut report = HistoryReport::default();
    for account in catalog.account_names()? {
        if stop.is_cancelled() {
            return Ok(report);
        }
        let chain = catalog.check_chain(&account)?;
        report.events += chain.events;
        if let Some(event) = chain.first_break {
            report.broken.push(Broken { account: account.clone(), event });
        }
        report.heads.extend(chain.head.map(|(event, digest)| Head { account, event, digest }));
    }
    let responses = catalog.check_responses()?;
    report.responses = responses.checked;
    report.damaged_responses = responses.damaged;
    report.missing_responses = responses.missing;
    report.unproven = responses.unproven;
    Ok(report)
}

async fn check_batch(
    archive: &Archive,
    rows: Vec<BlobRow>,
    stop: &CancellationToken,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let store = archive.dir.blobs().clone();
    let ids: Vec<BlobId> = rows.iter().map(|row| row.blob).collect();
    let stop = stop.clone();
    let verdicts = tokio::task::spawn_blocking(move || read_again(&store, &ids, &stop)).await?;
    record_batch(archive, rows, verdicts, report).await
}

/// Reads blobs one after the other, so that others get at the disk in between, and ends in the
/// middle of one when asked to stop; then records what was found.
pub(super) async fn check_gently(
    archive: &Archive,
    rows: Vec<BlobRow>,
    stop: &CancellationToken,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let store = archive.dir.blobs().clone();
    let ids: Vec<BlobId> = rows.iter().map(|row| row.blob).collect();
    let stop = stop.clone();
    let verdicts = tokio::task::spawn_blocking(move || {
        let mut verdicts = HashMap::with_capacity(ids.len());
        for id in ids {
            match store.verify_while(&id, || !stop.is_cancelled()).transpose() {
                Some(verdict) => verdicts.insert(id, verdict),
                None => break,
            };
        }
        verdicts
    })
    .await?;
    record_batch(archive, rows, verdicts, report).await
}

async fn record_batch(
    archive: &Archive,
    rows: Vec<BlobRow>,
    verdicts: HashMap<BlobId, Result<BlobVerdict, StoreError>>,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let mut results = Vec::with_capacity(rows.len());
    // Without a verdict: not reached before the stop.
    for row in rows.iter().filter(|row| verdicts.contains_key(&row.blob)) {
        report.checked += 1;
        report.bytes += row.size_bytes;
        let verdict = match verdicts.get(&row.blob) {
            Some(Ok(verdict)) => *verdict,
            Some(Err(error)) => {
                tracing::warn!(blob.id = %row.blob, "could not be read: {error}");
                BlobVerdict::Unreadable
            }
            None => BlobVerdict::Unreadable,
        };
        let name = || row.blob.to_string();
        let found = match verdict {
            BlobVerdict::Intact => {
                report.intact += 1;
                Fixity::Intact
            }
            BlobVerdict::Damaged { .. } => {
                // The damage is recorded whatever becomes of the file.
                if let Err(error) = archive.dir.blobs().quarantine(&row.blob) {
                    tracing::warn!(blob.id = %row.blob, "could not be moved aside: {error}");
                }
                report.damaged.push(name());
                Fixity::Damaged
            }
            BlobVerdict::Missing => {
                report.missing.push(name());
                Fixity::Missing
            }
            BlobVerdict::Unreadable => {
                report.unreadable.push(name());
                continue;
            }
        };
        results.push(Verification { blob: row.blob, fixity: found });
    }
    let now = archive.clock.now();
    archive.catalog.call(move |c| c.record_verified(&results, now)).await?;
    Ok(())
}

fn read_again(
    store: &BlobStore,
    ids: &[BlobId],
    stop: &CancellationToken,
) -> HashMap<BlobId, Result<BlobVerdict, StoreError>> {
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut verdicts = HashMap::with_capacity(ids.len());
    store.verify_many(ids, threads, |id, verdict| {
        verdicts.insert(*id, verdict);
        if stop.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    verdicts
}
