//! The Graph client against the sandbox: what it lists is the truth, and what goes wrong gets its
//! class.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod faults;
mod listing;
mod oddities;
mod stand;
