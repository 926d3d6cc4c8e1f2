//! Walks, accounts and failures outside of files.

use mediakeep::catalog::{AccountRecord, CatalogError, FailureNote, Judgement, Stage};
use mediakeep::domain::walk::{Ending, Outcome, Reason};
use mediakeep::domain::{Edge, Field, Login, Window};

use crate::support::{Archive, FIELDS, at, bakery, picture, sealed, start};

const WEEK: i64 = 7 * 86_400;

#[test]
fn a_walk_keeps_how_it_asked_and_what_it_proved() {
    let archive = Archive::new();
    let walk = archive.begin(Edge::Media, FIELDS, 10);
    archive.page(walk, &[picture("101")], 20);
    archive.complete(walk, 30);
    assert_eq!(
        archive.rows(
            "SELECT account, edge, name, since, until, started_at, finished_at, outcome, reason,
             coverage_from, coverage_to, missing FROM walks"
        ),
        [[
            "bakery",
            "media",
            "full",
            "NULL",
            "NULL",
            "2026-11-01T00:00:10Z",
            "2026-11-01T00:00:30Z",
            "complete",
            "NULL",
            "1970-01-01T00:00:00Z",
            "2026-11-01T00:00:30Z",
            "NULL"
        ]]
    );
    assert_eq!(archive.one("SELECT last_complete_walk_at FROM accounts"), "2026-11-01T00:00:30Z");
    assert_eq!(
        archive.rows("SELECT host, login, api_version_asked, program_version FROM walk"),
        [["graph.instagram.com", "instagram", "v25.0", "0.1.0-test"]]
    );
}

#[test]
fn what_is_known_in_a_window_counts_posts_inside_it() {
    let archive = Archive::new();
    let dated = |id: &str, seconds| {
        let mut item = picture(id);
        item.published_at = Field::Value(at(seconds));
        sealed(item)
    };
    archive.walk(&[dated("103", -100), dated("102", -200), dated("101", -300)], 0);
    let known = |since: Option<i64>, until: Option<i64>| {
        let mut start = start(Edge::Media, FIELDS);
        start.window = Window { since: since.map(at), until: until.map(at) };
        archive.write(move |w| w.begin_walk(&start, at(10))).known_in_window
    };
    assert_eq!(known(None, None), 3);
    assert_eq!(known(Some(-200), None), 2);
    assert_eq!(known(None, Some(-200)), 1);
    assert_eq!(known(Some(-200), Some(-100)), 1);
}

#[test]
fn stories_past_their_day_are_not_expected_to_be_listed() {
    let archive = Archive::new();
    let walk = archive.begin(Edge::Stories, FIELDS, 0);
    let mut story = picture("101");
    story.published_at = Field::Value(at(0));
    archive.page(walk, &[sealed(story)], 10);
    let known = |seconds| {
        let start = start(Edge::Stories, FIELDS);
        archive.write(move |w| w.begin_walk(&start, at(seconds))).known_in_window
    };
    assert_eq!(known(22 * 3600), 1);
    assert_eq!(known(24 * 3600), 0);
}

#[test]
fn a_walk_that_keeps_failing_for_one_reason_is_one_event() {
    let archive = Archive::new();
    let end = |outcome, reason, seconds| {
        let walk = archive.begin(Edge::Media, FIELDS, seconds);
        let ending = Ending { outcome, reason, coverage: None, capped_at: None };
        archive.close(walk, ending, Judgement::NotCompared, seconds);
    };
    end(Outcome::Partial, Some(Reason::Api), 10);
    end(Outcome::Partial, Some(Reason::Api), 20);
    end(Outcome::Partial, Some(Reason::Throttled), 30);
    end(Outcome::Failed, Some(Reason::Throttled), 40);
    end(Outcome::Complete, None, 50);
    end(Outcome::Partial, Some(Reason::Api), 60);
    let reported = archive.rows("SELECT walk_id FROM events WHERE kind = 'walk_partial'");
    assert_eq!(reported, [["1"], ["3"], ["4"], ["6"]]);
}

#[test]
fn walks_of_a_process_that_died_are_interrupted() {
    let archive = Archive::new();
    archive.begin(Edge::Media, FIELDS, 10);
    archive.begin(Edge::Stories, FIELDS, 20);
    assert_eq!(archive.write(mediakeep::catalog::Writer::interrupt_running_walks), 2);
    assert_eq!(archive.write(mediakeep::catalog::Writer::interrupt_running_walks), 0);
    assert_eq!(
        archive.rows("SELECT outcome, finished_at FROM walks"),
        [["interrupted", "NULL"], ["interrupted", "NULL"]]
    );
}

#[test]
fn a_label_means_one_account_for_ever() {
    let archive = Archive::new();
    let same = |login, id: &str| {
        let id = id.parse().unwrap();
        archive.attempt(move |w| w.ensure_account(&bakery(), login, &id, at(10)))
    };
    assert!(same(Login::Instagram, "17841400000000111").is_ok());
    for (login, id) in
        [(Login::Facebook, "17841400000000111"), (Login::Instagram, "17841400000000222")]
    {
        let error = same(login, id).unwrap_err();
        assert!(matches!(error, CatalogError::AccountMismatch { .. }));
        let text = error.to_string();
        assert!(text.contains("17841400000000111") && text.contains(id), "{text}");
    }
    let other = "cafe".parse().unwrap();
    let result = archive.attempt(move |w| w.blocked_until(&other));
    assert!(matches!(result, Err(CatalogError::UnknownAccount(name)) if name == "cafe"));
}

