//! What it means that a walk did not list an item, and which step of the ladder follows.
//!
//! `present → missing → gone`, with `unlisted`, `expired` and `unreachable` beside it. The way down
//! takes two complete walks and two questions by id that lie `confirm_after` apart, each between
//! two controls that answered; the way up takes one look. A kind of posts that is missing as a whole
//! may be hidden by a right that was lost, and has no control of its own: items beside which only
//! another kind answered need [`PATIENCE`] times as long between the two looks.

use std::time::Duration;

use super::coverage::{Coverage, MARGIN, STORY_LIFE};
use super::{Edge, MediaId, Timestamp, Window};

/// What is believed of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The last walk that had to list it did.
    Present,
    /// A walk that had to list it did not; that is all.
    Missing,
    /// It answers by its id and no list has it: archived lists and lists of others look like this.
    Unlisted,
    /// Twice not listed and twice not there by its id: no longer available to this token.
    Gone,
    /// A story past its life.
    Expired,
    /// Older than the oldest of the 10 000 items that the API lists.
    Unreachable,
}

impl State {
    /// Every state, in the order of the ladder.
    pub const ALL: [Self; 6] = [
        Self::Present,
        Self::Missing,
        Self::Unlisted,
        Self::Gone,
        Self::Expired,
        Self::Unreachable,
    ];

    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Missing => "missing",
            Self::Unlisted => "unlisted",
            Self::Gone => "gone",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
        }
    }

    /// Reads the word that [`State::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// An instant on our clock and on the API's, so that neither clock alone can make a day pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub local: Timestamp,
    /// The `Date` of an answer, when it had one.
    pub server: Option<Timestamp>,
}

impl Moment {
    /// The time that has certainly passed from this moment to a later one: the shorter of what
    /// the two clocks say.
    pub fn until(&self, later: &Self) -> Duration {
        let local = later.local.since(self.local);
        match (self.server, later.server) {
            (Some(before), Some(after)) => local.min(after.since(before)),
            (Some(_) | None, None) | (None, Some(_)) => local,
        }
    }

    /// Whether a clock showed more at this moment than at a later one: it was wrong at one of
    /// them, and no time can be told between the two.
    pub fn is_ahead_of(&self, later: &Self) -> bool {
        let server = self.server.zip(later.server).is_some_and(|(then, now)| then > now);
        self.local > later.local || server
    }

    /// What both clocks say has come: the time by which a walk may claim to have looked.
    pub fn earliest(&self) -> Timestamp {
        self.server.map_or(self.local, |server| server.min(self.local))
    }
}

/// A known item that a finished walk did not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    pub media_id: MediaId,
    pub place: Place,
    pub published_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    pub state: State,
    /// The first time that it was asked for and did not exist, between two good controls.
    pub strike: Option<Moment>,
    /// When it was last asked for by its id, whatever came of it.
    pub asked_at: Option<Timestamp>,
    /// The end of the first walk that did not list it, since it was last listed.
    pub since: Option<Timestamp>,
}

/// Where an item belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the list itself.
    Post,
    /// In an album that the walk listed, whose own list of slides was there and lacks the item.
    Slide,
}

/// A walk that has proven something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    pub edge: Edge,
    pub window: Window,
    /// When it began.
    pub at: Moment,
    pub coverage: Coverage,
    /// What two walks a day or more apart agree on as the end of the list ([`end_of_list`]), when
    /// older items are certainly cut off.
    ///
    /// [`end_of_list`]: super::coverage::end_of_list
    pub capped_at: Option<Timestamp>,
}

/// What a walk's silence about an item says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nothing, or nothing new.
    Nothing,
    /// A story's life is over.
    Expired,
    /// The list ends before it.
    Unreachable,
    /// It had to be listed.
    Missed,
}

/// Reads the silence of a walk about one item.
pub fn silence(item: &Unseen, walk: &Proof) -> Silence {
    match item.state {
        State::Gone | State::Expired => return Silence::Nothing,
        State::Present | State::Missing | State::Unlisted | State::Unreachable => {}
    }
    match (item.place, walk.edge) {
        (Place::Slide, Edge::Media) => Silence::Missed,
        (Place::Slide, Edge::Stories | Edge::Tags) | (Place::Post, Edge::Tags) => Silence::Nothing,
        (Place::Post, Edge::Media) => silence_about_post(item, walk),
        (Place::Post, Edge::Stories) => silence_about_story(item, walk),
    }
}

fn silence_about_post(item: &Unseen, walk: &Proof) -> Silence {
    let Some(published_at) = item.published_at else {
        // It was published before it was first seen, and that was before now whatever the clock
        // showed then; more is not known.
        let was_ahead = item.first_seen_at > walk.at.local;
        let all = walk.window == Window::ALL
            && walk.coverage.from == Timestamp::EPOCH
            && (item.first_seen_at <= walk.coverage.to || was_ahead);
        return if all { Silence::Missed } else { Silence::Nothing };
    };
    if walk.coverage.contains(published_at) {
        return Silence::Missed;
    }
    let is_beyond = walk.capped_at.is_some_and(|oldest| published_at < oldest);
    match item.state {
        State::Present if is_beyond => Silence::Unreachable,
        State::Present
        | State::Missing
        | State::Unlisted
        | State::Gone
        | State::Expired
        | State::Unreachable => Silence::Nothing,
    }
}

