//! What a finished walk changes: from what it did not list to the steps that items take.
//!
//! Two decisions with questions in between. [`examine`] reads the silence of the walk, applies the
//! brake and says which items to ask for; [`conclude`] reads the answers. Nothing is recorded in
//! between, so that a pass that ends early has said nothing.

use std::collections::HashSet;
use std::time::Duration;

use super::absence::{Evidence, Proof, Silence, State, Unseen, Verdict, is_due, silence, verdict};
use super::brake::{self, Hold, HoldEnd, HoldReason, Limits};
use super::{MediaId, Window};

/// How careful the operator wants it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Caution {
    /// The time between the two looks that make an item gone.
    pub confirm_after: Duration,
    pub brake: Limits,
    /// The most questions by id after one walk.
    pub questions: usize,
}

impl Default for Caution {
    /// What holds unless the configuration says otherwise.
    fn default() -> Self {
        Self {
            confirm_after: Duration::from_secs(24 * 3600),
            brake: Limits { items: 20, share: 0.05 },
            questions: 100,
        }
    }
}

/// Who looked, compared with the walks that last proved what this one claims to have seen: with
/// each walk in the part of the ledger that its coverage touches. The last walk alone is not
/// enough, for it may have looked at the last days only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observer {
    /// There was none before, or it asked in the same way.
    Same,
    /// Another login, host or API version: the difference may lie with us.
    Changed,
}

/// What is known when a walk has ended that proves something.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub proof: Proof,
    pub observer: Observer,
    /// Known items that the walk had to list, listed or not.
    pub looked_at: usize,
    /// Known items that it did not list.
    pub unseen: Vec<Unseen>,
    /// Open holds of the same list.
    pub holds: Vec<Hold>,
    /// The walks among them that asked in the same way as this one.
    pub same_observer: HashSet<i64>,
}

/// What follows before anything was asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Examination {
    pub expired: Vec<MediaId>,
    pub unreachable: Vec<MediaId>,
    /// Holds that end with this walk, by the number of the walk that was held.
    pub ended: Vec<(i64, HoldEnd)>,
    /// Items that are newly missed and not believed.
    pub held: Option<(HoldReason, Vec<MediaId>)>,
    /// Items that may take a step, those to ask for first.
    pub missed: Vec<Unseen>,
    /// How many of them to ask for by id.
    pub ask: usize,
}

/// Reads the silence of a walk.
pub fn examine(case: Case, caution: &Caution) -> Examination {
    let mut found = Examination::default();
    for item in case.unseen {
        match silence(&item, &case.proof) {
            Silence::Nothing => {}
            Silence::Expired => found.expired.push(item.media_id),
            Silence::Unreachable => found.unreachable.push(item.media_id),
            Silence::Missed => found.missed.push(item),
        }
    }
    let ids: HashSet<&MediaId> = found.missed.iter().map(|item| &item.media_id).collect();
    let mut believed: HashSet<&MediaId> = HashSet::new();
    let mut waiting: HashSet<&MediaId> = HashSet::new();
    let mut holds = case.holds;
    if case.proof.window == Window::ALL {
        // What a walk of everything neither listed nor missed no walk can tell any more: a story is
        // over, a post fell behind the cap, a slide left with its album.
        for hold in &mut holds {
            hold.items.retain(|item| ids.contains(item));
        }
    }
    for hold in &holds {
        let end = brake::review(hold, &ids, &case.proof.at, caution.confirm_after);
        match (end, case.observer) {
            // Another way of looking cannot confirm what the old one missed, but what it missed
            // itself: else it would stay another one for as long as it misses something new.
            (HoldEnd::Confirmed, Observer::Changed) if !case.same_observer.contains(&hold.walk) => {
                waiting.extend(&hold.items);
            }
            (HoldEnd::Confirmed, Observer::Same | Observer::Changed) => {
                believed.extend(&hold.items);
                found.ended.push((hold.walk, HoldEnd::Confirmed));
            }
            (HoldEnd::Stays, _) => waiting.extend(&hold.items),
            (HoldEnd::Dropped, _) => found.ended.push((hold.walk, HoldEnd::Dropped)),
        }
    }
    let is_waiting = |item: &Unseen| waiting.contains(&item.media_id);
    let newly: HashSet<MediaId> = found
        .missed
        .iter()
        .filter(|item| is_new(item) && !is_waiting(item) && !believed.contains(&item.media_id))
        .map(|item| item.media_id.clone())
        .collect();
    let hold = match case.observer {
        Observer::Changed if !newly.is_empty() => Some(HoldReason::Observer),
        Observer::Same if brake::holds(newly.len(), case.looked_at, caution.brake) => {
            Some(HoldReason::TooMany)
        }
        Observer::Same | Observer::Changed => None,
    };
    found.missed.retain(|item| !waiting.contains(&item.media_id));
    if let Some(reason) = hold {
        found.missed.retain(|item| !newly.contains(&item.media_id));
        let mut items: Vec<MediaId> = newly.into_iter().collect();
        items.sort_unstable();
        found.held = Some((reason, items));
    }
    let due = |item: &Unseen| {
        let may_speak = match case.observer {
            Observer::Same => true,
            // It has looked twice at what it confirmed itself, and at nothing else.
            Observer::Changed => believed.contains(&item.media_id),
        };
        may_speak && is_due(item, &case.proof, caution.confirm_after)
    };
    found.missed.sort_by_key(|item| (!due(item), item.asked_at, item.published_at));
    let many = found.missed.iter().filter(|item| due(item)).count();
    found.ask = many.min(caution.questions);
    found
}

/// Whether the item was thought to be there until now.
fn is_new(item: &Unseen) -> bool {
    match item.state {
        State::Present | State::Unreachable => true,
        State::Missing | State::Unlisted | State::Gone | State::Expired => false,
    }
}

/// What a walk amounts to after the questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// Each item takes its step.
    Steps(Vec<(MediaId, Verdict)>),
    /// The list has items that the walk skipped: it proves nothing, about any item.
    Disproved(Vec<MediaId>),
}

/// Reads the answers, given in the order of [`Examination::missed`]; items without an answer were
/// not asked for.
pub fn conclude(
    missed: &[Unseen],
    answers: &[Evidence],
    proof: &Proof,
    caution: &Caution,
) -> Conclusion {
    let not_asked = Evidence {
        answer: super::absence::Answer::NotAsked,
        control: super::absence::Control::Silent,
    };
    let answers = answers.iter().copied().chain(std::iter::repeat(not_asked));
    let steps: Vec<(MediaId, Verdict)> = missed
        .iter()
        .zip(answers)
        .map(|(item, answer)| {
            (item.media_id.clone(), verdict(item, answer, proof, caution.confirm_after))
        })
        .collect();
    let disproving: Vec<MediaId> = steps
        .iter()
        .filter(|(_, step)| *step == Verdict::Disproved)
        .map(|(id, _)| id.clone())
        .collect();
    if disproving.is_empty() { Conclusion::Steps(steps) } else { Conclusion::Disproved(disproving) }
}

#[cfg(test)]
mod tests;
