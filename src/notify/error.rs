//! Why a message did not arrive.

use std::io;
use std::time::Duration;

/// A message that did not arrive; the text never has an address, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error("{what} could not be read: {why}")]
    Unread { what: &'static str, why: String },
    #[error("its address is not an http or https URL")]
    NoUrl,
    #[error("could not prepare the connections")]
    Setup(#[source] reqwest::Error),
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("no answer within {} seconds", .0.as_secs_f32())]
    NoAnswer(Duration),
    #[error("it answered {status} {reason}")]
    Refused { status: u16, reason: &'static str, retry_after: Option<Duration> },
    #[error("could not run {program:?}")]
    NotRun { program: String, source: io::Error },
    #[error("{program:?} ended with {status}")]
    Failed { program: String, status: String },
    #[error("{program:?} ran longer than {} seconds and was ended", limit.as_secs_f32())]
    TooSlow { program: String, limit: Duration },
}

impl NotifyError {
    /// How long the target asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Unread { .. }
            | Self::NoUrl
            | Self::Setup(_)
            | Self::Unreachable(_)
            | Self::NoAnswer(_)
            | Self::NotRun { .. }
            | Self::Failed { .. }
            | Self::TooSlow { .. } => None,
        }
    }

    /// The whole error on one line, its cause included.
    pub fn line(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}
