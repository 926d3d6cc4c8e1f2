//! The guards, taken out one by one: each time something false is said, and with it nothing is.

use mediakeep::domain::Edge;

use super::api::{Nature, Since};
use super::faults::Said;
use super::history::{Change, History, Op, Pass, Post, Upset, Walk};
use super::oracle::{Look, shows};
use super::story::Story;
use super::truth::{DAY, HOUR, Time};

/// Something that keeps the archive from saying what is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Only a list that ended well proves anything, and only inside its window.
    Coverage,
    /// An item that is there has to answer before and after the question.
    Control,
    /// Two walks have to miss it.
    SecondWalk,
    /// They lie a day apart.
    Delay,
    /// Very many losses at once wait a day longer.
    Brake,
    /// The list ends after so many items.
    Cap,
    /// An hour at either end of a window is not claimed.
    WindowMargin,
    /// A story ends by itself.
    StoryExpiry,
    /// What another way of looking does not see waits a day longer.
    Observer,
    /// What answers is looked for in the list once more.
    NarrowList,
    /// A day has passed when the API's clock says so too.
    ServerClock,
}

const NATURE: Nature =
    Nature { cap: 10_000, page_size: 5, by_offset: false, cursors_die: false, miscount: 0 };

fn history(days_ago: &[u8], nature: Nature) -> History {
    let post = |days_ago: &u8| Post { days_ago: *days_ago, kind: 0, slides: 0 };
    let posts = days_ago.iter().map(post).collect();
    History { nature, salt: 1, questions: 100, posts, passes: Vec::new() }
}

/// A pass so many hours after the one before.
fn pass(hours: u32, walk: Walk) -> Pass {
    let wait = hours * 60;
    Pass { wait, ops: Vec::new(), change: None, walk, pace: 1, upsets: Vec::new() }
}

fn full(hours: u32) -> Pass {
    pass(hours, Walk::Full)
}

impl Pass {
    fn after(self, ops: &[Op]) -> Self {
        Self { ops: ops.to_vec(), ..self }
    }

    fn amid(self, change: Change) -> Self {
        Self { change: Some(change), ..self }
    }

    fn with(self, upsets: &[(usize, Upset)]) -> Self {
        Self { upsets: upsets.to_vec(), ..self }
    }
}

/// What was first said wrongly, in words.
fn falsehood(history: &History, without: Option<Guard>) -> Option<String> {
    let mut story = Story::begin(history, without);
    for pass in &history.passes {
        let before = story.api.now;
        if let Err(falsehood) = story.go_on(pass) {
            let (item, said, why) = (falsehood.item, falsehood.said, falsehood.why);
            return Some(format!("item {item} is {}, but {why}", said.as_str()));
        }
        if let Some(item) = wrongly_missing(&story, before) {
            return Some(format!("item {item} is missing, but its owner has it in the list"));
        }
    }
    None
}

/// A post that is called missing although nothing happened to it since the pass before. The way
/// down begins there: nobody should be told of it.
fn wrongly_missing(story: &Story, before: Time) -> Option<usize> {
    use mediakeep::domain::absence::State;
    let look = Look { from: before, to: story.api.now, began: before };
    let mut known = story.archive.catalog.items.iter();
    let wrongly = known.find(|(item, known)| {
        let calm = story.api.weather.lost.1 < before;
        let there = shows(&story.api.truth, usize::MAX, **item, look);
        known.edge == Edge::Media && known.state == State::Missing && there && calm
    });
    wrongly.map(|(item, _)| *item)
}

/// Tells the history with every guard, and without one.
fn is_needed(guard: Guard, history: &History) {
    assert_eq!(falsehood(history, None), None, "with every guard nothing false is said");
    let falsehood = falsehood(history, Some(guard));
    println!("without {guard:?}: {}", falsehood.as_deref().unwrap_or("nothing false"));
    assert!(falsehood.is_some(), "{guard:?} could be taken out and nobody noticed");
}

#[test]
fn without_the_coverage_a_walk_that_was_throttled_takes_living_posts_away() {
    let mut history = history(&[1, 2, 3, 4, 5, 6, 7], NATURE);
    history.passes = vec![full(1), full(1).with(&[(2, Upset::Throttled)])];
    is_needed(Guard::Coverage, &history);
}

#[test]
fn without_the_control_an_outage_of_days_takes_living_posts_away() {
    let mut history = history(&[1, 2, 3, 4, 5, 6, 7], NATURE);
    let cut = Change::ListsCut { items: 5, hours: 100 };
    history.passes = vec![
        full(1),
        full(1).amid(Change::NodesOut { hours: 90 }),
        pass(1, Walk::Stories).amid(cut),
        full(1),
        full(25),
    ];
    // Missing is what a list that is cut off makes of a post while nobody can be asked.
    let without = gone_or_unlisted(&history, Some(Guard::Control));
    assert_eq!(gone_or_unlisted(&history, None), None);
    println!("without Control: {without:?}");
    assert!(without.is_some());
}

