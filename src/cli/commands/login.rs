//! `mediakeep login`: from a person's browser to a token that lives 60 days.

use std::io::Read;

use secrecy::zeroize::Zeroizing;
use serde_json::json;
use url::Url;

use super::token::{account_of, not_taken, ready_archive, refuse_words, tell, tried};
use crate::archive::token::{Answered, TokenKeeper, ask_whose, put};
use crate::cli::args::LoginArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::secret_input::{Extent, read_secret};
use crate::clock::Clock;
use crate::config::{AccountConfig, Collect, Config};
use crate::daemon::{access_with, token_keeper, token_store_failure, transport};
use crate::domain::{Login, TokenTrouble};
use crate::exit::{Exit, Failure};
use crate::graph::{App, GraphError, Right, Transport, authorise_url};
use crate::secret::AccessToken;
use crate::telemetry;
use crate::tokens::{Entry, Kept, Source};

/// Sends a person to the login page and keeps the token that they come back with.
pub(crate) fn run(args: &LoginArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    refuse_words(&args.words)?;
    let account = account_of(config, &args.account)?;
    let (app_id, redirect_uri) = ready(account)?;
    ready_archive(config)?;
    let transport = transport()?;
    let keeper = token_keeper(config, account, &transport)?;
    let Some(app) = keeper.app.clone() else {
        return Err(missing(account, &["app_secret"]).into());
    };
    let state = random_state()?;
    let page = authorise_url(
        account.login,
        &config.api.version,
        app_id,
        redirect_uri,
        &rights(account),
        &state,
    )
    .map_err(|error| {
        Failure::new(Exit::Config, "the address of the login cannot be made").caused_by(error)
    })?;
    invite(account, &page, redirect_uri, output)?;
    let pasted = read_secret("Address or code: ", Extent::Line)?;
    let code = code_of(&pasted, redirect_uri, &state)?;
    telemetry::never_print(&code);
    let asked = Asked { config, account, keeper: &keeper, app: &app, transport: &transport };
    let kept = super::runtime()?.block_on(asked.token_for(redirect_uri, &code))?;
    tell(account, &keeper, &kept, output)
}

/// What a login needs of the configuration.
fn ready(account: &AccountConfig) -> Result<(&str, &Url), Failure> {
    match (&account.app_id, &account.app_secret, &account.redirect_uri) {
        (Some(app_id), Some(_), Some(redirect_uri)) => Ok((app_id, redirect_uri)),
        (id, secret, uri) => {
            let parts = [
                ("app_id", id.is_none()),
                ("app_secret", secret.is_none()),
                ("redirect_uri", uri.is_none()),
            ];
            let names: Vec<&str> =
                parts.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
            Err(missing(account, &names))
        }
    }
}

fn missing(account: &AccountConfig, names: &[&str]) -> Failure {
    Failure::new(
        Exit::Config,
        format!("account {}: a login needs {}", account.name, names.join(" and ")),
    )
    .with_hint("docs/tokens.md, \"Logging in\", says where each of them is found; or use `mediakeep token set`")
}

fn rights(account: &AccountConfig) -> Vec<Right> {
    account
        .collect
        .iter()
        .map(|collect| match collect {
            Collect::Media | Collect::Stories => Right::Media,
            Collect::Comments => Right::Comments,
            Collect::Insights => Right::Insights,
            Collect::Tags => Right::Tags,
        })
        .collect()
}

/// 32 hexadecimal digits that nobody can guess, good for this one login.
fn random_state() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| Failure::new(Exit::Bug, "no random numbers").caused_by(error))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn invite(
    account: &AccountConfig,
    page: &Url,
    redirect_uri: &Url,
    output: &Output,
) -> anyhow::Result<()> {
    match output.reader {
        Reader::Program => output.record(
            "login",
            json!({"account": account.name.as_str(), "url": page.as_str(), "redirect_uri": redirect_uri.as_str()}),
        ),
        Reader::Person => output.write(&format!(
            "Open this address in a browser in which the owner of {} is logged in:\n\n  {page}\n\n\
             Allow what is asked for. The browser then goes to an address that begins with\n\
             {redirect_uri} and may show an error there: that does not matter.\n\
             Copy that whole address and paste it here; it is not shown.\n",
            account.name
        )),
    }
}

const AGAIN: &str = "run `mediakeep login` again and use the address that it prints";

/// The code in what was pasted: the whole address, whose state must be this login's, or the code
/// alone.
fn code_of(pasted: &str, redirect_uri: &Url, state: &str) -> Result<Zeroizing<String>, Failure> {
    let refused = |what: &str, hint: &str| {
        Err(Failure::new(Exit::Usage, what.to_owned()).with_hint(hint.to_owned()))
    };
    let Ok(address) = Url::parse(pasted) else {
        // Both hosts hang a mark onto the address that is easily copied along.
        let code = pasted.split('#').next().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        return if code.len() >= 8 && code.bytes().all(plain) {
            Ok(Zeroizing::new(code.to_owned()))
        } else {
            refused("what was pasted is neither an address nor a code", "copy the whole address")
        };
    };
    let place = |url: &Url| (url.origin(), url.path().to_owned());
    if place(&address) != place(redirect_uri) {
        return refused(
            &format!("the pasted address does not begin with {redirect_uri}"),
            "copy the address at which the browser ends up after the login",
        );
    }
    let value = |name: &str| {
        address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if let Some(error) = value("error") {
        let why = value("error_description").unwrap_or_default();
        return refused(&format!("the login ended without permission: {error}: {why}"), AGAIN);
    }
    if value("state").as_deref() != Some(state) {
        return refused("the pasted address belongs to another login", AGAIN);
    }
    match value("code").filter(|code| !code.is_empty()) {
        Some(code) => Ok(Zeroizing::new(code)),
        None => refused("the pasted address holds no code", AGAIN),
    }
}

/// What the requests after a login need.
struct Asked<'a> {
    config: &'a Config,
    account: &'a AccountConfig,
    keeper: &'a TokenKeeper,
    app: &'a App,
    transport: &'a Transport,
}

