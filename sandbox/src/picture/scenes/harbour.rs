//! A small harbour: a lighthouse on its rock, boats, gulls.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, ramp, rgb};
use crate::picture::path::{Path, Point};

/// Sky, water, stripes of the tower.
const MOODS: [([Rgb; 3], Rgb, Rgb); 4] = [
    ([rgb(0x6F_B1CF), rgb(0xC2_E0E4), rgb(0xFC_F0DA)], rgb(0x2A_6F86), rgb(0xC9_4A3B)),
    ([rgb(0x33_2F5C), rgb(0xB8_6A86), rgb(0xFF_CBA0)], rgb(0x2C_3A66), rgb(0x9C_3A4A)),
    ([rgb(0xE8_B48C), rgb(0xF6_D8B4), rgb(0xFF_F5E2)], rgb(0x4A_8080), rgb(0x2F_5A73)),
    ([rgb(0x18_2B4A), rgb(0x2F_5B7A), rgb(0x8F_BCC0)], rgb(0x16_3A52), rgb(0xD0_5A46)),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (sky, water, stripe) = one_of(rng, &MOODS);
    let shore = h * rng.random_range(0.62..0.7);
    canvas.sky(|t| ramp(&sky, t * h / shore));
    let mirror = rng.random_range(0..2) == 0;
    let tower =
        w * if mirror { rng.random_range(0.22..0.34) } else { rng.random_range(0.66..0.78) };
    let tall = shore * rng.random_range(0.5..0.62);
    let lamp = (tower, shore - 0.07 - tall);
    beam(canvas, lamp, mirror, lighter(sky[2], 0.5));
    let sea = Path::rect(0.0, shore, w, h - shore);
    let far = blend(water, sky[2], 0.45);
    canvas.fill(&sea, Paint::Shade((0.0, shore), far, (0.0, h), darker(water, 0.25)));
    rock(canvas, rng, (tower, shore), darker(blend(water, rgb(0x5A_4A44), 0.6), 0.3));
    lighthouse(canvas, (tower, shore - 0.07), tall, stripe, sky[2]);
    for _ in 0..110 {
        let depth = rng.random_range(0.0..1.0_f32).powf(1.5);
        let at = (w * rng.random_range(0.0..1.0), shore + 0.03 + (h - shore) * depth);
        let crest = Path::ellipse(at.0, at.1, 0.015 + 0.06 * depth, 0.0012 + 0.0025 * depth);
        canvas.fill(&crest, Paint::Veil(lighter(far, 0.35), 0.4));
    }
    for n in 0..rng.random_range(2..4) {
        let depth = 0.22 + 0.27 * n as f32;
        let place = w * (0.12 + 0.2 * ((n * 2) % 3) as f32 + rng.random_range(-0.05..0.05));
        let x = if mirror { w - place } else { place };
        boat(canvas, rng, (x, shore + (h - shore) * depth), 0.06 + 0.07 * depth, water);
    }
    for _ in 0..rng.random_range(2..6) {
        gull(
            canvas,
            (w * rng.random_range(0.1..0.9), shore * rng.random_range(0.12..0.6)),
            rng.random_range(0.018..0.035),
        );
    }
}

fn beam(canvas: &mut Canvas, (x, y): Point, mirror: bool, light: Rgb) {
    let far = if mirror { x + 1.6 } else { x - 1.6 };
    let cone = Path::polygon([(x, y), (far, y - 0.32), (far, y + 0.12)]);
    canvas.fill(&cone, Paint::Glow((x, y), 1.1, light, 0.65));
    canvas.fill(&Path::circle(x, y, 0.2), Paint::Glow((x, y), 0.2, light, 0.8));
}

fn rock(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): Point, colour: Rgb) {
    let mut points = vec![(x - 0.32, y + 0.03)];
    for n in 0..9 {
        let t = n as f32 / 8.0;
        let up = (t * std::f32::consts::PI).sin() * 0.085;
        points.push((x - 0.26 + 0.52 * t, y - up - rng.random_range(0.0..0.02)));
    }
    points.push((x + 0.32, y + 0.03));
    canvas.fill(
        &Path::polygon(points.clone()),
        Paint::Shade((x - 0.3, y - 0.1), lighter(colour, 0.25), (x + 0.2, y + 0.05), colour),
    );
    canvas.fill(&Path::ellipse(x, y + 0.03, 0.34, 0.012), Paint::Veil(rgb(0xFF_FFFF), 0.45));
}