#[test]
fn an_account_is_described_renamed_and_counted() {
    let archive = Archive::new();
    let record = |username: &str, posts, seconds| {
        let record = AccountRecord {
            username: Some(username.to_owned()),
            media_count: Some(posts),
            ..AccountRecord::default()
        };
        archive.write(move |w| w.record_account(&bakery(), &record, at(seconds)));
    };
    record("bakery.example", 7, 10);
    record("bakery.example", 7, 20);
    record("bread.example", 8, 30);
    archive.write(|w| w.record_account(&bakery(), &AccountRecord::default(), at(40)));
    assert_eq!(
        archive.rows("SELECT username, api_media_count, state FROM accounts"),
        [["bread.example", "8", "new"]]
    );
    assert_eq!(
        archive.rows("SELECT media_id, at, value FROM metrics WHERE name = 'media_count'"),
        [["NULL", "2026-11-01T00:00:10Z", "7"], ["NULL", "2026-11-01T00:00:30Z", "8"]]
    );
    assert_eq!(
        archive.rows("SELECT kind, detail FROM events"),
        [["account_renamed", r#"{"old":"bakery.example","new":"bread.example"}"#]]
    );
}

#[test]
fn state_pace_and_token_survive_and_cost_nothing_when_unchanged() {
    let archive = Archive::new();
    let set = || {
        archive.write(|w| w.set_account_state(&bakery(), "token_expired", Some("why"), at(10)));
        archive.write(|w| w.set_blocked_until(&bakery(), Some(at(600)), Some(91.5)));
        archive.write(|w| w.set_token_expiry(&bakery(), Some(at(900))));
    };
    set();
    let rows = archive.write(|w| Ok(w.rows_written()));
    set();
    assert_eq!(archive.write(|w| Ok(w.rows_written())), rows);
    assert_eq!(archive.write(|w| w.blocked_until(&bakery())), Some(at(600)));
    assert_eq!(
        archive.rows("SELECT state, token_expires_at FROM accounts"),
        [["token_expired", "2026-11-01T00:15:00Z"]]
    );
    archive.write(|w| w.set_blocked_until(&bakery(), None, None));
    assert_eq!(archive.write(|w| w.blocked_until(&bakery())), None);
    assert_eq!(archive.one("SELECT usage_percent FROM account"), "91.5");
}

#[test]
fn a_refused_field_is_left_out_for_a_week_and_reported_once() {
    let archive = Archive::new();
    let refuse = |seconds| {
        archive.write(move |w| w.drop_field(&bakery(), "v25.0", "alt_text", "(#100)", at(seconds)));
    };
    let dropped = |version: &'static str, seconds| {
        archive.write(move |w| w.dropped_fields(&bakery(), version, at(seconds)))
    };
    refuse(0);
    refuse(0);
    assert_eq!(dropped("v25.0", WEEK - 1), ["alt_text"]);
    assert!(dropped("v25.0", WEEK).is_empty());
    assert!(dropped("v24.0", 10).is_empty());
    refuse(WEEK);
    assert_eq!(dropped("v25.0", 2 * WEEK - 1), ["alt_text"]);
    assert_eq!(archive.one("SELECT count(*) FROM events WHERE kind = 'field_dropped'"), "1");
}

#[test]
fn failures_count_up_and_are_cleared_by_their_subject() {
    let archive = Archive::new();
    let note = |stage, subject: &str| FailureNote {
        stage,
        subject: subject.to_owned(),
        media_id: (stage == Stage::Item).then(|| subject.parse().unwrap()),
        class: "fatal".to_owned(),
        code: Some(100),
        subcode: Some(33),
        http_status: Some(400),
        error: "unsupported get request".to_owned(),
        next_try_at: Some(at(60)),
    };
    let fail = |stage, subject| {
        let note = note(stage, subject);
        archive.write(move |w| w.record_failure(&bakery(), &note, at(10)))
    };
    assert_eq!(fail(Stage::Walk, "full"), 1);
    assert_eq!(fail(Stage::Walk, "full"), 2);
    assert_eq!(fail(Stage::Item, "101"), 1);
    assert_eq!(
        archive.rows("SELECT stage, media_id, code, subcode, tries FROM failures ORDER BY 1"),
        [["item", "101", "100", "33", "1"], ["walk", "NULL", "100", "33", "2"]]
    );
    let clear = |stage, subject: &'static str| {
        archive.write(move |w| w.clear_failure(&bakery(), stage, subject))
    };
    assert!(!clear(Stage::Walk, "recent"));
    assert!(clear(Stage::Walk, "full"));
    assert_eq!(archive.one("SELECT stage FROM failures"), "item");
}
