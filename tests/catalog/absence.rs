//! The ladder, down and up, in rows.

use mediakeep::catalog::{AskedFields, CatalogReader, Closed, Judgement, PageText, Recheck};
use mediakeep::domain::absence::Control;
use mediakeep::domain::{Edge, Field, MediaId, Observation, Window};

use crate::stand::{DAY, HOUR, Reply, Walk, dated, judge};
use crate::support::{Archive, FIELDS, album, at, bakery, sealed, start};

/// Five pictures of the days before the beginning, newest first.
fn five() -> Vec<Observation> {
    (1..=5).map(|n| dated(&format!("10{n}"), -n * DAY)).collect()
}

fn without(items: &[Observation], ids: &[&str]) -> Vec<Observation> {
    items.iter().filter(|item| !ids.contains(&item.id.as_str())).cloned().collect()
}

#[test]
fn a_post_that_left_is_missing_first_and_gone_after_a_second_look_a_day_later() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let rest = without(&five(), &["103"]);
    let closed = archive.look(&rest, HOUR);
    assert_eq!((closed.missing, closed.gone), (1, 0));
    let row = "SELECT state, last_seen_at, first_missing_at, confirmed_at, asked_at,
        last_listed_walk_id, missing_walk_id FROM disappeared";
    assert_eq!(
        archive.rows(row),
        [[
            "missing",
            "2026-11-01T00:00:30Z",
            "2026-11-01T01:01:00Z",
            "NULL",
            "2026-11-01T01:00:45Z",
            "1",
            "2"
        ]]
    );
    assert_eq!(
        archive.rows("SELECT state, disappeared_at FROM posts WHERE media_id = '103'"),
        [["missing", "2026-11-01T01:01:00Z"]]
    );
    assert_eq!(archive.look(&rest, DAY), Closed::default(), "23 hours are no day");
    assert_eq!(archive.state("103"), "missing");
    assert_eq!(archive.look(&rest, 2 * DAY).gone, 1);
    assert_eq!(
        archive.rows("SELECT state, first_missing_at, confirmed_at FROM disappeared"),
        [["gone", "2026-11-01T01:01:00Z", "2026-11-03T00:01:00Z"]]
    );
    assert_eq!(archive.life("103"), ["missing", "gone"]);
    assert_eq!(
        archive.rows("SELECT missing FROM walks ORDER BY walk_id"),
        [["0"], ["1"], ["0"], ["0"]]
    );
    archive.look(&rest, 4 * DAY);
    assert_eq!(archive.life("103"), ["missing", "gone"], "what is gone takes no step");
    assert!(archive.events().len() >= 2);
}

