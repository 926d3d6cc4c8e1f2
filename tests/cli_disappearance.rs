//! What people see of disappearance: the real binary on an archive whose past is written down.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::process::{Command, Stdio};

use mediakeep::blobs::ArchiveDir;
use mediakeep::catalog::{
    Asked, Catalog, CatalogError, CatalogOptions, Compared, HeldFile, Judgement, Purpose, Recheck,
    Step, WalkContext, WalkId, WalkStart, WalkTally, Writer,
};
use mediakeep::domain::absence::{Moment, Verdict};
use mediakeep::domain::brake::HoldReason;
use mediakeep::domain::reconcile::Caution;
use mediakeep::domain::walk::{Ending, Outcome, Reason};
use mediakeep::domain::{
    BlobId, Coverage, Edge, Field, Link, Login, MediaId, MediaType, Observation, Timestamp, Window,
};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

mod support;
use support::Ran;

/// An archive of the account `bakery` with six posts, `S101` the newest and `S106` the oldest.
///
/// `S101` is gone, `S102` missing, the caption of `S104` changed, walk 5 is held because three of
/// four were missing at once, walk 6 was throttled.
struct Past {
    dir: TempDir,
    /// Only while the story is written: the program must have the catalog for itself.
    catalog: Option<Catalog>,
}

const FIELDS: &str =
    "id,caption,media_type,media_product_type,media_url,permalink,shortcode,timestamp";

impl Past {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let archive = ArchiveDir::create_or_open(&dir.path().join("archive"), None).unwrap();
        let options = CatalogOptions {
            archive_id: archive.id().to_owned(),
            now: at("2026-01-01"),
            program_version: "0".to_owned(),
            caution: Caution::default(),
        };
        let catalog = Catalog::open(&archive.catalog_path(), &options).unwrap();
        let mut past = Self { dir, catalog: Some(catalog) };
        fs::write(past.config(), "[archive]\ndir = \"archive\"\nmin_free = \"1MiB\"\n").unwrap();
        let bakery = "bakery".parse().unwrap();
        let user_id = "17841400000000111".parse().unwrap();
        past.write(move |w| {
            w.ensure_account(&bakery, Login::Instagram, &user_id, at("2026-01-01"))
        });
        past.happens();
        past.catalog = None;
        past
    }

    fn happens(&self) {
        let all = [101, 102, 103, 104, 105, 106];
        self.walk("2026-01-01", &all, Judgement::Compared(Compared::default()));
        self.walk("2026-02-01", &all, Judgement::Compared(Compared::default()));
        let strike = moment("2026-03-01");
        let missing = step(101, Verdict::Missing { strike: Some(strike) }, asked("2026-03-01"));
        self.walk("2026-03-01", &all[1..], compared(vec![missing]));
        let gone = step(101, Verdict::Gone, asked("2026-03-02"));
        let missing = step(102, Verdict::Missing { strike: None }, Vec::new());
        self.walk("2026-03-02", &all[2..], compared(vec![gone, missing]));
        let held = Compared {
            held: Some((HoldReason::TooMany, [103, 104, 105].map(media).into())),
            looked_at: 4,
            ..Compared::default()
        };
        self.walk("2026-03-03", &[106], Judgement::Compared(held));
        let walk = self.begin("2026-03-04");
        let ending = Ending {
            outcome: Outcome::Partial,
            reason: Some(Reason::Throttled),
            coverage: None,
            capped_at: None,
        };
        self.close(walk, ending, Judgement::NotCompared, "2026-03-04");
    }

    fn walk(&self, day: &'static str, listed: &[u32], judgement: Judgement) {
        let walk = self.begin(day);
        let items: Vec<Observation> = listed.iter().map(|number| post(*number, day)).collect();
        let record =
            self.write(move |w| w.record_page(walk, &items, &[], Recheck::Path, None, at(day)));
        let held: Vec<HeldFile> = record.assets.iter().map(|queued| held(queued.asset)).collect();
        self.write(move |w| w.record_held(&held, at(day)));
        let ending = Ending {
            outcome: Outcome::Complete,
            reason: None,
            coverage: Some(Coverage { from: Timestamp::EPOCH, to: at(day) }),
            capped_at: None,
        };
        self.close(walk, ending, judgement, day);
    }

    fn begin(&self, day: &'static str) -> WalkId {
        let start = WalkStart {
            account: "bakery".parse().unwrap(),
            edge: Edge::Media,
            name: "full".to_owned(),
            window: Window::ALL,
            context: WalkContext {
                host: "graph.instagram.com".to_owned(),
                login: Login::Instagram,
                api_version_asked: "v25.0".to_owned(),
                field_set: FIELDS.to_owned(),
                program_version: "0".to_owned(),
            },
        };
        self.write(move |w| w.begin_walk(&start, at(day))).id
    }

    fn close(&self, walk: WalkId, ending: Ending, judgement: Judgement, day: &'static str) {
        let tally = WalkTally::default();
        self.write(move |w| w.close_walk(walk, &ending, &tally, None, &judgement, at(day)));
    }

    fn write<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<R, CatalogError> + Send + 'static,
    ) -> R {
        self.catalog.as_ref().unwrap().call_blocking(job).unwrap()
    }

    fn config(&self) -> std::path::PathBuf {
        self.dir.path().join("config.toml")
    }

    /// For what cannot come to pass in a story this short.
    fn sql(&self, text: &str) {
        let catalog = self.dir.path().join("archive/catalog.db");
        Connection::open(catalog).unwrap().execute_batch(text).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediakeep"));
        command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        Ran::from(command.arg("--config").arg(self.config()).args(args).output().unwrap())
    }
}

