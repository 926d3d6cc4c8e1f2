use std::collections::HashMap;

use super::*;
use crate::domain::absence::Place;
use crate::domain::brake::Limits;
use crate::domain::reconcile::Observer;

const LIMITS: Limits = Limits { items: 20, share: 0.05 };

fn state(standing: Standing, text: Option<&str>) -> State<'static> {
    State { standing, text: text.map(|text| text.to_owned().into()) }
}

fn value(text: &str) -> State<'static> {
    state(Standing::Said(Kind::Value), Some(text))
}

fn said(kind: Kind) -> State<'static> {
    state(Standing::Said(kind), None)
}

fn kept(keeping: Keeping, text: &str) -> State<'static> {
    state(Standing::Kept(keeping), Some(text))
}

/// Nothing asked and nothing known, but for one field.
fn only(field: Tracked, state: &State<'static>) -> States<'static> {
    let mut states = States::default();
    for (tracked, place) in Tracked::ALL.into_iter().zip(&mut states) {
        if tracked == field {
            place.clone_from(state);
        }
    }
    states
}

fn judge_one(
    field: Tracked,
    known: &State<'static>,
    seen: &State<'static>,
    wording: Wording,
) -> (Decision, Health) {
    let judged = judge(&only(field, known), &only(field, seen), wording);
    let place = Tracked::ALL.iter().position(|tracked| *tracked == field).unwrap();
    let others = judged.decisions.iter().enumerate().filter(|(n, _)| *n != place);
    assert!(others.into_iter().all(|(_, decision)| *decision == Decision::Keep));
    (judged.decisions[place], judged.health)
}

/// The same answer about a caption, when it also lacks the item's permalink.
fn judge_degraded(known: &State<'static>, seen: &State<'static>, wording: Wording) -> Decision {
    let with = |caption: &State<'static>, permalink: State<'static>| {
        let mut states = only(Tracked::Caption, caption);
        states[4] = permalink;
        states
    };
    let judged = judge(
        &with(known, value("https://www.instagram.com/p/S/")),
        &with(seen, said(Kind::Absent)),
        wording,
    );
    assert_eq!(judged.health, Health::Degraded);
    assert_eq!(judged.decisions[4], Decision::Doubt(Doubt::Lost));
    judged.decisions[TRACKED - 1]
}

use Decision::{Change, Keep, Take};
use Keeping::{Stripped, Withheld, Worse};
use Kind::{Absent, NotAsked, Null, Unreadable};

const LOST: Decision = Decision::Doubt(Doubt::Lost);
const AT_SIGNS: Decision = Decision::Doubt(Doubt::AtSigns);
const AT_SIGNS_BACK: Decision = Decision::Doubt(Doubt::AtSignsBack);
const BACK: Decision = Decision::Doubt(Doubt::Back);
const OTHER: Decision = Decision::Doubt(Doubt::Other);
const REPLACED: Decision = Decision::Doubt(Doubt::Replaced);
const FILLED: Decision = Decision::Doubt(Doubt::Filled);

#[test]
fn every_pair_of_facts_about_a_removable_field_has_its_consequence() {
    let table = [
        (said(NotAsked), said(NotAsked), Keep),
        (said(NotAsked), value("a"), Take),
        (said(NotAsked), said(Null), Take),
        (said(NotAsked), said(Absent), Take),
        (said(NotAsked), said(Unreadable), Take),
        (value("a"), said(NotAsked), Keep),
        (value("a"), value("a"), Keep),
        (value("a"), value("b"), Change),
        (value("a"), said(Null), LOST),
        (value("a"), said(Absent), LOST),
        (value("a"), value(""), LOST),
        (value("a"), said(Unreadable), Decision::Unreadable),
        (value(""), said(Absent), Change),
        (value(""), said(Null), Change),
        (value(""), value("a"), Change),
        (said(Null), value("a"), Change),
        (said(Null), said(Null), Keep),
        (said(Null), said(Absent), Take),
        (said(Null), said(Unreadable), Decision::Unreadable),
        (said(Null), said(NotAsked), Keep),
        (said(Absent), value("a"), Change),
        (said(Absent), said(Null), Take),
        (said(Absent), said(Absent), Keep),
        (said(Absent), said(Unreadable), Decision::Unreadable),
        (said(Unreadable), value("a"), Change),
        (said(Unreadable), said(Absent), Change),
        (said(Unreadable), said(Unreadable), Keep),
        (said(Unreadable), said(NotAsked), Keep),
        (value("hi @lena"), value("hi lena"), AT_SIGNS),
        (value("@a @b"), value("a b"), AT_SIGNS),
        (value("@a @b"), value("a @b"), Change),
        (value("hi @lena"), value("hello lena"), Change),
        (value("hi lena"), value("hi @lena"), AT_SIGNS_BACK),
        (value("@"), value(""), LOST),
        (kept(Withheld, "a"), said(Absent), Keep),
        (kept(Withheld, "a"), said(Null), Keep),
        (kept(Withheld, "a"), value(""), Keep),
        (kept(Withheld, "a"), value("a"), BACK),
        (kept(Withheld, "a"), value("b"), Change),
        (kept(Withheld, "a @b"), value("a b"), AT_SIGNS),
        (kept(Withheld, "a"), said(Unreadable), Decision::Unreadable),
        (kept(Withheld, "a"), said(NotAsked), Keep),
        (kept(Worse, "a"), said(Absent), LOST),
        (kept(Worse, "a"), value("a"), Take),
        (kept(Worse, "a"), value("b"), Change),
        (kept(Worse, "a @b"), value("a b"), AT_SIGNS),
        (kept(Stripped, "a @b"), value("a b"), Keep),
        (kept(Stripped, "a @b"), value("a @b"), BACK),
        (kept(Stripped, "a @b"), value("a c"), Change),
        (kept(Stripped, "a @b"), said(Absent), LOST),
    ];
    for (known, seen, expected) in table {
        let found = judge_one(Tracked::Caption, &known, &seen, Wording::Other);
        assert_eq!(found, (expected, Health::Whole), "{known:?} {seen:?}");
    }
}

#[test]
fn at_signs_are_a_matter_of_captions_alone() {
    let (with, without) = (value("a @b"), value("a b"));
    for field in Tracked::ALL.into_iter().filter(|field| *field != Tracked::Caption) {
        let expected = match field.nature() {
            Nature::Lasting => REPLACED,
            Nature::Removable => Change,
        };
        assert_eq!(judge_one(field, &with, &without, Wording::Other).0, expected, "{field:?}");
        assert_eq!(judge_one(field, &without, &with, Wording::Other).0, expected, "{field:?}");
    }
}

#[test]
fn a_value_where_there_was_none_is_doubtful_but_for_captions() {
    for field in Tracked::ALL {
        let expected = if field == Tracked::Caption { Change } else { FILLED };
        for known in [said(Null), said(Absent), said(Unreadable)] {
            let found = judge_one(field, &known, &value("a"), Wording::Other);
            assert_eq!(found, (expected, Health::Whole), "{field:?} {known:?}");
        }
        let none = (said(Null), said(Absent));
        for (known, seen) in [(&none.0, &none.1), (&none.1, &none.0)] {
            assert_eq!(judge_one(field, known, seen, Wording::Other).0, Take, "{field:?}");
        }
    }
}

#[test]
fn a_worse_answer_that_comes_again_says_nothing_new() {
    for (known, seen, expected) in [
        (kept(Worse, "a"), said(Absent), Keep),
        (kept(Worse, "a @b"), value("a b"), Keep),
        (kept(Worse, "a"), value("a"), Take),
        (kept(Worse, "a"), value("b"), Change),
        (value("a"), said(Absent), LOST),
        (kept(Stripped, "a @b"), said(Absent), LOST),
    ] {
        let found = judge_one(Tracked::Caption, &known, &seen, Wording::Same).0;
        assert_eq!(found, expected, "{known:?} {seen:?}");
    }
}

#[test]
fn an_answer_that_lacks_what_lasts_is_degraded() {
    let whole = Health::Whole;
    let degraded = Health::Degraded;
    for (known, seen, decision, health) in [
        (value("S1"), said(Absent), LOST, degraded),
        (value("S1"), said(Null), LOST, degraded),
        (value("S1"), value(""), LOST, degraded),
        (value("S1"), value("S2"), REPLACED, whole),
        (kept(Withheld, "S1"), value("S2"), REPLACED, whole),
        (value("S1"), said(NotAsked), Keep, whole),
        (value("S1"), said(Unreadable), Decision::Unreadable, whole),
        (said(Absent), said(Absent), Keep, whole),
        (said(NotAsked), said(Absent), Take, whole),
        (kept(Worse, "S1"), said(Absent), LOST, degraded),
        (kept(Worse, "S1"), value("S1"), Take, whole),
        (kept(Withheld, "S1"), said(Absent), Keep, whole),
        (kept(Withheld, "S1"), value("S1"), BACK, whole),
    ] {
        for field in Tracked::ALL.into_iter().filter(|field| field.nature() == Nature::Lasting) {
            let found = judge_one(field, &known, &seen, Wording::Other);
            assert_eq!(found, (decision, health), "{field:?} {known:?} {seen:?}");
        }
    }
    let again = judge_one(Tracked::Permalink, &kept(Worse, "S1"), &said(Absent), Wording::Same);
    assert_eq!(again, (Keep, degraded), "the same text is as bad as it was");
    for field in Tracked::ALL.into_iter().filter(|field| field.nature() == Nature::Removable) {
        let found = judge_one(field, &value("a"), &said(Absent), Wording::Other);
        assert_eq!(found, (LOST, whole), "{field:?}");
    }
}

#[test]
fn a_degraded_answer_says_nothing_where_it_lacks_something() {
    for (known, seen, expected) in [
        (said(NotAsked), said(Absent), Keep),
        (said(NotAsked), said(Null), Keep),
        (said(NotAsked), value("a"), Take),
        (said(Null), said(Absent), Keep),
        (said(Absent), said(Null), Keep),
        (said(Unreadable), said(Absent), Keep),
        (value(""), said(Absent), Keep),
        (said(Null), value("a"), OTHER),
        (said(Unreadable), value("a"), OTHER),
        (value("a"), value("b"), OTHER),
        (kept(Withheld, "a"), value("b"), OTHER),
        (value("a"), said(Absent), LOST),
        (value("a"), said(Unreadable), Decision::Unreadable),
        (value("a @b"), value("a b"), AT_SIGNS),
    ] {
        let found = judge_degraded(&known, &seen, Wording::Other);
        assert_eq!(found, expected, "{known:?} {seen:?}");
    }
    for (known, seen) in [(value("a"), value("b")), (said(Null), value("a"))] {
        assert_eq!(judge_degraded(&known, &seen, Wording::Same), Keep, "nothing new is said");
    }
}

#[test]
fn a_placeholder_is_no_kind_of_item() {
    for (known, seen, decision, health) in [
        ("VIDEO", "UNKNOWN", LOST, Health::Degraded),
        ("IMAGE", "", LOST, Health::Degraded),
        ("CAROUSEL_ALBUM", "PLACEHOLDER", LOST, Health::Degraded),
        ("IMAGE", "VIDEO", REPLACED, Health::Whole),
        ("HOLOGRAM", "SCENT", REPLACED, Health::Whole),
        ("HOLOGRAM", "IMAGE", REPLACED, Health::Whole),
    ] {
        let found = judge_one(Tracked::MediaType, &value(known), &value(seen), Wording::Other);
        assert_eq!(found, (decision, health), "{known} {seen}");
    }
    let found =
        judge_one(Tracked::MediaProductType, &value("VIDEO"), &value("odd"), Wording::Other);
    assert_eq!(found, (REPLACED, Health::Whole), "other words are not of a closed set");
}

#[test]
fn an_album_without_slides_is_doubtful_and_one_with_fewer_is_not() {
    let slides = value(r#"["1","2"]"#);
    for (seen, expected) in [
        (value("[]"), LOST),
        (said(Absent), LOST),
        (said(Null), LOST),
        (value(r#"["1"]"#), Change),
        (value(r#"["2","1"]"#), Change),
        (slides.clone(), Keep),
    ] {
        let found = judge_one(Tracked::Children, &slides, &seen, Wording::Same).0;
        assert_eq!(found, expected, "{seen:?}");
    }
    let empty = judge_one(Tracked::Children, &value("[]"), &said(Absent), Wording::Same).0;
    assert_eq!(empty, Change);
}

#[test]
fn the_health_of_a_known_text_is_read_from_how_its_fields_stand() {
    let of =
        |field: Tracked, standing| {
            health(Tracked::ALL.into_iter().map(|tracked| {
                if tracked == field { standing } else { Standing::Said(Kind::Value) }
            }))
        };
    for field in Tracked::ALL {
        let expected = match field.nature() {
            Nature::Lasting => Health::Degraded,
            Nature::Removable => Health::Whole,
        };
        assert_eq!(of(field, Standing::Kept(Worse)), expected, "{field:?}");
        assert_eq!(of(field, Standing::Kept(Withheld)), Health::Whole, "{field:?}");
        assert_eq!(of(field, Standing::Said(Absent)), Health::Whole, "{field:?}");
    }
}

const CAPTION: Group = Group { place: Place::Post, field: Tracked::Caption, doubt: Doubt::Lost };

fn doubtful(item: i64, group: Group, health: Health) -> Doubtful {
    Doubtful { item, group, health }
}

fn of(kept: &HashMap<Group, usize>) -> impl Fn(Group) -> usize {
    move |group| kept.get(&group).copied().unwrap_or(0)
}

/// What becomes of `lost` doubts of a group beside `kept` items that have it.
fn settled(group: Group, lost: i64, kept: usize, observer: Observer) -> Settled {
    settled_in(Scope::Everything, group, lost, kept, observer)
}

fn settled_in(scope: Scope, group: Group, lost: i64, kept: usize, observer: Observer) -> Settled {
    let health = if group.degrades() { Health::Degraded } else { Health::Whole };
    let doubts: Vec<Doubtful> = (0..lost).map(|item| doubtful(item, group, health)).collect();
    let kept = HashMap::from([(group, kept)]);
    let settled = settle(&doubts, of(&kept), observer, scope, LIMITS);
    assert_eq!(settled.len(), doubts.len());
    assert!(settled.iter().all(|one| *one == settled[0]));
    settled[0]
}

#[test]
fn one_loss_is_the_items_and_a_loss_of_everything_is_the_observers() {
    use Observer::{Changed, Same};
    let withheld = Settled::Kept(Withheld);
    for (lost, kept, observer, expected) in [
        (1, 0, Same, Settled::Edit),
        (1, 1, Same, Settled::Edit),
        (1, 4_000, Same, Settled::Edit),
        (2, 0, Same, withheld),
        (2, 1, Same, Settled::Edit),
        (20, 1, Same, Settled::Edit),
        (21, 1, Same, withheld),
        (21, 398, Same, withheld),
        (21, 399, Same, Settled::Edit),
        (1, 0, Changed, withheld),
        (1, 1, Changed, Settled::Edit),
        (2, 1, Changed, withheld),
        (2, 2, Changed, Settled::Edit),
    ] {
        assert_eq!(settled(CAPTION, lost, kept, observer), expected, "{lost} {kept} {observer:?}");
        let at_signs = Group { doubt: Doubt::AtSigns, ..CAPTION };
        let expected = if expected == withheld { Settled::Kept(Stripped) } else { Settled::Edit };
        assert_eq!(settled(at_signs, lost, kept, observer), expected, "{lost} {kept} {observer:?}");
        let back = Group { doubt: Doubt::AtSignsBack, ..CAPTION };
        let expected = if expected == Settled::Edit { expected } else { Settled::Better };
        assert_eq!(settled(back, lost, kept, observer), expected, "{lost} {kept} {observer:?}");
    }
}

#[test]
fn what_some_days_lack_altogether_says_nothing_of_all_the_others() {
    use Observer::{Changed, Same};
    for (lost, kept, observer, expected) in [
        (2, 0, Same, Settled::Edit),
        (20, 0, Same, Settled::Edit),
        (21, 0, Same, Settled::Kept(Withheld)),
        (2, 0, Changed, Settled::Kept(Withheld)),
    ] {
        let found = settled_in(Scope::Part, CAPTION, lost, kept, observer);
        assert_eq!(found, expected, "{lost} {kept} {observer:?}");
    }
}

#[test]
fn what_was_withheld_was_removed_when_others_have_it_again() {
    use Observer::{Changed, Same};
    for (withheld, shown, observer, expected) in [
        (2, 0, Same, false),
        (1, 0, Same, false),
        (2, 1, Same, true),
        (20, 1, Same, true),
        (21, 1, Same, false),
        (21, 399, Same, true),
        (2, 1, Changed, false),
    ] {
        let found = was_removed(withheld, shown, observer, LIMITS);
        assert_eq!(found, expected, "{withheld} {shown} {observer:?}");
    }
}

#[test]
fn other_words_of_very_many_items_are_the_observers_and_those_of_few_are_edits() {
    use Observer::{Changed, Same};
    for doubt in [Doubt::Replaced, Doubt::Filled] {
        let group = Group { place: Place::Post, field: Tracked::Permalink, doubt };
        for (number, others, observer, expected) in [
            (1, 0, Same, Settled::Edit),
            (20, 0, Same, Settled::Edit),
            (21, 0, Same, Settled::Better),
            (21, 398, Same, Settled::Better),
            (21, 399, Same, Settled::Edit),
            (1, 0, Changed, Settled::Better),
            (1, 999, Changed, Settled::Better),
        ] {
            let found = settled(group, number, others, observer);
            assert_eq!(found, expected, "{doubt:?} {number} {others} {observer:?}");
        }
    }
}

#[test]
fn a_value_that_went_from_everything_comes_back_without_an_edit() {
    let back = Group { doubt: Doubt::Back, ..CAPTION };
    for (number, kept) in [(1, 0), (1, 9), (50, 50)] {
        assert_eq!(settled(back, number, kept, Observer::Same), Settled::Better);
    }
}

#[test]
fn what_lasts_is_never_edited_away() {
    assert_eq!(settled(PERMALINK, 1, 0, Observer::Same), Settled::Worse);
    assert_eq!(settled(PERMALINK, 3, 100, Observer::Same), Settled::Worse);
    assert_eq!(settled(PERMALINK, 3, 0, Observer::Same), Settled::Kept(Withheld));
    assert_eq!(settled(PERMALINK, 21, 9, Observer::Same), Settled::Kept(Withheld));
    assert_eq!(settled(PERMALINK, 3, 2, Observer::Changed), Settled::Kept(Withheld));
}

const PERMALINK: Group = Group { field: Tracked::Permalink, ..CAPTION };
const AT_SIGNS_GROUP: Group = Group { doubt: Doubt::AtSigns, ..CAPTION };
const AT_SIGNS_BACK_GROUP: Group = Group { doubt: Doubt::AtSignsBack, ..CAPTION };
const BACK_GROUP: Group = Group { doubt: Doubt::Back, ..CAPTION };
const OTHER_GROUP: Group = Group { doubt: Doubt::Other, ..CAPTION };

#[test]
fn one_degraded_answer_takes_nothing_away_and_is_no_sign_of_anything() {
    for (group, expected) in [
        (CAPTION, Settled::Worse),
        (AT_SIGNS_GROUP, Settled::Worse),
        (AT_SIGNS_BACK_GROUP, Settled::Worse),
        (OTHER_GROUP, Settled::Worse),
        (BACK_GROUP, Settled::Better),
    ] {
        let doubts = [
            doubtful(1, PERMALINK, Health::Degraded),
            doubtful(1, group, Health::Degraded),
            // A text that was degraded before: it has no new loss of what lasts.
            doubtful(2, group, Health::Degraded),
            doubtful(3, CAPTION, Health::Whole),
        ];
        let kept = HashMap::from([(PERMALINK, 50), (group, 0)]);
        assert_eq!(
            settle(&doubts, of(&kept), Observer::Same, Scope::Everything, LIMITS),
            [Settled::Worse, expected, expected, Settled::Edit],
            "{group:?}"
        );
    }
}

/// Two answers of one walk that both lack the permalink, and what else they say.
fn with_all_degraded(group: Group, number: i64, kept: usize) -> Settled {
    let permalinks = (0..number.max(2)).map(|item| doubtful(item, PERMALINK, Health::Degraded));
    let others = (0..number).map(|item| doubtful(item, group, Health::Degraded));
    let doubts: Vec<Doubtful> = permalinks.chain(others).collect();
    let kept = HashMap::from([(PERMALINK, 0), (group, kept)]);
    let settled = settle(&doubts, of(&kept), Observer::Same, Scope::Everything, LIMITS);
    assert_eq!(settled[0], Settled::Kept(Withheld));
    settled[settled.len() - 1]
}

#[test]
fn where_all_answers_lack_the_same_the_rest_is_weighed_for_itself() {
    for (group, all, one) in [
        (CAPTION, Settled::Kept(Withheld), Settled::Worse),
        (AT_SIGNS_GROUP, Settled::Kept(Stripped), Settled::Worse),
        (AT_SIGNS_BACK_GROUP, Settled::Better, Settled::Edit),
        (OTHER_GROUP, Settled::Kept(Withheld), Settled::Edit),
        (BACK_GROUP, Settled::Better, Settled::Better),
    ] {
        assert_eq!(with_all_degraded(group, 9, 0), all, "{group:?}");
        assert_eq!(with_all_degraded(group, 1, 8), one, "{group:?}");
        assert_eq!(with_all_degraded(group, 30, 50), all, "{group:?}: more than people do");
    }
}

#[test]
fn an_answer_with_a_loss_of_its_own_is_its_own_fault() {
    let shortcode = Group { field: Tracked::Shortcode, ..CAPTION };
    for order in [[PERMALINK, shortcode], [shortcode, PERMALINK]] {
        let doubts = [
            doubtful(1, order[0], Health::Degraded),
            doubtful(1, order[1], Health::Degraded),
            doubtful(1, OTHER_GROUP, Health::Degraded),
            doubtful(2, PERMALINK, Health::Degraded),
        ];
        let kept = HashMap::from([(PERMALINK, 0), (shortcode, 9)]);
        let settled = settle(&doubts, of(&kept), Observer::Same, Scope::Everything, LIMITS);
        assert_eq!(settled[2..], [Settled::Worse, Settled::Kept(Withheld)], "{order:?}");
    }
}

#[test]
fn posts_and_slides_are_settled_apart() {
    let slides = Group { place: Place::Slide, field: Tracked::AltText, doubt: Doubt::Lost };
    let posts = Group { place: Place::Post, ..slides };
    let doubts = [(1, posts), (2, slides), (3, slides)]
        .map(|(item, group)| doubtful(item, group, Health::Whole));
    let kept = HashMap::from([(posts, 50), (slides, 0)]);
    assert_eq!(
        settle(&doubts, of(&kept), Observer::Same, Scope::Everything, LIMITS),
        [Settled::Edit, Settled::Kept(Withheld), Settled::Kept(Withheld)]
    );
}

#[test]
fn words_of_doubts_are_read_as_they_are_written() {
    let doubts = [
        Doubt::Lost,
        Doubt::AtSigns,
        Doubt::AtSignsBack,
        Doubt::Back,
        Doubt::Other,
        Doubt::Replaced,
        Doubt::Filled,
    ];
    for doubt in doubts {
        assert_eq!(Doubt::from_word(doubt.as_str()), Some(doubt));
    }
    assert_eq!(Doubt::from_word("odd"), None);
}

#[test]
fn what_usually_lacks_a_lasting_field_is_whole_without_it() {
    let mut known = only(Tracked::Permalink, &kept(Worse, "S1"));
    known[TRACKED - 1] = kept(Worse, "Caption");
    let usual = usual(&known);
    assert_eq!((&usual[4], &usual[TRACKED - 1]), (&kept(Withheld, "S1"), &known[TRACKED - 1]));
    let mut seen = only(Tracked::Permalink, &said(Absent));
    seen[TRACKED - 1] = said(Absent);
    let judged = judge(&usual, &seen, Wording::Other);
    assert_eq!(judged.health, Health::Whole);
    assert_eq!((judged.decisions[4], judged.decisions[TRACKED - 1]), (Keep, LOST));
}
