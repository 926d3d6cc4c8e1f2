//! What can go wrong with a request, and what each of it means.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use super::classify::classify_status;
use super::endpoint::BadAddress;
use super::kept::Kept;
use super::page::NoPage;
use super::refusal::Refusal;
use crate::domain::pace::Usage;
use crate::domain::{Class, Edge, MediaId, Timestamp};

/// Why there is no answer to use.
///
/// Prints on one line and names what was asked for. No variant, and no source of one, holds an
/// address, a query or a token.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The configured address cannot be asked.
    #[error("the address of the API cannot be used")]
    Address(#[from] BadAddress),
    /// No connection can even be prepared, for example because the system has no certificates.
    #[error("could not prepare connections to the API")]
    Setup { source: reqwest::Error },
    /// The request or its answer was lost on the way; `reply` is there when the answer had begun.
    #[error("could not get {subject}: {trouble}")]
    Transport {
        subject: Subject,
        trouble: Trouble,
        reply: Option<Box<Reply>>,
        source: reqwest::Error,
    },
    /// What came is not in the API's language, or not about what was asked for.
    #[error("could not use the answer for {subject} (HTTP {}): {fault}", reply.status)]
    Answer { subject: Subject, reply: Box<Reply>, fault: Fault },
    /// The API said no.
    #[error("the API refused {subject}: {refusal}")]
    Refused {
        subject: Subject,
        reply: Box<Reply>,
        refusal: Box<Refusal>,
        class: Class,
        kept: Box<Kept>,
    },
}

/// What a request asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Account,
    FirstPage(Edge),
    NextPage(Edge),
    Item(MediaId),
    /// A new token for one that is still good.
    RenewedToken,
    /// A token of 60 days for one of an hour.
    LongToken,
    /// A token for the code that a login gave.
    FirstToken,
    /// What a token is worth.
    TokenFacts,
    /// The accounts that a token reaches.
    Reach,
}

/// Why an answer that came whole cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it is larger than the limit")]
    TooLarge,
    #[error("it redirects, and no redirect is followed")]
    Redirect,
    #[error("it is empty")]
    Empty,
    #[error("it is HTML")]
    Html,
    #[error("it is no JSON object, or cut off")]
    NotJson,
    #[error("it is no error of the API, yet not a success")]
    Status,
    #[error("{0}")]
    NoPage(NoPage),
    #[error("it names no account")]
    NoAccount,
    #[error("it is no readable item")]
    NoItem,
    #[error("it is about another item")]
    OtherItem,
    #[error("it holds no token")]
    NoToken,
    #[error("it says nothing of the token")]
    NoTokenFacts,
}

/// How a request or its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the time allowed ran out")]
    Timeout,
    #[error("no connection came about")]
    Connect,
    #[error("the other side did not prove who it is (TLS)")]
    Tls,
    #[error("the answer broke off")]
    Cut,
    #[error("the request could not be made")]
    Request,
}

/// The facts of an answer beside its body.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) usage: Usage,
    /// The longest wait that any header asks for.
    pub(super) regain: Option<Duration>,
    pub(super) api_version: Option<String>,
    pub(super) date: Option<Timestamp>,
}

impl GraphError {
    /// What the error means for the next decision.
    pub fn class(&self) -> Class {
        match self {
            Self::Address(_) | Self::Setup { .. } => Class::Fatal,
            Self::Transport { trouble, reply, .. } => match (trouble, reply) {
                (Trouble::Tls | Trouble::Request, _) => Class::Fatal,
                (Trouble::Timeout | Trouble::Connect | Trouble::Cut, Some(reply)) => {
                    classify_status(reply.status, reply.regain)
                }
                (Trouble::Timeout | Trouble::Connect | Trouble::Cut, None) => Class::Retry,
            },
            Self::Answer { reply, fault, .. } => match fault {
                Fault::TooLarge => Class::Shrink,
                Fault::NoItem | Fault::OtherItem => Class::Fatal,
                Fault::Redirect
                | Fault::Empty
                | Fault::Html
                | Fault::NotJson
                | Fault::Status
                | Fault::NoPage(_)
                | Fault::NoAccount
                | Fault::NoToken
                | Fault::NoTokenFacts => classify_status(reply.status, reply.regain),
            },
            Self::Refused { class, .. } => class.clone(),
        }
    }

