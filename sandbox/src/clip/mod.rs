//! Makes short silent clips that browsers play, without a codec: a window drifts over a picture.

mod bits;
mod h264;
mod mp4;
mod planes;

use std::f64::consts::TAU;

use crate::mix::mix;
use crate::picture;

/// How far the window drifts, in quarter pixels; interpolation reaches three pixels further.
const REACH: f64 = (picture::MARGIN as f64 - 3.0) * 4.0;

/// An MP4 file of the scene `id`; `version` 2 and up are the same scene re-encoded.
///
/// Sides are even and between 16 and 4096 pixels, the length between 1 and 60 seconds. The size is
/// about 1.6 bytes per pixel, whatever the length.
pub fn clip(id: u64, version: u32, width: u32, height: u32, seconds: u32) -> Vec<u8> {
    let side = |pixels: u32| picture::side(pixels).min(4_096) & !1;
    let (width, height) = (side(width), side(height));
    let planes = planes::Planes::of(&picture::frame(id, width, height), version);
    let border = |coded: usize, shown: u32| {
        (u32::try_from(coded).unwrap_or(shown).saturating_sub(shown) / 2) & !1
    };
    let (left, top) = (border(planes.width, width), border(planes.height, height));
    let window = h264::Window { left, top, width, height };
    let count = seconds.clamp(1, 60) * h264::RATE;
    let pictures: Vec<Vec<u8>> = std::iter::once(h264::first(&planes))
        .chain((1..count).map(|n| h264::moved(&planes, n, drift(id, n, count))))
        .collect();
    mp4::file(window, &h264::sequence(&planes, window), &h264::picture(), &pictures)
}

/// Where the window is at picture `n` of `count`, in quarter pixels: a loop that starts and ends at
/// the middle.
fn drift(id: u64, n: u32, count: u32) -> (i32, i32) {
    let turn = f64::from(n) / f64::from(count) * TAU;
    let chance = mix(&[id, 0xD21F]);
    let sign = |bit: u32| if (chance >> bit) & 1 == 0 { 1.0 } else { -1.0 };
    let (x, y) = match (chance >> 8) % 3 {
        0 => (turn.sin(), (1.0 - turn.cos()) / 2.0),
        1 => ((1.0 - turn.cos()) / 2.0, turn.sin()),
        _ => (turn.sin(), (2.0 * turn).sin() * 0.6),
    };
    (quarter(x * sign(0)), quarter(y * sign(1)))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the share is at most 1, so the product is small"
)]
fn quarter(share: f64) -> i32 {
    (share * REACH).round() as i32
}
