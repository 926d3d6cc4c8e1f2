//! The archive in numbers, for Prometheus.
//!
//! Names are an interface: docs/alerts.yaml and docs/grafana.json use them, and so do others.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::exposition::{Labels, Page, label, labels, number, seconds};
use super::health;
use super::process;
use super::state::WebState;
use crate::catalog::{AccountGauges, CatalogError, CatalogReader, EventKind, Gauges};
use crate::daemon::{Counters, Snapshot, TaskLive};
use crate::domain::AlarmKind;
use crate::domain::health::{DiskState, Facts, is_late, reasons};

/// Events since the daemon began, as a counter wants them: it starts at nothing.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Counted up to here; absent before the first look.
    until: Option<i64>,
    kinds: BTreeMap<String, u64>,
}

/// The page, worked out for everybody who asks within seconds.
pub(super) async fn text(state: &Arc<WebState>) -> Result<Arc<String>, CatalogError> {
    let find = async {
        let facts = health::facts(state).await;
        let begun = Instant::now();
        let reading = state.clone();
        let read = move || {
            let catalog = CatalogReader::open(&reading.archive.dir.catalog_path())?;
            let events = count_events(&reading, &catalog)?;
            Ok((catalog.gauges()?, events, sizes(&reading)))
        };
        let (gauges, events, sizes) = tokio::task::spawn_blocking(read)
            .await
            .unwrap_or_else(|panic| Err(CatalogError::Panicked(panic.to_string())))?;
        let seen = Seen {
            facts,
            gauges,
            events,
            sizes,
            live: state.board.snapshot(),
            took: begun.elapsed(),
        };
        Ok::<_, CatalogError>(page(&seen))
    };
    state.metrics.get(find).await
}

/// Everything that is told.
struct Seen {
    facts: Facts,
    gauges: Gauges,
    events: BTreeMap<String, u64>,
    sizes: Vec<(&'static str, u64)>,
    live: Snapshot,
    took: Duration,
}

fn count_events(
    state: &WebState,
    catalog: &CatalogReader,
) -> Result<BTreeMap<String, u64>, CatalogError> {
    let newest = catalog.newest_event()?;
    let mut events = state.events.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(until) = events.until {
        for (kind, number) in catalog.events_between(until, newest)? {
            *events.kinds.entry(kind).or_default() += number;
        }
    }
    events.until = Some(newest);
    Ok(events.kinds.clone())
}

/// Bytes on disk beside the blobs, whose sum the catalog knows.
fn sizes(state: &WebState) -> Vec<(&'static str, u64)> {
    let catalog = state.archive.dir.catalog_path();
    let wal = catalog.with_extension("db-wal");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |facts| facts.len());
    vec![("catalog", size(&catalog)), ("wal", size(&wal))]
}

fn page(seen: &Seen) -> String {
    let mut page = Page::default();
    tell_program(&mut page, seen);
    tell_walks(&mut page, seen);
    tell_items(&mut page, &seen.gauges);
    tell_passes(&mut page, &seen.live);
    tell_storage(&mut page, seen);
    tell_trouble(&mut page, seen);
    page.write()
}

fn tell_program(page: &mut Page, seen: &Seen) {
    let schema = seen.gauges.schema.to_string();
    let build = labels([("version", env!("CARGO_PKG_VERSION")), ("schema", &schema)]);
    page.info("mediakeep_build", "The program and its catalog", build);
    let healthy = reasons(&seen.facts).is_empty();
    page.gauge("mediakeep_healthy", "1 when /healthz says ok", number(u64::from(healthy)));
    let took = seen.took.as_secs_f64();
    page.gauge("mediakeep_scrape_duration_seconds", "What counting all this took", took);
    let began = seconds(seen.live.started_at);
    page.gauge("process_start_time_seconds", "When the daemon began, Unix time", began);
    let resident = process::resident_bytes().map(number);
    page.gauge("process_resident_memory_bytes", "Resident memory", resident);
    page.gauge("process_open_fds", "Open files", process::open_files().map(number));
}

