//! `mediakeep verify`: recomputes the history and reads the kept files again.

use std::sync::Arc;

use serde_json::json;

use super::sync::{Mode, pass_over, stop};
use crate::archive::verify::{Scope, VerifyError, VerifyReport, verify};
use crate::archive::{Archive, FilePlan, PassPlan};
use crate::cli::args::{Global, VerifyArgs};
use crate::cli::output::{Output, Reader};
use crate::cli::progress;
use crate::cli::render::report;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{StopSignal, catalog_failure, open_archive, store_failure};
use crate::domain::BlobId;
use crate::exit::{Exit, Failure};

/// Verifies, repairs when asked to, and tells what was found.
pub(crate) fn run(
    args: &VerifyArgs,
    config: &Config,
    global: &Global,
    output: &Output,
) -> anyhow::Result<Exit> {
    let scope = match args.share {
        Some(share) => Scope::Part { of: share.of },
        None => Scope::All,
    };
    let runtime = super::runtime()?;
    let (found, signal) = runtime.block_on(read_again(config, scope))?;
    tell(&found, output)?;
    let mut bad: Vec<&String> = found.damaged.iter().chain(&found.missing).collect();
    if args.repair && !bad.is_empty() && signal.is_none() {
        runtime.block_on(fetch_again(config, global))?;
        let back = bad.len();
        bad.retain(|name| !is_back(config, name));
        let back = back - bad.len();
        match output.reader {
            Reader::Program => {
                output.record("repaired", json!({"repaired": back, "still_bad": bad}))?;
            }
            Reader::Person => {
                output.write(&format!("Fetched {back} again, {} are not back.\n", bad.len()))?;
            }
        }
    }
    Ok(match signal {
        Some(StopSignal::Interrupt) => Exit::Interrupted,
        Some(StopSignal::Terminate) => Exit::Terminated,
        None if !bad.is_empty() || !found.history.is_clean() => Exit::Damage,
        None if !found.unreadable.is_empty() => Exit::Storage,
        None => Exit::Done,
    })
}

async fn read_again(
    config: &Config,
    scope: Scope,
) -> Result<(VerifyReport, Option<StopSignal>), Failure> {
    let stop = stop()?;
    let archive: Archive = open_archive(config, Clock::system()).await?;
    let report = verify(&archive, scope, &stop.token, |so_far| {
        tracing::debug!(checked = so_far.checked, bytes = so_far.bytes, "reading files again");
    })
    .await
    .map_err(|error| match error {
        VerifyError::Catalog(error) => catalog_failure(error),
        VerifyError::Store(error) => store_failure(error),
        VerifyError::Reader(error) => {
            Failure::new(Exit::Bug, "reading the store broke off").caused_by(error)
        }
    })?;
    archive.catalog.clone().close().await.map_err(catalog_failure)?;
    Ok((report, stop.signal()))
}

/// Damaged and missing files are queued by now: passes without walks fetch what is queued.
async fn fetch_again(config: &Config, global: &Global) -> Result<(), Failure> {
    let plan = || PassPlan { walks: Vec::new(), files: FilePlan::Fetch };
    let plans = config.accounts.iter().map(|account| (account, plan())).collect();
    let watch: Arc<_> = progress::view(global);
    let (reports, _) = pass_over(config, plans, Mode::Keep, Clock::system(), watch).await?;
    for problem in reports.iter().flat_map(|report| &report.problems) {
        tracing::warn!("{}", problem.message);
    }
    Ok(())
}

/// Whether a blob of this name is in the store again.
fn is_back(config: &Config, name: &str) -> bool {
    let open = |id: BlobId| {
        let dir = crate::blobs::ArchiveDir::open_read_only(&config.archive.dir).ok()?;
        dir.blobs().open(&id).ok()
    };
    name.parse().ok().and_then(open).is_some()
}

fn tell(found: &VerifyReport, output: &Output) -> anyhow::Result<()> {
    match output.reader {
        Reader::Program => output.record("verified", serde_json::to_value(found)?),
        Reader::Person => output.write(&report::verified(found, output.colours)),
    }
}
