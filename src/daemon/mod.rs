//! From a configuration to an open archive, and from a signal to a stop.
//!
//! `run` is the whole of a daemon: it opens the archive, lists the tasks and stops them. `supervisor`
//! keeps them alive, `pulse` is how it knows, `board` is what others see of them, `watchdog` what
//! systemd hears. `worker` keeps one account: `duties` says what is due, `account_alarms` and
//! `journal` tell what came of it. `reload` reads the configuration again.

mod access;
mod account_alarms;
mod board;
mod coming;
mod duties;
mod exits;
mod journal;
mod messengers;
mod opening;
mod plan;
mod pulse;
mod reload;
mod run;
mod stop;
mod supervisor;
mod teller;
mod upkeep;
mod watchdog;
mod wiring;
mod worker;

pub use access::{
    OpenAccount, TokenStamp, access_with, check_login, open_access, open_account, read_token,
    token_keeper, token_store, token_store_failure,
};
pub use board::{Board, Coming, Counters, InForce, Nudges, Snapshot, TaskLive};
pub use coming::{ComingRun, coming_runs, in_words};
pub use exits::{exit_of, exit_of_problem};
pub use messengers::messengers;
pub use plan::{pass_plan, walk_plan, window_plan};
pub use pulse::Pulse;
pub use run::{Beside, Wishes, run_daemon, serve, serve_beside};
pub use stop::{Reloads, Stop, StopSignal, listen_for_reloads, listen_for_stop};
pub use supervisor::{GRACE, Order, TaskFuture, TaskSpec, supervise};
pub use wiring::{
    VERSION, catalog_failure, open_archive, report_of_unopened, store_failure, transport,
};
pub use worker::{Workshop, worker};
