//! Mountains and their reflection in a still lake.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{one_of, ridge};
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, ramp, rgb};
use crate::picture::path::Path;

/// Sky, rock, snow.
const MOODS: [([Rgb; 3], Rgb, Rgb); 4] = [
    ([rgb(0x4F_8FC0), rgb(0xA9_D3E5), rgb(0xF5_F0E1)], rgb(0x3E_5C76), rgb(0xFB_FCFF)),
    ([rgb(0x3B_3561), rgb(0xD1_7B88), rgb(0xFD_D9B5)], rgb(0x4A_3B66), rgb(0xFF_DCCB)),
    ([rgb(0x1B_4353), rgb(0x5C_9A94), rgb(0xE3_EBC8)], rgb(0x1F_4A50), rgb(0xE6_F2E4)),
    ([rgb(0xE3_9B6F), rgb(0xF6_CFA0), rgb(0xFF_F2DA)], rgb(0x74_4B57), rgb(0xFF_F0DE)),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (sky, rock, snow) = one_of(rng, &MOODS);
    let shore = h * rng.random_range(0.52..0.62);
    canvas.sky(|t| {
        let y = t * h;
        let t = if y < shore { y / shore } else { (2.0 * shore - y) / shore };
        let colour = ramp(&sky, t);
        if y < shore { colour } else { darker(colour, 0.16) }
    });
    let sun = (w * rng.random_range(0.15..0.85), shore * 0.45);
    canvas.fill(&Path::rect(0.0, 0.0, w, shore), Paint::Glow(sun, 0.6, lighter(sky[2], 0.8), 0.75));
    for n in 0..3 {
        let t = n as f32 / 2.0;
        let colour = blend(blend(rock, sky[2], 0.62), rock, t);
        let tall = shore * (0.62 - 0.2 * t);
        let peaks = peaks(rng, w, tall);
        for side in [1.0, -0.82] {
            range(canvas, &peaks, shore, side, colour, blend(snow, sky[2], 0.35 * (1.0 - t)));
        }
    }
    forest(canvas, rng, shore, darker(rock, 0.45));
    for _ in 0..50 {
        let depth: f32 = rng.random_range(0.0..1.0);
        let y = shore + 0.01 + (h - shore) * depth;
        let (x, half) =
            (w * rng.random_range(0.0..1.0), rng.random_range(0.04..0.24) * (0.4 + depth));
        let path = Path::ellipse(x, y, half, 0.0012 + 0.0022 * depth);
        canvas.fill(&path, Paint::Veil(lighter(sky[2], 0.3), 0.3));
    }
}

/// Summits from left to right: place, height, and how far its foot reaches.
fn peaks(rng: &mut ChaCha8Rng, w: f32, tall: f32) -> Vec<[f32; 3]> {
    (0..rng.random_range(3..6))
        .map(|_| {
            let height = tall * rng.random_range(0.45..1.0);
            [w * rng.random_range(-0.05..1.05), height, height * rng.random_range(0.75..1.2)]
        })
        .collect()
}

fn range(canvas: &mut Canvas, peaks: &[[f32; 3]], shore: f32, side: f32, rock: Rgb, snow: Rgb) {
    let up = |height: f32| shore - height * side;
    let (rock, snow) =
        if side > 0.0 { (rock, snow) } else { (darker(rock, 0.14), darker(snow, 0.18)) };
    for &[x, tall, reach] in peaks {
        let light = [
            (x, up(tall)),
            (x - reach, shore),
            (x + reach * 0.2, shore),
            (x + reach * 0.04, up(tall * 0.5)),
        ];
        let shade = [
            (x, up(tall)),
            (x + reach * 0.04, up(tall * 0.5)),
            (x + reach * 0.2, shore),
            (x + reach, shore),
        ];
        canvas.fill(&Path::polygon(light), Paint::Flat(lighter(rock, 0.12)));
        canvas.fill(&Path::polygon(shade), Paint::Flat(darker(rock, 0.12)));
        let cap = |t: f32, dx: f32| (x + reach * t * dx, up(tall * (1.0 - t)));
        let left =
            [cap(0.0, 0.0), cap(0.34, -1.0), cap(0.25, -0.55), cap(0.36, -0.25), cap(0.24, 0.08)];
        let right =
            [cap(0.0, 0.0), cap(0.24, 0.08), cap(0.33, 0.4), cap(0.22, 0.62), cap(0.3, 1.0)];
        canvas.fill(&Path::polygon(left), Paint::Flat(snow));
        canvas.fill(&Path::polygon(right), Paint::Flat(blend(snow, rock, 0.28)));
    }
}

fn forest(canvas: &mut Canvas, rng: &mut ChaCha8Rng, shore: f32, colour: Rgb) {
    let w = canvas.w();
    let line = ridge(rng, 0.6);
    let mut x = -0.02;
    while x < w + 0.02 {
        let tall = (0.035 + 0.022 * line(x * 2.0)) * rng.random_range(0.7..1.25);
        let half = tall * 0.24;
        for side in [1.0, -0.8] {
            let tree = [(x, shore - tall * side), (x + half, shore), (x - half, shore)];
            let opacity = if side > 0.0 { 1.0 } else { 0.7 };
            canvas.fill(&Path::polygon(tree), Paint::Veil(colour, opacity));
        }
        x += half * rng.random_range(0.5..1.3);
    }
}
