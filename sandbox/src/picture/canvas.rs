//! A surface of pixels on which outlines are filled with smooth edges.

use super::colour::{Rgb, blend};
use super::path::{Path, Point};
use crate::mix::mix;

/// Rows are sampled this many times, so that edges are smooth.
const SAMPLES: usize = 6;
const SAMPLE_SHARE: f32 = 1.0 / SAMPLES as f32;

/// The picture while it is painted; the short side is 1 long, whatever it has in pixels.
#[derive(Debug)]
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
    /// Coverage of the row at work: each pixel's share, as differences from its left neighbour.
    row: Vec<f32>,
}

/// What an outline is filled with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Paint {
    /// One colour.
    Flat(Rgb),
    /// One colour, of which this share covers what lies below.
    Veil(Rgb, f32),
    /// From the first colour to the second between two points.
    Shade(Point, Rgb, Point, Rgb),
    /// Light that fades to nothing at a distance from a point; the share is that at the point.
    Glow(Point, f32, Rgb, f32),
}

#[derive(Clone, Copy)]
struct Edge {
    top: f32,
    bottom: f32,
    /// Where the edge crosses its top, and its slope per row.
    x: f32,
    slope: f32,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        let pixels = vec![[0; 3]; width * height];
        Self { width, height, pixels, row: vec![0.0; width + 2] }
    }

    /// The width, in units of the short side.
    pub(super) fn w(&self) -> f32 {
        self.width as f32 / self.scale()
    }

    /// The height, in units of the short side.
    pub(super) fn h(&self) -> f32 {
        self.height as f32 / self.scale()
    }

    /// Rows of pixels, from the top.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[[u8; 3]]> {
        self.pixels.chunks(self.width)
    }

    /// The pixels as the JPEG encoder wants them.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.pixels.into_flattened()
    }

    /// The part of this size from the middle.
    pub(super) fn cropped(self, width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        // Even, because the window of a clip moves in whole chroma samples.
        let (left, top) = (((self.width - width) / 2) & !1, ((self.height - height) / 2) & !1);
        let rows = self.pixels.chunks(self.width).skip(top).take(height);
        let pixels = rows.flat_map(|row| &row[left..left + width]).copied().collect();
        Self { width, height, pixels, row: Vec::new() }
    }

    /// Colours the whole canvas from top to bottom along a ramp.
    pub(super) fn sky(&mut self, colour: impl Fn(f32) -> Rgb) {
        let height = self.height as f32;
        for (y, row) in self.pixels.chunks_mut(self.width).enumerate() {
            let colour = colour(y as f32 / height);
            let floor = colour.map(f32::floor);
            let share: Rgb = std::array::from_fn(|n| (colour[n] - floor[n]) * 256.0);
            for (x, pixel) in row.iter_mut().enumerate() {
                // Dithering: the step to the next of 256 levels comes at another place in each row.
                let noise = ((x * 193 + y * 71 + ((x * y) >> 3)) & 255) as f32;
                *pixel = std::array::from_fn(|n| {
                    (floor[n] + if share[n] > noise { 1.0 } else { 0.0 }) as u8
                });
            }
        }
    }

    /// Fills an outline.
    pub(super) fn fill(&mut self, path: &Path, paint: Paint) {
        let mut edges = self.edges(path);
        edges.sort_by(|a, b| a.top.total_cmp(&b.top));
        let bottom = edges.iter().fold(0.0_f32, |low, edge| low.max(edge.bottom));
        let Some(first) = edges.first().map(|edge| edge.top.max(0.0) as usize) else { return };
        let last = (bottom.ceil().max(0.0) as usize).min(self.height);
        let mut waiting = edges.into_iter().peekable();
        let mut active: Vec<Edge> = Vec::new();
        let mut crossings = Vec::new();
        for y in first..last {
            while let Some(edge) = waiting.next_if(|edge| edge.top < (y + 1) as f32) {
                active.push(edge);
            }
            active.retain(|edge| edge.bottom > y as f32);
            let (mut left, mut right) = (self.width, 0);
            for sample in 0..SAMPLES {
                let at = y as f32 + (sample as f32 + 0.5) / SAMPLES as f32;
                crossings.clear();
                let met = active.iter().filter(|edge| edge.top <= at && at < edge.bottom);
                crossings.extend(met.map(|edge| edge.x + (at - edge.top) * edge.slope));
                crossings.sort_by(f32::total_cmp);
                for pair in crossings.chunks_exact(2) {
                    let span = self.cover(pair[0], pair[1]);
                    (left, right) = (left.min(span.0), right.max(span.1));
                }
            }
            if left < right {
                self.lay(y, left, right, paint);
            }
        }
    }

    /// Fine grain over everything, like that of paper and film.
    pub(super) fn grain(&mut self, seed: u64, strength: i32) {
        let mut state = mix(&[seed, 0x6A11]) | 1;
        for pixel in &mut self.pixels {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // The sum of two even ones is a triangle: most grains are faint.
            let noise = ((state >> 20) & 255) as i32 + ((state >> 40) & 255) as i32 - 255;
            let by = (noise * strength) >> 8;
            *pixel = pixel.map(|level| (i32::from(level) + by).clamp(0, 255) as u8);
        }
    }

    fn scale(&self) -> f32 {
        self.width.min(self.height) as f32
    }

    fn edges(&self, path: &Path) -> Vec<Edge> {
        let scale = self.scale();
        let height = self.height as f32;
        let mut edges = Vec::new();
        for outline in &path.outlines {
            for (n, a) in outline.iter().enumerate() {
                let b = outline[(n + 1) % outline.len()];
                let (a, b) = ((a.0 * scale, a.1 * scale), (b.0 * scale, b.1 * scale));
                let (a, b) = if a.1 <= b.1 { (a, b) } else { (b, a) };
                if b.1 > a.1 && b.1 > 0.0 && a.1 < height {
                    let slope = (b.0 - a.0) / (b.1 - a.1);
                    edges.push(Edge { top: a.1, bottom: b.1, x: a.0, slope });
                }
            }
        }
        edges
    }

    /// Adds one sample of the span from `from` to `to` to the row; returns the pixels it touches.
    fn cover(&mut self, from: f32, to: f32) -> (usize, usize) {
        let width = self.width as f32;
        let (from, to) = (from.clamp(0.0, width), to.clamp(0.0, width));
        if to <= from {
            return (self.width, 0);
        }
        let mut step = |at: f32, share: f32| {
            let cell = at as usize;
            let inside = at - cell as f32;
            self.row[cell] += share * (1.0 - inside);
            self.row[cell + 1] += share * inside;
        };
        step(from, SAMPLE_SHARE);
        step(to, -SAMPLE_SHARE);
        (from as usize, (to.ceil() as usize).min(self.width))
    }

    /// Puts paint on a row where it is covered, and clears the coverage.
    fn lay(&mut self, y: usize, left: usize, right: usize, paint: Paint) {
        let scale = self.scale();
        let pixels = &mut self.pixels[y * self.width..(y + 1) * self.width];
        let v = (y as f32 + 0.5) / scale;
        let row = paint.row(v);
        // The half level decides by place: gradients show no bands.
        let dither = |x: usize| ((x * 7 + y * 13) & 15) as f32 / 16.0;
        let solid: [[u8; 3]; 16] = std::array::from_fn(|x| {
            row.map_or([0; 3], |(colour, _)| colour.map(|level| (level + dither(x)) as u8))
        });
        let opaque = row.is_some_and(|(_, opacity)| opacity >= 1.0);
        let mut covered = 0.0;
        let mut x = left;
        while x < right {
            covered += std::mem::take(&mut self.row[x]);
            let same = 1 + self.row[x + 1..right].iter().take_while(|step| **step == 0.0).count();
            if covered < 0.004 {
                x += same;
                continue;
            }
            if opaque && covered > 0.996 {
                for (x, pixel) in (x..).zip(&mut pixels[x..x + same]) {
                    *pixel = solid[x & 15];
                }
                x += same;
                continue;
            }
            for (x, pixel) in (x..).zip(&mut pixels[x..x + same]) {
                let (colour, opacity) =
                    row.unwrap_or_else(|| paint.at(((x as f32 + 0.5) / scale, v)));
                let share = (covered * opacity * 256.0 + 0.5) as i32;
                if share > 0 {
                    *pixel = std::array::from_fn(|n| {
                        let below = i32::from(pixel[n]);
                        let above = (colour[n] + dither(x)) as i32;
                        (below + (((above - below) * share) >> 8)).clamp(0, 255) as u8
                    });
                }
            }
            x += same;
        }
        self.row[right..(right + 2).min(self.width + 2)].fill(0.0);
    }
}

