//! MP4 and MOV: boxes that fill the file, a movie head, media data.

use super::boxes::{self, Part};
use super::source::Source;
use super::{ContentFault, InspectError, MediaFacts};

const FORMAT: &str = "video";

pub(super) fn inspect(source: &Source<'_>, head: &[u8]) -> Result<MediaFacts, InspectError> {
    let mut movie = None;
    let mut has_data = false;
    for part in boxes::of_file(source, FORMAT) {
        let part = part?;
        match &part.kind {
            b"moov" => movie = Some(part),
            b"mdat" => has_data |= part.body_size() > 0,
            _ => {}
        }
    }
    let Some(movie) = movie else {
        return Err(ContentFault::Cut { format: FORMAT, missing: "it has no moov box" }.into());
    };
    if !has_data {
        return Err(ContentFault::Cut { format: FORMAT, missing: "it has no media data" }.into());
    }
    let movie = read_movie(source, movie)?;
    Ok(MediaFacts {
        mime_type: mime_type(head, movie.picture.is_some())?,
        width: movie.picture.and_then(|(width, _)| side(width)),
        height: movie.picture.and_then(|(_, height)| side(height)),
        duration_ms: movie.duration_ms(),
    })
}

/// The major brand says which kind of file it is, the tracks whether it has a picture at all.
fn mime_type(head: &[u8], has_picture: bool) -> Result<&'static str, InspectError> {
    let brand = (head.get(4..8) == Some(b"ftyp")).then(|| head.get(8..12)).flatten();
    if !has_picture {
        return Err(ContentFault::OtherType { mime_type: "audio/mp4" }.into());
    }
    Ok(match brand {
        None | Some(b"qt  ") => "video/quicktime",
        Some([b'3', b'g', ..]) => "video/3gpp",
        Some(_) => "video/mp4",
    })
}

#[derive(Default)]
struct Movie {
    timescale: u32,
    duration: Option<u64>,
    /// Of a film in fragments, whose head counts none.
    fragments: Option<u64>,
    /// Of the first track with a picture: width and height.
    picture: Option<(u32, u32)>,
}

impl Movie {
    fn duration_ms(&self) -> Option<u64> {
        let units = self.duration.filter(|units| *units > 0).or(self.fragments)?;
        let ms = (u128::from(units) * 1000).checked_div(u128::from(self.timescale))?;
        u64::try_from(ms).ok().filter(|ms| *ms > 0)
    }
}

fn read_movie(source: &Source<'_>, part: Part) -> Result<Movie, InspectError> {
    let mut movie = Movie::default();
    let mut has_head = false;
    for part in boxes::of_part(source, FORMAT, part) {
        let part = part?;
        match &part.kind {
            b"mvhd" => {
                read_movie_head(source, part, &mut movie)?;
                has_head = true;
            }
            b"trak" if movie.picture.is_none() => movie.picture = read_track(source, part)?,
            b"mvex" => movie.fragments = read_fragments(source, part)?,
            _ => {}
        }
    }
    if has_head { Ok(movie) } else { Err(broken("its moov box has no head")) }
}

/// `mvhd`: version and flags, two times, timescale, duration; times and duration are 32 bits
/// long in version 0 and 64 in version 1.
fn read_movie_head(source: &Source<'_>, part: Part, movie: &mut Movie) -> Result<(), InspectError> {
    match version(source, part)? {
        0 => {
            let [_, _, _, timescale, duration] = words::<5, 20>(source, part, 0)?;
            movie.timescale = timescale;
            movie.duration = (duration != u32::MAX).then_some(u64::from(duration));
        }
        1 => {
            let [timescale, high, low] = words::<3, 12>(source, part, 20)?;
            movie.timescale = timescale;
            let duration = u64::from(high) << 32 | u64::from(low);
            movie.duration = (duration != u64::MAX).then_some(duration);
        }
        _ => return Err(broken("its movie head is of an unknown version")),
    }
    Ok(())
}

/// `mvex/mehd`: version and flags, the duration of all fragments.
fn read_fragments(source: &Source<'_>, part: Part) -> Result<Option<u64>, InspectError> {
    for part in boxes::of_part(source, FORMAT, part) {
        let part = part?;
        if &part.kind == b"mehd" {
            return Ok(Some(if version(source, part)? == 0 {
                let [duration] = words::<1, 4>(source, part, 4)?;
                u64::from(duration)
            } else {
                let [high, low] = words::<2, 8>(source, part, 4)?;
                u64::from(high) << 32 | u64::from(low)
            }));
        }
    }
    Ok(None)
}

/// Width and height of a track with a picture.
fn read_track(source: &Source<'_>, part: Part) -> Result<Option<(u32, u32)>, InspectError> {
    let mut size = None;
    let mut has_picture = false;
    for part in boxes::of_part(source, FORMAT, part) {
        let part = part?;
        match &part.kind {
            // Version and flags, times, id, duration, 60 bytes of layer, volume and matrix, then
            // both sides with 16 bits after the point.
            b"tkhd" => {
                let at = if version(source, part)? == 0 { 76 } else { 88 };
                let [width, height] = words::<2, 8>(source, part, at)?;
                size = Some((width >> 16, height >> 16));
            }
            b"mdia" => has_picture |= is_picture(source, part)?,
            _ => {}
        }
    }
    Ok(if has_picture { Some(size.unwrap_or((0, 0))) } else { None })
}

/// `mdia/hdlr`: version and flags, four bytes, the kind of media.
fn is_picture(source: &Source<'_>, part: Part) -> Result<bool, InspectError> {
    for part in boxes::of_part(source, FORMAT, part) {
        let part = part?;
        if &part.kind == b"hdlr" {
            let [handler] = words::<1, 4>(source, part, 8)?;
            return Ok(handler == u32::from_be_bytes(*b"vide"));
        }
    }
    Ok(false)
}

fn version(source: &Source<'_>, part: Part) -> Result<u8, InspectError> {
    let [word] = words::<1, 4>(source, part, 0)?;
    Ok(word.to_be_bytes()[0])
}

/// Reads `N` big-endian words (`B` = 4 × `N` bytes) at a place of a box's body.
fn words<const N: usize, const B: usize>(
    source: &Source<'_>,
    part: Part,
    at: u64,
) -> Result<[u32; N], InspectError> {
    if part.body_size() < at + B as u64 {
        return Err(broken("a box is too short for what it holds"));
    }
    let bytes: [u8; B] = source.array(part.body + at)?;
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    Ok(words)
}

fn side(pixels: u32) -> Option<u32> {
    (pixels > 0).then_some(pixels)
}

fn broken(why: &'static str) -> InspectError {
    ContentFault::Broken { format: FORMAT, why }.into()
}
