//! Houses in rows at the blue hour, some of their windows lit.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, ramp, rgb};
use crate::picture::path::Path;

/// Sky, walls, light.
const MOODS: [([Rgb; 3], [Rgb; 4], Rgb); 4] = [
    (
        [rgb(0x1E_2A5A), rgb(0x6A_5A8C), rgb(0xF4_A688)],
        [rgb(0x2C_3560), rgb(0x45_3F6B), rgb(0x6B_4A6E), rgb(0x36_4B73)],
        rgb(0xFF_D27A),
    ),
    (
        [rgb(0x9A_C7D9), rgb(0xD5_E6E4), rgb(0xFB_EBD5)],
        [rgb(0xC8_6B4A), rgb(0xD9_A05B), rgb(0x7A_8F85), rgb(0xB8_5042)],
        rgb(0xFD_F4DF),
    ),
    (
        [rgb(0x0E_1B33), rgb(0x1D_3C5A), rgb(0x3F_7A86)],
        [rgb(0x16_2A40), rgb(0x20_3D50), rgb(0x2A_4858), rgb(0x1B_3348)],
        rgb(0xFF_C15E),
    ),
    (
        [rgb(0xE8_8D67), rgb(0xF5_C396), rgb(0xFD_EBC8)],
        [rgb(0x5A_3D5C), rgb(0x7B_4B5E), rgb(0x94_5B5B), rgb(0x48_4468)],
        rgb(0xFF_E9A8),
    ),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (sky, walls, light) = one_of(rng, &MOODS);
    canvas.sky(|t| ramp(&sky, t * 1.5));
    let sun = (w * rng.random_range(0.1..0.9), h * 0.55);
    canvas.fill(&Path::rect(0.0, 0.0, w, h), Paint::Glow(sun, h * 0.6, lighter(sky[2], 0.5), 0.6));
    let rows = 4;
    for row in 0..rows {
        let t = row as f32 / (rows - 1) as f32;
        let mut x = rng.random_range(-0.12..0.0);
        while x < w {
            let width = rng.random_range(0.1..0.19) * (0.6 + 0.6 * t);
            let roof = h * (0.34 + 0.3 * t) + rng.random_range(-0.13..0.1);
            let wall = blend(one_of(rng, &walls), sky[2], 0.6 * (1.0 - t));
            house(canvas, rng, [x, roof, width, h - roof], wall, light);
            x += width + if rng.random_range(0..4) == 0 { 0.012 } else { 0.0 };
        }
    }
}

fn house(canvas: &mut Canvas, rng: &mut ChaCha8Rng, area: [f32; 4], wall: Rgb, light: Rgb) {
    let [x, y, width, height] = area;
    let foot = darker(wall, 0.2);
    canvas
        .fill(&Path::rect(x, y, width, height), Paint::Shade((0.0, y), wall, (0.0, y + 0.5), foot));
    canvas.fill(
        &Path::rect(x + width * 0.93, y, width * 0.07, height),
        Paint::Veil(darker(wall, 0.6), 0.35),
    );
    match rng.random_range(0..4) {
        0 => {
            let peak = y - width * rng.random_range(0.3..0.6);
            let roof = [(x - 0.006, y), (x + width / 2.0, peak), (x + width + 0.006, y)];
            canvas.fill(&Path::polygon(roof), Paint::Flat(darker(wall, 0.35)));
        }
        1 => {
            let mast = x + width * rng.random_range(0.2..0.8);
            canvas.fill(&Path::rect(mast, y - 0.07, 0.004, 0.07), Paint::Flat(darker(wall, 0.4)));
        }
        2 => {
            let tank = Path::rect(x + width * 0.3, y - 0.035, width * 0.3, 0.035);
            canvas.fill(&tank, Paint::Flat(darker(wall, 0.25)));
        }
        _ => {}
    }
    let across = rng.random_range(2..5);
    let cell = width / (across as f32 + 0.4);
    let tall = cell * rng.random_range(0.9..1.5);
    let mut top = y + cell * 0.35;
    while top < y + height.min(0.75) {
        for n in 0..across {
            let lit = rng.random_range(0..5) < 2;
            let colour = if lit {
                blend(light, rgb(0xFF_9E57), rng.random_range(0.0..0.35))
            } else {
                darker(wall, 0.38)
            };
            let left = x + cell * (0.38 + n as f32);
            canvas.fill(&Path::rect(left, top, cell * 0.55, tall * 0.6), Paint::Flat(colour));
        }
        top += tall;
    }
}
