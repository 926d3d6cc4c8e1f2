//! Who is told what, over real connections and from a real catalog, in time that the tests play.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and it uses a part of what is shared"
)]

mod command_line;
mod office;
mod receiver;
#[path = "../disappearance/stand.rs"]
mod stand;
#[path = "../support/mod.rs"]
mod support;
mod telling;
mod troubles;
mod watchman;
mod ways;
