use super::*;
use crate::domain::absence::{Answer, Control, Moment, Place};
use crate::domain::{Coverage, Edge, Timestamp, Window};

const DAY: Duration = Duration::from_secs(86_400);
const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds).unwrap()
}

fn moment(seconds: i64) -> Moment {
    Moment { local: at(seconds), server: Some(at(seconds)) }
}

fn id(name: &str) -> MediaId {
    name.parse().unwrap()
}

fn caution() -> Caution {
    Caution { confirm_after: DAY, brake: Limits { items: 2, share: 0.05 }, questions: 3 }
}

fn proof() -> Proof {
    Proof {
        edge: Edge::Media,
        window: Window::ALL,
        at: moment(0),
        coverage: Coverage { from: at(-50 * 86_400), to: at(-3600) },
        capped_at: Some(at(-60 * 86_400)),
    }
}

/// A post that was published so many days ago.
fn post(name: &str, state: State, days_ago: i64) -> Unseen {
    Unseen {
        media_id: id(name),
        place: Place::Post,
        published_at: Some(at(-days_ago * 86_400)),
        first_seen_at: at(-days_ago * 86_400 + 60),
        state,
        strike: None,
        asked_at: None,
        since: None,
    }
}

fn case(unseen: Vec<Unseen>) -> Case {
    Case {
        proof: proof(),
        observer: Observer::Same,
        looked_at: 10,
        unseen,
        holds: Vec::new(),
        same_observer: HashSet::new(),
    }
}

fn hold(walk: i64, since: i64, names: &[&str]) -> Hold {
    let items = names.iter().map(|name| id(name)).collect();
    Hold { walk, at: moment(since), items, listed_since: false }
}

fn names(items: &[Unseen]) -> Vec<&str> {
    items.iter().map(|item| item.media_id.as_str()).collect()
}

fn held(found: &Examination) -> Option<(HoldReason, Vec<&str>)> {
    let (reason, items) = found.held.as_ref()?;
    Some((*reason, items.iter().map(MediaId::as_str).collect()))
}

#[test]
fn a_walk_that_missed_nothing_changes_nothing_and_asks_nothing() {
    assert_eq!(examine(case(Vec::new()), &caution()), Examination::default());
}

#[test]
fn each_silence_goes_where_it_belongs() {
    let found = examine(
        case(vec![
            post("missed", State::Present, 3),
            post("beyond", State::Present, 70),
            post("between", State::Present, 55),
            post("gone", State::Gone, 3),
        ]),
        &caution(),
    );
    assert_eq!(names(&found.missed), ["missed"]);
    assert_eq!(found.unreachable, [id("beyond")]);
    assert_eq!((found.expired.len(), found.ask, held(&found)), (0, 1, None));

    let coverage = Coverage { from: at(-23 * 3600), to: at(-3600) };
    let stories = Proof { edge: Edge::Stories, coverage, ..proof() };
    let over = case(vec![post("story", State::Present, 2)]);
    let found = examine(Case { proof: stories, ..over }, &caution());
    assert_eq!(found.expired, [id("story")]);
    assert!(found.missed.is_empty());
}

#[test]
fn a_loss_at_the_limit_is_believed_and_one_above_it_is_held() {
    let two = || vec![post("b", State::Present, 3), post("a", State::Unreachable, 4)];
    let found = examine(case(two()), &caution());
    assert_eq!((names(&found.missed), held(&found), found.ask), (vec!["a", "b"], None, 2));

    let mut three = two();
    three.push(post("c", State::Present, 5));
    let found = examine(case(three), &caution());
    assert_eq!(held(&found), Some((HoldReason::TooMany, vec!["a", "b", "c"])));
    assert_eq!((found.missed.len(), found.ask), (0, 0));
}

