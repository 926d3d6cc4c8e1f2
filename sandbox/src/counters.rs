//! Counts what clients did, so that tests can say what they must not do.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// What has happened since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// API calls by the name of their route.
    pub calls_by_route: BTreeMap<String, u64>,
    /// API calls by the account whose token they carried.
    pub calls_by_account: BTreeMap<String, u64>,
    /// All API calls, failed ones included.
    pub api_calls: u64,
    /// Calls that ask for a change upstream, refused ones included; an archiver makes none.
    pub write_calls: u64,
    /// API answers that carried an error.
    pub error_answers: u64,
    /// Calls made while the allowance was used up; each prolongs the block.
    pub calls_while_blocked: u64,
    /// Those of them by account, when its own allowance was used up.
    pub blocked_calls_by_account: BTreeMap<String, u64>,
    /// Those of them by the id of the app, when the app's allowance was used up.
    pub blocked_calls_by_app: BTreeMap<String, u64>,
    /// Requests to the file host.
    pub file_requests: u64,
    /// Bytes of files that were sent.
    pub file_bytes: u64,
    /// Answers of the file host by status.
    pub file_answers: BTreeMap<u16, u64>,
    /// How often each fault fired.
    pub faults: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Counting(Mutex<Counters>);

impl Counting {
    pub(crate) fn call(&self, route: &str, account: Option<&str>) {
        let mut counters = self.lock();
        counters.api_calls += 1;
        bump(&mut counters.calls_by_route, route);
        if let Some(account) = account {
            bump(&mut counters.calls_by_account, account);
        }
    }

    pub(crate) fn write_call(&self) {
        self.lock().write_calls += 1;
    }

    pub(crate) fn error(&self) {
        self.lock().error_answers += 1;
    }

    /// Counts a call into the block of an account, of an app, or of both.
    pub(crate) fn blocked_call(&self, account: Option<&str>, app: Option<&str>) {
        let mut counters = self.lock();
        counters.calls_while_blocked += 1;
        if let Some(account) = account {
            bump(&mut counters.blocked_calls_by_account, account);
        }
        if let Some(app) = app {
            bump(&mut counters.blocked_calls_by_app, app);
        }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.lock().api_calls
    }

    pub(crate) fn read(&self) -> Counters {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bump(counts: &mut BTreeMap<String, u64>, key: &str) {
    if let Some(count) = counts.get_mut(key) {
        *count += 1;
    } else {
        counts.insert(key.to_owned(), 1);
    }
}
