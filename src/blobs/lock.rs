//! One writer only: an exclusive lock that the kernel releases when its holder dies.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::error::is_no_space;
use super::{Refusal, StoreError, sys};
use crate::domain::liveness::Holder;

pub(super) const NAME: &str = ".lock";

/// The lock, held until the value is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file is not enough: a child process that another thread is starting at this
    /// moment shares it for an instant. If unlocking fails, closing remains.
    fn drop(&mut self) {
        rustix::fs::flock(&self.file, FlockOperation::Unlock).ok();
    }
}

/// Takes the lock at once or says who holds it.
pub(super) fn acquire(root: &OwnedFd, dir: &Path) -> Result<Lock, StoreError> {
    const ATTEMPTS: usize = 8;
    let path = dir.join(NAME);
    for attempt in 1..=ATTEMPTS {
        let file = open(root, &path)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            // Whoever asks for the holder shares the lock for an instant.
            Err(Errno::WOULDBLOCK) if attempt < 3 => {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            }
            Err(Errno::WOULDBLOCK) => {
                return Err(StoreError::InUse { dir: dir.to_owned(), pid: read_pid(&file) });
            }
            Err(errno @ (Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS)) => {
                return Err(Refusal::NoLocks { dir: dir.to_owned(), source: errno.into() }.into());
            }
            Err(errno) => return Err(StoreError::io("lock", &path, errno)),
        }
        if still_named(root, &file, &path)? {
            write_pid(&file, &path)?;
            return Ok(Lock { file });
        }
    }
    Err(StoreError::io("lock", &path, io::Error::other("the file is replaced again and again")))
}

/// Who holds the lock, found out with no more than the right to read it.
///
/// What cannot be found out, as on a file system without locks, counts as nobody.
pub(super) fn holder(root: &OwnedFd) -> Holder {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(fd) = rustix::fs::openat(root, NAME, flags, Mode::empty()) else {
        return Holder::Nobody;
    };
    let file = File::from(fd);
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => read_pid(&file).map_or(Holder::Unknown, Holder::Process),
        Ok(()) => {
            rustix::fs::flock(&file, FlockOperation::Unlock).ok();
            Holder::Nobody
        }
        Err(_) => Holder::Nobody,
    }
}

fn open(root: &OwnedFd, path: &Path) -> Result<File, StoreError> {
    let flags =
        OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let path = path.to_owned();
    let fd = rustix::fs::openat(root, NAME, flags, Mode::from_raw_mode(sys::FILE_MODE));
    let file = File::from(fd.map_err(|errno| match errno {
        Errno::LOOP => StoreError::from(Refusal::SymbolicLink { path: path.clone() }),
        Errno::ACCESS | Errno::PERM | Errno::ROFS => {
            Refusal::NotWritable { path: path.clone(), source: errno.into() }.into()
        }
        errno => StoreError::io("open", &path, errno),
    })?);
    let facts = file.metadata().map_err(|error| StoreError::io("read", &path, error))?;
    if facts.is_file() {
        Ok(file)
    } else {
        Err(Refusal::WrongKind { path, expected: "regular file" }.into())
    }
}

/// Somebody may have removed the file between opening and locking: then the lock is worth
/// nothing, because the next process locks another file.
fn still_named(root: &OwnedFd, file: &File, path: &Path) -> Result<bool, StoreError> {
    let held = rustix::fs::fstat(file).map_err(|errno| StoreError::io("read", path, errno))?;
    let named = sys::stat(root, NAME, path)?;
    Ok(named.is_some_and(|named| named.st_ino == held.st_ino && named.st_dev == held.st_dev))
}

fn read_pid(file: &File) -> Option<u32> {
    let mut bytes = [0_u8; 16];
    let read = file.read_at(&mut bytes, 0).ok()?;
    str::from_utf8(&bytes[..read]).ok()?.trim().parse().ok()
}

/// The pid is for messages alone, so a full disk does not stand in the way of reading.
fn write_pid(file: &File, path: &Path) -> Result<(), StoreError> {
    let pid = format!("{}\n", std::process::id());
    let written = file.set_len(0).and_then(|()| file.write_all_at(pid.as_bytes(), 0));
    match written {
        Err(error) if !is_no_space(&error) => Err(StoreError::io("write", path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
