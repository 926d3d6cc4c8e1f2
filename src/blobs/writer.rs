//! Writing one file: hashed as the bytes come, in few large writes.

use std::fmt;
use std::io::Write as _;
use std::sync::{Arc, PoisonError};

use sha2::{Digest, Sha256};

use crate::domain::BlobId;

use super::inspect::{self, InspectError, MediaFacts};
use super::store::Inner;
use super::temp::TempFile;
use super::{BlobStore, StoreError};

/// Smaller writes are collected up to this size: network reads are often 8 to 16 KiB.
const BUFFER: usize = 128 * 1024;
/// What [`BlobWriter::head`] keeps: enough to tell a page of text from a picture.
const HEAD: usize = 4096;
/// Unused buffers kept for later writers.
const SPARE_BUFFERS: usize = 16;

impl BlobStore {
    /// Begins a file. Nobody sees anything of it before [`BlobStore::commit`].
    pub fn begin(&self) -> Result<BlobWriter, StoreError> {
        Ok(BlobWriter {
            temp: TempFile::create(&self.inner)?,
            buffer: Buffer::take(&self.inner),
            head: Vec::new(),
            digest: Sha256::new(),
            size: 0,
        })
    }
}

/// A file being written; dropping it removes it.
pub struct BlobWriter {
    temp: TempFile,
    buffer: Buffer,
    head: Vec<u8>,
    digest: Sha256,
    size: u64,
}

impl BlobWriter {
    /// Adds bytes. After an error the file is worth nothing: drop it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        let wanted = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..wanted]);
        if self.buffer.bytes.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() >= BUFFER {
            return write_all(&mut self.temp, bytes);
        }
        self.buffer.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// How many bytes were written so far.
    pub fn len(&self) -> u64 {
        self.size
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// The first bytes, at most 4 KiB, to judge the content while it comes.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Ends the file and names it by its digest; it is complete, but not yet durable.
    pub fn finish(mut self) -> Result<Staged, StoreError> {
        self.flush()?;
        let Self { temp, digest, size, .. } = self;
        Ok(Staged { id: BlobId::from_digest(digest.finalize().into()), size, temp })
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let written = write_all(&mut self.temp, &self.buffer.bytes);
        self.buffer.bytes.clear();
        written
    }
}

impl fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobWriter").field("len", &self.size).finish_non_exhaustive()
    }
}

/// A complete file without its name yet; dropping it removes it.
///
/// It keeps its file open until it is committed, because an error of writing it back shows only
/// there: commit in batches that leave room for other open files.
pub struct Staged {
    id: BlobId,
    size: u64,
    pub(super) temp: TempFile,
}

impl Staged {
    /// The name that it will have.
    pub fn id(&self) -> BlobId {
        self.id
    }

    /// Its length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads type, completeness and dimensions from the bytes.
    pub fn inspect(&self) -> Result<MediaFacts, InspectError> {
        inspect::inspect_file(&self.temp.file, &self.temp.path())
    }
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged")
            .field("id", &self.id)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// A buffer that goes back to the store: fresh memory costs more than the copy into it.
struct Buffer {
    bytes: Vec<u8>,
    inner: Arc<Inner>,
}

impl Buffer {
    fn take(inner: &Arc<Inner>) -> Self {
        let spare = inner.writing().ok().and_then(|writing| {
            writing.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop()
        });
        let bytes = spare.unwrap_or_else(|| Vec::with_capacity(BUFFER));
        Self { bytes, inner: Arc::clone(inner) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Ok(writing) = self.inner.writing() else { return };
        let mut spare = writing.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_BUFFERS {
            let mut bytes = std::mem::take(&mut self.bytes);
            bytes.clear();
            spare.push(bytes);
        }
    }
}

fn write_all(temp: &mut TempFile, bytes: &[u8]) -> Result<(), StoreError> {
    temp.file.write_all(bytes).map_err(|error| StoreError::io("write", &temp.path(), error))
}
