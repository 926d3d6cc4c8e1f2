//! A bowl of fruit on a table, in flat light.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, darker, lighter, rgb};
use crate::picture::path::Path;

/// Wall, table, bowl.
const ROOMS: [[Rgb; 3]; 5] = [
    [rgb(0xE9_D8C0), rgb(0xB8_6B4B), rgb(0x2F_5D73)],
    [rgb(0x2E_4A52), rgb(0xD9_A566), rgb(0xF2_E8D8)],
    [rgb(0xF2_C9B8), rgb(0x6B_8F8A), rgb(0xFB_F4E6)],
    [rgb(0xC9_D6C3), rgb(0x8A_5A44), rgb(0xD9_7B4F)],
    [rgb(0x4B_3B5E), rgb(0xC9_7B63), rgb(0xEA_C99B)],
];
const SKINS: [Rgb; 6] = [
    rgb(0xE8_6A3C),
    rgb(0xF2_B33D),
    rgb(0xC8_3E3E),
    rgb(0x9D_B04A),
    rgb(0x7A_4470),
    rgb(0xF0_D264),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let [wall, table, bowl] = one_of(rng, &ROOMS);
    let edge = h * rng.random_range(0.6..0.7);
    canvas.sky(|_| wall);
    let window = (w * rng.random_range(-0.1..0.3), h * 0.1);
    canvas.fill(&Path::rect(0.0, 0.0, w, h), Paint::Glow(window, h * 1.1, lighter(wall, 0.7), 0.7));
    shaft(canvas, rng, edge, lighter(wall, 0.5));
    let cloth = Path::rect(0.0, edge, w, h - edge);
    canvas.fill(
        &cloth,
        Paint::Shade((0.0, edge), lighter(table, 0.12), (0.0, h), darker(table, 0.2)),
    );

    let (x, r) = (w * rng.random_range(0.42..0.58), rng.random_range(0.27..0.34));
    let rim = edge - rng.random_range(0.02..0.09);
    canvas.fill(
        &Path::ellipse(x + 0.12, rim + r * 0.78, r * 1.1, r * 0.13),
        Paint::Veil(darker(table, 0.8), 0.35),
    );
    let inside = Path::ellipse(x, rim, r, r * 0.13);
    canvas.fill(&inside, Paint::Flat(darker(bowl, 0.35)));
    for row in 0..3 {
        let count = 4 - row;
        for n in 0..count {
            let gap = r * 1.5 / 4.0;
            let fx =
                x + gap * (n as f32 - (count - 1) as f32 / 2.0) + rng.random_range(-0.012..0.012);
            let fy = rim - r * 0.1 - row as f32 * r * 0.34 + rng.random_range(-0.012..0.012);
            let size = r * rng.random_range(0.23..0.29);
            fruit(canvas, rng, (fx, fy), size);
        }
    }
    let front = Path::sector(x, rim, r, r * 0.8, 0.0, std::f32::consts::PI);
    canvas.fill(
        &front,
        Paint::Shade((x - r, rim), lighter(bowl, 0.18), (x + r, rim + r * 0.5), darker(bowl, 0.35)),
    );
    let lip = Path::ellipse(x, rim, r, r * 0.13).with(Path::ellipse(
        x,
        rim - 0.006,
        r * 0.965,
        r * 0.125,
    ));
    canvas.fill(&lip, Paint::Veil(lighter(bowl, 0.4), 0.9));
    let (fx, size) = (if x > w / 2.0 { x - r * 1.2 } else { x + r * 1.25 }, r * 0.27);
    canvas.fill(
        &Path::ellipse(fx + 0.03, rim + r * 0.86, size * 1.1, size * 0.25),
        Paint::Veil(darker(table, 0.8), 0.35),
    );
    fruit(canvas, rng, (fx, rim + r * 0.86 - size * 0.8), size);
}

fn shaft(canvas: &mut Canvas, rng: &mut ChaCha8Rng, edge: f32, light: Rgb) {
    let x = canvas.w() * rng.random_range(0.1..0.5);
    for pane in 0..2 {
        let left = x + pane as f32 * 0.2;
        let area = [
            (left, edge * 0.12),
            (left + 0.17, edge * 0.2),
            (left + 0.1, edge * 0.75),
            (left - 0.07, edge * 0.67),
        ];
        canvas.fill(&Path::polygon(area), Paint::Veil(light, 0.4));
    }
}

fn fruit(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): (f32, f32), r: f32) {
    let skin = one_of(rng, &SKINS);
    let tall = rng.random_range(0.94..1.1);
    let body = Path::ellipse(x, y, r, r * tall);
    canvas.fill(
        &body,
        Paint::Shade((x - r, y - r), lighter(skin, 0.18), (x + r, y + r), darker(skin, 0.42)),
    );
    let shine = (x - r * 0.4, y - r * 0.45);
    canvas.fill(&body, Paint::Glow(shine, r * 0.8, lighter(skin, 0.8), 0.65));
    let stem = [(x, y - r * tall * 0.86), (x + r * 0.1, y - r * tall * 1.18)];
    canvas.fill(&Path::stroke(&stem, r * 0.1, r * 0.07), Paint::Flat(rgb(0x4A_3628)));
    if rng.random_range(0..2) == 0 {
        let leaf = Path::leaf(x + r * 0.06, y - r * tall * 1.05, r * 0.6, r * 0.28, -0.35, 0.1);
        canvas.fill(&leaf, Paint::Flat(rgb(0x5E_8C4A)));
    }
}
