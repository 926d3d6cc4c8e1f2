//! The accounts that a configuration describes, with the tokens that are to be used for them.

use secrecy::ExposeSecret;

use crate::archive::AccountAccess;
use crate::archive::token::{Configured, TokenKeeper};
use crate::blobs::ArchiveDir;
use crate::config::{AccountConfig, Config, SecretSource};
use crate::domain::Login;
use crate::exit::{Exit, Failure};
use crate::graph::{App, Endpoint, GraphClient, GraphError, OAuthClient, OAuthHosts, Transport};
use crate::secret::{AccessToken, AppSecret};
use crate::telemetry;
use crate::tokens::{Kept, Stamp, TokenStore, TokenStoreError};

/// One account, ready to be asked for and to have its token looked after.
#[derive(Debug, Clone)]
pub struct OpenAccount {
    pub access: AccountAccess,
    pub keeper: TokenKeeper,
    /// What the places of its token looked like when they were read.
    pub stamp: TokenStamp,
}

/// What the places of a token look like from outside; another one means that it may have changed.
///
/// Costs two looks at a file's facts. A token from a variable or a command is only read when an
/// account is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenStamp {
    kept: Option<Stamp>,
    configured: Option<Stamp>,
}

impl TokenStamp {
    /// Looks now.
    pub fn look(config: &Config, account: &AccountConfig) -> Self {
        let configured = match &account.token {
            Some(SecretSource::File(path)) => Stamp::of(path),
            Some(SecretSource::Credential(_) | SecretSource::Env(_) | SecretSource::Command(_))
            | None => None,
        };
        Self { kept: token_store(config).stamp(&account.name), configured }
    }
}

/// Where the archive keeps tokens itself.
pub fn token_store(config: &Config) -> TokenStore {
    TokenStore::new(ArchiveDir::tokens_dir_of(&config.archive.dir))
}

/// Reads the secrets of an account and prepares to ask the API in its name.
///
/// The token that the archive keeps is used, unless a person has put another one into the configured
/// place since.
pub fn open_account(
    config: &Config,
    account: &AccountConfig,
    transport: &Transport,
) -> Result<OpenAccount, Failure> {
    let stamp = TokenStamp::look(config, account);
    let store = token_store(config);
    let kept = store.read(&account.name).map_err(|error| token_store_failure(account, &error))?;
    let configured = configured(account, kept.as_ref())?;
    let keeper = keeper_with(config, account, transport, configured)?;
    for entry in kept.iter().flat_map(entries) {
        telemetry::never_print(entry.expose());
    }
    let token = keeper.choose(kept.as_ref()).ok_or_else(|| no_token(account))?;
    let access = access_with(config, account, transport, token)?;
    Ok(OpenAccount { access, keeper, stamp })
}

/// As [`open_account`], for who only asks.
pub fn open_access(
    config: &Config,
    account: &AccountConfig,
    transport: &Transport,
) -> Result<AccountAccess, Failure> {
    open_account(config, account, transport).map(|open| open.access)
}

/// Prepares to look after an account's token without one: to put in the first.
pub fn token_keeper(
    config: &Config,
    account: &AccountConfig,
    transport: &Transport,
) -> Result<TokenKeeper, Failure> {
    let configured = match read_configured(account) {
        Ok(Some(token)) => Configured::Token(token),
        Ok(None) => Configured::Nothing,
        Err(_) => Configured::Unreadable,
    };
    keeper_with(config, account, transport, configured)
}

/// Prepares to ask for an account with a token that is at hand.
pub fn access_with(
    config: &Config,
    account: &AccountConfig,
    transport: &Transport,
    token: AccessToken,
) -> Result<AccountAccess, Failure> {
    let app_secret =
        account.app_secret.as_ref().map(|s| read_app_secret(account, s)).transpose()?;
    let base = config.api.base(account.login).clone();
    let host = base.host_str().unwrap_or_default().to_owned();
    let endpoint = Endpoint {
        login: account.login,
        base,
        version: config.api.version.clone(),
        user_id: account.user_id.clone(),
    };
    let graph = GraphClient::over(transport, endpoint, token, app_secret)
        .map_err(|error| cannot_ask(account, error))?;
    Ok(AccountAccess {
        name: account.name.clone(),
        login: account.login,
        user_id: account.user_id.clone(),
        host,
        api_version: config.api.version.clone(),
        app_id: account.app_id.clone(),
        graph,
    })
}

/// The token that an account is asked with: the kept one, or a newer one in the configured place.
pub fn read_token(config: &Config, account: &AccountConfig) -> Result<AccessToken, Failure> {
    let kept = token_store(config)
        .read(&account.name)
        .map_err(|error| token_store_failure(account, &error))?;
    let token = match (configured(account, kept.as_ref())?, kept) {
        (Configured::Token(token), Some(kept)) if kept.is_new(&token) => token,
        (_, Some(kept)) => kept.current.token,
        (Configured::Token(token), None) => token,
        (Configured::Nothing | Configured::Unreadable, None) => return Err(no_token(account)),
    };
    telemetry::never_print(token.expose());
    Ok(token)
}

