//! The content-addressed store: blobs under the names of their digests.

use std::fmt;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::domain::BlobId;

use super::lock::Lock;
use super::{Refusal, StoreError, layout, sys};

/// The store inside an opened [`ArchiveDir`](super::ArchiveDir); clones share it.
#[derive(Clone)]
pub struct BlobStore {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) dir: PathBuf,
    pub(super) blobs: OwnedFd,
    /// Nothing when opened for reading only.
    writing: Option<Writing>,
}

/// What only the holder of the lock has.
pub(super) struct Writing {
    pub(super) tmp: OwnedFd,
    /// The directories below `tmp/`, taken in turn.
    pub(super) slots: Vec<OwnedFd>,
    pub(super) quarantine: OwnedFd,
    /// Begins the names of this opening's temporary files, which a sweep leaves alone.
    pub(super) prefix: String,
    pub(super) counter: AtomicU64,
    /// Buffers of finished writers, used again.
    pub(super) buffers: Mutex<Vec<Vec<u8>>>,
    /// Held while a damaged blob is moved away and replaced, so that nobody moves a good one.
    pub(super) replacing: Mutex<()>,
    /// Set for good when a directory could not be synced.
    pub(super) degraded: AtomicBool,
    _lock: Lock,
}

impl BlobStore {
    pub(super) fn open_for_writing(
        root: &OwnedFd,
        dir: &Path,
        lock: Lock,
    ) -> Result<Self, StoreError> {
        let open = |name: &str| sys::open_dir(root, name, &dir.join(name));
        let tmp = open(layout::TMP)?;
        let slots = (0..layout::TMP_SLOTS)
            .map(slot_name)
            .map(|name| sys::open_dir(&tmp, &name, &dir.join(layout::TMP).join(&name)))
            .collect::<Result<_, _>>()?;
        let writing = Writing {
            tmp,
            slots,
            quarantine: open(layout::QUARANTINE)?,
            prefix: super::marker::new_id()?[..16].to_owned(),
            counter: AtomicU64::new(0),
            buffers: Mutex::new(Vec::new()),
            replacing: Mutex::new(()),
            degraded: AtomicBool::new(false),
            _lock: lock,
        };
        let blobs = open(layout::BLOBS)?;
        let inner = Inner { dir: dir.to_owned(), blobs, writing: Some(writing) };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(super) fn open_for_reading(root: &OwnedFd, dir: &Path) -> Result<Self, StoreError> {
        let blobs = sys::open_dir(root, layout::BLOBS, &dir.join(layout::BLOBS))?;
        let inner = Inner { dir: dir.to_owned(), blobs, writing: None };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Opens a blob for reading; what is no regular file is refused.
    pub fn open(&self, id: &BlobId) -> Result<File, StoreError> {
        self.inner.open_blob(id).and_then(|file| {
            file.ok_or_else(|| StoreError::io("open", &self.path(id), Errno::NOENT))
        })
    }

    /// Whether a blob of this size is there; its content is not read.
    pub fn contains(&self, id: &BlobId, size: u64) -> Result<bool, StoreError> {
        let path = self.path(id);
        let name = id.to_string();
        let below = format!("{}/{name}", &name[..2]);
        let stat = sys::stat(&self.inner.blobs, &below, &path)?;
        Ok(stat.is_some_and(|stat| {
            sys::kind(&stat) == FileType::RegularFile && sys::size(&stat) == size
        }))
    }

    /// Where a blob lies, whether it is there or not.
    pub fn path(&self, id: &BlobId) -> PathBuf {
        self.inner.dir.join(id.relative_path())
    }
}

impl Inner {
    /// The side that needs the lock.
    pub(super) fn writing(&self) -> Result<&Writing, StoreError> {
        self.writing.as_ref().ok_or_else(|| StoreError::ReadOnly { dir: self.dir.clone() })
    }

    /// The directory of a blob.
    pub(super) fn open_shard(&self, shard: &str) -> Result<OwnedFd, StoreError> {
        sys::open_dir(&self.blobs, shard, &self.shard_path(shard))
    }

    pub(super) fn shard_path(&self, shard: &str) -> PathBuf {
        self.dir.join(layout::BLOBS).join(shard)
    }

    /// Opens a blob, or nothing when its name is not there.
    pub(super) fn open_blob(&self, id: &BlobId) -> Result<Option<File>, StoreError> {
        let name = id.to_string();
        let path = self.dir.join(id.relative_path());
        let below = format!("{}/{name}", &name[..2]);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.blobs, below, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(Refusal::SymbolicLink { path }.into()),
            Err(errno) => return Err(StoreError::io("open", &path, errno)),
        };
        let facts = file.metadata().map_err(|error| StoreError::io("read", &path, error))?;
        if facts.is_file() {
            Ok(Some(file))
        } else {
            Err(Refusal::WrongKind { path, expected: "regular file" }.into())
        }
    }
}

pub(super) fn slot_name(slot: u64) -> String {
    format!("{slot:x}")
}

impl fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobStore").field("dir", &self.inner.dir).finish_non_exhaustive()
    }
}
