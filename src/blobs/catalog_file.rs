//! The catalog's file as a file: set aside, and put in place.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FlockOperation, Mode};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::{ArchiveDir, StoreError, layout, sys};

/// A file that is being written and has no name of its own yet; dropped without
/// [`NewFile::place`] it is removed.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    placed: bool,
}

impl NewFile {
    /// A file that somebody else, such as SQLite, is going to create here. What an earlier try left
    /// under the name is removed first.
    pub fn at(path: PathBuf) -> Result<Self, StoreError> {
        let file = Self { path, placed: false };
        file.remove()?;
        Ok(file)
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file durable with this mode, gives it its name in the same directory and makes that
    /// durable, too. It replaces what had the name.
    pub fn place(mut self, name: &OsStr, mode: u32) -> Result<PathBuf, StoreError> {
        let dir = self.path.parent().unwrap_or(Path::new(".")).to_owned();
        let target = dir.join(name);
        let io = |doing, path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| StoreError::Io { doing, path, source }
        };
        let file = File::open(&self.path).map_err(io("open", &self.path))?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))
            .map_err(|errno| StoreError::io("set the mode of", &self.path, errno))?;
        file.sync_all()
            .map_err(|source| StoreError::SyncFile { path: self.path.clone(), source })?;
        std::fs::rename(&self.path, &target).map_err(io("rename", &self.path))?;
        self.placed = true;
        sync(&dir)?;
        Ok(target)
    }

    /// With the files that SQLite may have beside it.
    fn remove(&self) -> Result<(), StoreError> {
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.path.as_os_str().to_owned();
            path.push(end);
            match std::fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(StoreError::Io { doing: "remove", path: path.into(), source });
                }
            }
        }
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.placed {
            // What stays is removed by the next try.
            self.remove().ok();
        }
    }
}

/// Keeps two programs from making copies in one directory at the same time.
#[derive(Debug)]
pub struct CopyLock(#[allow(dead_code, reason = "it is held, not read")] OwnedFd);

impl CopyLock {
    /// Takes the lock at once; nothing when another program has it.
    pub fn take(dir: &Path) -> Result<Option<Self>, StoreError> {
        let fd =
            OwnedFd::from(File::open(dir).map_err(|error| StoreError::io("open", dir, error))?);
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self(fd))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(StoreError::io("lock", dir, errno)),
        }
    }
}

/// The size and the SHA-256 of a file, in hexadecimal.
///
/// Never of the catalog itself while it is in use: closing it would release the locks that SQLite
/// holds on it in this process.
pub fn digest_of(path: &Path) -> Result<(u64, String), StoreError> {
    let failed = |error| StoreError::io("read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Hasher(Sha256::new());
    let size = io::copy(&mut file, &mut hasher).map_err(failed)?;
    Ok((size, format!("{}", crate::domain::BlobId::from_digest(hasher.0.finalize().into()))))
}

struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes that may still be written where a file is to be.
pub fn free_space_at(dir: &Path) -> Result<u64, StoreError> {
    let facts = rustix::fs::statvfs(dir)
        .map_err(|errno| StoreError::io("read the free space of", dir, errno))?;
    Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
}

/// How the catalog that is in place can be set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Former {
    /// Its log is empty, so the file alone is all of it: the new one replaces it in one step.
    Whole,
    /// Damaged or not there: whatever there is of it is moved away before the new one comes.
    Pieces,
}

impl ArchiveDir {
    /// Whether any file lies in the store.
    pub fn holds_any_blob(&self) -> Result<bool, StoreError> {
        for found in self.blobs().walk_blobs() {
            match found? {
                super::Found::Blob { .. } => return Ok(true),
                super::Found::Stray { .. } => {}
            }
        }
        Ok(false)
    }

