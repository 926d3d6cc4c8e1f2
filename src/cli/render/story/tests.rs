use serde_json::{Value, json};

use super::*;

fn event(kind: &str, role: Option<&str>, detail: &Value) -> EventRow {
    EventRow {
        id: 1,
        at: "2026-11-22T05:27:00Z".parse().unwrap(),
        account: "bakery".to_owned(),
        media_id: Some("17900000000000001".to_owned()),
        kind: kind.to_owned(),
        role: role.map(str::to_owned),
        walk_id: Some(12),
        detail: detail.to_string(),
        digest: String::new(),
        previous_digest: String::new(),
    }
}

fn told(kind: &str, detail: &Value) -> String {
    sentence(&event(kind, None, detail)).text
}

/// Every kind with a detail as the catalog writes it, and the sentence it becomes.
#[allow(clippy::too_many_lines, reason = "one row per kind")]
fn stories() -> Vec<(&'static str, Option<&'static str>, Value, &'static str)> {
    let question = |purpose: &str, outcome: &str| json!({"purpose": purpose, "outcome": outcome});
    let asked = json!([
        question("control_before", "exists"),
        question("item", "does_not_exist"),
        question("control_after", "exists"),
    ]);
    vec![
        ("first_seen", None, json!({"edge": "media"}), "seen for the first time"),
        ("changed", None, json!({"fields": ["caption"]}), "caption changed"),
        (
            "item_unreadable",
            None,
            json!({"edge": "media", "reason": "no id", "raw_sha256": "aa"}),
            "an item of the list of posts could not be read: no id; its text is kept",
        ),
        (
            "url_absent",
            Some("media"),
            json!({}),
            "the API has given no address for its file from the start",
        ),
        (
            "field_dropped",
            None,
            json!({"field": "alt_text", "api_version": "v25.0", "error": "no field"}),
            "the API v25.0 refuses the field alt_text: left out, and asked for again every week",
        ),
        (
            "account_renamed",
            None,
            json!({"old": "lena", "new": "bakery_lena"}),
            "the account is now called bakery_lena, before lena",
        ),
        (
            "walk_partial",
            None,
            json!({"edge": "media", "reason": "throttled", "outcome": "partial"}),
            "walk 12 of the posts proved nothing about absence: the allowance was used up",
        ),
        (
            "damaged",
            Some("media"),
            json!({"verdict": "damaged", "version": 2}),
            "version 2 of its file is damaged in the archive",
        ),
        ("repaired", Some("thumbnail"), json!({"version": 1}), "its poster frame is intact again"),
        (
            "missing",
            None,
            json!({"last_seen_at": "A", "walk": 12, "asked": asked}),
            "not listed since between A and 2026-11-22T05:27:00Z (walk 12 did not list it), not \
             confirmed; asked for by its id it did not exist, while a listed item answered",
        ),
        (
            "unlisted",
            None,
            json!({"last_seen_at": "A", "first_missing_at": "B"}),
            "answers by its id and is in no list since between A and B: it exists, and is not shown",
        ),
        (
            "gone",
            None,
            json!({"last_seen_at": "A", "first_missing_at": "B", "struck_at": "B"}),
            "no longer available to this token since between A and B: not listed by two walks, asked \
             for twice, on B and on 2026-11-22T05:27:00Z, and both times listed items answered and \
             this one did not exist",
        ),
        (
            "expired",
            None,
            json!({"published_at": "A"}),
            "its day as a story is over: no longer listed, as expected",
        ),
        (
            "unreachable",
            None,
            json!({"oldest_listed_at": "A"}),
            "older than the newest 10 000 posts, which are all that the API lists",
        ),
        (
            "returned",
            None,
            json!({"from": "gone", "first_missing_at": "B"}),
            "there again; it was not available to this token since B",
        ),
        (
            "late_arrival",
            None,
            json!({"published_at": "P", "proven_by_walk": 9, "proven_at": "Q"}),
            "new to us, though published P and walk 9 had proven that time complete on Q",
        ),
        (
            "url_lost",
            Some("media"),
            json!({"last_url_at": "A", "lost_at": "B", "held": true, "verified_at": "C"}),
            "the API gives no address for its file any more since between A and B; we hold the file, \
             read and found intact on C",
        ),
        (
            "url_regained",
            Some("thumbnail"),
            json!({"lost_at": "B"}),
            "the API gives an address for its poster frame again; it had none since B",
        ),
        (
            "worse_answer",
            None,
            json!({"fields": ["caption", "alt_text"]}),
            "an answer came without caption and alt text and worse in other ways too: kept beside, \
             what was known stays",
        ),
        (
            "observer_changed",
            None,
            json!({"what": "at_signs", "field": "caption", "items": 412,
                "api_version_before": "v24.0", "api_version_now": "v25.0"}),
            "412 captions lost their @ signs at once (API v24.0 before, v25.0 now): a change of the \
             API and no edit; what was known stays",
        ),
        (
            "walk_disproved",
            None,
            json!({"items": ["1", "2", "3"]}),
            "walk 12 skipped 3 items that the list has: it proves nothing",
        ),
        (
            "walk_held",
            None,
            json!({"kind": "missing", "reason": "too_many", "items": 412, "looked_at": 4812}),
            "412 of 4\u{a0}812 items missing at once: held, nothing of it is believed; \
             mediakeep accept 12 believes it",
        ),
        (
            "hold_ended",
            None,
            json!({"kind": "missing", "held_walk": 12, "by": "confirmed", "items": 412}),
            "412 items held since walk 12 are missing in a later walk too: believed",
        ),
        (
            "catalog_restored",
            None,
            json!({"copy_sha256": "ab", "replaced": "backups/replaced-20261122T052700Z",
                "replaced_event": 17, "replaced_digest": "cd"}),
            "the catalog was restored from a copy: what it said after the event before this one is \
             known no more; the former one is in backups/replaced-20261122T052700Z and goes on to \
             event 17",
        ),
        (
            "gap_opened",
            None,
            json!({"edge": "media", "from": "A", "to": null, "reason": "throttled"}),
            "not proven: posts from A on (the last walk proved nothing: the allowance was used up)",
        ),
        (
            "gap_closed",
            None,
            json!({"edge": "stories", "from": "A", "to": "B", "reason": "not_walked"}),
            "end of the gap: stories from A to B (no walk has been there yet)",
        ),
        (
            "count_differs",
            None,
            json!({"api": 50, "listed": 60, "offset": 3, "last": 3}),
            "the account counts 50 posts and lists 60, a difference of −10, where 3 is usual",
        ),
        (
            "count_learned",
            None,
            json!({"api": 53, "listed": 50, "offset": 3, "last": 3}),
            "the account counts 53 posts and lists 50, a difference of 3: taken for usual from now on",
        ),
    ]
}

