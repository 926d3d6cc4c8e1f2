//! Bounded reading at any place of a file.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::blobs::StoreError;

use super::{ContentFault, InspectError};

/// Enough for a long film in fragments; a hostile file of tiny parts ends here.
pub(super) const READS_AT_MOST: u32 = 65_536;
/// Types are known after a few bytes; dimensions of some formats come later.
pub(super) const HEAD: u64 = 64 * 1024;

/// Something that can be read at a place: a file, or bytes in a test.
pub(super) trait ReadAt {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, buffer, offset)
    }
}

/// A file under inspection.
pub(super) struct Source<'a> {
    bytes: &'a dyn ReadAt,
    size: u64,
    path: &'a Path,
    reads: Cell<u32>,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a dyn ReadAt, size: u64, path: &'a Path) -> Self {
        Self { bytes, size, path, reads: Cell::new(0) }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The beginning, at most 64 KiB.
    pub(super) fn head(&self) -> Result<Vec<u8>, InspectError> {
        self.piece(0, self.size.min(HEAD))
    }

    /// The end from `from` on, at most 64 KiB, and without the zeros that padding leaves there.
    pub(super) fn tail(&self, from: u64) -> Result<Vec<u8>, InspectError> {
        let length = self.size.saturating_sub(from).min(HEAD);
        let mut tail = self.piece(self.size - length, length)?;
        let end = tail.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        tail.truncate(end);
        Ok(tail)
    }

    /// `N` bytes at a place; the caller has checked that they lie inside the file.
    pub(super) fn array<const N: usize>(&self, offset: u64) -> Result<[u8; N], InspectError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, offset)?;
        Ok(bytes)
    }

    fn piece(&self, offset: u64, length: u64) -> Result<Vec<u8>, InspectError> {
        let mut bytes = vec![0; usize::try_from(length.min(HEAD)).unwrap_or(0)];
        self.fill(&mut bytes, offset)?;
        Ok(bytes)
    }

    fn fill(&self, bytes: &mut [u8], offset: u64) -> Result<(), InspectError> {
        let reads = self.reads.get();
        if reads >= READS_AT_MOST {
            let why = "it has too many parts";
            return Err(ContentFault::Broken { format: "media", why }.into());
        }
        self.reads.set(reads + 1);
        self.bytes
            .read_exact_at(bytes, offset)
            .map_err(|error| StoreError::io("read", self.path, error).into())
    }
}
