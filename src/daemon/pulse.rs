//! How the supervisor knows that a task is alive.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The pulse of one task; clones share it.
///
/// It runs on the monotonic clock: a wall clock that is set makes nobody look dead. A task beats
/// whenever it got on with something. Before it waits for longer than [`Pulse::PATIENCE`], it says
/// how long it may be silent.
#[derive(Debug, Clone)]
pub struct Pulse(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Silence beyond this is a stall; absent while the task waits for something outside that has
    /// no end, such as the next tick or a connection.
    alive_until: Option<Instant>,
    doing: String,
}

impl Pulse {
    /// Silence that is never a stall.
    pub const PATIENCE: Duration = Duration::from_secs(300);

    /// A pulse that has just beaten.
    #[allow(clippy::new_without_default, reason = "a pulse begins at a moment")]
    pub fn new() -> Self {
        let alive_until = Some(Instant::now() + Self::PATIENCE);
        Self(Arc::new(Mutex::new(State { alive_until, doing: String::new() })))
    }

    /// It got on with something.
    pub fn beat(&self) {
        self.state().alive_until = Some(Instant::now() + Self::PATIENCE);
    }

    /// It begins something, in a few words for `status`.
    pub fn begin(&self, doing: impl Into<String>) {
        let mut state = self.state();
        state.doing = doing.into();
        state.alive_until = Some(Instant::now() + Self::PATIENCE);
    }

    /// It waits on purpose, for this long.
    pub fn wait_for(&self, pause: Duration) {
        self.state().alive_until = Some(Instant::now() + pause + Self::PATIENCE);
    }

    /// It has nothing to do and waits for something from outside, with no end.
    pub fn rest(&self) {
        let mut state = self.state();
        state.doing.clear();
        state.alive_until = None;
    }

    /// What it does, empty while it rests.
    pub fn doing(&self) -> String {
        self.state().doing.clone()
    }

    /// It has been silent for too long.
    #[cfg(test)]
    pub(super) fn fall_silent(&self) {
        self.state().alive_until = Some(Instant::now());
    }

    /// Whether it has been silent for too long.
    pub fn is_stalled(&self, now: Instant) -> bool {
        self.state().alive_until.is_some_and(|until| until < now)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_a_stall_unless_it_was_announced() {
        let pulse = Pulse::new();
        let after = |pause: Duration| Instant::now() + pause;
        let second = Duration::from_secs(1);
        assert!(!pulse.is_stalled(after(Pulse::PATIENCE.saturating_sub(second))));
        assert!(pulse.is_stalled(after(Pulse::PATIENCE + second)));
        let hour = Duration::from_secs(3_600);
        pulse.wait_for(hour);
        assert!(!pulse.is_stalled(after((hour + Pulse::PATIENCE).saturating_sub(second))));
        assert!(pulse.is_stalled(after(hour + Pulse::PATIENCE + second)));
        pulse.beat();
        assert!(pulse.is_stalled(after(hour)));
        pulse.rest();
        assert!(!pulse.is_stalled(after(1_000 * hour)));
        pulse.begin("walking");
        assert_eq!(pulse.doing(), "walking");
        assert!(pulse.is_stalled(after(hour)));
        pulse.rest();
        assert_eq!(pulse.doing(), "");
    }
}
