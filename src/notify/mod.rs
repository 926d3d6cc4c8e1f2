//! Tells people: webhooks, commands, ntfy topics, and the ping of a watchman elsewhere.
//!
//! Each [`Messenger`] carries one message to one target and says what came of it; whom to tell
//! what and when to try again is decided by others. Nothing that a target answers is believed
//! beyond its status, and no address that may be a secret is ever in an error.

mod address;
mod command;
mod error;
mod ntfy;
mod payload;
mod ping;
mod post;
mod webhook;

pub use address::{Address, ReadSecret};
pub use error::NotifyError;
pub use payload::payload;
pub(crate) use ping::Waiting;
pub use ping::{Ping, PingEnd, PingQueue, PingTarget};
pub use post::{Limits, Outbound};

use crate::domain::notice::{Message, NoticeKind};

/// Everybody who is told, and what.
#[derive(Debug, Clone)]
pub struct Messengers {
    pub messengers: Vec<Messenger>,
    /// What comes through [`Ping`] goes out here; absent where no watchman is configured.
    pub pings: Option<PingQueue>,
    pub wanted: Vec<NoticeKind>,
}

/// One target and the way to it.
#[derive(Debug, Clone)]
pub struct Messenger {
    /// Its kind and the digest of its address: how the catalog knows it.
    pub target: String,
    /// What people call it; never an address that is a secret.
    pub name: String,
    pub way: Way,
}

/// How a message travels.
#[derive(Debug, Clone)]
pub enum Way {
    /// A POST of JSON, signed where there is a secret.
    Webhook { address: Address, secret: Option<ReadSecret>, outbound: Outbound },
    /// The same JSON on the standard input of a program.
    Command { words: Vec<String>, patience: std::time::Duration },
    /// A topic of an ntfy server.
    Ntfy { address: Address, outbound: Outbound },
}

/// What a target said when a message arrived, in a few words for `mediakeep notify test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(pub String);

impl Messenger {
    /// Carries a message there. Cancelling is safe; the message may have arrived all the same.
    pub async fn send(&self, message: &Message) -> Result<Receipt, NotifyError> {
        match &self.way {
            Way::Webhook { address, secret, outbound } => {
                webhook::send(outbound, address, secret.as_ref(), message).await
            }
            Way::Command { words, patience } => command::run(words, *patience, message).await,
            Way::Ntfy { address, outbound } => ntfy::send(outbound, address, message).await,
        }
    }
}