fn tell_walks(page: &mut Page, seen: &Seen) {
    let facts = &seen.facts;
    let of = |walk: &crate::domain::health::WalkFacts| {
        labels([("account", walk.account.as_str()), ("job", &walk.walk)])
    };
    page.gauges(
        "mediakeep_last_success_timestamp_seconds",
        "End of the last complete walk, Unix time; absent before the first",
        facts.walks.iter().filter_map(|walk| Some((of(walk), seconds(walk.last_complete?)))),
    );
    page.gauges(
        "mediakeep_late",
        "1 when three runs of a walk are due since it was last complete",
        facts
            .walks
            .iter()
            .map(|walk| (of(walk), number(u64::from(is_late(walk, facts.grace, facts.now))))),
    );
}

fn tell_items(page: &mut Page, gauges: &Gauges) {
    let up = gauges.accounts.iter().filter(|account| account.state == "ok").count();
    page.gauge(
        "mediakeep_up_accounts",
        "Accounts whose last pass was allowed to ask",
        number(u64::try_from(up).unwrap_or(u64::MAX)),
    );
    let states = ["present", "missing", "unlisted", "gone", "expired", "unreachable"];
    let items = |account: &AccountGauges| by_state(&account.account, &account.items, &states);
    page.gauges(
        "mediakeep_items",
        "Posts and stories by what is known of them",
        gauges.accounts.iter().flat_map(items),
    );
    let states = ["held", "pending", "failed", "no_url"];
    let files = |account: &AccountGauges| by_state(&account.account, &account.files, &states);
    page.gauges(
        "mediakeep_files",
        "Files by state; no_url: the API never gave an address",
        gauges.accounts.iter().flat_map(files),
    );
    let queued = gauges.accounts.iter().flat_map(|account| {
        ["pending", "failed"].map(|state| account.files.get(state).copied().unwrap_or(0))
    });
    page.gauge(
        "mediakeep_queue_length",
        "Files that should be held and are not",
        number(queued.sum()),
    );
    let usage = gauges.accounts.iter().filter_map(|account| {
        let labels = labels([("account", account.account.as_str()), ("kind", "account")]);
        Some((labels, account.usage_percent? / 100.0))
    });
    let apps = gauges.allowances.iter().filter(|(scope, _)| scope.starts_with("app "));
    let apps = apps.map(|(scope, percent)| {
        let app = scope.strip_prefix("app ").unwrap_or(scope);
        (labels([("account", app), ("kind", "app")]), percent / 100.0)
    });
    page.gauges(
        "mediakeep_api_usage_ratio",
        "Used share of an allowance, as the API last said",
        usage.chain(apps),
    );
    page.gauges(
        "mediakeep_token_expiry_timestamp_seconds",
        "When the token ends, Unix time; absent when that is not known or never",
        gauges.accounts.iter().filter_map(|account| {
            Some((label("account", &account.account), seconds(account.token_expires_at?)))
        }),
    );
}

