//! Turns a part of a file into what happens on the connection, with or without a fault.

use std::collections::VecDeque;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::FileFault;
use super::body::{Step, body};
use super::bytes::FileBytes;
use super::counters::Counting;

/// How long the connection gets to pass on what was handed over before it is broken off.
const FLUSH: Duration = Duration::from_millis(100);
/// A trickling body moves this many times a second.
const DRIPS: u64 = 10;

/// A body and how its end is announced.
#[derive(Debug)]
pub(super) struct Form {
    steps: VecDeque<Step>,
    ending: Ending,
    gzip: bool,
}

/// How a client learns where the body ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Length(u64),
    Chunked,
    Close,
}

/// The bytes `part` of a file, sent as `fault` says.
pub(super) fn shape(file: &FileBytes, part: Range<u64>, fault: Option<&FileFault>) -> Form {
    let length = part.end - part.start;
    let upto = |at: u64| file.part(part.start..part.start + at.min(length.saturating_sub(1)));
    let from = |at: u64| file.part(part.start + at.min(length.saturating_sub(1))..part.end);
    let whole = || send(file.part(part.clone()));
    let Some(fault) = fault else {
        return Form::of(whole(), Ending::Length(length));
    };
    match fault {
        FileFault::Cut { at } => Form::of(broken(upto(*at)), Ending::Length(length)),
        FileFault::Stall { at, seconds } => {
            let mut steps = send(upto(*at));
            steps.push_back(Step::Pause(Duration::from_secs(*seconds)));
            steps.extend(send(from(*at)));
            Form::of(steps, Ending::Length(length))
        }
        FileFault::Drip { bytes_per_second } => {
            let drop = usize::try_from(bytes_per_second / DRIPS).unwrap_or(usize::MAX).max(1);
            Form::of(drips(file.part(part), drop), Ending::Length(length))
        }
        FileFault::WrongLength { delta } => {
            let announced = length.saturating_add_signed(*delta);
            if announced > length {
                Form::of(broken(file.part(part)), Ending::Length(announced))
            } else {
                let end = part.start + announced;
                Form::of(send(file.part(part.start..end)), Ending::Length(announced))
            }
        }
        FileFault::Truncated { at } => {
            let pieces = upto(*at);
            let sent = pieces.iter().map(|piece| piece.len() as u64).sum();
            Form::of(send(pieces), Ending::Length(sent))
        }
        FileFault::Flipped { at } => {
            let mut bytes = file.part(part).concat();
            let at = usize::try_from(*at).unwrap_or(usize::MAX).min(bytes.len().saturating_sub(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x55;
            }
            Form::of(send([bytes.into()]), Ending::Length(length))
        }
        FileFault::Empty => Form::of(VecDeque::new(), Ending::Length(0)),
        FileFault::Compressed => {
            let packed = gzip(&file.part(part));
            let ending = Ending::Length(packed.len() as u64);
            Form { gzip: true, ..Form::of(send([packed]), ending) }
        }
        FileFault::ChunkedNoLength => Form::of(whole(), Ending::Chunked),
        FileFault::CloseDelimited => Form::of(whole(), Ending::Close),
        FileFault::CloseEarly { at } => Form::of(send(upto(*at)), Ending::Close),
        FileFault::Forbidden(_)
        | FileFault::Missing
        | FileFault::Gone
        | FileFault::Silent { .. }
        | FileFault::Html
        | FileFault::WrongType(_)
        | FileFault::SwappedItem
        | FileFault::Redirect(_)
        | FileFault::ServerError(_)
        | FileFault::Throttled { .. }
        | FileFault::Partial206
        | FileFault::RangeIgnored => Form::of(whole(), Ending::Length(length)),
    }
}

impl Form {
    /// A short text, as it should be.
    pub(super) fn text(text: &'static str) -> Self {
        let bytes = Bytes::from_static(text.as_bytes());
        Self::of(send([bytes]), Ending::Length(text.len() as u64))
    }

    fn of(steps: VecDeque<Step>, ending: Ending) -> Self {
        Self { steps, ending, gzip: false }
    }

    /// The answer with this body; a `head` has its headers alone.
    pub(super) fn into_response(
        self,
        status: StatusCode,
        head: bool,
        counting: Arc<Counting>,
    ) -> Response {
        let steps = if head { VecDeque::new() } else { self.steps };
        let mut response = Response::new(body(steps, counting));
        *response.status_mut() = status;
        match self.ending {
            Ending::Length(length) => {
                response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
            }
            Ending::Chunked => {}
            // An answer of HTTP/1.0 has no other way to end than the connection's end.
            Ending::Close => *response.version_mut() = Version::HTTP_10,
        }
        if self.gzip {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

fn send(pieces: impl IntoIterator<Item = Bytes>) -> VecDeque<Step> {
    pieces.into_iter().map(Step::Send).collect()
}

fn broken(pieces: Vec<Bytes>) -> VecDeque<Step> {
    let mut steps = send(pieces);
    steps.push_back(Step::Pause(FLUSH));
    steps.push_back(Step::Abort);
    steps
}

fn drips(pieces: Vec<Bytes>, drop: usize) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            steps.push_back(Step::Send(piece.split_to(drop.min(piece.len()))));
            steps.push_back(Step::Pause(Duration::from_millis(1_000 / DRIPS)));
        }
    }
    steps
}

fn gzip(pieces: &[Bytes]) -> Bytes {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail; if it did, the length announced is that of what there is.
    let written = pieces.iter().try_for_each(|piece| packed.write_all(piece));
    debug_assert!(written.is_ok());
    packed.finish().unwrap_or_default().into()
}
