//! Why a directory is not touched.

use std::io;
use std::path::PathBuf;

/// A reason to leave a directory as it is; each has its own remedy, see [`Refusal::hint`].
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The place for a new archive has no parent directory, or an existing archive is not there.
    #[error("directory {} does not exist", dir.display())]
    Absent { dir: PathBuf },
    /// An archive should be here and the directory is empty: most likely its disk is missing.
    #[error("directory {} is empty, but archive {expected} should be there", dir.display())]
    NotMounted { dir: PathBuf, expected: String },
    #[error("{} is not a directory", path.display())]
    NotADirectory { path: PathBuf },
    /// Something else lives here.
    #[error("directory {} is not empty and has no STORE file: it is no archive", dir.display())]
    NoMarker { dir: PathBuf },
    /// A catalog or blobs without the marker: a part of an archive, or one that lost its marker.
    #[error("directory {} has {piece}, but no STORE file", dir.display())]
    MarkerLost { dir: PathBuf, piece: &'static str },
    #[error("{} cannot be read as the marker of an archive: {why}", path.display())]
    BadMarker { path: PathBuf, why: String },
    /// Made by a newer program.
    #[error("{} is of version {found}, and this program knows version {known}", path.display())]
    OtherVersion { path: PathBuf, found: u32, known: u32 },
    #[error("directory {} holds archive {found}, not the expected {expected}", dir.display())]
    OtherArchive { dir: PathBuf, expected: String, found: String },
    /// A part of the archive is gone although the catalog is there.
    #[error("archive {} has a catalog, but no {piece} directory", dir.display())]
    PieceMissing { dir: PathBuf, piece: &'static str },
    #[error("{} is a symbolic link", path.display())]
    SymbolicLink { path: PathBuf },
    /// Neither the directory nor the regular file that belongs there.
    #[error("{} is not a {expected}", path.display())]
    WrongKind { path: PathBuf, expected: &'static str },
    #[error("{} belongs to user {owner}, and the program runs as user {user}", path.display())]
    ForeignOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("{} can be written by everyone (mode {mode:04o})", path.display())]
    WorldWritable { path: PathBuf, mode: u32 },
    #[error("{} cannot be written", path.display())]
    NotWritable { path: PathBuf, source: io::Error },
    /// A finished download could not be renamed to its name.
    #[error("{} and {} are on different file systems", first.display(), second.display())]
    DifferentDevices { first: PathBuf, second: PathBuf },
    /// Without locks two programs could write at once.
    #[error("the file system of {} has no file locks", dir.display())]
    NoLocks { dir: PathBuf, source: io::Error },
}

impl Refusal {
    /// What a person can do about it, for the line after the error.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Absent { .. } => {
                "create the parent directory, or mount the disk that the archive is on"
            }
            Self::NotMounted { .. } => "mount the disk that the archive is on",
            Self::NotADirectory { .. } | Self::NoMarker { .. } => {
                "name an empty directory, or one that does not exist yet, for a new archive"
            }
            Self::MarkerLost { .. } | Self::BadMarker { .. } => {
                "put the file STORE back from a copy of the archive; its text is in README.txt"
            }
            Self::OtherVersion { .. } => "use the version of the program that made the archive",
            Self::OtherArchive { .. } => "check which disk is mounted there and which path is set",
            Self::PieceMissing { .. } => "bring the directory back from a copy of the archive",
            Self::SymbolicLink { .. } => {
                "put the real file or directory there; only the archive's own path may be a link"
            }
            Self::WrongKind { .. } => "move it out of the archive",
            Self::ForeignOwner { .. } => "run the program as the user who owns the archive",
            Self::WorldWritable { .. } => "take the right away: chmod o-w",
            Self::NotWritable { .. } => {
                "check the rights and whether the disk is mounted read-only"
            }
            Self::DifferentDevices { .. } => "keep the whole archive on one file system",
            Self::NoLocks { .. } => "keep the archive on a local file system",
        }
    }
}
