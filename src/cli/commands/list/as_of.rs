//! `mediakeep list --at`: the posts as they stood, and what proves it.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::{Reading, known_account};
use super::tone_of;
use crate::catalog::{PostAtRow, WitnessRow, WitnessSide};
use crate::cli::args::{AsOf, Kind, ListArgs};
use crate::cli::output::{Output, Reader};
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::reason;
use crate::cli::render::rows;
use crate::cli::render::table::{Cell, Column, table_without, words};
use crate::cli::render::text::{plain, wrap};
use crate::cli::render::units::{count, counted};
use crate::daemon::catalog_failure;
use crate::domain::Timestamp;
use crate::exit::{Exit, Failure};

/// Lists the posts as of then.
pub(super) fn run(
    args: &ListArgs,
    at: AsOf,
    reading: &Reading,
    now: Timestamp,
    output: &Output,
) -> anyhow::Result<Exit> {
    let at = at.resolve(now).ok_or_else(|| {
        Failure::new(Exit::Usage, "--at lies in the future: nobody has looked yet")
            .with_hint("`mediakeep list` shows the posts as they are now")
    })?;
    let account = known_account(reading, args.account.as_ref())?;
    let catalog = &reading.catalog;
    let mut posts =
        catalog.posts_at(at, account.as_deref(), usize::MAX).map_err(catalog_failure)?;
    posts.retain(|post| fits(post, args, now));
    let witnesses = catalog.witnesses_at(at, account.as_deref()).map_err(catalog_failure)?;
    let proven = posts.iter().filter(|post| post.proven).count();
    let shown = if args.limit == 0 { posts.len() } else { args.limit.min(posts.len()) };
    match output.reader {
        Reader::Program => {
            for post in posts.iter().take(shown) {
                output.record("item_at", rows::post_at(post))?;
            }
            let walks: Vec<_> = pairs(&witnesses).into_iter().map(Pair::json).collect();
            output.record(
                "as_of",
                json!({"at": at.to_string(), "posts": posts.len(), "proven": proven, "walks": walks}),
            )?;
        }
        Reader::Person if posts.is_empty() => {
            output.write(&format!("No post fits that was known by {at}.\n"))?;
        }
        Reader::Person => {
            let cells: Vec<Vec<Cell>> = posts.iter().take(shown).map(row).collect();
            output.write(&table_without(&HEAD, &cells, &SPARE, output.width, output.colours))?;
            output.write(&summary(at, &posts, shown, &witnesses, output))?;
        }
    }
    Ok(Exit::Done)
}

fn fits(post: &PostAtRow, args: &ListArgs, now: Timestamp) -> bool {
    let published =
        |bound: Timestamp, after: bool| post.published_at.is_some_and(|at| (at >= bound) == after);
    args.state.is_none_or(|state| post.state == state.as_str())
        && args.since.is_none_or(|since| published(since.resolve(now), true))
        && args.until.is_none_or(|until| published(until.resolve(now), false))
        && args.kind.is_none_or(|kind| is(post, kind))
}

fn is(post: &PostAtRow, kind: Kind) -> bool {
    let media_type = post.media_type.as_deref();
    match kind {
        Kind::Image => media_type == Some("IMAGE"),
        Kind::Video => media_type == Some("VIDEO"),
        Kind::Album => media_type == Some("CAROUSEL_ALBUM"),
        Kind::Reel => post.permalink.as_deref().is_some_and(|link| link.contains("/reel/")),
        Kind::Story => post.edge == "stories",
    }
}

/// Columns that a narrow terminal does without.
const SPARE: [&str; 2] = ["LIST", "ACCOUNT"];

const HEAD: [Column; 7] = [
    words("PUBLISHED"),
    words("ACCOUNT"),
    words("LIST"),
    words("POST"),
    words("STATE"),
    words("PROVEN"),
    words("CAPTION"),
];

