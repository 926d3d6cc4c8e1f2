//! Flowers in a vase before a plain wall.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::one_of;
use crate::picture::canvas::{Canvas, Paint};
use crate::picture::colour::{Rgb, blend, darker, lighter, rgb};
use crate::picture::path::{Path, Point};

/// Wall, table, vase, two kinds of blossom.
const ROOMS: [[Rgb; 5]; 5] = [
    [rgb(0xF4_DFC8), rgb(0xC9_8B5E), rgb(0x3F_6C7A), rgb(0xE0_5A4E), rgb(0xF6_B04A)],
    [rgb(0xB9_CEC6), rgb(0x6F_5A4B), rgb(0xF7_F0E2), rgb(0xF0_8CA0), rgb(0xFC_E3C4)],
    [rgb(0x2B_3A55), rgb(0x8A_5C4C), rgb(0xE6_B566), rgb(0xF7_EFE0), rgb(0xE8_7A5C)],
    [rgb(0xF6_C8A9), rgb(0x7D_4F50), rgb(0xFB_F3E4), rgb(0x7A_4A8C), rgb(0xC8_5A7C)],
    [rgb(0xDD_E2E6), rgb(0xB8_A58A), rgb(0x54_7C65), rgb(0xF2_C641), rgb(0xF0_8A3C)],
];

pub(super) fn paint(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let (w, h) = (canvas.w(), canvas.h());
    let [wall, table, vase, one, two] = one_of(rng, &ROOMS);
    let edge = h * rng.random_range(0.76..0.84);
    canvas.sky(|_| wall);
    let light = (w * rng.random_range(0.0..0.4), h * 0.2);
    canvas.fill(&Path::rect(0.0, 0.0, w, h), Paint::Glow(light, h * 0.9, lighter(wall, 0.6), 0.8));
    let top = Path::rect(0.0, edge, w, h - edge);
    canvas.fill(&top, Paint::Shade((0.0, edge), lighter(table, 0.1), (0.0, h), darker(table, 0.2)));

    let (x, foot) = (w * rng.random_range(0.44..0.56), edge + (h - edge) * 0.3);
    let tall = h * rng.random_range(0.24..0.3);
    let neck = foot - tall;
    let stems: Vec<(Point, f32)> = (0..rng.random_range(6..11))
        .map(|n| {
            let lean = (n as f32 * 2.399).sin() * rng.random_range(0.12..0.34_f32);
            let rise = (neck - h * 0.07) * rng.random_range(0.45..0.92);
            ((x + lean, neck - rise), lean)
        })
        .collect();
    for (head, lean) in &stems {
        let line: Vec<Point> = (0..=20)
            .map(|n| {
                let t = n as f32 / 20.0;
                (x + lean * t * t + lean * 0.1, neck + 0.08 + (head.1 - neck - 0.08) * t)
            })
            .collect();
        canvas.fill(
            &Path::stroke(&line, 0.013, 0.008),
            Paint::Flat(blend(rgb(0x55_8255), wall, 0.1)),
        );
        let side = if *lean < 0.0 { -1.0 } else { 1.0 };
        let blade = line[6];
        let leaf = Path::leaf(blade.0, blade.1, 0.2, 0.045, -1.57 + side * 0.65, side * 0.25);
        canvas.fill(&leaf, Paint::Flat(blend(rgb(0x3F_6E4C), wall, 0.12)));
    }
    for (head, lean) in stems {
        let petal = blend(
            one,
            two,
            if rng.random_range(0..3) == 0 { 1.0 } else { rng.random_range(0.0..0.25) },
        );
        let size = rng.random_range(0.05..0.068);
        tulip(canvas, (head.0 + lean * 0.1, head.1), size, lean * 1.2, petal);
    }
    pot(canvas, (x, foot), tall, vase, table);
}

fn tulip(canvas: &mut Canvas, (x, y): Point, size: f32, lean: f32, colour: Rgb) {
    let cup = |points: &[Point]| {
        let scaled: Vec<Point> = points.iter().map(|(a, b)| (a * size, b * size)).collect();
        Path::smooth(&scaled).turned(lean).moved(x, y)
    };
    let back =
        cup(&[(0.0, 0.8), (-0.62, 0.2), (-0.35, -1.15), (0.0, -0.8), (0.35, -1.15), (0.62, 0.2)]);
    canvas.fill(&back, Paint::Flat(darker(colour, 0.22)));
    for (side, tone) in [(-1.0, lighter(colour, 0.05)), (1.0, darker(colour, 0.1))] {
        let petal = cup(&[
            (0.0, 0.95),
            (side * 0.72, 0.4),
            (side * 0.74, -0.5),
            (side * 0.5, -1.2),
            (side * 0.14, -0.2),
        ]);
        canvas.fill(&petal, Paint::Flat(tone));
    }
    let front = cup(&[
        (0.0, 0.98),
        (-0.46, 0.45),
        (-0.36, -0.45),
        (0.0, -0.98),
        (0.36, -0.45),
        (0.46, 0.45),
    ]);
    canvas.fill(
        &front,
        Paint::Shade((x - size, y - size), lighter(colour, 0.28), (x + size, y + size), colour),
    );
}

fn pot(canvas: &mut Canvas, (x, foot): Point, tall: f32, colour: Rgb, table: Rgb) {
    canvas.fill(
        &Path::ellipse(x + 0.1, foot, tall * 0.6, tall * 0.07),
        Paint::Veil(darker(table, 0.8), 0.4),
    );
    let outline = [
        (-0.2, -1.0),
        (-0.13, -0.84),
        (-0.38, -0.48),
        (-0.34, -0.14),
        (-0.22, 0.0),
        (0.22, 0.0),
        (0.34, -0.14),
        (0.38, -0.48),
        (0.13, -0.84),
        (0.2, -1.0),
    ];
    let points: Vec<Point> = outline.iter().map(|(a, b)| (x + a * tall, foot + b * tall)).collect();
    let body = Path::smooth(&points);
    canvas.fill(
        &body,
        Paint::Shade(
            (x - tall * 0.4, 0.0),
            lighter(colour, 0.2),
            (x + tall * 0.4, 0.05),
            darker(colour, 0.35),
        ),
    );
    let shine = (x - tall * 0.2, foot - tall * 0.5);
    canvas.fill(&body, Paint::Glow(shine, tall * 0.3, lighter(colour, 0.8), 0.5));
}
