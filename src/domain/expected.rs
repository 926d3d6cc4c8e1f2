//! The account's own count beside the items that a walk of everything listed.

/// What earlier walks made of the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offset {
    /// The difference that is taken for normal.
    pub learned: Option<i64>,
    /// The difference of the last walk.
    pub last: Option<i64>,
}

/// What the difference of one more walk means. None of these blocks anything: the count has its
/// own reasons, and they are not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// As always.
    Usual,
    /// Seen for the first time, with nothing learned before.
    New,
    /// The same twice, or none at all: normal from now on.
    Learned,
    /// Another one than the normal one: worth a look.
    Changed,
}

/// Compares the API's count with the number of listed items; the count is read before the walk,
/// so one difference proves nothing.
pub fn difference(known: Offset, api: i64, listed: i64) -> Difference {
    let now = api - listed;
    match known.learned {
        Some(learned) if learned == now => Difference::Usual,
        Some(_) | None if known.last == Some(now) => Difference::Learned,
        Some(_) => Difference::Changed,
        None if now == 0 => Difference::Learned,
        None => Difference::New,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_learned_when_it_is_steady_and_told_when_it_changes() {
        let offset = |learned, last| Offset { learned, last };
        for (known, api, listed, expected) in [
            (offset(None, None), 50, 50, Difference::Learned),
            (offset(None, None), 53, 50, Difference::New),
            (offset(None, Some(3)), 54, 51, Difference::Learned),
            (offset(None, Some(3)), 54, 50, Difference::New),
            (offset(Some(3), Some(3)), 60, 57, Difference::Usual),
            (offset(Some(3), Some(7)), 60, 57, Difference::Usual),
            (offset(Some(3), Some(3)), 60, 50, Difference::Changed),
            (offset(Some(3), Some(10)), 60, 50, Difference::Learned),
            (offset(Some(0), Some(0)), 50, 60, Difference::Changed),
        ] {
            assert_eq!(difference(known, api, listed), expected, "{known:?} {api} {listed}");
        }
    }
}
