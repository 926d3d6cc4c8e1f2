//! What can go wrong with the store, and the few kinds that callers tell apart.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::Refusal;

/// A failure of the archive directory or its store; names the path, and never a URL or secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory is not one that may be used; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another process has the archive open for writing.
    #[error("archive {} is in use{}", dir.display(), holder(*pid))]
    InUse {
        dir: PathBuf,
        /// As the holder wrote it into `.lock`; only good for a message.
        pid: Option<u32>,
    },
    /// The archive was opened for reading only.
    #[error("archive {} is open for reading only", dir.display())]
    ReadOnly { dir: PathBuf },
    /// A file's bytes did not reach the disk; the file was discarded, because the kernel may
    /// report success when asked again.
    #[error("could not sync file {}", path.display())]
    SyncFile { path: PathBuf, source: io::Error },
    /// A directory's names did not reach the disk; nothing further is committed.
    #[error("could not sync directory {}", path.display())]
    SyncDir { path: PathBuf, source: io::Error },
    /// A directory could not be synced earlier, so that no name can be promised any more until
    /// the archive is opened anew.
    #[error("store {} takes no files since a directory could not be synced", path.display())]
    Degraded { path: PathBuf },
    /// Any other call on a file or directory.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// A verb: `create`, `read`, `rename`, …
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

/// What a failure means for whoever wants to store files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreClass {
    /// No space, no inode or no quota is left: it may work again without anyone's help.
    NoSpace,
    /// The disk or the operating system fails: read-only, input/output error, file limits.
    Storage,
    /// The directory is not one that may be used.
    Refused,
    /// Another process holds the archive.
    InUse,
}

impl StoreError {
    /// The kind of failure.
    pub fn class(&self) -> StoreClass {
        match self {
            Self::Refused(_) | Self::ReadOnly { .. } => StoreClass::Refused,
            Self::InUse { .. } => StoreClass::InUse,
            Self::Degraded { .. } => StoreClass::Storage,
            Self::SyncFile { source, .. }
            | Self::SyncDir { source, .. }
            | Self::Io { source, .. } => {
                if is_no_space(source) {
                    StoreClass::NoSpace
                } else {
                    StoreClass::Storage
                }
            }
        }
    }

    pub(super) fn io(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { doing, path: path.to_owned(), source: source.into() }
    }
}

/// Whether the disk is full in one of its ways.
pub(super) fn is_no_space(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(": held by process {pid}"))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_a_broken_one() {
        for (errno, class) in [
            (Errno::NOSPC, StoreClass::NoSpace),
            (Errno::DQUOT, StoreClass::NoSpace),
            (Errno::IO, StoreClass::Storage),
            (Errno::ROFS, StoreClass::Storage),
            (Errno::MFILE, StoreClass::Storage),
            (Errno::FBIG, StoreClass::Storage),
        ] {
            let path = PathBuf::from("/archive/tmp/0/x");
            for error in [
                StoreError::io("write", &path, errno),
                StoreError::SyncFile { path: path.clone(), source: errno.into() },
                StoreError::SyncDir { path, source: errno.into() },
            ] {
                assert_eq!(error.class(), class, "{errno:?}");
                assert!(error.to_string().contains("/archive/tmp/0/x"), "{error}");
                assert!(error.source().is_some());
            }
        }
    }

    #[test]
    fn the_holder_of_an_archive_is_named() {
        let error = StoreError::InUse { dir: "/archive".into(), pid: Some(17) };
        assert_eq!(error.to_string(), "archive /archive is in use: held by process 17");
        assert_eq!(error.class(), StoreClass::InUse);
    }
}
