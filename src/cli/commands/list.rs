//! `mediakeep list`: posts, newest first.

use super::{Reading, known_account, open_to_read};
use crate::catalog::{ItemFilter, ItemRow};
use crate::cli::args::{Kind, ListArgs};
use crate::cli::output::{Output, Reader};
use crate::cli::render::paint::Tone;
use crate::cli::render::rows;
use crate::cli::render::table::{Cell, Column, numbers, table, words};
use crate::cli::render::text::plain;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::catalog_failure;
use crate::exit::Exit;

mod as_of;

/// Posts that are asked for at a time.
const PAGE: usize = 500;

/// Lists the posts.
pub(crate) fn run(args: &ListArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let now = Clock::system().now();
    if let Some(at) = args.at {
        return as_of::run(args, at, &reading, now, output);
    }
    let filter = ItemFilter {
        account: known_account(&reading, args.account.as_ref())?,
        state: args.state.map(|state| state.as_str().to_owned()),
        published_since: args.since.map(|since| since.resolve(now)),
        published_until: args.until.map(|until| until.resolve(now)),
        incomplete: args.missing_files,
        limit: PAGE,
        ..ItemFilter::default()
    };
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    match output.reader {
        // Programs get each page as it is read: an archive may hold millions of posts.
        Reader::Program => {
            each(&reading, filter, args.kind, limit, |item| {
                output.record("item", rows::item(item))
            })?;
        }
        Reader::Person => {
            let mut cells = Vec::new();
            each(&reading, filter, args.kind, limit, |item| {
                cells.push(row(item));
                Ok(())
            })?;
            if cells.is_empty() {
                output.write("No post fits.\n")?;
            } else {
                output.write(&table(&HEAD, &cells, 6, output.width, output.colours))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn each(
    reading: &Reading,
    mut filter: ItemFilter,
    kind: Option<Kind>,
    limit: usize,
    mut take: impl FnMut(&ItemRow) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut left = limit;
    while left > 0 {
        let page = reading.catalog.items(&filter).map_err(catalog_failure)?;
        let Some(last) = page.last() else { break };
        filter.after = Some(last.cursor.clone());
        for item in page.iter().filter(|item| kind.is_none_or(|kind| is(item, kind))).take(left) {
            take(item)?;
            left -= 1;
        }
    }
    Ok(())
}

fn is(item: &ItemRow, kind: Kind) -> bool {
    let media_type = item.media_type.as_deref();
    match kind {
        Kind::Image => media_type == Some("IMAGE"),
        Kind::Video => media_type == Some("VIDEO"),
        Kind::Album => media_type == Some("CAROUSEL_ALBUM"),
        Kind::Reel => item.media_product_type.as_deref() == Some("REELS"),
        Kind::Story => item.edge == "stories",
    }
}

/// One word for the kind of a post.
pub(super) fn kind_of(item: &ItemRow) -> String {
    let known = [Kind::Story, Kind::Reel, Kind::Album, Kind::Video, Kind::Image];
    match known.into_iter().find(|kind| is(item, *kind)) {
        Some(Kind::Story) => "story".to_owned(),
        Some(Kind::Reel) => "reel".to_owned(),
        Some(Kind::Album) => "album".to_owned(),
        Some(Kind::Video) => "video".to_owned(),
        Some(Kind::Image) => "image".to_owned(),
        None => plain(item.media_type.as_deref().unwrap_or("unknown")).to_lowercase(),
    }
}

/// A tone for a word of `posts.state`.
pub(super) fn tone_of(state: &str) -> Tone {
    match state {
        "present" => Tone::Good,
        "gone" => Tone::Bad,
        "expired" | "unreachable" | "unseen" => Tone::Faint,
        _ => Tone::Warning,
    }
}

const HEAD: [Column; 7] = [
    words("PUBLISHED"),
    words("ACCOUNT"),
    words("KIND"),
    words("POST"),
    numbers("FILES"),
    words("STATE"),
    words("CAPTION"),
];

fn row(item: &ItemRow) -> Vec<Cell> {
    let published = item.published_at.map_or_else(String::new, |at| at.to_string());
    let files = format!("{}/{}", item.files_held, item.files_expected);
    let tone = if item.files_held < item.files_expected { Tone::Warning } else { Tone::Normal };
    vec![
        published.into(),
        plain(&item.account).into(),
        kind_of(item).into(),
        plain(item.shortcode.as_ref().unwrap_or(&item.media_id)).into(),
        Cell::toned(files, tone),
        Cell::toned(plain(&item.state), tone_of(&item.state)),
        plain(item.caption.as_deref().unwrap_or("")).into(),
    ]
}
