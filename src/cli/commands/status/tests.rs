//! Whole screens, as they are seen.

use std::collections::BTreeMap;

use super::*;
use crate::catalog::{
    AccountStatus, AlarmRow, ChoreRow, MessengerFacts, ProcessRow, StatusFacts, Surroundings,
    TokenFacts, Totals,
};
use crate::cli::render::text::width;
use crate::domain::Timestamp;
use crate::domain::liveness::Liveness;
use crate::telemetry::Colours;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account(name: &str) -> AccountStatus {
    AccountStatus {
        account: name.to_owned(),
        login: "instagram".to_owned(),
        user_id: "17841400000000111".to_owned(),
        username: None,
        state: "ok".to_owned(),
        state_detail: None,
        state_since_at: None,
        api_media_count: Some(4812),
        listed: 4812,
        held: 4812,
        files_held: 9211,
        files_pending: 0,
        files_failed: 0,
        failures: 0,
        last_error: None,
        last_complete_walk_at: Some(at("2026-11-22T11:48:00Z")),
        last_walk: None,
        token_expires_at: None,
        usage_percent: Some(6.0),
        blocked_until: None,
        gaps: 0,
        held_walks: Vec::new(),
        missing: 0,
        gone: 0,
        attention: None,
    }
}

fn token(account: &str, state: &str, expires_at: Option<&str>) -> TokenFacts {
    TokenFacts {
        account: account.to_owned(),
        source: "refreshed".to_owned(),
        state: state.to_owned(),
        expires_at: expires_at.map(at),
        never_expires: false,
        refreshed_at: None,
    }
}

fn alarm(account: Option<&str>, kind: &str, since: &str, detail: &str) -> AlarmRow {
    AlarmRow {
        alarm_id: 1,
        account: account.map(str::to_owned),
        kind: kind.to_owned(),
        subject: String::new(),
        since: at(since),
        level: 1,
        detail: detail.to_owned(),
        ended_at: None,
    }
}

/// A daemon that has run for six days, and all is well.
fn running() -> Facts {
    let daemon = ProcessRow {
        process_id: 3,
        pid: 812,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: at("2026-11-16T10:00:00Z"),
        stopped_at: None,
    };
    let mut travel = account("lena.travel");
    (travel.listed, travel.held) = (931, 931);
    let names = ["bakery_lena", "lena.travel"];
    let next = names.map(|name| (name.to_owned(), at("2026-11-22T12:15:20Z")));
    Facts {
        now: at("2026-11-22T12:00:00Z"),
        config: "/etc/mediakeep/config.toml".into(),
        dir: "/var/lib/mediakeep".into(),
        daemon: Liveness::Running { since: daemon.started_at },
        status: StatusFacts {
            archive_id: "0".repeat(32),
            schema: 3,
            accounts: vec![account("bakery_lena"), travel],
            totals: Totals {
                posts: 5743,
                items: 9000,
                files_held: 9211,
                files_pending: 0,
                files_failed: 0,
                files_without_url: 0,
                blobs: 9211,
                blob_bytes: 90_409_000_000,
                damaged_blobs: 0,
                failures: 0,
            },
        },
        around: Surroundings {
            daemon: Some(daemon),
            tokens: vec![
                token("bakery_lena", "ok", Some("2027-01-12T12:00:00Z")),
                token("lena.travel", "ok", None),
            ],
            runs: Vec::new(),
            verify: Some(ChoreRow {
                due_at: at("2026-11-22T04:00:00Z"),
                started_at: at("2026-11-22T04:00:00Z"),
                finished_at: Some(at("2026-11-22T04:03:00Z")),
                outcome: Some("done".to_owned()),
                detail: Some("307 files, all intact".to_owned()),
            }),
            alarms: Vec::new(),
            backup: Some((at("2026-11-22T03:40:00Z"), 222_298_112)),
            messengers: Vec::new(),
            least_verified_at: Some(at("2026-10-25T04:00:00Z")),
        },
        holds: Vec::new(),
        waiting: Vec::new(),
        next: BTreeMap::from(next),
        free: 442_381_631_488,
        min_free: 1 << 30,
    }
}

