//! Decisions only: facts come in as plain values, enums come out.
//!
//! Nothing here is async, reads a clock, opens a file, speaks SQL or HTTP, or logs. In reading
//! order:
//!
//! - the words: [`time`], [`field`], [`account`], [`edge`], [`media`], [`asset`], [`tracked`],
//!   [`blob_id`];
//! - what a walk proves: [`window`], [`walk`], [`coverage`];
//! - what became of items that it did not list: [`absence`], [`around`], [`brake`], [`reconcile`];
//! - which of an answer's fields are believed: [`better`];
//! - what is open: [`ledger`], [`expected`];
//! - how to ask: [`failure`], [`retry`], [`pace`], [`fetch`], [`flight`];
//! - how to run for years: [`agenda`], [`token_life`], [`alarm`], [`notice`], [`health`],
//!   [`retention`], [`disk`], [`aftermath`], [`budget`], [`check`], [`chore`], [`liveness`],
//!   [`restart`], [`rolling`], [`standing`].

pub mod absence;
pub mod account;
pub mod aftermath;
pub mod agenda;
pub mod alarm;
pub mod around;
pub mod asset;
pub mod better;
pub mod blob_id;
pub mod brake;
pub mod budget;
pub mod check;
pub mod chore;
pub mod coverage;
pub mod disk;
pub mod edge;
pub mod expected;
pub mod failure;
pub mod fetch;
pub mod field;
pub mod flight;
pub mod health;
pub mod ledger;
pub mod liveness;
pub mod media;
pub mod notice;
pub mod pace;
pub mod reconcile;
pub mod restart;
pub mod retention;
pub mod retry;
pub mod rolling;
pub mod standing;
pub mod time;
pub mod token_life;
pub mod tracked;
pub mod walk;
pub mod window;

pub use account::{AccountName, Login, UserId};
pub use alarm::AlarmKind;
pub use asset::{AssetRole, Link};
pub use blob_id::BlobId;
pub use coverage::Coverage;
pub use edge::Edge;
pub use failure::{Class, FileFault, TokenTrouble};
pub use field::Field;
pub use media::{MediaId, MediaType, Observation};
pub use time::Timestamp;
pub use window::Window;
