//! `mediakeep status`: everything on one screen.

use serde_json::json;

use super::open_to_read;
use crate::catalog::{AccountStatus, HoldRow, StatusFacts};
use crate::cli::output::{Output, Reader};
use crate::cli::render::flow::{Told, flow};
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::reason;
use crate::cli::render::rows;
use crate::cli::render::table::{Cell, Column, numbers, table_without, words};
use crate::cli::render::text::{plain, wrap};
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
    let holds = reading.catalog.open_holds(None).map_err(catalog_failure)?;
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
            for hold in &holds {
                output.record("hold", rows::hold(hold))?;
            }
        }
        Reader::Person => {
            let now = Clock::system().now();
            let first = urgent(&facts, &holds, &waiting, now);
            let mut text = head(config, &facts, free, output);
            if !first.is_empty() {
                text.extend(["\n", &flow(&first, output.sentences, output.colours)]);
            }
            text.push_str(&accounts(&facts, &waiting, now, output));
            text.push_str(&attention(&facts, free, config.archive.min_free, output));
            output.write(&text)?;
        }
    }
    Ok(Exit::Done)
}

/// Configured accounts that the catalog does not know yet.
fn never_synced(config: &Config, facts: &StatusFacts) -> Vec<String> {
    let names = config.accounts.iter().map(|account| account.name.to_string());
    names.filter(|name| !facts.accounts.iter().any(|known| known.account == *name)).collect()
}

fn head(config: &Config, facts: &StatusFacts, free: u64, output: &Output) -> String {
    let totals = &facts.totals;
    format!(
        "{} {}   {}   {} in {} ({})   free {}\n",
        paint("mediakeep", Tone::Heading, output.colours),
        env!("CARGO_PKG_VERSION"),
        config.archive.dir.display(),
        counted(totals.posts, "post"),
        counted(totals.blobs, "file"),
        bytes(totals.blob_bytes),
        bytes(free),
    )
}

/// What keeps us from judging, and what waits for a person's word.
fn urgent(facts: &StatusFacts, holds: &[HoldRow], waiting: &[String], now: Timestamp) -> Vec<Told> {
    let told = |word: &'static str, account: &str, text: &str, tone| Told {
        cells: vec![Cell::toned(word, tone), plain(account).into()],
        sentence: Cell::from(plain(text)),
    };
    let blind = facts.accounts.iter().filter(|account| is_blind(account)).map(|account| {
        let text = format!("{}: nothing is judged", why_blind(account, now));
        told("BLIND", &account.account, &text, Tone::Bad)
    });
    let held = holds.iter().map(|hold| told("HELD", &hold.account, &held(hold), Tone::Warning));
    let is_more = |account: &&AccountStatus| {
        !is_blind(account) && !holds.iter().any(|hold| hold.account == account.account)
    };
    let look = facts.accounts.iter().filter(is_more).filter_map(|account| {
        let text = account.attention.as_deref()?;
        Some(told("LOOK", &account.account, text, Tone::Warning))
    });
    let new = waiting
        .iter()
        .map(|account| told("NEW", account, "not synced yet: run `mediakeep sync`", Tone::Warning));
    blind.chain(held).chain(look).chain(new).collect()
}

fn is_blind(account: &AccountStatus) -> bool {
    account.state != "ok" && account.state != "new"
}

fn why_blind(account: &AccountStatus, now: Timestamp) -> String {
    let since = account.state_since_at.map(|at| format!(" since {at}")).unwrap_or_default();
    match (&account.state_detail, account.blocked_until) {
        (_, Some(until)) if until > now => {
            format!("{}{since}, allowed again {}", account.state, ago(until, now))
        }
        (Some(detail), _) => {
            // The message names the account, as this line does.
            let detail = detail.strip_prefix(&format!("{}: ", account.account)).unwrap_or(detail);
            format!("{}{since}: {detail}", account.state)
        }
        (None, _) => format!("{}{since}", account.state),
    }
}

fn held(hold: &HoldRow) -> String {
    let number = |number: i64| count(u64::try_from(number).unwrap_or(0));
    format!(
        "{} of {} {} (walk {}): mediakeep accept {} believes it, else a later walk decides",
        number(hold.items),
        number(hold.looked_at),
        reason::of_hold(&hold.kind, &hold.reason),
        hold.walk_id,
        hold.walk_id
    )
}

/// Columns that a narrow terminal does without.
const SPARE: [&str; 4] = ["API", "WAITING", "LAST COMPLETE WALK", "HELD"];

const HEAD: [Column; 10] = [
    words("ACCOUNT"),
    words("LAST COMPLETE WALK"),
    numbers("POSTS"),
    numbers("HELD"),
    numbers("WAITING"),
    numbers("FAILED"),
    numbers("GONE"),
    numbers("GAPS"),
    numbers("API"),
    words("STATE"),
];

fn accounts(facts: &StatusFacts, waiting: &[String], now: Timestamp, output: &Output) -> String {
    let mut cells: Vec<Vec<Cell>> =
        facts.accounts.iter().map(|account| row(account, now)).collect();
    cells.extend(waiting.iter().map(|name| {
        let mut row: Vec<Cell> = vec![plain(name).into()];
        row.extend((2..HEAD.len()).map(|_| Cell::from("–")));
        row.push(Cell::toned("not synced yet", Tone::Warning));
        row
    }));
    let mut text = String::from("\n");
    if !cells.is_empty() {
        text.push_str(&table_without(&HEAD, &cells, &SPARE, output.width, output.colours));
        text.push('\n');
    }
    text
}

fn row(account: &AccountStatus, now: Timestamp) -> Vec<Cell> {
    let last = account.last_complete_walk_at.map_or_else(|| "never".to_owned(), |at| ago(at, now));
    let api =
        account.usage_percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0} %"));
    let tone = match account.state.as_str() {
        "ok" => Tone::Good,
        "throttled" => Tone::Warning,
        _ => Tone::Bad,
    };
    let some = |number: u64, tone| {
        Cell::toned(count(number), if number > 0 { tone } else { Tone::Normal })
    };
    vec![
        plain(&account.account).into(),
        last.into(),
        count(account.listed).into(),
        count(account.held).into(),
        count(account.files_pending).into(),
        some(account.files_failed, Tone::Bad),
        some(account.gone, Tone::Bad),
        some(account.gaps, Tone::Warning),
        api.into(),
        Cell::toned(plain(&account.state), tone),
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
    let sum = |of: fn(&AccountStatus) -> u64| facts.accounts.iter().map(of).sum::<u64>();
    let missing = sum(|account| account.missing);
    if missing > 0 {
        lines.push((
            format!(
                "{} missing, not confirmed: run `mediakeep list --state missing`",
                counted(missing, "item")
            ),
            Tone::Warning,
        ));
    }
    let gone = sum(|account| account.gone);
    if gone > 0 {
        lines.push((
            format!(
                "{} no longer available to its token: run `mediakeep events --kind gone`",
                counted(gone, "item")
            ),
            Tone::Warning,
        ));
    }
    let gaps = sum(|account| account.gaps);
    if gaps > 0 {
        lines.push((
            format!("{} in what is proven: run `mediakeep gaps`", counted(gaps, "gap")),
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
    let wrapped = lines.iter().flat_map(|(line, tone)| {
        let parts = wrap(line, output.sentences).into_iter();
        parts.map(|part| paint(&part, *tone, output.colours) + "\n")
    });
    wrapped.collect()
}
