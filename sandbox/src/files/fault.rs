//! The ways in which a file host goes wrong, and who decides when.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

/// Decides, for each request for a file, whether it goes wrong.
pub trait FileFaults: Send + Sync + Debug {
    /// The fault for this request, used up by asking; `None` serves it as it should be.
    fn next(&self, path: &str) -> Option<FileFault>;
}

/// A host on which nothing goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl FileFaults for NoFaults {
    fn next(&self, _path: &str) -> Option<FileFault> {
        None
    }
}

/// One way in which an answer goes wrong; each really happens on the socket.
///
/// Offsets count the bytes of the body of the answer in question; an offset past its end means
/// the last byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFault {
    /// 403 with one of the host's own texts, although the link is good.
    Forbidden(Text403),
    /// 404 with a short text.
    Missing,
    /// 410 with a short text.
    Gone,
    /// The connection ends after `at` bytes of a longer announced body.
    Cut {
        /// Bytes sent before the end.
        at: u64,
    },
    /// The body pauses in the middle, then goes on.
    Stall {
        /// Bytes sent before the pause.
        at: u64,
        /// Length of the pause in real seconds.
        seconds: u64,
    },
    /// No answer at all for some time, then the right one.
    Silent {
        /// Real seconds before the first byte of the answer.
        seconds: u64,
    },
    /// The body trickles.
    Drip {
        /// Bytes per real second.
        bytes_per_second: u64,
    },
    /// `Content-Length` is off by `delta`: larger than the body, which then ends early, or
    /// smaller, which cuts the file short in good order.
    WrongLength {
        /// What is added to the true length.
        delta: i64,
    },
    /// Status and length are in order, but the file itself ends after `at` bytes.
    Truncated {
        /// Bytes of the file that are sent.
        at: u64,
    },
    /// One byte of the file is another one than it should be.
    Flipped {
        /// Offset of the changed byte.
        at: u64,
    },
    /// 200 with an HTML page as the body.
    Html,
    /// 200 with no byte at all.
    Empty,
    /// The right bytes under another `Content-Type`.
    WrongType(String),
    /// The bytes of another file of the same kind.
    SwappedItem,
    /// 302 to this address.
    Redirect(String),
    /// This status, from 500 up, with a short text.
    ServerError(u16),
    /// 429 with `Retry-After`.
    Throttled {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The right bytes in gzip, with `Content-Encoding`, asked for or not.
    Compressed,
    /// 206 with the first half, although no range was asked for.
    Partial206,
    /// 200 with the whole file, although a range was asked for.
    RangeIgnored,
    /// The right bytes, chunked, with no length announced.
    ChunkedNoLength,
    /// The right bytes with neither a length nor chunks: the end of the connection ends them.
    CloseDelimited,
    /// As `CloseDelimited`, but the connection ends after `at` bytes, which nothing betrays.
    CloseEarly {
        /// Bytes sent before the end.
        at: u64,
    },
}

/// The texts of the host's 403 answers, seen in captures from 2019 to 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text403 {
    /// The time in `oe` is over.
    Expired,
    /// The signature is that of another link, or of another host.
    Mismatch,
    /// The signature is missing or is none.
    BadHash,
    /// The time is missing or is none.
    BadTimestamp,
}

impl Text403 {
    /// The whole body of the answer.
    pub fn text(self) -> &'static str {
        match self {
            Self::Expired => "URL signature expired",
            Self::Mismatch => "URL signature mismatch",
            Self::BadHash => "Bad URL hash",
            Self::BadTimestamp => "Bad URL timestamp",
        }
    }
}

impl FileFault {
    /// One example of every fault, for a list that a person can copy from.
    pub fn catalogue() -> Vec<Self> {
        vec![
            Self::Forbidden(Text403::Expired),
            Self::Forbidden(Text403::Mismatch),
            Self::Forbidden(Text403::BadHash),
            Self::Forbidden(Text403::BadTimestamp),
            Self::Missing,
            Self::Gone,
            Self::Cut { at: 10_000 },
            Self::Stall { at: 10_000, seconds: 5 },
            Self::Silent { seconds: 5 },
            Self::Drip { bytes_per_second: 1_000 },
            Self::WrongLength { delta: 100 },
            Self::WrongLength { delta: -100 },
            Self::Truncated { at: 10_000 },
            Self::Flipped { at: 10_000 },
            Self::Html,
            Self::Empty,
            Self::WrongType("text/plain".to_owned()),
            Self::SwappedItem,
            Self::Redirect("https://example.com/".to_owned()),
            Self::ServerError(503),
            Self::Throttled { retry_after: 2 },
            Self::Compressed,
            Self::Partial206,
            Self::RangeIgnored,
            Self::ChunkedNoLength,
            Self::CloseDelimited,
            Self::CloseEarly { at: 10_000 },
        ]
    }
}
