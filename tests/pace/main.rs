//! How fast the archive asks: allowances of accounts and apps, on a clock that the tests move.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod checks;
mod stand;
mod turns;
mod waits;
