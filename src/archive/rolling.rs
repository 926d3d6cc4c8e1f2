//! Reads a few blobs again, those longest unread first, so that all are read within their time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Archive;
use super::verify::{VerifyError, VerifyReport, check_gently};
use crate::catalog::{CatalogError, CatalogReader, VerifyOrder};
use crate::domain::{Timestamp, rolling};

/// Reads one slice; how far it came is in the catalog after every batch.
pub(super) async fn read_slice(
    archive: &Archive,
    slice: Duration,
    within: Duration,
    stop: &CancellationToken,
    beat: &(impl Fn() + Sync),
) -> Result<VerifyReport, VerifyError> {
    const BATCH: u64 = 16;
    let now = archive.clock.now();
    let mut left = quota(archive, slice, within, now).await?;
    let before = now.minus(rolling::rest(within));
    let mut report = VerifyReport::default();
    while left > 0 && !stop.is_cancelled() {
        beat();
        let limit = usize::try_from(left.min(BATCH)).unwrap_or(1);
        let order = VerifyOrder::Oldest { before };
        let rows = archive.catalog.call(move |c| c.blobs_to_verify(order, limit)).await?;
        if rows.is_empty() {
            break;
        }
        left -= rows.len() as u64;
        let unreadable = report.unreadable.len();
        check_gently(archive, rows, stop, &mut report).await?;
        if report.unreadable.len() > unreadable {
            // What cannot be read stays the oldest: the next slice asks the disk again.
            break;
        }
    }
    Ok(report)
}

async fn quota(
    archive: &Archive,
    slice: Duration,
    within: Duration,
    now: Timestamp,
) -> Result<u64, VerifyError> {
    let path = archive.dir.catalog_path();
    let ahead = rolling::horizons(slice, within);
    let counted = tokio::task::spawn_blocking(move || {
        let catalog = CatalogReader::open(&path)?;
        let times = ahead.map(|ahead| now.plus(ahead).minus(within));
        let counts = catalog.blobs_read_before(&times)?;
        let all = catalog.read_again(now.minus(within))?.blobs;
        Ok::<_, CatalogError>((counts, all))
    });
    let (counts, all) = counted.await??;
    let mut due = ahead.map(|ahead| (ahead, 0));
    for (due, count) in due.iter_mut().zip(counts) {
        due.1 = count;
    }
    Ok(rolling::quota(&due, all, slice, within))
}
