//! What happens to an account and to those who look at it, as values that can shrink.

use proptest::collection::vec;
use proptest::prelude::*;

use super::api::{Nature, Since};

/// Something that its owner, or whoever decides over its permissions, does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Publish { kind: u8, slides: u8 },
    Undated,
    Story,
    Archive(u8),
    ArchiveMany(u8),
    Unlist(u8),
    Delete(u8),
    DeleteStory(u8),
    Restore(u8),
    DropSlide { album: u8, is_served: bool },
    LosePermission { kind: u8, hours: u8 },
}

/// Something that happens at one request of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upset {
    World(Op),
    Throttled,
    TokenDead,
    PermissionRefused,
    Broken,
    /// The list is out of order until the pass ends.
    Swapped(u8, u8),
    /// A replica so many minutes old answers.
    Stale(u8),
    ShortPage,
    EmptyPage,
    EmptyEnd,
    CutEnd,
    RepeatedCursor,
    DeadCursor,
    Unreadable,
    NoSlides,
}

/// Something that goes on after a pass has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    NodesOut {
        hours: u8,
    },
    ListsCut {
        items: u8,
        hours: u8,
    },
    Lagging {
        hours: u8,
    },
    Since(Since),
    /// Our clock, from now on, beside the right time.
    Clock(i64),
    NewVersion,
    /// The API loses posts for a while though nobody took them away: those from the nth on.
    Lost {
        first: u8,
        many: u8,
        hours: u8,
    },
    /// A new version does not show a kind of posts until it is mended.
    BlindVersion {
        kind: u8,
        hours: u8,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    Recent,
    Full,
    Stories,
}

#[derive(Debug, Clone)]
pub(crate) struct Pass {
    /// Minutes since the pass before.
    pub wait: u32,
    /// What happens on the way there.
    pub ops: Vec<Op>,
    pub change: Option<Change>,
    pub walk: Walk,
    /// Seconds per request.
    pub pace: u8,
    pub upsets: Vec<(usize, Upset)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Post {
    pub days_ago: u8,
    pub kind: u8,
    pub slides: u8,
}

#[derive(Debug, Clone)]
pub(crate) struct History {
    pub nature: Nature,
    pub salt: u64,
    /// How many questions one walk may lead to.
    pub questions: usize,
    pub posts: Vec<Post>,
    pub passes: Vec<Pass>,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..2_u8, prop_oneof![3 => Just(0_u8), 1 => 2..4_u8])
            .prop_map(|(kind, slides)| Op::Publish { kind, slides }),
        1 => Just(Op::Undated),
        2 => Just(Op::Story),
        3 => any::<u8>().prop_map(Op::Archive),
        1 => (3..8_u8).prop_map(Op::ArchiveMany),
        2 => any::<u8>().prop_map(Op::Unlist),
        2 => any::<u8>().prop_map(Op::Delete),
        1 => any::<u8>().prop_map(Op::DeleteStory),
        3 => any::<u8>().prop_map(Op::Restore),
        1 => any::<(u8, bool)>()
            .prop_map(|(album, is_served)| Op::DropSlide { album, is_served }),
        1 => (0..2_u8, 1..100_u8)
            .prop_map(|(kind, hours)| Op::LosePermission { kind, hours }),
    ]
}

/// Nothing leaves: what is gone then, is gone wrongly.
fn arrival() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..2_u8, prop_oneof![3 => Just(0_u8), 1 => 2..4_u8])
            .prop_map(|(kind, slides)| Op::Publish { kind, slides }),
        1 => Just(Op::Undated),
        2 => Just(Op::Story),
    ]
}

fn upset(op: BoxedStrategy<Op>) -> impl Strategy<Value = Upset> {
    prop_oneof![
        6 => op.prop_map(Upset::World),
        1 => Just(Upset::Throttled),
        1 => Just(Upset::TokenDead),
        1 => Just(Upset::PermissionRefused),
        1 => Just(Upset::Broken),
        1 => (0..12_u8, 0..12_u8).prop_map(|(left, right)| Upset::Swapped(left, right)),
        3 => (1..=60_u8).prop_map(Upset::Stale),
        2 => Just(Upset::ShortPage),
        1 => Just(Upset::EmptyPage),
        1 => Just(Upset::EmptyEnd),
        2 => Just(Upset::CutEnd),
        1 => Just(Upset::RepeatedCursor),
        1 => Just(Upset::DeadCursor),
        1 => Just(Upset::Unreadable),
        1 => Just(Upset::NoSlides),
    ]
}

