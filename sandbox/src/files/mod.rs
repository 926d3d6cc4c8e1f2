//! The file host: signed links that expire, real pictures and clips, and every way to go wrong.

mod adler;
mod answer;
mod body;
mod bytes;
mod contents;
mod counters;
mod fault;
mod host;
mod link;
mod options;
mod range;
mod shape;
mod spec;
mod studio;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use counters::FileCounters;
pub use fault::{FileFault, FileFaults, NoFaults, Text403};
pub use host::FileHost;
pub use options::{FileHostOptions, Hours};
pub use spec::{FileShape, FileSpec};

/// Locks a map; one that a panic left behind is still whole, because each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
