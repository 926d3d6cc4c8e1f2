use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn progress(window: Window, known: usize) -> Progress {
    Progress::new(Edge::Media, window, 100, known, at(1_000_000)).of_account_with(Some(500))
}

/// A page of items named by their time, newest first as given.
fn page(progress: &mut Progress, times: &[i64], next: Option<&str>) -> Step {
    let ids: Vec<MediaId> = times.iter().map(|t| t.to_string().parse().unwrap()).collect();
    let items: Vec<_> = ids.iter().zip(times).map(|(id, t)| (id, Some(at(*t)))).collect();
    progress.after_page(PageFacts { items: &items, unreadable: 0, next })
}

fn ending(step: Step) -> Ending {
    match step {
        Step::End(ending) => ending,
        Step::Continue | Step::AskAgain => panic!("the walk did not end: {step:?}"),
    }
}

#[test]
fn only_the_absence_of_next_ends_a_walk() {
    let mut walk = progress(Window::ALL, 0);
    assert_eq!(page(&mut walk, &[500, 400], Some("a")), Step::Continue);
    assert_eq!(page(&mut walk, &[], Some("b")), Step::Continue);
    assert_eq!(page(&mut walk, &[300], Some("c")), Step::Continue);
    let end = ending(page(&mut walk, &[200], None));
    assert_eq!((end.outcome, end.reason), (Outcome::Complete, None));
    assert_eq!(end.coverage, Some(Coverage { from: Timestamp::EPOCH, to: at(996_400) }));
    assert_eq!(walk.listed(), 4);
}

#[test]
fn an_item_seen_twice_counts_once() {
    let mut walk = progress(Window::ALL, 0);
    page(&mut walk, &[500, 400], Some("a"));
    page(&mut walk, &[400, 300], None);
    assert_eq!(walk.listed(), 3);
}

#[test]
fn an_empty_end_where_items_were_before_is_asked_twice_and_then_not_believed() {
    let mut walk = progress(Window::ALL, 7);
    assert_eq!(page(&mut walk, &[], None), Step::AskAgain);
    let end = ending(page(&mut walk, &[], None));
    assert_eq!((end.outcome, end.reason), (Outcome::Partial, Some(Reason::EmptyEnd)));

    let mut recovered = progress(Window::ALL, 7);
    assert_eq!(page(&mut recovered, &[], None), Step::AskAgain);
    assert_eq!(ending(page(&mut recovered, &[5], None)).outcome, Outcome::Complete);

    let mut empty_account = progress(Window::ALL, 0);
    assert_eq!(ending(page(&mut empty_account, &[], None)).outcome, Outcome::Complete);
}

#[test]
fn an_empty_last_page_that_leaves_known_items_unlisted_is_asked_again_once() {
    let mut walk = progress(Window::ALL, 3);
    assert_eq!(page(&mut walk, &[500, 400], Some("a")), Step::Continue);
    assert_eq!(page(&mut walk, &[], None), Step::AskAgain);
    assert_eq!(ending(page(&mut walk, &[], None)).outcome, Outcome::Complete);
}

#[test]
fn a_cursor_that_comes_back_ends_the_walk_without_proof() {
    for loop_of in [&["a", "a"][..], &["a", "b", "a"][..]] {
        let mut walk = progress(Window::ALL, 0);
        let steps: Vec<_> = loop_of
            .iter()
            .enumerate()
            .map(|(n, c)| page(&mut walk, &[500 - i64::try_from(n).unwrap()], Some(c)))
            .collect();
        let end = ending(*steps.last().unwrap());
        assert_eq!((end.outcome, end.reason), (Outcome::Partial, Some(Reason::RepeatedCursor)));
        assert_eq!(end.coverage, None);
    }
}

#[test]
fn endless_pages_end() {
    let mut walk = progress(Window::ALL, 0);
    let steps = (0..1000).map(|n| page(&mut walk, &[], Some(&n.to_string())));
    let end = steps.into_iter().find_map(|step| match step {
        Step::End(end) => Some(end),
        Step::Continue | Step::AskAgain => None,
    });
    assert_eq!(end.unwrap().reason, Some(Reason::TooManyPages));
    assert_eq!(walk.pages(), 210);
}

