//! What the sandbox shows over real sockets, one module per theme.

#![allow(clippy::unwrap_used, reason = "what tests share may fail as loudly as they do")]

mod connection;
mod control;
mod edges;
mod edits;
mod encoding;
mod errors;
mod expansion;
mod hosts;
mod insights;
mod links;
mod login;
mod pace;
mod paging;
mod support;
mod tokens;
mod world;
mod writes;