#[test]
fn every_kind_of_event_is_a_sentence() {
    let stories = stories();
    for (kind, role, detail, expected) in &stories {
        assert_eq!(sentence(&event(kind, *role, detail)).text, *expected, "{kind}");
    }
    for kind in EventKind::ALL {
        assert!(stories.iter().any(|story| story.0 == kind.as_str()), "{kind:?} has no sentence");
    }
}

#[test]
fn no_sentence_says_deleted_and_none_breaks_on_an_empty_detail() {
    for (kind, role, detail, _) in stories() {
        for detail in [detail, json!({}), Value::Null, json!({"asked": 3, "fields": "x"})] {
            let text = sentence(&event(kind, role, &detail)).text;
            assert!(!text.to_lowercase().contains("delete"), "{text}");
            assert!(!text.is_empty() && !text.contains("null"), "{kind}: {text}");
        }
    }
    assert_eq!(told("of_the_future", &json!({})), "of the future");
}

#[test]
fn a_missing_item_says_what_asking_for_it_came_to() {
    let question = |purpose: &str, outcome: &str| json!({"purpose": purpose, "outcome": outcome});
    for (asked, end) in [
        (json!([]), "not asked for by its id yet"),
        (
            json!([question("control_before", "throttled"), question("item", "does_not_exist")]),
            "asking for it by its id proved nothing: a listed item did not answer either",
        ),
        (
            json!([question("item", "does_not_exist")]),
            "asking for it by its id proved nothing: a listed item did not answer either",
        ),
        (
            json!([
                question("control_before", "does_not_exist"),
                question("control_before", "exists"),
                question("item", "does_not_exist"),
                question("control_after", "exists"),
            ]),
            "asked for by its id it did not exist, while a listed item answered",
        ),
        (
            json!([question("control_before", "exists"), question("item", "retry")]),
            "asking for it by its id failed (retry)",
        ),
    ] {
        let text = told("missing", &json!({"last_seen_at": "A", "asked": asked}));
        assert!(text.ends_with(end), "{text}");
    }
}