impl Paint {
    /// The colour and opacity of a whole row, where it has only one.
    fn row(self, v: f32) -> Option<(Rgb, f32)> {
        match self {
            Self::Flat(colour) => Some((colour, 1.0)),
            Self::Veil(colour, share) => Some((colour, share)),
            Self::Shade(a, _, b, _) => (a.0.total_cmp(&b.0).is_eq()).then(|| self.at((a.0, v))),
            Self::Glow(..) => None,
        }
    }

    fn at(self, (u, v): Point) -> (Rgb, f32) {
        match self {
            Self::Flat(colour) => (colour, 1.0),
            Self::Veil(colour, share) => (colour, share),
            Self::Shade(a, from, b, to) => {
                let (dx, dy) = (b.0 - a.0, b.1 - a.1);
                let along = ((u - a.0) * dx + (v - a.1) * dy) / (dx * dx + dy * dy).max(1e-9);
                (blend(from, to, along.clamp(0.0, 1.0)), 1.0)
            }
            Self::Glow(centre, radius, colour, share) => {
                let (dx, dy) = (u - centre.0, v - centre.1);
                // Not `hypot`, which guards against overflow and takes ten times as long.
                let distance = (dx * dx + dy * dy).sqrt() / radius;
                let left = (1.0 - distance).max(0.0);
                (colour, share * left * left)
            }
        }
    }
}
