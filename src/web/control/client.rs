//! The side of the commands.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::{LONGEST, Place, Reply, Request};
use crate::exit::{Exit, Failure};

/// Asks the daemon that keeps this archive; nothing when none listens there.
///
/// Waits for the answer without a limit: a pass may take hours, and the person can leave at any
/// time without ending it.
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
    let answer = exchange(stream, request).map_err(|error| {
        Failure::new(Exit::Unavailable, "the daemon did not answer")
            .caused_by(error)
            .with_hint("`mediakeep status` says whether it runs; its log says why it ended")
    })?;
    Ok(Some(answer))
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
