//! `mediakeep token refresh`: a new token for one that works, now.

use tokio::task::block_in_place;

use super::{account_of, ready_archive, refuse_words, set};
use crate::archive::token::{Done, Looked, Wish, look_after};
use crate::cli::args::TokenRefreshArgs;
use crate::cli::output::Output;
use crate::clock::Clock;
use crate::config::{AccountConfig, Config};
use crate::daemon::{open_account, token_store_failure, transport};
use crate::domain::token_life::WhyNever;
use crate::domain::{Login, Timestamp};
use crate::exit::{Exit, Failure};

/// Renews the token of an account, or says why not.
pub(super) fn run(
    args: &TokenRefreshArgs,
    config: &Config,
    output: &Output,
) -> anyhow::Result<Exit> {
    refuse_words(&args.words)?;
    let account = account_of(config, &args.account)?;
    ready_archive(config)?;
    let transport = transport()?;
    let now = Clock::system().now();
    let (open, looked) = super::super::runtime()?.block_on(async {
        let open = block_in_place(|| open_account(config, account, &transport))?;
        let looked = look_after(&open.keeper, &open.access.graph, Wish::Renew, now)
            .await
            .map_err(|error| token_store_failure(account, &error))?;
        Ok::<_, Failure>((open, looked))
    })?;
    if let Some(failure) = why_not(account, &looked, now) {
        return Err(failure.into());
    }
    set::tell(account, &open.keeper, &looked.kept, output)
}

fn why_not(account: &AccountConfig, looked: &Looked, now: Timestamp) -> Option<Failure> {
    let name = &account.name;
    let kept = &looked.kept;
    let failure = |exit, why: &str| {
        Failure::new(exit, format!("account {name}: the token was not renewed: {why}"))
    };
    if let Some(trouble) = kept.trouble {
        let why = kept.note.clone().unwrap_or_else(|| trouble.to_string());
        return Some(failure(Exit::Token, &why).with_hint(format!(
            "one that does not work cannot be renewed: `mediakeep login {name}` or `mediakeep token set {name}`"
        )));
    }
    match &looked.done {
        Done::Renewed | Done::Never(WhyNever::NoEnd) => None,
        Done::Never(why @ (WhyNever::EndUnknown | WhyNever::NoApp)) => {
            Some(failure(Exit::Token, why.explain()).with_hint(
                "add app_id and app_secret to the account (docs/tokens.md), or put in a new token",
            ))
        }
        Done::Never(why @ WhyNever::Dead(_)) => Some(failure(Exit::Token, why.explain())),
        Done::Waits(why) => Some(
            failure(Exit::Attention, &format!("the new one is kept, but did not answer: {why}"))
                .with_hint("it is tried again before the next pass"),
        ),
        Done::Dropped(why) | Done::WentBack(why) => Some(failure(Exit::Attention, why)),
        Done::Failed(why) => {
            let age = now.since(kept.current.issued_at.unwrap_or(kept.current.since));
            let young = account.login == Login::Instagram && age.as_secs() < 86_400;
            Some(failure(Exit::Unavailable, why).with_hint(if young {
                "the API renews a token when it is at least 24 hours old; the present one goes on"
            } else {
                "the present one goes on; it is tried again every day"
            }))
        }
        // A candidate that waited has been tried, or a person's token came meanwhile.
        Done::Nothing | Done::Adopted => {
            Some(failure(Exit::Attention, "another one came into use"))
        }
    }
}
