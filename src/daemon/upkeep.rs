//! Keeping the archive well, as `[archive]` says.

use std::sync::Arc;

use super::{TaskSpec, Workshop};
use crate::archive::upkeep::{Ticks, UpkeepSettings, keep_up};
use crate::config::ArchiveConfig;
use crate::schedule::Schedule;

/// The task that makes copies, reads files again and watches the disk.
pub(super) fn upkeep(shop: &Workshop) -> TaskSpec {
    let (archive, settings) = (shop.archive.clone(), upkeep_settings(&shop.config.archive));
    TaskSpec::new("upkeep", move |pulse, stop| {
        keep_up(archive.clone(), settings.clone(), move || pulse.beat(), stop)
    })
}

fn upkeep_settings(archive: &ArchiveConfig) -> UpkeepSettings {
    UpkeepSettings {
        backup: ticks(&archive.backup.schedule),
        keep: usize::try_from(archive.backup.keep).unwrap_or(usize::MAX),
        publish: archive.publish.as_ref().map(|to| (to.path.clone(), ticks(&to.schedule))),
        verify_every: archive.verify_every,
        slice: UpkeepSettings::slice(archive.verify_every),
        log_limit: UpkeepSettings::LOG_LIMIT,
    }
}

fn ticks(schedule: &Schedule) -> Ticks {
    let schedule = schedule.clone();
    Arc::new(move |after| schedule.next_after(after))
}
