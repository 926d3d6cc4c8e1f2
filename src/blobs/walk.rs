//! Listing the store itself, whatever the catalog says about it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::vec;

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use crate::domain::BlobId;

use super::{BlobStore, StoreError, layout, sys};

/// Something below `blobs/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A regular file under a blob's name, in its directory. Its content was not read.
    Blob { id: BlobId, size: u64 },
    /// Something that the store did not put there.
    Stray { path: PathBuf },
}

impl BlobStore {
    /// Lists everything below `blobs/` in the order of the names, one directory at a time.
    ///
    /// Blobs that no catalog row names are orphans of a crash, and harmless.
    pub fn walk_blobs(&self) -> BlobWalk {
        BlobWalk { store: self.clone(), shards: None, files: Vec::new().into_iter() }
    }
}

/// The entries below `blobs/`; an error ends neither the walk nor the directory's neighbours.
#[derive(Debug)]
pub struct BlobWalk {
    store: BlobStore,
    /// Not yet listed, then the directories that remain.
    shards: Option<vec::IntoIter<OsString>>,
    files: vec::IntoIter<Result<Found, StoreError>>,
}

impl Iterator for BlobWalk {
    type Item = Result<Found, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(found) = self.files.next() {
                return Some(found);
            }
            let Some(shards) = &mut self.shards else {
                match self.list_top() {
                    Ok(names) => self.shards = Some(names.into_iter()),
                    Err(error) => {
                        self.shards = Some(Vec::new().into_iter());
                        return Some(Err(error));
                    }
                }
                continue;
            };
            let name = shards.next()?;
            match self.list_shard(&name) {
                Ok(found) => self.files = found.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl BlobWalk {
    fn top(&self) -> PathBuf {
        self.store.inner.dir.join(layout::BLOBS)
    }

    fn list_top(&self) -> Result<Vec<OsString>, StoreError> {
        let entries = layout::entries(&self.store.inner.blobs, &self.top())?;
        let mut names: Vec<OsString> = entries.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn list_shard(&self, name: &OsString) -> Result<Vec<Result<Found, StoreError>>, StoreError> {
        let path = self.top().join(name);
        let shard = match name.to_str().filter(|name| is_shard(name)) {
            Some(name) if self.is_directory(name, &path)? => name,
            Some(_) | None => return Ok(vec![Ok(Found::Stray { path })]),
        };
        let dir = self.store.inner.open_shard(shard)?;
        let mut names: Vec<OsString> =
            layout::entries(&dir, &path)?.into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        let found = |name: OsString| {
            let path = path.join(&name);
            let stat = match rustix::fs::statat(&dir, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                // Moved to quarantine since it was listed.
                Err(Errno::NOENT) => return None,
                Err(errno) => return Some(Err(StoreError::io("read", &path, errno))),
            };
            let id = name.to_str().filter(|name| name.starts_with(shard));
            let id = id.and_then(|name| name.parse().ok());
            Some(Ok(match id {
                Some(id) if sys::kind(&stat) == FileType::RegularFile => {
                    Found::Blob { id, size: sys::size(&stat) }
                }
                Some(_) | None => Found::Stray { path },
            }))
        };
        Ok(names.into_iter().filter_map(found).collect())
    }

    fn is_directory(&self, name: &str, path: &Path) -> Result<bool, StoreError> {
        let stat = sys::stat(&self.store.inner.blobs, name, path)?;
        Ok(stat.is_some_and(|stat| sys::kind(&stat) == FileType::Directory))
    }
}

fn is_shard(name: &str) -> bool {
    let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    name.len() == 2 && name.bytes().all(hex)
}
