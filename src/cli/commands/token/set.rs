//! `mediakeep token set`: a person's token, tried once and kept.

use secrecy::zeroize::Zeroizing;
use serde_json::json;

use super::{account_of, not_taken, ready_archive, refuse_words};
use crate::archive::token::{Answered, TokenKeeper, ask_whose, put};
use crate::cli::args::TokenSetArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::secret_input::{Extent, read_secret};
use crate::clock::Clock;
use crate::config::{AccountConfig, Config};
use crate::daemon::{access_with, check_login, token_keeper, token_store_failure, transport};
use crate::exit::{Exit, Failure};
use crate::graph::GraphClient;
use crate::secret::AccessToken;
use crate::telemetry;
use crate::tokens::{Entry, Kept, Source};

/// Reads a token, tries it and keeps it.
pub(super) fn run(args: &TokenSetArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    refuse_words(&args.words)?;
    let account = account_of(config, &args.account)?;
    let text: Zeroizing<String> =
        read_secret(&format!("Token of {}: ", account.name), Extent::Everything)?;
    telemetry::never_print(&text);
    let token = AccessToken::new(&text).map_err(|error| {
        Failure::new(Exit::Token, format!("account {}: no token: {error}", account.name))
            .with_hint("paste it alone, on one line")
    })?;
    check_login(account, &token, "the input")?;
    ready_archive(config)?;
    let transport = transport()?;
    let keeper = token_keeper(config, account, &transport)?;
    let access = access_with(config, account, &transport, token.clone())?;
    let now = Clock::system().now();
    let entry = Entry::new(token, Source::Set, now);
    let kept = super::super::runtime()?.block_on(async {
        let entry = if args.offline {
            entry
        } else {
            tried(account, &keeper, &access.graph, entry).await?
        };
        put(&keeper, entry).await.map_err(|error| token_store_failure(account, &error))
    })?;
    tell(account, &keeper, &kept, output)
}

/// Uses a token once, and learns what can be known of it.
pub(in crate::cli::commands) async fn tried(
    account: &AccountConfig,
    keeper: &TokenKeeper,
    graph: &GraphClient,
    mut entry: Entry,
) -> Result<Entry, Failure> {
    match ask_whose(graph, &account.user_id).await {
        Answered::Yes => entry.answered_at = Some(entry.since),
        answered => return Err(not_taken(account, answered)),
    }
    if let (crate::domain::Login::Facebook, Some(app)) = (keeper.login, &keeper.app) {
        match keeper.oauth.inspect(app, &entry.token).await {
            Ok(facts) => {
                entry.issued_at = facts.issued_at.or(entry.issued_at);
                entry.expires_at = facts.expires_at.or(entry.expires_at);
                entry.never_expires = facts.never_expires;
                entry.data_access_expires_at = facts.data_access_expires_at;
                entry.scopes = facts.scopes.or(entry.scopes);
            }
            Err(error) => tracing::warn!("{}: {error}", account.name),
        }
    }
    Ok(entry)
}

/// Says what is kept now.
pub(in crate::cli::commands) fn tell(
    account: &AccountConfig,
    keeper: &TokenKeeper,
    kept: &Kept,
    output: &Output,
) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    let facts = super::facts(account, keeper, kept, now);
    match output.reader {
        Reader::Program => output.record("token", facts)?,
        Reader::Person => {
            let entry = &kept.current;
            let tried = match entry.answered_at {
                Some(_) => format!("answers for {}", account.user_id),
                None => "was not tried yet".to_owned(),
            };
            let ends = match (entry.never_expires, entry.expires_at) {
                (true, _) => "has no end".to_owned(),
                (false, Some(at)) => format!("ends at {at}"),
                (false, None) => "says nothing of its end".to_owned(),
            };
            output.write(&format!(
                "{}: the token {} is kept: it {tried} and {ends}.\n",
                account.name,
                entry.token.fingerprint()
            ))?;
            let next = facts.get("next_refresh").cloned().unwrap_or(json!(null));
            if let Some(next) = next.as_str() {
                output.write(&format!("Next refresh: {next}.\n"))?;
            }
        }
    }
    Ok(Exit::Done)
}