#[test]
fn more_items_than_the_api_lists_end_the_walk() {
    let mut walk = progress(Window::ALL, 0);
    let times: Vec<i64> = (0..20_000).rev().collect();
    let end = times.chunks(100).enumerate().find_map(|(n, chunk)| {
        match page(&mut walk, chunk, Some(&n.to_string())) {
            Step::End(end) => Some(end),
            Step::Continue | Step::AskAgain => None,
        }
    });
    assert_eq!(end.unwrap().reason, Some(Reason::TooManyItems));
    assert_eq!(walk.listed(), 10_200);
}

#[test]
fn pages_out_of_order_are_no_proof() {
    let mut walk = progress(Window::ALL, 0);
    page(&mut walk, &[500, 400], Some("a"));
    page(&mut walk, &[450, 300], Some("b"));
    let end = ending(page(&mut walk, &[200], None));
    assert_eq!((end.outcome, end.reason), (Outcome::Complete, Some(Reason::OutOfOrder)));
    assert_eq!(end.coverage, None);
}

#[test]
fn unreadable_items_are_no_proof() {
    let mut walk = progress(Window::ALL, 0);
    let end = ending(walk.after_page(PageFacts { items: &[], unreadable: 1, next: None }));
    assert_eq!((end.outcome, end.reason), (Outcome::Complete, Some(Reason::Unreadable)));
    assert_eq!(end.coverage, None);
}

#[test]
fn a_window_is_filtered_here_too_and_ends_once_passed() {
    let window = Window { since: Some(at(10_000)), until: Some(at(50_000)) };
    let mut walk = progress(window, 0);
    assert_eq!(page(&mut walk, &[60_000, 49_000], Some("a")), Step::Continue);
    assert_eq!(page(&mut walk, &[12_000, 9_000], Some("b")), Step::Continue);
    let end = ending(page(&mut walk, &[8_000, 7_000], Some("c")));
    assert_eq!(walk.listed(), 2);
    assert_eq!(end.outcome, Outcome::Complete);
    assert_eq!(end.coverage, Some(Coverage { from: at(13_600), to: at(46_400) }));
}

#[test]
fn a_listing_out_of_order_is_never_ended_early() {
    let window = Window { since: Some(at(1_000)), until: None };
    let mut walk = progress(window, 0);
    page(&mut walk, &[2_000], Some("a"));
    assert_eq!(page(&mut walk, &[2_500, 900], Some("b")), Step::Continue);
    assert_eq!(page(&mut walk, &[800, 700], Some("c")), Step::Continue);
    assert_eq!(
        page(&mut walk, &[1_500], None),
        Step::End(Ending {
            outcome: Outcome::Complete,
            reason: Some(Reason::OutOfOrder),
            coverage: None,
            capped_at: None,
        })
    );
    assert_eq!(walk.listed(), 3);
}

#[test]
fn an_item_without_a_time_never_ends_a_walk_early() {
    let window = Window { since: Some(at(1_000)), until: None };
    let mut walk = progress(window, 0);
    let (old, undated): (MediaId, MediaId) = ("1".parse().unwrap(), "2".parse().unwrap());
    let items = [(&old, Some(at(5))), (&undated, None)];
    let step = walk.after_page(PageFacts { items: &items, unreadable: 0, next: Some("a") });
    assert_eq!(step, Step::Continue);
    assert_eq!(walk.listed(), 1);
}

#[test]
fn the_cap_takes_the_oldest_day_out_of_the_proof() {
    let mut walk = progress(Window::ALL, 0);
    let times: Vec<i64> = (0..9_950).map(|n| 900_000 - n).collect();
    let chunks: Vec<_> = times.chunks(100).collect();
    let mut last = Step::Continue;
    for (n, chunk) in chunks.iter().enumerate() {
        let cursor = n.to_string();
        let next = (n + 1 < chunks.len()).then_some(cursor.as_str());
        last = page(&mut walk, chunk, next);
    }
    let oldest = 900_000 - 9_949;
    let expected = Coverage { from: at(oldest + 86_400), to: at(996_400) };
    assert_eq!(ending(last).coverage, Some(expected));
}