/// As [`falsehood`], but for verdicts alone.
fn gone_or_unlisted(history: &History, without: Option<Guard>) -> Option<String> {
    let mut story = Story::begin(history, without);
    let mut told = history.passes.iter().map(|pass| story.go_on(pass));
    let falsehood = told.find_map(Result::err)?;
    Some(format!("item {} is {}, but {}", falsehood.item, falsehood.said.as_str(), falsehood.why))
}

#[test]
fn without_the_second_walk_one_bad_hour_takes_living_posts_away() {
    let mut history = history(&[1, 2, 3, 4], NATURE);
    let lost = Change::Lost { first: 1, many: 2, hours: 1 };
    history.passes = vec![full(1), full(1).amid(lost), full(2)];
    is_needed(Guard::SecondWalk, &history);
}

#[test]
fn without_the_delay_two_bad_hours_take_living_posts_away() {
    let mut history = history(&[1, 2, 3, 4], NATURE);
    let lost = Change::Lost { first: 1, many: 2, hours: 3 };
    history.passes = vec![full(1), full(1).amid(lost), full(1), full(20)];
    is_needed(Guard::Delay, &history);
}

#[test]
fn without_the_brake_a_bad_day_takes_very_many_posts_away() {
    let mut history = history(&[1, 2, 3, 4, 5, 6, 7, 8], NATURE);
    let lost = Change::Lost { first: 1, many: 6, hours: 30 };
    history.passes = vec![full(1), full(1).amid(lost), full(25), full(10), full(25)];
    is_needed(Guard::Brake, &history);
}

#[test]
fn without_the_cap_posts_that_the_list_never_reaches_are_missing() {
    let mut history = history(&[1, 2, 3, 4, 5, 6, 7, 8], Nature { cap: 8, ..NATURE });
    let post = Op::Publish { kind: 0, slides: 0 };
    history.passes = vec![full(1), full(1).after(&[post, post])];
    is_needed(Guard::Cap, &history);
}

#[test]
fn without_the_margins_a_window_of_another_clock_takes_living_posts_away() {
    let mut history = history(&[1, 20, 28, 29], NATURE);
    // The last post is 30 days old, less some minutes, when the window of 30 days is asked for.
    history.passes = vec![
        full(1),
        pass(20, Walk::Recent).amid(Change::Since(Since::Honoured(-1_800))),
        pass(1, Walk::Recent).amid(Change::Since(Since::Honoured(1_800))),
    ];
    is_needed(Guard::WindowMargin, &history);
}

#[test]
fn without_the_expiry_stories_past_their_life_are_gone() {
    let mut history = history(&[1, 2], NATURE);
    let stories = |hours| pass(hours, Walk::Stories).after(&[Op::Story]);
    history.passes = vec![stories(2), stories(2), stories(25), stories(25), stories(25)];
    is_needed(Guard::StoryExpiry, &history);
}

#[test]
fn without_the_observer_a_version_that_is_blind_takes_living_posts_away() {
    let mut history = history(&[1, 2, 3, 4, 5], NATURE);
    history.posts[1].kind = 1;
    history.posts[3].kind = 1;
    // Longer than it takes for a kind that is missing as a whole.
    let blind = Change::BlindVersion { kind: 1, hours: 110 };
    history.passes = vec![full(1), full(1).amid(blind), full(80), full(10)];
    is_needed(Guard::Observer, &history);
}

#[test]
fn without_the_observer_of_every_span_the_recent_walk_hides_the_change() {
    let mut history = history(&[1, 2, 50, 60, 70], NATURE);
    history.posts[3].kind = 1;
    let blind = Change::BlindVersion { kind: 1, hours: 110 };
    let recent = pass(1, Walk::Recent).amid(blind);
    history.passes = vec![full(1), recent, full(1), full(80), full(10)];
    is_needed(Guard::Observer, &history);
}

#[test]
fn without_the_narrow_list_a_post_that_was_shifted_away_is_unlisted() {
    let mut history = history(&[1, 2, 3, 4, 5, 6, 7], Nature { by_offset: true, ..NATURE });
    let shifted = full(1).with(&[(2, Upset::World(Op::Archive(0)))]);
    history.passes = vec![full(1), shifted];
    is_needed(Guard::NarrowList, &history);
}

#[test]
fn without_the_clock_of_the_server_a_jump_of_ours_makes_a_day_of_an_hour() {
    let mut history = history(&[1, 2, 3, 4], NATURE);
    let lost = Change::Lost { first: 1, many: 2, hours: 3 };
    let jump = Change::Clock(DAY + HOUR);
    history.passes = vec![full(1), full(1).amid(lost), full(1).amid(jump), full(20)];
    is_needed(Guard::ServerClock, &history);
}

#[test]
fn every_verdict_of_these_histories_is_reached_somewhere() {
    let mut history = history(&[1, 2, 3, 4], NATURE);
    history.passes = vec![full(1), full(1).after(&[Op::Archive(1)]), full(25)];
    let mut story = Story::begin(&history, None);
    for pass in &history.passes {
        story.go_on(pass).unwrap();
    }
    assert_eq!(story.api.tally.said[&Said::Gone], 1, "the guards do not keep the truth away");
}
