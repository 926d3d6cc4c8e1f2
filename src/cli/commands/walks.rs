//! `mediakeep walks`: past walks and what they proved.

use super::{known_account, open_to_read};
use crate::catalog::{WalkFilter, WalkRow};
use crate::cli::args::WalksArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::paint::Tone;
use crate::cli::render::rows;
use crate::cli::render::table::{Cell, Column, numbers, table_without, words};
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
            output.write(&table_without(&HEAD, &cells, &SPARE, output.width, output.colours))?;
        }
    }
    Ok(Exit::Done)
}

/// Columns that a narrow terminal does without.
const SPARE: [&str; 6] = ["TOOK", "EDGE", "CHANGED", "NEW", "ACCOUNT", "NAME"];

const HEAD: [Column; 11] = [
    numbers("WALK"),
    words("ACCOUNT"),
    words("NAME"),
    words("EDGE"),
    words("STARTED"),
    words("TOOK"),
    numbers("LISTED"),
    numbers("NEW"),
    numbers("CHANGED"),
    numbers("MISSING"),
    words("OUTCOME"),
];

fn row(walk: &WalkRow) -> Vec<Cell> {
    let took =
        walk.finished_at.map_or_else(String::new, |end| duration(end.since(walk.started_at)));
    let number = |number: i64| count(u64::try_from(number).unwrap_or(0));
    let (outcome, tone) = outcome(walk);
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
        // A walk that was not compared with what is known says nothing, which is not 0.
        walk.missing.map_or_else(|| "–".to_owned(), number).into(),
        Cell::toned(plain(&outcome), tone),
    ]
}

fn outcome(walk: &WalkRow) -> (String, Tone) {
    match (walk.outcome.as_str(), walk.reason.as_deref(), walk.hold.as_deref()) {
        (_, _, Some("url")) => ("held: too many addresses absent".to_owned(), Tone::Warning),
        (_, _, Some(_)) => ("held: too much missing".to_owned(), Tone::Warning),
        ("complete", None, None) => ("complete".to_owned(), Tone::Good),
        ("complete", Some("skipped_items"), None) => ("disproved".to_owned(), Tone::Warning),
        ("failed", None, None) => ("failed".to_owned(), Tone::Bad),
        ("failed", Some(reason), None) => (format!("failed: {reason}"), Tone::Bad),
        (outcome, None, None) => (outcome.to_owned(), Tone::Warning),
        (outcome, Some(reason), None) => (format!("{outcome}: {reason}"), Tone::Warning),
    }
}
