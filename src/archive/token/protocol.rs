//! The order in which tokens change hands, so that one that works is on disk at every moment.

use std::time::Duration;

use tokio::runtime::Handle;

use super::probe::{Answered, probe};
use super::{Configured, TokenKeeper};
use crate::domain::token_life::{FailedTry, Renewal, TryFault, WhyNever};
use crate::domain::{Class, Login, Timestamp};
use crate::graph::{Grant, GraphClient, GraphError};
use crate::secret::AccessToken;
use crate::tokens::{Entry, Kept, Seed, Source, TokenStoreError, Tried};

/// What is wanted of the keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// What is due, with what the last pass showed.
    WhenDue(SeenByPass),
    /// To ask whether the current token works, and to renew it now if that can be.
    Renew,
}

/// What the last pass showed of the token that it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenByPass {
    Nothing,
    /// The account answered at that time, and the pass went well.
    Answered(Timestamp),
    Refused,
}

/// The most telling thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Nothing,
    /// A person's token came into use.
    Adopted,
    /// A person's token was refused, and the one before is in use again.
    WentBack(String),
    /// A renewed token has answered and is in use.
    Renewed,
    /// A renewed token is kept beside the current one: nobody answered when it was tried.
    Waits(String),
    /// A renewed token was refused while the current one works.
    Dropped(String),
    /// No new token came.
    Failed(String),
    /// There is nothing that could be renewed.
    Never(WhyNever),
}

/// What is kept after looking, and what was done.
#[derive(Debug)]
pub struct Looked {
    pub kept: Kept,
    pub done: Done,
}

/// A dead token is asked again this often: a person may have confirmed what Instagram wanted.
const ASK_DEAD: Duration = Duration::from_secs(3600);
const INSPECT: Duration = Duration::from_secs(86_400);
/// How long a renewal may take: a stop waits for it, because its answer may be the only token.
const PATIENCE: Duration = Duration::from_secs(8);

pub(super) async fn look_after(
    keeper: &TokenKeeper,
    graph: &GraphClient,
    wish: Wish,
    now: Timestamp,
) -> Result<Looked, TokenStoreError> {
    let keeping = Keeping { keeper, graph, now };
    let mut looked = keeping.adopt().await?;
    if looked.kept.candidate.is_some() {
        looked = keeping.try_candidate(looked.kept).await?;
    }
    looked = match asks(&looked.kept, wish, now) {
        Asks::Nothing => looked,
        Asks::Again => keeping.try_current(looked).await?,
        Asks::TookFromPass(at) => {
            let current = looked.kept.current.token.clone();
            let kept = keeping.on_current(&current, move |kept| kept.answered(at)).await?;
            Looked { kept, ..looked }
        }
    };
    looked = keeping.inspect(looked).await?;
    match (keeper.next(&looked.kept, now), wish) {
        // A second candidate would push the first one out, which may be the only one that works.
        _ if looked.kept.candidate.is_some() => Ok(looked),
        (Renewal::Never(why), Wish::Renew) => Ok(Looked { done: Done::Never(why), ..looked }),
        (Renewal::Now, _) | (Renewal::At(_), Wish::Renew) => keeping.renew(looked.kept).await,
        (Renewal::At(_) | Renewal::Never(_), _) => Ok(looked),
    }
}

/// Puts a person's token in place and notes what the configured place holds meanwhile, so that only
/// what is put there later wins over it.
pub(super) async fn put(keeper: &TokenKeeper, entry: Entry) -> Result<Kept, TokenStoreError> {
    let seed = match &keeper.configured {
        Configured::Nothing => Some(Seed::Absent),
        Configured::Token(token) => Some(Seed::Digest(token.digest())),
        Configured::Unreadable => None,
    };
    change(keeper, move |kept| {
        Some(match kept {
            None => Kept::first(entry, seed.unwrap_or(Seed::Unread)),
            Some(mut kept) => {
                let answered = entry.answered_at;
                kept.replace(entry);
                if let Some(at) = answered {
                    kept.answered(at);
                }
                if let Some(seed) = seed {
                    kept.seed = seed;
                }
                kept
            }
        })
    })
    .await
}

/// Whether the current token is asked once.
enum Asks {
    Nothing,
    Again,
    /// A pass has used it meanwhile, and it answered then.
    TookFromPass(Timestamp),
}

