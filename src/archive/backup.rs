//! Copies of the catalog that were opened and checked before they count.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::held_log;
use crate::blobs::{ArchiveDir, CopyLock, NewFile, StoreError, digest_of, free_space_at};
use crate::catalog::{BackupRow, Catalog, CatalogCopier, CatalogError, Contents, CopyInterrupt};
use crate::domain::Timestamp;
use crate::domain::retention::{CopyName, to_remove};

/// Copies never change.
const SEALED: u32 = 0o440;
/// What else may grow while a copy is made.
const MARGIN: u64 = 16 << 20;

/// A copy that was made and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCopy {
    pub path: PathBuf,
    pub made_at: Timestamp,
    pub size_bytes: u64,
    pub sha256: String,
    pub took: Duration,
    pub contents: Contents,
}

/// Why there is no copy; nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{} has {free} bytes free, a copy of the catalog needs {needed}", path.display())]
    NoRoom { path: PathBuf, needed: u64, free: u64 },
    #[error("{} exists already", path.display())]
    Exists { path: PathBuf },
    #[error("another program makes a copy in {} at this moment", dir.display())]
    Busy { dir: PathBuf },
    #[error("stopped before the copy was complete")]
    Stopped,
    #[error(transparent)]
    Catalog(CatalogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("making the copy broke off")]
    Broken(#[from] tokio::task::JoinError),
}

impl From<CatalogError> for CopyError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Interrupted => Self::Stopped,
            error => Self::Catalog(error),
        }
    }
}

/// Where a copy goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CopyPlace {
    pub dir: PathBuf,
    pub name: OsString,
    pub mode: u32,
    /// A copy that has the name already is replaced.
    pub replaces: bool,
}

/// Makes a copy in `backups/`, under a name of its own.
pub async fn back_up(
    dir: &ArchiveDir,
    now: Timestamp,
    stop: &CancellationToken,
) -> Result<MadeCopy, CopyError> {
    let backups = dir.backups_dir();
    let lock = CopyLock::take(&backups)?;
    let lock = lock.ok_or_else(|| CopyError::Busy { dir: backups.clone() })?;
    sweep(dir)?;
    let mut made_at = now;
    // Two in the same second have two names.
    while backups.join(CopyName::of(made_at)).exists() {
        made_at = made_at.plus(Duration::from_secs(1));
    }
    let name = CopyName::of(made_at).into();
    let place = CopyPlace { dir: backups, name, mode: SEALED, replaces: false };
    let made = copy_catalog(dir.catalog_path(), place, made_at, stop).await;
    drop(lock);
    made
}

/// Makes a copy elsewhere; a file that is there already is left alone.
pub async fn copy_to(
    dir: &ArchiveDir,
    to: &Path,
    now: Timestamp,
    stop: &CancellationToken,
) -> Result<MadeCopy, CopyError> {
    if to.symlink_metadata().is_ok() {
        return Err(CopyError::Exists { path: to.to_owned() });
    }
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    let place = CopyPlace {
        dir: parent.unwrap_or(Path::new(".")).to_owned(),
        name: to.file_name().unwrap_or_default().to_owned(),
        mode: SEALED,
        replaces: false,
    };
    copy_catalog(dir.catalog_path(), place, now, stop).await
}

/// Copies on a thread of its own; a stop ends the statement that runs there.
pub(super) async fn copy_catalog(
    catalog: PathBuf,
    place: CopyPlace,
    made_at: Timestamp,
    stop: &CancellationToken,
) -> Result<MadeCopy, CopyError> {
    const AGAIN: Duration = Duration::from_millis(20);
    let running = Running::default();
    let (inner, stopped) = (running.clone(), stop.clone());
    let mut work =
        tokio::task::spawn_blocking(move || copy(&catalog, &place, made_at, &inner, &stopped));
    tokio::select! {
        made = &mut work => return made?,
        () = stop.cancelled() => {}
    }
    loop {
        // Between two statements nothing hears it: so it is said again.
        running.interrupt();
        if let Ok(made) = tokio::time::timeout(AGAIN, &mut work).await {
            return made?;
        }
    }
}

/// The statements that can be interrupted at the moment.
#[derive(Debug, Clone, Default)]
struct Running(Arc<Mutex<Vec<CopyInterrupt>>>);

impl Running {
    fn add(&self, interrupt: CopyInterrupt) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(interrupt);
    }

    fn interrupt(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(CopyInterrupt::interrupt);
    }
}

