//! The sea with a low sun, its path of light, and sometimes a sail.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, ramp, rgb};
use crate::picture::path::Path;

/// Sky from the top to the horizon, sun, water.
const MOODS: [([Rgb; 3], Rgb, Rgb); 5] = [
    ([rgb(0x31_5B7D), rgb(0xF2_9E7A), rgb(0xFF_DF9E)], rgb(0xFF_F3CF), rgb(0x1C_4A63)),
    ([rgb(0x7F_C4D6), rgb(0xC9_E9E4), rgb(0xFD_F2DC)], rgb(0xFF_FFFF), rgb(0x1F_7F94)),
    ([rgb(0x2A_1E4F), rgb(0x9C_3F6E), rgb(0xFF_8C61)], rgb(0xFF_E0A3), rgb(0x2B_1F4A)),
    ([rgb(0xF7_B267), rgb(0xF9_D6A5), rgb(0xFF_F0DB)], rgb(0xF2_5C54), rgb(0x3C_6E71)),
    ([rgb(0x9F_B4C7), rgb(0xD8_DEE4), rgb(0xF4_EDE4)], rgb(0xFF_FDF5), rgb(0x54_7A8B)),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (sky, sun, water) = one_of(rng, &MOODS);
    let horizon = h * rng.random_range(0.45..0.62);
    canvas.sky(|t| ramp(&sky, t * h / horizon));

    let radius = rng.random_range(0.09..0.17);
    let x = w * rng.random_range(0.25..0.75);
    let y = horizon - radius * rng.random_range(-0.2..1.6);
    canvas.fill(&Path::rect(0.0, 0.0, w, horizon), Paint::Glow((x, y), 0.8, sun, 0.7));
    canvas.fill(&Path::circle(x, y, radius), Paint::Flat(sun));
    clouds(canvas, rng, horizon, lighter(sky[1], 0.5));

    let far = blend(water, sky[2], 0.55);
    let sea = Path::rect(0.0, horizon, w, h - horizon);
    canvas.fill(&sea, Paint::Shade((0.0, horizon), far, (0.0, h), darker(water, 0.25)));
    for _ in 0..260 {
        let depth: f32 = rng.random_range(0.0..1.0_f32).powf(1.7);
        let at = horizon + 0.006 + (h - horizon) * depth;
        let length = (0.03 + 0.22 * depth) * rng.random_range(0.4..1.3);
        let glint = rng.random_range(0.0..1.0) < 0.5;
        let spread = radius * (0.7 + depth * 1.8);
        let middle = if glint {
            x + spread * rng.random_range(-1.0..1.0_f32) * rng.random_range(0.0..1.0)
        } else {
            w * rng.random_range(-0.1..1.1)
        };
        let thick = 0.0016 + 0.007 * depth;
        let colour = if glint { sun } else { lighter(far, 0.15) };
        let share = if glint { 0.75 } else { 0.28 };
        canvas.fill(
            &Path::ellipse(middle, at, length / 2.0, thick / 2.0),
            Paint::Veil(colour, share),
        );
    }
    if rng.random_range(0..3) > 0 {
        sail(canvas, rng, horizon, darker(water, 0.45));
    }
}

fn clouds(canvas: &mut Canvas, rng: &mut ChaCha8Rng, horizon: f32, colour: Rgb) {
    for _ in 0..rng.random_range(2..6) {
        let y = horizon * rng.random_range(0.12..0.8);
        let x = canvas.w() * rng.random_range(0.0..1.0);
        for _ in 0..5 {
            let (dx, dy) = (rng.random_range(-0.16..0.16), rng.random_range(-0.012..0.012));
            let (rx, ry) = (rng.random_range(0.08..0.22), rng.random_range(0.006..0.016));
            canvas.fill(&Path::ellipse(x + dx, y + dy, rx, ry), Paint::Veil(colour, 0.4));
        }
    }
}

fn sail(canvas: &mut Canvas, rng: &mut ChaCha8Rng, horizon: f32, hull: Rgb) {
    let x = canvas.w() * rng.random_range(0.15..0.85);
    let size = rng.random_range(0.05..0.11);
    let y = horizon + size * 0.35;
    let white = rgb(0xFB_F7EE);
    let main = [(x, y - size * 1.6), (x, y - size * 0.15), (x + size * 0.75, y - size * 0.15)];
    let jib = [
        (x - size * 0.06, y - size * 1.35),
        (x - size * 0.06, y - size * 0.15),
        (x - size * 0.55, y - size * 0.15),
    ];
    canvas.fill(&Path::polygon(main), Paint::Flat(white));
    canvas.fill(&Path::polygon(jib), Paint::Flat(blend(white, hull, 0.18)));
    let boat = [
        (x - size * 0.7, y - size * 0.1),
        (x + size * 0.8, y - size * 0.1),
        (x + size * 0.55, y + size * 0.1),
        (x - size * 0.5, y + size * 0.1),
    ];
    canvas.fill(&Path::polygon(boat), Paint::Flat(hull));
    canvas
        .fill(&Path::ellipse(x, y + size * 0.16, size * 0.7, size * 0.04), Paint::Veil(hull, 0.35));
}