/// One number for each state, also for those that do not occur.
fn by_state(
    account: &str,
    counted: &BTreeMap<String, u64>,
    states: &[&'static str],
) -> Vec<(Labels, f64)> {
    let of = |state: &&str| {
        let value = counted.get(*state).copied().unwrap_or(0);
        (labels([("account", account), ("state", state)]), number(value))
    };
    states.iter().map(of).collect()
}

fn tell_passes(page: &mut Page, live: &Snapshot) {
    let of = |value: fn(&Counters) -> u64| {
        live.accounts
            .iter()
            .map(move |(account, counters)| (label("account", account.as_str()), value(counters)))
    };
    let runs = live.accounts.iter().flat_map(|(account, counters)| {
        [("ok", counters.passes_ok), ("failed", counters.passes_failed)].map(|(result, value)| {
            (labels([("account", account.as_str()), ("result", result)]), value)
        })
    });
    page.counters("mediakeep_runs", "Passes since the daemon began", runs);
    let help = "Ticks of schedules that a later run made up for";
    page.counters("mediakeep_ticks_skipped", help, of(|counters| counters.ticks_skipped));
    let last = of(|counters| counters.last_pass_seconds).map(|(labels, s)| (labels, number(s)));
    page.gauges("mediakeep_run_duration_seconds", "What the last pass took", last);
    page.counters("mediakeep_api_requests", "Calls of the API", of(|counters| counters.calls));
    page.counters("mediakeep_items_new", "Items seen for the first time", of(|c| c.items_new));
    page.counters("mediakeep_items_gone", "Items confirmed as gone", of(|c| c.items_gone));
    page.counters("mediakeep_download_files", "Files that were kept", of(|c| c.files));
    page.counters("mediakeep_download_bytes", "Bytes of files that were kept", of(|c| c.bytes));
    page.counters("mediakeep_download_errors", "Files that failed", of(|c| c.file_failures));
    let task = |value: fn(&TaskLive) -> u64| {
        live.tasks.iter().map(move |task| (label("task", task.name.as_str()), value(task)))
    };
    page.counters(
        "mediakeep_worker_restarts",
        "Times that a part of the daemon panicked or stalled and was started again",
        task(|task| task.restarts.into()),
    );
    page.counters("mediakeep_worker_stalls", "Among them: stalls", task(|task| task.stalls.into()));
}

fn tell_storage(page: &mut Page, seen: &Seen) {
    let gauges = &seen.gauges;
    let sizes = seen.sizes.iter().copied().chain([("blobs", gauges.blob_bytes)]);
    page.gauges(
        "mediakeep_storage_bytes",
        "What the archive takes",
        sizes.map(|(kind, bytes)| (label("kind", kind), number(bytes))),
    );
    page.gauge("mediakeep_blobs", "Different files in the store", number(gauges.blobs));
    if let DiskState::Room { free, min_free } = seen.facts.disk {
        page.gauge("mediakeep_storage_free_bytes", "Room on the archive's disk", number(free));
        let help = "[archive] min_free: no file is fetched that would leave less";
        page.gauge("mediakeep_storage_min_free_bytes", help, number(min_free));
    }
    page.gauge(
        "mediakeep_verify_damaged_files",
        "Files of the store that are missing or not what was written",
        number(gauges.damaged_blobs),
    );
    page.gauge(
        "mediakeep_verify_oldest_timestamp_seconds",
        "When the file that waits longest was last read and compared, Unix time",
        gauges.least_verified_at.map(seconds),
    );
    page.gauge(
        "mediakeep_backup_timestamp_seconds",
        "When the newest checked copy of the catalog was made, Unix time",
        gauges.backup.map(|(made_at, _)| seconds(made_at)),
    );
    let size = gauges.backup.map(|(_, bytes)| number(bytes));
    page.gauge("mediakeep_backup_bytes", "Its size", size);
}

fn tell_trouble(page: &mut Page, seen: &Seen) {
    let gauges = &seen.gauges;
    page.gauges(
        "mediakeep_alarms",
        "Open alarms by kind; docs/operations.md says what to do for each",
        AlarmKind::ALL.into_iter().map(|kind| {
            let open = gauges.alarms.get(kind.as_str()).copied().unwrap_or(0);
            (label("kind", kind.as_str()), number(open))
        }),
    );
    let of = |value: fn(&AccountGauges) -> u64| {
        gauges.accounts.iter().map(move |account| {
            (label("account", account.account.as_str()), number(value(account)))
        })
    };
    page.gauges(
        "mediakeep_failures",
        "What failed and has not succeeded since",
        of(|a| a.failures),
    );
    page.gauges("mediakeep_gaps", "Spans of time that are not proven", of(|a| a.gaps));
    let help = "Walks that lost so much at once that it is not believed yet";
    page.gauges("mediakeep_held_walks", help, of(|account| account.held_walks));
    let failing = number(gauges.messengers_failing);
    page.gauge("mediakeep_messengers_failing", "Messengers that cannot be reached", failing);
    page.counters(
        "mediakeep_events",
        "Events since the first look after the daemon began",
        EventKind::ALL.into_iter().map(|kind| {
            (label("kind", kind.as_str()), seen.events.get(kind.as_str()).copied().unwrap_or(0))
        }),
    );
}
