//! Refuses what others could read or change, as `ssh` does with its keys.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use secrecy::zeroize::Zeroizing;

use super::TokenStoreError;

/// Nobody but the owner enters.
pub(super) const DIR_MODE: u32 = 0o700;
/// Nobody but the owner reads.
pub(super) const FILE_MODE: u32 = 0o600;

/// No file of tokens is longer; a token has at most 4 KiB.
const LONGEST: u64 = 64 * 1024;

/// Opens the directory, never through a symbolic link; nothing when it does not exist.
pub(super) fn open_dir(path: &Path) -> Result<Option<OwnedFd>, TokenStoreError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
        Ok(dir) => dir,
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP | Errno::NOTDIR) => {
            return Err(TokenStoreError::WrongKind {
                path: path.to_owned(),
                expected: "directory",
            });
        }
        Err(errno) => return Err(TokenStoreError::io("open", path, errno)),
    };
    check(&stat(&dir, path)?, path, DIR_MODE)?;
    Ok(Some(dir))
}

/// Reads a file of the directory whole; nothing when it does not exist.
pub(super) fn read(
    dir: &OwnedFd,
    name: &str,
    path: &Path,
) -> Result<Option<Zeroizing<Vec<u8>>>, TokenStoreError> {
    // A FIFO would block at open without NONBLOCK.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP) => return Err(not_a_file(path)),
        Err(errno) => return Err(TokenStoreError::io("open", path, errno)),
    };
    let facts = stat(&file, path)?;
    if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
        return Err(not_a_file(path));
    }
    check(&facts, path, FILE_MODE)?;
    // Room for all of it, so that no smaller copy is left behind in memory.
    let room = usize::try_from(facts.st_size).unwrap_or(0).min(64 * 1024) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| TokenStoreError::io("read", path, error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(TokenStoreError::Garbled { path: path.to_owned(), why: "it is too long" });
    }
    Ok(Some(bytes))
}

fn stat(file: impl AsFd, path: &Path) -> Result<Stat, TokenStoreError> {
    rustix::fs::fstat(file).map_err(|errno| TokenStoreError::io("read", path, errno))
}

fn check(facts: &Stat, path: &Path, wanted: u32) -> Result<(), TokenStoreError> {
    let path = path.to_owned();
    let user = rustix::process::geteuid().as_raw();
    if facts.st_uid != user {
        return Err(TokenStoreError::ForeignOwner { path, owner: facts.st_uid, user });
    }
    let mode = facts.st_mode & 0o7777;
    if mode & 0o077 != 0 {
        return Err(TokenStoreError::TooOpen { path, mode, wanted });
    }
    Ok(())
}

fn not_a_file(path: &Path) -> TokenStoreError {
    TokenStoreError::WrongKind { path: path.to_owned(), expected: "regular file" }
}
