//! Which of an answer's fields are believed: known data is never replaced by worse.
//!
//! Two decisions. [`judge`] reads one answer beside what is known: most of it is plain, a loss is
//! not, because whether one item lost a value or all of them did shows when the walk has ended.
//! Then [`settle`] says for each doubt whether the item changed or whoever looked at it.

mod settle;

pub use settle::{Doubtful, Group, Scope, Settled, settle, was_removed};

use super::MediaType;
use super::tracked::{Keeping, Kind, Nature, Standing, State, States, TRACKED, Tracked};

/// Whether an answer has the text of the one before it; the list of slides is no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    Same,
    Other,
}

/// Whether an answer can be trusted where it lacks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Whole,
    /// It lacks something that a living item always has.
    Degraded,
}

/// What an answer means for one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// What is known stays: the answer says the same, or nothing.
    Keep,
    /// It is known from now on, and no change.
    Take,
    /// The item changed.
    Change,
    /// The item changed, or the answer is worse: settled when the walk ends.
    Doubt(Doubt),
    /// It could be read before and not now: what is known stays.
    Unreadable,
}

/// What is doubtful about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The value is gone.
    Lost,
    /// The caption is the known one without its '@' signs.
    AtSigns,
    /// The known caption is this one without its '@' signs.
    AtSignsBack,
    /// A value is there again that had gone from everything at once.
    Back,
    /// Another value, in an answer that lacks what a living item always has.
    Other,
    /// Another value of something that lasts: whoever words the answers may word it anew.
    Replaced,
    /// A value where there was none: whoever looks may be shown more.
    Filled,
}

impl Doubt {
    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::AtSigns => "at_signs",
            Self::AtSignsBack => "at_signs_back",
            Self::Back => "back",
            Self::Other => "other",
            Self::Replaced => "replaced",
            Self::Filled => "filled",
        }
    }

    /// Reads the word that [`Doubt::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        const ALL: [Doubt; 7] = [
            Doubt::Lost,
            Doubt::AtSigns,
            Doubt::AtSignsBack,
            Doubt::Back,
            Doubt::Other,
            Doubt::Replaced,
            Doubt::Filled,
        ];
        ALL.into_iter().find(|doubt| doubt.as_str() == word)
    }

    /// Whether it is about something that the answer has, and nothing that it does not have.
    pub fn adds(self) -> bool {
        match self {
            Self::Replaced | Self::Filled => true,
            Self::Lost | Self::AtSigns | Self::AtSignsBack | Self::Back | Self::Other => false,
        }
    }
}

/// What an answer means for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// In the order of [`Tracked::ALL`].
    pub decisions: [Decision; TRACKED],
    pub health: Health,
}

/// Reads an answer about a known item, field by field.
pub fn judge(known: &States<'_>, seen: &States<'_>, wording: Wording) -> Judged {
    let lacks = |n: usize| {
        let is_expected = match known[n].standing {
            Standing::Said(_) | Standing::Kept(Keeping::Worse) => true,
            Standing::Kept(Keeping::Withheld | Keeping::Stripped) => false,
        };
        let field = Tracked::ALL[n];
        is_expected && field.nature() == Nature::Lasting && loses(field, &known[n], &seen[n])
    };
    let health = if (0..TRACKED).any(lacks) { Health::Degraded } else { Health::Whole };
    let decide = |n: usize| {
        let decision = decide(Tracked::ALL[n], &known[n], &seen[n], wording, health);
        let is_other =
            matches!(decision, Decision::Change | Decision::Doubt(Doubt::Replaced | Doubt::Filled));
        match (health, wording) {
            (Health::Degraded, Wording::Same) if is_other => Decision::Keep,
            (Health::Degraded, Wording::Other) if is_other => Decision::Doubt(Doubt::Other),
            (Health::Whole | Health::Degraded, _) => decision,
        }
    };
    Judged { decisions: std::array::from_fn(decide), health }
}

/// Whether answers about an item were degraded the last time, which holds for as long as its text
/// is the same.
pub fn health(standings: impl Iterator<Item = Standing>) -> Health {
    let lacks = |(field, standing): (Tracked, Standing)| {
        field.nature() == Nature::Lasting && standing == Standing::Kept(Keeping::Worse)
    };
    if Tracked::ALL.into_iter().zip(standings).any(lacks) {
        Health::Degraded
    } else {
        Health::Whole
    }
}

/// What is known of an item whose answers are always degraded: what lasts is known, and expected
/// of them no more, so that everything else that they say can be believed.
pub fn usual<'a>(known: &States<'a>) -> States<'a> {
    let mut states = known.clone();
    for (field, state) in Tracked::ALL.into_iter().zip(&mut states) {
        if field.nature() == Nature::Lasting && state.standing == Standing::Kept(Keeping::Worse) {
            state.standing = Standing::Kept(Keeping::Withheld);
        }
    }
    states
}

