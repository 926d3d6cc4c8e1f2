use super::*;

const DAY: Duration = Duration::from_secs(86_400);
const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

/// So many seconds from now, on both clocks.
fn moment(seconds: i64) -> Moment {
    Moment { local: at(NOW + seconds), server: Some(at(NOW + seconds)) }
}

fn clocks(local: i64, server: Option<i64>) -> Moment {
    Moment { local: at(NOW + local), server: server.map(|seconds| at(NOW + seconds)) }
}

/// A walk of everything that begins now and proves all but the last hour.
fn walk() -> Proof {
    Proof {
        edge: Edge::Media,
        window: Window::ALL,
        at: moment(0),
        coverage: Coverage { from: Timestamp::EPOCH, to: at(NOW - 3600) },
        capped_at: None,
    }
}

/// A walk of stories that begins now.
fn stories() -> Proof {
    let coverage = Coverage { from: at(NOW - 23 * 3600), to: at(NOW - 3600) };
    Proof { edge: Edge::Stories, coverage, ..walk() }
}

fn item(state: State) -> Unseen {
    Unseen {
        media_id: "17".parse().unwrap(),
        place: Place::Post,
        published_at: Some(at(NOW - 100 * 86_400)),
        first_seen_at: at(NOW - 99 * 86_400),
        state,
        strike: None,
        asked_at: None,
        since: None,
    }
}

fn published(state: State, seconds_ago: i64) -> Unseen {
    Unseen { published_at: Some(at(NOW - seconds_ago)), ..item(state) }
}

#[test]
fn every_state_has_its_own_word_and_is_read_back() {
    let words = ["present", "missing", "unlisted", "gone", "expired", "unreachable"];
    assert_eq!(State::ALL.map(State::as_str), words);
    for state in State::ALL {
        assert_eq!(State::from_word(state.as_str()), Some(state));
    }
    assert_eq!(State::from_word("deleted"), None);
}

#[test]
fn the_shorter_of_two_clocks_says_how_much_time_has_passed() {
    let seconds = Duration::from_secs;
    for (before, later, expected) in [
        (clocks(0, Some(0)), clocks(50, Some(50)), seconds(50)),
        (clocks(0, Some(0)), clocks(90_000, Some(50)), seconds(50)),
        (clocks(0, Some(0)), clocks(50, Some(90_000)), seconds(50)),
        (clocks(0, None), clocks(70, Some(5)), seconds(70)),
        (clocks(0, Some(0)), clocks(70, None), seconds(70)),
        (clocks(0, None), clocks(70, None), seconds(70)),
        (clocks(70, Some(70)), clocks(0, Some(100)), Duration::ZERO),
        (clocks(0, Some(70)), clocks(100, Some(0)), Duration::ZERO),
    ] {
        assert_eq!(before.until(&later), expected, "{before:?} {later:?}");
    }
}

#[test]
fn a_moment_is_ahead_of_a_later_one_when_either_clock_went_back() {
    for (before, later, ahead) in [
        (clocks(0, Some(0)), clocks(0, Some(0)), false),
        (clocks(0, Some(0)), clocks(1, Some(1)), false),
        (clocks(1, Some(0)), clocks(0, Some(9)), true),
        (clocks(0, Some(1)), clocks(9, Some(0)), true),
        (clocks(0, Some(1)), clocks(9, None), false),
        (clocks(0, None), clocks(9, Some(0)), false),
        (clocks(1, None), clocks(0, None), true),
    ] {
        assert_eq!(before.is_ahead_of(&later), ahead, "{before:?} {later:?}");
    }
}

#[test]
fn a_post_inside_the_proof_is_missed_and_one_outside_is_not() {
    for state in [State::Present, State::Missing, State::Unlisted, State::Unreachable] {
        for (ago, expected) in [
            (3600, Silence::Missed),
            (3599, Silence::Nothing),
            (0, Silence::Nothing),
            (NOW, Silence::Missed),
            (NOW + 1, Silence::Nothing),
        ] {
            let silence = silence(&published(state, ago), &walk());
            assert_eq!(silence, expected, "{state:?} {ago}");
        }
    }
}

