//! What becomes of the doubts of a walk when it has ended: who changed, the items or whoever looks.

use std::collections::HashMap;

use super::{Doubt, Health};
use crate::domain::absence::Place;
use crate::domain::brake::{self, Limits};
use crate::domain::reconcile::Observer;
use crate::domain::tracked::{Keeping, Nature, Tracked};

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
    pub(super) fn degrades(self) -> bool {
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
