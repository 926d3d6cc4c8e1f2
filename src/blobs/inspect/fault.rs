//! Why bytes are no complete picture or video.

use crate::blobs::StoreError;

use super::text::TextKind;

/// What is wrong with a file's content; never with the disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentFault {
    #[error("the file is empty")]
    Empty,
    /// What servers and proxies send in place of a file.
    #[error("the file is {0}, not a picture or video")]
    Text(TextKind),
    /// A known type that is never the content of a post.
    #[error("the file is {mime_type}, not a picture or video")]
    OtherType { mime_type: &'static str },
    #[error("the file is of no known type: it begins with {first}")]
    Unknown {
        /// The first bytes in hexadecimal.
        first: String,
    },
    /// The end is missing.
    #[error("the {format} file is cut off: {missing}")]
    Cut { format: &'static str, missing: &'static str },
    /// Parts contradict each other.
    #[error("the {format} file is broken: {why}")]
    Broken { format: &'static str, why: &'static str },
}

/// Why a file could not be judged good.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The content is at fault: fetch it again, or leave it.
    #[error(transparent)]
    Content(#[from] ContentFault),
    /// The disk is at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}
