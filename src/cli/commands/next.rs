//! `mediakeep next`: the coming runs of the daemon, from the configuration and the catalog.

use serde_json::json;

use super::open_to_read;
use crate::blobs::{ArchiveDir, Refusal, StoreError};
use crate::catalog::RunRow;
use crate::cli::args::NextArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::table::{Cell, Column, table_without, words};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{ComingRun, catalog_failure, coming_runs, in_words};
use crate::exit::{Exit, Failure};

/// Lists the runs.
pub(crate) fn run(args: &NextArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    if let Some(name) = &args.account
        && config.account(name).is_none()
    {
        let known: Vec<&str> = config.accounts.iter().map(|one| one.name.as_str()).collect();
        return Err(Failure::new(
            Exit::Usage,
            format!("no account {name} in {}", config.path.display()),
        )
        .with_hint(format!("it names {}", known.join(", ")))
        .into());
    }
    let now = Clock::system().now();
    let runs = newest_runs(config)?;
    let coming = coming_runs(config, args.account.as_ref(), &runs, now, usize::from(args.count));
    let zone = &config.schedule.timezone;
    match output.reader {
        Reader::Program => {
            for run in &coming {
                let fields = json!({
                    "account": run.account.as_str(),
                    "walk": run.walk,
                    "at": run.at.to_string(),
                    "local": zone.show_exactly(run.at),
                    "due_at": run.due_at.to_string(),
                    "seconds": run.at.since(now).as_secs(),
                    "skipped": run.skipped,
                });
                output.record("run", fields)?;
            }
        }
        Reader::Person if coming.is_empty() => output.write("No run will come.\n")?,
        Reader::Person => {
            let row = |run: &ComingRun| -> Vec<Cell> {
                vec![
                    zone.show_exactly(run.at).into(),
                    in_words(run.at, now).into(),
                    run.account.to_string().into(),
                    run.walk.clone().into(),
                ]
            };
            let rows: Vec<_> = coming.iter().map(row).collect();
            output.write(&table_without(&HEAD, &rows, &[], output.width, output.colours))?;
        }
    }
    Ok(Exit::Done)
}

const HEAD: [Column; 4] = [words("WHEN"), words("IN"), words("ACCOUNT"), words("WALK")];

/// What ran last; nothing when there is no archive yet.
fn newest_runs(config: &Config) -> Result<Vec<RunRow>, Failure> {
    match ArchiveDir::open_read_only(&config.archive.dir) {
        Err(StoreError::Refused(Refusal::Absent { .. } | Refusal::NoMarker { .. })) => {
            Ok(Vec::new())
        }
        Ok(_) | Err(_) => open_to_read(config)?.catalog.runs().map_err(catalog_failure),
    }
}
