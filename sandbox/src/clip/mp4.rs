//! Puts coded pictures into an MP4 file whose index comes first (ISO/IEC 14496-12, 14496-15).

use super::h264::{RATE, Window};

/// Ticks per second, in the whole file.
const TIMESCALE: u32 = 12_800;
const TICKS: u32 = TIMESCALE / RATE;
/// The transformation that changes nothing, in fixed point.
const UPRIGHT: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// "und", packed.
const NO_LANGUAGE: u16 = 0x55C4;
/// Seconds from 1904, where MP4 counts from, to 1970-01-01, plus those to 2024-01-01.
const CREATED: u32 = 2_082_844_800 + 1_704_067_200;

/// The file with these pictures, shown one after the other.
pub(super) fn file(
    window: Window,
    sequence: &[u8],
    picture: &[u8],
    pictures: &[Vec<u8>],
) -> Vec<u8> {
    let ftyp = boxed(*b"ftyp", &[b"isom", &be(512), b"isomiso2avc1mp41"]);
    let sizes: Vec<u32> = pictures.iter().map(|nal| size(nal) + 4).collect();
    // The index has the same length wherever the data starts.
    let length = index(window, sequence, picture, &sizes, 0).len();
    let start = size(&ftyp) + u32::try_from(length).unwrap_or(u32::MAX) + 8;
    let moov = index(window, sequence, picture, &sizes, start);

    let total: u32 = sizes.iter().sum();
    let mut file = Vec::with_capacity((start + total) as usize);
    file.extend_from_slice(&ftyp);
    file.extend_from_slice(&moov);
    file.extend_from_slice(&be(total + 8));
    file.extend_from_slice(b"mdat");
    for nal in pictures {
        file.extend_from_slice(&be(size(nal)));
        file.extend_from_slice(nal);
    }
    file
}

fn index(window: Window, sequence: &[u8], picture: &[u8], sizes: &[u32], start: u32) -> Vec<u8> {
    let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
    let duration = be(count * TICKS);
    let times = [be(CREATED), be(CREATED)].concat();
    let matrix: Vec<u8> = UPRIGHT.iter().flat_map(|n| n.to_be_bytes()).collect();

    let movie = boxed(
        *b"mvhd",
        &[
            &[0; 4],
            &times,
            &be(TIMESCALE),
            &duration,
            &be(0x1_0000),
            &[1, 0],
            &[0; 10],
            &matrix,
            &[0; 24],
            &be(2),
        ],
    );
    let track = boxed(
        *b"tkhd",
        &[
            &[0, 0, 0, 3],
            &times,
            &be(1),
            &[0; 4],
            &duration,
            &[0; 16],
            &matrix,
            &be(window.width << 16),
            &be(window.height << 16),
        ],
    );
    let media = boxed(
        *b"mdhd",
        &[&[0; 4], &times, &be(TIMESCALE), &duration, &NO_LANGUAGE.to_be_bytes(), &[0; 2]],
    );
    let handler = boxed(*b"hdlr", &[&[0; 8], b"vide", &[0; 12], b"VideoHandler\0"]);
    let vmhd = boxed(*b"vmhd", &[&[0, 0, 0, 1], &[0; 8]]);
    let here = boxed(*b"url ", &[&[0, 0, 0, 1]]);
    let dinf = boxed(*b"dinf", &[&boxed(*b"dref", &[&[0; 4], &be(1), &here])]);
    let stbl = boxed(
        *b"stbl",
        &[
            &boxed(*b"stsd", &[&[0; 4], &be(1), &entry(window, sequence, picture)]),
            &boxed(*b"stts", &[&[0; 4], &be(1), &be(count), &be(TICKS)]),
            &boxed(*b"stss", &[&[0; 4], &be(1), &be(1)]),
            &boxed(*b"stsc", &[&[0; 4], &be(1), &be(1), &be(count), &be(1)]),
            &boxed(
                *b"stsz",
                &[&[0; 8], &be(count), &sizes.iter().flat_map(|n| be(*n)).collect::<Vec<u8>>()],
            ),
            &boxed(*b"stco", &[&[0; 4], &be(1), &be(start)]),
        ],
    );
    let minf = boxed(*b"minf", &[&vmhd, &dinf, &stbl]);
    let inner = boxed(*b"mdia", &[&media, &handler, &minf]);
    let outer = boxed(*b"trak", &[&track, &inner]);
    boxed(*b"moov", &[&movie, &outer])
}

/// How the track is coded, with the parameter sets that come before its first picture.
fn entry(window: Window, sequence: &[u8], picture: &[u8]) -> Vec<u8> {
    let avcc = boxed(
        *b"avcC",
        &[
            &[1],
            &sequence[1..4],
            &[0xFF, 0xE1],
            &half(size(sequence)),
            sequence,
            &[1],
            &half(size(picture)),
            picture,
        ],
    );
    let square = boxed(*b"pasp", &[&be(1), &be(1)]);
    let colour = boxed(*b"colr", &[b"nclx", &[0, 1, 0, 1, 0, 1, 0]]);
    boxed(
        *b"avc1",
        &[
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0; 16],
            &half(window.width),
            &half(window.height),
            &be(0x48_0000),
            &be(0x48_0000),
            &[0; 4],
            &[0, 1],
            &[0; 32],
            &[0, 0x18, 0xFF, 0xFF],
            &avcc,
            &square,
            &colour,
        ],
    )
}

fn boxed(name: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&be(size(&content) + 8)[..], &name, &content].concat()
}

fn be(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

fn half(number: u32) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes()
}

fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
