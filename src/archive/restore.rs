//! Puts a checked copy in the catalog's place, and sets the present one aside.

use std::path::{Path, PathBuf};

use super::held_log;
use crate::blobs::{ArchiveDir, Former, StoreError, digest_of};
use crate::catalog::{
    CatalogError, Contents, KnownBlobs, LastEnd, Restored, contents_of, empty_log, examine_copy,
    look_before_writing, mark_restored,
};
use crate::domain::Timestamp;
use crate::domain::retention::{CopyName, stamp};

/// Which copy is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The newest in `backups/` that is sound.
    Latest,
    File(PathBuf),
}

/// What a restore will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestorePlan {
    pub copy: PathBuf,
    /// By its name; absent for a file that was renamed.
    pub made_at: Option<Timestamp>,
    pub size_bytes: u64,
    pub sha256: String,
    pub contents: Contents,
    /// The catalog that is in place now.
    pub present: Present,
    /// Newer copies that are not sound, with the reason.
    pub passed_over: Vec<(PathBuf, String)>,
}

/// The catalog that is to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    Missing,
    /// With what is wrong; and what it still says of itself, if anything.
    Damaged {
        found: String,
        contents: Option<Contents>,
    },
    Sound(Contents),
}

impl Present {
    /// What it holds, as far as it can be read.
    pub fn contents(&self) -> Option<&Contents> {
        match self {
            Self::Missing => None,
            Self::Damaged { contents, .. } => contents.as_ref(),
            Self::Sound(contents) => Some(contents),
        }
    }
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreDone {
    /// Where the former catalog is, relative to the archive; absent when there was none.
    pub aside: Option<String>,
    /// Files in the store that came after the copy and will be known again without being fetched.
    pub adoptable: usize,
}

/// Why nothing was restored; the catalog is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("there is no copy in {}", dir.display())]
    NoCopy { dir: PathBuf },
    #[error("no copy in {} is sound: {}", dir.display(), first)]
    NoSoundCopy { dir: PathBuf, first: String },
    #[error("{} is the catalog itself", path.display())]
    Itself { path: PathBuf },
    #[error("{} is a copy of archive {found}, not of {expected}", path.display())]
    OtherArchive { path: PathBuf, expected: String, found: String },
    #[error("{} changed while it was copied", path.display())]
    Changed { path: PathBuf },
    #[error("somebody reads the catalog, so that its log cannot be emptied")]
    InUse,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Chooses a copy, looks it through fully and compares it with the present catalog. Changes nothing.
///
/// `dir` is open for writing, so that nobody else writes the catalog meanwhile.
pub fn plan_restore(dir: &ArchiveDir, choice: &Choice) -> Result<RestorePlan, RestoreError> {
    let mut passed_over = Vec::new();
    for copy in candidates(dir, choice)? {
        match examine(dir, &copy) {
            Ok((contents, size_bytes, sha256)) => {
                let name = copy.file_name().unwrap_or_default().to_string_lossy();
                let made_at = CopyName::read(&name).made_at();
                let present = present(dir);
                return Ok(RestorePlan {
                    copy,
                    made_at,
                    size_bytes,
                    sha256,
                    contents,
                    present,
                    passed_over,
                });
            }
            Err(error) if *choice != Choice::Latest => return Err(error),
            Err(error) => passed_over.push((copy, error.to_string())),
        }
    }
    let dir = dir.backups_dir();
    match passed_over.into_iter().next() {
        Some((_, first)) => Err(RestoreError::NoSoundCopy { dir, first }),
        None => Err(RestoreError::NoCopy { dir }),
    }
}

/// Newest first.
fn candidates(dir: &ArchiveDir, choice: &Choice) -> Result<Vec<PathBuf>, RestoreError> {
    if let Choice::File(path) = choice {
        let same = |path: PathBuf| path.canonicalize().ok();
        if same(path.clone()).is_some_and(|path| Some(path) == same(dir.catalog_path())) {
            return Err(RestoreError::Itself { path: path.clone() });
        }
        return Ok(vec![path.clone()]);
    }
    let mut copies: Vec<(Timestamp, String)> = dir
        .backup_names()?
        .into_iter()
        .filter_map(|name| Some((CopyName::read(&name).made_at()?, name)))
        .collect();
    copies.sort_unstable();
    Ok(copies.into_iter().rev().map(|(_, name)| dir.backups_dir().join(name)).collect())
}

fn examine(dir: &ArchiveDir, copy: &Path) -> Result<(Contents, u64, String), RestoreError> {
    let contents = examine_copy(copy)?;
    if contents.archive_id != dir.id() {
        return Err(RestoreError::OtherArchive {
            path: copy.to_owned(),
            expected: dir.id().to_owned(),
            found: contents.archive_id,
        });
    }
    let (size, sha256) = digest_of(copy)?;
    Ok((contents, size, sha256))
}

fn present(dir: &ArchiveDir) -> Present {
    let path = dir.catalog_path();
    let damaged = |error: &CatalogError| Present::Damaged {
        found: error.to_string(),
        contents: contents_of(&path).ok(),
    };
    match look_before_writing(&path) {
        Ok(LastEnd::None) => Present::Missing,
        Ok(LastEnd::Clean | LastEnd::Killed) => match contents_of(&path) {
            Ok(contents) => Present::Sound(contents),
            Err(error) => damaged(&error),
        },
        // A catalog of a newer program, or of another one, is replaced only with what it says known.
        Err(error) => damaged(&error),
    }
}

/// Does what the plan says. Whoever is killed in between finds the old or the new catalog.
pub fn restore(
    dir: &ArchiveDir,
    plan: &RestorePlan,
    now: Timestamp,
) -> Result<RestoreDone, RestoreError> {
    let staged = dir.stage_catalog(&plan.copy)?;
    if digest_of(staged.path())?.1 != plan.sha256 {
        return Err(RestoreError::Changed { path: plan.copy.clone() });
    }
    let former = match &plan.present {
        Present::Missing | Present::Damaged { .. } => Former::Pieces,
        Present::Sound(_) if empty_log(&dir.catalog_path())? => Former::Whole,
        Present::Sound(_) => return Err(RestoreError::InUse),
    };
    let aside = dir.make_room_aside(&stamp(now))?;
    let replaced = (plan.present != Present::Missing).then(|| format!("backups/{aside}"));
    let restored = Restored {
        copy_sha256: plan.sha256.clone(),
        replaced: replaced.clone(),
        replaced_heads: plan.present.contents().map(|held| held.heads.clone()).unwrap_or_default(),
    };
    let mut known = KnownBlobs::open(staged.path())?;
    let lines = held_log::collect(dir, now, |blob| known.has(blob).unwrap_or(true));
    let adoptable = lines.unwrap_or_else(|error| {
        tracing::warn!("files that came after the copy will be fetched again: {error}");
        0
    });
    drop(known);
    mark_restored(staged.path(), &restored, now)?;
    dir.replace_catalog(staged, &aside, former)?;
    Ok(RestoreDone { aside: replaced, adoptable })
}
