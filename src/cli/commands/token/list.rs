//! `mediakeep token list`: what is known of each account's token.

use serde_json::{Value, json};

use crate::archive::token::{Configured, TokenKeeper};
use crate::cli::output::{Output, Reader};
use crate::cli::render::paint::Tone;
use crate::cli::render::table::{Cell, Column, table, words};
use crate::cli::render::text::plain;
use crate::cli::render::units::ago;
use crate::clock::Clock;
use crate::config::{AccountConfig, Config};
use crate::daemon::{token_keeper, token_store_failure, transport};
use crate::domain::Timestamp;
use crate::domain::token_life::Renewal;
use crate::exit::{Exit, Failure};
use crate::secret::AccessToken;
use crate::tokens::{Entry, Kept, Seed, Source};

/// Lists the tokens of all configured accounts.
pub(super) fn run(config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    let transport = transport()?;
    let mut exit = Exit::Done;
    let mut rows = Vec::new();
    for account in &config.accounts {
        let keeper = token_keeper(config, account, &transport)?;
        let row = match keeper.store.read(&account.name) {
            Ok(Some(kept)) => facts(account, &keeper, &kept, now),
            Ok(None) => without_store(account, &keeper, now),
            Err(error) => {
                exit = Exit::Attention;
                unreadable(account, &token_store_failure(account, &error))
            }
        };
        rows.push(row);
    }
    match output.reader {
        Reader::Program => {
            for row in rows {
                output.record("token", row)?;
            }
        }
        Reader::Person if rows.is_empty() => {
            output.write(&format!("{} names no account.\n", config.path.display()))?;
        }
        Reader::Person => {
            let cells: Vec<Vec<Cell>> = rows.iter().map(|row| cells(row, now)).collect();
            output.write(&table(&HEAD, &cells, 4, output.width, output.colours))?;
            for row in &rows {
                if let Some(detail) = row["detail"].as_str() {
                    let account = row["account"].as_str().unwrap_or_default();
                    output.write(&format!("{account}: {}\n", plain(detail)))?;
                }
            }
        }
    }
    Ok(exit)
}

/// What may be known of a kept token, as `--json` shows it.
pub(in crate::cli::commands) fn facts(
    account: &AccountConfig,
    keeper: &TokenKeeper,
    kept: &Kept,
    now: Timestamp,
) -> Value {
    let entry = &kept.current;
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let new = match &keeper.configured {
        Configured::Token(token) => kept.is_new(token).then(|| token.fingerprint()),
        Configured::Nothing | Configured::Unreadable => None,
    };
    let state = match (kept.trouble, entry.answered_at) {
        (Some(trouble), _) => trouble.as_str(),
        (None, Some(_)) => "ok",
        (None, None) => "unknown",
    };
    let detail = match (&new, &kept.note) {
        (Some(new), _) => Some(format!(
            "a new token ({new}) is in the configured place: it comes into use with the next pass"
        )),
        (None, note) => note.clone(),
    };
    let (next, why) = match keeper.next(kept, now) {
        Renewal::Now => (Some(now.to_string()), None),
        Renewal::At(at) => (Some(at.to_string()), None),
        Renewal::Never(why) => (None, Some(why.explain())),
    };
    let renewed = entry.source == Source::Refreshed;
    json!({
        "account": account.name.as_str(),
        "login": account.login.as_str(),
        "source": entry.source.as_str(),
        "fingerprint": entry.token.fingerprint(),
        "state": state,
        "detail": detail,
        "first_seen_at": entry.since.to_string(),
        "issued_at": text(entry.issued_at),
        "expires_at": text(entry.expires_at),
        "ends_by": text(keeper.life(kept).ends_by()),
        "never_expires": entry.never_expires,
        "data_access_expires_at": text(entry.data_access_expires_at),
        "scopes": entry.scopes,
        "refreshed_at": text(renewed.then(|| entry.issued_at.unwrap_or(entry.since))),
        "tried_at": text(kept.tried.as_ref().map(|tried| tried.failed.at)),
        "error": kept.tried.as_ref().map(|tried| tried.error.as_str()),
        "next_refresh": next,
        "no_refresh": why,
        "waiting": kept.candidate.as_ref().map(|candidate| candidate.token.fingerprint()),
    })
}

/// An account whose token was never taken over: it is where the configuration says, or nowhere.
fn without_store(account: &AccountConfig, keeper: &TokenKeeper, now: Timestamp) -> Value {
    let seen = |token: &AccessToken| {
        let entry = Entry::new(token.clone(), Source::Configured, now);
        facts(account, keeper, &Kept::first(entry, Seed::Digest(token.digest())), now)
    };
    match &keeper.configured {
        Configured::Token(token) => seen(token),
        Configured::Nothing => bare(
            account,
            "missing",
            &format!("run `mediakeep login {0}` or `mediakeep token set {0}`", account.name),
        ),
        Configured::Unreadable => {
            bare(account, "unreadable", "the configured place cannot be read: `mediakeep check`")
        }
    }
}

fn unreadable(account: &AccountConfig, failure: &Failure) -> Value {
    let hint = failure.hint().unwrap_or_default();
    bare(account, "unreadable", &format!("{failure}; {hint}"))
}

fn bare(account: &AccountConfig, state: &str, detail: &str) -> Value {
    json!({
        "account": account.name.as_str(),
        "login": account.login.as_str(),
        "state": state,
        "detail": detail,
    })
}

const HEAD: [Column; 8] = [
    words("ACCOUNT"),
    words("LOGIN"),
    words("SOURCE"),
    words("FINGERPRINT"),
    words("STATE"),
    words("ENDS"),
    words("REFRESHED"),
    words("NEXT REFRESH"),
];

fn cells(row: &Value, now: Timestamp) -> Vec<Cell> {
    let word = |key: &str| plain(row[key].as_str().unwrap_or("-"));
    let when = |key: &str| {
        row[key].as_str().and_then(|at| at.parse::<Timestamp>().ok()).map(|at| ago(at, now))
    };
    let tone = match row["state"].as_str() {
        Some("ok") => Tone::Good,
        Some("unknown") | None => Tone::Normal,
        Some(_) => Tone::Bad,
    };
    let ends = match (row["never_expires"].as_bool(), when("expires_at"), when("ends_by")) {
        (Some(true), _, _) => "never".to_owned(),
        (_, Some(at), _) => at,
        (_, None, Some(at)) => format!("{at} at most"),
        (_, None, None) => "-".to_owned(),
    };
    vec![
        word("account").into(),
        word("login").into(),
        word("source").into(),
        word("fingerprint").into(),
        Cell::toned(word("state"), tone),
        ends.into(),
        when("refreshed_at").unwrap_or_else(|| "-".to_owned()).into(),
        match when("next_refresh") {
            Some(at) if row["next_refresh"].as_str() == Some(&now.to_string()) => {
                drop(at);
                "now".into()
            }
            Some(at) => at.into(),
            None => word("no_refresh").into(),
        },
    ]
}