#[test]
fn a_window_smaller_than_its_margins_proves_nothing() {
    let window = Window { since: Some(at(10_000)), until: Some(at(12_000)) };
    let end = ending(page(&mut progress(window, 0), &[11_000], None));
    assert_eq!((end.outcome, end.coverage), (Outcome::Complete, None));
}

#[test]
fn an_error_before_the_first_page_is_a_failed_walk_and_later_a_partial_one() {
    let mut walk = progress(Window::ALL, 0);
    assert_eq!(walk.broken_off(Reason::Api).outcome, Outcome::Failed);
    page(&mut walk, &[5], Some("a"));
    assert_eq!(walk.broken_off(Reason::Throttled).outcome, Outcome::Partial);
    assert_eq!(walk.broken_off(Reason::Throttled).coverage, None);
}

#[test]
fn starting_over_keeps_what_was_seen_and_forgets_the_cursors() {
    let mut walk = progress(Window::ALL, 0);
    page(&mut walk, &[500, 400], Some("a"));
    walk.start_over();
    assert_eq!(page(&mut walk, &[500, 400], Some("a")), Step::Continue);
    let end = ending(page(&mut walk, &[300], None));
    assert_eq!((end.outcome, end.reason), (Outcome::Complete, None));
    assert_eq!(walk.listed(), 3);
}

#[test]
fn a_smaller_page_size_allows_more_pages() {
    let mut walk = progress(Window::ALL, 0);
    walk.shrink_to(50);
    let ended = (0..410).position(|n| page(&mut walk, &[], Some(&n.to_string())) != Step::Continue);
    assert_eq!(ended, Some(409));
}

#[test]
fn a_window_in_the_past_of_a_large_account_proves_only_what_it_listed() {
    let window = Window { since: Some(at(100_000)), until: Some(at(500_000)) };
    for total in [None, Some(9_900), Some(15_000)] {
        let walk =
            || Progress::new(Edge::Media, window, 100, 0, at(1_000_000)).of_account_with(total);
        assert_eq!(ending(page(&mut walk(), &[], None)).coverage, None, "{total:?}");
        let listed = ending(page(&mut walk(), &[400_000, 200_000], None)).coverage;
        assert_eq!(listed, Some(Coverage { from: at(286_400), to: at(496_400) }), "{total:?}");
    }
    let small = Progress::new(Edge::Media, window, 100, 0, at(1_000_000)).of_account_with(Some(9));
    let mut small = small;
    assert_eq!(
        ending(page(&mut small, &[], None)).coverage,
        Some(Coverage { from: at(103_600), to: at(496_400) })
    );
}

#[test]
fn stories_prove_a_day_and_tags_prove_nothing() {
    let walk = |edge| Progress::new(edge, Window::ALL, 100, 0, at(1_000_000));
    let stories = ending(page(&mut walk(Edge::Stories), &[999_000], None)).coverage;
    assert_eq!(stories, Some(Coverage { from: at(917_200), to: at(996_400) }));
    assert_eq!(ending(page(&mut walk(Edge::Tags), &[999_000], None)).coverage, None);
}

#[test]
fn an_empty_end_after_everything_known_is_believed_at_once() {
    let mut walk = progress(Window::ALL, 2);
    assert_eq!(page(&mut walk, &[500, 400], Some("a")), Step::Continue);
    assert_eq!(ending(page(&mut walk, &[], None)).outcome, Outcome::Complete);
}

#[test]
fn a_last_page_of_unreadable_items_is_not_empty() {
    let mut walk = progress(Window::ALL, 2);
    let end = ending(walk.after_page(PageFacts { items: &[], unreadable: 1, next: None }));
    assert_eq!((end.outcome, end.reason), (Outcome::Complete, Some(Reason::Unreadable)));
}

