//! What the parts of one running pass share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use super::ask::Asker;
use super::progress::PassEvent;
use super::queue::FileQueue;
use super::refresh::Refresher;
use super::{AccountAccess, Archive, FilePlan, Watch};
use crate::domain::Timestamp;
use crate::graph::AccountFacts;

/// What the parts of one running pass share.
#[derive(Debug)]
pub(super) struct PassContext {
    pub archive: Arc<Archive>,
    pub access: Arc<AccountAccess>,
    pub asker: Asker,
    pub refresher: Refresher,
    pub queue: FileQueue,
    pub watch: Arc<dyn Watch>,
    pub stop: CancellationToken,
    pub counts: FileCounts,
    pub files: FilePlan,
    /// How many items the account says it has, once it was asked.
    pub account_total: OnceLock<usize>,
}

/// How far the files of a pass are; read by whoever looks on.
#[derive(Debug, Default)]
pub(super) struct FileCounts {
    pub done: AtomicUsize,
    pub failed: AtomicUsize,
    pub bytes: AtomicU64,
    /// Why no further file is fetched in this pass.
    pub halt: OnceLock<Halt>,
    /// Known, due, and left for a later pass on purpose.
    pub left: AtomicUsize,
}

/// Why fetching files ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Halt {
    /// The store can take no file.
    NoSpace(String),
    /// One file after the other fails: the hosts are away, and every file would wait for them.
    HostsAway(String),
}

impl PassContext {
    /// How many items the account says it has, as far as that is known.
    pub(super) fn total(&self) -> Option<usize> {
        self.account_total.get().copied()
    }

    /// Takes the total from what the account answered; the first one of a pass counts.
    pub(super) fn note_total(&self, facts: &AccountFacts) {
        let total = facts.media_count.value().and_then(|total| usize::try_from(*total).ok());
        if let Some(total) = total {
            self.account_total.get_or_init(|| total);
        }
    }

    /// When the API first answered in this pass, by its own clock.
    pub(super) fn first_server_at(&self) -> Option<Timestamp> {
        self.asker.answered()?.server
    }

    /// Takes no further file in this pass; the first reason is the one that is told.
    pub(super) fn stop_fetching(&self, halt: Halt) {
        self.counts.halt.set(halt).ok();
        self.queue.abandon();
    }

    /// Whether fetching has ended early.
    pub(super) fn has_halted(&self) -> bool {
        self.counts.halt.get().is_some()
    }

    /// Tells whoever looks on something worth a line.
    pub(super) fn note(&self, text: &str) {
        self.watch.event(PassEvent::Note { account: &self.access.name, text });
    }

    /// Tells whoever looks on how far the files are.
    pub(super) fn announce_files(&self) {
        self.watch.event(PassEvent::Files {
            account: &self.access.name,
            done: self.counts.done.load(Ordering::Relaxed),
            failed: self.counts.failed.load(Ordering::Relaxed),
            known: self.queue.known(),
            bytes: self.counts.bytes.load(Ordering::Relaxed),
        });
    }
}
