//! Hot-air balloons among clouds over low hills.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{one_of, ridge};
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, ramp, rgb};
use crate::picture::path::Path;

const SKIES: [[Rgb; 3]; 4] = [
    [rgb(0x5A_A9D6), rgb(0xB8_DFEA), rgb(0xFD_F3DC)],
    [rgb(0x6C_6FA8), rgb(0xE8_A9A0), rgb(0xFF_E6C4)],
    [rgb(0x2F_7F8F), rgb(0x9F_D3C7), rgb(0xF7_F1D5)],
    [rgb(0xF0_A67D), rgb(0xF8_CFA8), rgb(0xFF_F3DF)],
];
const SILKS: [[Rgb; 2]; 6] = [
    [rgb(0xD9_4F3D), rgb(0xFA_E3B4)],
    [rgb(0x2F_5C8A), rgb(0xF4_C95D)],
    [rgb(0x3E_8E7E), rgb(0xFD_F1DA)],
    [rgb(0xE8_9B3C), rgb(0x8C_3B4A)],
    [rgb(0x6B_4E8E), rgb(0xF2_B5A7)],
    [rgb(0xF3_F0E6), rgb(0xC8_4B4B)],
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let sky = one_of(rng, &SKIES);
    canvas.sky(|t| ramp(&sky, t * 1.15));
    for n in 0..9 {
        let at = (w * rng.random_range(-0.05..1.05), h * (0.1 + 0.085 * n as f32));
        cloud(canvas, rng, at, lighter(sky[1], 0.65));
    }
    for n in 0..3 {
        let t = n as f32 / 2.0;
        let line = ridge(rng, 0.35);
        let top = h * (0.84 + 0.06 * t);
        let colour = blend(blend(sky[1], rgb(0x5B_8F6B), 0.45), darker(rgb(0x3F_6F5B), 0.15), t);
        canvas.fill(&Path::below(w, h, |x| top + 0.035 * line(x * 1.2)), Paint::Flat(colour));
    }
    let count = rng.random_range(3..7);
    for n in 0..count {
        let t = n as f32 / (count - 1) as f32;
        let r = 0.035 + 0.14 * t * t + rng.random_range(0.0..0.02);
        let spread = if n + 1 == count { 0.3..0.7 } else { 0.08..0.92 };
        let at = (w * rng.random_range(spread), h * rng.random_range(0.16..0.55));
        let silk = one_of(rng, &SILKS).map(|silk| blend(sky[1], silk, 0.5 + 0.5 * t));
        balloon(canvas, rng, at, r, silk);
    }
}

fn cloud(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): (f32, f32), colour: Rgb) {
    let size = rng.random_range(0.05..0.12);
    for _ in 0..7 {
        let (dx, r) = (size * rng.random_range(-1.8..1.8), size * rng.random_range(0.35..0.75));
        let at = (x + dx, y - r * 0.4);
        canvas.fill(&Path::circle(at.0, at.1, r * 1.6), Paint::Glow(at, r * 1.6, colour, 0.75));
    }
    canvas.fill(&Path::ellipse(x, y, size * 2.1, size * 0.22), Paint::Veil(colour, 0.35));
}

fn balloon(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): (f32, f32), r: f32, silk: [Rgb; 2]) {
    let mouth = y + r * 1.45;
    // Half a circle on top, then a curve that narrows to the mouth.
    let half = |t: f32| {
        let down = t * (mouth - y + r) / r;
        if down < 1.0 {
            r * (1.0 - (1.0 - down).powi(2)).sqrt()
        } else {
            let low = (down - 1.0) / 1.45;
            r * (0.14 + 0.86 * (1.0 - low.powf(1.7)).max(0.0))
        }
    };
    let gores = rng.random_range(4..7) * 2 + 1;
    let edge = |share: f32| {
        (0..=40).map(move |n| {
            let t = n as f32 / 40.0;
            (x + half(t) * share, y - r + t * (mouth - y + r))
        })
    };
    for gore in 0..gores {
        let side = |n: i32| ((n as f32 / gores as f32 - 0.5) * std::f32::consts::PI).sin();
        let (left, right) = (side(gore), side(gore + 1));
        let path = Path::polygon(edge(left).chain(edge(right).rev()));
        let middle = f32::midpoint(left, right);
        let colour = darker(silk[gore as usize % 2], (0.1 + 0.3 * middle).max(0.0));
        canvas.fill(&path, Paint::Flat(colour));
    }
    let whole = Path::polygon(edge(-1.0).chain(edge(1.0).rev()));
    canvas.fill(&whole, Paint::Glow((x - r * 0.4, y - r * 0.35), r * 0.9, rgb(0xFF_FFFF), 0.45));
    let basket = (x - r * 0.13, mouth + r * 0.28);
    for dx in [0.0, r * 0.26] {
        let rope = [(basket.0 + dx, basket.1), (x + (dx - r * 0.13) * 1.6, mouth)];
        canvas.fill(&Path::stroke(&rope, r * 0.018, r * 0.018), Paint::Flat(rgb(0x5A_4636)));
    }
    canvas.fill(&Path::rect(basket.0, basket.1, r * 0.26, r * 0.18), Paint::Flat(rgb(0x7A_5638)));
}
