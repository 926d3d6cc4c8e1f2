//! Tells a watchman elsewhere that passes begin and end, so that silence is noticed too.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::address::Address;
use super::post::Outbound;
use super::{NotifyError, Receipt};

/// Pings that wait; when more come, the oldest are left out.
const WAITING: usize = 64;

/// Where pings are dropped by whoever runs passes; never waits, and clones share the queue.
///
/// Without a configured watchman it does nothing.
#[derive(Debug, Clone, Default)]
pub struct Ping(Option<Arc<Line>>);

/// The end where they are taken out; clones share it, for whoever is started again.
#[derive(Debug, Clone)]
pub struct PingQueue {
    line: Arc<Line>,
    pub target: PingTarget,
}

#[derive(Debug, Default)]
struct Line {
    waiting: Mutex<VecDeque<Waiting>>,
    came: Notify,
}

/// The watchman and the way there.
#[derive(Debug, Clone)]
pub struct PingTarget {
    /// What people call it.
    pub name: String,
    pub address: Address,
    pub outbound: Outbound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waiting {
    Started { run: String },
    Ended(PingEnd),
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PingEnd {
    /// Whatever tells this run from others: account, walk and start.
    pub run: String,
    /// The exit code that `mediakeep sync` would have ended with.
    pub exit: u8,
    /// A few lines for people.
    pub summary: String,
}

impl Ping {
    /// Both ends of a queue to a watchman.
    pub fn to(target: PingTarget) -> (Self, PingQueue) {
        let line = Arc::new(Line::default());
        (Self(Some(line.clone())), PingQueue { line, target })
    }

    /// A pass begins.
    pub fn started(&self, run: impl Into<String>) {
        self.put(Waiting::Started { run: run.into() });
    }

    /// A pass ended.
    pub fn ended(&self, run: impl Into<String>, exit: u8, summary: impl Into<String>) {
        self.put(Waiting::Ended(PingEnd { run: run.into(), exit, summary: summary.into() }));
    }

    fn put(&self, ping: Waiting) {
        let Some(line) = &self.0 else { return };
        let mut waiting = line.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING {
            waiting.pop_front();
        }
        waiting.push_back(ping);
        drop(waiting);
        line.came.notify_one();
    }
}

impl PingQueue {
    /// What is worth a ping of all that waits, in order: with few passes each of their beginnings
    /// and ends. When many accounts come at once, the watchman only needs to know the last end, and
    /// of a failure, if there is one.
    pub(crate) async fn take(&self) -> Vec<Waiting> {
        loop {
            let waiting = self.take_now();
            if !waiting.is_empty() {
                return waiting;
            }
            self.line.came.notified().await;
        }
    }

    /// As [`PingQueue::take`], also when that is nothing.
    pub(crate) fn take_now(&self) -> Vec<Waiting> {
        let mut line = self.line.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        worth_sending(std::mem::take(&mut *line).into())
    }
}

fn worth_sending(waiting: Vec<Waiting>) -> Vec<Waiting> {
    const FEW: usize = 4;
    if waiting.len() <= FEW {
        return waiting;
    }
    let ends = || waiting.iter().filter(|ping| matches!(ping, Waiting::Ended(_)));
    let failed = ends().rfind(|ping| matches!(ping, Waiting::Ended(end) if end.exit != 0));
    failed.or_else(|| ends().next_back()).or(waiting.last()).cloned().into_iter().collect()
}

impl PingTarget {
    pub(crate) async fn started(&self, run: &str) -> Result<Receipt, NotifyError> {
        self.ping(Some("start".to_owned()), run, "").await
    }

    /// Success is the address as it is, failure has the exit code behind it.
    pub(crate) async fn ended(&self, end: &PingEnd) -> Result<Receipt, NotifyError> {
        let code = (end.exit != 0).then(|| end.exit.to_string());
        self.ping(code, &end.run, &end.summary).await
    }

    /// A ping of success by hand.
    pub async fn test(&self) -> Result<Receipt, NotifyError> {
        self.ping(None, "", "This is a test by `mediakeep notify test`.").await
    }

    async fn ping(
        &self,
        step: Option<String>,
        run: &str,
        text: &str,
    ) -> Result<Receipt, NotifyError> {
        let mut url = self.address.read().await?;
        if let (Some(step), Ok(mut path)) = (step, url.path_segments_mut()) {
            path.pop_if_empty().push(&step);
        }
        if !run.is_empty() {
            url.query_pairs_mut().append_pair("rid", &run_id(run));
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        self.outbound.post(url, headers, text.as_bytes().to_vec()).await
    }
}

/// Watchmen take a UUID alone: one whose digits are of our choice (version 8, RFC 9562).
fn run_id(run: &str) -> String {
    let digest = Sha256::digest(run);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = u128::from_be_bytes(bytes);
    let hex = format!("{number:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(run: &str, exit: u8) -> Waiting {
        Waiting::Ended(PingEnd { run: run.to_owned(), exit, summary: String::new() })
    }

    fn started(run: &str) -> Waiting {
        Waiting::Started { run: run.to_owned() }
    }

    #[test]
    fn a_run_has_one_uuid_of_its_own() {
        let id = run_id("bakery 2026-11-22T05:00:00Z");
        assert_eq!(id, run_id("bakery 2026-11-22T05:00:00Z"));
        assert_ne!(id, run_id("bakery 2026-11-22T05:15:00Z"));
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!((&id[14..15], "89ab".contains(&id[19..20])), ("8", true), "{id}");
    }

    #[test]
    fn of_many_passes_at_once_the_failure_or_else_the_last_end_is_told() {
        let few = vec![started("a"), ended("a", 0)];
        assert_eq!(worth_sending(few.clone()), few);
        let many =
            |exit| vec![started("a"), started("b"), ended("a", exit), started("c"), ended("b", 0)];
        assert_eq!(worth_sending(many(0)), [ended("b", 0)]);
        assert_eq!(worth_sending(many(12)), [ended("a", 12)]);
        let starts: Vec<Waiting> = ["a", "b", "c", "d", "e"].map(started).into();
        assert_eq!(worth_sending(starts), [started("e")]);
    }

    #[test]
    fn nobody_waits_for_a_watchman_and_the_oldest_pings_are_left_out() {
        Ping::default().started("nobody listens");
        let line = Arc::new(Line::default());
        let ping = Ping(Some(line.clone()));
        for run in 0..1000 {
            ping.started(run.to_string());
        }
        let waiting = line.waiting.lock().unwrap();
        assert_eq!(waiting.len(), WAITING);
        assert_eq!(waiting.front(), Some(&started("936")));
    }
}
