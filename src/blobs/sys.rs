//! The few system calls of the store, each relative to an opened directory.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use super::{Refusal, StoreError};

/// Directories are open to the archive's group, and what is created inside inherits the group.
pub(super) const DIR_MODE: u32 = 0o2750;
/// Files that the program may still change.
pub(super) const FILE_MODE: u32 = 0o640;
/// Blobs never change.
pub(super) const BLOB_MODE: u32 = 0o440;

/// Opens a directory for listing and syncing, never through a symbolic link.
pub(super) fn open_dir(parent: impl AsFd, name: &str, path: &Path) -> Result<OwnedFd, StoreError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::LOOP => Refusal::SymbolicLink { path: path.to_owned() }.into(),
        Errno::NOTDIR => not_a_directory(path),
        errno => StoreError::io("open", path, errno),
    })
}

/// With `O_DIRECTORY` the kernel says "not a directory" of a symbolic link too.
fn not_a_directory(path: &Path) -> StoreError {
    let path = path.to_owned();
    if path.is_symlink() {
        Refusal::SymbolicLink { path }.into()
    } else {
        Refusal::WrongKind { path, expected: "directory" }.into()
    }
}

/// Creates a file that did not exist, for reading and writing.
pub(super) fn create_new(parent: impl AsFd, name: &str, path: &Path) -> Result<File, StoreError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(parent, name, flags, Mode::from_raw_mode(FILE_MODE))
        .map_err(|errno| StoreError::io("create", path, errno))?;
    Ok(File::from(fd))
}

/// Gives a file the store's own mode even where the umask took rights away.
pub(super) fn share(file: &File, path: &Path) -> Result<(), StoreError> {
    rustix::fs::fchmod(file, Mode::from_raw_mode(FILE_MODE))
        .map_err(|errno| StoreError::io("set the mode of", path, errno))
}

/// Creates a directory unless it is there, with `mode` whatever the umask; answers whether it
/// is new.
pub(super) fn ensure_dir(
    parent: impl AsFd,
    name: &str,
    mode: u32,
    path: &Path,
) -> Result<bool, StoreError> {
    match rustix::fs::mkdirat(parent.as_fd(), name, Mode::from_raw_mode(mode & 0o777)) {
        Ok(()) => {
            set_dir_mode(open_dir(parent, name, path)?, mode, path)?;
            Ok(true)
        }
        Err(Errno::EXIST) => Ok(false),
        Err(errno) => Err(StoreError::io("create", path, errno)),
    }
}

/// Gives a directory its mode, asking for nothing that it has.
///
/// A confined service may not set the setgid bit (`RestrictSUIDSGID=`): below a directory that has it, new ones
/// have it from the start, and elsewhere the archive works without, since files are of the service's group anyway.
pub(super) fn set_dir_mode(dir: impl AsFd, mode: u32, path: &Path) -> Result<(), StoreError> {
    let failed = |errno| StoreError::io("set the mode of", path, errno);
    let has = rustix::fs::fstat(dir.as_fd()).map_err(failed)?.st_mode & 0o7777;
    if has == mode {
        return Ok(());
    }
    match rustix::fs::fchmod(dir.as_fd(), Mode::from_raw_mode(mode)) {
        Err(Errno::PERM) => {
            rustix::fs::fchmod(dir, Mode::from_raw_mode(mode & 0o777)).map_err(failed)
        }
        set => set.map_err(failed),
    }
}

/// Facts about a name itself, not about what a link points to; nothing when it does not exist.
pub(super) fn stat(parent: impl AsFd, name: &str, path: &Path) -> Result<Option<Stat>, StoreError> {
    match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(StoreError::io("read", path, errno)),
    }
}

/// What kind of thing a name stands for.
pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// The size in bytes.
pub(super) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Renames without replacing; a file system that cannot (NFS, some FUSE) gets a hard link and
/// then loses the old name, which is as safe.
pub(super) fn rename_new(
    from_dir: impl AsFd,
    from: &str,
    to_dir: impl AsFd,
    to: &str,
) -> Result<(), Errno> {
    let (from_dir, to_dir) = (from_dir.as_fd(), to_dir.as_fd());
    match rustix::fs::renameat_with(from_dir, from, to_dir, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            rustix::fs::linkat(from_dir, from, to_dir, to, AtFlags::empty())?;
            rustix::fs::unlinkat(from_dir, from, AtFlags::empty())
        }
        result => result,
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(dir: impl AsFd, path: &Path) -> Result<(), StoreError> {
    rustix::fs::fsync(dir)
        .map_err(|errno| StoreError::SyncDir { path: path.to_owned(), source: errno.into() })
}
