//! The guards, one by one.

/// Something that keeps the archive from saying what is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    Coverage,
    Control,
    SecondWalk,
    Delay,
    Brake,
    Cap,
    WindowMargin,
    StoryExpiry,
    Observer,
    NarrowList,
    ServerClock,
}
