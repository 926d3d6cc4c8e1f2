//! The directory of token files: locked, read, and replaced whole.

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{Kept, TokenStoreError, file, guard};
use crate::domain::AccountName;

/// The tokens that the program keeps, one file per account.
///
/// Several processes may use it at once: each change reads the file again under a lock, so that
/// `mediakeep token set` beside a daemon loses nothing. Calls block for moments.
#[derive(Clone)]
pub struct TokenStore {
    dir: PathBuf,
}

/// What a file looks like from outside; another one means that the tokens may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    size: i64,
    modified: (i64, i64),
}

impl Stamp {
    /// Looks at a file without opening it; nothing when it cannot be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        let facts = rustix::fs::statat(CWD, path, AtFlags::empty()).ok()?;
        Some(Self {
            inode: facts.st_ino,
            size: facts.st_size,
            modified: (facts.st_mtime, facts.st_mtime_nsec.cast_signed()),
        })
    }
}

const LOCK: &str = ".lock";
/// How often the lock is asked for, and how long it is waited for in between: it is held for the
/// few writes of one change.
const TRIES: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);

impl TokenStore {
    /// The store in a directory, which is looked at with each call and made with the first change.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Where an account's file is.
    pub fn path(&self, account: &AccountName) -> PathBuf {
        self.dir.join(account.as_str())
    }

    /// Whether the account's file is still the one that was looked at before.
    pub fn stamp(&self, account: &AccountName) -> Option<Stamp> {
        Stamp::of(&self.path(account))
    }

    /// What is kept of an account.
    pub fn read(&self, account: &AccountName) -> Result<Option<Kept>, TokenStoreError> {
        match guard::open_dir(&self.dir)? {
            Some(dir) => self.read_in(&dir, account),
            None => Ok(None),
        }
    }

    /// Changes what is kept of an account: `change` gets what the file says now and answers what it
    /// shall say; nothing leaves it as it is. Answers what it says then.
    ///
    /// The new text is durable when this returns, and until then the old one stands.
    pub fn update(
        &self,
        account: &AccountName,
        change: impl FnOnce(Option<Kept>) -> Option<Kept>,
    ) -> Result<Option<Kept>, TokenStoreError> {
        let dir = self.open_or_make()?;
        let _lock = self.lock(&dir)?;
        let before = self.read_in(&dir, account)?;
        let Some(after) = change(before.clone()) else { return Ok(before) };
        self.replace(&dir, account, &after)?;
        Ok(Some(after))
    }

    fn read_in(
        &self,
        dir: &OwnedFd,
        account: &AccountName,
    ) -> Result<Option<Kept>, TokenStoreError> {
        let path = self.path(account);
        let bytes = guard::read(dir, account.as_str(), &path)?;
        bytes.map(|bytes| file::read(&bytes, &path)).transpose()
    }

    /// Makes the directory alone, never the archive around it.
    fn open_or_make(&self) -> Result<OwnedFd, TokenStoreError> {
        if let Some(dir) = guard::open_dir(&self.dir)? {
            return Ok(dir);
        }
        let mode = Mode::from_raw_mode(guard::DIR_MODE);
        match rustix::fs::mkdirat(CWD, &self.dir, mode) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(TokenStoreError::io("create", &self.dir, errno)),
        }
        let parent = self.dir.parent().unwrap_or(Path::new("."));
        File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(|error| TokenStoreError::io("sync", parent, error))?;
        guard::open_dir(&self.dir)?
            .ok_or_else(|| TokenStoreError::io("open", &self.dir, Errno::NOENT))
    }

    /// The kernel releases the lock with the file, also when the process dies.
    fn lock(&self, dir: &OwnedFd) -> Result<File, TokenStoreError> {
        let path = self.dir.join(LOCK);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(dir, LOCK, flags, Mode::from_raw_mode(guard::FILE_MODE))
            .map_err(|errno| TokenStoreError::io("open", &path, errno))?;
        let file = File::from(fd);
        for _ in 0..TRIES {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(file),
                Err(Errno::WOULDBLOCK | Errno::INTR) => std::thread::sleep(PAUSE),
                Err(errno) => return Err(TokenStoreError::io("lock", &path, errno)),
            }
        }
        Err(TokenStoreError::Busy { path })
    }

    /// Writes beside, syncs, renames over, syncs the directory: at each moment the name stands for
    /// a whole text.
    fn replace(
        &self,
        dir: &OwnedFd,
        account: &AccountName,
        kept: &Kept,
    ) -> Result<(), TokenStoreError> {
        // No account's name begins with a dot.
        let new = format!(".{account}.new");
        let path = self.dir.join(&new);
        let bytes = file::write(kept)
            .map_err(|error| TokenStoreError::io("write", &path, std::io::Error::from(error)))?;
        match rustix::fs::unlinkat(dir, &new, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(TokenStoreError::io("remove", &path, errno)),
        }
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(dir, &new, flags, Mode::from_raw_mode(guard::FILE_MODE))
            .map_err(|errno| TokenStoreError::io("create", &path, errno))?;
        let mut written = File::from(fd);
        written
            .write_all(&bytes)
            .and_then(|()| written.sync_all())
            .map_err(|error| TokenStoreError::io("write", &path, error))?;
        rustix::fs::renameat(dir, &new, dir, account.as_str())
            .map_err(|errno| TokenStoreError::io("rename", &path, errno))?;
        rustix::fs::fsync(dir).map_err(|errno| TokenStoreError::io("sync", &self.dir, errno))
    }
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenStore").field("dir", &self.dir).finish()
    }
}

#[cfg(test)]
mod tests;