/// A story whose time of publication is unknown was published before it was first seen. Its life
/// is over when both clocks say so: ours alone may have jumped ahead.
fn silence_about_story(item: &Unseen, walk: &Proof) -> Silence {
    let published_at = item.published_at.unwrap_or(item.first_seen_at);
    if published_at.plus(STORY_LIFE).plus(MARGIN) <= walk.at.earliest() {
        Silence::Expired
    } else if item.published_at.is_some() && walk.coverage.contains(published_at) {
        Silence::Missed
    } else {
        Silence::Nothing
    }
}

/// What came of asking for an item by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nobody asked: not due, or beyond the budget.
    NotAsked,
    /// "Does not exist, or no permission, or not supported".
    DoesNotExist,
    /// Its own id came back, and the list of the days around it does not have it.
    Exists,
    /// Its own id came back, and the list of the days around it has it: the walk skipped it.
    Listed,
    /// Anything else: a throttle, a fault, another item.
    Unclear,
}

/// Whether an item that the walk did list answered in the same minute, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    Answered,
    /// One of another kind did: the walk listed none of the item's own. A lost right to see a kind
    /// looks like this, and so does the removal of the last post of a kind.
    OtherKind,
    /// It did not, or there is none: whatever else was said says nothing.
    Silent,
}

/// What is known after asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    pub answer: Answer,
    pub control: Control,
}

/// The step that an item takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It stays what it is.
    Stay,
    /// It is missing from now on, or still, and perhaps did not exist for the first time.
    Missing {
        strike: Option<Moment>,
    },
    Unlisted,
    Gone,
    /// It is there: what the walk claims to have seen is wrong.
    Disproved,
}

/// Decides the step of an item that a complete walk had to list and did not.
pub fn verdict(
    item: &Unseen,
    evidence: Evidence,
    walk: &Proof,
    confirm_after: Duration,
) -> Verdict {
    match (evidence.answer, evidence.control) {
        (Answer::Listed, _) => Verdict::Disproved,
        (Answer::Exists, _) => match item.state {
            State::Unlisted => Verdict::Stay,
            State::Present | State::Missing | State::Gone | State::Expired | State::Unreachable => {
                Verdict::Unlisted
            }
        },
        (Answer::DoesNotExist, Control::Answered) => struck(item, walk, confirm_after),
        (Answer::DoesNotExist, Control::OtherKind) => {
            struck(item, walk, confirm_after.saturating_mul(PATIENCE))
        }
        (Answer::DoesNotExist, Control::Silent) | (Answer::NotAsked | Answer::Unclear, _) => {
            match item.state {
                State::Present | State::Unreachable => Verdict::Missing { strike: None },
                State::Missing | State::Unlisted | State::Gone | State::Expired => Verdict::Stay,
            }
        }
    }
}

/// How many times `confirm_after` lies between the two looks at an item whose kind is missing as a
/// whole: a lost right is noticed and mended in days, not in hours.
pub const PATIENCE: u32 = 3;

/// It did not exist when asked for, and the control did.
fn struck(item: &Unseen, walk: &Proof, confirm_after: Duration) -> Verdict {
    // Counting from a clock that was ahead would wait until that time comes.
    let first = item.strike.filter(|first| !first.is_ahead_of(&walk.at));
    match (item.state, first) {
        (State::Missing, Some(first)) if first.until(&walk.at) >= confirm_after => Verdict::Gone,
        (State::Missing, Some(_)) | (State::Gone | State::Expired, _) => Verdict::Stay,
        (State::Missing, None) | (State::Present | State::Unlisted | State::Unreachable, _) => {
            Verdict::Missing { strike: Some(walk.at) }
        }
    }
}

/// The shortest rest between two questions for the same item.
const SHORTEST_REST: Duration = Duration::from_secs(3600);
/// The longest rest of an item that answers and is in no list.
const LONGEST_REST: Duration = Duration::from_secs(30 * 86_400);

/// Whether asking for a missed item can change anything now.
///
/// An item that was asked for rests: the longer it has stayed undecided, the longer. Otherwise an
/// answer that stays unclear would cost a question at every walk, for ever.
pub fn is_due(item: &Unseen, walk: &Proof, confirm_after: Duration) -> bool {
    match item.state {
        State::Present | State::Unreachable => true,
        State::Missing => {
            let can_be_confirmed = item.strike.is_none_or(|first| {
                first.is_ahead_of(&walk.at) || first.until(&walk.at) >= confirm_after
            });
            let undecided_since = item.strike.map(|first| first.local).or(item.since);
            let shortest = SHORTEST_REST.min(confirm_after);
            let rest = |waited: Duration| (waited / 2).min(confirm_after).max(shortest);
            can_be_confirmed && has_rested(item.asked_at, undecided_since, walk, rest)
        }
        State::Unlisted => {
            let rest = |waited: Duration| waited.min(LONGEST_REST).max(confirm_after);
            has_rested(item.asked_at, item.since, walk, rest)
        }
        State::Gone | State::Expired => false,
    }
}

/// Whether the last question lies far enough back; `rest` says how far for an item that had been
/// undecided for so long when it was asked. A clock that was ahead then is no reason to wait.
fn has_rested(
    asked_at: Option<Timestamp>,
    undecided_since: Option<Timestamp>,
    walk: &Proof,
    rest: impl Fn(Duration) -> Duration,
) -> bool {
    asked_at.is_none_or(|asked| {
        let waited = undecided_since.map_or(Duration::ZERO, |since| asked.since(since));
        asked > walk.at.local || walk.at.local.since(asked) >= rest(waited)
    })
}

#[cfg(test)]
mod tests;
