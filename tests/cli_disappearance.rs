//! What people see of disappearance: the real binary on an archive whose past is written down.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use graph_sandbox::Settings;
use rusqlite::Connection;
use serde_json::Value;

mod support;
use support::{Ran, Rig};

/// Six posts of one account, first seen on New Year's Day. `{n}` stands for the n-th newest.
///
/// The newest is gone, the second is missing, the third lost its address and returned, of the
/// fourth the caption changed, and walk 104 is held because too much was missing at once.
const PAST: &str = "
UPDATE walk SET started_at = '2026-01-01T00:00:00Z', finished_at = '2026-01-01T00:05:00Z',
       missing = 0, coverage_to_at = iif(coverage_to_at IS NULL, NULL, '2025-12-31T23:00:00Z');
UPDATE item SET first_seen_at = '2026-01-01T00:01:00Z';
UPDATE asset_version SET held_at = '2026-01-01T00:02:00Z';
UPDATE sighting SET seen_at = '2026-03-05T00:00:00Z';
DELETE FROM event;
DELETE FROM gap;
DELETE FROM proven_span;
INSERT INTO walk (walk_id, account_id, edge, name, started_at, finished_at, outcome, reason,
       coverage_from_at, coverage_to_at, pages, calls, listed, missing, login, host,
       api_version_asked, field_set, program_version)
SELECT v.column1, a.account_id, 'media', 'full', v.column2, v.column2, v.column3, v.column4,
       v.column5, v.column6, 1, 1, 5, v.column7, 'instagram', 'h', 'v25.0', 'id', '0'
  FROM (VALUES
   (101, '2026-02-01T00:00:00Z', 'complete', NULL, '1970-01-01T00:00:00Z', '2026-01-31T23:00:00Z', 0),
   (102, '2026-03-01T00:00:00Z', 'complete', NULL, '1970-01-01T00:00:00Z', '2026-02-28T23:00:00Z', 1),
   (103, '2026-03-02T06:00:00Z', 'complete', NULL, '1970-01-01T00:00:00Z', '2026-03-02T05:00:00Z', 1),
   (104, '2026-03-03T00:00:00Z', 'complete', NULL, '1970-01-01T00:00:00Z', '2026-03-02T23:00:00Z', NULL),
   (105, '2026-03-04T00:00:00Z', 'partial', 'throttled', NULL, NULL, NULL)) v
  JOIN account a ON a.name = 'harbor.lantern';
UPDATE item SET published_at = (SELECT '2025-12-0' || (7 - n) || 'T12:00:00Z' FROM nth WHERE nth.item_id = item.item_id)
 WHERE item_id IN (SELECT item_id FROM nth);
UPDATE item SET state = 'gone', disappeared_at = '2026-03-01T00:00:00Z' WHERE item_id = {1};
UPDATE item SET state = 'missing', disappeared_at = '2026-03-02T06:00:00Z' WHERE item_id = {2};
INSERT INTO absence (item_id, last_seen_at, last_listed_walk_id, first_missing_at, missing_walk_id, confirmed_at) VALUES
 ({1}, '2026-02-01T00:00:00Z', 101, '2026-03-01T00:00:00Z', 102, '2026-03-02T06:00:00Z'),
 ({2}, '2026-03-01T00:00:00Z', 102, '2026-03-02T06:00:00Z', 103, NULL);
INSERT INTO change (item_id, field, old_kind, old, new_kind, new, previous_seen_at, seen_at) VALUES
 ({4}, 'caption', 'value', 'before', 'value', 'after', '2026-01-01T00:01:00Z', '2026-02-01T00:00:00Z');
INSERT INTO hold (walk_id, kind, reason, items, looked_at, held_at) VALUES
 (104, 'missing', 'too_many', 3, 4, '2026-03-03T00:00:00Z');
INSERT INTO held_item (walk_id, kind, item_id, role) VALUES
 (104, 'missing', {3}, ''), (104, 'missing', {4}, ''), (104, 'missing', {5}, '');
