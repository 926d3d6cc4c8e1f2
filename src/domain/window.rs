//! Windows of publication time.

use super::Timestamp;

/// The span of publication time that a walk asks for: from `since`, up to but without `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Open means: from the oldest that the API lists.
    pub since: Option<Timestamp>,
    /// Open means: up to the newest.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Everything that the API lists.
    pub const ALL: Self = Self { since: None, until: None };

    /// Where an item's publication time lies.
    pub fn locate(&self, published_at: Timestamp) -> Position {
        if self.since.is_some_and(|since| published_at < since) {
            Position::Before
        } else if self.until.is_some_and(|until| published_at >= until) {
            Position::After
        } else {
            Position::Inside
        }
    }
}

/// Where a publication time lies relative to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    Before,
    Inside,
    After,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_belongs_to_a_window_and_the_end_does_not() {
        let at = |seconds| Timestamp::from_unix(seconds).unwrap();
        let window = Window { since: Some(at(10)), until: Some(at(20)) };
        for (seconds, position) in [
            (9, Position::Before),
            (10, Position::Inside),
            (19, Position::Inside),
            (20, Position::After),
        ] {
            assert_eq!(window.locate(at(seconds)), position, "{seconds}");
        }
        assert_eq!(Window::ALL.locate(at(-1)), Position::Inside);
    }
}
