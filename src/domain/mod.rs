//! Decisions only: facts come in as plain values, enums come out.
//!
//! Nothing here is async, reads a clock, opens a file, speaks SQL or HTTP, or logs. Modules in
//! reading order: the words ([`time`], [`field`], [`account`], [`edge`], [`media`], [`asset`],
//! [`blob_id`]), then the decisions ([`window`], [`walk`], [`failure`], [`retry`], [`pace`],
//! [`fetch`], [`flight`]).

pub mod account;
pub mod asset;
pub mod blob_id;
pub mod edge;
pub mod failure;
pub mod fetch;
pub mod field;
pub mod flight;
pub mod media;
pub mod pace;
pub mod retry;
pub mod time;
pub mod walk;
pub mod window;

pub use account::{AccountName, Login, UserId};
pub use asset::{AssetRole, Link};
pub use blob_id::BlobId;
pub use edge::Edge;
pub use failure::{Class, FileFault, TokenTrouble};
pub use field::Field;
pub use media::{MediaId, MediaType, Observation};
pub use time::Timestamp;
pub use window::Window;