fn asks(kept: &Kept, wish: Wish, now: Timestamp) -> Asks {
    let unproven = kept.current.answered_at.is_none();
    let lately = kept.checked_at.is_some_and(|at| at <= now && now.since(at) < ASK_DEAD);
    match wish {
        Wish::Renew => Asks::Again,
        Wish::WhenDue(SeenByPass::Refused) if kept.trouble.is_none() => Asks::Again,
        Wish::WhenDue(SeenByPass::Answered(at)) if unproven && at > kept.current.since => {
            Asks::TookFromPass(at)
        }
        // Without one to go back to, the pass itself finds out.
        Wish::WhenDue(_) if unproven && !kept.former.is_empty() && !lately => Asks::Again,
        Wish::WhenDue(_) if kept.trouble.is_some() && !lately => Asks::Again,
        Wish::WhenDue(_) => Asks::Nothing,
    }
}

struct Keeping<'a> {
    keeper: &'a TokenKeeper,
    graph: &'a GraphClient,
    now: Timestamp,
}

impl Keeping<'_> {
    /// Takes in what a person has put into the configured place.
    async fn adopt(&self) -> Result<Looked, TokenStoreError> {
        let store = self.keeper.store.clone();
        let account = self.keeper.account.clone();
        let before = blocking(self.keeper, move || store.read(&account)).await?;
        let (token, now) = match (&before, &self.keeper.configured) {
            (Some(kept), Configured::Nothing | Configured::Unreadable) => {
                return Ok(Looked { kept: kept.clone(), done: Done::Nothing });
            }
            (Some(kept), Configured::Token(token)) if kept.seed == Seed::Digest(token.digest()) => {
                return Ok(Looked { kept: kept.clone(), done: Done::Nothing });
            }
            (_, Configured::Token(token)) => (token.clone(), self.now),
            // Nobody opens an account without any token: its file went away just now.
            (None, Configured::Nothing | Configured::Unreadable) => {
                return Err(not_there(self.keeper));
            }
        };
        let is_new = before.as_ref().is_none_or(|kept| kept.is_new(&token));
        let kept = change(self.keeper, move |kept| {
            let seed = Seed::Digest(token.digest());
            let entry = Entry::new(token.clone(), Source::Configured, now);
            Some(match kept {
                None => Kept::first(entry, seed),
                Some(mut kept) => {
                    if kept.is_new(&token) {
                        kept.replace(entry);
                    }
                    kept.seed = seed;
                    kept
                }
            })
        })
        .await?;
        Ok(Looked { kept, done: if is_new { Done::Adopted } else { Done::Nothing } })
    }

    /// Uses a renewed token for the first time: it is in use when it answers, and goes when it is
    /// refused while the current one works.
    async fn try_candidate(&self, kept: Kept) -> Result<Looked, TokenStoreError> {
        let Some(candidate) = kept.candidate.as_ref().map(|entry| entry.token.clone()) else {
            return Ok(Looked { kept, done: Done::Nothing });
        };
        let now = self.now;
        let why = match self.ask(&candidate).await {
            Answered::Yes => {
                let kept = change(self.keeper, move |kept| {
                    let mut kept = kept?;
                    kept.promote(&candidate, now);
                    Some(kept)
                })
                .await?;
                tracing::info!(account = %self.keeper.account, "the token was renewed");
                return Ok(Looked { kept, done: Done::Renewed });
            }
            Answered::Unknown(why) => return Ok(Looked { kept, done: Done::Waits(why) }),
            Answered::No(trouble, why) => format!("{trouble}: {why}"),
            Answered::Doubtful(why) => why,
        };
        if self.ask(&kept.current.token).await != Answered::Yes {
            return Ok(Looked { kept, done: Done::Waits(why) });
        }
        let note = format!("a renewed token was refused and is not used: {why}");
        tracing::warn!(account = %self.keeper.account, "{note}");
        let failed =
            Tried { failed: FailedTry { at: now, how: TryFault::Refused }, error: why.clone() };
        let kept = change(self.keeper, move |kept| {
            let mut kept = kept?;
            kept.drop_candidate(&candidate, &note);
            kept.tried = Some(failed);
            kept.current.answered_at = Some(now);
            Some(kept)
        })
        .await?;
        Ok(Looked { kept, done: Done::Dropped(why) })
    }

    /// Asks whether the current token works; a person's token that does not gives way to the one
    /// before, if that does.
    async fn try_current(&self, looked: Looked) -> Result<Looked, TokenStoreError> {
        let Looked { kept, done } = looked;
        let (current, now) = (kept.current.token.clone(), self.now);
        let (trouble, why) = match self.ask(&current).await {
            Answered::Yes => {
                let kept = self.on_current(&current, move |kept| kept.answered(now)).await?;
                return Ok(Looked { kept, done });
            }
            Answered::Unknown(_) => return Ok(Looked { kept, done }),
            Answered::No(trouble, why) => (Some(trouble), format!("{trouble}: {why}")),
            Answered::Doubtful(why) => (None, why),
        };
        for former in kept.former.iter().map(|entry| entry.token.clone()) {
            if self.ask(&former).await == Answered::Yes {
                let note = format!("the new token was refused and is not used: {why}");
                tracing::warn!(account = %self.keeper.account, "{note}");
                let kept = self
                    .on_current(&current, move |kept| kept.go_back_to(&former, &note, now))
                    .await?;
                return Ok(Looked { kept, done: Done::WentBack(why) });
            }
        }
        let kept = self.on_current(&current, move |kept| kept.refused(trouble, &why, now)).await?;
        Ok(Looked { kept, done })
    }

    /// Once a day the app is asked what the token is worth, where there is one (Facebook login).
    async fn inspect(&self, looked: Looked) -> Result<Looked, TokenStoreError> {
        let Looked { kept, done } = looked;
        let (current, now) = (kept.current.token.clone(), self.now);
        let lately = kept.inspected_at.is_some_and(|at| at <= now && now.since(at) < INSPECT);
        let app = match (self.keeper.login, &self.keeper.app) {
            (Login::Facebook, Some(app)) if !lately => app,
            (Login::Facebook | Login::Instagram, _) => return Ok(Looked { kept, done }),
        };
        let facts = match self.keeper.oauth.inspect(app, &current).await {
            Ok(facts) => facts,
            Err(error) => {
                tracing::warn!(account = %self.keeper.account, "{error}");
                if fault(&error) == TryFault::Unreachable {
                    return Ok(Looked { kept, done });
                }
                let note = error.to_string();
                let note_it = move |kept: &mut Kept| {
                    kept.inspected_at = Some(now);
                    kept.note = Some(note);
                };
                return Ok(Looked { kept: self.on_current(&current, note_it).await?, done });
            }
        };
        let is_dead = facts.trouble.is_some();
        let kept = self
            .on_current(&current, move |kept| {
                kept.inspected_at = Some(now);
                let entry = &mut kept.current;
                entry.issued_at = facts.issued_at.or(entry.issued_at);
                entry.expires_at = facts.expires_at.or(entry.expires_at);
                entry.never_expires = facts.never_expires;
                entry.data_access_expires_at =
                    facts.data_access_expires_at.or(entry.data_access_expires_at);
                entry.scopes = facts.scopes.or(entry.scopes.take());
            })
            .await?;
        let looked = Looked { kept, done };
        if is_dead { self.try_current(looked).await } else { Ok(looked) }
    }

    /// Gets a new token and tries it.
    async fn renew(&self, kept: Kept) -> Result<Looked, TokenStoreError> {
        let (current, now) = (kept.current.token.clone(), self.now);
        // Proves that the store can be written just now, before the API is asked for something that
        // must not be lost, and dates the try in case that nobody lives to see its answer.
        let asking = Tried {
            failed: FailedTry { at: now, how: TryFault::Unreachable },
            error: "the answer was not received".to_owned(),
        };
        self.on_current(&current, move |kept| kept.tried = Some(asking)).await?;
        let error = match shielded(self.keeper, kept.current, now).await? {
            Ok(kept) => return self.try_candidate_or_take(kept, &current).await,
            Err(error) => error,
        };
        let how = match &error {
            NotRenewed::Graph(error) => fault(error),
            NotRenewed::Late => TryFault::Unreachable,
        };
        tracing::warn!(account = %self.keeper.account, "the token was not renewed: {error}");
        let why = error.to_string();
        let tried = Tried { failed: FailedTry { at: now, how }, error: why.clone() };
        let kept = self.on_current(&current, move |kept| kept.tried = Some(tried)).await?;
        let looked = Looked { kept, done: Done::Failed(why) };
        // Whether it was the token that was refused, or its renewal alone.
        match error {
            NotRenewed::Graph(error) if matches!(error.class(), Class::StopAccount(_)) => {
                self.try_current(looked).await
            }
            NotRenewed::Graph(_) | NotRenewed::Late => Ok(looked),
        }
    }

    /// A renewed token may be the same text with a longer life.
    async fn try_candidate_or_take(
        &self,
        kept: Kept,
        asked: &AccessToken,
    ) -> Result<Looked, TokenStoreError> {
        match &kept.candidate {
            Some(_) => self.try_candidate(kept).await,
            None if kept.current.is(asked) => Ok(Looked { kept, done: Done::Renewed }),
            // A person's token came meanwhile.
            None => Ok(Looked { kept, done: Done::Adopted }),
        }
    }

    async fn ask(&self, token: &AccessToken) -> Answered {
        match self.graph.with_token(token.clone()) {
            Ok(graph) => probe(&graph, &self.keeper.user_id).await,
            Err(error) => Answered::Unknown(error.to_string()),
        }
    }

    /// Changes what is kept, unless another token came into use meanwhile.
    async fn on_current(
        &self,
        current: &AccessToken,
        edit: impl FnOnce(&mut Kept) + Send + 'static,
    ) -> Result<Kept, TokenStoreError> {
        let current = current.clone();
        change(self.keeper, move |kept| {
            let mut kept = kept?;
            if kept.current.is(&current) {
                edit(&mut kept);
            }
            Some(kept)
        })
        .await
    }
}

