//! Why a file did not arrive.

use crate::domain::FileFault;

/// A file that could not be fetched; the text names host and path, never the signed query.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file host refused the link ({status} {answer})")]
    LinkRefused { status: u16, answer: String },
    #[error("the file host answered {status}")]
    Status { status: u16 },
    #[error("{0}")]
    ForbiddenAddress(String),
    #[error("could not connect to {host}")]
    Connect {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("the transfer from {host} broke off after {received} bytes")]
    Broken {
        host: String,
        received: u64,
        #[source]
        source: reqwest::Error,
    },
    #[error("the transfer ended after {received} of {expected} bytes")]
    Short { received: u64, expected: u64 },
    #[error("the transfer from {host} was slower than 1 KiB/s for a minute")]
    TooSlow { host: String },
    #[error("the file has {size} bytes and max_file_size is {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("the answer is compressed ({0}) although nothing asked for that")]
    Compressed(String),
    #[error("the answer is empty")]
    Empty,
    #[error("could not set up the client for the file hosts")]
    Setup(#[source] reqwest::Error),
}

impl FileError {
    /// What this means for the queue.
    pub fn fault(&self) -> FileFault {
        match self {
            Self::LinkRefused { .. } => FileFault::LinkAged,
            Self::Status { .. }
            | Self::Connect { .. }
            | Self::Broken { .. }
            | Self::Short { .. }
            | Self::TooSlow { .. }
            | Self::Setup(_) => FileFault::Transient,
            Self::ForbiddenAddress(_) => FileFault::ForbiddenAddress,
            Self::TooLarge { .. } => FileFault::TooLarge,
            Self::Compressed(_) | Self::Empty => FileFault::WrongContent,
        }
    }
}
