//! Which of an answer's fields are believed: known data is never replaced by worse.
//!
//! Two decisions. [`judge`] reads one answer beside what is known: most of it is plain, a loss is
//! not, because whether one item lost a value or all of them did shows when the walk has ended.
//! Then [`settle`] says for each doubt whether the item changed or whoever looked at it.

use std::collections::HashMap;

use super::MediaType;
use super::absence::Place;
use super::brake::{self, Limits};
use super::reconcile::Observer;
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

/// A doubt about one field of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubtful {
    /// The number of the item.
    pub item: i64,
    pub group: Group,
    /// Of the answer that raised it.
    pub health: Health,
}

/// Doubts that are settled together, because one cause would raise them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Group {
    pub place: Place,
    pub field: Tracked,
    pub doubt: Doubt,
}

impl Group {
    /// Whether it is about the loss of something that a living item always has.
    fn degrades(self) -> bool {
        match self.doubt {
            Doubt::Lost => self.field.nature() == Nature::Lasting,
            Doubt::AtSigns
            | Doubt::AtSignsBack
            | Doubt::Back
            | Doubt::Other
            | Doubt::Replaced
            | Doubt::Filled => false,
        }
    }
}

/// What became of a doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The item changed.
    Edit,
    /// What is known is better, and the difference lies with one answer.
    Worse,
    /// What is known is better, and the difference lies with whoever looks.
    Kept(Keeping),
    /// The better value is there again; nothing changed.
    Better,
}

/// How much a walk listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All that there is: what nothing of it has, nothing has.
    Everything,
    /// Some days, or what came before it was cut off.
    Part,
}

/// Settles the doubts of a walk.
///
/// `kept` is how many items of the same walk still have what the items of a group lost; of a group
/// that is about other or new values, how many are as they were.
pub fn settle(
    doubts: &[Doubtful],
    kept: impl Fn(Group) -> usize,
    observer: Observer,
    scope: Scope,
    limits: Limits,
) -> Vec<Settled> {
    let charge = |lost: &HashMap<Group, usize>, group: Group| {
        let tally = Tally { lost: lost.get(&group).copied().unwrap_or(0), kept: kept(group) };
        match group.doubt {
            Doubt::Lost | Doubt::AtSigns | Doubt::AtSignsBack | Doubt::Back | Doubt::Other => {
                charge(tally, observer, scope, limits)
            }
            Doubt::Replaced | Doubt::Filled => charge_wording(tally, observer, limits),
        }
    };
    let degrading = count(doubts.iter().filter(|doubt| doubt.group.degrades()));
    let mut degraded_by: HashMap<i64, Charge> = HashMap::new();
    for doubt in doubts.iter().filter(|doubt| doubt.group.degrades()) {
        let by = charge(&degrading, doubt.group);
        let so_far = degraded_by.entry(doubt.item).or_insert(by);
        *so_far = so_far.heavier(by);
    }
    // A text that was degraded before and is no other one lacks nothing new that says by whom.
    let cause = |doubt: &Doubtful| match doubt.health {
        Health::Whole => None,
        Health::Degraded => Some(degraded_by.get(&doubt.item).copied().unwrap_or(Charge::Item)),
    };
    let is_sign = |doubt: &&Doubtful| !doubt.group.degrades() && cause(doubt) != Some(Charge::Item);
    let signs = count(doubts.iter().filter(is_sign));
    let settle = |doubt: &Doubtful| {
        if doubt.group.degrades() {
            match charge(&degrading, doubt.group) {
                Charge::Observer => Settled::Kept(Keeping::Withheld),
                Charge::Item => Settled::Worse,
            }
        } else {
            settle_one(doubt.group.doubt, cause(doubt), charge(&signs, doubt.group))
        }
    };
    doubts.iter().map(settle).collect()
}

fn count<'a>(doubts: impl Iterator<Item = &'a Doubtful>) -> HashMap<Group, usize> {
    let mut number: HashMap<Group, usize> = HashMap::new();
    for doubt in doubts {
        *number.entry(doubt.group).or_default() += 1;
    }
    number
}

/// Settles a doubt, given who made the answer degraded, if it is.
///
/// One degraded answer says nothing that would take the place of anything. Where all answers lack
/// the same, what else they say can be believed, but not what else some of them lack.
fn settle_one(doubt: Doubt, degraded_by: Option<Charge>, charge: Charge) -> Settled {
    match (doubt, degraded_by, charge) {
        (Doubt::Back, _, _)
        | (
            Doubt::AtSignsBack | Doubt::Replaced | Doubt::Filled,
            None | Some(Charge::Observer),
            Charge::Observer,
        ) => Settled::Better,
        (_, Some(Charge::Item), _)
        | (Doubt::Lost | Doubt::AtSigns, Some(Charge::Observer), Charge::Item) => Settled::Worse,
        (Doubt::Lost | Doubt::Other, _, Charge::Observer) => Settled::Kept(Keeping::Withheld),
        (Doubt::AtSigns, _, Charge::Observer) => Settled::Kept(Keeping::Stripped),
        (Doubt::AtSignsBack | Doubt::Other | Doubt::Replaced | Doubt::Filled, _, Charge::Item)
        | (Doubt::Lost | Doubt::AtSigns, None, Charge::Item) => Settled::Edit,
    }
}

/// How many items of a walk lost something, and how many have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tally {
    lost: usize,
    kept: usize,
}

/// Who changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charge {
    Item,
    Observer,
}

impl Charge {
    /// Of two losses in one answer, the one that is its own.
    fn heavier(self, other: Self) -> Self {
        match (self, other) {
            (Self::Item, _) | (_, Self::Item) => Self::Item,
            (Self::Observer, Self::Observer) => Self::Observer,
        }
    }
}

/// A loss is charged to whoever looks when nothing of everything has it any more, when more items
/// lost it than people lose at once, and when most lost it in the first walk that asked in another
/// way.
fn charge(tally: Tally, observer: Observer, scope: Scope, limits: Limits) -> Charge {
    let all = match scope {
        Scope::Everything => tally.kept == 0 && tally.lost >= 2,
        Scope::Part => false,
    };
    let too_many = brake::holds(tally.lost, tally.lost.saturating_add(tally.kept), limits);
    let most = match observer {
        Observer::Changed => tally.lost > tally.kept,
        Observer::Same => false,
    };
    if all || too_many || most { Charge::Observer } else { Charge::Item }
}

/// Whether values that were withheld from everything at once were removed after all, because
/// answers to the same request have such values again, and not these.
///
/// `shown` is how many items of a walk of everything have one, `withheld` how many do not.
pub fn was_removed(withheld: usize, shown: usize, observer: Observer, limits: Limits) -> bool {
    let tally = Tally { lost: withheld, kept: shown };
    shown > 0 && charge(tally, observer, Scope::Everything, limits) == Charge::Item
}

/// Other words for what lasts, and values where there were none, are charged to whoever looks when
/// that is somebody else, and when there are more of them than people make at once.
fn charge_wording(tally: Tally, observer: Observer, limits: Limits) -> Charge {
    let too_many = brake::holds(tally.lost, tally.lost.saturating_add(tally.kept), limits);
    match observer {
        Observer::Changed => Charge::Observer,
        Observer::Same if too_many => Charge::Observer,
        Observer::Same => Charge::Item,
    }
}

#[cfg(test)]
mod tests;
