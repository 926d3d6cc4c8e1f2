//! The published copy: one file for readers who cannot reach the archive.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::backup::{CopyError, CopyPlace, MadeCopy, copy_catalog};
use crate::blobs::ArchiveDir;
use crate::domain::Timestamp;

/// What readers in the group of the directory may do with it.
const READABLE: u32 = 0o640;

/// Why nothing was published; what was there before is still there.
#[derive(Debug, thiserror::Error)]
pub(super) enum PublishError {
    #[error("{} has no directory above it", path.display())]
    NoPlace { path: PathBuf, source: std::io::Error },
    #[error("{} lies inside the archive: choose a place outside", path.display())]
    InsideArchive { path: PathBuf },
    #[error("{} is there and is no copy of a catalog: it is not replaced", path.display())]
    Occupied { path: PathBuf },
    #[error(transparent)]
    Copy(#[from] CopyError),
}

/// Writes the copy beside its place, checks it, and puts it there in one step.
pub(super) async fn publish(
    dir: &ArchiveDir,
    to: &Path,
    now: Timestamp,
    stop: &CancellationToken,
) -> Result<MadeCopy, PublishError> {
    let place = place(dir, to)?;
    Ok(copy_catalog(dir.catalog_path(), place, now, stop).await?)
}

/// Never inside the archive: there it would be in the way of blobs, tokens or the catalog itself.
fn place(dir: &ArchiveDir, to: &Path) -> Result<CopyPlace, PublishError> {
    let path = || to.to_owned();
    let no_place = |source| PublishError::NoPlace { path: path(), source };
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new(".")).canonicalize().map_err(no_place)?;
    let archive = dir.path().canonicalize().map_err(no_place)?;
    let name: OsString = to.file_name().unwrap_or_default().to_owned();
    if folder.starts_with(&archive) {
        return Err(PublishError::InsideArchive { path: path() });
    }
    let target = folder.join(&name);
    if let Ok(facts) = target.symlink_metadata()
        && (is_catalog(dir, &facts) || !facts.is_file() || !is_copy(&target))
    {
        return Err(PublishError::Occupied { path: path() });
    }
    Ok(CopyPlace { dir: folder, name, mode: READABLE, replaces: true })
}

/// Whether a file is the catalog under another name. It must not even be opened: closing it would
/// release the locks that SQLite holds on it in this process.
fn is_catalog(dir: &ArchiveDir, facts: &Metadata) -> bool {
    let catalog = dir.catalog_path().metadata();
    catalog.is_ok_and(|catalog| (catalog.dev(), catalog.ino()) == (facts.dev(), facts.ino()))
}

/// Whether a file is an SQLite database with the catalog's mark ("The Database Header" of the
/// SQLite documentation: the application id stands at byte 68).
fn is_copy(path: &Path) -> bool {
    let mut head = [0_u8; 72];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head.starts_with(b"SQLite format 3\0") && head[68..72] == *b"mkep"
}