/// Why there is no new token.
#[derive(Debug, thiserror::Error)]
enum NotRenewed {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error("no renewed token came within {} seconds", PATIENCE.as_secs())]
    Late,
}

fn fault(error: &GraphError) -> TryFault {
    match error.class() {
        Class::Retry | Class::Wait { .. } => TryFault::Unreachable,
        Class::StopAccount(_)
        | Class::Permission
        | Class::Shrink
        | Class::DropField(_)
        | Class::MaybeGone
        | Class::Fatal => TryFault::Refused,
    }
}

/// Asks for a new token and writes it down, to its end even when nobody waits for it any more: the
/// API may have put the old one out of use with its answer.
async fn shielded(
    keeper: &TokenKeeper,
    current: Entry,
    now: Timestamp,
) -> Result<Result<Kept, NotRenewed>, TokenStoreError> {
    let (owned, handle) = (keeper.clone(), Handle::current());
    blocking(keeper, move || {
        let asked = current.token.clone();
        let granted = handle
            .block_on(async { tokio::time::timeout(PATIENCE, ask_for_new(&owned, &asked)).await });
        let grant = match granted {
            Ok(Ok(grant)) => grant,
            Ok(Err(error)) => return Ok(Err(error.into())),
            Err(_) => return Ok(Err(NotRenewed::Late)),
        };
        (owned.hush)(grant.token.expose());
        let fresh = fresh(&current, grant, now);
        let write = || {
            let (asked, fresh) = (asked.clone(), fresh.clone());
            owned.store.update(&owned.account, move |kept| {
                let mut kept = kept?;
                if kept.current.is(&fresh.token) {
                    kept.current = Entry { since: kept.current.since, ..fresh };
                    kept.answered(now);
                    kept.tried = None;
                } else {
                    kept.offer(&asked, fresh);
                }
                Some(kept)
            })
        };
        // The token is in memory alone: what keeps it from the disk may pass.
        let mut written = write();
        for _ in 0..4 {
            if written.is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(250));
            written = write();
        }
        Ok(Ok(written?.unwrap_or_else(|| Kept::first(current, Seed::Unread))))
    })
    .await
}

