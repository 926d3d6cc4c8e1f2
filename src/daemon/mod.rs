//! From a configuration to an open archive, and from a signal to a stop.

mod messengers;
mod plan;
mod pulse;
mod stop;
mod wiring;

pub use messengers::messengers;
pub use plan::{pass_plan, walk_plan, window_plan};
pub use pulse::Pulse;
pub use stop::{Stop, StopSignal, listen_for_stop};
pub use wiring::{
    VERSION, catalog_failure, open_access, open_archive, read_token, store_failure, transport,
};
