//! What `[archive]` says of keeping the archive well.

use std::sync::Arc;

use crate::archive::upkeep::{Ticks, UpkeepSettings};
use crate::config::ArchiveConfig;
use crate::schedule::Schedule;

/// The settings of the upkeep.
pub fn upkeep_settings(archive: &ArchiveConfig) -> UpkeepSettings {
    UpkeepSettings {
        backup: ticks(&archive.backup.schedule),
        keep: usize::try_from(archive.backup.keep).unwrap_or(usize::MAX),
        publish: archive.publish.as_ref().map(|to| (to.path.clone(), ticks(&to.schedule))),
        verify_every: archive.verify_every,
        slice: UpkeepSettings::SLICE,
        log_limit: UpkeepSettings::LOG_LIMIT,
    }
}

fn ticks(schedule: &Schedule) -> Ticks {
    let schedule = schedule.clone();
    Arc::new(move |after| schedule.next_after(after))
}
