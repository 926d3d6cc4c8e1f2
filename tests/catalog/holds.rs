//! Losses that are too many to be believed at once.

use mediakeep::catalog::{CatalogError, CatalogReader, WalkId};
use mediakeep::domain::{Edge, Observation};

use crate::stand::{DAY, HOUR, Reply, Walk, dated};
use crate::support::{Archive, at};

fn five() -> Vec<Observation> {
    (1..=5).map(|n| dated(&format!("10{n}"), -n * DAY)).collect()
}

/// Three of five left at once, an hour after the first walk.
fn held() -> Archive {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let closed = archive.look(&five()[..2], HOUR);
    assert_eq!((closed.held, closed.missing), (Some(3), 0));
    archive
}

fn away(archive: &Archive) -> String {
    archive.one("SELECT count(*) FROM posts WHERE state <> 'present'")
}

#[test]
fn what_is_too_much_is_held_and_changes_nothing() {
    let archive = held();
    assert_eq!(away(&archive), "0");
    assert_eq!(
        archive.rows("SELECT walk_id, edge, kind, reason, items, looked_at, ended_at FROM holds"),
        [["2", "media", "missing", "too_many", "3", "5", "NULL"]]
    );
    assert_eq!(
        archive.rows("SELECT hold, missing, coverage_to IS NULL FROM walks WHERE walk_id = 2"),
        [["missing", "NULL", "0"]]
    );
    assert_eq!(archive.rows("SELECT walk_id FROM ledger"), [["1"]]);
    assert_eq!(archive.rows("SELECT reason FROM gaps"), [["held"]]);
    assert_eq!(archive.one("SELECT attention FROM accounts"), "a walk is held");
    assert_eq!(
        archive.one("SELECT detail FROM events WHERE kind = 'walk_held'"),
        r#"{"kind":"missing","reason":"too_many","items":3,"looked_at":5}"#
    );
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let account = reader.status().unwrap().accounts.remove(0);
    assert_eq!((account.held_walks, account.missing, account.gaps), (vec![2], 0, 1));
    assert_eq!(reader.open_holds(Some("bakery")).unwrap().len(), 1);
    assert_eq!(reader.open_holds(Some("cafe")).unwrap(), []);
}

#[test]
fn another_walk_a_day_later_that_misses_the_same_confirms_it_from_its_first_day_on() {
    let archive = held();
    archive.look(&five()[..2], 2 * HOUR);
    assert_eq!(away(&archive), "0", "too early");
    let closed = archive.look(&five()[..2], 2 * DAY);
    assert_eq!((closed.missing, closed.held), (3, None));
    assert_eq!(
        archive.rows("SELECT DISTINCT state, first_missing_at, missing_walk_id FROM disappeared"),
        [["missing", "2026-11-01T01:01:00Z", "2"]]
    );
    assert_eq!(
        archive.rows("SELECT missing FROM walks ORDER BY walk_id"),
        [["0"], ["3"], ["0"], ["0"]],
        "they are missing since the walk that was held"
    );
    assert_eq!(
        archive.rows("SELECT ended_at, ended_by FROM holds"),
        [["2026-11-03T00:01:00Z", "confirmed"]]
    );
    assert_eq!(
        archive.one("SELECT detail FROM events WHERE kind = 'hold_ended'"),
        r#"{"kind":"missing","held_walk":2,"by":"confirmed","items":3}"#
    );
    assert_eq!(archive.rows("SELECT walk_id FROM ledger"), [["4"]]);
    assert_eq!(archive.rows("SELECT * FROM gaps"), Vec::<Vec<String>>::new());
    archive.look(&five()[..2], 4 * DAY);
    assert_eq!(archive.rows("SELECT DISTINCT state FROM disappeared"), [["gone"]]);
    archive.events();
}

#[test]
fn one_of_them_listed_again_drops_the_hold() {
    let archive = held();
    let mut some = five();
    some.remove(4);
    let closed = archive.look(&some, 2 * DAY);
    assert_eq!((closed.missing, closed.held), (1, None), "105 is newly missed, alone");
    assert_eq!(archive.rows("SELECT media_id FROM disappeared"), [["105"]]);
    assert_eq!(
        archive.one("SELECT first_missing_at FROM disappeared"),
        "2026-11-03T00:01:00Z",
        "it counts from the walk that is believed"
    );
    assert_eq!(archive.one("SELECT ended_by FROM holds"), "dropped");
    assert_eq!(archive.rows("SELECT missing FROM walks"), [["0"], ["NULL"], ["1"]]);
}

#[test]
fn a_person_may_believe_it() {
    let archive = held();
    let accept = |walk| archive.attempt(move |w| w.accept_walk(WalkId(walk), at(3 * HOUR)));
    assert!(matches!(accept(1), Err(CatalogError::WalkNotHeld(1))));
    assert!(matches!(accept(99), Err(CatalogError::WalkNotHeld(99))));
    assert_eq!(accept(2).unwrap().missing, 3);
    assert!(matches!(accept(2), Err(CatalogError::WalkNotHeld(2))), "a hold ends once");
    assert_eq!(
        archive.rows(
            "SELECT DISTINCT state, first_missing_at, missing_walk_id, asked_at FROM disappeared"
        ),
        [["missing", "2026-11-01T01:01:00Z", "2", "NULL"]]
    );
    assert_eq!(archive.rows("SELECT ended_by FROM holds"), [["accepted"]]);
    assert_eq!(archive.rows("SELECT hold, missing FROM walks WHERE walk_id = 2"), [["NULL", "3"]]);
    assert_eq!(archive.rows("SELECT walk_id FROM ledger"), [["2"]]);
    assert_eq!(archive.rows("SELECT * FROM gaps"), Vec::<Vec<String>>::new());
    for day in [2, 4] {
        archive.look(&five()[..2], day * DAY);
    }
    assert_eq!(archive.rows("SELECT DISTINCT state FROM disappeared"), [["gone"]]);
    assert_eq!(archive.life("105"), ["missing", "missing", "gone"]);
    archive.events();
}

