//! What the running daemon counts since it began.

use std::collections::BTreeMap;

use crate::domain::{AccountName, Timestamp};

/// The daemon at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub started_at: Timestamp,
    pub tasks: Vec<TaskLive>,
    pub accounts: BTreeMap<AccountName, Counters>,
}

/// One task of the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskLive {
    pub name: String,
    pub account: Option<AccountName>,
    pub doing: String,
    pub restarts: u64,
    pub stalls: u64,
}

/// What the passes of an account did since the daemon began.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counters {
    pub passes_ok: u64,
    pub passes_failed: u64,
    pub calls: u64,
    pub items_new: u64,
    pub items_gone: u64,
    pub files: u64,
    pub bytes: u64,
    pub file_failures: u64,
    pub last_pass_seconds: u64,
}
