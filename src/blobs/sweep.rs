//! Removing what a crash left in `tmp/`.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use super::{BlobStore, StoreError, layout, sys};

/// What a sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub files: u64,
    pub bytes: u64,
}

impl BlobStore {
    /// Removes temporary files that nobody is writing: all but those begun since this opening.
    pub fn sweep(&self) -> Result<Swept, StoreError> {
        let writing = self.inner.writing()?;
        let tmp = self.inner.dir.join(layout::TMP);
        let mut swept = Swept::default();
        swept_from(&writing.tmp, &tmp, &writing.prefix, &mut swept)?;
        for (slot, number) in writing.slots.iter().zip(0..) {
            let path = tmp.join(super::store::slot_name(number));
            swept_from(slot, &path, &writing.prefix, &mut swept)?;
        }
        Ok(swept)
    }
}

fn swept_from(dir: &OwnedFd, path: &Path, keep: &str, swept: &mut Swept) -> Result<(), StoreError> {
    for (name, _) in layout::entries(dir, path)? {
        if name.as_encoded_bytes().starts_with(keep.as_bytes()) {
            continue;
        }
        let path = path.join(&name);
        let stat = match rustix::fs::statat(dir, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if sys::kind(&stat) == FileType::Directory => continue,
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(errno) => return Err(StoreError::io("read", &path, errno)),
        };
        match rustix::fs::unlinkat(dir, &name, AtFlags::empty()) {
            Ok(()) => {
                swept.files += 1;
                swept.bytes += sys::size(&stat);
            }
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(StoreError::io("remove", &path, errno)),
        }
    }
    Ok(())
}