INSERT INTO proven_span (account_id, edge, from_at, to_at, walk_id, proven_at)
SELECT account_id, 'media', '1970-01-01T00:00:00Z', '2026-03-02T05:00:00Z', 103, '2026-03-02T06:00:00Z'
  FROM account WHERE name = 'harbor.lantern';
INSERT INTO gap (account_id, edge, from_at, to_at, reason, since_at)
SELECT account_id, 'media', '2026-03-02T05:00:01Z', NULL, 'throttled', '2026-03-04T00:00:00Z'
  FROM account WHERE name = 'harbor.lantern';
INSERT INTO event (account_id, at, item_id, kind, role, walk_id, detail, previous_digest, digest)
SELECT (SELECT account_id FROM account WHERE name = 'harbor.lantern'), v.column1, v.column2, v.column3,
       v.column4, v.column5, v.column6, printf('%064d', 0), printf('%064d', 1)
  FROM (VALUES
   ('2026-01-01T00:01:00Z', {1}, 'first_seen', NULL, 1, '{\"edge\":\"media\"}'),
   ('2026-02-01T00:00:00Z', {4}, 'changed', NULL, 101, '{\"fields\":[\"caption\"]}'),
   ('2026-02-01T00:00:00Z', {3}, 'url_lost', 'media', 101,
    '{\"last_url_at\":\"2026-01-01T00:01:00Z\",\"lost_at\":\"2026-02-01T00:00:00Z\",\"held\":true}'),
   ('2026-03-01T00:00:00Z', {1}, 'missing', NULL, 102,
    '{\"last_seen_at\":\"2026-02-01T00:00:00Z\",\"walk\":102,\"asked\":[]}'),
   ('2026-03-01T00:00:00Z', {3}, 'url_regained', 'media', 102, '{\"lost_at\":\"2026-02-01T00:00:00Z\"}'),
   ('2026-03-02T06:00:00Z', {1}, 'gone', NULL, 103,
    '{\"last_seen_at\":\"2026-02-01T00:00:00Z\",\"first_missing_at\":\"2026-03-01T00:00:00Z\",\"struck_at\":\"2026-03-01T00:00:00Z\"}'),
   ('2026-03-02T06:00:00Z', {2}, 'missing', NULL, 103,
    '{\"last_seen_at\":\"2026-03-01T00:00:00Z\",\"walk\":103,\"asked\":[]}'),
   ('2026-03-03T00:00:00Z', NULL, 'walk_held', NULL, 104,
    '{\"kind\":\"missing\",\"reason\":\"too_many\",\"items\":3,\"looked_at\":4}'),
   ('2026-03-04T00:00:00Z', NULL, 'gap_opened', NULL, 105,
    '{\"edge\":\"media\",\"from\":\"2026-03-02T05:00:01Z\",\"to\":null,\"reason\":\"throttled\"}')) v;
";

/// A synced archive with that past, and the shortcodes of its posts, newest first.
struct Past {
    rig: Rig,
    codes: Vec<String>,
}