#[test]
fn a_step_says_from_where_it_was_taken() {
    let detail = |from: &str| json!({"from": from, "last_seen_at": "A", "first_missing_at": "B", "missing_walk": 7, "walk": 12});
    for (kind, from, begin) in [
        ("missing", "present", "not listed since between A and B (walk 7 did not list it)"),
        ("missing", "missing", "still not listed, since between A and B, not confirmed"),
        ("missing", "unlisted", "in no list since between A and B, and does not answer any more"),
        ("unlisted", "present", "answers by its id and is in no list since between A and B"),
        ("unlisted", "gone", "answers by its id again, and is in no list since between A and B"),
    ] {
        let text = told(kind, &detail(from));
        assert!(text.starts_with(begin), "{text}");
    }
}

#[test]
fn a_lost_address_says_whether_we_hold_the_file() {
    let lost =
        |held| sentence(&event("url_lost", Some("media"), &json!({"lost_at": "B", "held": held})));
    assert_eq!(
        lost(false).text,
        "the API gives no address for its file any more since B; we do not hold it"
    );
    assert!(lost(true).text.ends_with("; we hold the file"), "{}", lost(true).text);
    assert_eq!((lost(false).tone, lost(true).tone), (Tone::Bad, Tone::Warning));
}

#[test]
fn a_hold_says_why_and_how_it_ended() {
    let held = json!({"kind": "url", "reason": "observer_changed", "items": 9, "looked_at": 10});
    assert_eq!(
        told("walk_held", &held),
        "9 of 10 file addresses absent at once, in the first walk with another login, host or API \
         version: held, nothing of it is believed; mediakeep accept 12 believes it"
    );
    let ended = |kind: &str, by: &str, items: i64| {
        told("hold_ended", &json!({"kind": kind, "held_walk": 7, "by": by, "items": items}))
    };
    assert_eq!(
        ended("missing", "accepted", 1),
        "walk 7 was accepted by a person: 1 item is missing since then"
    );
    assert_eq!(
        ended("url", "dropped", 9),
        "walk 7 was wrong: of its 9 addresses some are there again; nothing is lost"
    );
}

#[test]
fn an_item_that_came_back_says_from_where() {
    for (from, text) in [
        ("missing", "listed again; it was not listed since B"),
        ("unlisted", "listed again; it was in no list since B and answered by its id"),
        ("unreachable", "listed again"),
        ("expired", "listed again"),
    ] {
        assert_eq!(told("returned", &json!({"from": from, "first_missing_at": "B"})), text);
    }
}

#[test]
fn words_of_strangers_cannot_steer_the_terminal() {
    let text = told("account_renamed", &json!({"old": "a", "new": "b\u{1b}[31m"}));
    assert_eq!(text, "the account is now called b\\u{1b}[31m, before a");
}
