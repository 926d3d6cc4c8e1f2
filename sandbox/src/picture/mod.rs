//! Paints pictures that a person likes to look at, one scene for every number.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::many_single_char_names,
    reason = "painting is geometry in floats that ends in bytes; every cast is bounded by the size"
)]

mod canvas;
mod colour;
mod path;
mod scenes;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

pub(crate) use canvas::Canvas;

/// The pixels around a clip that its window moves over.
pub(crate) const MARGIN: u32 = 16;
/// JPEG qualities of the first version of a photo and of those that follow.
const QUALITIES: [u8; 6] = [85, 78, 90, 72, 82, 88];
const SIZES: std::ops::RangeInclusive<u32> = 16..=8_192;

/// A JPEG of the scene `id`; `version` 2 and up are the same scene re-encoded.
///
/// Sides are taken between 16 and 8192 pixels.
pub fn photo(id: u64, version: u32, width: u32, height: u32) -> Vec<u8> {
    photo_in(id, width, height, quality(version))
}

/// A JPEG of the first frame of the clip `id` of this size.
pub fn poster(id: u64, version: u32, width: u32, height: u32) -> Vec<u8> {
    poster_in(id, width, height, quality(version))
}

pub(crate) fn photo_in(id: u64, width: u32, height: u32, quality: u8) -> Vec<u8> {
    let (width, height) = (side(width), side(height));
    jpeg(paint(id, width, height), width, height, quality)
}

pub(crate) fn poster_in(id: u64, width: u32, height: u32, quality: u8) -> Vec<u8> {
    let (width, height) = (side(width), side(height));
    jpeg(frame(id, width, height).cropped(width, height), width, height, quality)
}

/// The scene of a clip, with the margin that its window moves over, in whole macroblocks.
pub(crate) fn frame(id: u64, width: u32, height: u32) -> Canvas {
    let coded = |size: u32| (size + 2 * MARGIN).next_multiple_of(16);
    paint(id, coded(width), coded(height))
}

/// The nearest size that can be painted.
pub(crate) fn side(pixels: u32) -> u32 {
    pixels.clamp(*SIZES.start(), *SIZES.end())
}

fn paint(id: u64, width: u32, height: u32) -> Canvas {
    let mut canvas = Canvas::new(width, height);
    scenes::paint(&mut canvas, id);
    canvas
}

fn quality(version: u32) -> u8 {
    QUALITIES[version.saturating_sub(1) as usize % QUALITIES.len()]
}

fn jpeg(canvas: Canvas, width: u32, height: u32, quality: u8) -> Vec<u8> {
    let pixels = canvas.into_bytes();
    let mut bytes = Vec::with_capacity(pixels.len() / 8);
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).encode(
        &pixels,
        width,
        height,
        ExtendedColorType::Rgb8,
    );
    match encoded {
        Ok(()) => bytes,
        Err(error) => unreachable!("a JPEG of bounded size is written to memory: {error}"),
    }
}