impl Past {
    async fn new() -> Self {
        let settings = Settings { posts: 6, picture_pool: Some(2), ..Settings::default() };
        let rig = Rig::start(settings).await;
        rig.run(&["sync", "harbor.lantern"]).expect(0);
        let connection = Connection::open(rig.catalog()).unwrap();
        connection
            .execute_batch(
                "CREATE TEMP TABLE nth AS
                 SELECT item_id, shortcode, row_number() OVER (ORDER BY published_at DESC, item_id) AS n
                   FROM item WHERE edge = 'media' AND parent_item_id IS NULL",
            )
            .unwrap();
        let (mut past, mut codes) = (PAST.to_owned(), Vec::new());
        for n in 1..=6 {
            let (item_id, code): (i64, String) = connection
                .query_row("SELECT item_id, shortcode FROM nth WHERE n = ?1", [n], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .unwrap();
            past = past.replace(&format!("{{{n}}}"), &item_id.to_string());
            codes.push(code);
        }
        connection.execute_batch(&past).unwrap();
        Self { rig, codes }
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.rig.run(args)
    }

    /// The n-th newest post.
    fn code(&self, n: usize) -> &str {
        &self.codes[n - 1]
    }
}

#[track_caller]
fn refused(ran: Ran, message: &str, hint: &str) {
    let ran = ran.expect(2);
    assert!(ran.stderr.contains(message), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("hint: {hint}")), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

fn kinds(ran: &Ran) -> Vec<String> {
    ran.json().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_told_oldest_first_one_per_line() {
    let past = Past::new().await;
    let told = past.run(&["events"]).expect(0).stdout;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 9, "{told}");
    let gone = format!(
        "2026-03-02T06:00:00Z  harbor.lantern  {}  no longer available to this token since between \
         2026-02-01T00:00:00Z and 2026-03-01T00:00:00Z",
        past.code(1)
    );
    assert!(lines[5].starts_with(&gone), "{told}");
    assert!(lines[2].ends_with("; we hold the file"), "{told}");
    assert!(lines[7].contains("3 of 4 items missing at once: held"), "{told}");
    assert!(lines[8].contains("not proven any more: posts from 2026-03-02T05:00:01Z on"), "{told}");
    assert!(!told.to_lowercase().contains("deleted"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_chosen_by_item_kind_time_and_number() {
    let past = Past::new().await;
    let kinds_of =
        |args: &[&str]| kinds(&past.run(&[&["--json", "events"], args].concat()).expect(0));
    let of_first = ["first_seen", "missing", "gone"];
    assert_eq!(kinds_of(&["--media", past.code(1)]), of_first);
    let address = format!("https://www.instagram.com/p/{}/", past.code(1));
    assert_eq!(kinds_of(&["--media", &address]), of_first);
    assert_eq!(kinds_of(&["--kind", "missing", "--kind", "gone"]), ["missing", "gone", "missing"]);
    assert_eq!(kinds_of(&["--since", "2026-03-03"]), ["walk_held", "gap_opened"]);
    assert_eq!(kinds_of(&["-n", "2"]), ["walk_held", "gap_opened"]);
    for all in [&["--all"][..], &["-n", "0"], &["--account", "harbor.lantern"]] {
        assert_eq!(kinds_of(all).len(), 9, "{all:?}");
    }
    let event = &past.run(&["--json", "events", "--kind", "gone"]).json()[0];
    assert_eq!((&event["type"], &event["v"]), (&Value::from("event"), &Value::from(1)));
    assert_eq!(event["shortcode"], past.code(1));
    assert_eq!(event["detail"]["first_missing_at"], "2026-03-01T00:00:00Z");
    let few = past.run(&["events", "-n", "2"]).expect(0).stdout;
    assert!(few.contains("Older ones are left out: --all"), "{few}");
    let none = past.run(&["events", "--kind", "damaged"]).expect(0);
    assert_eq!(none.stdout, "No event fits.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_questions_about_events_are_refused_with_a_hint() {
    let past = Past::new().await;
    refused(past.run(&["events", "--media", "nothing"]), "no post nothing", "`mediakeep list`");
    refused(
        past.run(&["events", "--account", "harbour"]),
        "no account harbour",
        "the archive holds",
    );
    let kind = past.run(&["events", "--kind", "deleted"]).expect(2);
    assert!(kind.stderr.contains("possible values: first_seen"), "{}", kind.stderr);
    past.run(&["events", "--since", "yesterday"]).expect(2);
    past.run(&["events", "--all", "-n", "3"]).expect(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_say_from_when_to_when_why_and_what_will_be_done() {
    let past = Past::new().await;
    let told = past.run(&["gaps"]).expect(0).stdout;
    assert_eq!(
        told,
        "harbor.lantern  posts from 2026-03-02T05:00:01Z on  open since 2026-03-04T00:00:00Z: the last \
         walk proved nothing: the allowance was used up; the next walk that ends well closes it\n\
         \nProven\nharbor.lantern  posts  up to 2026-03-02T05:00:00Z, by walk 103\n"
    );
    let json = past.run(&["--json", "gaps", "--account", "harbor.lantern"]).expect(0).json();
    assert_eq!(json.len(), 2);
    assert_eq!((&json[0]["type"], &json[0]["reason"]), (&"gap".into(), &"throttled".into()));
    assert_eq!(json[0]["to_at"], Value::Null);
    assert_eq!((&json[1]["type"], &json[1]["walk_id"]), (&"proven".into(), &103.into()));
    refused(past.run(&["gaps", "--account", "harbour"]), "no account harbour", "the archive holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_gaps_the_end_of_what_is_proven_is_told() {
    let past = Past::new().await;
    let connection = Connection::open(past.rig.catalog()).unwrap();
    connection.execute_batch("UPDATE gap SET closed_at = '2026-03-05T00:00:00Z'").unwrap();
    let told = past.run(&["gaps"]).expect(0).stdout;
    assert!(told.starts_with("No gaps"), "{told}");
    assert!(told.contains("posts  up to 2026-03-02T05:00:00Z, by walk 103"), "{told}");
    connection.execute_batch("DELETE FROM gap; DELETE FROM proven_span").unwrap();
    let told = past.run(&["gaps"]).expect(0).stdout;
    assert_eq!(told, "harbor.lantern  no walk has ended yet: nothing is proven\n");
    let json = past.run(&["--json", "gaps"]).expect(0).json();
    assert_eq!(
        (&json[0]["type"], &json[0]["account"]),
        (&"unproven".into(), &"harbor.lantern".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_shown_with_its_life_in_the_order_of_time() {
    let past = Past::new().await;
    let shown = past.run(&["show", past.code(1)]).expect(0).stdout;
    let second = shown.lines().nth(1).unwrap();
    assert_eq!(
        second,
        "no longer available to this token since between 2026-02-01T00:00:00Z and 2026-03-01T00:00:00Z"
    );
    let life = shown.split("\nLife\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let moments: Vec<&str> = life.lines().map(|line| line.split_at(22).1).collect();
    assert_eq!(moments[..2], ["published", "seen for the first time"], "{life}");
    assert!(moments[2].contains("kept ("), "{life}");
    assert!(moments[3].starts_with("not listed since between"), "{life}");
    assert!(moments[4].starts_with("no longer available"), "{life}");
    let times: Vec<&str> = life.lines().map(|line| line.split_at(20).0).collect();
    assert!(times.is_sorted(), "{life}");
    assert!(!shown.contains("Events"), "{shown}");
    let raw = past.run(&["show", past.code(1), "--events"]).expect(0).stdout;
    assert!(raw.contains("\nEvents\n") && raw.contains(r#""struck_at":"#), "{raw}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_tells_what_a_field_was_and_became() {
    let past = Past::new().await;
    let shown = past.run(&["show", past.code(4)]).expect(0).stdout;
    let edit = "2026-02-01T00:00:00Z  caption changed\n                      - before\n                      + after\n";
    assert!(shown.contains(edit), "{shown}");
    assert_eq!(shown.matches("caption changed").count(), 1, "{shown}");
    let missing = past.run(&["show", past.code(2)]).expect(0).stdout;
    assert!(missing.contains("\nnot listed since between 2026-03-01"), "{missing}");
    refused(past.run(&["show", "nothing"]), "no post nothing", "`mediakeep list`");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_as_of_a_date_says_what_is_proven_and_by_which_walks() {
    let past = Past::new().await;
    let posts = |args: &[&str]| {
        let json = past.run(&[&["--json", "list", "--limit", "0"], args].concat()).expect(0).json();
        let (last, posts) = json.split_last().unwrap();
        assert_eq!(last["type"], "as_of");
        let media = posts.iter().filter(|post| post["edge"] == "media").cloned();
        (media.collect::<Vec<Value>>(), last.clone())
    };
    // Between the walks of February and March: the newest left somewhere in between.
    let (february, summary) = posts(&["--at", "2026-02-15"]);
    assert_eq!(summary["at"], "2026-02-15T23:59:59Z");
    assert_eq!(february.len(), 6);
    let proven = february.iter().filter(|post| post["proven"] == true).count();
    assert_eq!(proven, 5, "{february:?}");
    assert_eq!((&february[0]["state"], &february[0]["proven"]), (&"present".into(), &false.into()));
    let walks = &summary["walks"];
    assert!(walks.to_string().contains("101") && walks.to_string().contains("102"), "{walks}");
    // After the second: it is missing, and the third walk agrees.
    let (march, _) = posts(&["--at", "2026-03-01T12:00:00Z", "--state", "missing"]);
    assert_eq!(march.len(), 1, "{march:?}");
    let text = past.run(&["list", "--at", "2026-02-15", "--limit", "2"]).expect(0).stdout;
    assert!(text.contains("not proven"), "{text}");
    assert!(text.contains("As of 2026-02-15T23:59:59Z:"), "{text}");
    assert!(text.contains("harbor.lantern posts: walk 101 before, walk 102 after."), "{text}");
    assert!(text.contains("2 of "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_none_or_lies_ahead_is_refused() {
    let past = Past::new().await;
    refused(past.run(&["list", "--at", "2999-01-01"]), "in the future", "`mediakeep list`");
    let ran = past.run(&["list", "--at", "tomorrow"]).expect(2);
    assert!(ran.stderr.contains("write a date like"), "{}", ran.stderr);
    past.run(&["list", "--at", "2026-01-01", "--missing-files"]).expect(2);
    let early = past.run(&["list", "--at", "2001-01-01"]).expect(0).stdout;
    assert_eq!(early, "No post fits that was known by 2001-01-01T23:59:59Z.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_begins_with_what_keeps_us_from_judging() {
    let past = Past::new().await;
    let connection = Connection::open(past.rig.catalog()).unwrap();
    let told = past.run(&["status"]).expect(0).stdout;
    let table = told.find("ACCOUNT").unwrap();
    let held = "HELD  harbor.lantern  3 of 4 items missing at once in walk 104: mediakeep accept 104 \
                believes it";
    assert!(told.find(held).is_some_and(|at| at < table), "{told}");
    assert!(!told.contains("BLIND"), "{told}");
    for line in ["1 item missing, not confirmed", "1 item no longer available", "1 gap"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(!told.contains("Everything that is known is held"), "{told}");
    connection
        .execute_batch(
            "UPDATE account SET state = 'token', state_since_at = '2026-03-05T00:00:00Z',
             state_detail = 'harbor.lantern: the token has expired'",
        )
        .unwrap();
    let blind = past.run(&["status"]).expect(0).stdout;
    let line = "BLIND  harbor.lantern  token since 2026-03-05T00:00:00Z: the token has expired: nothing \
                is judged";
    let at = blind.find(line);
    assert!(at.is_some_and(|at| at < blind.find("HELD").unwrap()), "{blind}");
    let json = past.run(&["--json", "status"]).expect(0).json();
    let of = |kind: &str| json.iter().find(|record| record["type"] == kind).unwrap();
    let account = of("account");
    assert_eq!((&account["gone"], &account["gaps"]), (&1.into(), &1.into()));
    assert_eq!(account["held_walks"], serde_json::json!([104]));
    assert_eq!((&of("hold")["walk_id"], &of("hold")["items"]), (&104.into(), &3.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn walks_show_what_was_missing_and_which_is_held() {
    let past = Past::new().await;
    let told = past.run(&["walks"]).expect(0).stdout;
    let line = |walk: &str| told.lines().find(|line| line.trim_start().starts_with(walk)).unwrap();
    assert!(line("104").ends_with("–  held: too much missing"), "{told}");
    assert!(line("103").ends_with(" 1  complete"), "{told}");
    assert!(line("105").ends_with("–  partial: throttled"), "{told}");
    let json = past.run(&["--json", "walks", "-n", "2"]).expect(0).json();
    assert_eq!((&json[1]["walk_id"], &json[1]["hold"]), (&104.into(), &"missing".into()));
    assert_eq!(json[1]["missing"], Value::Null);
}
