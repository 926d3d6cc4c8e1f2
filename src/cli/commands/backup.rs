//! `mediakeep backup`: a checked copy of the catalog, now.

use std::path::Path;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::open_to_read;
use super::sync::stop;
use crate::archive::backup::{CopyError, MadeCopy, back_up, copy_to, rotate};
use crate::cli::args::BackupArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::units::{bytes, counted};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{StopSignal, catalog_failure, open_archive, store_failure};
use crate::exit::{Exit, Failure};

/// Makes the copy beside a running daemon or without one, and tells what it is.
pub(crate) fn run(args: &BackupArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let (made, signal) = super::runtime()?.block_on(async {
        let stop = stop()?;
        let made = match &args.to {
            Some(to) => elsewhere(config, to, &stop.token).await,
            None => inside(config, &stop.token).await,
        };
        Ok::<_, Failure>((made, stop.signal()))
    })?;
    let (made, removed) = match (made, signal) {
        (Ok(made), _) => made,
        (Err(_), Some(StopSignal::Interrupt)) => return Ok(Exit::Interrupted),
        (Err(_), Some(StopSignal::Terminate)) => return Ok(Exit::Terminated),
        (Err(failure), None) => return Err(failure.into()),
    };
    match output.reader {
        Reader::Program => output.record(
            "backup",
            json!({
                "path": made.path.display().to_string(),
                "made_at": made.made_at.to_string(),
                "size_bytes": made.size_bytes,
                "sha256": made.sha256,
                "seconds": made.took.as_secs_f64(),
                "posts": made.contents.posts,
                "files_held": made.contents.files_held,
                "events": made.contents.events,
                "removed": removed,
            }),
        )?,
        Reader::Person => output.write(&told(&made, &removed))?,
    }
    Ok(Exit::Done)
}

/// A copy that is nobody's but its maker's: not listed, never removed.
async fn elsewhere(
    config: &Config,
    to: &Path,
    stop: &CancellationToken,
) -> Result<(MadeCopy, Vec<String>), Failure> {
    let reading = open_to_read(config)?;
    let made = copy_to(&reading.dir, to, Clock::system().now(), stop).await;
    Ok((made.map_err(copy_failure)?, Vec::new()))
}

/// Beside a daemon the copy is made all the same; the daemon lists it and makes room for it.
async fn inside(
    config: &Config,
    stop: &CancellationToken,
) -> Result<(MadeCopy, Vec<String>), Failure> {
    let now = Clock::system().now();
    let beside = open_to_read(config)?;
    let archive = match open_archive(config, Clock::system()).await {
        Ok(archive) => archive,
        Err(failure) if failure.exit == Exit::InUse => {
            let made = back_up(&beside.dir, now, stop).await.map_err(copy_failure)?;
            return Ok((made, Vec::new()));
        }
        Err(failure) => return Err(failure),
    };
    let made = back_up(&archive.dir, now, stop).await.map_err(copy_failure)?;
    let keep = usize::try_from(config.archive.backup.keep).unwrap_or(usize::MAX);
    let removed =
        rotate(&archive.dir, &archive.catalog, &made, keep).await.map_err(copy_failure)?;
    archive.catalog.clone().close().await.map_err(catalog_failure)?;
    Ok((made, removed))
}

/// How a copy that could not be made ends the program.
pub(super) fn copy_failure(error: CopyError) -> Failure {
    let hint = match &error {
        CopyError::NoRoom { .. } => Some("make room there, or copy to another disk with --to"),
        CopyError::Exists { .. } => Some("name a file that is not there yet"),
        CopyError::Busy { .. } => Some("wait for it to end"),
        CopyError::Catalog(_) | CopyError::Store(_) | CopyError::Stopped | CopyError::Broken(_) => {
            None
        }
    };
    let exit = match error {
        CopyError::Catalog(error) => return catalog_failure(error),
        CopyError::Store(error) => return store_failure(error),
        CopyError::NoRoom { .. } => Exit::Storage,
        CopyError::Exists { .. } => Exit::Usage,
        CopyError::Busy { .. } => Exit::InUse,
        CopyError::Stopped => Exit::Interrupted,
        CopyError::Broken(_) => Exit::Bug,
    };
    let failure = Failure::new(exit, error.to_string());
    hint.into_iter().fold(failure, Failure::with_hint)
}

fn told(made: &MadeCopy, removed: &[String]) -> String {
    let mut text = format!(
        "{}\n  {} in {:.1} s, opened and checked: {}, {}, {}\n  sha256 {}\n",
        made.path.display(),
        bytes(made.size_bytes),
        made.took.as_secs_f64(),
        counted(made.contents.posts, "post"),
        counted(made.contents.files_held, "file"),
        counted(made.contents.events, "event"),
        made.sha256,
    );
    for name in removed {
        text.extend(["  removed ", name, ", which made room\n"]);
    }
    text
}
