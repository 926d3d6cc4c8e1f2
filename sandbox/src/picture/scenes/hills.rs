//! Ridges one behind the other at dusk, with mist between them.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{one_of, ridge};
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, ramp, rgb};
use crate::picture::path::Path;

/// Sky from the top to the horizon, then the nearest ridge.
const MOODS: [([Rgb; 3], Rgb); 6] = [
    ([rgb(0x2B_3A67), rgb(0xE0_7A5F), rgb(0xFF_D9A0)], rgb(0x1D_2238)),
    ([rgb(0x5B_7DB1), rgb(0xC8_D5E3), rgb(0xFB_E8D3)], rgb(0x1F_3B4D)),
    ([rgb(0x3D_2C5E), rgb(0xB5_4F7B), rgb(0xFF_B88A)], rgb(0x23_1942)),
    ([rgb(0x8F_C1C9), rgb(0xDC_EBDD), rgb(0xFF_F3D6)], rgb(0x1E_4D45)),
    ([rgb(0x0F_2E4A), rgb(0x2C_7A8C), rgb(0xBF_E3C0)], rgb(0x0A_1F2E)),
    ([rgb(0xF2_A65A), rgb(0xF7_CE8C), rgb(0xFF_F1CF)], rgb(0x6B_2737)),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (sky, near) = one_of(rng, &MOODS);
    let horizon = h * rng.random_range(0.38..0.52);
    canvas.sky(|t| ramp(&sky, t * h / horizon * 0.8));

    let sun = (w * rng.random_range(0.2..0.8), horizon * rng.random_range(0.45..0.85));
    let radius = rng.random_range(0.07..0.14);
    let light = lighter(sky[2], 0.6);
    let everywhere = Path::rect(0.0, 0.0, w, h);
    canvas.fill(&everywhere, Paint::Glow(sun, h * 0.7, light, 0.75));
    canvas.fill(&Path::circle(sun.0, sun.1, radius), Paint::Flat(light));

    let ridges = rng.random_range(5..8);
    for n in 0..ridges {
        let t = (n as f32 + 0.6) / ridges as f32;
        let top = horizon + (h - horizon) * (t - 0.25) * 0.95;
        let line = ridge(rng, 0.42 + 0.1 * (1.0 - t));
        let tall = 0.07 + 0.05 * t;
        let haze = blend(sky[2], sky[1], 0.4);
        let colour = blend(haze, near, t.powf(0.8));
        let path = Path::below(w, h, |x| top + tall * line(x / w.max(1.0) * 1.4));
        let foot = blend(colour, haze, 0.45 * (1.0 - t));
        canvas.fill(&path, Paint::Shade((0.0, top - tall), colour, (0.0, top + h * 0.28), foot));
    }
    birds(canvas, rng, horizon, darker(near, 0.3));
}

fn birds(canvas: &mut Canvas, rng: &mut ChaCha8Rng, horizon: f32, colour: Rgb) {
    let (x, y) = (canvas.w() * rng.random_range(0.15..0.7), horizon * rng.random_range(0.2..0.6));
    for _ in 0..rng.random_range(0..7) {
        let (x, y) = (x + rng.random_range(0.0..0.2), y + rng.random_range(0.0..0.1));
        let size = rng.random_range(0.012..0.022);
        for side in [-1.0, 1.0] {
            let wing = [
                (x, y),
                (x + side * size * 0.5, y - size * 0.45),
                (x + side * size, y - size * 0.2),
            ];
            canvas.fill(&Path::stroke(&wing, 0.005, 0.001), Paint::Flat(colour));
        }
    }
}
