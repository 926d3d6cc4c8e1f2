//! Which accounts have answered for themselves lately, and to which token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::AccountName;
use crate::domain::check::Checked;

/// Kept in memory alone: a new process asks each account once.
#[derive(Debug, Default)]
pub(super) struct CheckedAccounts(Mutex<HashMap<AccountName, Checked>>);

impl CheckedAccounts {
    /// The last good answer of an account.
    pub(super) fn last(&self, account: &AccountName) -> Option<Checked> {
        self.accounts().get(account).cloned()
    }

    /// Notes a good answer.
    pub(super) fn note(&self, account: &AccountName, checked: Checked) {
        self.accounts().insert(account.clone(), checked);
    }

    /// Whatever was answered before is not to be relied on.
    pub(super) fn forget(&self, account: &AccountName) {
        self.accounts().remove(account);
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<AccountName, Checked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