#[test]
fn nothing_more_can_be_said_of_what_is_gone_or_expired() {
    for state in [State::Gone, State::Expired] {
        for place in [Place::Post, Place::Slide] {
            for proof in [walk(), stories()] {
                let item = Unseen { place, ..item(state) };
                assert_eq!(silence(&item, &proof), Silence::Nothing, "{state:?} {place:?}");
            }
        }
    }
}

#[test]
fn a_slide_is_missed_in_its_album_whatever_the_walk_covers_and_nowhere_else() {
    for state in [State::Present, State::Missing, State::Unlisted, State::Unreachable] {
        for (edge, expected) in [
            (Edge::Media, Silence::Missed),
            (Edge::Stories, Silence::Nothing),
            (Edge::Tags, Silence::Nothing),
        ] {
            let slide = Unseen { place: Place::Slide, published_at: None, ..item(state) };
            let narrow = Coverage { from: at(NOW - 9000), to: at(NOW - 8000) };
            let proof = Proof { edge, coverage: narrow, ..walk() };
            assert_eq!(silence(&slide, &proof), expected, "{state:?} {edge:?}");
        }
    }
}

#[test]
fn a_list_of_tags_says_nothing_by_its_silence() {
    let proof = Proof { edge: Edge::Tags, ..walk() };
    assert_eq!(silence(&item(State::Present), &proof), Silence::Nothing);
}

#[test]
fn a_post_of_unknown_time_is_only_missed_by_a_proof_of_everything_after_it_was_first_seen() {
    let unknown = |first_seen| Unseen {
        published_at: None,
        first_seen_at: at(NOW - first_seen),
        ..item(State::Present)
    };
    let since = Window { since: Some(at(5)), until: None };
    let capped = Coverage { from: at(1), ..walk().coverage };
    for (first_seen, proof, expected) in [
        (3600, walk(), Silence::Missed),
        (3599, walk(), Silence::Nothing),
        (0, walk(), Silence::Nothing),
        (-1, walk(), Silence::Missed),
        (9000, Proof { window: since, ..walk() }, Silence::Nothing),
        (9000, Proof { coverage: capped, ..walk() }, Silence::Nothing),
    ] {
        assert_eq!(silence(&unknown(first_seen), &proof), expected, "{first_seen} {proof:?}");
    }
}

#[test]
fn only_a_present_post_before_the_end_of_the_list_is_unreachable() {
    let oldest = NOW - 50 * 86_400;
    let proof = Proof {
        capped_at: Some(at(oldest)),
        coverage: Coverage { from: at(oldest + 86_400), to: at(NOW - 3600) },
        ..walk()
    };
    for state in State::ALL {
        let expected = match state {
            State::Present => Silence::Unreachable,
            State::Missing
            | State::Unlisted
            | State::Gone
            | State::Expired
            | State::Unreachable => Silence::Nothing,
        };
        assert_eq!(silence(&item(state), &proof), expected, "{state:?}");
    }
    let ago = NOW - oldest;
    for (ago, expected) in [
        (ago + 1, Silence::Unreachable),
        (ago, Silence::Nothing),
        (ago - 86_399, Silence::Nothing),
        (ago - 86_400, Silence::Missed),
    ] {
        assert_eq!(silence(&published(State::Present, ago), &proof), expected, "{ago}");
    }
}

#[test]
fn a_story_is_missed_while_it_lives_and_expires_an_hour_after_its_day() {
    let hour = 3600;
    for (ago, expected) in [
        (hour - 1, Silence::Nothing),
        (hour, Silence::Missed),
        (23 * hour, Silence::Missed),
        (23 * hour + 1, Silence::Nothing),
        (25 * hour - 1, Silence::Nothing),
        (25 * hour, Silence::Expired),
    ] {
        for state in [State::Present, State::Missing, State::Unlisted, State::Unreachable] {
            assert_eq!(silence(&published(state, ago), &stories()), expected, "{state:?} {ago}");
        }
    }
}

#[test]
fn a_story_of_unknown_time_expires_by_the_time_it_was_first_seen_and_is_never_missed() {
    for (ago, expected) in
        [(7200, Silence::Nothing), (89_999, Silence::Nothing), (90_000, Silence::Expired)]
    {
        let first_seen_at = at(NOW - ago);
        let story = Unseen { published_at: None, first_seen_at, ..item(State::Present) };
        assert_eq!(silence(&story, &stories()), expected, "{ago}");
    }
}

