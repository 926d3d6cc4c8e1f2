//! What belongs where in an archive directory, and whether it is as it should be.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Stat, StatxFlags};
use rustix::io::Errno;

use super::{Refusal, StoreClass, StoreError, lock, marker, sys};

pub(super) const CATALOG: &str = "catalog.db";
pub(super) const BLOBS: &str = "blobs";
pub(super) const TMP: &str = "tmp";
pub(super) const TOKENS: &str = "tokens";
pub(super) const BACKUPS: &str = "backups";
pub(super) const QUARANTINE: &str = "quarantine";
const README: &str = "README.txt";
const README_TEXT: &str = include_str!("README.txt");

/// Every directory at the top, with its mode. Tokens are nobody else's business.
const DIRS: [(&str, u32); 5] = [
    (BLOBS, sys::DIR_MODE),
    (TMP, sys::DIR_MODE),
    (TOKENS, 0o700),
    (BACKUPS, sys::DIR_MODE),
    (QUARANTINE, sys::DIR_MODE),
];

/// Threads that create files in one directory wait for its lock, so that unfinished files are
/// spread over several.
pub(super) const TMP_SLOTS: u64 = 16;

/// What a directory is, judged before anything is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Archive(String),
    /// Nothing but what a new file system or a creation that was cut off leaves behind.
    Empty,
    /// Parts of an archive without the marker; names one of them.
    MarkerLost(&'static str),
    Foreign,
}

/// Looks at a directory without changing it.
pub(super) fn state(root: &OwnedFd, dir: &Path) -> Result<State, StoreError> {
    // Listed before the marker is read: another process may be making the archive meanwhile,
    // and writes the marker first.
    let mut names = entries(root, dir)?;
    if let Some(id) = marker::read(root, dir)? {
        return Ok(State::Archive(id));
    }
    let leftovers = [lock::NAME, marker::NEW_NAME, "lost+found"];
    names.retain(|(name, _)| !leftovers.iter().any(|leftover| name == leftover));
    let has = |piece: &str| names.iter().any(|(name, _)| name == piece);
    Ok(match [CATALOG, BLOBS].into_iter().find(|piece| has(piece)) {
        Some(piece) => State::MarkerLost(piece),
        None if names.is_empty() => State::Empty,
        None => State::Foreign,
    })
}

/// Refuses a directory of somebody else, or one that anybody may change.
pub(super) fn check_root(root: &OwnedFd, dir: &Path) -> Result<(), StoreError> {
    let stat = rustix::fs::fstat(root).map_err(|errno| StoreError::io("read", dir, errno))?;
    check_owner_and_mode(&stat, dir)
}

/// Turns an empty directory into an archive and answers its id.
///
/// The marker comes first: everything else is completed at each opening, so that a crash at any
/// point leaves an empty directory or an archive.
pub(super) fn make(root: &OwnedFd, dir: &Path) -> Result<String, StoreError> {
    sys::set_dir_mode(root, sys::DIR_MODE, dir)?;
    let id = marker::new_id()?;
    marker::write(root, dir, &id)?;
    Ok(id)
}

/// Checks every piece of an archive and makes those that a cut-off creation did not reach.
pub(super) fn complete(root: &OwnedFd, dir: &Path, id: &str) -> Result<(), StoreError> {
    check_file(root, dir, marker::NAME)?;
    let has_catalog = check_file(root, dir, CATALOG)?;
    let mut created = false;
    for (name, mode) in DIRS {
        created |= complete_dir(root, dir, (name, mode), has_catalog)?;
    }
    check_devices(root, dir)?;
    let blobs = sys::open_dir(root, BLOBS, &dir.join(BLOBS))?;
    complete_shards(&blobs, &dir.join(BLOBS), (0..=0xff).map(|n| format!("{n:02x}")))?;
    let tmp = sys::open_dir(root, TMP, &dir.join(TMP))?;
    complete_shards(&tmp, &dir.join(TMP), (0..TMP_SLOTS).map(|n| format!("{n:x}")))?;
    check_writable(&tmp, &dir.join(TMP))?;
    if !check_file(root, dir, README)? {
        write_readme(root, dir, id)?;
        created = true;
    }
    if created { sys::sync_dir(root, dir) } else { Ok(()) }
}

