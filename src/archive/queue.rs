//! The files that are due in this pass, most urgent first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::catalog::{AssetId, QueuedAsset};
use crate::domain::Link;
use crate::domain::fetch::{Cause, Urgency};

/// Links are long; past this many waiting files a newcomer keeps only its place in the catalog,
/// and gets a fresh link when its turn comes.
const MOST_WAITING: usize = 20_000;
/// With fewer than this waiting, files that found no room are looked up again.
const ROOM_AGAIN: usize = 10_000;

/// One file to fetch, with its link while that is known.
#[derive(Debug)]
pub(super) struct Job {
    pub asset: QueuedAsset,
    pub link: Option<Link>,
}

/// A queue between the walk that finds files and the transfers that take them.
#[derive(Debug, Default)]
pub(super) struct FileQueue {
    state: Mutex<State>,
    changed: Notify,
    drained: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: BinaryHeap<Reverse<Entry>>,
    seen: HashSet<AssetId>,
    arrivals: u64,
    dropped: HashSet<AssetId>,
    closed: bool,
    abandoned: bool,
}

#[derive(Debug)]
struct Entry {
    urgency: Urgency,
    arrival: u64,
    job: Job,
}

/// What a taker finds.
#[derive(Debug)]
pub(super) enum Take {
    Job(Job),
    /// Nothing now, but more may come.
    Wait,
    /// Nothing now and nothing will come.
    Finished,
}

impl FileQueue {
    /// Adds a file once in a pass; answers whether it is new to the queue.
    pub(super) fn push(&self, asset: QueuedAsset, link: Option<Link>) -> bool {
        let mut state = self.lock();
        if !state.seen.insert(asset.asset) {
            return false;
        }
        if state.waiting.len() >= MOST_WAITING {
            state.seen.remove(&asset.asset);
            state.dropped.insert(asset.asset);
            return false;
        }
        state.dropped.remove(&asset.asset);
        let urgency =
            Urgency { cause: asset.cause, ends_at: link.as_ref().and_then(Link::expires_at) };
        let arrival = state.arrivals;
        state.arrivals += 1;
        state.waiting.push(Reverse(Entry { urgency, arrival, job: Job { asset, link } }));
        drop(state);
        self.changed.notify_one();
        true
    }

    /// Takes the most urgent file.
    pub(super) fn take(&self) -> Take {
        let mut state = self.lock();
        if state.waiting.len() == ROOM_AGAIN {
            self.drained.notify_one();
        }
        match state.waiting.pop() {
            Some(Reverse(entry)) => Take::Job(entry.job),
            None if state.closed => Take::Finished,
            None => Take::Wait,
        }
    }

    /// Waits until something was added or the queue was closed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until there is room for many more files; answers whether any will still be taken.
    pub(super) async fn room(&self) -> bool {
        loop {
            {
                let state = self.lock();
                if state.abandoned || state.waiting.len() < ROOM_AGAIN {
                    return !state.abandoned;
                }
            }
            self.drained.notified().await;
        }
    }

    /// Nothing more will be taken in this pass.
    pub(super) fn abandon(&self) {
        self.lock().abandoned = true;
        self.drained.notify_one();
    }

    /// No more files will come.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// How many files were queued in this pass.
    pub(super) fn known(&self) -> usize {
        self.lock().seen.len()
    }

    /// How many wait now.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// How many found no room and wait in the catalog alone.
    pub(super) fn dropped(&self) -> usize {
        self.lock().dropped.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.urgency.cmp(&other.urgency).then(self.arrival.cmp(&other.arrival))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

/// Whether a held file is only looked at again.
pub(super) fn is_recheck(asset: &QueuedAsset) -> bool {
    asset.cause == Cause::Recheck
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AssetRole;

    fn asset(id: i64, cause: Cause) -> QueuedAsset {
        QueuedAsset {
            asset: AssetId(id),
            media_id: "1".parse().unwrap(),
            parent_id: None,
            role: AssetRole::Media,
            is_video: false,
            cause,
            tries: 0,
        }
    }

    fn link(end: u32) -> Link {
        Link::new(&format!("https://h/p?oe={end:X}"))
    }

    fn take_id(queue: &FileQueue) -> Option<i64> {
        match queue.take() {
            Take::Job(job) => Some(job.asset.asset.0),
            Take::Wait | Take::Finished => None,
        }
    }

    #[test]
    fn files_leave_by_urgency_and_then_in_order_of_arrival() {
        let queue = FileQueue::default();
        queue.push(asset(1, Cause::Retry), Some(link(10)));
        queue.push(asset(2, Cause::New), Some(link(90)));
        queue.push(asset(3, Cause::New), Some(link(30)));
        queue.push(asset(4, Cause::New), Some(link(30)));
        let order: Vec<_> = std::iter::from_fn(|| take_id(&queue)).collect();
        assert_eq!(order, [3, 4, 2, 1]);
    }

    #[test]
    fn a_file_is_queued_once_in_a_pass_even_after_it_was_taken() {
        let queue = FileQueue::default();
        assert!(queue.push(asset(1, Cause::New), None));
        assert_eq!(take_id(&queue), Some(1));
        assert!(!queue.push(asset(1, Cause::New), None));
        assert!(matches!(queue.take(), Take::Wait));
        queue.close();
        assert!(matches!(queue.take(), Take::Finished));
        assert_eq!(queue.known(), 1);
    }

    #[test]
    fn a_full_queue_leaves_newcomers_to_the_catalog() {
        let queue = FileQueue::default();
        for id in 0..20_005 {
            queue.push(asset(id, Cause::New), None);
        }
        assert_eq!((queue.waiting(), queue.dropped()), (20_000, 5));
        take_id(&queue);
        assert!(queue.push(asset(20_003, Cause::New), None), "it may come again later");
    }
}
