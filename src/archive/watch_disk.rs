//! Watches how much room there is, and how long it lasts.

use super::Archive;
use crate::catalog::CatalogError;
use crate::domain::disk::{self, DiskFacts, DiskState};
use crate::domain::{AlarmKind, Timestamp};

/// Judges the archive's disk, and raises or ends the alarm.
pub(super) async fn watch_disk(
    archive: &Archive,
    grown: Option<(u64, Timestamp)>,
    is_open: bool,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let free = match archive.dir.free_space() {
        Ok(free) => free,
        Err(error) => {
            tracing::warn!("the free space is not known: {error}");
            return Ok(());
        }
    };
    let facts = DiskFacts {
        free,
        min_free: archive.settings.min_free,
        grown: grown.map(|(bytes, since)| (bytes, now.since(since))),
    };
    let state = disk::judge(facts);
    let detail = told(state, facts);
    let kind = AlarmKind::DiskLow;
    match state {
        DiskState::Enough { .. } if !is_open => {}
        DiskState::Enough { .. } => {
            archive.catalog.call(move |c| c.end_alarms(None, kind, None, &detail, now)).await?;
        }
        DiskState::Low { .. } | DiskState::Full => {
            let level = state.level();
            archive
                .catalog
                .call(move |c| c.raise_alarm(None, kind, "", level, &detail, now))
                .await?;
        }
    }
    Ok(())
}

/// Rounded, so that the line changes only when something did.
fn told(state: DiskState, facts: DiskFacts) -> String {
    let (free, min_free) = (rounded(facts.free), rounded(facts.min_free));
    match state {
        DiskState::Enough { .. } => "there is room again".to_owned(),
        DiskState::Low { days_left: Some(days) } => {
            format!("{free} free: enough for {days} days at the present growth")
        }
        DiskState::Low { days_left: None } => {
            format!("{free} free, and min_free keeps {min_free}")
        }
        DiskState::Full => {
            format!("{free} free, less than min_free ({min_free}): no file is fetched")
        }
    }
}

fn rounded(bytes: u64) -> String {
    const GIB: u64 = 1 << 30;
    if bytes >= 10 * GIB { format!("{} GiB", bytes / GIB) } else { format!("{} MiB", bytes >> 20) }
}
