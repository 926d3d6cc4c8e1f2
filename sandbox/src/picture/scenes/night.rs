//! A clear night: moon, stars, a tree line.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{one_of, ridge};
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, ramp, rgb};
use crate::picture::path::Path;

const MOODS: [[Rgb; 3]; 4] = [
    [rgb(0x0B_132B), rgb(0x1C_2F5C), rgb(0x3A_5C8C)],
    [rgb(0x10_0B2E), rgb(0x3B_2367), rgb(0x8A_4F8F)],
    [rgb(0x04_1C26), rgb(0x0C_4A4E), rgb(0x3F_8F7F)],
    [rgb(0x13_1A3A), rgb(0x2E_3F78), rgb(0xD6_8C7A)],
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let sky = one_of(rng, &MOODS);
    canvas.sky(|t| ramp(&sky, t * 1.1));
    let tilt: f32 = rng.random_range(-0.7..0.7);
    for _ in 0..40 {
        let along: f32 = rng.random_range(-0.1..1.1);
        let off = rng.random_range(-0.08..0.08_f32);
        let at = (w * along, h * 0.32 + (along - 0.5) * tilt * h * 0.5 + off);
        let radius = rng.random_range(0.08..0.2);
        canvas.fill(
            &Path::circle(at.0, at.1, radius),
            Paint::Glow(at, radius, lighter(sky[2], 0.4), 0.16),
        );
    }
    for _ in 0..rng.random_range(350..600) {
        let (x, y) = (w * rng.random_range(0.0..1.0), h * 0.85 * rng.random_range(0.0..1.0_f32));
        let bright = rng.random_range(0.0..1.0_f32).powi(4);
        let colour = blend(rgb(0xFF_F4DC), rgb(0xCF_E4FF), rng.random_range(0.0..1.0));
        let dot = Path::circle(x, y, 0.0009 + 0.0022 * bright);
        canvas.fill(&dot, Paint::Veil(colour, 0.45 + 0.5 * bright));
        if bright > 0.7 {
            canvas.fill(&Path::circle(x, y, 0.02), Paint::Glow((x, y), 0.02, colour, 0.5));
        }
    }
    moon(canvas, rng);
    let line = ridge(rng, 0.5);
    let hill = Path::below(w, h, |x| h * 0.8 + 0.06 * line(x * 1.3));
    canvas.fill(&hill, Paint::Flat(darker(sky[1], 0.45)));
    trees(canvas, rng, darker(sky[0], 0.35));
}

fn moon(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let r = rng.random_range(0.07..0.15);
    let (x, y) =
        (canvas.w() * rng.random_range(0.2..0.8), canvas.h() * rng.random_range(0.14..0.36));
    let light = rgb(0xFF_F3D1);
    let halo = r * 5.0;
    canvas.fill(&Path::circle(x, y, halo), Paint::Glow((x, y), halo, light, 0.5));
    if rng.random_range(0..2) == 0 {
        let tilt = rng.random_range(-0.6..0.6);
        let steps = 60;
        let arc = |n: i32| std::f32::consts::PI * (n as f32 / steps as f32 + 0.5);
        let outer = (0..=steps).map(|n| (r * arc(n).cos(), r * arc(n).sin()));
        let inner = (0..=steps).rev().map(|n| (r * 0.55 * arc(n).cos(), r * arc(n).sin()));
        let crescent = Path::polygon(outer.chain(inner)).turned(tilt).moved(x, y);
        canvas.fill(&crescent, Paint::Flat(light));
    } else {
        canvas.fill(&Path::circle(x, y, r), Paint::Flat(light));
        for _ in 0..7 {
            let (angle, off) =
                (rng.random_range(0.0..std::f32::consts::TAU), r * rng.random_range(0.0..0.65));
            let spot = r * rng.random_range(0.06..0.2);
            let crater = Path::circle(x + off * angle.cos(), y + off * angle.sin(), spot);
            canvas.fill(&crater, Paint::Veil(rgb(0xD9_C9A0), 0.55));
        }
    }
}

fn trees(canvas: &mut Canvas, rng: &mut ChaCha8Rng, colour: Rgb) {
    let (w, h) = (canvas.w(), canvas.h());
    let line = ridge(rng, 0.5);
    let ground = |x: f32| h * 0.9 + 0.04 * line(x);
    canvas.fill(&Path::below(w, h, ground), Paint::Flat(colour));
    let mut x = -0.05;
    while x < w + 0.05 {
        let tall = rng.random_range(0.07..0.24);
        let foot = ground(x) + 0.02;
        for tier in 0..6 {
            let t = tier as f32 / 6.0;
            let half = tall * (0.05 + 0.17 * t);
            let (top, bottom) = (foot - tall * (1.0 - t), foot - tall * (0.72 - t).max(0.0));
            canvas.fill(
                &Path::polygon([(x, top), (x + half, bottom), (x - half, bottom)]),
                Paint::Flat(colour),
            );
        }
        x += tall * rng.random_range(0.12..0.7);
    }
}
