//! A file as shared pieces: one painted scene serves many files without being copied.

use std::ops::Range;
use std::sync::OnceLock;

use axum::body::Bytes;

use super::adler::{EMPTY, adler32, joined};
use super::{FileShape, FileSpec};

/// A finished file, in pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct FileBytes {
    pieces: Vec<Bytes>,
    length: u64,
    /// Adler-32 of the whole file.
    checksum: u32,
}

/// A painted scene in its container, with the place where a comment fits between two pieces.
#[derive(Clone, Debug)]
pub(super) struct Base {
    head: (Bytes, u32),
    tail: (Bytes, u32),
}

/// How a container carries bytes that mean nothing.
struct Comments {
    marker: fn(u64) -> Vec<u8>,
    smallest: u64,
    largest: u64,
}

const FILLER_LENGTH: usize = 64 << 10;

impl FileBytes {
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    pub(super) fn checksum(&self) -> u32 {
        self.checksum
    }

    /// The pieces of a part of the file; a part beyond the end is shortened.
    pub(super) fn part(&self, part: Range<u64>) -> Vec<Bytes> {
        let mut start = 0;
        let mut found = Vec::new();
        for piece in &self.pieces {
            let end = start + piece.len() as u64;
            let from = part.start.clamp(start, end) - start;
            let to = part.end.clamp(start, end) - start;
            if let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to))
                && from < to
            {
                found.push(piece.slice(from..to));
            }
            start = end;
        }
        found
    }
}

impl Base {
    /// Takes a finished container and finds where a comment may stand.
    ///
    /// In a JPEG that is behind the JFIF header, in an MP4 file the end.
    pub(super) fn new(shape: FileShape, container: Vec<u8>) -> Self {
        let at = match shape {
            FileShape::Photo { .. } | FileShape::Poster { .. } => match container.get(2..6) {
                Some([0xFF, 0xE0, high, low]) => 4 + usize::from(u16::from_be_bytes([*high, *low])),
                Some(_) | None => 2,
            },
            FileShape::Clip { .. } => container.len(),
        };
        let mut head = Bytes::from(container);
        let tail = head.split_off(at.min(head.len()));
        let (first, second) = (adler32(&head), adler32(&tail));
        Self { head: (head, first), tail: (tail, second) }
    }

    pub(super) fn len(&self) -> u64 {
        (self.head.0.len() + self.tail.0.len()) as u64
    }

    /// This scene as the file that `spec` names, or `None` if that cannot be made so small.
    pub(super) fn with_comment(&self, spec: &FileSpec, bytes: Option<u64>) -> Option<FileBytes> {
        let comments = comments(spec.shape);
        let name = format!("file {} {:020} {:010}\n", spec.shape.kind(), spec.id, spec.version);
        let least = comments.smallest + name.len() as u64;
        let total = match bytes {
            None => least,
            Some(bytes) => bytes.checked_sub(self.len()).filter(|total| *total >= least)?,
        };
        let mut pieces = Pieces::default();
        pieces.push(&self.head);
        let mut text = name.as_bytes();
        for size in sizes(total, &comments) {
            let mut start = (comments.marker)(size);
            start.extend_from_slice(text);
            text = &[];
            let mut rest = size.saturating_sub(start.len() as u64);
            let sum = adler32(&start);
            pieces.push(&(Bytes::from(start), sum));
            while rest > 0 {
                let filler = filler();
                let take = usize::try_from(rest).unwrap_or(FILLER_LENGTH).min(FILLER_LENGTH);
                if take == FILLER_LENGTH {
                    pieces.push(filler);
                } else {
                    let part = filler.0.slice(..take);
                    let sum = adler32(&part);
                    pieces.push(&(part, sum));
                }
                rest -= take as u64;
            }
        }
        pieces.push(&self.tail);
        Some(FileBytes { pieces: pieces.bytes, length: pieces.length, checksum: pieces.checksum })
    }
}

