//! Rows of waves made of rings, as on printed cloth.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, lighter, ramp, rgb};
use crate::picture::path::Path;

/// Sky, water far and near, foam.
const PALETTES: [([Rgb; 2], [Rgb; 2], Rgb); 5] = [
    ([rgb(0xF3_E3C3), rgb(0xF6_C9A0)], [rgb(0x7F_B2C4), rgb(0x16_3F63)], rgb(0xFB_F5E6)),
    ([rgb(0xFB_D6C6), rgb(0xF2_9C8C)], [rgb(0xC9_7B8E), rgb(0x45_2B5A)], rgb(0xFF_EFE2)),
    ([rgb(0xE8_F0E2), rgb(0xC7_DFCB)], [rgb(0x8F_C2B0), rgb(0x12_5A5C)], rgb(0xFB_FBEF)),
    ([rgb(0x14_1E3C), rgb(0x33_416E)], [rgb(0x46_628F), rgb(0x10_1A33)], rgb(0xE9_D9A6)),
    ([rgb(0xFD_EFD0), rgb(0xF9_CF85)], [rgb(0xE8_9A5A), rgb(0x8A_3530)], rgb(0xFF_F6E0)),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (sky, water, foam) = one_of(rng, &PALETTES);
    canvas.sky(|t| ramp(&sky, t * 1.6));
    let horizon = h * rng.random_range(0.34..0.5);
    let (x, r) = (w * rng.random_range(0.25..0.75), rng.random_range(0.14..0.24));
    let disc = blend(foam, rgb(0xE2_5A3C), rng.random_range(0.0..1.0));
    canvas.fill(&Path::circle(x, horizon - r * 0.45, r), Paint::Flat(disc));

    let across = rng.random_range(4..8);
    let radius = w / across as f32 / 2.0 * 1.08;
    let step = radius * 0.52;
    let rows = ((h - horizon) / step).ceil() as i32 + 2;
    for row in 0..rows {
        let t = row as f32 / rows as f32;
        let y = horizon + row as f32 * step + radius * 0.5;
        let shift = if row % 2 == 0 { 0.0 } else { w / across as f32 / 2.0 };
        let colour = blend(water[0], water[1], t);
        for n in -1..=across {
            let lift = 0.02 * ((n as f32 * 1.9 + row as f32 * 0.8).sin());
            let cx = shift + (n as f32 + 0.5) * w / across as f32;
            shell(canvas, (cx, y + lift), radius, colour, foam);
        }
    }
}

fn shell(canvas: &mut Canvas, (x, y): (f32, f32), radius: f32, colour: Rgb, foam: Rgb) {
    let rings = [
        (1.0, foam),
        (0.93, colour),
        (0.74, foam),
        (0.69, lighter(colour, 0.12)),
        (0.48, foam),
        (0.43, colour),
        (0.22, foam),
        (0.17, lighter(colour, 0.2)),
    ];
    for (share, ring) in rings {
        canvas.fill(&Path::circle(x, y, radius * share), Paint::Flat(ring));
    }
}
