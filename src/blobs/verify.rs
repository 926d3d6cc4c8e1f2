//! Reading blobs again: are they still what their names say?

use std::fs::File;
use std::io::{self, Read as _};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use rustix::fs::Advice;
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use crate::domain::BlobId;

use super::{BlobStore, Refusal, StoreError};

const BUFFER: usize = 256 * 1024;

/// What reading a blob again showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobVerdict {
    Intact,
    /// Other bytes than the name says, or something that is no regular file.
    Damaged {
        /// The digest of the bytes, absent when there is no file to read.
        actual: Option<BlobId>,
        size: u64,
    },
    /// Nothing stands under the name.
    Missing,
    /// The disk fails to give the bytes. Damage of this blob if the disk gives others, and a
    /// broken disk if not.
    Unreadable,
}

impl BlobStore {
    /// Reads one blob and compares its digest with its name.
    ///
    /// An error means that nothing can be said.
    pub fn verify(&self, id: &BlobId) -> Result<BlobVerdict, StoreError> {
        verify(self, id)
    }

    /// As [`BlobStore::verify`], as long as `go_on` answers true; nothing when it did not to the end.
    pub fn verify_while(
        &self,
        id: &BlobId,
        go_on: impl Fn() -> bool,
    ) -> Result<Option<BlobVerdict>, StoreError> {
        verify_with(self, id, &mut vec![0; BUFFER], go_on)
    }

    /// Reads many blobs with several threads and hands over each result as it comes, in no
    /// order, on the calling thread; ends early when `on_result` breaks.
    ///
    /// Sorted ids read the store directory by directory. As many threads as cores are best:
    /// hashing, not reading, takes the time.
    pub fn verify_many(
        &self,
        ids: &[BlobId],
        threads: NonZeroUsize,
        mut on_result: impl FnMut(&BlobId, Result<BlobVerdict, StoreError>) -> ControlFlow<()>,
    ) {
        let next = AtomicUsize::new(0);
        // Full when the receiver is slow: then the workers wait instead of piling up results.
        let (sender, receiver) = mpsc::sync_channel(256);
        thread::scope(|scope| {
            for _ in 0..threads.get().min(ids.len()) {
                let sender = sender.clone();
                let next = &next;
                scope.spawn(move || {
                    let mut buffer = vec![0; BUFFER];
                    while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let verdict = all_of(verify_with(self, id, &mut buffer, || true));
                        if sender.send((id, verdict)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (id, verdict) in &receiver {
                if on_result(id, verdict).is_break() {
                    break;
                }
            }
            // Without a receiver the workers end after the blob that they are reading.
            drop(receiver);
        });
    }
}

pub(super) fn verify(store: &BlobStore, id: &BlobId) -> Result<BlobVerdict, StoreError> {
    all_of(verify_with(store, id, &mut vec![0; BUFFER], || true))
}

/// Without anybody who ends it early there is always a verdict.
fn all_of(verdict: Result<Option<BlobVerdict>, StoreError>) -> Result<BlobVerdict, StoreError> {
    verdict.map(|verdict| verdict.unwrap_or(BlobVerdict::Unreadable))
}

fn verify_with(
    store: &BlobStore,
    id: &BlobId,
    buffer: &mut [u8],
    go_on: impl Fn() -> bool,
) -> Result<Option<BlobVerdict>, StoreError> {
    let mut file = match store.inner.open_blob(id) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Some(BlobVerdict::Missing)),
        Err(StoreError::Refused(Refusal::SymbolicLink { .. } | Refusal::WrongKind { .. })) => {
            return Ok(Some(BlobVerdict::Damaged { actual: None, size: 0 }));
        }
        Err(error) => return Err(error),
    };
    advise(&file);
    let mut digest = Sha256::new();
    let mut size = 0;
    loop {
        if !go_on() {
            return Ok(None);
        }
        let read = match file.read(buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if is_medium_error(&error) => return Ok(Some(BlobVerdict::Unreadable)),
            Err(error) => return Err(StoreError::io("read", &store.path(id), error)),
        };
        digest.update(&buffer[..read]);
        size += read as u64;
    }
    let actual = BlobId::from_digest(digest.finalize().into());
    if actual == *id {
        return Ok(Some(BlobVerdict::Intact));
    }
    Ok(Some(BlobVerdict::Damaged { actual: Some(actual), size }))
}

/// A bad sector, or a checksum of the file system that does not fit.
fn is_medium_error(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::IO | Errno::BADMSG | Errno::UCLEAN))
}

/// Read ahead further, and do not push out what others use. Only advice: not every file system
/// takes it.
fn advise(file: &File) {
    for advice in [Advice::Sequential, Advice::NoReuse] {
        rustix::fs::fadvise(file, 0, None, advice).ok();
    }
}
