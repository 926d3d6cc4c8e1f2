//! The file host as a client meets it: over sockets, by the rules of the real hosts.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a test stops at the first surprise, and its numbers are small"
)]

#[path = "files/faults.rs"]
mod faults;
#[path = "files/links.rs"]
mod links;
#[path = "files/media.rs"]
mod media;
#[path = "files/ranges.rs"]
mod ranges;
#[path = "files/stand.rs"]
mod stand;
