//! A file on its way.

use std::time::{Duration, Instant};

use reqwest::{Response, header};

use super::{FileError, Resume};

/// What is known of a file's length before it has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// `Content-Length`: a shorter body is an error.
    Announced(u64),
    /// Chunked: the framing itself shows a cut.
    Framed,
    /// Ends when the connection does: only the container can show a cut.
    Unknown,
}

/// The body of an answer, handed on piece by piece and watched while it flows.
#[derive(Debug)]
pub struct Incoming {
    host: String,
    response: Response,
    length: Length,
    starts_at: u64,
    received: u64,
    limit: Option<u64>,
    speed: SpeedWatch,
}

impl Incoming {
    pub(super) fn new(
        host: String,
        response: Response,
        length: Length,
        starts_at: u64,
        limit: Option<u64>,
    ) -> Self {
        let speed = SpeedWatch::new(Instant::now());
        Self { host, response, length, starts_at, received: starts_at, limit, speed }
    }

    /// The byte of the file at which this body begins: 0, or where a resumed transfer went on.
    pub fn starts_at(&self) -> u64 {
        self.starts_at
    }

    /// What is known of the whole file's length.
    pub fn length(&self) -> Length {
        self.length
    }

    /// How this transfer could go on if it breaks off now: only with a strong validator, a known
    /// length and a host that says it takes ranges.
    pub fn resume_point(&self) -> Option<Resume> {
        let Length::Announced(total) = self.length else { return None };
        let headers = self.response.headers();
        let takes_ranges = self.starts_at > 0
            || headers.get(header::ACCEPT_RANGES).is_some_and(|value| value == "bytes");
        let etag = headers.get(header::ETAG)?.to_str().ok()?;
        let strong = etag.starts_with('"');
        (takes_ranges && strong && self.received > 0 && self.received < total).then(|| Resume {
            from: self.received,
            total,
            etag: etag.to_owned(),
        })
    }

    /// The next piece, or `None` at the verified end.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, FileError> {
        let received = self.received;
        let piece = self.response.chunk().await.map_err(|source| FileError::Broken {
            host: self.host.clone(),
            received,
            source: source.without_url(),
        })?;
        let Some(piece) = piece else {
            return match self.length {
                Length::Announced(expected) if expected != received => {
                    Err(FileError::Short { received, expected })
                }
                Length::Announced(_) | Length::Framed | Length::Unknown if received == 0 => {
                    Err(FileError::Empty)
                }
                Length::Announced(_) | Length::Framed | Length::Unknown => Ok(None),
            };
        };
        self.received += piece.len() as u64;
        if let Some(limit) = self.limit.filter(|limit| self.received > *limit) {
            return Err(FileError::TooLarge { size: self.received, limit });
        }
        if self.speed.is_too_slow(piece.len(), Instant::now()) {
            return Err(FileError::TooSlow { host: self.host.clone() });
        }
        Ok(Some(piece))
    }
}

/// Notices a host that keeps a connection alive with a trickle: under 1 KiB/s for a minute.
#[derive(Debug)]
struct SpeedWatch {
    window_began: Instant,
    bytes: usize,
}

impl SpeedWatch {
    const WINDOW: Duration = Duration::from_secs(60);
    const LEAST: usize = 60 * 1024;

    fn new(now: Instant) -> Self {
        Self { window_began: now, bytes: 0 }
    }

    fn is_too_slow(&mut self, bytes: usize, now: Instant) -> bool {
        self.bytes += bytes;
        if now.duration_since(self.window_began) < Self::WINDOW {
            return false;
        }
        let slow = self.bytes < Self::LEAST;
        *self = Self::new(now);
        slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_is_noticed_after_a_minute_and_a_stream_is_not() {
        let start = Instant::now();
        let mut drip = SpeedWatch::new(start);
        let verdicts: Vec<_> =
            (1..=60).map(|s| drip.is_too_slow(1, start + Duration::from_secs(s))).collect();
        assert_eq!(verdicts.iter().position(|slow| *slow), Some(59));

        let mut stream = SpeedWatch::new(start);
        assert!(
            (1..=180).all(|s| !stream.is_too_slow(2048, start + Duration::from_secs(s))),
            "2 KiB/s is slow but alive"
        );
    }
}