    /// The API's error code, for the record alone.
    pub fn code(&self) -> Option<i64> {
        self.refusal().and_then(|refusal| refusal.code)
    }

    /// The API's error subcode, for the record alone; 0 counts as none.
    pub fn subcode(&self) -> Option<i64> {
        self.refusal().and_then(|refusal| refusal.subcode)
    }

    /// The HTTP status, when an answer had begun.
    pub fn http_status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    /// What the answer said of the allowance: refused calls count, too.
    pub fn usage(&self) -> Usage {
        self.reply().map(|reply| reply.usage).unwrap_or_default()
    }

    /// What may be kept of a refusal: "does not exist" is evidence only with its words.
    pub fn kept(&self) -> Option<&Kept> {
        match self {
            Self::Refused { kept, .. } => Some(kept),
            Self::Address(_)
            | Self::Setup { .. }
            | Self::Transport { .. }
            | Self::Answer { .. } => None,
        }
    }

    /// When the server says that it answered.
    pub fn date(&self) -> Option<Timestamp> {
        self.reply().and_then(|reply| reply.date)
    }

    /// Whether the place to go on from may be what was refused, so that the list can only be
    /// asked for from its top again.
    ///
    /// A cursor dies with the item that it points at ("Paginated Results" of the reference), and
    /// no code stands for that: any invalid parameter on a further page may be it, because the
    /// same parameters were good for the first page.
    pub fn is_dead_cursor(&self) -> bool {
        match self {
            Self::Refused { subject: Subject::NextPage(_), refusal, class, .. } => {
                *class == Class::Fatal && refusal.code == Some(100)
            }
            Self::Refused { .. }
            | Self::Address(_)
            | Self::Setup { .. }
            | Self::Transport { .. }
            | Self::Answer { .. } => false,
        }
    }

    pub(super) fn transport(
        subject: &Subject,
        reply: Option<Reply>,
        source: reqwest::Error,
    ) -> Self {
        let source = source.without_url();
        let trouble = trouble(&source);
        Self::Transport { subject: subject.clone(), trouble, reply: reply.map(Box::new), source }
    }

    pub(super) fn answer(subject: &Subject, reply: Reply, fault: Fault) -> Self {
        Self::Answer { subject: subject.clone(), reply: Box::new(reply), fault }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Address(_)
            | Self::Setup { .. }
            | Self::Transport { .. }
            | Self::Answer { .. } => None,
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Refused { reply, .. } | Self::Answer { reply, .. } => Some(reply),
            Self::Transport { reply, .. } => reply.as_deref(),
            Self::Address(_) | Self::Setup { .. } => None,
        }
    }
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() {
        Trouble::Timeout
    } else if error.is_connect() {
        if is_tls(error) { Trouble::Tls } else { Trouble::Connect }
    } else if error.is_builder() {
        Trouble::Request
    } else {
        Trouble::Cut
    }
}

/// The TLS library reports what it will not accept as invalid data, and a lost connection as
/// what it is.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let Some(io) = error.downcast_ref::<io::Error>() else {
            cause = error.source();
            continue;
        };
        if io.kind() == io::ErrorKind::InvalidData {
            return true;
        }
        // An error inside an I/O error is not its source: only that error's own source is.
        cause = match io.get_ref() {
            Some(inner) => Some(inner),
            None => io.source(),
        };
    }
    false
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("the account"),
            Self::FirstPage(edge) => write!(f, "the first page of {edge}"),
            Self::NextPage(edge) => write!(f, "a further page of {edge}"),
            Self::Item(id) => write!(f, "item {id}"),
            Self::RenewedToken => f.write_str("a renewed token"),
            Self::LongToken => f.write_str("a long-lived token"),
            Self::FirstToken => f.write_str("a token for the login code"),
            Self::TokenFacts => f.write_str("what the token is worth"),
            Self::Reach => f.write_str("the accounts that the token reaches"),
        }
    }
}
