//! The order in which tokens change hands, so that one that works is on disk at every moment.

use std::time::Duration;

use super::change::{blocking, change, not_there};
use super::probe::{Answered, probe};
use super::{Configured, TokenKeeper};
use crate::domain::Timestamp;
use crate::domain::token_life::{FailedTry, Renewal, TryFault, WhyNever};
use crate::graph::GraphClient;
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

/// One look at one account.
pub(super) struct Keeping<'a> {
    pub(super) keeper: &'a TokenKeeper,
    pub(super) graph: &'a GraphClient,
    pub(super) now: Timestamp,
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
    pub(super) async fn try_candidate(&self, kept: Kept) -> Result<Looked, TokenStoreError> {
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
    pub(super) async fn try_current(&self, looked: Looked) -> Result<Looked, TokenStoreError> {
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

    async fn ask(&self, token: &AccessToken) -> Answered {
        match self.graph.with_token(token.clone()) {
            Ok(graph) => probe(&graph, &self.keeper.user_id).await,
            Err(error) => Answered::Unknown(error.to_string()),
        }
    }

    /// Changes what is kept, unless another token came into use meanwhile.
    pub(super) async fn on_current(
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
