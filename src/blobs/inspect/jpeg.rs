//! JPEG: segments up to the picture data, then the end marker.

use super::source::Source;
use super::{ContentFault, InspectError, MediaFacts};

const FORMAT: &str = "JPEG";
/// Some cameras and editors leave a few bytes after the end marker.
const TRAILER_AT_MOST: usize = 1024;

pub(super) fn inspect(source: &Source<'_>) -> Result<MediaFacts, InspectError> {
    let (data, size) = segments(source)?;
    // The data of the picture cannot contain an end marker by chance (0xff is always escaped in
    // it), but a preview inside an earlier segment does: only what follows the segments counts.
    let tail = source.tail(data)?;
    let last = &tail[tail.len().saturating_sub(TRAILER_AT_MOST)..];
    if !last.windows(2).any(|pair| pair == [0xff, 0xd9]) {
        return Err(cut("it has no end marker"));
    }
    Ok(MediaFacts {
        mime_type: "image/jpeg",
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        duration_ms: None,
    })
}

/// Walks the segments; answers where the first picture data begin and the dimensions.
fn segments(source: &Source<'_>) -> Result<(u64, Option<(u32, u32)>), InspectError> {
    let mut at = 2;
    let mut size = None;
    loop {
        if source.size() - at < 4 {
            return Err(cut("it ends before the picture"));
        }
        let [mark, marker, high, low] = source.array(at)?;
        if mark != 0xff {
            return Err(broken("a segment does not begin with a marker"));
        }
        match marker {
            // Any number of fill bytes may stand before a marker.
            0xff => {
                at += 1;
                continue;
            }
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            0x00 => return Err(broken("a segment does not begin with a marker")),
            0xd9 => return Err(broken("it ends before the picture")),
            _ => {}
        }
        let length = u64::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(broken("a segment is shorter than its own length"));
        }
        let end = at + 2 + length;
        if end > source.size() {
            return Err(cut("it ends inside a segment"));
        }
        match marker {
            0xda => return Ok((end, size)),
            // Frame headers, all but the tables and the extension that share their numbers.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) && length >= 7 => {
                let [h1, h0, w1, w0] = source.array(at + 5)?;
                let pixels = |high, low| u32::from(u16::from_be_bytes([high, low]));
                size = Some((pixels(w1, w0), pixels(h1, h0)));
            }
            _ => {}
        }
        at = end;
    }
}

fn cut(missing: &'static str) -> InspectError {
    ContentFault::Cut { format: FORMAT, missing }.into()
}

fn broken(why: &'static str) -> InspectError {
    ContentFault::Broken { format: FORMAT, why }.into()
}
