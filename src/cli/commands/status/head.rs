//! The first lines: which daemon, which archive.

use super::facts::Facts;
use crate::cli::output::Output;
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::units::{ago, bytes, counted, duration};
use crate::domain::liveness::Liveness;

/// The daemon, then the archive.
pub(super) fn lines(facts: &Facts, output: &Output) -> String {
    let totals = &facts.status.totals;
    let (daemon, tone) = daemon(facts);
    format!(
        "{} {}   {}\n{}   {} in {} ({})   free {}\n",
        paint("mediakeep", Tone::Heading, output.colours),
        env!("CARGO_PKG_VERSION"),
        paint(&daemon, tone, output.colours),
        facts.dir.display(),
        counted(totals.posts, "post"),
        counted(totals.blobs, "file"),
        bytes(totals.blob_bytes),
        bytes(facts.free),
    )
}

fn daemon(facts: &Facts) -> (String, Tone) {
    let version = facts.around.daemon.as_ref().map(|row| row.program_version.as_str());
    let other = match version {
        Some(version) if version != env!("CARGO_PKG_VERSION") => format!(", version {version}"),
        Some(_) | None => String::new(),
    };
    match facts.daemon {
        Liveness::Never => ("no daemon has run here yet".to_owned(), Tone::Faint),
        Liveness::Running { since } => {
            (format!("daemon running {}{other}", duration(facts.now.since(since))), Tone::Good)
        }
        Liveness::Stopped { at } => {
            (format!("daemon stopped {}{other}", ago(at, facts.now)), Tone::Warning)
        }
        Liveness::Vanished { started_at } => (
            format!(
                "daemon not running: ended without notice, started {}{other}",
                ago(started_at, facts.now)
            ),
            Tone::Bad,
        ),
    }
}
