//! The archive directory: opened once, checked, locked, completed.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::layout::{self, State};
use super::{BlobStore, Refusal, StoreError, lock, sys};
use crate::domain::liveness::Holder;

/// An archive directory that may be used.
///
/// The exclusive lock lives as long as this value, any clone of it or of its [`BlobStore`].
#[derive(Clone)]
pub struct ArchiveDir {
    path: PathBuf,
    id: String,
    root: Arc<OwnedFd>,
    blobs: BlobStore,
}

impl ArchiveDir {
    /// Opens an archive for writing, or makes a new one in a directory that is empty or absent.
    ///
    /// `expect_id` is the id that a catalog or configuration remembers: with it nothing new is
    /// ever made, so that a disk that is not mounted is not taken for a new archive. A directory
    /// that is no archive is left exactly as it was.
    pub fn create_or_open(dir: &Path, expect_id: Option<&str>) -> Result<Self, StoreError> {
        let root = match open_root(dir) {
            Err(StoreError::Refused(Refusal::Absent { .. })) if expect_id.is_none() => {
                create_root(dir)?
            }
            opened => opened?,
        };
        layout::check_root(&root, dir)?;
        refuse_unless_usable(layout::state(&root, dir)?, dir, expect_id)?;
        let lock = lock::acquire(&root, dir)?;
        // Another process may have made the archive before the lock was ours.
        let state = layout::state(&root, dir)?;
        let id = match refuse_unless_usable(state, dir, expect_id)? {
            Some(id) => id,
            None => layout::make(&root, dir)?,
        };
        layout::complete(&root, dir, &id)?;
        let blobs = BlobStore::open_for_writing(&root, dir, lock)?;
        Ok(Self { path: dir.to_owned(), id, root: Arc::new(root), blobs })
    }

    /// Opens an existing archive without the lock, beside a running writer, for reading only.
    ///
    /// Needs no more than the rights of the archive's group.
    pub fn open_read_only(dir: &Path) -> Result<Self, StoreError> {
        let root = open_root(dir)?;
        let Some(id) = refuse_unless_usable(layout::state(&root, dir)?, dir, None)? else {
            return Err(Refusal::NoMarker { dir: dir.to_owned() }.into());
        };
        let blobs = BlobStore::open_for_reading(&root, dir)?;
        Ok(Self { path: dir.to_owned(), id, root: Arc::new(root), blobs })
    }

    /// Who holds the archive for writing at this moment.
    pub fn holder(&self) -> Holder {
        lock::holder(&self.root)
    }

    /// The archive's random id, 32 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The directory as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the catalog belongs.
    pub fn catalog_path(&self) -> PathBuf {
        self.path.join(layout::CATALOG)
    }

    /// Where refreshed tokens belong; closed to everybody but the owner.
    pub fn tokens_dir(&self) -> PathBuf {
        self.path.join(layout::TOKENS)
    }

    /// As [`ArchiveDir::tokens_dir`], of an archive that nobody has opened.
    pub fn tokens_dir_of(dir: &Path) -> PathBuf {
        dir.join(layout::TOKENS)
    }

    /// Where checked copies of the catalog belong.
    pub fn backups_dir(&self) -> PathBuf {
        self.path.join(layout::BACKUPS)
    }

    /// The store of files.
    pub fn blobs(&self) -> &BlobStore {
        &self.blobs
    }

    /// Bytes that the program may still write on the archive's file system.
    pub fn free_space(&self) -> Result<u64, StoreError> {
        let facts = rustix::fs::fstatvfs(&*self.root)
            .map_err(|errno| StoreError::io("read the free space of", &self.path, errno))?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }
}

impl fmt::Debug for ArchiveDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchiveDir")
            .field("path", &self.path)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The path itself may be a link: that is the operator's choice. Nothing below it may.
fn open_root(dir: &Path) -> Result<OwnedFd, StoreError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, dir, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::NOENT => Refusal::Absent { dir: dir.to_owned() }.into(),
        Errno::NOTDIR => Refusal::NotADirectory { path: dir.to_owned() }.into(),
        errno => StoreError::io("open", dir, errno),
    })
}

/// Makes the directory alone, never its parents: an absent parent is more often a missing disk
/// than a wish.
fn create_root(dir: &Path) -> Result<OwnedFd, StoreError> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let parent_fd = open_root(parent)?;
    let created = rustix::fs::mkdirat(CWD, dir, Mode::from_raw_mode(sys::DIR_MODE & 0o777));
    match created {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) => {
            let path = parent.to_owned();
            return Err(Refusal::NotWritable { path, source: errno.into() }.into());
        }
        Err(errno) => return Err(StoreError::io("create", dir, errno)),
    }
    sys::sync_dir(&parent_fd, parent)?;
    open_root(dir)
}

/// The id of an archive, nothing for an empty directory that may become one.
fn refuse_unless_usable(
    state: State,
    dir: &Path,
    expect_id: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let dir = dir.to_owned();
    match (state, expect_id) {
        (State::Archive(id), None) => Ok(Some(id)),
        (State::Archive(id), Some(expected)) if id == expected => Ok(Some(id)),
        (State::Archive(found), Some(expected)) => {
            Err(Refusal::OtherArchive { dir, expected: expected.to_owned(), found }.into())
        }
        (State::Empty, None) => Ok(None),
        (State::Empty, Some(expected)) => {
            Err(Refusal::NotMounted { dir, expected: expected.to_owned() }.into())
        }
        (State::MarkerLost(piece), _) => Err(Refusal::MarkerLost { dir, piece }.into()),
        (State::Foreign, _) => Err(Refusal::NoMarker { dir }.into()),
    }
}
