//! Moving damaged blobs aside; nothing that was kept is removed.

use std::path::PathBuf;
use std::sync::PoisonError;

use rustix::io::Errno;

use crate::domain::BlobId;

use super::verify::{self, BlobVerdict};
use super::{BlobStore, StoreError, layout, sys};

impl BlobStore {
    /// Moves a damaged blob to `quarantine/`, which frees its name for a good copy; answers
    /// nothing, and moves nothing, when it is not damaged.
    ///
    /// It is read once more first, because it may have been replaced since it was judged.
    pub fn quarantine(&self, id: &BlobId) -> Result<Option<PathBuf>, StoreError> {
        let writing = self.inner.writing()?;
        let _alone = writing.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        match verify::verify(self, id)? {
            BlobVerdict::Intact | BlobVerdict::Missing | BlobVerdict::Unreadable => Ok(None),
            BlobVerdict::Damaged { .. } => self.move_aside(id).map(Some),
        }
    }

    /// Moves whatever stands under the name; only for who holds `replacing`.
    pub(super) fn move_aside(&self, id: &BlobId) -> Result<PathBuf, StoreError> {
        const COPIES: u32 = 1000;
        let quarantine = &self.inner.writing()?.quarantine;
        let dir = self.inner.dir.join(layout::QUARANTINE);
        let name = id.to_string();
        let shard = self.inner.open_shard(&name[..2])?;
        for copy in 0..COPIES {
            let aside = if copy == 0 { name.clone() } else { format!("{name}.{copy}") };
            match sys::rename_new(&shard, &name, quarantine, &aside) {
                Ok(()) => {
                    sys::sync_dir(quarantine, &dir)?;
                    sys::sync_dir(&shard, &self.inner.shard_path(&name[..2]))?;
                    return Ok(dir.join(aside));
                }
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(StoreError::io("move", &self.path(id), errno)),
            }
        }
        Err(StoreError::io("move", &self.path(id), Errno::EXIST))
    }
}
