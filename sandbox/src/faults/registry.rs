//! Which faults are armed, and whether one fires now.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value};

use super::{Fault, FaultKind, Reach};

/// All armed faults; cheap to ask when there are none.
#[derive(Debug)]
pub(crate) struct Faults {
    any: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    armed: Vec<Fault>,
    fired: BTreeMap<FaultKind, u64>,
    rng: SmallRng,
}

/// The call a fault may fire on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) route: &'a str,
    pub(crate) account: Option<&'a str>,
}

/// The arguments of a fault that fires.
#[derive(Clone, Debug)]
pub(crate) struct Fired(Map<String, Value>);

impl Fired {
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    pub(crate) fn amount(&self, name: &str, default: u64) -> u64 {
        self.0.get(name).and_then(Value::as_u64).unwrap_or(default)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        let inner =
            Inner { armed: Vec::new(), fired: BTreeMap::new(), rng: SmallRng::seed_from_u64(seed) };
        Self { any: AtomicBool::new(false), inner: Mutex::new(inner) }
    }

    pub(crate) fn arm(&self, fault: Fault) {
        self.lock().armed.push(fault);
        self.any.store(true, Ordering::Release);
    }

    /// Disarms everything; what has fired stays counted.
    pub(crate) fn clear(&self) {
        self.lock().armed.clear();
        self.any.store(false, Ordering::Release);
    }

    pub(crate) fn fired(&self) -> BTreeMap<String, u64> {
        self.lock().fired.iter().map(|(kind, count)| (kind.name().to_owned(), *count)).collect()
    }

    pub(crate) fn fired_of(&self, kind: FaultKind) -> u64 {
        self.lock().fired.get(&kind).copied().unwrap_or(0)
    }

    /// Asks whether a fault fires on this call; the caller must then really do it.
    pub(crate) fn fires(&self, kind: FaultKind, call: Call<'_>) -> Option<Fired> {
        self.fires_if(kind, call, |_| true)
    }

    /// As [`Faults::fires`], for faults that apply only where their arguments say so.
    pub(crate) fn fires_if(
        &self,
        kind: FaultKind,
        call: Call<'_>,
        applies: impl Fn(&Fired) -> bool,
    ) -> Option<Fired> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut guard = self.lock();
        let inner = &mut *guard;
        for fault in &mut inner.armed {
            if fault.kind != kind || !matches(fault, call) {
                continue;
            }
            let args = Fired(fault.args.clone());
            if !applies(&args) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            let fires = match &mut fault.reach {
                Reach::Times(0) => false,
                Reach::Times(left) => {
                    *left -= 1;
                    true
                }
                Reach::Probability(share) => inner.rng.random_bool(share.clamp(0.0, 1.0)),
                Reach::Always => true,
            };
            if fires {
                *inner.fired.entry(kind).or_default() += 1;
                return Some(args);
            }
        }
        None
    }

    /// What is armed, for `GET /control/faults`.
    pub(crate) fn armed(&self) -> Vec<Fault> {
        self.lock().armed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn matches(fault: &Fault, call: Call<'_>) -> bool {
    fault.route.as_deref().is_none_or(|route| route == call.route)
        && fault.account.as_deref().is_none_or(|name| Some(name) == call.account)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEDIA: Call<'static> = Call { route: "media", account: Some("harbor.lantern") };

    #[test]
    fn a_fault_fires_the_number_of_times_it_was_armed_for() {
        let faults = Faults::new(1);
        faults.arm(Fault::new(FaultKind::Transient2).times(2));
        let fired = (0..5).filter(|_| faults.fires(FaultKind::Transient2, MEDIA).is_some()).count();
        assert_eq!((fired, faults.fired_of(FaultKind::Transient2)), (2, 2));
    }

    #[test]
    fn a_fault_keeps_to_its_route_and_account_and_lets_some_calls_pass() {
        let faults = Faults::new(1);
        faults.arm(Fault::new(FaultKind::Http503).on("media").account("harbor.lantern").after(1));
        let node = Call { route: "node", account: Some("harbor.lantern") };
        let other = Call { route: "media", account: Some("slow.bakery") };
        assert!(faults.fires(FaultKind::Http503, node).is_none());
        assert!(faults.fires(FaultKind::Http503, other).is_none());
        assert!(faults.fires(FaultKind::Http503, MEDIA).is_none());
        assert!(faults.fires(FaultKind::Http503, MEDIA).is_some());
    }

    #[test]
    fn cleared_faults_stay_counted() {
        let faults = Faults::new(1);
        faults.arm(Fault::new(FaultKind::EmptyBody));
        assert!(faults.fires(FaultKind::EmptyBody, MEDIA).is_some());
        faults.clear();
        assert!(faults.fires(FaultKind::EmptyBody, MEDIA).is_none());
        assert_eq!(faults.fired().get("empty_body"), Some(&1));
    }

    #[test]
    fn names_in_the_catalogue_are_unique() {
        let names: std::collections::BTreeSet<_> =
            FaultKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), FaultKind::ALL.len());
    }
}