#[test]
fn items_that_were_missed_before_do_not_count_for_the_brake_and_go_on_beside_a_hold() {
    let before = [State::Missing, State::Unlisted];
    let mut unseen: Vec<Unseen> =
        before.iter().map(|state| post(state.as_str(), *state, 9)).collect();
    unseen.extend(["a", "b", "c"].map(|name| post(name, State::Present, 3)));
    let found = examine(case(unseen.clone()), &caution());
    assert_eq!(held(&found), Some((HoldReason::TooMany, vec!["a", "b", "c"])));
    assert_eq!((names(&found.missed), found.ask), (vec!["missing", "unlisted"], 2));

    unseen.truncate(4);
    assert_eq!(held(&examine(case(unseen), &caution())), None);
}

#[test]
fn another_observer_holds_every_new_loss_and_asks_nothing() {
    let unseen = vec![post("new", State::Present, 3), post("old", State::Missing, 3)];
    let changed = Case { observer: Observer::Changed, ..case(unseen) };
    let found = examine(changed, &caution());
    assert_eq!(held(&found), Some((HoldReason::Observer, vec!["new"])));
    assert_eq!((names(&found.missed), found.ask), (vec!["old"], 0));

    let changed =
        Case { observer: Observer::Changed, ..case(vec![post("old", State::Missing, 3)]) };
    let found = examine(changed, &caution());
    assert_eq!((held(&found), names(&found.missed), found.ask), (None, vec!["old"], 0));
}

#[test]
fn held_items_wait_and_do_not_count_again() {
    let mut unseen: Vec<Unseen> =
        ["a", "b", "c"].map(|name| post(name, State::Present, 3)).to_vec();
    unseen.extend(["d", "e"].map(|name| post(name, State::Present, 4)));
    let holds = vec![hold(7, -3600, &["a", "b", "c"])];
    let found = examine(Case { holds, ..case(unseen) }, &caution());
    assert_eq!((held(&found), found.ended.clone()), (None, Vec::new()));
    assert_eq!((names(&found.missed), found.ask), (vec!["d", "e"], 2));
}

#[test]
fn a_confirmed_hold_lets_its_items_step_without_being_held_again() {
    let unseen = ["a", "b", "c"].map(|name| post(name, State::Present, 3)).to_vec();
    let holds = vec![hold(7, -86_400, &["a", "b", "c"])];
    let confirmed = Case { holds, ..case(unseen) };
    let found = examine(confirmed.clone(), &caution());
    assert_eq!(found.ended, [(7, HoldEnd::Confirmed)]);
    assert_eq!((names(&found.missed), held(&found), found.ask), (vec!["a", "b", "c"], None, 3));

    let found = examine(Case { observer: Observer::Changed, ..confirmed }, &caution());
    assert_eq!((found.ended.len(), found.missed.len(), held(&found)), (0, 0, None));
}

#[test]
fn a_dropped_hold_frees_its_items_for_the_brake() {
    let unseen = ["a", "b", "c"].map(|name| post(name, State::Present, 3)).to_vec();
    let back = Hold { listed_since: true, ..hold(7, -86_400, &["a", "b", "c", "d"]) };
    for observer in [Observer::Same, Observer::Changed] {
        let holds = vec![back.clone()];
        let found = examine(Case { observer, holds, ..case(unseen.clone()) }, &caution());
        assert_eq!(found.ended, [(7, HoldEnd::Dropped)]);
        assert_eq!(held(&found).unwrap().1, ["a", "b", "c"]);
    }
}

#[test]
fn what_a_walk_of_everything_cannot_tell_any_more_does_not_keep_a_hold_open() {
    let beyond = vec![post("x", State::Present, 70), post("a", State::Present, 3)];
    let holds = vec![hold(7, -86_400, &["x", "a"]), hold(8, -86_400, &["x"])];
    let found = examine(Case { holds, ..case(beyond) }, &caution());
    assert_eq!(found.ended, [(7, HoldEnd::Confirmed), (8, HoldEnd::Dropped)]);
    assert_eq!((found.unreachable.clone(), names(&found.missed)), (vec![id("x")], vec!["a"]));

    let window = Window { since: Some(at(-86_400 * 40)), until: None };
    let recent = Proof { window, ..proof() };
    let holds = vec![hold(7, -86_400, &["x", "a"])];
    let part = Case { proof: recent, holds, ..case(vec![post("a", State::Present, 3)]) };
    let found = examine(part, &caution());
    assert_eq!((found.ended.len(), found.missed.len()), (0, 0), "a part cannot tell of the rest");
}

