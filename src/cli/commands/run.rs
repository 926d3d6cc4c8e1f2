//! `mediakeep run`: the daemon.

use std::time::Duration;

use crate::config::Config;
use crate::daemon::run_daemon;
use crate::exit::Exit;
use crate::web;

/// Runs until a signal stops it.
pub(crate) fn run(config: Config) -> anyhow::Result<Exit> {
    // What still blocks a thread after a stop must not hold the process.
    const LEFT_BEHIND: Duration = Duration::from_millis(200);
    let runtime = super::runtime()?;
    let ran = runtime.block_on(run_daemon(config, web::companions));
    runtime.shutdown_timeout(LEFT_BEHIND);
    ran?;
    Ok(Exit::Done)
}
