//! What can go wrong with the files of tokens.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the token store; names the path and never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum TokenStoreError {
    #[error("could not {doing} {}", path.display())]
    Io {
        /// A verb: `read`, `create`, `rename`, …
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{} belongs to user {owner}, and the program runs as user {user}", path.display())]
    ForeignOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("{} has mode {mode:04o}: others than its owner can use it", path.display())]
    TooOpen {
        path: PathBuf,
        mode: u32,
        /// The mode that it should have.
        wanted: u32,
    },
    #[error("{} is not a {expected}", path.display())]
    WrongKind { path: PathBuf, expected: &'static str },
    #[error("{} cannot be read as a file of tokens: {why}", path.display())]
    Garbled { path: PathBuf, why: &'static str },
    #[error("{} is of version {found}, and this program knows version {known}", path.display())]
    OtherVersion { path: PathBuf, found: u32, known: u32 },
    #[error("{} is locked by another process for too long", path.display())]
    Busy { path: PathBuf },
}

impl TokenStoreError {
    /// What a person can do about it, for the line after the error.
    pub fn hint(&self) -> String {
        match self {
            Self::ForeignOwner { path, .. } => format!(
                "run the program as that user, such as `sudo -u mediakeep mediakeep …`, or give it away: `chown` {}",
                path.display()
            ),
            Self::TooOpen { path, wanted, .. } => {
                format!("run `chmod {wanted:o} {}`", path.display())
            }
            Self::WrongKind { path, .. } => format!("move {} away", path.display()),
            Self::Garbled { path, .. } => {
                format!("move {} away and run `mediakeep token set`", path.display())
            }
            Self::OtherVersion { .. } => "use the newer mediakeep that wrote it".to_owned(),
            Self::Busy { .. } => "try again in a moment".to_owned(),
            Self::Io { path, source, .. } => match source.kind() {
                io::ErrorKind::StorageFull => "make room on the archive's disk".to_owned(),
                io::ErrorKind::PermissionDenied => format!(
                    "run the program as the owner of {}, such as `sudo -u mediakeep mediakeep …`",
                    path.display()
                ),
                _ => format!("look at {} and its disk", path.display()),
            },
        }
    }

    pub(super) fn io(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { doing, path: path.to_owned(), source: source.into() }
    }
}
