//! Adapter: the Instagram API on both of its hosts.
//!
//! Forgiving inwards, strict outwards: any single field of an answer may be odd, missing or of
//! another type without costing more than itself, while requests carry the token in a header
//! only, follow no redirect and leave nothing secret behind in an error or a kept text. What an
//! error means is decided here, in `classify`, and is all that leaves ([`GraphError::class`]).
//!
//! In reading order: [`Endpoint`] says where, [`GraphClient`] asks, [`Transport`] carries, `body` makes text of bytes,
//! `json` opens it, `page`, `item` and `account` read it, `raw` and `kept` keep what may be kept;
//! `refusal`, `classify` and `error` say what went wrong, `usage` how much allowance is left; `oauth`
//! gets tokens and asks what they are worth.

mod account;
mod body;
mod classify;
mod client;
mod endpoint;
mod error;
mod fields;
mod item;
mod json;
mod kept;
mod oauth;
mod page;
mod raw;
mod refusal;
mod transport;
mod usage;

pub use account::AccountFacts;
pub use client::{Answer, GraphClient};
pub use endpoint::{BadAddress, Endpoint};
pub use error::{Fault, GraphError, Reply, Subject, Trouble};
pub use fields::FieldSet;
pub use kept::Kept;
pub use oauth::{App, Grant, OAuthClient, OAuthHosts, Reached, Right, TokenFacts, authorise_url};
pub use page::{Cursor, NoPage, Page, PageRequest, UnreadableItem};
pub use refusal::Refusal;
pub use transport::{Limits, Transport};
