//! An account that stays open between passes, and is opened anew when its token may be another one.

use std::time::Duration;

use crate::config::{AccountConfig, Config, SecretSource};
use crate::domain::Timestamp;
use crate::exit::Failure;
use crate::graph::Transport;

use super::access::{OpenAccount, TokenStamp, open_account};

/// A variable or a command shows nothing from outside: it is read again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(3_600);

/// What is kept of an account between its passes.
#[derive(Debug, Default)]
pub(super) struct Opening {
    open: Option<OpenAccount>,
    /// What the token's places looked like when they were last read, also in vain.
    stamp: Option<TokenStamp>,
    read_at: Option<Timestamp>,
}

impl Opening {
    /// The open account; its secrets are read again only where they may have changed.
    pub(super) fn open(
        &mut self,
        config: &Config,
        account: &AccountConfig,
        transport: &Transport,
        now: Timestamp,
    ) -> Result<&mut OpenAccount, Failure> {
        let open = match self.open.take() {
            Some(open) if !self.may_have_changed(config, account, now) => open,
            Some(_) | None => {
                self.stamp = Some(TokenStamp::look(config, account));
                self.read_at = Some(now);
                open_account(config, account, transport)?
            }
        };
        Ok(self.open.insert(open))
    }

    /// Whether the token may be another one than the one that was last read.
    pub(super) fn may_have_changed(
        &self,
        config: &Config,
        account: &AccountConfig,
        now: Timestamp,
    ) -> bool {
        let is_seen = match &account.token {
            Some(SecretSource::File(_) | SecretSource::Credential(_)) | None => true,
            Some(SecretSource::Env(_) | SecretSource::Command(_)) => false,
        };
        let is_old = self.read_at.is_none_or(|at| now >= at.plus(LOOK_AGAIN) || now < at);
        self.stamp != Some(TokenStamp::look(config, account)) || (!is_seen && is_old)
    }

    /// What the token's places look like after the program itself has kept something there: that is
    /// no change by a person.
    pub(super) fn note_own_change(&mut self, config: &Config, account: &AccountConfig) {
        self.stamp = Some(TokenStamp::look(config, account));
    }

    /// Reads everything again before the next pass.
    pub(super) fn close(&mut self) {
        self.open = None;
    }
}
