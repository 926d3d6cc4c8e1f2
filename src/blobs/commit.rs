//! Making a batch of finished files durable under their names.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fs::Mode;
use rustix::io::Errno;

use crate::domain::BlobId;

use super::verify::{self, BlobVerdict};
use super::{BlobStore, Staged, StoreError, layout, sys};

/// Waiting for the disk, not computing: more threads than cores let it take flushes together.
const SYNC_THREADS: usize = 8;

/// A blob that is durable: the catalog may name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub id: BlobId,
    pub size: u64,
    pub placement: Placement,
}

/// How a blob came to stand under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It was not there before.
    New,
    /// The same content was there, and was read again to be sure.
    AlreadyThere,
    /// What stood under the name had other content and was moved to `quarantined`.
    Replaced { quarantined: PathBuf },
}

impl BlobStore {
    /// Makes finished files durable and gives them their names; answers in the order of the
    /// batch.
    ///
    /// Every file is synced before its rename and every touched directory once after it, so an
    /// `Ok` may be recorded as held. A file that fails is removed: fetch it again. Files of one
    /// batch fail independently of each other.
    pub fn commit(&self, batch: Vec<Staged>) -> Vec<Result<Committed, StoreError>> {
        let sealed = in_parallel(&batch, seal);
        let mut shards = Shards { store: self, opened: BTreeMap::new() };
        let mut placed = Vec::with_capacity(batch.len());
        for (staged, sealed) in batch.into_iter().zip(sealed) {
            placed.push(sealed.and_then(|()| shards.place(staged)));
        }
        let unsynced = shards.sync();
        let lost = |committed: Committed| match unsynced.get(&shard_of(&committed.id)) {
            None => Ok(committed),
            Some(errno) => {
                let path = self.inner.shard_path(&shard_of(&committed.id));
                Err(StoreError::SyncDir { path, source: (*errno).into() })
            }
        };
        placed.into_iter().map(|result| result.and_then(lost)).collect()
    }

    fn refuse_when_degraded(&self) -> Result<(), StoreError> {
        if self.inner.writing()?.degraded.load(Ordering::Acquire) {
            let path = self.inner.dir.join(layout::BLOBS);
            return Err(StoreError::Degraded { path });
        }
        Ok(())
    }
}

/// Makes a file's bytes and mode final and durable. An error condemns the file: the kernel may
/// have dropped the bytes and would answer a second sync with success.
fn seal(staged: &Staged) -> Result<(), StoreError> {
    let temp = &staged.temp;
    rustix::fs::fchmod(temp, Mode::from_raw_mode(sys::BLOB_MODE))
        .map_err(|errno| StoreError::io("set the mode of", &temp.path(), errno))?;
    rustix::fs::fsync(temp)
        .map_err(|errno| StoreError::SyncFile { path: temp.path(), source: errno.into() })
}

/// The directories that a batch touches, each opened and synced once.
struct Shards<'a> {
    store: &'a BlobStore,
    opened: BTreeMap<String, OwnedFd>,
}

impl Shards<'_> {
    fn place(&mut self, staged: Staged) -> Result<Committed, StoreError> {
        self.store.refuse_when_degraded()?;
        let name = shard_of(&staged.id());
        if !self.opened.contains_key(&name) {
            let shard = self.store.inner.open_shard(&name)?;
            self.opened.insert(name.clone(), shard);
        }
        place(self.store, &self.opened[&name], staged)
    }

    /// Answers the directories that could not be synced.
    fn sync(self) -> BTreeMap<String, Errno> {
        let shards: Vec<(String, OwnedFd)> = self.opened.into_iter().collect();
        let results = in_parallel(&shards, |(_, shard)| rustix::fs::fsync(shard));
        let failed: BTreeMap<String, Errno> = shards
            .into_iter()
            .zip(results)
            .filter_map(|((name, _), result)| result.err().map(|errno| (name, errno)))
            .collect();
        if let (false, Ok(writing)) = (failed.is_empty(), self.store.inner.writing()) {
            writing.degraded.store(true, Ordering::Release);
        }
        failed
    }
}

/// Renames a sealed file to its name. The name may be taken: by the same content, which counts,
/// or by something else, which is moved away.
fn place(store: &BlobStore, shard: &OwnedFd, mut staged: Staged) -> Result<Committed, StoreError> {
    let (id, size) = (staged.id(), staged.size());
    let done = |placement| Ok(Committed { id, size, placement });
    if rename(store, shard, &mut staged)? {
        return done(Placement::New);
    }
    // The older copy may not be durable yet; its directory is synced like any other.
    if verify::verify(store, &id)? == BlobVerdict::Intact {
        return done(Placement::AlreadyThere);
    }
    let writing = store.inner.writing()?;
    let _alone = writing.replacing.lock().unwrap_or_else(PoisonError::into_inner);
    let placement = match verify::verify(store, &id)? {
        BlobVerdict::Intact => return done(Placement::AlreadyThere),
        BlobVerdict::Missing => Placement::New,
        // A good copy is at hand, so what cannot be read makes room too.
        BlobVerdict::Damaged { .. } | BlobVerdict::Unreadable => {
            Placement::Replaced { quarantined: store.move_aside(&id)? }
        }
    };
    if rename(store, shard, &mut staged)? {
        return done(placement);
    }
    // Another thread was faster in the moment when the name was free.
    match verify::verify(store, &id)? {
        BlobVerdict::Intact => done(Placement::AlreadyThere),
        BlobVerdict::Damaged { .. } | BlobVerdict::Missing | BlobVerdict::Unreadable => {
            Err(StoreError::io("replace", &store.path(&id), Errno::EXIST))
        }
    }
}

/// Answers false when the name is taken.
fn rename(store: &BlobStore, shard: &OwnedFd, staged: &mut Staged) -> Result<bool, StoreError> {
    let id = staged.id();
    match staged.temp.rename(shard.as_fd(), &id.to_string()) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(errno) => Err(StoreError::io("create", &store.path(&id), errno)),
    }
}

fn shard_of(id: &BlobId) -> String {
    format!("{:02x}", id.as_bytes()[0])
}

/// Runs a call that waits for the disk over all items, results in their order.
fn in_parallel<T: Sync, R: Send>(items: &[T], call: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = items.len().min(SYNC_THREADS);
    if threads <= 1 {
        return items.iter().map(call).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            done.push((at, call(item)));
        }
        done
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        // Where no thread is to be had, fewer do the same work.
        let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let workers: Vec<_> = (1..threads).filter_map(start).collect();
        let mut results = work();
        for worker in workers {
            match worker.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
