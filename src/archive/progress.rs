//! What a pass says while it runs.

use crate::domain::{AccountName, Edge, Timestamp};

/// Someone who looks on while a pass runs: a terminal, a log, nobody.
pub trait Watch: Send + Sync + std::fmt::Debug {
    /// Takes one event; called often and from several threads, so it must be quick.
    fn event(&self, event: PassEvent<'_>);
}

/// One step of a running pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PassEvent<'a> {
    /// A page of a walk was recorded.
    Walk {
        account: &'a AccountName,
        edge: Edge,
        pages: usize,
        listed: usize,
        new: usize,
        changed: usize,
        usage_percent: Option<f64>,
    },
    /// A file was recorded or failed, or more of them became known.
    Files { account: &'a AccountName, done: usize, failed: usize, known: usize, bytes: u64 },
    /// Something worth a line: a refused field, smaller pages, a list that begins again.
    Note { account: &'a AccountName, text: &'a str },
    /// The pass waits on purpose and will not be heard of before this time.
    Waiting { account: &'a AccountName, until: Timestamp },
    /// The pass of this account is over.
    Done { account: &'a AccountName },
}

/// Nobody looks on.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn event(&self, _event: PassEvent<'_>) {}
}
