//! The side of the commands.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{LONGEST, Place, Reply, Request};
use crate::exit::{Exit, Failure};

/// Asks the daemon that keeps this archive; nothing when none listens there.
///
/// Waits for the end of a pass without a limit: it may take hours, and the person can leave at any
/// time without ending it. Everything else is answered soon or not at all.
pub fn ask(archive: &Path, request: &Request) -> Result<Option<Reply>, Failure> {
    let Ok(place) = Place::of(archive) else { return Ok(None) };
    let stream = match UnixStream::connect(&place.path) {
        Ok(stream) => stream,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(Failure::new(
                Exit::InUse,
                "a daemon keeps this archive and answers its own user alone",
            )
            .with_hint("run the command as that user, for example with `sudo -u mediakeep`"));
        }
        // No file, or one that a killed daemon left.
        Err(_) => return Ok(None),
    };
    let limited = stream.set_read_timeout(patience(request));
    let answer = limited.and_then(|()| exchange(stream, request)).map_err(|error| {
        Failure::new(Exit::Unavailable, "the daemon did not answer")
            .caused_by(error)
            .with_hint("`mediakeep status` says whether it runs; its log says why it ended")
    })?;
    Ok(Some(answer))
}

fn patience(request: &Request) -> Option<Duration> {
    match request {
        Request::Sync { wait: true, .. } => None,
        Request::Status | Request::Accept { .. } | Request::Sync { wait: false, .. } => {
            Some(Duration::from_secs(60))
        }
    }
}

fn exchange(mut stream: UnixStream, request: &Request) -> io::Result<Reply> {
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&answer)?)
}