#[test]
fn items_of_one_second_are_in_order() {
    let mut walk = progress(Window::ALL, 0);
    page(&mut walk, &[500, 400], Some("a"));
    assert!(ending(page(&mut walk, &[400, 300], None)).coverage.is_some());
}

#[test]
fn a_list_with_another_end_is_capped_there() {
    let walk = || progress(Window::ALL, 0).of_list_with(2);
    let end = ending(page(&mut walk(), &[900_000, 800_000], None));
    assert_eq!(end.capped_at, Some(at(800_000)));
    assert_eq!(end.coverage, Some(Coverage { from: at(886_400), to: at(996_400) }));
    assert_eq!(ending(page(&mut walk(), &[900_000], None)).capped_at, None);
    let many: Vec<i64> = (0..103).rev().collect();
    let end = ending(page(&mut walk(), &many, Some("a")));
    assert_eq!(end.reason, Some(Reason::TooManyItems));
    assert_eq!(page(&mut walk(), &many[..102], Some("a")), Step::Continue);
}

#[test]
fn endings_and_reasons_have_words_and_every_reason_its_clause() {
    let outcomes = [Outcome::Complete, Outcome::Partial, Outcome::Failed, Outcome::Interrupted];
    let words = ["complete", "partial", "failed", "interrupted"];
    assert_eq!(outcomes.map(Outcome::as_str), words);
    let reasons = [
        (Reason::RepeatedCursor, "repeated_cursor"),
        (Reason::TooManyPages, "too_many_pages"),
        (Reason::TooManyItems, "too_many_items"),
        (Reason::OutOfOrder, "out_of_order"),
        (Reason::Unreadable, "unreadable_items"),
        (Reason::EmptyEnd, "empty_end"),
        (Reason::InvalidCursor, "invalid_cursor"),
        (Reason::Api, "api"),
        (Reason::Throttled, "throttled"),
        (Reason::Token, "token"),
        (Reason::Permission, "permission"),
        (Reason::Stopped, "stopped"),
        (Reason::Storage, "storage"),
    ];
    let mut clauses = HashSet::new();
    for (reason, word) in reasons {
        assert_eq!(reason.as_str(), word);
        assert!(reason.explain().contains(' ') && clauses.insert(reason.explain()), "{word}");
    }
}

#[test]
fn an_empty_list_of_an_account_that_says_it_has_nothing_is_the_end() {
    let end = |edge, total| {
        let mut walk =
            Progress::new(edge, Window::ALL, 100, 5, at(1_000_000)).of_account_with(total);
        let nothing = || PageFacts { items: &[], unreadable: 0, next: None };
        assert_eq!(walk.after_page(nothing()), Step::AskAgain);
        let Step::End(end) = walk.after_page(nothing()) else { panic!("asked thrice") };
        (end.outcome, end.reason, end.coverage.is_some())
    };
    let not_believed = (Outcome::Partial, Some(Reason::EmptyEnd), false);
    assert_eq!(end(Edge::Media, Some(0)), (Outcome::Complete, None, true));
    assert_eq!(end(Edge::Media, Some(1)), not_believed);
    assert_eq!(end(Edge::Media, None), not_believed);
    assert_eq!(end(Edge::Stories, Some(0)), not_believed);
}

#[test]
fn a_walk_claims_nothing_that_a_clock_calls_the_future() {
    for (other, expected) in [(900_000, 896_400), (1_100_000, 996_400)] {
        let mut walk = Progress::new(Edge::Media, Window::ALL, 100, 0, at(1_000_000));
        walk.note_clock(at(other));
        let end = walk.after_page(PageFacts { items: &[], unreadable: 0, next: None });
        let Step::End(end) = end else { panic!("an end") };
        assert_eq!(end.coverage.map(|coverage| coverage.to), Some(at(expected)));
    }
}

#[test]
fn every_reason_is_read_from_the_word_that_it_writes() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_word(reason.as_str()), Some(reason));
    }
    assert_eq!(Reason::from_word("of_the_future"), None);
}