fn lighthouse(canvas: &mut Canvas, (x, foot): Point, tall: f32, stripe: Rgb, sky: Rgb) {
    let half = |t: f32| 0.062 - 0.026 * t;
    let bands = 6;
    for n in 0..bands {
        let (a, b) = (n as f32 / bands as f32, (n + 1) as f32 / bands as f32);
        let (low, high) = (foot - tall * a, foot - tall * b);
        let colour = if n % 2 == 0 { rgb(0xFB_F6EC) } else { stripe };
        let band =
            [(x - half(a), low), (x - half(b), high), (x + half(b), high), (x + half(a), low)];
        let shade = darker(colour, 0.35);
        canvas.fill(
            &Path::polygon(band),
            Paint::Shade((x - 0.03, 0.0), colour, (x + 0.07, 0.001), shade),
        );
    }
    let top = foot - tall;
    canvas.fill(&Path::rect(x - 0.05, top - 0.008, 0.1, 0.012), Paint::Flat(darker(stripe, 0.4)));
    canvas.fill(&Path::rect(x - 0.026, top - 0.055, 0.052, 0.048), Paint::Flat(lighter(sky, 0.6)));
    for bar in [-0.026, -0.002, 0.022] {
        canvas.fill(
            &Path::rect(x + bar, top - 0.055, 0.004, 0.048),
            Paint::Flat(darker(stripe, 0.5)),
        );
    }
    let roof =
        Path::sector(x, top - 0.055, 0.036, 0.034, std::f32::consts::PI, std::f32::consts::TAU);
    canvas.fill(&roof, Paint::Flat(stripe));
    for level in [0.25, 0.6] {
        let window = Path::ellipse(x - 0.006, foot - tall * level, 0.009, 0.016);
        canvas.fill(&window, Paint::Flat(darker(stripe, 0.55)));
    }
}

fn boat(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): Point, size: f32, water: Rgb) {
    let colour = one_of(
        rng,
        &[rgb(0xD9_5D43), rgb(0xF2_C14E), rgb(0xF7_F1E3), rgb(0x3F_7C6B), rgb(0x2E_4A78)],
    );
    canvas.fill(
        &Path::ellipse(x, y + size * 0.28, size * 1.0, size * 0.1),
        Paint::Veil(darker(water, 0.6), 0.5),
    );
    let hull = Path::smooth(&[
        (x - size, y - size * 0.18),
        (x - size * 0.5, y - size * 0.04),
        (x + size * 0.5, y - size * 0.04),
        (x + size * 1.05, y - size * 0.24),
        (x + size * 0.72, y + size * 0.26),
        (x - size * 0.72, y + size * 0.26),
    ]);
    canvas.fill(
        &hull,
        Paint::Shade(
            (0.0, y - size * 0.2),
            lighter(colour, 0.12),
            (0.0, y + size * 0.3),
            darker(colour, 0.35),
        ),
    );
    canvas.fill(
        &Path::rect(x - size * 0.35, y - size * 0.5, size * 0.55, size * 0.48),
        Paint::Flat(rgb(0xFB_F5E8)),
    );
    canvas.fill(
        &Path::rect(x - size * 0.26, y - size * 0.4, size * 0.15, size * 0.16),
        Paint::Flat(darker(water, 0.4)),
    );
    canvas.fill(
        &Path::rect(x - size * 0.02, y - size * 0.4, size * 0.15, size * 0.16),
        Paint::Flat(darker(water, 0.4)),
    );
    canvas.fill(
        &Path::rect(x + size * 0.34, y - size * 1.15, size * 0.035, size * 1.15),
        Paint::Flat(rgb(0x4F_3D31)),
    );
    let flag = [
        (x + size * 0.37, y - size * 1.15),
        (x + size * 0.68, y - size * 1.05),
        (x + size * 0.37, y - size * 0.94),
    ];
    canvas.fill(&Path::polygon(flag), Paint::Flat(colour));
}

fn gull(canvas: &mut Canvas, (x, y): Point, size: f32) {
    for side in [-1.0, 1.0] {
        let wing =
            [(x, y), (x + side * size * 0.45, y - size * 0.42), (x + side * size, y - size * 0.22)];
        canvas.fill(&Path::stroke(&wing, size * 0.16, 0.001), Paint::Flat(rgb(0xFD_FBF6)));
    }
}