fn copy(
    catalog: &Path,
    place: &CopyPlace,
    made_at: Timestamp,
    running: &Running,
    stop: &CancellationToken,
) -> Result<MadeCopy, CopyError> {
    let began = Instant::now();
    let go_on = || if stop.is_cancelled() { Err(CopyError::Stopped) } else { Ok(()) };
    let copier = CatalogCopier::open(catalog)?;
    running.add(copier.interrupt());
    let (needed, free) = (copier.size()?.saturating_add(MARGIN), free_space_at(&place.dir)?);
    if free < needed {
        return Err(CopyError::NoRoom { path: place.dir.clone(), needed, free });
    }
    let before = copier.heads()?;
    let mut partial = OsString::from(".");
    partial.push(&place.name);
    partial.push(".partial");
    let file = NewFile::at(place.dir.join(partial))?;
    go_on()?;
    copier.copy_into(file.path())?;
    go_on()?;
    let contents = copier.check(file.path(), &before, |interrupt| running.add(interrupt))?;
    go_on()?;
    let (size_bytes, sha256) = digest_of(file.path())?;
    let target = place.dir.join(&place.name);
    if !place.replaces && target.symlink_metadata().is_ok() {
        return Err(CopyError::Exists { path: target });
    }
    let path = file.place(&place.name, place.mode)?;
    Ok(MadeCopy { path, made_at, size_bytes, sha256, took: began.elapsed(), contents })
}

/// Removes what a killed program left of unfinished copies.
fn sweep(dir: &ArchiveDir) -> Result<(), StoreError> {
    for name in dir.backup_names()? {
        let unfinished = name.strip_prefix('.').and_then(|name| name.split_once(".partial"));
        if let Some((copy, "" | "-journal")) = unfinished
            && CopyName::read(copy) != CopyName::Foreign
        {
            let base = name.trim_end_matches("-journal");
            drop(NewFile::at(dir.backups_dir().join(base))?);
        }
    }
    Ok(())
}

/// Enters a copy in `backups/`, enters those that another program made, and removes those that make
/// room. Answers the names that were removed.
pub async fn rotate(
    dir: &ArchiveDir,
    catalog: &Catalog,
    made: &MadeCopy,
    keep: usize,
) -> Result<Vec<String>, CopyError> {
    enter(dir, catalog, Some(made), made.made_at).await?;
    let name = made.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let removed = to_remove(&dir.backup_names()?, keep, &name, made.made_at);
    for name in &removed {
        let path = dir.backups_dir().join(name);
        std::fs::remove_file(&path).map_err(|source| StoreError::Io {
            doing: "remove",
            path,
            source,
        })?;
    }
    if let Err(error) = held_log::prune(dir, made.made_at) {
        tracing::warn!("old lines beside the catalog stay: {error}");
    }
    let paths: Vec<String> = removed.iter().map(|name| relative(name)).collect();
    let now = made.made_at;
    catalog.call(move |c| c.note_removed_backups(&paths, now)).await?;
    Ok(removed)
}

/// Makes the catalog's list of copies the list of those that are there.
///
/// A copy gets its name only after it was checked, so one without a row was made by a command
/// beside the daemon, or before the catalog was restored.
pub(super) async fn enter(
    dir: &ArchiveDir,
    catalog: &Catalog,
    made: Option<&MadeCopy>,
    now: Timestamp,
) -> Result<(), CopyError> {
    let names = dir.backup_names()?;
    let rows = catalog.call(crate::catalog::Writer::backups).await?;
    let known: HashSet<&str> = rows.iter().map(|row| row.path.as_str()).collect();
    for name in &names {
        let path = relative(name);
        let Some(made_at) = CopyName::read(name).made_at().filter(|_| !known.contains(&*path))
        else {
            continue;
        };
        let file = dir.backups_dir().join(name);
        let (size_bytes, sha256) = match made.filter(|made| made.path == file) {
            Some(made) => (made.size_bytes, made.sha256.clone()),
            None => tokio::task::spawn_blocking(move || digest_of(&file)).await??,
        };
        let row = BackupRow { made_at, path, size_bytes, sha256 };
        catalog.call(move |c| c.record_backup(&row)).await?;
    }
    let there: HashSet<String> = names.iter().map(|name| relative(name)).collect();
    let lost: Vec<String> = rows
        .into_iter()
        .map(|row| row.path)
        .filter(|path| path.starts_with("backups/") && !there.contains(path))
        .collect();
    if !lost.is_empty() {
        catalog.call(move |c| c.note_removed_backups(&lost, now)).await?;
    }
    Ok(())
}

fn relative(name: &str) -> String {
    format!("backups/{name}")
}