#[test]
fn a_story_lives_until_both_clocks_say_that_its_day_is_over() {
    let story = published(State::Present, 7200);
    for (local, server, expected) in [
        (90_000, Some(0), Silence::Missed),
        (0, Some(90_000), Silence::Missed),
        (90_000, Some(90_000), Silence::Expired),
        (90_000, None, Silence::Expired),
    ] {
        let proof = Proof { at: clocks(local, server), ..stories() };
        assert_eq!(silence(&story, &proof), expected, "{local} {server:?}");
    }
}

/// The strikes that an item can have: none, one too young, one old enough, one old enough for an
/// item whose kind is missing as a whole and one that is not, one of a clock that was ahead.
fn strikes() -> [(&'static str, Option<Moment>); 6] {
    [
        ("none", None),
        ("young", Some(moment(-86_399))),
        ("old", Some(moment(-86_400))),
        ("nearly_older", Some(moment(1 - 3 * 86_400))),
        ("older", Some(moment(-3 * 86_400))),
        ("ahead", Some(moment(1))),
    ]
}

#[test]
fn the_truth_table_of_a_step_holds() {
    let answers =
        [Answer::NotAsked, Answer::DoesNotExist, Answer::Exists, Answer::Listed, Answer::Unclear];
    let mut cases = 0;
    for state in State::ALL {
        for answer in answers {
            for control in [Control::Answered, Control::OtherKind, Control::Silent] {
                for (age, strike) in strikes() {
                    let item = Unseen { strike, ..item(state) };
                    let step = verdict(&item, Evidence { answer, control }, &walk(), DAY);
                    let expected = expected(state, answer, control, age);
                    assert_eq!(step, expected, "{state:?} {answer:?} {control:?} {age}");
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 6 * 5 * 3 * 6);
}

/// The same table in words, first match counts.
fn expected(state: State, answer: Answer, control: Control, strike: &str) -> Verdict {
    let struck = Verdict::Missing { strike: Some(moment(0)) };
    let believed_there = matches!(state, State::Present | State::Unreachable);
    let settled = matches!(state, State::Gone | State::Expired);
    match (answer, control) {
        (Answer::Listed, _) => Verdict::Disproved,
        (Answer::Exists, _) if state == State::Unlisted => Verdict::Stay,
        (Answer::Exists, _) => Verdict::Unlisted,
        (Answer::DoesNotExist, Control::Answered | Control::OtherKind) if settled => Verdict::Stay,
        (Answer::DoesNotExist, Control::Answered | Control::OtherKind)
            if state != State::Missing =>
        {
            struck
        }
        (Answer::DoesNotExist, Control::Answered) => match strike {
            "old" | "nearly_older" | "older" => Verdict::Gone,
            "young" => Verdict::Stay,
            "none" | "ahead" => struck,
            other => panic!("{other} is no strike"),
        },
        (Answer::DoesNotExist, Control::OtherKind) => match strike {
            "older" => Verdict::Gone,
            "young" | "old" | "nearly_older" => Verdict::Stay,
            "none" | "ahead" => struck,
            other => panic!("{other} is no strike"),
        },
        _ if believed_there => Verdict::Missing { strike: None },
        _ => Verdict::Stay,
    }
}

#[test]
fn a_clock_alone_never_makes_an_item_gone() {
    let there = Evidence { answer: Answer::DoesNotExist, control: Control::Answered };
    let day = 86_400;
    for (strike, expected) in [
        (clocks(-day, Some(-day)), Verdict::Gone),
        (clocks(-day, Some(1 - day)), Verdict::Stay),
        (clocks(1 - day, Some(-day)), Verdict::Stay),
        (clocks(-3650 * day, Some(-60)), Verdict::Stay),
        (clocks(3650 * day, Some(-day)), Verdict::Missing { strike: Some(moment(0)) }),
    ] {
        let item = Unseen { strike: Some(strike), ..item(State::Missing) };
        assert_eq!(verdict(&item, there, &walk(), DAY), expected, "{strike:?}");
    }
}

#[test]
fn an_item_is_asked_for_when_the_answer_can_change_something() {
    for (state, strike, due) in [
        (State::Present, "young", true),
        (State::Unreachable, "young", true),
        (State::Missing, "none", true),
        (State::Missing, "young", false),
        (State::Missing, "old", true),
        (State::Missing, "ahead", true),
        (State::Gone, "none", false),
        (State::Expired, "none", false),
    ] {
        let (_, strike_at) = strikes().into_iter().find(|(name, _)| *name == strike).unwrap();
        let item = Unseen { strike: strike_at, ..item(state) };
        assert_eq!(is_due(&item, &walk(), DAY), due, "{state:?} {strike}");
    }
}

#[test]
fn an_unlisted_item_is_asked_for_again_after_a_day_or_when_the_clock_was_ahead() {
    for (asked_at, due) in [
        (None, true),
        (Some(-86_400), true),
        (Some(-86_399), false),
        (Some(0), false),
        (Some(1), true),
    ] {
        let asked_at = asked_at.map(|seconds| at(NOW + seconds));
        let item = Unseen { asked_at, ..item(State::Unlisted) };
        assert_eq!(is_due(&item, &walk(), DAY), due, "{asked_at:?}");
    }
}

#[test]
fn an_item_whose_answers_stay_unclear_is_asked_for_ever_more_rarely() {
    let hour = 3600;
    // Missing since so many hours, last asked so many seconds ago.
    for (since, asked, due) in [
        (1, hour - 1, false),
        (1, hour, true),
        (13, 5 * hour, true),
        (13, 4 * hour, false),
        (1000, 24 * hour - 1, false),
        (1000, 24 * hour, true),
        (1000, -1, true),
    ] {
        let item = Unseen {
            since: Some(at(NOW - since * hour)),
            asked_at: Some(at(NOW - asked)),
            ..item(State::Missing)
        };
        assert_eq!(is_due(&item, &walk(), DAY), due, "{since} {asked}");
    }
    let unknown = Unseen { asked_at: Some(at(NOW - hour)), ..item(State::Missing) };
    assert!(is_due(&unknown, &walk(), DAY));
}

#[test]
fn a_struck_item_that_could_not_be_confirmed_rests_by_the_age_of_its_strike() {
    let hour = 3600;
    for (struck, asked, due) in [
        (24 * hour, 24 * hour, true),
        (25 * hour, hour, false),
        (36 * hour, 12 * hour, true),
        (36 * hour, 12 * hour - 1, false),
        (72 * hour, 24 * hour - 1, false),
        (72 * hour, 24 * hour, true),
    ] {
        let item = Unseen {
            since: Some(at(NOW - 9000 * hour)),
            strike: Some(moment(-struck)),
            asked_at: Some(at(NOW - asked)),
            ..item(State::Missing)
        };
        assert_eq!(is_due(&item, &walk(), DAY), due, "{struck} {asked}");
    }
}

#[test]
fn the_pause_of_an_unlisted_item_doubles_up_to_thirty_days() {
    let day = 86_400;
    // Unlisted for so many days, last asked so many days ago.
    for (since, asked, due) in [
        (2, 1, true),
        (5, 2, false),
        (6, 3, true),
        (40, 19, false),
        (40, 20, true),
        (300, 29, false),
        (300, 30, true),
    ] {
        let item = Unseen {
            since: Some(at(NOW - since * day)),
            asked_at: Some(at(NOW - asked * day)),
            ..item(State::Unlisted)
        };
        assert_eq!(is_due(&item, &walk(), DAY), due, "{since} {asked}");
    }
}

#[test]
fn who_confirms_after_a_second_rests_no_longer_than_that() {
    let second = Duration::from_secs(1);
    let struck = |seconds| Unseen {
        strike: Some(Moment { local: at(NOW - seconds), server: None }),
        since: Some(at(NOW - seconds)),
        asked_at: Some(at(NOW - seconds)),
        ..item(State::Missing)
    };
    assert!(is_due(&struck(2), &walk(), second));
    assert!(!is_due(&struck(0), &walk(), second));
}
