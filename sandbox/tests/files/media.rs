//! The files themselves: real pictures and clips, of the size asked for, all of them distinct.

use std::collections::HashSet;

use graph_sandbox::files::{FileShape, FileSpec};
use graph_sandbox::{clip as clips, picture};

use crate::stand::{Stand, clip, photo, poster};

/// The boxes of an MP4 file or of a box in it: name and content.
fn boxes(mut bytes: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let size = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
        assert!((8..=bytes.len()).contains(&size), "a box of {size} in {} bytes", bytes.len());
        found.push((String::from_utf8(bytes[4..8].to_vec()).unwrap(), &bytes[8..size]));
        bytes = &bytes[size..];
    }
    found
}

/// The content of a box inside boxes.
fn inside<'a>(bytes: &'a [u8], path: &[&str]) -> &'a [u8] {
    path.iter().fold(bytes, |bytes, name| {
        let found = boxes(bytes).into_iter().find(|(found, _)| found == name);
        found.unwrap_or_else(|| panic!("no {name}")).1
    })
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

#[tokio::test]
async fn photos_and_posters_decode_at_the_size_asked_for() {
    let stand = Stand::new().await;
    for (width, height) in [(1080, 1350), (1080, 566), (720, 1280), (320, 320)] {
        for shape in [FileShape::Photo { width, height }, FileShape::Poster { width, height }] {
            let spec = FileSpec { id: u64::from(width + height), version: 1, shape, bytes: None };
            let bytes = stand.file(&spec).await;
            let picture = image::load_from_memory(&bytes).unwrap();
            assert_eq!((picture.width(), picture.height()), (width, height));
            assert_eq!(bytes[bytes.len() - 2..], [0xFF, 0xD9], "ends with its end marker");
        }
    }
}

#[test]
fn scenes_are_pictures_and_not_one_colour() {
    for id in 0..26 {
        let picture = image::load_from_memory(&picture::photo(id, 1, 135, 169)).unwrap().to_rgb8();
        let tones: HashSet<[u8; 3]> =
            picture.pixels().map(|pixel| pixel.0.map(|level| level >> 4)).collect();
        assert!(tones.len() > 15, "scene {id} has {} tones", tones.len());
    }
}

#[test]
fn a_scene_depends_on_its_number_alone() {
    assert_eq!(picture::photo(3, 1, 108, 135), picture::photo(3, 1, 108, 135));
    assert_ne!(picture::photo(3, 1, 108, 135), picture::photo(4, 1, 108, 135));
    assert_eq!(clips::clip(3, 1, 64, 64, 1), clips::clip(3, 1, 64, 64, 1));
    assert_ne!(clips::clip(3, 1, 64, 64, 1), clips::clip(4, 1, 64, 64, 1));
}

#[test]
fn another_version_is_the_same_scene_in_other_bytes() {
    let first = picture::photo(5, 1, 216, 270);
    for version in 2..5 {
        let other = picture::photo(5, version, 216, 270);
        assert_ne!(first, other);
        let (a, b) = (decoded(&first), decoded(&other));
        let mean = |picture: &image::RgbImage| {
            let sum: u64 = picture.as_raw().iter().map(|level| u64::from(*level)).sum();
            sum / picture.as_raw().len() as u64
        };
        assert!(mean(&a).abs_diff(mean(&b)) <= 1);
        assert_ne!(clips::clip(5, 1, 64, 64, 1), clips::clip(5, version, 64, 64, 1));
    }
}

fn decoded(bytes: &[u8]) -> image::RgbImage {
    image::load_from_memory(bytes).unwrap().to_rgb8()
}

#[tokio::test]
async fn a_clip_is_a_whole_mp4_file_whose_index_comes_first() {
    let stand = Stand::new().await;
    let shape = FileShape::Clip { width: 90, height: 160, seconds: 3 };
    let bytes = stand.file(&FileSpec { id: 1, version: 1, shape, bytes: None }).await;
    let names: Vec<String> = boxes(&bytes).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ftyp", "moov", "mdat", "free"]);

    let movie = inside(&bytes, &["moov", "mvhd"]);
    let (ticks, duration) = (number(movie, 12), number(movie, 16));
    assert_eq!(duration, 3 * ticks);
    let track = inside(&bytes, &["moov", "trak", "tkhd"]);
    assert_eq!([number(track, 76) >> 16, number(track, 80) >> 16], [90, 160]);

    let samples = inside(&bytes, &["moov", "trak", "mdia", "minf", "stbl"]);
    let sizes = inside(samples, &["stsz"]);
    let count = number(sizes, 8) as usize;
    assert_eq!(count, 75, "three seconds at 25 frames");
    let data = inside(&bytes, &["mdat"]);
    let start = data.as_ptr() as usize - bytes.as_ptr() as usize;
    assert_eq!(number(inside(samples, &["stco"]), 8) as usize, start);
    let mut rest = data;
    for n in 0..count {
        let size = number(sizes, 12 + 4 * n) as usize;
        assert_eq!(number(rest, 0) as usize, size - 4, "frame {n} is one unit");
        let kind = if n == 0 { 0x65 } else { 0x01 };
        assert_eq!(rest[4], kind, "only the first frame stands alone");
        rest = &rest[size..];
    }
    assert!(rest.is_empty());
}