#[test]
fn those_that_were_never_asked_for_come_first_and_the_rest_waits_for_another_walk() {
    let asked = |name, state, ago: Option<i64>| Unseen {
        asked_at: ago.map(|ago| at(-ago)),
        ..post(name, state, 3)
    };
    let strike = Some(moment(-60));
    let unseen = vec![
        Unseen { strike, ..asked("struck", State::Missing, None) },
        asked("asked", State::Missing, Some(7_200)),
        asked("long_ago", State::Missing, Some(10_800)),
        asked("never", State::Missing, None),
        Unseen { published_at: Some(at(-9 * 86_400)), ..asked("older", State::Missing, None) },
    ];
    let found = examine(case(unseen), &caution());
    assert_eq!(names(&found.missed), ["older", "never", "long_ago", "asked", "struck"]);
    assert_eq!(found.ask, 3);
    let generous = Caution { questions: 100, ..caution() };
    let again = Case { unseen: found.missed, ..case(Vec::new()) };
    assert_eq!(examine(again, &generous).ask, 4, "what is not due is not asked for");
}

fn said(answer: Answer) -> Evidence {
    Evidence { answer, control: Control::Answered }
}

#[test]
fn each_answer_becomes_the_step_of_its_item_and_unasked_items_become_missing() {
    let strike = Some(moment(-86_400));
    let missed = [
        post("a", State::Present, 3),
        post("b", State::Present, 3),
        Unseen { strike, ..post("c", State::Missing, 3) },
        post("d", State::Present, 3),
        post("e", State::Missing, 3),
    ];
    let answers = [Answer::DoesNotExist, Answer::Exists, Answer::DoesNotExist].map(said);
    let steps = vec![
        (id("a"), Verdict::Missing { strike: Some(moment(0)) }),
        (id("b"), Verdict::Unlisted),
        (id("c"), Verdict::Gone),
        (id("d"), Verdict::Missing { strike: None }),
        (id("e"), Verdict::Stay),
    ];
    assert_eq!(conclude(&missed, &answers, &proof(), &caution()), Conclusion::Steps(steps));
    assert_eq!(conclude(&[], &[], &proof(), &caution()), Conclusion::Steps(Vec::new()));
}

#[test]
fn one_item_that_is_in_the_list_takes_the_word_of_the_whole_walk() {
    let strike = Some(moment(-86_400));
    let missed = [
        Unseen { strike, ..post("a", State::Missing, 3) },
        post("b", State::Present, 3),
        post("c", State::Present, 3),
    ];
    let answers = [Answer::DoesNotExist, Answer::Listed, Answer::Listed].map(said);
    assert_eq!(
        conclude(&missed, &answers, &proof(), &caution()),
        Conclusion::Disproved(vec![id("b"), id("c")])
    );
}

#[test]
fn another_observer_confirms_what_it_missed_itself_and_nothing_else() {
    for (same_observer, ended) in
        [(HashSet::from([7]), vec![(7, HoldEnd::Confirmed)]), (HashSet::from([8]), Vec::new())]
    {
        let missed = vec![post("a", State::Present, 3), post("b", State::Present, 4)];
        let holds = vec![hold(7, -86_400, &["a"])];
        let observer = Observer::Changed;
        let found = examine(Case { observer, holds, same_observer, ..case(missed) }, &caution());
        assert_eq!(held(&found), Some((HoldReason::Observer, vec!["b"])));
        assert_eq!(names(&found.missed).len(), ended.len());
        assert_eq!(found.ask, ended.len(), "what it confirmed itself is asked for");
        assert_eq!(found.ended, ended);
    }
}