#[test]
fn an_event_of_absence_carries_and_pins_what_it_rests_on() {
    let archive = Archive::new();
    let page = |seconds, items: Vec<Observation>, text: &str| {
        let walk = Walk::at(seconds);
        let (start, text) = (
            start(Edge::Media, FIELDS),
            PageText { request: "/v25.0/1/media?limit=100".to_owned(), body: text.to_owned() },
        );
        let id = archive.write(move |w| w.begin_walk(&start, at(seconds))).id;
        let shown = items.clone();
        archive.write(move |w| {
            w.record_page(id, &shown, &[], Recheck::Path, Some(&text), at(seconds + 30))
        });
        let case = archive.case(id, &walk, &items).unwrap();
        archive.ended(id, &walk, &items, judge(&walk, case));
    };
    page(0, five(), "first page");
    page(HOUR, five(), "second page");
    page(2 * HOUR, without(&five(), &["102"]), "third page");
    assert_eq!(
        archive.rows("SELECT walk_id, is_pinned FROM walk ORDER BY 1"),
        [["1", "0"], ["2", "1"], ["3", "1"]],
        "the last walk that listed it, and the one that did not"
    );
    assert_eq!(archive.one("SELECT count(*) FROM response WHERE is_pinned = 1"), "3");
    assert_eq!(
        archive.rows(
            "SELECT q.purpose, q.media_id, q.outcome, q.http_status, q.code, q.subcode, e.kind
             FROM question q JOIN event e USING (event_id)"
        ),
        [["item", "102", "does_not_exist", "400", "100", "33", "missing"]]
    );
    let detail = archive.one("SELECT detail FROM events WHERE kind = 'missing'");
    let detail: serde_json::Value = serde_json::from_str(&detail).unwrap();
    assert_eq!(detail["from"], "present");
    assert_eq!(detail["answer"], "does_not_exist");
    assert_eq!([&detail["walk"], &detail["last_listed_walk"]], [3, 2]);
    assert_eq!(detail["pages"], 1);
    assert_eq!(detail["pages_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(detail["asked"][0]["response_sha256"].as_str().unwrap().len(), 64);
    archive.write(|w| w.prune_responses(at(90 * DAY)));
    assert_eq!(archive.one("SELECT count(*) FROM response"), "3", "the rest may go");
    assert_eq!(archive.one("SELECT count(*) FROM walk_page"), "2");
}

#[test]
fn a_post_that_is_listed_again_returns_and_its_absence_stays_on_record() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let rest = without(&five(), &["103"]);
    archive.look(&rest, HOUR);
    archive.look(&rest, 2 * DAY);
    assert_eq!(archive.state("103"), "gone");
    archive.look(&five(), 3 * DAY);
    assert_eq!(
        archive.rows("SELECT state, disappeared_at FROM posts WHERE media_id = '103'"),
        [["present", "NULL"]]
    );
    assert_eq!(archive.life("103"), ["missing", "gone", "returned"]);
    let detail = archive.one("SELECT detail FROM events WHERE kind = 'returned'");
    assert_eq!(
        detail,
        r#"{"from":"gone","first_missing_at":"2026-11-01T01:01:00Z","missing_walk":2}"#
    );
    archive.look(&rest, 4 * DAY);
    assert_eq!(
        archive.rows("SELECT state, returned_at FROM disappeared ORDER BY first_missing_at"),
        [["present", "2026-11-04T00:00:30Z"], ["missing", "NULL"]],
        "twice away is two absences"
    );
    archive.events();
}

#[test]
fn another_list_or_a_direct_answer_brings_nothing_back() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let rest = without(&five(), &["103"]);
    archive.look(&rest, HOUR);
    let tags = archive.begin(Edge::Tags, FIELDS, 2 * HOUR);
    archive.page(tags, &[dated("103", -3 * DAY)], 2 * HOUR);
    assert_eq!(archive.state("103"), "missing");
    let answer = |seconds| {
        let asked = AskedFields::parse(FIELDS);
        archive.write(move |w| {
            w.observe_item(&bakery(), Edge::Media, &dated("103", -3 * DAY), &asked, at(seconds))
        });
    };
    answer(3 * HOUR);
    assert_eq!(archive.state("103"), "missing");
    archive.look(&rest, 2 * DAY);
    assert_eq!(archive.state("103"), "gone");
    answer(3 * DAY);
    assert_eq!(archive.state("103"), "unlisted", "it answers, so it is not gone");
    assert_eq!(
        archive.rows("SELECT unlisted_at, confirmed_at, returned_at FROM disappeared"),
        [["2026-11-04T00:00:00Z", "NULL", "NULL"]]
    );
    assert_eq!(archive.one("SELECT struck_at FROM absence"), "NULL", "nothing counts against it");
    assert_eq!(archive.life("103"), ["missing", "gone", "unlisted"]);
    archive.look(&rest, 5 * DAY);
    assert_eq!(archive.state("103"), "missing", "the count begins again");
    archive.look(&rest, 7 * DAY);
    assert_eq!(archive.life("103"), ["missing", "gone", "unlisted", "missing", "gone"]);
    assert_eq!(archive.one("SELECT count(*) FROM disappeared"), "1");
}

#[test]
fn an_item_that_answers_is_unlisted() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let rest = without(&five(), &["103"]);
    let closed = archive.go(&Walk { reply: Reply::There, ..Walk::at(HOUR) }, &rest);
    assert_eq!((closed.unlisted, closed.missing), (1, 0));
    assert_eq!(
        archive.rows("SELECT state, first_missing_at, unlisted_at FROM disappeared"),
        [["unlisted", "2026-11-01T01:01:00Z", "2026-11-01T01:01:00Z"]]
    );
    assert_eq!(archive.one("SELECT missing FROM walks WHERE walk_id = 2"), "1");
    archive.go(&Walk { reply: Reply::There, ..Walk::at(2 * DAY) }, &rest);
    assert_eq!(archive.life("103"), ["unlisted"], "that it stays so is no step");
    assert_eq!(archive.one("SELECT asked_at FROM disappeared"), "2026-11-03T00:00:45Z");
}

