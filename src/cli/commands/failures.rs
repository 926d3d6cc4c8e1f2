//! `mediakeep failures`: what failed, why, and when it is tried again.

use super::{known_account, open_to_read};
use crate::catalog::FailureRow;
use crate::cli::args::FailuresArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::rows;
use crate::cli::render::table::{Cell, Column, numbers, table, words};
use crate::cli::render::text::plain;
use crate::cli::render::units::ago;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::catalog_failure;
use crate::domain::Timestamp;
use crate::exit::Exit;

/// Lists the failures.
pub(crate) fn run(args: &FailuresArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let account = known_account(&reading, args.account.as_ref())?;
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let failures = reading.catalog.failures(account.as_deref(), limit).map_err(catalog_failure)?;
    match output.reader {
        Reader::Program => {
            for failure in &failures {
                output.record("failure", rows::failure(failure))?;
            }
        }
        Reader::Person if failures.is_empty() => output.write("Nothing failed.\n")?,
        Reader::Person => {
            let now = Clock::system().now();
            let cells: Vec<Vec<Cell>> = failures.iter().map(|failure| row(failure, now)).collect();
            output.write(&table(&HEAD, &cells, 6, output.width, output.colours))?;
        }
    }
    Ok(Exit::Done)
}

const HEAD: [Column; 7] = [
    words("ACCOUNT"),
    words("MEDIA"),
    words("STAGE"),
    numbers("TRIES"),
    words("LAST"),
    words("NEXT TRY"),
    words("ERROR"),
];

fn row(failure: &FailureRow, now: Timestamp) -> Vec<Cell> {
    let stage = match &failure.role {
        Some(role) => format!("{} {role}", failure.stage),
        None => failure.stage.clone(),
    };
    let next = match failure.next_try_at {
        Some(at) if at <= now => "next sync".to_owned(),
        Some(at) => ago(at, now),
        None => "never".to_owned(),
    };
    vec![
        plain(&failure.account).into(),
        plain(failure.media_id.as_deref().unwrap_or("")).into(),
        plain(&stage).into(),
        failure.tries.to_string().into(),
        ago(failure.last_at, now).into(),
        next.into(),
        plain(&failure.error).into(),
    ]
}
