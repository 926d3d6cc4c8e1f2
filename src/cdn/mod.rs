//! Adapter: the file hosts behind `media_url` and `thumbnail_url`.
//!
//! [`FileClient`] fetches one signed link as a stream, within [`FileRules`]: which addresses may
//! be asked at all, how large a file may be, how slow a host may get. It carries no credential.

mod address;
mod client;
mod error;
mod incoming;
mod resolver;

pub use address::HostRules;
pub use client::{FileClient, FileRules, Resume};
pub use error::FileError;
pub use incoming::{Incoming, Length};