struct Pieces {
    bytes: Vec<Bytes>,
    length: u64,
    checksum: u32,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { bytes: Vec::new(), length: 0, checksum: EMPTY }
    }
}

impl Pieces {
    fn push(&mut self, (bytes, checksum): &(Bytes, u32)) {
        let length = bytes.len() as u64;
        if length > 0 {
            self.checksum = joined(self.checksum, *checksum, length);
            self.length += length;
            self.bytes.push(bytes.clone());
        }
    }
}

fn comments(shape: FileShape) -> Comments {
    match shape {
        // A comment segment: marker, then a 16-bit length that counts itself.
        FileShape::Photo { .. } | FileShape::Poster { .. } => Comments {
            marker: |size| {
                let length = u16::try_from(size - 2).unwrap_or(u16::MAX).to_be_bytes();
                vec![0xFF, 0xFE, length[0], length[1]]
            },
            smallest: 4,
            largest: 2 + 0xFFFF,
        },
        // A free box: a 32-bit length that counts itself, then the name.
        FileShape::Clip { .. } => Comments {
            marker: |size| {
                let length = u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes();
                [&length[..], b"free"].concat()
            },
            smallest: 8,
            largest: 1 << 30,
        },
    }
}

/// Splits `total` into comments that the container allows, none of them too short to be one.
fn sizes(total: u64, comments: &Comments) -> Vec<u64> {
    let mut left = total;
    let mut sizes = Vec::new();
    while left > comments.largest {
        let take = match left - comments.largest {
            rest if rest < comments.smallest => comments.largest - comments.smallest,
            _ => comments.largest,
        };
        sizes.push(take);
        left -= take;
    }
    sizes.push(left);
    sizes
}

/// Plain ASCII without pattern: nobody takes it for a marker, and it does not compress to nothing.
fn filler() -> &'static (Bytes, u32) {
    static FILLER: OnceLock<(Bytes, u32)> = OnceLock::new();
    FILLER.get_or_init(|| {
        let bytes: Bytes = (0..FILLER_LENGTH as u64)
            .map(|n| b' ' + u8::try_from(crate::mix::mix(&[n]) % 95).unwrap_or_default())
            .collect();
        let sum = adler32(&bytes);
        (bytes, sum)
    })
}

#[cfg(test)]
mod tests {
    use super::{Base, comments, sizes};
    use crate::files::adler::adler32;
    use crate::files::{FileShape, FileSpec};

    const CLIP: FileShape = FileShape::Clip { width: 16, height: 16, seconds: 1 };
    const PHOTO: FileShape = FileShape::Photo { width: 16, height: 16 };

    #[test]
    fn every_total_is_split_into_comments_that_fit() {
        for shape in [PHOTO, CLIP] {
            let comments = comments(shape);
            for total in (60..80).chain(65_530..65_620).chain(131_060..131_100) {
                let sizes = sizes(total, &comments);
                assert_eq!(sizes.iter().sum::<u64>(), total);
                let fits = comments.smallest..=comments.largest;
                assert!(sizes.iter().all(|size| fits.contains(size)), "{total}: {sizes:?}");
            }
        }
    }

    #[test]
    fn padded_files_have_the_size_asked_for_and_a_true_checksum() {
        let base = Base::new(CLIP, vec![7; 1_000]);
        for bytes in [1_100, 66_000, 300_000] {
            let spec = FileSpec { id: 3, version: 1, shape: CLIP, bytes: Some(bytes) };
            let file = base.with_comment(&spec, spec.bytes).unwrap();
            let whole = file.part(0..u64::MAX).concat();
            assert_eq!(whole.len() as u64, bytes);
            assert_eq!(file.len(), bytes);
            assert_eq!(file.checksum(), adler32(&whole));
            assert_eq!(file.part(990..1_090).concat(), whole[990..1_090]);
        }
        let spec = FileSpec { id: 3, version: 1, shape: CLIP, bytes: Some(1_010) };
        assert!(base.with_comment(&spec, spec.bytes).is_none(), "no room for the name");
    }
}
