//! Tokens through their lives: renewed in time, refused, replaced by a person, lost on the way.
//!
//! The sandbox and the archive share one virtual clock, and everything goes over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "tokens/commands.rs"]
mod commands;
#[path = "tokens/kill.rs"]
mod kill;
#[path = "tokens/lives.rs"]
mod lives;
#[path = "tokens/stand.rs"]
mod stand;
mod support;
