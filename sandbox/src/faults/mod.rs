//! Faults on request: what is armed, when it fires, and how often it did.

mod catalogue;
mod files;
mod registry;

use serde_json::{Map, Value};

pub use catalogue::FaultKind;
pub(crate) use registry::{Call, Faults, Fired};

/// One fault to arm: what, where, how often.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) route: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) skip: u64,
    pub(crate) reach: Reach,
    pub(crate) args: Map<String, Value>,
}

/// How often an armed fault fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reach {
    /// For the next so many calls it applies to.
    Times(u64),
    /// On each call with this probability.
    Probability(f64),
    /// Until the faults are cleared.
    Always,
}

impl Fault {
    /// Fires on every call it applies to, until cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, route: None, account: None, skip: 0, reach: Reach::Always, args: Map::new() }
    }

    /// Only on one route, by the name the counters use (`media`, `node`, `file`, …).
    #[must_use]
    pub fn on(mut self, route: &str) -> Self {
        self.route = Some(route.to_owned());
        self
    }

    /// Only for calls with the token of one account.
    #[must_use]
    pub fn account(mut self, name: &str) -> Self {
        self.account = Some(name.to_owned());
        self
    }

    /// Lets the first `calls` that it applies to pass.
    #[must_use]
    pub fn after(mut self, calls: u64) -> Self {
        self.skip = calls;
        self
    }

    /// Fires so many times, then no more.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.reach = Reach::Times(times);
        self
    }

    /// Fires with this probability (0 to 1) on each call.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.reach = Reach::Probability(probability);
        self
    }

    /// Sets an argument that the description of the kind names.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
}
