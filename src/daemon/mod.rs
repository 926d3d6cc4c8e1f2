//! From a configuration to an open archive, and from a signal to a stop.

mod board;
mod plan;
mod pulse;
mod stop;
mod supervisor;
mod upkeep;
mod wiring;

pub use board::{Board, Coming, Counters, Nudges, Snapshot, TaskLive};
pub use plan::{pass_plan, walk_plan, window_plan};
pub use pulse::Pulse;
pub use stop::{Stop, StopSignal, listen_for_stop};
pub use supervisor::{GRACE, Order, TaskFuture, TaskSpec, supervise};
pub use upkeep::upkeep_settings;
pub use wiring::{
    VERSION, catalog_failure, open_access, open_archive, read_token, store_failure, transport,
};
