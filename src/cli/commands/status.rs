//! `mediakeep status`: everything on one screen.

use serde_json::json;

use super::open_to_read;
use crate::catalog::{AccountStatus, StatusFacts};
use crate::cli::output::{Output, Reader};
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::rows;
use crate::cli::render::table::{Cell, Column, numbers, table, words};
use crate::cli::render::text::plain;
use crate::cli::render::units::{ago, bytes, count, counted};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{catalog_failure, store_failure};
use crate::domain::Timestamp;
use crate::exit::Exit;

/// Shows the archive and its accounts.
pub(crate) fn run(config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let facts = reading.catalog.status().map_err(catalog_failure)?;
    let free = reading.dir.free_space().map_err(store_failure)?;
    let waiting = never_synced(config, &facts);
    match output.reader {
        Reader::Program => {
            output.record(
                "status",
                json!({
                    "program": env!("CARGO_PKG_VERSION"),
                    "dir": config.archive.dir.display().to_string(),
                    "archive_id": facts.archive_id,
                    "schema": facts.schema,
                    "free_bytes": free,
                    "totals": rows::totals(&facts.totals),
                    "never_synced": waiting,
                }),
            )?;
            for account in &facts.accounts {
                output.record("account", rows::account(account))?;
            }
        }
        Reader::Person => {
            let now = Clock::system().now();
            output.write(&text(config, &facts, free, &waiting, now, output))?;
        }
    }
    Ok(Exit::Done)
}

/// Configured accounts that the catalog does not know yet.
fn never_synced(config: &Config, facts: &StatusFacts) -> Vec<String> {
    let names = config.accounts.iter().map(|account| account.name.to_string());
    names.filter(|name| !facts.accounts.iter().any(|known| known.account == *name)).collect()
}

fn text(
    config: &Config,
    facts: &StatusFacts,
    free: u64,
    waiting: &[String],
    now: Timestamp,
    output: &Output,
) -> String {
    let totals = &facts.totals;
    let mut text = format!(
        "{} {}   {}   {} in {} ({})   free {}\n",
        paint("mediakeep", Tone::Heading, output.colours),
        env!("CARGO_PKG_VERSION"),
        config.archive.dir.display(),
        counted(totals.posts, "post"),
        counted(totals.blobs, "file"),
        bytes(totals.blob_bytes),
        bytes(free),
    );
    let mut cells: Vec<Vec<Cell>> =
        facts.accounts.iter().map(|account| row(account, now)).collect();
    cells.extend(waiting.iter().map(|name| {
        let mut row: Vec<Cell> = vec![plain(name).into()];
        row.extend((0..6).map(|_| Cell::from("–")));
        row.push(Cell::toned("not synced yet: run `mediakeep sync`", Tone::Warning));
        row
    }));
    if !cells.is_empty() {
        text.push('\n');
        text.push_str(&table(&HEAD, &cells, 7, output.width, output.colours));
    }
    text.push('\n');
    text.push_str(&attention(facts, free, config.archive.min_free, output));
    text
}

const HEAD: [Column; 8] = [
    words("ACCOUNT"),
    words("LAST COMPLETE WALK"),
    numbers("POSTS"),
    numbers("HELD"),
    numbers("WAITING"),
    numbers("FAILED"),
    numbers("API"),
    words("STATE"),
];

fn row(account: &AccountStatus, now: Timestamp) -> Vec<Cell> {
    let last = account.last_complete_walk_at.map_or_else(|| "never".to_owned(), |at| ago(at, now));
    let api =
        account.usage_percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0} %"));
    let detail = match (&account.state_detail, account.blocked_until) {
        (_, Some(until)) if until > now => format!(": {}", ago(until, now)),
        (Some(detail), _) if account.state != "ok" => format!(": {detail}"),
        (Some(_) | None, _) => String::new(),
    };
    let tone = match account.state.as_str() {
        "ok" => Tone::Good,
        "throttled" => Tone::Warning,
        _ => Tone::Bad,
    };
    let failed = if account.failures > 0 { Tone::Bad } else { Tone::Normal };
    vec![
        plain(&account.account).into(),
        last.into(),
        count(account.listed).into(),
        count(account.held).into(),
        count(account.files_pending).into(),
        Cell::toned(count(account.files_failed), failed),
        api.into(),
        Cell::toned(plain(&format!("{}{detail}", account.state)), tone),
    ]
}

/// What a person should look at, one line each.
fn attention(facts: &StatusFacts, free: u64, min_free: u64, output: &Output) -> String {
    let totals = &facts.totals;
    let mut lines = Vec::new();
    if totals.damaged_blobs > 0 {
        lines.push((
            format!(
                "{} damaged or missing: run `mediakeep verify --repair`",
                counted(totals.damaged_blobs, "file")
            ),
            Tone::Bad,
        ));
    }
    if totals.failures > 0 {
        lines.push((
            format!("{}: run `mediakeep failures`", counted(totals.failures, "failure")),
            Tone::Warning,
        ));
    }
    if free < min_free {
        lines.push((
            format!("{} free is less than min_free: no files are fetched", bytes(free)),
            Tone::Bad,
        ));
    }
    if totals.files_without_url > 0 {
        let number = counted(totals.files_without_url, "file");
        lines.push((format!("{number} never had an address: the API withholds them"), Tone::Faint));
    }
    if lines.is_empty() {
        return "Everything that is known is held.\n".to_owned();
    }
    lines.iter().map(|(line, tone)| paint(line, *tone, output.colours) + "\n").collect()
}