impl Asked<'_> {
    /// From the code to a kept token: short-lived, long-lived, tried, written.
    async fn token_for(&self, redirect_uri: &Url, code: &str) -> Result<Kept, Failure> {
        let (login, oauth) = (self.account.login, &self.keeper.oauth);
        let short = oauth.redeem(login, self.app, redirect_uri, code).await;
        let short = short.map_err(|error| {
            self.failed(error, "run `mediakeep login` again: a code works once and for an hour; and compare app_id, app_secret and redirect_uri with the app's settings")
        })?;
        telemetry::never_print(short.token.expose());
        let long = oauth.exchange(login, self.app, &short.token).await;
        let long = long.map_err(|error| {
            self.failed(
                error,
                "compare app_secret with the app's settings, then run `mediakeep login` again",
            )
        })?;
        telemetry::never_print(long.token.expose());
        self.refuse_others(&long.token).await?;
        let now = Clock::system().now();
        let issued = long.date.unwrap_or(now);
        let entry = Entry {
            issued_at: Some(issued),
            expires_at: long.lifetime.map(|life| issued.plus(life)),
            scopes: long.scopes.or(short.scopes),
            ..Entry::new(long.token.clone(), Source::Login, now)
        };
        let access = access_with(self.config, self.account, self.transport, long.token)?;
        let entry = tried(self.account, self.keeper, &access.graph, entry).await?;
        put(self.keeper, entry).await.map_err(|error| token_store_failure(self.account, &error))
    }

    /// A person may have logged in as somebody else, or have chosen other pages.
    async fn refuse_others(&self, token: &AccessToken) -> Result<(), Failure> {
        let access = access_with(self.config, self.account, self.transport, token.clone())?;
        let answered = ask_whose(&access.graph, &self.account.user_id).await;
        match (&answered, self.account.login) {
            (Answered::Yes, _) => Ok(()),
            (
                Answered::Doubtful(_) | Answered::No(TokenTrouble::OtherAccount, _),
                Login::Facebook,
            ) => {
                let reached = self.keeper.oauth.reach(Some(self.app), token).await;
                let failure = not_taken(self.account, answered);
                Err(match reached {
                    Ok(reached) if reached.is_empty() => failure.with_hint(
                        "the login reaches no professional account: choose its page and the account while logging in",
                    ),
                    Ok(reached) => {
                        let each: Vec<String> = reached
                            .iter()
                            .map(|one| {
                                let name = one.username.as_deref().unwrap_or("without a name");
                                format!("{} ({name}, page {:?})", one.user_id, one.page)
                            })
                            .collect();
                        failure.with_hint(format!("the login reaches {}", each.join(", ")))
                    }
                    Err(_) => failure,
                })
            }
            (_, _) => Err(not_taken(self.account, answered)),
        }
    }

    fn failed(&self, error: GraphError, hint: &str) -> Failure {
        let exit = if error.http_status().is_some() { Exit::Token } else { Exit::Unavailable };
        Failure::new(exit, format!("account {}: the login did not end well", self.account.name))
            .caused_by(error)
            .with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(pasted: &str) -> Result<String, String> {
        let redirect = Url::parse("https://museum.example/back").unwrap();
        code_of(pasted, &redirect, "s1")
            .map(|code| code.to_string())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_code_is_taken_from_the_address_of_this_login_alone() {
        assert_eq!(code("https://museum.example/back?code=AQx1%2F2&state=s1#_").unwrap(), "AQx1/2");
        assert_eq!(code("https://museum.example/back?state=s1&code=AQx#_=_").unwrap(), "AQx");
        assert_eq!(code("AQB12345678#_").unwrap(), "AQB12345678");
        for (pasted, why) in [
            ("https://museum.example/back?code=CANARY99&state=s2", "another login"),
            ("https://museum.example/back?code=CANARY99", "another login"),
            ("https://museum.example/other?code=CANARY99&state=s1", "does not begin with"),
            ("http://museum.example/back?code=CANARY99&state=s1", "does not begin with"),
            ("https://museum.example/back?state=s1", "no code"),
            (
                "https://museum.example/back?error=access_denied&error_description=no&state=s1",
                "access_denied",
            ),
            ("CANARY9999/&x", "neither"),
            ("short", "neither"),
        ] {
            let error = code(pasted).unwrap_err();
            assert!(error.contains(why), "{pasted}: {error}");
            assert!(!error.contains("CANARY"), "{error}");
        }
    }

    #[test]
    fn each_login_has_a_state_of_its_own() {
        let state = random_state().unwrap();
        assert_eq!(state.len(), 32);
        assert_ne!(state, random_state().unwrap());
    }
}