#[test]
fn a_walk_that_skipped_items_proves_nothing_about_any() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let rest = without(&five(), &["103", "104"]);
    archive.go(&Walk { reply: Reply::Listed, ..Walk::at(HOUR) }, &rest);
    assert_eq!(
        archive.rows("SELECT outcome, reason, coverage_from, missing FROM walks WHERE walk_id = 2"),
        [["complete", "skipped_items", "NULL", "NULL"]]
    );
    assert_eq!(archive.one("SELECT count(*) FROM posts WHERE state <> 'present'"), "0");
    let detail = archive.one("SELECT detail FROM events WHERE kind = 'walk_disproved'");
    assert!(
        detail.starts_with(r#"{"items":["104","103"],"asked":[{"purpose":"item","#),
        "{detail}"
    );
    assert_eq!(archive.one("SELECT count(*) FROM question"), "2");
    assert_eq!(archive.one("SELECT reason FROM gaps WHERE edge = 'media'"), "skipped_items");
}

#[test]
fn a_slide_that_left_its_album_takes_the_same_steps() {
    let archive = Archive::new();
    let full = || [album("101", &["201", "202", "203"]), album("102", &["301", "302"])];
    archive.look(&full(), 0);
    let less = || [album("101", &["201", "203"]), album("102", &["301", "302"])];
    let closed = archive.look(&less(), HOUR);
    assert_eq!(closed.missing, 1);
    assert_eq!(archive.state("202"), "missing");
    assert_eq!(
        archive.rows("SELECT parent_id, permalink FROM disappeared"),
        [["101", "https://www.instagram.com/p/S101/"]]
    );
    archive.look(&less(), 2 * DAY);
    assert_eq!(archive.life("202"), ["missing", "gone"]);
    assert_eq!(archive.state("101"), "present");
    archive.look(&full(), 3 * DAY);
    assert_eq!(archive.life("202"), ["missing", "gone", "returned"]);
    assert_eq!(archive.one("SELECT position FROM items WHERE media_id = '202'"), "1");
}

#[test]
fn slides_of_an_album_that_is_not_listed_are_not_asked_for_and_show_its_state() {
    let archive = Archive::new();
    archive.look(&[album("101", &["201", "202"]), dated("102", -DAY)], 0);
    let closed = archive.look(&[dated("102", -DAY)], HOUR);
    assert_eq!(closed.missing, 1, "the album, and none of its slides");
    assert_eq!(
        archive.rows("SELECT media_id, state, disappeared_at IS NULL FROM items ORDER BY 1"),
        [
            ["101", "missing", "0"],
            ["102", "present", "1"],
            ["201", "missing", "0"],
            ["202", "missing", "0"]
        ]
    );
    assert_eq!(archive.one("SELECT state FROM item WHERE media_id = '201'"), "present");
}

#[test]
fn a_story_expires_and_does_not_disappear() {
    let archive = Archive::new();
    let story = || dated("901", -10 * HOUR);
    let walk = |hours| Walk { edge: Edge::Stories, ..Walk::at(hours * HOUR) };
    archive.go(&walk(0), &[story()]);
    let closed = archive.go(&walk(16), &[]);
    assert_eq!((closed.expired, closed.missing), (1, 0));
    assert_eq!(archive.state("901"), "expired");
    assert_eq!(archive.life("901"), ["expired"]);
    assert_eq!(archive.one("SELECT count(*) FROM disappeared"), "0");
    assert_eq!(archive.one("SELECT count(*) FROM posts WHERE disappeared_at IS NOT NULL"), "0");
    archive.go(&walk(40), &[]);
    assert_eq!(archive.life("901"), ["expired"]);
}

#[test]
fn a_story_that_left_before_its_time_is_missing_until_it_expires() {
    let archive = Archive::new();
    let story = || dated("901", -10 * HOUR);
    let walk = |hours| Walk { edge: Edge::Stories, ..Walk::at(hours * HOUR) };
    archive.go(&walk(0), &[story(), dated("902", -2 * HOUR)]);
    archive.go(&walk(2), &[dated("902", -2 * HOUR)]);
    assert_eq!(archive.state("901"), "missing");
    archive.go(&walk(16), &[dated("902", -2 * HOUR)]);
    assert_eq!(archive.life("901"), ["missing", "expired"]);
    assert_eq!(
        archive.rows("SELECT state, confirmed_at, returned_at FROM disappeared"),
        [["expired", "NULL", "NULL"]]
    );
}

