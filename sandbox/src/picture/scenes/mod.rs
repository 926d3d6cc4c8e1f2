//! The families of scenes, and which of them a number shows.

mod balloons;
mod bauhaus;
mod city;
mod dunes;
mod fruit;
mod harbour;
mod hills;
mod lake;
mod leaves;
mod night;
mod sea;
mod tulips;
mod waves;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::canvas::Canvas;
use crate::mix::mix;

type Family = fn(&mut Canvas, &mut ChaCha8Rng);

const FAMILIES: [Family; 13] = [
    hills::paint,
    bauhaus::paint,
    sea::paint,
    leaves::paint,
    night::paint,
    fruit::paint,
    city::paint,
    dunes::paint,
    tulips::paint,
    lake::paint,
    balloons::paint,
    waves::paint,
    harbour::paint,
];

/// Paints the scene with this number.
pub(super) fn paint(canvas: &mut Canvas, id: u64) {
    // Multiples of the golden ratio fall far apart: neighbours show different families.
    let spread = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let family = FAMILIES[((spread * FAMILIES.len() as u64) >> 32) as usize];
    let mut rng = ChaCha8Rng::seed_from_u64(mix(&[id, 0x5CE9E]));
    family(canvas, &mut rng);
    canvas.grain(id, 7);
}

/// One of several, by chance.
fn one_of<T: Copy>(rng: &mut ChaCha8Rng, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len())]
}

/// A line of heights that rises and falls without repeating: `rough` adds finer detail.
fn ridge(rng: &mut ChaCha8Rng, rough: f32) -> impl Fn(f32) -> f32 + use<> {
    let waves: [(f32, f32, f32); 6] = std::array::from_fn(|n| {
        let octave = (1 << n) as f32;
        let frequency = octave * rng.random_range(1.6..2.6_f32);
        (frequency, rng.random_range(0.0..std::f32::consts::TAU), rough.powf(n as f32))
    });
    let total: f32 = waves.iter().map(|wave| wave.2).sum();
    move |x| waves.iter().map(|(f, p, a)| (x * f + p).sin() * a).sum::<f32>() / total
}
