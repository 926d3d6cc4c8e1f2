//! A faithful stand-in for Instagram's Graph API and its file hosts.
//!
//! [`Sandbox::start`] opens four listeners on loopback: both API hosts, the file host and a control API. The world
//! behind them is made from a seed, runs on a virtual clock, and does what it is told: publish, edit, remove, expire,
//! and fail in every way that was ever observed.

pub mod clip;
pub mod clock;
mod codes;
mod control;
mod counters;
mod faults;
pub mod files;
mod graph;
mod host;
mod json;
mod mix;
mod pace;
pub mod picture;
mod sandbox;
mod settings;
mod tokens;
mod wire;
pub mod words;
mod world;

pub use clock::Clock;
pub use counters::Counters;
pub use faults::{Fault, FaultKind};
pub use host::Login;
pub use json::Escaping;
pub use sandbox::{Ready, ReadyAccount, Sandbox, SandboxError};
pub use settings::Settings;
pub use world::{
    Edit, EditError, FileRole, FileTruth, InsightsState, ItemTruth, MediaKind, Outcome, PostKind,
    Product, State, TokenEnd, WorldHandle,
};
