//! Plain shapes on a grid, in the colours of posters of the nineteen-twenties.

use std::f32::consts::{FRAC_PI_2, PI};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, rgb};
use crate::picture::path::Path;

/// Paper first, then inks.
const PALETTES: [[Rgb; 6]; 5] = [
    [
        rgb(0xF3_E9D7),
        rgb(0xD6_4933),
        rgb(0x2B_4C7E),
        rgb(0xF2_B134),
        rgb(0x1F_2430),
        rgb(0x8F_B8A8),
    ],
    [
        rgb(0xEF_E6DD),
        rgb(0x23_3D4D),
        rgb(0xFE_7F2D),
        rgb(0xFC_CA46),
        rgb(0xA1_C181),
        rgb(0x61_9B8A),
    ],
    [
        rgb(0xFA_F3E8),
        rgb(0x6D_597A),
        rgb(0xE5_6B6F),
        rgb(0xEA_AC8B),
        rgb(0x35_5070),
        rgb(0xB5_6576),
    ],
    [
        rgb(0xF5_EFE0),
        rgb(0x00_5F73),
        rgb(0x94_D2BD),
        rgb(0xEE_9B00),
        rgb(0xAE_2012),
        rgb(0x0A_2A33),
    ],
    [
        rgb(0xF7_EDE2),
        rgb(0x3D_405B),
        rgb(0xE0_7A5F),
        rgb(0x81_B29A),
        rgb(0xF2_CC8F),
        rgb(0x5F_5B7B),
    ],
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let palette = one_of(rng, &PALETTES);
    canvas.sky(|_| palette[0]);
    let across = rng.random_range(3..6);
    let cell = w / across as f32;
    let down = (h / cell).ceil() as i32;
    let shift = (h - down as f32 * cell) / 2.0;
    for row in 0..down {
        for column in 0..across {
            let corner = (column as f32 * cell, shift + row as f32 * cell);
            let first = rng.random_range(0..6);
            let second = (first + rng.random_range(1..6)) % 6;
            let third = (second + rng.random_range(1..6)) % 6;
            let inks = [palette[first], palette[second], palette[third]];
            tile(canvas, rng, corner, cell, inks);
        }
    }
}

fn tile(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): (f32, f32), s: f32, inks: [Rgb; 3]) {
    let [ground, ink, accent] = inks.map(Paint::Flat);
    canvas.fill(&Path::rect(x, y, s, s), ground);
    let (cx, cy) = (x + s / 2.0, y + s / 2.0);
    let turn = rng.random_range(0..4);
    let angle = turn as f32 * FRAC_PI_2;
    let corner = [(x, y), (x + s, y), (x + s, y + s), (x, y + s)][turn];
    match rng.random_range(0..9) {
        0 => {
            canvas.fill(&Path::slice(corner.0, corner.1, s, angle, angle + FRAC_PI_2), ink);
            canvas
                .fill(&Path::slice(corner.0, corner.1, s * 0.5, angle, angle + FRAC_PI_2), accent);
        }
        1 => {
            canvas.fill(&Path::circle(cx, cy, s * 0.38), ink);
            canvas.fill(&Path::circle(cx, cy, s * 0.17), accent);
        }
        2 => {
            let path = Path::sector(cx, cy, s / 2.0, s / 2.0, angle, angle + PI);
            canvas.fill(&path, ink);
        }
        3 => {
            for n in 0..4 {
                let offset = s * (n as f32 * 2.0) / 8.0;
                let bar = if turn % 2 == 0 {
                    Path::rect(x + offset, y, s / 8.0, s)
                } else {
                    Path::rect(x, y + offset, s, s / 8.0)
                };
                canvas.fill(&bar, ink);
            }
        }
        4 => {
            let points = [(-0.5, 0.5), (0.5, 0.5), (-0.5, -0.5)].map(|(a, b)| (a * s, b * s));
            canvas.fill(&Path::polygon(points).turned(angle).moved(cx, cy), ink);
        }
        5 => {
            for n in (0..4).rev() {
                let r = s * 0.5 * (n + 1) as f32 / 4.0;
                canvas.fill(&Path::circle(cx, cy, r), if n % 2 == 0 { accent } else { ink });
            }
        }
        6 => {
            for step in 0..9 {
                let (a, b) = ((step % 3) as f32, (step / 3) as f32);
                let dot = Path::circle(x + s * (a + 0.5) / 3.0, y + s * (b + 0.5) / 3.0, s * 0.09);
                canvas.fill(&dot, ink);
            }
        }
        7 => {
            let leaf = Path::sector(x, y, s, s, 0.0, FRAC_PI_2);
            canvas.fill(&leaf, ink);
            canvas.fill(&Path::sector(x + s, y + s, s, s, PI, PI + FRAC_PI_2), ink);
            canvas.fill(&Path::circle(cx, cy, s * 0.1), accent);
        }
        _ => {
            canvas.fill(&Path::rect(x + s * 0.2, y + s * 0.2, s * 0.6, s * 0.6), ink);
            canvas.fill(&Path::slice(cx, cy, s * 0.3, angle, angle + PI), accent);
        }
    }
}
