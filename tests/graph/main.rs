//! The Graph client over real sockets: what it sends, and what it makes of answers that are
//! broken in ways that only a network can break them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it cannot go on")]

mod answers;
mod requests;
mod script;
mod secrets;
