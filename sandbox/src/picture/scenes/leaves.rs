//! Leaves over leaves, as on botanical wallpaper.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, rgb};
use crate::picture::path::Path;

/// Ground, then leaves, then blossoms.
const PALETTES: [(Rgb, [Rgb; 4], Rgb); 5] = [
    (
        rgb(0x12_3B34),
        [rgb(0x2D_6A4F), rgb(0x52_9A6F), rgb(0x1F_5245), rgb(0x8C_BF88)],
        rgb(0xF4_A89A),
    ),
    (
        rgb(0xF6_EDDD),
        [rgb(0x5B_7F5A), rgb(0x8F_A878), rgb(0x3F_6150), rgb(0xC2_B678)],
        rgb(0xD9_6C4A),
    ),
    (
        rgb(0x1D_2A44),
        [rgb(0x3E_6C7E), rgb(0x6C_A0A3), rgb(0x2A_4C63), rgb(0xB5_CDB0)],
        rgb(0xF6_C667),
    ),
    (
        rgb(0xF9_E3D3),
        [rgb(0xB3_5C44), rgb(0xD9_8E5F), rgb(0x8C_4A3C), rgb(0xE8_B77D)],
        rgb(0x5C_7C6B),
    ),
    (
        rgb(0xDD_E8DF),
        [rgb(0x33_6B62), rgb(0x6A_9C89), rgb(0x24_4F4C), rgb(0xA9_C3A5)],
        rgb(0xE8_85A0),
    ),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (ground, greens, blossom) = one_of(rng, &PALETTES);
    canvas.sky(|t| blend(lighter(ground, 0.06), darker(ground, 0.1), t));
    let middle = (w * rng.random_range(0.3..0.7), h * rng.random_range(0.3..0.7));
    canvas
        .fill(&Path::rect(0.0, 0.0, w, h), Paint::Glow(middle, h * 0.7, lighter(ground, 0.4), 0.5));
    let branches = 15;
    for n in 0..branches {
        let depth = n as f32 / branches as f32;
        let (x, y) = (w * rng.random_range(-0.1..1.1), h * rng.random_range(0.0..1.15));
        let green = blend(one_of(rng, &greens), ground, 0.55 * (1.0 - depth));
        branch(canvas, rng, (x, y), green);
    }
    for _ in 0..rng.random_range(4..10) {
        let (x, y) = (w * rng.random_range(0.05..0.95), h * rng.random_range(0.05..0.95));
        flower(canvas, rng, (x, y), blossom);
    }
}

fn branch(canvas: &mut Canvas, rng: &mut ChaCha8Rng, foot: (f32, f32), green: Rgb) {
    let mut angle: f32 = rng.random_range(-2.6..-0.5);
    let bend = rng.random_range(-0.07..0.07);
    let step = rng.random_range(0.035..0.055);
    let pairs = rng.random_range(7..13);
    let long = rng.random_range(0.13..0.24);
    let broad = long * rng.random_range(0.28..0.48);
    let mut line = vec![foot];
    let mut at = foot;
    for n in 0..pairs {
        at = (at.0 + step * angle.cos(), at.1 + step * angle.sin());
        line.push(at);
        let size = 1.0 - 0.65 * n as f32 / pairs as f32;
        for side in [-1.0_f32, 1.0] {
            let open = angle + side * 0.95;
            let tone = if side > 0.0 { darker(green, 0.12) } else { lighter(green, 0.07) };
            let leaf = Path::leaf(at.0, at.1, long * size, broad * size, open, -side * 0.12);
            let tip = (at.0 + long * size * open.cos(), at.1 + long * size * open.sin());
            canvas.fill(&leaf, Paint::Shade(at, darker(tone, 0.18), tip, lighter(tone, 0.08)));
            let rib = [at, (at.0 + (tip.0 - at.0) * 0.85, at.1 + (tip.1 - at.1) * 0.85)];
            canvas.fill(&Path::stroke(&rib, 0.003, 0.001), Paint::Veil(lighter(tone, 0.35), 0.7));
        }
        angle += bend;
    }
    canvas.fill(&Path::stroke(&line, 0.007, 0.003), Paint::Flat(darker(green, 0.25)));
}

fn flower(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): (f32, f32), colour: Rgb) {
    let r = rng.random_range(0.03..0.06);
    let petals = rng.random_range(5..8);
    for n in 0..petals {
        let angle = n as f32 / petals as f32 * std::f32::consts::TAU + r * 40.0;
        let petal = Path::leaf(x, y, r, r * 0.75, angle, 0.0);
        let tip = (x + r * angle.cos(), y + r * angle.sin());
        canvas.fill(&petal, Paint::Shade((x, y), darker(colour, 0.15), tip, lighter(colour, 0.3)));
    }
    canvas.fill(&Path::circle(x, y, r * 0.2), Paint::Flat(rgb(0xFF_E3A0)));
}