#[test]
fn posts_beyond_the_end_of_the_list_are_unreachable() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let newer = [dated("200", HOUR), dated("101", -DAY), dated("102", -2 * DAY)];
    let capped = |days| Walk { capped: true, ..Walk::at(days * DAY) };
    assert_eq!(archive.go(&capped(1), &newer).unreachable, 0, "one walk can have skipped them");
    let closed = archive.go(&capped(2), &newer);
    assert_eq!((closed.unreachable, closed.missing), (3, 0));
    assert_eq!(archive.life("105"), ["unreachable"]);
    assert_eq!(
        archive.one("SELECT capped_at FROM walks WHERE walk_id = 2"),
        "2026-10-30T00:00:00Z"
    );
    archive.look(&five(), 3 * DAY);
    assert_eq!(archive.life("105"), ["unreachable", "returned"]);
}

#[test]
fn a_walk_reads_what_it_did_not_list_and_nothing_else() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    archive.look(&without(&five(), &["105"]), HOUR);
    let recent = Window { since: Some(at(-4 * DAY)), until: None };
    let walk = Walk { window: recent, ..Walk::at(2 * HOUR) };
    let (id, case) = archive.listed(&walk, &[dated("101", -DAY)]);
    let case = case.unwrap();
    let mut unseen: Vec<&str> = case.unseen.iter().map(|item| item.media_id.as_str()).collect();
    unseen.sort_unstable();
    assert_eq!(unseen, ["102", "103"], "104 lies within an hour of the window's edge, 105 outside");
    assert_eq!(case.looked_at, 3);
    let first = case.unseen.iter().find(|item| item.media_id.as_str() == "102").unwrap();
    assert_eq!((first.strike, first.asked_at), (None, None));
    archive.ended(id, &walk, &[], Judgement::NotCompared);
    let (_, case) = archive.listed(&Walk::at(3 * HOUR), &without(&five(), &["105"]));
    let struck = &case.unwrap().unseen;
    assert_eq!(struck.len(), 1);
    assert_eq!(struck[0].strike.unwrap().local, at(HOUR));
    assert_eq!(struck[0].strike.unwrap().server, Some(at(HOUR)));
    assert_eq!(struck[0].asked_at, Some(at(HOUR + 45)));
}

#[test]
fn an_item_first_seen_after_the_walk_began_is_not_missed_by_it() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let walk = Walk::at(DAY);
    let start = start(Edge::Media, FIELDS);
    let id = archive.write(move |w| w.begin_walk(&start, at(DAY))).id;
    archive.page(id, &five(), DAY + 10);
    let asked = AskedFields::parse(FIELDS);
    archive.write(move |w| {
        w.observe_item(&bakery(), Edge::Media, &dated("999", -DAY), &asked, at(DAY + 20))
    });
    assert!(archive.case(id, &walk, &five()).unwrap().unseen.is_empty());
}

#[test]
fn controls_are_of_the_same_kind_and_time_and_of_the_same_album() {
    let archive = Archive::new();
    let reel = |id: &str, seconds| {
        let mut item = dated(id, seconds);
        item.media_product_type = Field::Value("REELS".to_owned());
        sealed(item)
    };
    let ad = |id: &str, seconds| {
        let mut item = dated(id, seconds);
        item.media_product_type = Field::Value("AD".to_owned());
        sealed(item)
    };
    let all = [
        dated("101", -DAY),
        dated("102", -5 * DAY),
        dated("103", -8 * DAY),
        reel("201", -4 * DAY),
        reel("202", -8 * DAY),
        ad("301", -8 * DAY),
    ];
    let with_album =
        |slides: &[&str]| all.iter().cloned().chain([album("401", slides)]).collect::<Vec<_>>();
    archive.look(&with_album(&["501", "502", "503"]), 0);
    let rest = without(&with_album(&["501", "503"]), &["102", "202", "301"]);
    let (id, _) = archive.listed(&Walk::at(HOUR), &rest);
    let missed: Vec<_> =
        ["102", "502", "202", "301"].iter().map(|id| id.parse().unwrap()).collect();
    let groups = archive.write(move |w| w.controls_for(id, &missed));
    let shown: Vec<(Vec<&str>, Control, Vec<&str>)> = groups
        .iter()
        .map(|group| {
            let items = group.items.iter().map(MediaId::as_str).collect();
            let controls = group.controls.iter().map(MediaId::as_str).collect();
            (controls, group.says, items)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (vec!["103", "101", "401"], Control::Answered, vec!["102"]),
            (vec!["501", "503"], Control::Answered, vec!["502"]),
            (vec!["201"], Control::Answered, vec!["202"]),
            (vec!["103", "201", "401"], Control::OtherKind, vec!["301"]),
        ]
    );
}

