//! The catalog as the rest of the program and as people with `sqlite3` use it.
#![allow(clippy::unwrap_used, clippy::let_underscore_must_use)]

mod absence;
mod as_of;
mod best_known;
mod chain;
#[path = "../chain_support/mod.rs"]
mod chain_support;
mod daemon;
mod files;
mod history;
mod holds;
mod ledger;
mod opening;
mod reading;
mod recording;
mod sql;
mod stand;
mod support;
mod urls;
mod walks;