fn decide(
    field: Tracked,
    known: &State<'_>,
    seen: &State<'_>,
    wording: Wording,
    health: Health,
) -> Decision {
    let says_nothing = match seen.standing.kind() {
        Kind::NotAsked => return Decision::Keep,
        Kind::Unreadable => return unreadable(known.standing),
        Kind::Null | Kind::Absent => health == Health::Degraded,
        Kind::Value => false,
    };
    match known.standing {
        Standing::Said(_) if says_nothing && !has_content(known) => Decision::Keep,
        Standing::Said(Kind::NotAsked) => Decision::Take,
        Standing::Said(Kind::Null | Kind::Absent | Kind::Unreadable) if known == seen => {
            Decision::Keep
        }
        Standing::Said(Kind::Null | Kind::Absent | Kind::Unreadable) => {
            appear(field, known.standing.kind(), seen.standing.kind())
        }
        Standing::Said(Kind::Value) => compare(field, known, seen, None),
        Standing::Kept(Keeping::Worse)
            if wording == Wording::Same && is_less(field, known, seen) =>
        {
            Decision::Keep
        }
        Standing::Kept(keeping) => compare(field, known, seen, Some(keeping)),
    }
}

/// What follows where there was no value: that nothing is said in other words is no change.
fn appear(field: Tracked, known: Kind, seen: Kind) -> Decision {
    match (known, seen) {
        (Kind::Null | Kind::Absent, Kind::Null | Kind::Absent) => Decision::Take,
        (_, Kind::Value) if field != Tracked::Caption => Decision::Doubt(Doubt::Filled),
        (_, Kind::Value | Kind::Null | Kind::Absent | Kind::Unreadable | Kind::NotAsked) => {
            Decision::Change
        }
    }
}

fn unreadable(known: Standing) -> Decision {
    match known {
        Standing::Said(Kind::NotAsked) => Decision::Take,
        Standing::Said(Kind::Unreadable) => Decision::Keep,
        Standing::Said(Kind::Value | Kind::Null | Kind::Absent) | Standing::Kept(_) => {
            Decision::Unreadable
        }
    }
}

/// Compares a known value with an answer that could be read.
fn compare(
    field: Tracked,
    known: &State<'_>,
    seen: &State<'_>,
    keeping: Option<Keeping>,
) -> Decision {
    if loses(field, known, seen) {
        return match keeping {
            Some(Keeping::Withheld) => Decision::Keep,
            None | Some(Keeping::Worse | Keeping::Stripped) => Decision::Doubt(Doubt::Lost),
        };
    }
    if known.text == seen.text {
        return match keeping {
            None => Decision::Keep,
            Some(Keeping::Worse) => Decision::Take,
            Some(Keeping::Withheld | Keeping::Stripped) => Decision::Doubt(Doubt::Back),
        };
    }
    if is_stripped(field, known, seen) {
        return match keeping {
            Some(Keeping::Stripped) => Decision::Keep,
            None | Some(Keeping::Worse | Keeping::Withheld) => Decision::Doubt(Doubt::AtSigns),
        };
    }
    if is_stripped(field, seen, known) {
        return Decision::Doubt(Doubt::AtSignsBack);
    }
    match field.nature() {
        Nature::Lasting => Decision::Doubt(Doubt::Replaced),
        Nature::Removable => Decision::Change,
    }
}

/// Whether the answer has less of the field than is known.
fn is_less(field: Tracked, known: &State<'_>, seen: &State<'_>) -> bool {
    loses(field, known, seen) || is_stripped(field, known, seen)
}

/// Whether a known value is gone from an answer: not there, empty, or a kind of item that the
/// reference does not have in place of one that it has.
fn loses(field: Tracked, known: &State<'_>, seen: &State<'_>) -> bool {
    if !has_content(known) {
        return false;
    }
    match seen.standing.kind() {
        Kind::Null | Kind::Absent => true,
        Kind::Unreadable | Kind::NotAsked => false,
        Kind::Value => {
            let is_placeholder = || is_documented_type(known) && !is_documented_type(seen);
            !has_content(seen) || (field == Tracked::MediaType && is_placeholder())
        }
    }
}

/// Whether there is a value with something in it: an empty text or list is none.
fn has_content(state: &State<'_>) -> bool {
    state.text.as_deref().is_some_and(|text| !matches!(text, "" | "[]"))
}

fn is_documented_type(state: &State<'_>) -> bool {
    state.text.as_deref().is_some_and(|word| match MediaType::from(word.to_owned()) {
        MediaType::Image | MediaType::Video | MediaType::CarouselAlbum => true,
        MediaType::Other(_) => false,
    })
}

/// Whether a caption is another one without its '@' signs.
fn is_stripped(field: Tracked, whole: &State<'_>, less: &State<'_>) -> bool {
    let (Some(whole), Some(less)) = (&whole.text, &less.text) else { return false };
    let without = whole.chars().filter(|c| *c != '@');
    field == Tracked::Caption && whole.contains('@') && without.eq(less.chars())
}

#[cfg(test)]
mod tests;