/// Midnight of a day.
fn at(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn moment(day: &str) -> Moment {
    Moment { local: at(day), server: None }
}

fn media(number: u32) -> MediaId {
    number.to_string().parse().unwrap()
}

fn post(number: u32, day: &str) -> Observation {
    let mut item = Observation::empty(media(number));
    let caption = if number == 104 && day < "2026-02" { "before" } else { "after" };
    item.media_type = Field::Value(MediaType::Image);
    item.media_product_type = Field::Value("FEED".to_owned());
    item.caption = Field::Value(caption.to_owned());
    item.shortcode = Field::Value(format!("S{number}"));
    item.permalink = Field::Value(format!("https://www.instagram.com/p/S{number}/"));
    item.published_at = Field::Value(at(&format!("2025-12-{}", 120 - number)));
    let address = format!("https://scontent.cdninstagram.com/v/{number}.jpg?oh=1&oe=6AB66240");
    item.media_url = Field::Value(Link::new(&address));
    item.raw = format!("{{\"id\":\"{number}\",\"caption\":\"{caption}\"}}");
    item
}

fn held(asset: mediakeep::catalog::AssetId) -> HeldFile {
    let mut digest = [7; 32];
    digest[..8].copy_from_slice(&asset.0.to_be_bytes());
    HeldFile {
        asset,
        blob: BlobId::from_digest(digest),
        size_bytes: 2048,
        mime_type: "image/jpeg".to_owned(),
        width: Some(1080),
        height: Some(1350),
        duration_ms: None,
        url_path: format!("/v/{}.jpg", asset.0),
        length_verified: true,
    }
}

/// The newest did not exist between two controls that did.
fn asked(day: &str) -> Vec<Asked> {
    [
        (Purpose::ControlBefore, 103, "exists"),
        (Purpose::Item, 101, "does_not_exist"),
        (Purpose::ControlAfter, 103, "exists"),
    ]
    .map(|(purpose, number, outcome)| Asked {
        purpose,
        media_id: media(number),
        at: at(day),
        server_at: None,
        request: format!("/v25.0/{number}?fields=id"),
        outcome: outcome.to_owned(),
        http_status: Some(200),
        code: None,
        subcode: None,
        body: None,
    })
    .into()
}

fn step(number: u32, verdict: Verdict, asked: Vec<Asked>) -> Step {
    Step { media_id: media(number), verdict, asked, saw: None }
}

fn compared(steps: Vec<Step>) -> Judgement {
    Judgement::Compared(Compared { looked_at: 6, steps, ..Compared::default() })
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

#[test]
fn events_are_told_oldest_first_one_per_line() {
    let past = Past::new();
    let told = past.run(&["events"]).expect(0).stdout;
    let lines: Vec<&str> = told.lines().collect();
    let times: Vec<&str> = lines.iter().map(|line| line.split_at(20).0).collect();
    assert!(times.is_sorted(), "{told}");
    let has = |line: &str| lines.iter().any(|found| found.starts_with(line));
    for line in [
        "2026-01-01T00:00:00Z  bakery  S101  seen for the first time",
        "2026-02-01T00:00:00Z  bakery  S104  caption changed",
        "2026-03-01T00:00:00Z  bakery  S101  not listed since between 2026-02-01T00:00:00Z and \
         2026-03-01T00:00:00Z (walk 3 did not list it), not confirmed; asked for by its id it did not \
         exist, while a listed item answered",
        "2026-03-02T00:00:00Z  bakery  S101  no longer available to this token since between \
         2026-02-01T00:00:00Z and 2026-03-01T00:00:00Z",
        "2026-03-02T00:00:00Z  bakery  S102  not listed since between 2026-03-01T00:00:00Z and \
         2026-03-02T00:00:00Z (walk 4 did not list it), not confirmed; not asked for by its id yet",
        "2026-03-03T00:00:00Z  bakery        3 of 4 items missing at once: held",
        "2026-03-04T00:00:00Z  bakery        walk 6 of the posts proved nothing about absence: the \
         allowance was used up",
    ] {
        assert!(has(line), "{line}\nis not in\n{told}");
    }
    assert!(!told.to_lowercase().contains("deleted"), "{told}");
}

#[test]
fn events_are_chosen_by_item_kind_time_and_number() {
    let past = Past::new();
    let kinds_of =
        |args: &[&str]| kinds(&past.run(&[&["--json", "events"], args].concat()).expect(0));
    let of_first = ["first_seen", "missing", "gone"];
    for media in ["S101", "101", "https://www.instagram.com/p/S101/"] {
        assert_eq!(kinds_of(&["--media", media]), of_first, "{media}");
    }
    assert_eq!(kinds_of(&["--kind", "missing", "--kind", "gone"]), ["missing", "gone", "missing"]);
    let march = kinds_of(&["--since", "2026-03-03"]);
    assert!(march.contains(&"walk_held".to_owned()), "{march:?}");
    assert!(!march.contains(&"missing".to_owned()), "{march:?}");
    let everything = kinds_of(&["--all"]);
    assert_eq!(kinds_of(&["-n", "2"]), everything[everything.len() - 2..]);
    for all in [&["-n", "0"][..], &["--account", "bakery"], &["--since", "2001-01-01"]] {
        assert_eq!(kinds_of(all), everything, "{all:?}");
    }
    let event = &past.run(&["--json", "events", "--kind", "gone"]).json()[0];
    assert_eq!((&event["type"], &event["v"]), (&"event".into(), &1.into()));
    assert_eq!((&event["shortcode"], &event["album"]), (&"S101".into(), &Value::Null));
    assert_eq!(event["detail"]["first_missing_at"], "2026-03-01T00:00:00Z");
    let few = past.run(&["events", "-n", "2"]).expect(0).stdout;
    assert_eq!(few.lines().count(), 3, "{few}");
    assert!(few.contains("Older ones are left out: --all"), "{few}");
    let none = past.run(&["events", "--kind", "damaged"]).expect(0);
    assert_eq!(none.stdout, "No event fits.\n");
}

#[test]
fn wrong_questions_about_events_are_refused_with_a_hint() {
    let past = Past::new();
    refused(past.run(&["events", "--media", "nothing"]), "no post nothing", "`mediakeep list`");
    let hint = "the archive holds bakery";
    refused(past.run(&["events", "--account", "bakeri"]), "no account bakeri", hint);
    let kind = past.run(&["events", "--kind", "deleted"]).expect(2);
    assert!(kind.stderr.contains("possible values: first_seen"), "{}", kind.stderr);
    past.run(&["events", "--since", "yesterday"]).expect(2);
    past.run(&["events", "--all", "-n", "3"]).expect(2);
}

#[test]
fn gaps_say_from_when_to_when_why_and_what_will_be_done() {
    let past = Past::new();
    let told = past.run(&["gaps"]).expect(0).stdout;
    assert_eq!(
        told,
        "bakery  posts from 2026-03-02T00:00:01Z on  open since 2026-03-04T00:00:00Z: the last walk \
         proved nothing: the allowance was used up; the next walk that ends well closes it\n\
         \nProven\nbakery  posts  up to 2026-03-02T00:00:00Z, by walk 4\n"
    );
    let json = past.run(&["--json", "gaps", "--account", "bakery"]).expect(0).json();
    assert_eq!(json.len(), 2);
    assert_eq!((&json[0]["type"], &json[0]["reason"]), (&"gap".into(), &"throttled".into()));
    assert_eq!(
        (&json[0]["from_at"], &json[0]["to_at"]),
        (&"2026-03-02T00:00:01Z".into(), &Value::Null)
    );
    assert_eq!((&json[1]["type"], &json[1]["walk_id"]), (&"proven".into(), &4.into()));
    let hint = "the archive holds bakery";
    refused(past.run(&["gaps", "--account", "bakeri"]), "no account bakeri", hint);
}

#[test]
fn a_gap_that_a_held_walk_left_names_the_command_that_believes_it() {
    let past = Past::new();
    past.sql("UPDATE gap SET reason = 'held' WHERE closed_at IS NULL");
    let told = past.run(&["gaps"]).expect(0).stdout;
    assert!(told.contains("the walk is held; mediakeep accept 5 believes the walk"), "{told}");
    let json = past.run(&["--json", "gaps"]).expect(0).json();
    assert!(json[0]["remedy"].as_str().unwrap().contains("mediakeep accept 5"), "{}", json[0]);
}

#[test]
fn without_gaps_the_end_of_what_is_proven_is_told() {
    let past = Past::new();
    past.sql("UPDATE gap SET closed_at = '2026-03-05T00:00:00Z' WHERE closed_at IS NULL");
    let told = past.run(&["gaps"]).expect(0).stdout;
    assert!(told.starts_with("No gaps"), "{told}");
    assert!(told.contains("posts  up to 2026-03-02T00:00:00Z, by walk 4"), "{told}");
    past.sql("DELETE FROM proven_span");
    past.sql("DELETE FROM gap");
    let told = past.run(&["gaps"]).expect(0).stdout;
    assert_eq!(told, "bakery  no walk has ended yet: nothing is proven\n");
    let json = past.run(&["--json", "gaps"]).expect(0).json();
    assert_eq!((&json[0]["type"], &json[0]["account"]), (&"unproven".into(), &"bakery".into()));
}

#[test]
fn a_held_walk_is_believed_by_a_persons_word() {
    let past = Past::new();
    refused(past.run(&["accept", "99"]), "no walk 99 in the archive", "`mediakeep walks`");
    refused(past.run(&["accept", "4"]), "walk 4 is not held", "held is walk 5 (bakery)");
    past.run(&["accept", "five"]).expect(2);
    let told = past.run(&["accept", "5"]).expect(0).stdout;
    assert!(
        told.starts_with("Walk 5 of bakery is believed: 3 items are missing since then."),
        "{told}"
    );
    let missing = past.run(&["--json", "list", "--state", "missing"]).expect(0).json();
    assert_eq!(missing.len(), 4, "three of walk 5, and S102");
    let ended = past.run(&["events", "--kind", "hold_ended"]).expect(0).stdout;
    assert!(ended.contains("walk 5 was accepted by a person: 3 items are missing"), "{ended}");
    assert!(!past.run(&["status"]).expect(0).stdout.contains("HELD  bakery"));
    refused(past.run(&["accept", "5"]), "walk 5 is not held", "no walk is held");
}

#[test]
fn accepting_is_one_json_object_when_asked_for() {
    let past = Past::new();
    let ran = past.run(&["--json", "accept", "5"]).expect(0);
    let accepted = &ran.json()[0];
    assert_eq!((&accepted["type"], &accepted["walk_id"]), (&"accepted".into(), &5.into()));
    assert_eq!((&accepted["missing"], &accepted["lost_urls"]), (&3.into(), &0.into()));
    assert_eq!(accepted["account"], "bakery");
}

#[test]
fn a_post_is_shown_with_its_life_in_the_order_of_time() {
    let past = Past::new();
    let shown = past.run(&["show", "S101"]).expect(0).stdout;
    assert_eq!(
        shown.lines().nth(1).unwrap(),
        "no longer available to this token since between 2026-02-01T00:00:00Z and 2026-03-01T00:00:00Z"
    );
    let life = shown.split("\nLife\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let moments: Vec<&str> = life.lines().map(|line| line.split_at(22).1).collect();
    assert_eq!(
        moments[..3],
        ["published", "seen for the first time", "1 file kept (2.0 KiB)"],
        "{life}"
    );
    assert!(moments[3].starts_with("not listed since between"), "{life}");
    assert!(moments[4].starts_with("no longer available"), "{life}");
    assert_eq!(moments.len(), 5, "{life}");
    assert!(!shown.contains("Events"), "{shown}");
    let raw = past.run(&["show", "S101", "--events"]).expect(0).stdout;
    assert!(raw.contains("\nEvents\n") && raw.contains(r#""struck_at":"#), "{raw}");
}

#[test]
fn a_life_tells_what_a_field_was_and_became() {
    let past = Past::new();
    let shown = past.run(&["show", "S104"]).expect(0).stdout;
    let edit = "2026-02-01T00:00:00Z  caption changed\n                      - before\n\
                \u{20}                     + after\n";
    assert!(shown.contains(edit), "{shown}");
    assert_eq!(shown.matches("caption changed").count(), 1, "{shown}");
    let missing = past.run(&["show", "S102"]).expect(0).stdout;
    let absence = "\nnot listed since between 2026-03-01T00:00:00Z and 2026-03-02T00:00:00Z, not \
                   confirmed\n";
    assert!(missing.contains(absence), "{missing}");
    refused(past.run(&["show", "nothing"]), "no post nothing", "`mediakeep list`");
}

#[test]
fn the_account_as_of_a_date_says_what_is_proven_and_by_which_walks() {
    let past = Past::new();
    let posts = |args: &[&str]| {
        let ran = past.run(&[&["--json", "list", "--limit", "0"], args].concat()).expect(0);
        let mut posts = ran.json();
        let summary = posts.pop().unwrap();
        assert_eq!(summary["type"], "as_of");
        (posts, summary)
    };
    // Between the walks of February and March: the newest left somewhere in between.
    let (february, summary) = posts(&["--at", "2026-02-15"]);
    assert_eq!(summary["at"], "2026-02-15T23:59:59Z");
    assert_eq!((&summary["posts"], &summary["proven"]), (&6.into(), &5.into()));
    assert_eq!((&february[0]["state"], &february[0]["proven"]), (&"present".into(), &false.into()));
    assert!(february[1..].iter().all(|post| post["proven"] == true), "{february:?}");
    let walks = serde_json::json!(
        [{"account": "bakery", "edge": "media", "before": [2], "after": [3]}]
    );
    assert_eq!(summary["walks"], walks);
    let (march, _) = posts(&["--at", "2026-03-01T12:00:00Z", "--state", "missing"]);
    assert_eq!(march.len(), 1, "{march:?}");
    assert_eq!(march[0]["media_id"], "101");
    let (old, _) = posts(&["--at", "2026-02-15", "--until", "2025-12-16"]);
    assert_eq!(old.len(), 2, "{old:?}");
    let text = past.run(&["list", "--at", "2026-02-15", "--limit", "2"]).expect(0).stdout;
    assert_eq!(text.matches("not proven").count(), 1, "{text}");
    for line in [
        "2 of 6 are shown: --limit 0 shows all.",
        "As of 2026-02-15T23:59:59Z: 6 posts, 5 proven.",
        "bakery posts: walk 2 before, walk 3 after.",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn a_date_that_is_none_or_lies_ahead_is_refused() {
    let past = Past::new();
    refused(past.run(&["list", "--at", "2999-01-01"]), "in the future", "`mediakeep list`");
    let ran = past.run(&["list", "--at", "tomorrow"]).expect(2);
    assert!(ran.stderr.contains("write a date like"), "{}", ran.stderr);
    past.run(&["list", "--at", "2026-01-01", "--missing-files"]).expect(2);
    let early = past.run(&["list", "--at", "2001-01-01"]).expect(0).stdout;
    assert_eq!(early, "No post fits that was known by 2001-01-01T23:59:59Z.\n");
}

#[test]
fn status_begins_with_what_keeps_us_from_judging() {
    let past = Past::new();
    past.sql("UPDATE account SET state = 'ok'");
    let told = past.run(&["status"]).expect(0).stdout;
    let table = told.find("ACCOUNT").unwrap();
    let held =
        "HELD  bakery  3 of 4 items missing at once (walk 5): mediakeep accept 5 believes it";
    assert!(told.find(held).is_some_and(|at| at < table), "{told}");
    assert!(!told.contains("BLIND"), "{told}");
    for line in ["1 item missing, not confirmed", "1 item no longer available", "1 gap"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(!told.contains("Everything that is known is held"), "{told}");
    past.sql(
        "UPDATE account SET state = 'token', state_since_at = '2026-03-05T00:00:00Z',
         state_detail = 'bakery: the token has expired'",
    );
    let blind = past.run(&["status"]).expect(0).stdout;
    let line = "BLIND  bakery  token since 2026-03-05T00:00:00Z: the token has expired: nothing is \
                judged";
    let at = blind.find(line);
    assert!(at.is_some_and(|at| at < blind.find("HELD ").unwrap()), "{blind}");
    let json = past.run(&["--json", "status"]).expect(0).json();
    let of = |kind: &str| json.iter().find(|record| record["type"] == kind).unwrap();
    let account = of("account");
    assert_eq!((&account["gone"], &account["gaps"]), (&1.into(), &1.into()));
    assert_eq!(account["held_walks"], serde_json::json!([5]));
    assert_eq!((&of("hold")["walk_id"], &of("hold")["items"]), (&5.into(), &3.into()));
}

#[test]
fn walks_show_what_was_missing_and_which_is_held() {
    let past = Past::new();
    let told = past.run(&["walks"]).expect(0).stdout;
    let line = |walk: &str| told.lines().find(|line| line.trim_start().starts_with(walk)).unwrap();
    assert!(line("5").ends_with(" –  held: too much missing"), "{told}");
    assert!(line("4").ends_with(" 1  complete"), "{told}");
    assert!(line("6").ends_with(" –  partial: throttled"), "{told}");
    let json = past.run(&["--json", "walks", "-n", "2"]).expect(0).json();
    assert_eq!((&json[1]["walk_id"], &json[1]["hold"]), (&5.into(), &"missing".into()));
    assert_eq!(json[1]["missing"], Value::Null);
}
