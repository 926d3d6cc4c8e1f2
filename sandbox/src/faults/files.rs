//! The faults of the catalogue that happen on the file host.

use super::FaultKind;
use super::registry::{Call, Faults, Fired};
use crate::files::{FileFault, FileFaults, Text403};

/// Name of the file host in faults.
const ROUTE: &str = "file";

impl FileFaults for Faults {
    fn next(&self, _path: &str) -> Option<FileFault> {
        let call = Call { route: ROUTE, account: None };
        FaultKind::ALL
            .iter()
            .filter(|kind| kind.concerns_files())
            .find_map(|&kind| file_fault(kind, &self.fires(kind, call)?))
    }
}

fn file_fault(kind: FaultKind, args: &Fired) -> Option<FileFault> {
    let at = args.amount("at", 10_000);
    let url = || args.text("to").unwrap_or("https://example.net/elsewhere.jpg").to_owned();
    Some(match kind {
        FaultKind::FileForbidden => FileFault::Forbidden(match args.text("text") {
            Some("mismatch") => Text403::Mismatch,
            Some("hash") => Text403::BadHash,
            Some("timestamp") => Text403::BadTimestamp,
            _ => Text403::Expired,
        }),
        FaultKind::FileMissing => FileFault::Missing,
        FaultKind::FileGone => FileFault::Gone,
        FaultKind::FileCut => FileFault::Cut { at },
        FaultKind::FileStall => FileFault::Stall { at, seconds: args.amount("seconds", 3_600) },
        FaultKind::FileSilent => FileFault::Silent { seconds: args.amount("seconds", 3_600) },
        FaultKind::FileDrip => {
            FileFault::Drip { bytes_per_second: args.amount("bytes_per_second", 2_000) }
        }
        FaultKind::FileWrongLength => {
            FileFault::WrongLength { delta: args.number("delta").unwrap_or(-100) }
        }
        FaultKind::FileTruncated => FileFault::Truncated { at },
        FaultKind::FileFlipped => FileFault::Flipped { at },
        FaultKind::FileHtml => FileFault::Html,
        FaultKind::FileEmpty => FileFault::Empty,
        FaultKind::FileWrongType => {
            FileFault::WrongType(args.text("type").unwrap_or("application/octet-stream").to_owned())
        }
        FaultKind::FileSwapped => FileFault::SwappedItem,
        FaultKind::FileRedirect => FileFault::Redirect(url()),
        FaultKind::FileServerError => {
            FileFault::ServerError(u16::try_from(args.amount("status", 503)).unwrap_or(503))
        }
        FaultKind::FileThrottled => {
            FileFault::Throttled { retry_after: args.amount("retry_after", 1) }
        }
        FaultKind::FileCompressed => FileFault::Compressed,
        FaultKind::FilePartial206 => FileFault::Partial206,
        FaultKind::FileRangeIgnored => FileFault::RangeIgnored,
        FaultKind::FileChunked => FileFault::ChunkedNoLength,
        FaultKind::FileCloseDelimited => FileFault::CloseDelimited,
        FaultKind::FileCloseEarly => FileFault::CloseEarly { at },
        _ => return None,
    })
}
