//! `mediakeep walks`: past walks and what they proved.

use super::{known_account, open_to_read};
use crate::catalog::{WalkFilter, WalkRow};
use crate::cli::args::WalksArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::paint::Tone;
use crate::cli::render::rows;
use crate::cli::render::table::{Cell, Column, numbers, table, words};
use crate::cli::render::text::plain;
use crate::cli::render::units::{count, duration};
use crate::config::Config;
use crate::daemon::catalog_failure;
use crate::exit::Exit;

/// Lists the walks.
pub(crate) fn run(args: &WalksArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let account = known_account(&reading, args.account.as_ref())?;
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let filter = WalkFilter { account, limit, ..WalkFilter::default() };
    let walks = reading.catalog.walks(&filter).map_err(catalog_failure)?;
    match output.reader {
        Reader::Program => {
            for walk in &walks {
                output.record("walk", rows::walk(walk))?;
            }
        }
        Reader::Person if walks.is_empty() => output.write("No walk yet.\n")?,
        Reader::Person => {
            let cells: Vec<Vec<Cell>> = walks.iter().map(row).collect();
            output.write(&table(&HEAD, &cells, 9, output.width, output.colours))?;
        }
    }
    Ok(Exit::Done)
}

const HEAD: [Column; 10] = [
    numbers("WALK"),
    words("ACCOUNT"),
    words("NAME"),
    words("EDGE"),
    words("STARTED"),
    words("TOOK"),
    numbers("LISTED"),
    numbers("NEW"),
    numbers("CHANGED"),
    words("OUTCOME"),
];

fn row(walk: &WalkRow) -> Vec<Cell> {
    let took =
        walk.finished_at.map_or_else(String::new, |end| duration(end.since(walk.started_at)));
    let number = |number: i64| count(u64::try_from(number).unwrap_or(0));
    let reason = walk.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let tone = match walk.outcome.as_str() {
        "complete" if walk.reason.is_none() => Tone::Good,
        "failed" => Tone::Bad,
        _ => Tone::Warning,
    };
    vec![
        walk.walk_id.to_string().into(),
        plain(&walk.account).into(),
        plain(&walk.name).into(),
        plain(&walk.edge).into(),
        walk.started_at.to_string().into(),
        took.into(),
        number(walk.listed).into(),
        number(walk.new).into(),
        number(walk.changed).into(),
        Cell::toned(plain(&format!("{}{reason}", walk.outcome)), tone),
    ]
}