async fn ask_for_new(keeper: &TokenKeeper, token: &AccessToken) -> Result<Grant, GraphError> {
    match &keeper.app {
        Some(app) if keeper.login == Login::Facebook => {
            keeper.oauth.exchange(Login::Facebook, app, token).await
        }
        Some(_) | None => keeper.oauth.refresh(token).await,
    }
}

/// A renewed token with what its answer says of it.
pub(super) fn fresh(before: &Entry, grant: Grant, now: Timestamp) -> Entry {
    let issued = grant.date.unwrap_or(now);
    Entry {
        issued_at: Some(issued),
        expires_at: grant.lifetime.map(|life| issued.plus(life)),
        data_access_expires_at: before.data_access_expires_at,
        scopes: grant.scopes.or_else(|| before.scopes.clone()),
        ..Entry::new(grant.token, Source::Refreshed, now)
    }
}

async fn change(
    keeper: &TokenKeeper,
    edit: impl FnOnce(Option<Kept>) -> Option<Kept> + Send + 'static,
) -> Result<Kept, TokenStoreError> {
    let (store, account) = (keeper.store.clone(), keeper.account.clone());
    let kept = blocking(keeper, move || store.update(&account, edit)).await?;
    kept.ok_or_else(|| not_there(keeper))
}

fn not_there(keeper: &TokenKeeper) -> TokenStoreError {
    let path = keeper.store.path(&keeper.account);
    TokenStoreError::Io { doing: "find", path, source: std::io::ErrorKind::NotFound.into() }
}

async fn blocking<T: Send + 'static>(
    keeper: &TokenKeeper,
    job: impl FnOnce() -> Result<T, TokenStoreError> + Send + 'static,
) -> Result<T, TokenStoreError> {
    let path = keeper.store.path(&keeper.account);
    tokio::task::spawn_blocking(job).await.unwrap_or_else(|error| {
        Err(TokenStoreError::Io { doing: "change", path, source: std::io::Error::other(error) })
    })
}
