//! Dunes with a lit and a shaded flank under a large sky.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{one_of, ridge};
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, lighter, ramp, rgb};
use crate::picture::path::Path;

/// Sky, lit sand, shaded sand.
const MOODS: [([Rgb; 3], Rgb, Rgb); 4] = [
    ([rgb(0x3F_88A8), rgb(0x9B_CCD3), rgb(0xFA_E7C9)], rgb(0xF0_B878), rgb(0x8C_4B36)),
    ([rgb(0x46_3A6B), rgb(0xC9_6480), rgb(0xFF_C9A0)], rgb(0xE8_8F6A), rgb(0x4A_2A4F)),
    ([rgb(0xE9_C39B), rgb(0xF5_DDBD), rgb(0xFF_F5E1)], rgb(0xD9_A066), rgb(0x7A_4E3A)),
    ([rgb(0x12_2B45), rgb(0x3A_6B8C), rgb(0xE7_C8A8)], rgb(0xA9_8C86), rgb(0x2B_3048)),
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let (sky, lit, shaded) = one_of(rng, &MOODS);
    let horizon = h * rng.random_range(0.34..0.5);
    canvas.sky(|t| ramp(&sky, t * h / horizon));
    let (x, r) = (w * rng.random_range(0.2..0.8), rng.random_range(0.06..0.12));
    let y = horizon * rng.random_range(0.3..0.7);
    canvas.fill(&Path::rect(0.0, 0.0, w, h), Paint::Glow((x, y), 0.9, lighter(sky[2], 0.7), 0.7));
    canvas.fill(&Path::circle(x, y, r), Paint::Flat(lighter(sky[2], 0.75)));
    let count = 5;
    for n in 0..count {
        let t = n as f32 / count as f32;
        let top = horizon + (h - horizon) * t * 0.92;
        dune(
            canvas,
            rng,
            top,
            t,
            [blend(lit, sky[2], 0.5 * (1.0 - t)), blend(shaded, sky[2], 0.45 * (1.0 - t))],
        );
    }
}

fn dune(canvas: &mut Canvas, rng: &mut ChaCha8Rng, top: f32, t: f32, [lit, shaded]: [Rgb; 2]) {
    let (w, h) = (canvas.w(), canvas.h());
    let line = ridge(rng, 0.26);
    let tall = 0.06 + 0.07 * t;
    let crest = move |x: f32| top + tall * line(x / w * 1.5);
    let deep = blend(lit, shaded, 0.45);
    canvas.fill(
        &Path::below(w, h, &crest),
        Paint::Shade((0.0, top - tall), lit, (0.0, top + h * 0.4), deep),
    );

    // From a peak a second edge winds down to the front; the flank on one side of it lies in shade.
    let peak = w * rng.random_range(0.15..0.85);
    let (sway, lean) = (rng.random_range(0.04..0.12), rng.random_range(-0.25..0.25));
    let side = if peak < w / 2.0 { w * 1.02 } else { w * -0.02 };
    let steps = 60;
    let share = |n: i32| n as f32 / steps as f32;
    let start = crest(peak);
    let winding = (0..=steps).map(|n| {
        let s = share(n);
        let bend = (s * 6.5).sin() * sway * (0.4 + s);
        (peak + bend + lean * s, start + (h - start) * s)
    });
    let floor = [(side, h)];
    let rim = (0..=steps).rev().map(|n| {
        let x = peak + (side - peak) * share(n);
        (x, crest(x))
    });
    let flank = Path::polygon(winding.chain(floor).chain(rim));
    let foot = blend(shaded, deep, 0.7);
    canvas.fill(&flank, Paint::Shade((0.0, top - tall), shaded, (0.0, top + 0.25 + 0.3 * t), foot));
    for n in 0..(4.0 + 10.0 * t) as i32 {
        let down = 0.03 + 0.024 * n as f32 * (0.5 + t);
        let ripple: Vec<_> = (0..50)
            .map(|n| {
                let x = w * n as f32 / 49.0;
                (x, crest(x) + down + 0.006 * (x * 31.0 + down * 90.0).sin())
            })
            .collect();
        canvas.fill(&Path::stroke(&ripple, 0.0025, 0.0025), Paint::Veil(lighter(lit, 0.3), 0.22));
    }
}
