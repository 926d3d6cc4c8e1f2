//! What the commands do, one file each.

pub(super) mod check;
pub(super) mod completions;
pub(super) mod man;
