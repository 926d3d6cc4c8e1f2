//! `/healthz` and `/metrics` over real sockets, beside a real archive of the sandbox's account.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::float_cmp, reason = "counts are whole numbers in the text format, too")]

mod web_support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use mediakeep::domain::AlarmKind;
use mediakeep::web::Limits;
use web_support::{Page, Stand};

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_schedule_is_healthy_and_a_missed_one_is_not_and_says_whose() {
    let stand = Stand::new().await;
    let web = stand.serve_tcp("127.0.0.1:0", None);
    // Nothing was walked yet: a new account has until its third tick.
    let answer = web.get("/healthz").await;
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("ok")));
    stand.sync().await;
    // Every 15 minutes: three ticks, the jitter and five minutes after the walk.
    stand.pass_minutes(44);
    assert_eq!(web.get("/healthz").await.status, 200);
    stand.pass_minutes(10);
    let answer = web.get("/healthz").await;
    assert_eq!(answer.status, 503);
    let reasons = answer.json()["reasons"].to_string();
    let expected = format!("account {}, walk recent: three runs are due", stand.account());
    assert!(reasons.contains(&expected), "{reasons}");
    assert!(!reasons.contains("walk full"), "a weekly walk is not late: {reasons}");
    stand.sync().await;
    assert_eq!(web.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_never_got_anywhere_is_late_after_its_third_tick() {
    let stand = Stand::new().await;
    let web = stand.serve_tcp("127.0.0.1:0", None);
    stand.pass_minutes(40);
    assert_eq!(web.get("/healthz").await.status, 200);
    stand.pass_minutes(15);
    let answer = web.get("/healthz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("none was complete"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_and_a_silent_writer_are_reasons() {
    let stand = Stand::new().await;
    let full = stand.serve_with(stand.bind("127.0.0.1:0", None), u64::MAX, stand.limits());
    let answer = full.get("/healthz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("disk is full"), "{}", answer.body);
    let web = stand.serve_tcp("127.0.0.1:0", None);
    assert_eq!(web.get("/healthz").await.status, 200);
    stand.close_catalog().await;
    let answer = web.get("/healthz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("the catalog's writer does not answer"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_somewhere_else_gets_nothing() {
    let stand = Stand::new().await;
    let web = stand.serve_tcp("127.0.0.1:0", None);
    for (request, status) in [
        ("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("GET /healthz HTTP/1.1\r\nHost: localhost.evil.example:80\r\n\r\n", 421),
        ("GET /metrics HTTP/1.1\r\nHost: 192.168.1.7\r\n\r\n", 421),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 421),
        ("GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 421),
        ("GET /metrics HTTP/1.0\r\n\r\n", 421),
        ("GET /healthz HTTP/1.1\r\nHost: localhost:8780\r\n\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nHost: [::1]:8780\r\n\r\n", 200),
    ] {
        let answer = web.exchange(request).await;
        assert_eq!(answer.status, status, "{request}");
        answer.assert_harmless();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_reading_is_answered_and_only_two_places_are_there() {
    let stand = Stand::new().await;
    let web = stand.serve_tcp("127.0.0.1:0", None);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"] {
        let request = format!("{method} /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = web.exchange(&request).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        answer.assert_harmless();
    }
    for path in ["/", "/admin", "/metrics/", "/healthz/../metrics", "/%2e%2e/etc/passwd"] {
        let answer = web.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        answer.assert_harmless();
    }
    let head = web.exchange("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    head.assert_harmless();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_opens_the_numbers_and_health_needs_none() {
    let stand = Stand::new().await;
    stand.sync().await;
    stand.pass_minutes(60);
    let web = stand.serve_tcp("0.0.0.0:0", Some("opensesame"));
    let asking = web.get("/metrics").await;
    assert_eq!(asking.status, 401);
    assert!(asking.header("www-authenticate").unwrap().starts_with("Basic realm="));
    assert!(!asking.body.contains("mediakeep_"));
    asking.assert_harmless();
    let with = |path: &str, credentials: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: nas.example\r\nAuthorization: {credentials}\r\n\r\n")
    };
    let right = "Basic YW55Ym9keTpvcGVuc2VzYW1l";
    for wrong in ["Basic YW55Ym9keTp3cm9uZw==", "Basic !!!", "Bearer opensesame", "Basic"] {
        assert_eq!(web.exchange(&with("/metrics", wrong)).await.status, 401, "{wrong}");
    }
    assert_eq!(web.exchange(&with("/metrics", right)).await.status, 200);
    // Health says that something is late to everybody, and whose it is to who knows the password.
    let stranger = web.get("/healthz").await;
    assert_eq!(stranger.status, 503);
    assert!(stranger.body.contains("a walk of an account"), "{}", stranger.body);
    assert!(!stranger.body.contains(&stand.account()), "{}", stranger.body);
    let known = web.exchange(&with("/healthz", right)).await;
    assert!(known.body.contains(&stand.account()), "{}", known.body);
}

#[test]
fn a_password_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("password");
    std::fs::write(&path, "opensesame").unwrap();
    for (mode, opens) in [(0o644, false), (0o660, false), (0o640, true), (0o600, true)] {
        let bound = web_support::bind("127.0.0.1:0", Some(path.clone()), mode);
        assert_eq!(bound.is_ok(), opens, "{mode:o}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_slowly_is_cut_off_and_keeps_nobody_waiting() {
    let stand = Stand::new().await;
    let limits = Limits { connections: 1, lifetime: Duration::from_millis(300), ..stand.limits() };
    let web = stand.serve_with(stand.bind("127.0.0.1:0", None), 0, limits);
    let mut slow = web.connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    // The only place is taken: the other waits until the slow one is put out.
    let begun = Instant::now();
    assert_eq!(web.get("/healthz").await.status, 200);
    assert!(begun.elapsed() > Duration::from_millis(200), "{:?}", begun.elapsed());
    let mut rest = Vec::new();
    slow.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    slow.read_to_end(&mut rest).ok();
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_is_for_the_group_and_goes_with_the_daemon() {
    let stand = Stand::new().await;
    let path = stand.dir().join("web.sock");
    let web = stand.serve_tcp(&format!("unix:{}", path.display()), None);
    let answer = web.get("/healthz").await;
    assert_eq!(answer.status, 200);
    answer.assert_harmless();
    web.stop().await;
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_those_of_the_catalog() {
    let stand = Stand::new().await;
    stand.sync().await;
    let web = stand.serve_tcp("127.0.0.1:0", None);
    let page = web.metrics().await;
    stand.lose_posts(2);
    stand.sync().await;
    stand.raise(AlarmKind::DiskLow).await;
    let later = web.metrics().await;
    let account = stand.account();
    let account = [("account", account.as_str())];
    for (name, labels, query) in [
        (
            "mediakeep_items",
            [("state", "present")],
            "SELECT count(*) FROM posts WHERE state = 'present'",
        ),
        (
            "mediakeep_items",
            [("state", "missing")],
            "SELECT count(*) FROM posts WHERE state = 'missing'",
        ),
        (
            "mediakeep_files",
            [("state", "pending")],
            "SELECT count(*) FROM files WHERE state = 'pending'",
        ),
        (
            "mediakeep_files",
            [("state", "held")],
            "SELECT count(*) FROM files WHERE state = 'held' AND version = 1",
        ),
        (
            "mediakeep_files",
            [("state", "no_url")],
            "SELECT count(*) FROM files WHERE state = 'no_url'",
        ),
    ] {
        let labels = [account[0], labels[0]];
        assert_eq!(later.value(name, &labels), stand.number(query), "{name} {labels:?}");
    }
    assert!(later.value("mediakeep_items", &[account[0], ("state", "missing")]) >= 2.0);
    assert_eq!(
        later.value("mediakeep_queue_length", &[]),
        stand.number("SELECT count(*) FROM files WHERE state IN ('pending', 'failed')")
    );
    assert_eq!(
        later.value("mediakeep_storage_bytes", &[("kind", "blobs")]),
        stand.number("SELECT coalesce(sum(size_bytes), 0) FROM (SELECT DISTINCT sha256, size_bytes FROM files WHERE sha256 IS NOT NULL)")
    );
    assert_eq!(later.value("mediakeep_gaps", &account), stand.number("SELECT count(*) FROM gaps"));
    // What the passes since the daemon began did.
    assert_eq!(later.value("mediakeep_runs_total", &[account[0], ("result", "ok")]), 2.0);
    assert_eq!(later.value("mediakeep_items_new_total", &account), 12.0);
    // A counter starts at nothing when the daemon does, and counts from there.
    let missing = [("kind", "missing")];
    assert_eq!(page.value("mediakeep_events_total", &missing), 0.0);
    assert_eq!(page.value("mediakeep_events_total", &[("kind", "first_seen")]), 0.0);
    assert!(stand.number("SELECT count(*) FROM events WHERE kind = 'first_seen'") >= 12.0);
    assert_eq!(
        later.value("mediakeep_events_total", &missing),
        stand.number("SELECT count(*) FROM events WHERE kind = 'missing'")
    );
    assert_eq!(later.value("mediakeep_alarms", &[("kind", "disk_low")]), 1.0);
    assert_eq!(later.value("mediakeep_alarms", &[("kind", "damaged")]), 0.0);
    assert_eq!(
        later.value("mediakeep_last_success_timestamp_seconds", &[account[0], ("job", "recent")]),
        stand.number("SELECT unixepoch(max(finished_at)) FROM walks WHERE outcome = 'complete' AND edge = 'media'")
    );
    assert_eq!(later.value("mediakeep_late", &[account[0], ("job", "recent")]), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promised_number_is_there_with_help_and_type() {
    let stand = Stand::new().await;
    stand.sync().await;
    // What tokens, backups and the API's headers would have left in the catalog.
    stand.write(
        "INSERT INTO token (account_id, fingerprint, source, state, first_seen_at, expires_at)
         SELECT account_id, '0', 'set', 'ok', first_seen_at, '2026-06-01T00:00:00Z' FROM account;
         INSERT INTO backup (made_at, path, size_bytes, sha256)
         VALUES ('2026-04-06T03:40:00Z', 'backups/a', 4096, '0');
         INSERT INTO allowance (scope, usage_percent, noted_at)
         VALUES ('app graph.facebook.com 1', 25.0, '2026-04-06T03:40:00Z');
         UPDATE account SET usage_percent = 6.0;",
    );
    let page = stand.serve_tcp("127.0.0.1:0", None).metrics().await;
    let account = stand.account();
    let ends = page.value("mediakeep_token_expiry_timestamp_seconds", &[("account", &account)]);
    assert_eq!(ends, stand.number("SELECT unixepoch('2026-06-01T00:00:00Z')"));
    let used = |account: &str, kind: &str| {
        page.value("mediakeep_api_usage_ratio", &[("account", account), ("kind", kind)])
    };
    assert_eq!((used(&account, "account"), used("graph.facebook.com 1", "app")), (0.06, 0.25));
    assert_eq!(page.value("mediakeep_backup_bytes", &[]), 4096.0);
    // Nobody supervises here, and what has no number has no help either.
    let supervised = |name: &str| name.starts_with("mediakeep_worker_");
    for (name, kind) in PROMISED.iter().filter(|(name, _)| !supervised(name)) {
        assert_eq!(page.kinds.get(*name).map(String::as_str), Some(*kind), "{name}");
        assert!(page.helped.contains(*name), "{name}");
    }
    // And no number that nobody was promised.
    let promised: BTreeMap<_, _> = PROMISED.iter().copied().collect();
    for name in page.kinds.keys() {
        assert!(promised.contains_key(name.as_str()), "{name} is not in the list of the test");
    }
}

/// The names are an interface; a counter's number has `_total` behind it, an info's `_info`.
const PROMISED: &[(&str, &str)] = &[
    ("mediakeep_build", "info"),
    ("mediakeep_healthy", "gauge"),
    ("mediakeep_scrape_duration_seconds", "gauge"),
    ("process_start_time_seconds", "gauge"),
    ("process_resident_memory_bytes", "gauge"),
    ("process_open_fds", "gauge"),
    ("mediakeep_last_success_timestamp_seconds", "gauge"),
    ("mediakeep_late", "gauge"),
    ("mediakeep_up_accounts", "gauge"),
    ("mediakeep_items", "gauge"),
    ("mediakeep_files", "gauge"),
    ("mediakeep_queue_length", "gauge"),
    ("mediakeep_api_usage_ratio", "gauge"),
    ("mediakeep_token_expiry_timestamp_seconds", "gauge"),
    ("mediakeep_runs", "counter"),
    ("mediakeep_ticks_skipped", "counter"),
    ("mediakeep_run_duration_seconds", "gauge"),
    ("mediakeep_api_requests", "counter"),
    ("mediakeep_items_new", "counter"),
    ("mediakeep_items_gone", "counter"),
    ("mediakeep_download_files", "counter"),
    ("mediakeep_download_bytes", "counter"),
    ("mediakeep_download_errors", "counter"),
    ("mediakeep_worker_restarts", "counter"),
    ("mediakeep_worker_stalls", "counter"),
    ("mediakeep_storage_bytes", "gauge"),
    ("mediakeep_blobs", "gauge"),
    ("mediakeep_storage_free_bytes", "gauge"),
    ("mediakeep_storage_min_free_bytes", "gauge"),
    ("mediakeep_verify_damaged_files", "gauge"),
    ("mediakeep_verify_oldest_timestamp_seconds", "gauge"),
    ("mediakeep_backup_timestamp_seconds", "gauge"),
    ("mediakeep_backup_bytes", "gauge"),
    ("mediakeep_alarms", "gauge"),
    ("mediakeep_failures", "gauge"),
    ("mediakeep_gaps", "gauge"),
    ("mediakeep_held_walks", "gauge"),
    ("mediakeep_messengers_failing", "gauge"),
    ("mediakeep_events", "counter"),
];

/// The names that a query may use.
fn names() -> BTreeSet<String> {
    let suffix = |kind: &str| match kind {
        "counter" => "_total",
        "info" => "_info",
        _ => "",
    };
    PROMISED.iter().map(|(name, kind)| format!("{name}{}", suffix(kind))).collect()
}

fn names_in(query: &str) -> Vec<String> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = query.split(|c: char| !in_name(c));
    let ours = |word: &&str| word.starts_with("mediakeep_") || word.starts_with("process_");
    words.filter(ours).map(str::to_owned).collect()
}

#[test]
fn every_number_of_the_alert_rules_is_there() {
    let text = std::fs::read_to_string("docs/alerts.yaml").unwrap();
    // The four keys of each rule, in this order: a line that is none of them is not understood.
    let mut rules = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let (key, value) = line.trim_start().trim_start_matches("- ").split_once(':').unwrap();
        let value = value.trim();
        match key {
            "alert" => rules.push((value.to_owned(), Vec::new(), BTreeSet::new())),
            "expr" => rules.last_mut().unwrap().1 = names_in(value),
            "severity" | "summary" | "description" => {
                assert!(!value.is_empty());
                rules.last_mut().unwrap().2.insert(key.to_owned());
            }
            "groups" | "rules" | "labels" | "annotations" => assert_eq!(value, "", "{line}"),
            "name" | "for" => assert!(!value.is_empty(), "{line}"),
            _ => panic!("{line}"),
        }
    }
    assert_eq!(rules.len(), 4);
    let known = names();
    for (alert, used, said) in rules {
        assert!(!used.is_empty() && said.len() == 3, "{alert}");
        for name in used {
            assert!(known.contains(&name), "{alert}: {name}");
        }
    }
}

#[test]
fn every_number_of_the_dashboard_is_there() {
    let text = std::fs::read_to_string("docs/grafana.json").unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 10);
    let known = names();
    for panel in panels {
        for target in panel["targets"].as_array().unwrap() {
            let used = names_in(target["expr"].as_str().unwrap());
            assert!(!used.is_empty(), "{panel}");
            for name in used {
                assert!(known.contains(&name), "{}: {name}", panel["title"]);
            }
        }
    }
}

#[test]
fn the_manual_has_every_number_and_every_alarm() {
    let text = std::fs::read_to_string("docs/operations.md").unwrap();
    let chapter = text.split("\n## ").find(|chapter| chapter.starts_with("Looking in\n")).unwrap();
    let told: BTreeSet<_> = names_in(chapter).into_iter().collect();
    for name in names().iter().filter(|name| name.starts_with("mediakeep_")) {
        assert!(told.contains(name), "{name} is not in docs/operations.md");
    }
    for kind in AlarmKind::ALL {
        let row = format!("| `{}` | ", kind.as_str());
        let line = chapter.lines().find(|line| line.starts_with(&row));
        let line = line.unwrap_or_else(|| panic!("no row for {}", kind.as_str()));
        assert_eq!(line.matches(" | ").count(), 2, "{line}");
    }
}

#[test]
fn what_is_no_exposition_is_refused_by_the_test_itself() {
    for wrong in [
        "# EOF",
        "a 1\n# EOF\n",
        "# HELP a help\n# TYPE a gauge\na 1\n",
        "# HELP a help\n# TYPE a gauge\na one\n# EOF\n",
        "# HELP a help\n# TYPE a gauge\na{b=\"c} 1\n# EOF\n",
        "# HELP a help\n# TYPE a gauge\na 1\na 2\n# EOF\n",
        "# HELP a help\n# TYPE a counter\na 1\n# EOF\n",
        "# TYPE a gauge\na 1\n# EOF\n",
        "# HELP a help\n# TYPE a gauge\na 1\n# EOF\nb 1\n",
    ] {
        assert!(Page::parse(wrong).is_err(), "{wrong}");
    }
    let right = "# HELP a help.\n# TYPE a counter\na_total{b=\"c\\\"d\",e=\"\"} 1.5\n# EOF\n";
    assert_eq!(Page::parse(right).unwrap().value("a_total", &[("b", "c\"d"), ("e", "")]), 1.5);
}
