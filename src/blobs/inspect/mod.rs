//! What a file is, judged by its bytes alone: type, completeness, dimensions.

mod boxes;
mod fault;
mod jpeg;
mod mp4;
mod picture;
mod source;
mod text;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::Path;

use super::StoreError;
use source::Source;

pub use fault::{ContentFault, InspectError};

/// What the bytes of a complete picture or video say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFacts {
    /// Such as `image/jpeg` or `video/mp4`.
    pub mime_type: &'static str,
    /// In pixels as stored, before any rotation that the file asks for.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// Of videos.
    pub duration_ms: Option<u64>,
}

/// Judges an open file; `path` is only for messages.
///
/// Reads a bounded number of small pieces, never the whole file, and trusts no length in it.
pub fn inspect_file(file: &File, path: &Path) -> Result<MediaFacts, InspectError> {
    let size = file.metadata().map_err(|error| StoreError::io("read", path, error))?.len();
    inspect(&Source::new(file, size, path))
}

fn inspect(source: &Source<'_>) -> Result<MediaFacts, InspectError> {
    let head = source.head()?;
    match head.as_slice() {
        [] => Err(ContentFault::Empty.into()),
        [0xff, 0xd8, 0xff, ..] => jpeg::inspect(source),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => picture::png(source, &head),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => picture::gif(source, &head),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            picture::webp(source, &head)
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => match picture::heif_type(&head) {
            Some(mime_type) => picture::heif(source, &head, mime_type),
            None => mp4::inspect(source, &head),
        },
        // MOV files older than the type box begin with one of these.
        [_, _, _, _, kind @ ..] if is_old_mov(kind) && text::kind(&head).is_none() => {
            mp4::inspect(source, &head)
        }
        other => Err(not_media(other)),
    }
}

fn is_old_mov(kind: &[u8]) -> bool {
    [b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"].iter().any(|k| kind.starts_with(*k))
}

fn not_media(head: &[u8]) -> InspectError {
    if let Some(kind) = text::kind(head) {
        return ContentFault::Text(kind).into();
    }
    if let Some(kind) = infer::get(head) {
        return ContentFault::OtherType { mime_type: kind.mime_type() }.into();
    }
    let first = head.iter().take(8).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    ContentFault::Unknown { first }.into()
}