#[tokio::test]
async fn files_have_exactly_the_bytes_asked_for_and_stay_valid() {
    let stand = Stand::new().await;
    for bytes in [12_000, 20_000, 65_600, 200_000, 200_001, 200_002, 200_003, 1_000_000, 3_000_000]
    {
        let spec = FileSpec { id: bytes, bytes: Some(bytes), ..photo(0) };
        let file = stand.file(&spec).await;
        assert_eq!(file.len() as u64, bytes);
        image::load_from_memory(&file).unwrap();
    }
    for bytes in [60_000, 99_999, 200_000, 2_500_000] {
        let spec = FileSpec { id: bytes, bytes: Some(bytes), ..clip(0) };
        let file = stand.file(&spec).await;
        assert_eq!(file.len() as u64, bytes);
        assert_eq!(boxes(&file).len(), 4);
    }
}

#[tokio::test]
async fn too_few_bytes_for_the_scene_are_reached_with_less_quality_and_fewer_pixels() {
    let stand = Stand::new().await;
    let shape = FileShape::Photo { width: 1080, height: 1350 };
    for bytes in [8_000, 40_000, 90_000] {
        let spec = FileSpec { id: 1, version: 1, shape, bytes: Some(bytes) };
        let file = stand.file(&spec).await;
        assert_eq!(file.len() as u64, bytes);
        image::load_from_memory(&file).unwrap();
    }
    let shape = FileShape::Clip { width: 720, height: 1280, seconds: 3 };
    let spec = FileSpec { id: 1, version: 1, shape, bytes: Some(300_000) };
    let file = stand.file(&spec).await;
    assert_eq!(file.len(), 300_000);
    assert_eq!(boxes(&file).len(), 4);
}

#[tokio::test]
async fn files_of_one_pool_share_scenes_but_no_bytes_are_the_same() {
    let stand = Stand::new().await;
    stand.set(|options| options.pool = Some(2));
    let mut scenes = HashSet::new();
    let mut files = HashSet::new();
    for id in 0..20 {
        for version in 1..3 {
            let file = stand.file(&FileSpec { id, version, ..photo(0) }).await;
            scenes.insert(decoded(&file).into_raw());
            files.insert(file);
            files.insert(stand.file(&FileSpec { id, version, ..clip(0) }).await);
        }
    }
    assert_eq!(scenes.len(), 2);
    assert_eq!(files.len(), 80);
}

#[tokio::test]
async fn a_poster_shows_the_first_frame_of_its_clip() {
    let stand = Stand::new().await;
    let (width, height) = (160_usize, 160_usize);
    let of = |id, shape| FileSpec { id, version: 1, shape, bytes: None };
    for id in 0..6 {
        let shape = FileShape::Clip { width: 160, height: 160, seconds: 1 };
        let file = stand.file(&of(id, shape)).await;
        let shape = FileShape::Poster { width: 160, height: 160 };
        let still = decoded(&stand.file(&of(id, shape)).await);
        // Uncompressed macroblocks: two bytes of type, 256 of luma, 128 of chroma, behind the
        // length, the unit's type and a slice header of five bytes, of which the last belongs to
        // the first macroblock's type.
        let data = inside(&file, &["mdat"]);
        let across = (width + 32) / 16;
        let first = data.len().min(number(data, 0) as usize + 4) - 1 - 386 * across * across + 2;
        let luma = |x: usize, y: usize| {
            let block = (y / 16) * across + x / 16;
            f64::from(data[first + block * 386 + (y % 16) * 16 + x % 16])
        };
        let mut off = 0.0;
        for y in 0..height {
            for x in 0..width {
                let [r, g, b] = still.get_pixel(x as u32, y as u32).0.map(f64::from);
                let bright = 16.0 + (0.2126 * r + 0.7152 * g + 0.0722 * b) * 219.0 / 255.0;
                off += (bright - luma(x + 16, y + 16)).abs();
            }
        }
        let mean = off / (width * height) as f64;
        assert!(mean < 4.0, "scene {id}: samples are off by {mean} on average");
    }
    assert_ne!(stand.host.link(&poster(1)), stand.host.link(&photo(1)));
}
