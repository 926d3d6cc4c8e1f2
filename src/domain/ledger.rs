//! The ledger: which spans of publication time were proven complete, when, and what is open.

use std::time::Duration;

use super::absence::Moment;
use super::coverage::MARGIN;
use super::{Coverage, Edge, Timestamp};

/// A span of publication time and the walk that last proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub coverage: Coverage,
    pub walk: i64,
    pub proven_at: Timestamp,
}

/// When a walk that ended at a time of our clock has proven what it saw: earlier by as much as our
/// clock was ahead of the API's when it began.
pub fn proven_at(began: &Moment, ended: Timestamp) -> Timestamp {
    ended.minus(began.local.since(began.earliest()))
}

/// The ledger as a newer walk finds it, which proved something at that time: what reaches beyond,
/// less the margin that every proof keeps, was claimed under a clock that was ahead, for no walk
/// has seen the future.
pub fn cut(ledger: &[Span], proven_at: Timestamp) -> Vec<Span> {
    let latest = proven_at.minus(MARGIN);
    let cut = |span: &Span| {
        let Coverage { from, to } = span.coverage;
        let to = to.min(latest);
        (from <= to).then_some(Span { coverage: Coverage { from, to }, ..*span })
    };
    ledger.iter().filter_map(cut).collect()
}

/// Spans whose proofs lie closer together than this become one, dated by the oldest of them.
const SAME: Duration = Duration::from_secs(86_400);

/// The ledger after another proof, in order of time; the newest proof of an instant counts.
///
/// Frequent walks of the last days leave a sliver each time that their window moves on: neighbours
/// proven within the last day are joined under the older date, so that the ledger stays short and
/// never says more than was proven. A joined date is less than a day older than the newest proof
/// of any instant under it, however often spans are joined: nothing is joined that is a day older
/// than the proof that is entered, and no instant has a newer proof than that.
pub fn enter(ledger: &[Span], proof: Span) -> Vec<Span> {
    let Coverage { from, to } = proof.coverage;
    let mut spans: Vec<Span> = Vec::with_capacity(ledger.len() + 2);
    for span in ledger {
        let Coverage { from: begins, to: ends } = span.coverage;
        if begins < from {
            let to = ends.min(before(from));
            spans.push(Span { coverage: Coverage { from: begins, to }, ..*span });
        }
        if ends > to {
            let from = begins.max(after(to));
            spans.push(Span { coverage: Coverage { from, to: ends }, ..*span });
        }
    }
    spans.push(proof);
    spans.sort_by_key(|span| span.coverage.from);
    join(&spans, proof.proven_at)
}

fn join(spans: &[Span], newest: Timestamp) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if touches(last, span) && are_close(last, span, newest) => {
                last.coverage.to = span.coverage.to;
                if span.proven_at < last.proven_at {
                    (last.walk, last.proven_at) = (span.walk, span.proven_at);
                }
            }
            Some(_) | None => joined.push(*span),
        }
    }
    joined
}

fn touches(left: &Span, right: &Span) -> bool {
    after(left.coverage.to) >= right.coverage.from
}

fn are_close(left: &Span, right: &Span, newest: Timestamp) -> bool {
    let newest = newest.max(left.proven_at).max(right.proven_at);
    newest.since(left.proven_at.min(right.proven_at)) < SAME
}

fn before(at: Timestamp) -> Timestamp {
    at.minus(Duration::from_secs(1))
}

fn after(at: Timestamp) -> Timestamp {
    at.plus(Duration::from_secs(1))
}

/// A span of publication time that is not proven, ends included; an open end has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub reason: GapReason,
}

/// Why a span is not proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GapReason {
    /// No walk has tried yet.
    NotWalked,
    /// The last walk proved nothing, for this reason in the words of `walks.reason`.
    Walk(String),
    /// The API lists the newest 10 000 items alone.
    BeyondCap,
    /// Nobody looked while the stories were there.
    StoriesOver,
    /// The reference does not say how far the list goes back.
    NoProof,
}

impl GapReason {
    /// The word in the catalog.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NotWalked => "not_walked",
            Self::Walk(reason) => reason,
            Self::BeyondCap => "beyond_cap",
            Self::StoriesOver => "stories_over",
            Self::NoProof => "no_proof",
        }
    }

    /// Reads the word that [`GapReason::as_str`] writes.
    pub fn from_word(word: &str) -> Self {
        match word {
            "not_walked" => Self::NotWalked,
            "beyond_cap" => Self::BeyondCap,
            "stories_over" => Self::StoriesOver,
            "no_proof" => Self::NoProof,
            _ => Self::Walk(word.to_owned()),
        }
    }

    /// What will be done about it, for people.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotWalked => "the next walk of everything covers it",
            Self::Walk(_) => "the next walk that ends well closes it",
            Self::BeyondCap => "the API lists no more: nothing can close it",
            Self::StoriesOver => "nothing can close it: stories are listed for a day",
            Self::NoProof => "nothing can: the API does not say how far this list goes back",
        }
    }
}

/// The last walk of a list, as far as gaps care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastWalk {
    Proved,
    /// It did not, for this reason in the words of `walks.reason`.
    ProvedNothing(String),
}

/// What is not proven of a list.
///
/// `capped` is whether the last walk of everything met the cap of the list.
pub fn gaps(edge: Edge, ledger: &[Span], capped: bool, last: Option<&LastWalk>) -> Vec<Gap> {
    let open = |reason| Gap { from: None, to: None, reason };
    if edge == Edge::Tags {
        return last.map(|_| open(GapReason::NoProof)).into_iter().collect();
    }
    let stopped = match last {
        Some(LastWalk::ProvedNothing(reason)) => Some(GapReason::Walk(reason.clone())),
        Some(LastWalk::Proved) | None => None,
    };
    let (Some(first), Some(newest)) = (ledger.first(), ledger.last()) else {
        return vec![open(stopped.unwrap_or(GapReason::NotWalked))];
    };
    let mut gaps = Vec::new();
    if edge == Edge::Media && first.coverage.from > Timestamp::EPOCH {
        let reason = if capped { GapReason::BeyondCap } else { GapReason::NotWalked };
        gaps.push(Gap { from: None, to: Some(before(first.coverage.from)), reason });
    }
    for (left, right) in ledger.iter().zip(ledger.iter().skip(1)) {
        if !touches(left, right) {
            let reason = match edge {
                Edge::Stories => GapReason::StoriesOver,
                Edge::Media | Edge::Tags => GapReason::NotWalked,
            };
            let (from, to) = (after(left.coverage.to), before(right.coverage.from));
            gaps.push(Gap { from: Some(from), to: Some(to), reason });
        }
    }
    if let Some(reason) = stopped {
        gaps.push(Gap { from: Some(after(newest.coverage.to)), to: None, reason });
    }
    gaps
}

#[cfg(test)]
mod tests;