/// Answers whether the directory is new.
fn complete_dir(
    root: &OwnedFd,
    dir: &Path,
    (name, mode): (&'static str, u32),
    has_catalog: bool,
) -> Result<bool, StoreError> {
    let path = dir.join(name);
    let Some(stat) = sys::stat(root, name, &path)? else {
        if has_catalog && name == BLOBS {
            return Err(Refusal::PieceMissing { dir: dir.to_owned(), piece: name }.into());
        }
        return sys::ensure_dir(root, name, mode, &path);
    };
    match sys::kind(&stat) {
        FileType::Directory => {}
        FileType::Symlink => return Err(Refusal::SymbolicLink { path }.into()),
        _ => return Err(Refusal::WrongKind { path, expected: "directory" }.into()),
    }
    check_owner_and_mode(&stat, &path)?;
    if name == TOKENS && stat.st_mode & 0o077 != 0 {
        let tokens = sys::open_dir(root, name, &path)?;
        sys::set_dir_mode(tokens, mode, &path)?;
    }
    Ok(false)
}

fn complete_shards(
    parent: &OwnedFd,
    path: &Path,
    names: impl Iterator<Item = String>,
) -> Result<(), StoreError> {
    let found = entries(parent, path)?;
    let dirs: HashSet<&str> = found
        .iter()
        .filter(|(_, kind)| *kind == FileType::Directory)
        .filter_map(|(name, _)| name.to_str())
        .collect();
    let mut created = false;
    for name in names.filter(|name| !dirs.contains(name.as_str())) {
        let path = path.join(&name);
        if !sys::ensure_dir(parent, &name, sys::DIR_MODE, &path)? {
            // Something stands there, and it may be a directory after all: not every file
            // system tells kinds while listing.
            sys::open_dir(parent, &name, &path)?;
        }
        created = true;
    }
    if created { sys::sync_dir(parent, path) } else { Ok(()) }
}

/// Answers whether the file is there; anything else than a regular file is refused.
fn check_file(root: &OwnedFd, dir: &Path, name: &str) -> Result<bool, StoreError> {
    let path = dir.join(name);
    match sys::stat(root, name, &path)?.map(|stat| sys::kind(&stat)) {
        None => Ok(false),
        Some(FileType::RegularFile) => Ok(true),
        Some(FileType::Symlink) => Err(Refusal::SymbolicLink { path }.into()),
        Some(_) => Err(Refusal::WrongKind { path, expected: "regular file" }.into()),
    }
}

fn check_owner_and_mode(stat: &Stat, path: &Path) -> Result<(), StoreError> {
    let path = path.to_owned();
    let user = rustix::process::geteuid().as_raw();
    if stat.st_uid != user {
        return Err(Refusal::ForeignOwner { path, owner: stat.st_uid, user }.into());
    }
    if stat.st_mode & 0o002 != 0 {
        return Err(Refusal::WorldWritable { path, mode: stat.st_mode & 0o7777 }.into());
    }
    Ok(())
}

/// A rename works inside one mount of one file system only.
fn check_devices(root: &OwnedFd, dir: &Path) -> Result<(), StoreError> {
    let blobs = device(root, BLOBS, dir)?;
    for other in [TMP, QUARANTINE] {
        if device(root, other, dir)? != blobs {
            let (first, second) = (dir.join(other), dir.join(BLOBS));
            return Err(Refusal::DifferentDevices { first, second }.into());
        }
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
struct Device {
    number: u64,
    /// The same device can be mounted twice; kernels before 5.8 do not say.
    mount: Option<u64>,
}

fn device(root: &OwnedFd, name: &str, dir: &Path) -> Result<Device, StoreError> {
    let path = dir.join(name);
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
    let mount = match rustix::fs::statx(root, name, flags, wanted) {
        Ok(facts) if facts.stx_mask & StatxFlags::MNT_ID.bits() != 0 => Some(facts.stx_mnt_id),
        Ok(_) | Err(Errno::NOSYS | Errno::PERM) => None,
        Err(errno) => return Err(StoreError::io("read", &path, errno)),
    };
    let stat = rustix::fs::statat(root, name, flags)
        .map_err(|errno| StoreError::io("read", &path, errno))?;
    Ok(Device { number: stat.st_dev, mount })
}

/// Creates and removes a file; a full disk is no reason to refuse what is there already.
fn check_writable(tmp: &OwnedFd, path: &Path) -> Result<(), StoreError> {
    let slot = sys::open_dir(tmp, "0", &path.join("0"))?;
    let name = format!("probe-{}", std::process::id());
    let path = path.join("0").join(&name);
    match sys::create_new(&slot, &name, &path) {
        Ok(_) => rustix::fs::unlinkat(&slot, &name, AtFlags::empty())
            .map_err(|errno| StoreError::io("remove", &path, errno)),
        Err(StoreError::Io { source, .. }) => match Errno::from_io_error(&source) {
            Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => {
                Err(Refusal::NotWritable { path, source }.into())
            }
            Some(Errno::NOSPC | Errno::DQUOT | Errno::EXIST) => Ok(()),
            _ => Err(StoreError::io("create", &path, source)),
        },
        Err(error) => Err(error),
    }
}

/// A text for people does not stand in the way when the disk is full.
fn write_readme(root: &OwnedFd, dir: &Path, id: &str) -> Result<(), StoreError> {
    let path = dir.join(README);
    let written = sys::create_new(root, README, &path).and_then(|mut file| {
        sys::share(&file, &path)?;
        file.write_all(README_TEXT.replace("{id}", id).as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| StoreError::io("write", &path, error))
    });
    match written {
        Err(error) if error.class() == StoreClass::NoSpace => {
            match rustix::fs::unlinkat(root, README, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => Ok(()),
                Err(errno) => Err(StoreError::io("remove", &path, errno)),
            }
        }
        written => written,
    }
}

/// Names in a directory and their kinds as far as the file system tells, without `.` and `..`.
pub(super) fn entries(
    dir: impl AsFd,
    path: &Path,
) -> Result<Vec<(OsString, FileType)>, StoreError> {
    let list = || -> Result<_, Errno> {
        let mut names = Vec::new();
        for entry in Dir::read_from(dir)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push((OsStr::from_bytes(name).to_owned(), entry.file_type()));
            }
        }
        Ok(names)
    };
    list().map_err(|errno| StoreError::io("list", path, errno))
}
