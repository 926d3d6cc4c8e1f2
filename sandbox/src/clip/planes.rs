//! A painted scene as video samples: luma, and chroma for every four pixels.

use crate::picture::Canvas;

/// Samples in limited range after BT.709.
#[derive(Debug)]
pub(super) struct Planes {
    pub(super) width: usize,
    pub(super) height: usize,
    luma: Vec<u8>,
    pub(super) blue: Vec<u8>,
    pub(super) red: Vec<u8>,
}

/// Weights of red, green and blue in 65536ths, and the level of no light or no colour.
const LUMA: ([i32; 3], i32) = ([11_966, 40_254, 4_064], 16);
const BLUE: ([i32; 3], i32) = ([-6_596, -22_189, 28_785], 128);
const RED: ([i32; 3], i32) = ([28_785, -26_145, -2_640], 128);

impl Planes {
    /// The samples of a scene; a higher `version` is rounded otherwise, so that the bytes differ.
    pub(super) fn of(canvas: &Canvas, version: u32) -> Self {
        let rows: Vec<&[[u8; 3]]> = canvas.rows().collect();
        let (width, height) = (rows.first().map_or(0, |row| row.len()), rows.len());
        let nudge = i32::try_from(version.saturating_sub(1) % 8).unwrap_or(0) << 12;
        let mut luma = Vec::with_capacity(width * height);
        for row in &rows {
            luma.extend(row.iter().map(|pixel| sample(LUMA, pixel.map(i32::from), 16 + nudge)));
        }
        let mut blue = Vec::with_capacity(width * height / 4);
        let mut red = Vec::with_capacity(width * height / 4);
        for pair in rows.chunks_exact(2) {
            for (upper, lower) in pair[0].chunks_exact(2).zip(pair[1].chunks_exact(2)) {
                let mean = std::array::from_fn(|n| {
                    let four = [upper[0][n], upper[1][n], lower[0][n], lower[1][n]];
                    (four.map(i32::from).iter().sum::<i32>() + 2) / 4
                });
                blue.push(sample(BLUE, mean, 0));
                red.push(sample(RED, mean, 0));
            }
        }
        Self { width, height, luma, blue, red }
    }

    /// The 16 lines of a macroblock's luma.
    pub(super) fn luma_block(&self, column: usize, row: usize) -> impl Iterator<Item = &[u8]> {
        block(&self.luma, self.width, 16, column, row)
    }

    /// The 8 lines of a macroblock's share of a chroma plane.
    pub(super) fn chroma_block<'a>(
        &self,
        plane: &'a [u8],
        column: usize,
        row: usize,
    ) -> impl Iterator<Item = &'a [u8]> {
        block(plane, self.width / 2, 8, column, row)
    }
}

fn block(
    plane: &[u8],
    stride: usize,
    size: usize,
    column: usize,
    row: usize,
) -> impl Iterator<Item = &[u8]> {
    plane
        .chunks_exact(stride)
        .skip(row * size)
        .take(size)
        .map(move |line| &line[column * size..(column + 1) * size])
}

fn sample((weights, zero): ([i32; 3], i32), pixel: [i32; 3], nudge: i32) -> u8 {
    let sum: i32 = weights.iter().zip(pixel).map(|(weight, level)| weight * level).sum();
    let level = ((sum + (1 << 15) + nudge) >> 16) + zero;
    u8::try_from(level.clamp(16, 240)).unwrap_or(16)
}

#[cfg(test)]
impl Planes {
    /// A picture of this size in one grey.
    pub(super) fn grey(width: usize, height: usize) -> Self {
        let chroma = vec![128; width * height / 4];
        Self { width, height, luma: vec![128; width * height], blue: chroma.clone(), red: chroma }
    }
}