#[test]
fn what_was_listed_since_is_not_made_missing_by_a_person() {
    let archive = held();
    // The page of a walk that is never closed shows that 103 is there.
    let walk = archive.begin(Edge::Media, crate::support::FIELDS, 2 * HOUR);
    archive.page(walk, &five()[..3], 2 * HOUR);
    archive.write(mediakeep::catalog::Writer::interrupt_running_walks);
    let accepted = archive.write(|w| w.accept_walk(WalkId(2), at(3 * HOUR)));
    assert_eq!(accepted.missing, 2);
    assert_eq!(archive.state("103"), "present");
}

#[test]
fn the_first_look_with_another_api_version_is_held_and_the_old_one_can_speak_again() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let newer = |seconds| Walk { api_version: "v26.0", ..Walk::at(seconds) };
    let closed = archive.go(&newer(HOUR), &five()[..4]);
    assert_eq!(closed.held, Some(1), "one is few, but somebody else looked");
    assert_eq!(archive.one("SELECT reason FROM holds"), "observer_changed");
    archive.go(&newer(2 * HOUR), &five()[..4]);
    let closed = archive.go(&newer(3 * DAY), &five()[..4]);
    assert_eq!((closed.missing, closed.held), (1, None), "by now it looks as the last one did");
    assert_eq!(archive.one("SELECT ended_by FROM holds"), "confirmed");
}

#[test]
fn two_looks_of_one_observer_are_compared_and_unknown_versions_are_the_same() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let closed = archive.look(&five()[..4], HOUR);
    assert_eq!((closed.missing, closed.held), (1, None));
}

#[test]
fn held_items_that_answer_are_unlisted_since_the_held_walk() {
    let archive = held();
    archive.go(&Walk { reply: Reply::There, ..Walk::at(2 * DAY) }, &five()[..2]);
    assert_eq!(
        archive.rows("SELECT DISTINCT state, first_missing_at, unlisted_at FROM disappeared"),
        [["unlisted", "2026-11-01T01:01:00Z", "2026-11-03T00:01:00Z"]]
    );
    assert_eq!(
        archive.one("SELECT disappeared_at FROM posts WHERE media_id = '105'"),
        "2026-11-01T01:01:00Z"
    );
}

#[test]
fn another_api_version_that_misses_the_same_twice_is_believed() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let newer = |seconds| Walk { api_version: "v26.0", ..Walk::at(seconds) };
    assert_eq!(archive.go(&newer(HOUR), &five()[..2]).held, Some(3));
    let closed = archive.go(&newer(26 * HOUR), &five()[..2]);
    assert_eq!((closed.missing, closed.held), (3, None));
    assert_eq!(archive.rows("SELECT ended_by FROM holds"), [["confirmed"]]);
    assert_eq!(archive.rows("SELECT walk_id FROM ledger"), [["3"]], "it is the observer now");
    for day in [3, 5] {
        archive.go(&newer(day * DAY), &five()[..2]);
    }
    assert_eq!(archive.rows("SELECT DISTINCT state FROM disappeared"), [["gone"]]);
}

#[test]
fn losses_in_every_walk_of_another_api_version_do_not_keep_its_hold_open() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let newer = |seconds| Walk { api_version: "v26.0", ..Walk::at(seconds) };
    archive.go(&newer(HOUR), &five()[..4]);
    let closed = archive.go(&newer(26 * HOUR), &five()[..3]);
    assert_eq!((closed.missing, closed.held), (2, None), "104 is missed by the usual observer");
    let closed = archive.go(&newer(52 * HOUR), &five()[..2]);
    assert_eq!((closed.missing, closed.gone, closed.held), (1, 2, None));
    assert_eq!(archive.rows("SELECT DISTINCT ended_by FROM holds"), [["confirmed"]]);
}

#[test]
fn another_api_version_confirms_nothing_that_the_old_one_missed() {
    let archive = held();
    let newer = Walk { api_version: "v26.0", ..Walk::at(2 * DAY) };
    assert_eq!(archive.go(&newer, &five()[..2]).missing, 0);
    assert_eq!(archive.rows("SELECT ended_by FROM holds"), [["NULL"]]);
}

#[test]
fn a_hold_keeps_the_pages_that_showed_its_items_last() {
    let archive = held();
    assert_eq!(archive.rows("SELECT walk_id FROM walk WHERE is_pinned = 1"), [["1"], ["2"]]);
}

#[test]
fn an_answer_between_a_hold_and_its_end_does_not_move_the_day_it_was_last_seen() {
    let archive = held();
    let asked = mediakeep::catalog::AskedFields::parse(crate::support::FIELDS);
    archive.write(move |w| {
        let item = dated("105", -5 * DAY);
        w.observe_item(&crate::support::bakery(), Edge::Media, &item, &asked, at(5 * HOUR))
    });
    archive.look(&five()[..2], 2 * DAY);
    assert_eq!(
        archive.rows("SELECT media_id, last_seen_at, first_missing_at FROM disappeared ORDER BY 1"),
        [
            ["103", "2026-11-01T00:00:30Z", "2026-11-01T01:01:00Z"],
            ["104", "2026-11-01T00:00:30Z", "2026-11-01T01:01:00Z"],
            ["105", "2026-11-01T00:01:00Z", "2026-11-01T01:01:00Z"]
        ]
    );
}
