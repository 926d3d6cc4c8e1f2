//! Outlines, built from curves and kept as polygons.

use std::f32::consts::TAU;

/// A point; the short side of the picture is 1.
pub(super) type Point = (f32, f32);

/// One or more closed polygons that are filled together; where two overlap, there is a hole.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    pub(super) outlines: Vec<Vec<Point>>,
}

impl Path {
    pub(super) fn polygon(points: impl IntoIterator<Item = Point>) -> Self {
        Self { outlines: vec![points.into_iter().collect()] }
    }

    pub(super) fn rect(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self::polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
    }

    pub(super) fn circle(x: f32, y: f32, r: f32) -> Self {
        Self::ellipse(x, y, r, r)
    }

    pub(super) fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> Self {
        Self::sector(x, y, rx, ry, 0.0, TAU)
    }

    /// A piece of an ellipse between two angles (0 is right, a quarter turn is down), its ends
    /// joined by a straight line.
    pub(super) fn sector(x: f32, y: f32, rx: f32, ry: f32, from: f32, to: f32) -> Self {
        let steps = 96;
        Self::polygon((0..=steps).map(|n| {
            let angle = from + (to - from) * n as f32 / steps as f32;
            (x + rx * angle.cos(), y + ry * angle.sin())
        }))
    }

    /// A slice of cake: the centre and the arc between two angles.
    pub(super) fn slice(x: f32, y: f32, r: f32, from: f32, to: f32) -> Self {
        let mut path = Self::sector(x, y, r, r, from, to);
        path.outlines[0].push((x, y));
        path
    }

    /// Everything below a line of heights `y(x)`, down to `floor`.
    pub(super) fn below(width: f32, floor: f32, y: impl Fn(f32) -> f32) -> Self {
        let steps = 240;
        let line = (0..=steps).map(|n| {
            let x = width * (n as f32 / steps as f32 * 1.02 - 0.01);
            (x, y(x))
        });
        Self::polygon(line.chain([(width * 1.01, floor), (width * -0.01, floor)]))
    }

    /// A smooth closed outline through these points.
    pub(super) fn smooth(points: &[Point]) -> Self {
        let count = points.len();
        let at = |n: usize| points[n % count];
        let mut outline = Vec::new();
        for n in 0..count {
            let (p0, p1, p2, p3) = (at(n + count - 1), at(n), at(n + 1), at(n + 2));
            for step in 0..12 {
                let t = step as f32 / 12.0;
                outline.push((
                    through(t, [p0.0, p1.0, p2.0, p3.0]),
                    through(t, [p0.1, p1.1, p2.1, p3.1]),
                ));
            }
        }
        Self { outlines: vec![outline] }
    }

    /// A band of this thickness along a line, tapering from `thick` to `thin`.
    pub(super) fn stroke(line: &[Point], thick: f32, thin: f32) -> Self {
        let last = line.len().saturating_sub(1);
        let mut left = Vec::new();
        let mut right = Vec::new();
        for (n, point) in line.iter().enumerate() {
            let (before, after) = (line[n.saturating_sub(1)], line[(n + 1).min(last)]);
            let (dx, dy) = (after.0 - before.0, after.1 - before.1);
            let length = dx.hypot(dy).max(1e-6);
            let half = 0.5 * (thick + (thin - thick) * n as f32 / last.max(1) as f32);
            let (ox, oy) = (-dy / length * half, dx / length * half);
            left.push((point.0 + ox, point.1 + oy));
            right.push((point.0 - ox, point.1 - oy));
        }
        left.extend(right.into_iter().rev());
        Self { outlines: vec![left] }
    }

    /// A pointed leaf from its stem, `length` long, in the direction `angle`.
    pub(super) fn leaf(x: f32, y: f32, length: f32, width: f32, angle: f32, bend: f32) -> Self {
        let steps = 24;
        let side = |sign: f32| {
            (0..=steps).map(move |n| {
                let t = n as f32 / steps as f32;
                let half = sign * width * 0.5 * (t * std::f32::consts::PI).sin().powf(0.8);
                let sway = bend * length * t * t;
                (t * length, half + sway)
            })
        };
        let outline: Vec<Point> = side(1.0).chain(side(-1.0).rev()).collect();
        Self { outlines: vec![outline] }.turned(angle).moved(x, y)
    }

    /// This outline and another one: a hole where they overlap.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.outlines.extend(other.outlines);
        self
    }

    pub(super) fn moved(mut self, dx: f32, dy: f32) -> Self {
        self.each(|(x, y)| (x + dx, y + dy));
        self
    }

    /// Turned about the origin.
    pub(super) fn turned(mut self, angle: f32) -> Self {
        let (sin, cos) = angle.sin_cos();
        self.each(|(x, y)| (x * cos - y * sin, x * sin + y * cos));
        self
    }

    fn each(&mut self, change: impl Fn(Point) -> Point) {
        for point in self.outlines.iter_mut().flatten() {
            *point = change(*point);
        }
    }
}

/// Catmull-Rom interpolation between the two middle values.
fn through(t: f32, [a, b, c, d]: [f32; 4]) -> f32 {
    let (t2, t3) = (t * t, t * t * t);
    0.5 * (2.0 * b
        + (c - a) * t
        + (2.0 * a - 5.0 * b + 4.0 * c - d) * t2
        + (3.0 * b - a - 3.0 * c + d) * t3)
}
