//! PNG, GIF, WebP, HEIC and AVIF: complete to the end?

use super::boxes::{self, Part};
use super::source::Source;
use super::{ContentFault, InspectError, MediaFacts};

/// The last chunk of every PNG file: no content, the name, its checksum.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

pub(super) fn png(source: &Source<'_>, head: &[u8]) -> Result<MediaFacts, InspectError> {
    if head.get(12..16) != Some(b"IHDR") {
        return Err(broken("PNG", "its first chunk is no header"));
    }
    if !source.tail(8)?.ends_with(PNG_END) {
        return Err(cut("PNG", "it has no end chunk"));
    }
    Ok(facts("image/png", head))
}

/// The last block of data ends with a zero, and then the end mark follows.
pub(super) fn gif(source: &Source<'_>, head: &[u8]) -> Result<MediaFacts, InspectError> {
    if !source.tail(13)?.ends_with(&[0, 0x3b]) {
        return Err(cut("GIF", "it has no end mark"));
    }
    Ok(facts("image/gif", head))
}

/// The container's head counts the bytes that follow it, to an even number.
pub(super) fn webp(source: &Source<'_>, head: &[u8]) -> Result<MediaFacts, InspectError> {
    let Some(&[a, b, c, d]) = head.get(4..8) else {
        return Err(cut("WebP", "it ends inside its head"));
    };
    let counted = u64::from(u32::from_le_bytes([a, b, c, d])) + 8;
    if counted > source.size() {
        return Err(cut("WebP", "it is shorter than its head says"));
    }
    if counted + counted % 2 < source.size() {
        return Err(broken("WebP", "it is longer than its head says"));
    }
    if head.len() < 16 {
        return Err(cut("WebP", "it has no picture"));
    }
    Ok(facts("image/webp", head))
}

/// The type of a picture in boxes, by its brands; nothing when the brands are those of a film.
pub(super) fn heif_type(head: &[u8]) -> Option<&'static str> {
    let size = u32::from_be_bytes(*head.first_chunk()?);
    let end = usize::try_from(size).ok()?.min(head.len());
    let major = head.get(8..12)?;
    let mut compatible = head.get(16..end).unwrap_or(&[]).chunks_exact(4);
    match major {
        b"avif" | b"avis" => Some("image/avif"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some("image/heic"),
        // A container for pictures of any coding: the other brands tell which.
        b"mif1" | b"msf1" => Some(match compatible.find(|brand| brand.starts_with(b"avi")) {
            Some(_) => "image/avif",
            None => "image/heic",
        }),
        _ => None,
    }
}

pub(super) fn heif(
    source: &Source<'_>,
    head: &[u8],
    mime_type: &'static str,
) -> Result<MediaFacts, InspectError> {
    const FORMAT: &str = "HEIF";
    let (mut has_items, mut has_data) = (false, false);
    for part in boxes::of_file(source, FORMAT) {
        let part = part?;
        match &part.kind {
            b"meta" => {
                has_items = true;
                has_data |= has_own_data(source, FORMAT, part)?;
            }
            b"moov" => has_items = true,
            b"mdat" => has_data |= part.body_size() > 0,
            _ => {}
        }
    }
    if !has_items || !has_data {
        return Err(cut(FORMAT, "it has no picture"));
    }
    Ok(facts(mime_type, head))
}

/// Small pictures can lie in the description itself: `meta` has version and flags, then boxes,
/// among them `idat`.
fn has_own_data(
    source: &Source<'_>,
    format: &'static str,
    meta: Part,
) -> Result<bool, InspectError> {
    if meta.body_size() < 4 {
        return Err(broken(format, "a box is too short for what it holds"));
    }
    for part in boxes::of_part(source, format, Part { body: meta.body + 4, ..meta }) {
        if &part?.kind == b"idat" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Dimensions from the head are good to have, and no proof of anything.
fn facts(mime_type: &'static str, head: &[u8]) -> MediaFacts {
    let size = imagesize::blob_size(head).ok();
    let pixels = |pixels: usize| u32::try_from(pixels).ok().filter(|pixels| *pixels > 0);
    MediaFacts {
        mime_type,
        width: size.and_then(|size| pixels(size.width)),
        height: size.and_then(|size| pixels(size.height)),
        duration_ms: None,
    }
}

fn cut(format: &'static str, missing: &'static str) -> InspectError {
    ContentFault::Cut { format, missing }.into()
}

fn broken(format: &'static str, why: &'static str) -> InspectError {
    ContentFault::Broken { format, why }.into()
}
