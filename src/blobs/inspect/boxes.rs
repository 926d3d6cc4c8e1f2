//! The boxes of MP4, MOV, HEIC and AVIF files (ISO/IEC 14496-12): a length, a kind of four
//! letters, a body.

use super::source::Source;
use super::{ContentFault, InspectError};

/// One box: where its body begins and where it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) kind: [u8; 4],
    pub(super) body: u64,
    pub(super) end: u64,
}

impl Part {
    pub(super) fn body_size(&self) -> u64 {
        self.end - self.body
    }
}

/// The boxes between two places, each checked to lie inside, the last to end exactly there.
pub(super) struct Parts<'a> {
    source: &'a Source<'a>,
    format: &'static str,
    at: u64,
    end: u64,
}

/// All boxes at the top of a file.
pub(super) fn of_file<'a>(source: &'a Source<'a>, format: &'static str) -> Parts<'a> {
    Parts { source, format, at: 0, end: source.size() }
}

/// The boxes inside another one.
pub(super) fn of_part<'a>(source: &'a Source<'a>, format: &'static str, part: Part) -> Parts<'a> {
    Parts { source, format, at: part.body, end: part.end }
}

impl Iterator for Parts<'_> {
    type Item = Result<Part, InspectError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let part = self.read();
        // Each box is at least as long as its head, so the walk moves on; an error ends it.
        self.at = part.as_ref().map_or(self.end, |part| part.end);
        Some(part)
    }
}

impl Parts<'_> {
    fn read(&self) -> Result<Part, InspectError> {
        let left = self.end - self.at;
        if left < 8 {
            return Err(self.outside("it ends inside the head of a box"));
        }
        let head: [u8; 8] = self.source.array(self.at)?;
        let [s0, s1, s2, s3, kind @ ..] = head;
        // The sign © (0xa9) begins the kinds of MOV's own texts.
        if !kind.iter().all(|c| c.is_ascii_graphic() || matches!(c, b' ' | 0xa9)) {
            return Err(self.broken("something that is no box stands between the boxes"));
        }
        let (head_size, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => (8, left),
            1 if left < 16 => return Err(self.outside("it ends inside the head of a box")),
            1 => (16, u64::from_be_bytes(self.source.array(self.at + 8)?)),
            size => (8, u64::from(size)),
        };
        if size < head_size {
            return Err(self.broken("a box is shorter than its head"));
        }
        if size > left {
            return Err(self.outside("a box reaches beyond the end"));
        }
        Ok(Part { kind, body: self.at + head_size, end: self.at + size })
    }

    /// At the top a box that reaches too far means that the end of the file is missing.
    fn outside(&self, what: &'static str) -> InspectError {
        if self.end == self.source.size() {
            ContentFault::Cut { format: self.format, missing: what }.into()
        } else {
            self.broken(what)
        }
    }

    fn broken(&self, why: &'static str) -> InspectError {
        ContentFault::Broken { format: self.format, why }.into()
    }
}