fn since() -> impl Strategy<Value = Since> {
    prop_oneof![
        1 => Just(Since::Ignored),
        1 => Just(Since::Honoured(0)),
        2 => (-1_800..=1_800_i64).prop_map(Since::Honoured),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;
    let clocks = vec![0, 0, 0, HOUR, -HOUR, DAY, -DAY, 3_652 * DAY, -3_652 * DAY];
    prop_oneof![
        2 => (1..120_u8).prop_map(|hours| Change::NodesOut { hours }),
        2 => (0..20_u8, 1..80_u8).prop_map(|(items, hours)| Change::ListsCut { items, hours }),
        2 => (1..80_u8).prop_map(|hours| Change::Lagging { hours }),
        2 => since().prop_map(Change::Since),
        3 => prop::sample::select(clocks).prop_map(Change::Clock),
        1 => Just(Change::NewVersion),
    ]
}

/// The API itself loses items: for less than a day, which is what the delay is for.
fn loss() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<u8>(), 1..12_u8, 1..23_u8).prop_map(|(first, many, hours)| Change::Lost {
            first,
            many,
            hours
        }),
        (0..2_u8, 1..23_u8).prop_map(|(kind, hours)| Change::BlindVersion { kind, hours }),
    ]
}

fn pass(op: BoxedStrategy<Op>) -> impl Strategy<Value = Pass> {
    let wait = prop_oneof![
        3 => 1..60_u32,
        3 => 60..1_440_u32,
        3 => 1_380..1_560_u32,
        1 => 1_440..6_000_u32,
    ];
    let walk = prop_oneof![
        3 => Just(Walk::Recent),
        4 => Just(Walk::Full),
        2 => Just(Walk::Stories),
    ];
    let ops = prop_oneof![2 => Just(Vec::new()), 2 => vec(op.clone(), 1..4)];
    let change = prop::option::weighted(0.25, change());
    let upsets = prop_oneof![2 => Just(Vec::new()), 1 => vec((0..12_usize, upset(op)), 1..4)];
    (wait, ops, change, walk, 1..60_u8, upsets).prop_map(
        |(wait, ops, change, walk, pace, upsets)| Pass { wait, ops, change, walk, pace, upsets },
    )
}

fn nature() -> impl Strategy<Value = Nature> {
    let cap = prop_oneof![3 => Just(10_000_usize), 1 => 8..16_usize];
    (cap, 2..9_usize, any::<bool>(), any::<bool>(), 0..3_usize).prop_map(
        |(cap, page_size, by_offset, cursors_die, miscount)| Nature {
            cap,
            page_size,
            by_offset,
            cursors_die,
            miscount,
        },
    )
}

/// Histories of about 30 passes, in which everything can happen.
pub(crate) fn histories() -> impl Strategy<Value = History> {
    let free = vec(pass(op().boxed()), 1..60);
    let quiet = (vec(pass(arrival().boxed()), 1..60), loss(), any::<prop::sample::Index>())
        .prop_map(|(mut passes, loss, at)| {
            let at = at.index(passes.len());
            passes[at].change = Some(loss);
            passes
        });
    let passes = prop_oneof![3 => free, 1 => quiet];
    let post = (0..100_u8, 0..2_u8, prop_oneof![3 => Just(0_u8), 1 => 2..4_u8])
        .prop_map(|(days_ago, kind, slides)| Post { days_ago, kind, slides });
    let questions = prop_oneof![1 => 1..4_usize, 4 => Just(100_usize)];
    (nature(), any::<u64>(), questions, vec(post, 0..18), passes).prop_map(
        |(nature, salt, questions, posts, passes)| History {
            nature,
            salt,
            questions,
            posts,
            passes,
        },
    )
}
