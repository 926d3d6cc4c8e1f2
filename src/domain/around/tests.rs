use super::*;
use crate::domain::Coverage;
use crate::domain::walk::{Outcome, Reason};

const DAY: i64 = 86_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn id(name: &str) -> MediaId {
    name.parse().unwrap()
}

/// An item of day 10 with an older neighbour of day 8 and one behind it of day 7.
fn around() -> Around {
    let older = [(id("older"), at(8 * DAY)), (id("behind"), at(7 * DAY))];
    Around::new(id("item"), at(10 * DAY), Some(older))
}

fn proof(from: i64, to: i64) -> Ending {
    let coverage = Some(Coverage { from: at(from), to: at(to) });
    Ending { outcome: Outcome::Complete, reason: None, coverage, capped_at: None }
}

/// Reads pages of names and days, the first one from the top.
fn answer(pages: &[&[(&str, i64)]], ending: &Ending) -> Answer {
    let mut around = around();
    for (n, page) in pages.iter().enumerate() {
        let ids: Vec<MediaId> = page.iter().map(|(name, _)| id(name)).collect();
        let items: Vec<_> =
            ids.iter().zip(*page).map(|(id, (_, day))| (id, Some(at(day * DAY)))).collect();
        around.after_page(&items, n == 0);
    }
    around.answer(ending)
}

#[test]
fn the_window_reaches_an_hour_beyond_the_item_and_its_second_older_neighbour() {
    let window = Window { since: Some(at(7 * DAY - 3600)), until: Some(at(10 * DAY + 3600)) };
    assert_eq!(around().window(), window);
}

#[test]
fn without_older_neighbours_the_list_can_show_the_item_and_its_silence_says_nothing() {
    let alone = || Around::new(id("item"), at(10 * DAY), None);
    let window = Window { since: Some(at(10 * DAY - 3600)), until: Some(at(10 * DAY + 3600)) };
    assert_eq!(alone().window(), window);
    let all = proof(0, 20 * DAY);
    let mut silent = alone();
    silent.after_page(&[(&id("other"), Some(at(10 * DAY)))], true);
    assert_eq!(silent.answer(&all), Answer::Unclear);
    let mut shown = alone();
    shown.after_page(&[(&id("item"), Some(at(10 * DAY)))], true);
    assert_eq!(shown.answer(&all), Answer::Listed);
}

#[test]
fn an_older_neighbour_is_at_least_a_day_older() {
    assert_eq!(Around::reaches_back_to(at(10 * DAY)), at(9 * DAY));
}

#[test]
fn a_list_that_has_the_item_says_so_however_it_ended() {
    let stopped = Ending {
        outcome: Outcome::Partial,
        reason: Some(Reason::Throttled),
        coverage: None,
        capped_at: None,
    };
    for ending in [stopped, proof(0, 20 * DAY)] {
        assert_eq!(answer(&[&[("item", 10)]], &ending), Answer::Listed);
        assert_eq!(answer(&[&[("a", 11)], &[("b", 9), ("item", 10)]], &ending), Answer::Listed);
    }
}

#[test]
fn a_list_without_the_item_counts_when_one_page_reaches_from_its_place_to_the_older_neighbour() {
    let exact = proof(10 * DAY, 10 * DAY);
    for pages in [
        &[&[("older", 8), ("behind", 7)][..]][..],
        &[&[("a", 9), ("older", 8)], &[("behind", 7)]],
        &[&[("a", 12)], &[("b", 11), ("older", 8), ("behind", 7)]],
        &[&[("a", 12)], &[("b", 10), ("older", 8)], &[("behind", 7), ("c", 6)]],
    ] {
        assert_eq!(answer(pages, &exact), Answer::Exists, "{pages:?}");
    }
}

#[test]
fn a_list_that_may_have_skipped_the_item_says_nothing() {
    let all = proof(0, 20 * DAY);
    for pages in [
        &[][..],
        &[&[][..]],
        &[&[("a", 9)]],
        &[&[("behind", 7)]],
        &[&[("a", 12)], &[("older", 8), ("behind", 7)]],
        &[&[("a", 12)], &[("b", 9), ("older", 8), ("behind", 7)]],
        // The neighbour may stand where it does not belong, and the list is cut off behind it.
        &[&[("a", 12), ("older", 8)]],
        &[&[("a", 12), ("older", 8)], &[("b", 8)]],
    ] {
        assert_eq!(answer(pages, &all), Answer::Unclear, "{pages:?}");
    }
    for ending in
        [Ending { coverage: None, ..all }, proof(10 * DAY + 1, 20 * DAY), proof(0, 10 * DAY - 1)]
    {
        assert_eq!(
            answer(&[&[("older", 8), ("behind", 7)]], &ending),
            Answer::Unclear,
            "{ending:?}"
        );
    }
}