fn row(post: &PostAtRow) -> Vec<Cell> {
    let published = post.published_at.map_or_else(String::new, |at| at.to_string());
    let (proven, tone) =
        if post.proven { ("proven", Tone::Good) } else { ("not proven", Tone::Warning) };
    vec![
        published.into(),
        plain(&post.account).into(),
        plain(&post.edge).into(),
        plain(code(post)).into(),
        Cell::toned(plain(&post.state), tone_of(&post.state)),
        Cell::toned(proven, tone),
        plain(post.caption.as_deref().unwrap_or("")).into(),
    ]
}

/// The last part of the address, by which `show` finds the post as well.
fn code(post: &PostAtRow) -> &str {
    let link = post.permalink.as_deref().map(|link| link.trim_end_matches('/'));
    let code = link.and_then(|link| link.rsplit('/').next());
    code.filter(|code| !code.is_empty()).unwrap_or(&post.media_id)
}

/// How many are proven, and by which walks.
fn summary(
    at: Timestamp,
    posts: &[PostAtRow],
    shown: usize,
    witnesses: &[WitnessRow],
    output: &Output,
) -> String {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let proven = posts.iter().filter(|post| post.proven).count();
    let mut lines = Vec::new();
    if shown < posts.len() {
        let (shown, all) = (count(number(shown)), count(number(posts.len())));
        lines.push((format!("{shown} of {all} are shown: --limit 0 shows all."), Tone::Faint));
    }
    let posts_in_words = counted(number(posts.len()), "post");
    let tone = if proven == posts.len() { Tone::Good } else { Tone::Warning };
    let proven_in_words = count(number(proven));
    lines.push((format!("As of {at}: {posts_in_words}, {proven_in_words} proven."), tone));
    for pair in pairs(witnesses) {
        lines.push((pair.sentence(), Tone::Normal));
    }
    if proven < posts.len() {
        let why = "Not proven is what no walk has seen both before and after that time, and what \
                   changed in between.";
        lines.push((why.to_owned(), Tone::Faint));
    }
    let wrapped = lines.iter().flat_map(|(line, tone)| {
        let parts = wrap(line, output.sentences).into_iter();
        parts.map(|part| paint(&part, *tone, output.colours) + "\n")
    });
    std::iter::once("\n".to_owned()).chain(wrapped).collect()
}

/// The walks of one list on either side of the date.
#[derive(Debug, Default)]
struct Pair<'a> {
    account: &'a str,
    edge: &'a str,
    before: Vec<i64>,
    after: Vec<i64>,
}

fn pairs(witnesses: &[WitnessRow]) -> Vec<Pair<'_>> {
    let mut pairs: BTreeMap<(&str, &str), Pair<'_>> = BTreeMap::new();
    for WitnessRow { account, edge, walk_id, side } in witnesses {
        let pair = pairs.entry((account, edge)).or_default();
        (pair.account, pair.edge) = (account, edge);
        match side {
            WitnessSide::Before => pair.before.push(*walk_id),
            WitnessSide::After => pair.after.push(*walk_id),
        }
    }
    pairs.into_values().collect()
}

impl Pair<'_> {
    fn sentence(&self) -> String {
        let side = |walks: &[i64], side: &str| match walks {
            [] => format!("no walk {side}"),
            [walk] => format!("walk {walk} {side}"),
            [first, .., last] if walks.len() > 3 => {
                format!("{} walks from {first} to {last} {side}", walks.len())
            }
            several => {
                let names: Vec<String> = several.iter().map(ToString::to_string).collect();
                format!("walks {} {side}", names.join(", "))
            }
        };
        format!(
            "{} {}: {}, {}.",
            plain(self.account),
            reason::things(self.edge),
            side(&self.before, "before"),
            side(&self.after, "after")
        )
    }

    fn json(self) -> serde_json::Value {
        json!({
            "account": self.account,
            "edge": self.edge,
            "before": self.before,
            "after": self.after,
        })
    }
}
