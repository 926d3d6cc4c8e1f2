//! Keeps the token of an account alive: notices what a person changed, renews in time, tries what
//! is new before it relies on it, and says what becomes of it.
//!
//! One call before each pass. `protocol` says in which order, `renew` gets a new token, `probe` asks
//! whom one answers for, `inspect` what it is worth, `facts` writes down for readers what is known.

mod change;
mod facts;
mod inspect;
mod probe;
mod protocol;
mod renew;

use std::sync::Arc;

use super::{AccountAccess, Archive};
use crate::domain::token_life::{Life, Means, Renewal, renewal};
use crate::domain::{AccountName, Login, TokenTrouble, UserId};
use crate::graph::{App, GraphClient, OAuthClient};
use crate::secret::AccessToken;
use crate::tokens::{Entry, Kept, Source, TokenStore, TokenStoreError};

pub use probe::Answered;
pub use protocol::{Done, Looked, SeenByPass, Wish};

/// All that is needed to look after one account's token.
#[derive(Debug, Clone)]
pub struct TokenKeeper {
    pub account: AccountName,
    pub login: Login,
    pub user_id: UserId,
    pub store: TokenStore,
    pub configured: Configured,
    /// The app that the token was made for, as far as it is configured.
    pub app: Option<App>,
    pub oauth: OAuthClient,
    /// Is told each secret that comes up, so that no diagnostic can print it.
    pub hush: fn(&str),
}

/// What the place that the configuration names holds now.
#[derive(Debug, Clone)]
pub enum Configured {
    /// No place is named.
    Nothing,
    /// It could not be read.
    Unreadable,
    Token(AccessToken),
}

/// What became of a token before a pass.
#[derive(Debug)]
pub struct TokenReport {
    /// The account, to be asked for with the token that is in use now.
    pub access: AccountAccess,
    pub done: Done,
    /// Why the token does not work, when it was last asked.
    pub trouble: Option<TokenTrouble>,
    pub next: Renewal,
    /// The tokens could not be kept: nothing was renewed.
    pub store_error: Option<Arc<TokenStoreError>>,
}

impl TokenKeeper {
    /// How the token can be renewed.
    pub fn means(&self) -> Means {
        match (self.login, &self.app) {
            (Login::Instagram, _) => Means::Refresh,
            (Login::Facebook, Some(_)) => Means::Exchange,
            (Login::Facebook, None) => Means::Nothing,
        }
    }

    /// When the kept token is renewed.
    pub fn next(&self, kept: &Kept, now: crate::domain::Timestamp) -> Renewal {
        renewal(&self.life(kept), self.means(), now)
    }

    /// The facts of the kept token's life.
    pub fn life(&self, kept: &Kept) -> Life {
        kept.life(self.login)
    }

    /// The token to begin with: what a person has put into the configured place since, or else the
    /// one that is kept.
    pub fn choose(&self, kept: Option<&Kept>) -> Option<AccessToken> {
        match (kept, &self.configured) {
            (Some(kept), Configured::Token(token)) if kept.is_new(token) => Some(token.clone()),
            (Some(kept), _) => Some(kept.current.token.clone()),
            (None, Configured::Token(token)) => Some(token.clone()),
            (None, Configured::Nothing | Configured::Unreadable) => None,
        }
    }
}

/// Looks after the token of an account before a pass.
///
/// Whatever fails here is written down and tried again; it never keeps a pass from running, which
/// finds out for itself whether the token works.
pub async fn keep_alive(
    archive: &Archive,
    keeper: &TokenKeeper,
    access: &AccountAccess,
) -> TokenReport {
    let wish = Wish::WhenDue(facts::seen_by_pass(archive, keeper).await);
    let looked = protocol::look_after(keeper, &access.graph, wish, archive.clock.now()).await;
    let noted = match &looked {
        Ok(looked) => facts::note(archive, keeper, &looked.kept).await,
        Err(error) => facts::note_store_error(archive, keeper, error).await,
    };
    if let Err(error) = noted {
        tracing::warn!(account = %keeper.account, "could not note the state of the token: {error}");
    }
    report(keeper, access, looked, archive.clock.now())
}

/// Looks after the token without an archive that is open for writing: beside a running daemon, which
/// notices what changed. With [`Wish::Renew`] it is renewed now.
pub async fn look_after(
    keeper: &TokenKeeper,
    graph: &GraphClient,
    wish: Wish,
    now: crate::domain::Timestamp,
) -> Result<Looked, TokenStoreError> {
    protocol::look_after(keeper, graph, wish, now).await
}

/// Asks whom a token answers for.
pub async fn ask_whose(graph: &GraphClient, user_id: &UserId) -> Answered {
    probe::probe(graph, user_id).await
}

/// Puts a person's token in place of whatever is kept; what was there stays until this one has
/// answered. `entry` bears the time of an answer where it was tried already.
pub async fn put(keeper: &TokenKeeper, entry: Entry) -> Result<Kept, TokenStoreError> {
    debug_assert!(matches!(entry.source, Source::Set | Source::Login));
    protocol::put(keeper, entry).await
}

fn report(
    keeper: &TokenKeeper,
    access: &AccountAccess,
    looked: Result<Looked, TokenStoreError>,
    now: crate::domain::Timestamp,
) -> TokenReport {
    match looked {
        Ok(Looked { kept, done }) => {
            let token = &kept.current.token;
            let same = access.graph.token().expose() == token.expose();
            let graph = if same { None } else { access.graph.with_token(token.clone()).ok() };
            let graph = graph.unwrap_or_else(|| access.graph.clone());
            TokenReport {
                access: AccountAccess { graph, ..access.clone() },
                done,
                trouble: kept.trouble,
                next: keeper.next(&kept, now),
                store_error: None,
            }
        }
        Err(error) => {
            tracing::error!(account = %keeper.account, "tokens cannot be kept: {error}");
            TokenReport {
                access: access.clone(),
                done: Done::Nothing,
                trouble: None,
                next: Renewal::At(now),
                store_error: Some(Arc::new(error)),
            }
        }
    }
}