#[test]
fn the_chain_of_events_is_whole_after_everything() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let rest = without(&five(), &["103"]);
    archive.look(&rest, HOUR);
    archive.look(&rest, 2 * DAY);
    archive.look(&five(), 3 * DAY);
    archive.look(&five()[..1], 4 * DAY);
    archive.look(&five()[..1], 6 * DAY);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let report = reader.check_chain("bakery").unwrap();
    assert_eq!(report.first_break, None);
    assert!(report.events > 10, "{report:?}");
}

#[test]
fn what_was_first_seen_under_a_clock_that_was_ahead_is_missed_like_anything_else() {
    let archive = Archive::new();
    archive.go(&Walk { server: Some(0), ..Walk::at(30 * DAY) }, &five());
    let closed = archive.look(&without(&five(), &["103"]), HOUR);
    assert_eq!(closed.missing, 1);
}

#[test]
fn of_two_walks_at_once_the_later_one_has_listed_what_both_list() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let first = archive.begin(Edge::Media, FIELDS, HOUR);
    let second = archive.begin(Edge::Media, FIELDS, HOUR + 10);
    archive.page(second, &five(), HOUR + 20);
    let mut more = five();
    more[0].like_count = mediakeep::domain::Field::Value(9);
    archive.page(first, &more, HOUR + 30);
    assert_eq!(
        archive.rows("SELECT DISTINCT walk_id FROM sighting"),
        [[second.0.to_string()]],
        "a sighting never goes back"
    );
}

#[test]
fn a_verdict_about_an_item_that_took_a_step_meanwhile_is_not_applied() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let rest = without(&five(), &["103"]);
    let (slow, quick) = (Walk::at(HOUR), Walk::at(HOUR + 60));
    let (id, case) = archive.listed(&slow, &rest);
    let judgement = crate::stand::judge(&slow, case.unwrap());
    archive.go(&quick, &rest);
    assert_eq!(archive.life("103"), ["missing"]);
    let closed = archive.ended(id, &slow, &rest, judgement);
    assert_eq!(closed.missing, 0);
    assert_eq!(archive.life("103"), ["missing"]);
    assert_eq!(archive.one("SELECT struck_at FROM absence"), "2026-11-01T01:01:00Z");
}

#[test]
fn a_missing_slide_goes_with_its_album() {
    let archive = Archive::new();
    let other = || dated("102", -DAY);
    archive.look(&[album("101", &["201", "202"]), other()], 0);
    archive.look(&[album("101", &["201"]), other()], HOUR);
    assert_eq!(archive.state("202"), "missing");
    for day in [2, 4] {
        archive.look(&[other()], day * DAY);
    }
    assert_eq!(archive.state("101"), "gone");
    assert_eq!(archive.state("202"), "gone");
    assert_eq!(
        archive.rows("SELECT media_id, state, confirmed_at FROM disappeared ORDER BY media_id"),
        [["101", "gone", "2026-11-05T00:01:00Z"], ["202", "gone", "2026-11-05T00:01:00Z"]]
    );
}

#[test]
fn a_gone_post_that_another_list_shows_is_unlisted() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    for day in [1, 3] {
        archive.look(&without(&five(), &["103"]), day * DAY);
    }
    assert_eq!(archive.state("103"), "gone");
    let tags = archive.begin(Edge::Tags, FIELDS, 4 * DAY);
    archive.page(tags, &[dated("103", -3 * DAY)], 4 * DAY);
    assert_eq!(archive.state("103"), "unlisted");
    assert_eq!(archive.life("103"), ["missing", "gone", "unlisted"]);
}

#[test]
fn what_comes_within_reach_of_the_list_again_is_no_news() {
    let archive = Archive::new();
    archive.look(&five(), 0);
    let newer = [dated("101", -DAY), dated("102", -2 * DAY)];
    archive.go(&Walk { capped: true, ..Walk::at(DAY) }, &newer);
    archive.go(&Walk { capped: true, ..Walk::at(2 * DAY) }, &newer);
    archive.look(&without(&five(), &["102"]), 3 * DAY);
    archive.look(&five(), 4 * DAY);
    let news = archive.write(|w| w.news_since(&bakery(), 0, 1000));
    let returned: Vec<_> = news.iter().filter(|row| row.kind == "returned").collect();
    assert_eq!(returned.len(), 1, "{returned:?}");
    assert_eq!(returned[0].media_id.as_deref(), Some("102"));
    assert_eq!(archive.life("105"), ["unreachable", "returned"], "it stands among the events");
}
