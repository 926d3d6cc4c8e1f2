//! Gets a new token for one that works, and loses neither.

use std::time::Duration;

use tokio::runtime::Handle;

use super::TokenKeeper;
use super::change::blocking;
use super::protocol::{Done, Keeping, Looked};
use crate::domain::token_life::{FailedTry, TryFault};
use crate::domain::{Class, Login, Timestamp};
use crate::graph::{Grant, GraphError};
use crate::secret::AccessToken;
use crate::tokens::{Entry, Kept, Seed, Source, TokenStoreError, Tried};

/// How long a renewal may take: a stop waits for it, because its answer may be the only token.
const PATIENCE: Duration = Duration::from_secs(8);

impl Keeping<'_> {
    /// Gets a new token and tries it.
    pub(super) async fn renew(&self, kept: Kept) -> Result<Looked, TokenStoreError> {
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
}

/// Why there is no new token.
#[derive(Debug, thiserror::Error)]
enum NotRenewed {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error("no renewed token came within {} seconds", PATIENCE.as_secs())]
    Late,
}

pub(super) fn fault(error: &GraphError) -> TryFault {
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
fn fresh(before: &Entry, grant: Grant, now: Timestamp) -> Entry {
    let issued = grant.date.unwrap_or(now);
    Entry {
        issued_at: Some(issued),
        expires_at: grant.lifetime.map(|life| issued.plus(life)),
        data_access_expires_at: before.data_access_expires_at,
        scopes: grant.scopes.or_else(|| before.scopes.clone()),
        ..Entry::new(grant.token, Source::Refreshed, now)
    }
}
