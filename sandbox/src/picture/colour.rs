//! Colours as painters mix them: three shares of light.

/// Red, green and blue from 0 to 255, as floats so that mixtures do not round.
pub(super) type Rgb = [f32; 3];

/// The colour that a designer writes as six hex digits.
pub(super) const fn rgb(hex: u32) -> Rgb {
    [((hex >> 16) & 255) as f32, ((hex >> 8) & 255) as f32, (hex & 255) as f32]
}

/// `a` with a share `t` of `b`.
pub(super) fn blend(a: Rgb, b: Rgb, t: f32) -> Rgb {
    std::array::from_fn(|n| a[n] + (b[n] - a[n]) * t)
}

/// Towards white.
pub(super) fn lighter(a: Rgb, t: f32) -> Rgb {
    blend(a, rgb(0xFF_FAF0), t)
}

/// Towards a deep blue that is friendlier than black.
pub(super) fn darker(a: Rgb, t: f32) -> Rgb {
    blend(a, rgb(0x0B_1020), t)
}

/// The colour at `t` (0 to 1) on a ramp of evenly spaced colours.
pub(super) fn ramp(colours: &[Rgb], t: f32) -> Rgb {
    let last = colours.len().saturating_sub(1);
    let place = t.clamp(0.0, 1.0) * last as f32;
    let below = (place as usize).min(last);
    blend(colours[below], colours[(below + 1).min(last)], place - below as f32)
}
