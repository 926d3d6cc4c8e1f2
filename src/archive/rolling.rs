//! Reads a few blobs again, those longest unread first, so that all are read within their time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Archive;
use super::verify::{VerifyError, VerifyReport, check_gently};
use crate::catalog::VerifyOrder;
use crate::domain::rolling;

/// Reads one slice; how far it came is in the catalog after every batch.
pub(super) async fn read_slice(
    archive: &Archive,
    quota: u64,
    within: Duration,
    stop: &CancellationToken,
    beat: &(impl Fn() + Sync),
) -> Result<VerifyReport, VerifyError> {
    const BATCH: u64 = 16;
    let mut left = quota;
    let before = archive.clock.now().minus(rolling::rest(within));
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
