//! Use cases: what the program does, built from the adapters and the decisions of `domain`.
//!
//! A pass goes through these files in order: [`pass`] checks the account and runs its walks,
//! `walk` enumerates an edge and records each page while the next one is on its way, `queue`
//! holds the files that are due, `download` fetches them many at a time, `keep` makes them durable
//! in batches and writes their rows, [`report`] is what everybody reads afterwards.
//!
//! Beside passes: [`token`] looks after the account's token before each of them, [`tell`] tells
//! people, [`prove`] writes down what an item's history rests on, [`verify`] reads all again,
//! [`backup`] copies the catalog and [`restore`] puts a copy in its place; [`upkeep`] does all of
//! that by itself, year after year.

mod allowance;
mod ask;
pub mod backup;
mod bandwidth;
mod checked;
pub mod context;
mod download;
mod fetch_file;
mod held_log;
mod keep;
mod listing;
mod noted;
pub mod pass;
mod preview;
mod problems;
pub mod progress;
pub mod prove;
mod publish;
mod question;
mod queue;
mod reconcile;
mod refresh;
pub mod report;
pub mod restore;
mod rolling;
mod running;
pub mod tell;
pub mod token;
mod turn;
pub mod upkeep;
pub mod verify;
mod walk;
mod watch_disk;
mod watch_log;

pub use context::{AccountAccess, Archive, Settings};
pub use pass::{FilePlan, PassPlan, WalkPlan, note_refused_account, run_pass};
pub use preview::preview_pass;
pub use progress::{PassEvent, Watch};
pub use report::PassReport;
pub use tell::tell_people;