    /// Names of the files in `backups/`, in order.
    pub fn backup_names(&self) -> Result<Vec<String>, StoreError> {
        let dir = self.backups_dir();
        let opened = File::open(&dir).map_err(|error| StoreError::io("open", &dir, error))?;
        let mut names: Vec<String> = layout::entries(&opened, &dir)?
            .into_iter()
            .filter_map(|(name, _)| name.into_string().ok())
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// A copy of a file in the archive's own directory, from where it can take the catalog's place.
    pub fn stage_catalog(&self, from: &Path) -> Result<NewFile, StoreError> {
        let staged = NewFile::at(self.path().join(".catalog.db.restoring"))?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| StoreError::Io { doing: "copy", path, source }
        };
        let mut source = File::open(from).map_err(failed(from))?;
        let mut target = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(sys::FILE_MODE)
            .open(staged.path())
            .map_err(failed(staged.path()))?;
        io::copy(&mut source, &mut target).map_err(failed(staged.path()))?;
        target
            .sync_all()
            .map_err(|source| StoreError::SyncFile { path: staged.path().to_owned(), source })?;
        Ok(staged)
    }

    /// Makes a new directory in `backups/` for the catalog that is set aside; answers its name.
    pub fn make_room_aside(&self, stamp: &str) -> Result<String, StoreError> {
        const TRIES: usize = 1000;
        let backups = self.backups_dir();
        for count in 0..TRIES {
            let name = match count {
                0 => format!("replaced-{stamp}"),
                count => format!("replaced-{stamp}.{count}"),
            };
            let path = backups.join(&name);
            let opened =
                File::open(&backups).map_err(|error| StoreError::io("open", &backups, error))?;
            if sys::ensure_dir(&opened, &name, sys::DIR_MODE, &path)? {
                sync(&backups)?;
                return Ok(name);
            }
        }
        Err(StoreError::io("create", &backups.join(format!("replaced-{stamp}")), Errno::EXIST))
    }

    /// Sets the present catalog aside and puts a staged one in its place.
    ///
    /// Whoever is killed in between leaves the old catalog, the new one, or, where the old one was
    /// damaged anyway, none; and never a catalog beside a log that is not its own, which SQLite
    /// would mix into it.
    pub fn replace_catalog(
        &self,
        staged: NewFile,
        aside: &str,
        former: Former,
    ) -> Result<(), StoreError> {
        let aside = self.backups_dir().join(aside);
        match former {
            Former::Whole => {
                // The log is empty, and the index of the log is worth nothing without it; readers
                // that still have the old file open keep their own.
                self.move_aside(&format!("{}-wal", layout::CATALOG), &aside)?;
                self.move_aside(&format!("{}-shm", layout::CATALOG), &aside)?;
                self.link_aside(&aside)?;
            }
            Former::Pieces => {
                // The file first: without it nobody takes the rest for a catalog.
                for end in ["", "-wal", "-shm"] {
                    self.move_aside(&format!("{}{end}", layout::CATALOG), &aside)?;
                }
            }
        }
        sync(&aside)?;
        sync(self.path())?;
        staged.place(OsStr::new(layout::CATALOG), sys::FILE_MODE)?;
        Ok(())
    }

    fn move_aside(&self, name: &str, aside: &Path) -> Result<(), StoreError> {
        let (from, to) = (self.path().join(name), aside.join(name));
        match std::fs::rename(&from, &to) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StoreError::io("move", &from, error)),
        }
    }

    /// A second name for the file, so that replacing the first one keeps it; a file system without
    /// such names gets the file itself.
    fn link_aside(&self, aside: &Path) -> Result<(), StoreError> {
        let (from, to) = (self.catalog_path(), aside.join(layout::CATALOG));
        let cwd = rustix::fs::CWD;
        match rustix::fs::linkat(cwd, &from, cwd, &to, AtFlags::empty()) {
            Ok(()) => Ok(()),
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {
                self.move_aside(layout::CATALOG, aside)
            }
            Err(errno) => Err(StoreError::io("link", &from, errno)),
        }
    }
}

fn sync(dir: &Path) -> Result<(), StoreError> {
    let opened = File::open(dir).map_err(|error| StoreError::io("open", dir, error))?;
    sys::sync_dir(&opened, dir)
}
