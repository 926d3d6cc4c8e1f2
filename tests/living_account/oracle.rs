//! Whether what was said of an item is true.

use mediakeep::domain::Edge;
use mediakeep::domain::absence::State;

use super::truth::{DAY, STORY_LIFE, Time, Truth};

/// A span of real time in which somebody looked, widened by the age of the stalest replica that
/// answered: whatever was true somewhere in it may have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub from: Time,
    pub to: Time,
    /// When the walk really began.
    pub began: Time,
}

/// Something false that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Falsehood {
    pub item: usize,
    pub said: State,
    pub why: &'static str,
}

/// Judges a new state of an item; `first` is the look of its first strike.
pub(crate) fn judge(
    truth: &Truth,
    cap: usize,
    item: usize,
    said: State,
    first: Option<Look>,
    last: Look,
) -> Result<(), Falsehood> {
    let why = match said {
        State::Gone => why_not_gone(truth, item, first, last),
        State::Unlisted => why_not_unlisted(truth, item, last),
        State::Expired => {
            let it = &truth.items[item];
            let lives = last.to < it.published + STORY_LIFE;
            (it.edge != Edge::Stories || lives).then_some("its life is not over")
        }
        State::Unreachable => {
            shows(truth, cap, item, last).then_some("the list showed it all the time")
        }
        State::Missing | State::Present => None,
    };
    why.map_or(Ok(()), |why| Err(Falsehood { item, said, why }))
}

fn why_not_gone(
    truth: &Truth,
    item: usize,
    first: Option<Look>,
    last: Look,
) -> Option<&'static str> {
    let it = &truth.items[item];
    let Some(first) = first else { return Some("nobody looked twice") };
    if last.began - first.began < DAY {
        return Some("both looks were on one day");
    }
    if it.edge == Edge::Stories && last.to >= it.published + STORY_LIFE {
        return Some("a story past its life has expired");
    }
    for look in [first, last] {
        let instants = truth.instants(item, look.from, look.to);
        if instants.iter().all(|at| truth.is_listed(item, *at)) {
            return Some("it was listed all the time");
        }
        if instants.iter().all(|at| truth.is_served(item, *at)) {
            return Some("it answered all the time");
        }
    }
    None
}

fn why_not_unlisted(truth: &Truth, item: usize, look: Look) -> Option<&'static str> {
    let instants = truth.instants(item, look.from, look.to);
    if instants.iter().all(|at| truth.is_listed(item, *at)) {
        return Some("it was listed all the time");
    }
    let answered = instants.iter().any(|at| truth.is_served(item, *at));
    (!answered).then_some("it never answered")
}

/// Whether the list has an item at every instant of a look, the cap considered.
pub(crate) fn shows(truth: &Truth, cap: usize, item: usize, look: Look) -> bool {
    let mut instants: Vec<Time> = Vec::new();
    for other in 0..truth.items.len() {
        instants.extend(truth.instants(other, look.from, look.to));
        instants.push(truth.items[other].published.clamp(look.from, look.to));
    }
    instants.sort_unstable();
    instants.dedup();
    let edge = truth.items[item].edge;
    let post = truth.items[item].album.unwrap_or(item);
    instants
        .iter()
        .all(|at| truth.is_listed(item, *at) && truth.list(edge, *at, cap).contains(&post))
}
