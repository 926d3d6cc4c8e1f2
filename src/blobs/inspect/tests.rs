use std::cell::Cell;
use std::io;
use std::path::Path;

use proptest::prelude::*;

use super::source::{HEAD, READS_AT_MOST, ReadAt, Source};
use super::text::TextKind;
use super::*;

/// Bytes that count how they are read.
#[derive(Default)]
struct Counted {
    bytes: Vec<u8>,
    reads: Cell<u32>,
    longest: Cell<u64>,
}

impl ReadAt for Counted {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.reads.set(self.reads.get() + 1);
        self.longest.set(self.longest.get().max(buffer.len() as u64));
        let start = usize::try_from(offset).unwrap();
        let piece = self.bytes.get(start..start + buffer.len());
        buffer.copy_from_slice(piece.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

fn judge(bytes: &[u8]) -> Result<MediaFacts, InspectError> {
    let counted = Counted { bytes: bytes.to_vec(), ..Counted::default() };
    inspect(&Source::new(&counted, bytes.len() as u64, Path::new("x")))
}

fn fault(bytes: &[u8]) -> ContentFault {
    match judge(bytes) {
        Err(InspectError::Content(fault)) => fault,
        other => panic!("no fault of the content: {other:?}"),
    }
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

fn jpeg() -> Vec<u8> {
    let preview = [&b"Exif\0\0"[..], &[0xff, 0xd8, 1, 2, 0xff, 0xd9]].concat();
    let data: Vec<u8> = (0..600_u16).flat_map(|n| [(n % 255) as u8, 0xff, 0]).collect();
    [
        vec![0xff, 0xd8],
        segment(0xe1, &preview),
        segment(0xc4, &[0; 20]),
        vec![0xff, 0xff],
        segment(0xc2, &[8, 0x05, 0xa0, 0x04, 0x38, 3, 1, 0x11, 0]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        data,
        vec![0xff, 0xd9],
    ]
    .concat()
}

fn png() -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x40\0\0\0\x30\x08\x02\0\0\0abcd";
    [&head[..], &[7; 300], b"\0\0\0\0IEND\xae\x42\x60\x82"].concat()
}

fn gif() -> Vec<u8> {
    [&b"GIF89a\x20\0\x10\0\0\0\0"[..], &[7; 300], &[0, 0x3b]].concat()
}

fn webp() -> Vec<u8> {
    // A lossy picture of 64 × 48: frame tag, start code, both sides.
    let frame = [&[0x30, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0][..], &[5; 90]].concat();
    let chunk = [&b"VP8 "[..], &u32::try_from(frame.len()).unwrap().to_le_bytes(), &frame].concat();
    let counted = u32::try_from(chunk.len() + 4).unwrap().to_le_bytes();
    [&b"RIFF"[..], &counted, b"WEBP", &chunk].concat()
}

fn part(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], &kind, body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn movie_head(timescale: u32, duration: u32) -> Vec<u8> {
    part(*b"mvhd", &[words(&[0, 1, 1, timescale, duration]), vec![0; 80]].concat())
}

fn track(handler: [u8; 4], width: u32, height: u32) -> Vec<u8> {
    let head = [vec![0; 76], words(&[width << 16, height << 16])].concat();
    let handler = part(*b"hdlr", &[&[0; 8][..], &handler, &[0; 13]].concat());
    part(*b"trak", &[part(*b"tkhd", &head), part(*b"mdia", &handler)].concat())
}

fn mp4_of(brand: [u8; 4], movie: &[Vec<u8>]) -> Vec<u8> {
    [
        part(*b"ftyp", &[&brand[..], &[0, 0, 2, 0], b"isomavc1"].concat()),
        part(*b"moov", &movie.concat()),
        part(*b"free", &[]),
        part(*b"mdat", &[9; 500]),
    ]
    .concat()
}

fn mp4() -> Vec<u8> {
    let movie = [movie_head(1000, 15_250), track(*b"soun", 0, 0), track(*b"vide", 720, 1280)];
    mp4_of(*b"isom", &movie)
}

fn heic() -> Vec<u8> {
    let sizes = part(*b"ispe", &words(&[0, 64, 48]));
    let items = part(*b"iprp", &part(*b"ipco", &sizes));
    [
        part(*b"ftyp", b"heic\0\0\0\0mif1heic"),
        part(*b"meta", &[vec![0; 4], items].concat()),
        part(*b"mdat", &[9; 200]),
    ]
    .concat()
}

fn facts(mime_type: &'static str, width: u32, height: u32) -> MediaFacts {
    MediaFacts { mime_type, width: Some(width), height: Some(height), duration_ms: None }
}

/// Every format with what its sample must be judged to be.
fn samples() -> Vec<(Vec<u8>, MediaFacts)> {
    vec![
        (jpeg(), facts("image/jpeg", 1080, 1440)),
        (png(), facts("image/png", 64, 48)),
        (gif(), facts("image/gif", 32, 16)),
        (webp(), facts("image/webp", 64, 48)),
        (heic(), facts("image/heic", 64, 48)),
        (mp4(), MediaFacts { duration_ms: Some(15_250), ..facts("video/mp4", 720, 1280) }),
    ]
}

#[test]
fn complete_files_are_known_with_their_dimensions() {
    for (bytes, expected) in samples() {
        assert_eq!(judge(&bytes).unwrap(), expected);
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    for (bytes, expected) in samples() {
        for length in 0..bytes.len() {
            let judged = judge(&bytes[..length]);
            assert!(
                matches!(judged, Err(InspectError::Content(_))),
                "{} cut to {length} of {}: {judged:?}",
                expected.mime_type,
                bytes.len()
            );
        }
    }
}

#[test]
fn zeros_after_a_picture_are_tolerated_and_after_a_counted_container_refused() {
    for (mut bytes, expected) in samples() {
        bytes.extend([0; 300]);
        let counted = matches!(expected.mime_type, "image/webp" | "image/heic" | "video/mp4");
        assert_eq!(judge(&bytes).is_err(), counted, "{}", expected.mime_type);
    }
}

#[test]
fn the_preview_inside_a_picture_does_not_end_it() {
    let whole = jpeg();
    let cut = whole.len() - 2;
    assert_eq!(
        fault(&whole[..cut]),
        ContentFault::Cut { format: "JPEG", missing: "it has no end marker" }
    );
}

#[test]
fn texts_are_named() {
    for (text, kind) in [
        ("<!DOCTYPE html><html><body>Sorry</body></html>", TextKind::Html),
        ("\u{feff}  \n<html>", TextKind::Html),
        ("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", TextKind::Xml),
        ("<?xml version=\"1.0\"?><svg xmlns=\"…\"></svg>", TextKind::Svg),
        ("{\"error\":{\"code\":190}}", TextKind::Json),
        ("URL signature expired", TextKind::Plain),
        ("The freeway is closed", TextKind::Plain),
        ("größer", TextKind::Plain),
    ] {
        assert_eq!(fault(text.as_bytes()), ContentFault::Text(kind), "{text}");
    }
    let message = fault(b"<html></html>").to_string();
    assert_eq!(message, "the file is a page of HTML, not a picture or video");
}

#[test]
fn a_text_whose_last_character_is_cut_is_still_text() {
    let long = "ä".repeat(4000);
    assert_eq!(fault(&long.as_bytes()[..4095]), ContentFault::Text(TextKind::Plain));
}

#[test]
fn other_types_are_named_and_unknown_bytes_shown() {
    assert_eq!(
        fault(b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc"),
        ContentFault::OtherType { mime_type: "application/gzip" }
    );
    assert_eq!(
        fault(&[0xde, 0xad, 0xbe, 0xef]),
        ContentFault::Unknown { first: "deadbeef".to_owned() }
    );
    assert_eq!(fault(b""), ContentFault::Empty);
}

#[test]
fn a_video_is_told_by_its_brand_and_its_tracks() {
    let picture = || track(*b"vide", 720, 1280);
    let mime = |brand, movie: &[Vec<u8>]| judge(&mp4_of(brand, movie)).map(|f| f.mime_type);
    for (brand, expected) in
        [(*b"qt  ", "video/quicktime"), (*b"mp42", "video/mp4"), (*b"3gp4", "video/3gpp")]
    {
        assert_eq!(mime(brand, &[movie_head(1, 1), picture()]).unwrap(), expected);
    }
    let sound = mp4_of(*b"M4A ", &[movie_head(1, 1), track(*b"soun", 0, 0)]);
    assert_eq!(fault(&sound), ContentFault::OtherType { mime_type: "audio/mp4" });
    let old = &mp4_of(*b"isom", &[movie_head(1, 1), picture()])[24..];
    assert_eq!(judge(old).unwrap().mime_type, "video/quicktime");
}

#[test]
fn durations_come_in_three_forms() {
    let long_head = [words(&[0x0100_0000, 0, 1, 0, 1, 600, 0, 6150]), vec![0; 80]].concat();
    let fragments = part(*b"mvex", &part(*b"mehd", &words(&[0, 4000])));
    for (movie, duration) in [
        (vec![movie_head(600, 300)], Some(500)),
        (vec![part(*b"mvhd", &long_head)], Some(10_250)),
        (vec![movie_head(1000, 0), fragments], Some(4000)),
        (vec![movie_head(1000, u32::MAX)], None),
        (vec![movie_head(0, 7)], None),
    ] {
        let bytes = mp4_of(*b"isom", &[movie, vec![track(*b"vide", 2, 2)]].concat());
        assert_eq!(judge(&bytes).unwrap().duration_ms, duration);
    }
}

#[test]
fn long_and_open_lengths_of_boxes_are_understood() {
    let start = mp4().len() - 508;
    let mut long = mp4()[..start].to_vec();
    long.extend(words(&[1, u32::from_be_bytes(*b"mdat"), 0, 516]));
    long.extend([9; 500]);
    assert!(judge(&long).is_ok());
    let mut open = mp4();
    open[start..start + 4].fill(0);
    assert!(judge(&open).is_ok());
    let mut huge = long.clone();
    huge[start + 8..start + 16].fill(0xff);
    assert!(matches!(fault(&huge), ContentFault::Cut { .. }));
    let mut tiny = mp4();
    tiny[start..start + 4].copy_from_slice(&[0, 0, 0, 7]);
    assert!(matches!(fault(&tiny), ContentFault::Broken { .. }));
}

#[test]
fn a_box_inside_may_not_reach_beyond_its_parent() {
    let mut track = track(*b"vide", 720, 1280);
    track[11] = 255;
    let bytes = mp4_of(*b"isom", &[movie_head(1, 1), track]);
    assert!(matches!(fault(&bytes), ContentFault::Broken { .. }));
}

#[test]
fn a_video_without_head_or_data_is_refused() {
    let no_head = mp4_of(*b"isom", &[track(*b"vide", 2, 2)]);
    assert!(matches!(fault(&no_head), ContentFault::Broken { .. }));
    let no_data = &mp4()[..mp4().len() - 508];
    assert!(matches!(fault(no_data), ContentFault::Cut { .. }));
    let no_movie = [part(*b"ftyp", b"isom\0\0\0\0"), part(*b"mdat", &[1; 50])].concat();
    assert!(matches!(fault(&no_movie), ContentFault::Cut { .. }));
}

#[test]
fn a_container_for_any_picture_is_told_by_its_other_brands() {
    for (brands, mime_type) in [
        (&b"avif\0\0\0\0mif1"[..], "image/avif"),
        (b"mif1\0\0\0\0heicmiaf", "image/heic"),
        (b"mif1\0\0\0\0miafavif", "image/avif"),
    ] {
        let meta = [vec![0; 4], part(*b"idat", &[1])].concat();
        let bytes = [part(*b"ftyp", brands), part(*b"meta", &meta)].concat();
        assert_eq!(judge(&bytes).unwrap().mime_type, mime_type);
    }
}

#[test]
fn a_file_of_endless_tiny_boxes_is_given_up() {
    let mut bytes = part(*b"ftyp", b"isom\0\0\0\0");
    for _ in 0..READS_AT_MOST {
        bytes.extend(part(*b"free", &[]));
    }
    let counted = Counted { bytes, ..Counted::default() };
    let judged = inspect(&Source::new(&counted, counted.bytes.len() as u64, Path::new("x")));
    assert!(matches!(judged, Err(InspectError::Content(ContentFault::Broken { .. }))));
    assert_eq!(counted.reads.get(), READS_AT_MOST);
}

#[test]
fn a_disk_that_fails_is_no_fault_of_the_content() {
    let counted = Counted::default();
    let judged = inspect(&Source::new(&counted, 100, Path::new("/archive/tmp/0/x")));
    let Err(InspectError::Store(error)) = judged else { panic!("{judged:?}") };
    assert_eq!(error.to_string(), "could not read /archive/tmp/0/x");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the bytes say: an answer, after few and short reads, and never a disk error,
    /// which would mean that a place outside of the file was asked for.
    #[test]
    fn damaged_files_are_judged_with_bounded_reads(
        sample in 0..6_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        keep in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let (mut bytes, _) = samples().swap_remove(sample);
        for (at, byte) in edits {
            // Most lengths and kinds stand at the beginning.
            let at = at.index(bytes.len().min(400));
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(keep.index(bytes.len() + 1));
        }
        let counted = Counted { bytes, ..Counted::default() };
        let size = counted.bytes.len() as u64;
        let judged = inspect(&Source::new(&counted, size, Path::new("x")));
        prop_assert!(!matches!(judged, Err(InspectError::Store(_))), "{judged:?}");
        prop_assert!(u64::from(counted.reads.get()) <= 2 + size);
        prop_assert!(counted.longest.get() <= HEAD);
    }

    #[test]
    fn any_bytes_after_a_known_beginning_are_judged(
        start in prop::sample::select(vec![
            &b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8X",
            b"\0\0\0\x18ftypavif", b"\0\0\0\x10ftypisom", b"\0\0\0\x08wide", b"",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let judged = judge(&[start, &rest].concat());
        prop_assert!(!matches!(judged, Err(InspectError::Store(_))), "{judged:?}");
    }
}
