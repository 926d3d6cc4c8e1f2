//! What an administrator looks at: `/healthz` for monitors and `/metrics` for Prometheus.
//!
//! In reading order: `bind` (where it listens, and what of a socket file it may replace), `serve`
//! (the daemon's task), `guard` (what every request has to pass), `password`, `health` and
//! `metrics` (the two answers), `exposition` (how numbers are written), `kept` (an answer is worked
//! out once for all who ask within seconds).
//!
//! Nothing of that changes anything: there is no way in but GET and HEAD. What a command may ask of
//! the daemon (`control`) goes another way, a socket for its own user. `companions` starts both.

mod bind;
mod companions;
mod connection;
pub mod control;
mod exposition;
mod guard;
mod health;
mod kept;
mod metrics;
mod password;
mod process;
mod serve;
mod state;

pub use bind::{Bound, WebError, bind};
pub use companions::companions;
pub use serve::serve;
pub use state::{Limits, Plan, PlannedWalk, WebState};
