//! Makes fetched files durable in batches and writes their rows.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::fetch_file::{Fetched, Missed, storage_fault};
use super::held_log::{self, HeldLine};
use super::queue::is_recheck;
use super::report::FilesReport;
use super::running::{Halt, PassContext};
use crate::blobs::{Committed, Placement, Staged};
use crate::catalog::{CatalogError, FileFailure, HeldFile, QueuedAsset};
use crate::domain::{BlobId, FileFault};

/// Files per batch: enough to share a directory's sync, few enough to lose little to a crash.
const BATCH: usize = 64;
/// The longest a fetched file waits for company.
const LINGER: Duration = Duration::from_millis(500);

/// Takes fetched files until the last sender is gone; a file counts only once its row is there.
pub(super) async fn keep_files(
    pass: &PassContext,
    mut arriving: mpsc::Receiver<Fetched>,
) -> Result<FilesReport, CatalogError> {
    let mut report = FilesReport::default();
    while let Some(first) = arriving.recv().await {
        let mut batch = vec![first];
        let deadline = Instant::now() + LINGER;
        while batch.len() < BATCH {
            match timeout_at(deadline, arriving.recv()).await {
                Ok(Some(file)) => batch.push(file),
                Ok(None) | Err(_) => break,
            }
        }
        keep_batch(pass, batch, &mut report).await?;
    }
    Ok(report)
}

/// Blobs first, rows second: a crash in between leaves only files that nobody refers to.
async fn keep_batch(
    pass: &PassContext,
    batch: Vec<Fetched>,
    report: &mut FilesReport,
) -> Result<(), CatalogError> {
    let (staged, rows): (Vec<Staged>, Vec<Row>) = batch.into_iter().map(Row::split).unzip();
    let store = pass.archive.dir.blobs().clone();
    let committed = tokio::task::spawn_blocking(move || store.commit(staged)).await;
    let mut held = Vec::new();
    match committed {
        Ok(results) => {
            for (row, result) in rows.into_iter().zip(results) {
                match result {
                    Ok(committed) => held.push((row, committed)),
                    Err(error) => {
                        let fault = storage_fault(&error);
                        let message = format!("{:#}", anyhow::Error::from(error));
                        if fault == FileFault::NoSpace {
                            pass.stop_fetching(Halt::NoSpace(message.clone()));
                        }
                        let missed = Missed {
                            asset: row.asset,
                            fault,
                            message,
                            http_status: None,
                            stop_fetching: false,
                        };
                        record_missed(pass, missed).await?;
                        report.failed += 1;
                    }
                }
            }
        }
        Err(panic) => {
            let message = format!("writing the batch failed: {panic}");
            tracing::error!("{message}");
            report.failed += rows.len();
            for row in rows {
                let fault = FileFault::Storage;
                let (asset, message) = (row.asset, message.clone());
                let missed =
                    Missed { asset, fault, message, http_status: None, stop_fetching: false };
                record_missed(pass, missed).await?;
            }
        }
    }
    record_held(pass, held, report).await
}

async fn record_held(
    pass: &PassContext,
    held: Vec<(Row, Committed)>,
    report: &mut FilesReport,
) -> Result<(), CatalogError> {
    if held.is_empty() {
        return Ok(());
    }
    let bytes: u64 = held.iter().map(|(row, _)| row.size).sum();
    let count = held.len();
    let rechecks = held.iter().filter(|(row, _)| is_recheck(&row.asset)).count();
    let known = held.iter().filter(|(_, blob)| blob.placement == Placement::AlreadyThere).count();
    let lines: Vec<HeldLine> = held.iter().map(|(row, blob)| row.line(blob.id)).collect();
    let files: Vec<HeldFile> = held.into_iter().map(|(row, blob)| row.into_held(blob.id)).collect();
    let now = pass.archive.clock.now();
    let tally = pass.archive.catalog.call(move |c| c.record_held(&files, now)).await?;
    let archive = pass.archive.clone();
    // A help for a restore: whatever becomes of it, the files are held.
    tokio::task::spawn_blocking(move || held_log::append(&archive.dir, &lines, now)).await.ok();
    let unchanged = rechecks.saturating_sub(tally.versions_new);
    report.saved += count - unchanged;
    report.saved_bytes += bytes;
    report.already_held += known.saturating_sub(unchanged);
    report.new_versions += tally.versions_new;
    report.rechecked += unchanged;
    pass.counts.done.fetch_add(count, Ordering::Relaxed);
    pass.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
    pass.announce_files();
    Ok(())
}

/// Writes down why a file did not arrive and when it is tried again.
pub(super) async fn record_missed(pass: &PassContext, missed: Missed) -> Result<(), CatalogError> {
    let now = pass.archive.clock.now();
    let failure = FileFailure {
        asset: missed.asset.asset,
        fault: missed.fault,
        error: missed.message,
        http_status: missed.http_status,
    };
    pass.archive.catalog.call(move |c| c.record_file_failure(&failure, now)).await?;
    pass.counts.failed.fetch_add(1, Ordering::Relaxed);
    pass.announce_files();
    Ok(())
}

/// What the row of a fetched file needs, apart from the bytes.
#[derive(Debug)]
struct Row {
    asset: QueuedAsset,
    size: u64,
    mime_type: String,
    width: Option<u32>,
    height: Option<u32>,
    duration_ms: Option<u64>,
    url_path: String,
    length_verified: bool,
}

impl Row {
    fn split(file: Fetched) -> (Staged, Self) {
        let row = Self {
            size: file.staged.size(),
            mime_type: file.facts.mime_type.to_owned(),
            width: file.facts.width,
            height: file.facts.height,
            duration_ms: file.facts.duration_ms,
            asset: file.asset,
            url_path: file.url_path,
            length_verified: file.length_verified,
        };
        (file.staged, row)
    }

    fn line(&self, blob: BlobId) -> HeldLine {
        HeldLine {
            media_id: self.asset.media_id.to_string(),
            role: self.asset.role.to_string(),
            url_path: self.url_path.clone(),
            sha256: blob.to_string(),
            length_verified: self.length_verified,
        }
    }

    fn into_held(self, blob: BlobId) -> HeldFile {
        HeldFile {
            asset: self.asset.asset,
            blob,
            size_bytes: self.size,
            mime_type: self.mime_type,
            width: self.width,
            height: self.height,
            duration_ms: self.duration_ms,
            url_path: self.url_path,
            length_verified: self.length_verified,
        }
    }
}
