//! Temporary files: removed when dropped, unless they were renamed to their name.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::fs::AtFlags;
use rustix::io::Errno;

use super::store::{Inner, slot_name};
use super::{StoreError, layout, sys};

/// A file below `tmp/` that nobody else knows.
pub(super) struct TempFile {
    pub(super) file: File,
    inner: Arc<Inner>,
    slot: usize,
    name: String,
    /// False once the name is gone.
    named: bool,
}

impl TempFile {
    pub(super) fn create(inner: &Arc<Inner>) -> Result<Self, StoreError> {
        let writing = inner.writing()?;
        let number = writing.counter.fetch_add(1, Ordering::Relaxed);
        let slot = usize::try_from(number % layout::TMP_SLOTS).unwrap_or(0);
        let name = format!("{}-{number:x}", writing.prefix);
        let path = path(inner, slot, &name);
        let file = sys::create_new(&writing.slots[slot], &name, &path)?;
        Ok(Self { file, inner: Arc::clone(inner), slot, name, named: true })
    }

    /// For error messages.
    pub(super) fn path(&self) -> PathBuf {
        path(&self.inner, self.slot, &self.name)
    }

    /// Gives the file its name in another directory, unless the name is taken.
    pub(super) fn rename(&mut self, to_dir: BorrowedFd<'_>, to: &str) -> Result<(), Errno> {
        let Ok(writing) = self.inner.writing() else { return Err(Errno::ROFS) };
        sys::rename_new(&writing.slots[self.slot], &self.name, to_dir, to)?;
        self.named = false;
        Ok(())
    }
}

impl AsFd for TempFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for TempFile {
    /// A file that cannot be removed now is swept at the next start.
    fn drop(&mut self) {
        if !self.named {
            return;
        }
        if let Ok(writing) = self.inner.writing() {
            rustix::fs::unlinkat(&writing.slots[self.slot], &self.name, AtFlags::empty()).ok();
        }
    }
}

fn path(inner: &Inner, slot: usize, name: &str) -> PathBuf {
    inner.dir.join(layout::TMP).join(slot_name(slot as u64)).join(name)
}
