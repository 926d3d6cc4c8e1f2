//! Asks the app once a day what a token of the Facebook login is worth.

use std::time::Duration;

use super::protocol::{Keeping, Looked};
use super::renew::fault;
use crate::domain::Login;
use crate::domain::token_life::TryFault;
use crate::tokens::{Kept, TokenStoreError};

const INSPECT: Duration = Duration::from_secs(86_400);

impl Keeping<'_> {
    /// Once a day the app is asked what the token is worth, where there is one (Facebook login).
    pub(super) async fn inspect(&self, looked: Looked) -> Result<Looked, TokenStoreError> {
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
}
