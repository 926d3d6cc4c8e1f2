//! What the file host has served so far.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Counts since the host was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileCounters {
    /// Requests of any method, whatever became of them.
    pub requests: u64,
    /// Bytes of bodies handed to the connection.
    pub bytes: u64,
    /// Faults that were played; one that a refused link or an unchanged file hid is not counted.
    pub faults: u64,
    /// Answers by status.
    pub by_status: BTreeMap<u16, u64>,
}

#[derive(Debug, Default)]
pub(super) struct Counting {
    requests: AtomicU64,
    bytes: AtomicU64,
    faults: AtomicU64,
    by_status: Mutex<BTreeMap<u16, u64>>,
}

impl Counting {
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self, status: u16) {
        *super::lock(&self.by_status).entry(status).or_default() += 1;
    }

    pub(super) fn read(&self) -> FileCounters {
        FileCounters {
            requests: self.requests.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            faults: self.faults.load(Ordering::Relaxed),
            by_status: super::lock(&self.by_status).clone(),
        }
    }
}