/// Refuses a token that visibly belongs to the other login.
pub fn check_login(
    account: &AccountConfig,
    token: &AccessToken,
    origin: &str,
) -> Result<(), Failure> {
    let Some(looks) = token.login_hint().filter(|login| *login != account.login) else {
        return Ok(());
    };
    let begins = match looks {
        Login::Instagram => "IG",
        Login::Facebook => "EAA",
    };
    Err(Failure::new(
        Exit::Token,
        format!(
            "account {}: login is {:?}, but the token in {origin} begins with {begins} and belongs to login {looks:?}",
            account.name,
            account.login.as_str(),
            looks = looks.as_str(),
        ),
    )
    .with_hint("correct `login`, or put a token of this login there (docs/tokens.md)"))
}

/// How a failing store of tokens ends a command.
pub fn token_store_failure(account: &AccountConfig, error: &TokenStoreError) -> Failure {
    Failure::new(Exit::Token, format!("account {}: {}", account.name, Chained(error)))
        .with_hint(error.hint())
}

fn keeper_with(
    config: &Config,
    account: &AccountConfig,
    transport: &Transport,
    configured: Configured,
) -> Result<TokenKeeper, Failure> {
    let hosts = OAuthHosts {
        instagram: config.api.instagram_url.clone(),
        facebook: config.api.facebook_url.clone(),
        instagram_login: config.api.instagram_login_url.clone(),
    };
    let oauth = OAuthClient::new(transport, hosts, &config.api.version)
        .map_err(|error| cannot_ask(account, error))?;
    let app = match (&account.app_id, &account.app_secret) {
        (Some(id), Some(source)) => {
            Some(App { id: id.clone(), secret: read_app_secret(account, source)? })
        }
        (Some(_) | None, None) | (None, Some(_)) => None,
    };
    Ok(TokenKeeper {
        account: account.name.clone(),
        login: account.login,
        user_id: account.user_id.clone(),
        store: token_store(config),
        configured,
        app,
        oauth,
        hush: telemetry::never_print,
    })
}

/// What the configured place holds. Where a token is kept, a place that cannot be read or holds what
/// cannot be one keeps nothing from going on.
fn configured(account: &AccountConfig, kept: Option<&Kept>) -> Result<Configured, Failure> {
    match (read_configured(account), kept) {
        (Ok(Some(token)), _) => Ok(Configured::Token(token)),
        (Ok(None), _) => Ok(Configured::Nothing),
        (Err(failure), None) => Err(failure),
        (Err(failure), Some(_)) => {
            tracing::warn!("{failure}; the token that is kept is used");
            Ok(Configured::Unreadable)
        }
    }
}

fn read_configured(account: &AccountConfig) -> Result<Option<AccessToken>, Failure> {
    let Some(source) = &account.token else { return Ok(None) };
    let token = read_secret(account, "token", source, AccessToken::new)?;
    telemetry::never_print(token.expose());
    check_login(account, &token, &source.to_string())?;
    Ok(Some(token))
}

fn read_app_secret(account: &AccountConfig, source: &SecretSource) -> Result<AppSecret, Failure> {
    let secret = read_secret(account, "app_secret", source, AppSecret::new)?;
    telemetry::never_print(secret.expose());
    Ok(secret)
}

fn read_secret<T, E: std::error::Error + Send + Sync + 'static>(
    account: &AccountConfig,
    key: &str,
    source: &SecretSource,
    wrap: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    let failed = |what: String| {
        Failure::new(Exit::Token, format!("account {}: {key}: {what}", account.name))
    };
    let secret = source.read().map_err(|error| {
        let hint = error.hint();
        failed(format!("{:#}", anyhow::Error::from(error))).with_hint(hint)
    })?;
    wrap(secret.expose_secret()).map_err(|error| {
        failed(format!("{source} cannot be used: {error}"))
            .with_hint("it must hold the secret alone, on one line")
    })
}

fn entries(kept: &Kept) -> impl Iterator<Item = &AccessToken> {
    [&kept.current].into_iter().chain(&kept.candidate).chain(&kept.former).map(|entry| &entry.token)
}

fn no_token(account: &AccountConfig) -> Failure {
    Failure::new(Exit::Token, format!("account {}: no token", account.name)).with_hint(format!(
        "run `mediakeep token set {name}` or `mediakeep login {name}`, or name its source as `token` in the configuration (docs/tokens.md)",
        name = account.name
    ))
}

fn cannot_ask(account: &AccountConfig, error: GraphError) -> Failure {
    Failure::new(Exit::Config, format!("account {}: the API cannot be asked", account.name))
        .caused_by(error)
        .with_hint("correct [api] in the configuration; `mediakeep check` reads it again")
}

/// An error with its causes on one line.
struct Chained<'a>(&'a TokenStoreError);

impl std::fmt::Display for Chained<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = std::error::Error::source(self.0);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