/// A daemon that was stopped; one account in each kind of trouble.
fn stopped() -> Facts {
    let mut facts = running();
    let stopped_at = at("2026-11-22T09:00:00Z");
    facts.daemon = Liveness::Stopped { at: stopped_at };
    if let Some(daemon) = &mut facts.around.daemon {
        daemon.stopped_at = Some(stopped_at);
        daemon.program_version = "0.0.9".to_owned();
    }
    let mut shop = account("old_shop");
    shop.state = "token".to_owned();
    shop.state_detail = Some("old_shop: the token was revoked".to_owned());
    shop.state_since_at = Some(at("2026-11-19T10:00:00Z"));
    shop.last_complete_walk_at = Some(at("2026-11-19T09:00:00Z"));
    (shop.failures, shop.gone, shop.gaps, shop.usage_percent) = (1, 17, 1, None);
    facts.status.accounts.push(shop);
    facts.status.totals.failures = 1;
    facts.status.accounts[1].files_failed = 2;
    facts.waiting.push("new_shop".to_owned());
    facts.around.tokens[1] = token("lena.travel", "ok", Some("2026-11-26T12:00:00Z"));
    facts.around.tokens.push(token("old_shop", "revoked", None));
    facts.around.alarms = vec![
        alarm(
            Some("old_shop"),
            "token_dead",
            "2026-11-19T10:00:00Z",
            "old_shop: the token was revoked",
        ),
        alarm(
            Some("lena.travel"),
            "token_expiring",
            "2026-11-19T12:00:00Z",
            "the token ends on 2026-11-26",
        ),
        alarm(None, "disk_low", "2026-11-22T08:00:00Z", "400 MiB free: full in 5 days"),
    ];
    facts.around.messengers = vec![MessengerFacts {
        target: "webhook 1f0c9a".to_owned(),
        told_at: None,
        failing_since: Some(at("2026-11-21T08:00:00Z")),
        error: Some("connection refused".to_owned()),
    }];
    facts.free = 400 << 20;
    facts
}

/// A daemon that did not say goodbye, and nothing archived.
fn vanished() -> Facts {
    let mut facts = running();
    facts.daemon = Liveness::Vanished { started_at: at("2026-11-16T10:00:00Z") };
    facts.status.accounts.clear();
    facts.status.totals.posts = 0;
    facts.status.totals.blobs = 0;
    facts.status.totals.blob_bytes = 0;
    facts.around.tokens.clear();
    facts.around.backup = None;
    facts.around.verify = None;
    facts.around.least_verified_at = None;
    facts
}

fn seen(facts: &Facts, width: usize, colours: Colours) -> String {
    let output = Output { reader: Reader::Person, colours, width, sentences: width };
    screen(facts, &output)
}

/// As it was looked at: a change here is to be looked at again, at 80 and at 100 columns.
#[test]
fn the_screens_are_as_they_were_looked_at() {
    let mut differ = String::new();
    for (name, facts, columns, expected) in [
        ("running-80", running(), 80, include_str!("golden/running-80.txt")),
        ("running-100", running(), 100, include_str!("golden/running-100.txt")),
        ("stopped-80", stopped(), 80, include_str!("golden/stopped-80.txt")),
        ("stopped-100", stopped(), 100, include_str!("golden/stopped-100.txt")),
        ("vanished-80", vanished(), 80, include_str!("golden/vanished-80.txt")),
    ] {
        let text = seen(&facts, columns, Colours::Off);
        if text != expected {
            differ.extend(["=== ", name, "\n", &text]);
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

#[test]
fn no_line_is_wider_than_the_terminal_and_colours_change_no_letter() {
    for facts in [running(), stopped(), vanished(), many()] {
        for columns in [80, 100] {
            let bare = seen(&facts, columns, Colours::Off);
            for line in bare.lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
            let painted = seen(&facts, columns, Colours::On);
            assert_ne!(painted, bare);
            let mut plain = String::new();
            for (at, part) in painted.split("\u{1b}[").enumerate() {
                plain.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
            }
            assert_eq!(plain, bare);
        }
    }
}

#[test]
fn twenty_accounts_are_twenty_lines() {
    let text = seen(&many(), 80, Colours::Off);
    assert_eq!(text.lines().filter(|line| line.contains("agency.client-")).count(), 20, "{text}");
    assert_eq!(text.lines().count(), 2 + 2 + 20 + 1 + 3, "{text}");
}

/// Twenty accounts of one agency.
fn many() -> Facts {
    let mut facts = running();
    let names: Vec<_> = (1..=20).map(|n| format!("agency.client-{n:02}")).collect();
    facts.status.accounts = names.iter().map(|name| account(name)).collect();
    facts.around.tokens =
        names.iter().map(|name| token(name, "ok", Some("2026-12-24T12:00:00Z"))).collect();
    facts.next = names.iter().map(|name| (name.clone(), at("2026-11-22T12:15:20Z"))).collect();
    facts
}

#[test]
fn a_token_is_told_in_a_few_words() {
    let mut facts = running();
    facts.around.tokens[0].never_expires = true;
    facts.around.tokens[0].expires_at = None;
    facts.around.tokens[1] = token("lena.travel", "ok", Some("2026-11-19T12:00:00Z"));
    let text = seen(&facts, 100, Colours::Off);
    assert!(text.contains("bakery_lena  never ends "), "{text}");
    assert!(text.contains("lena.travel  expired 3 d ago "), "{text}");
}
