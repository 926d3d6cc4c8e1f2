//! `mediakeep show`: one post with its life and its files.

use serde_json::json;

use super::list::{kind_of, tone_of};
use super::{no_such_post, open_to_read};
use crate::catalog::{EventRow, FileRow, ItemDetail};
use crate::cli::args::ShowArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::flow::{Told, flow};
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::rows;
use crate::cli::render::story;
use crate::cli::render::table::{Cell, Column, numbers, table, words};
use crate::cli::render::text::{plain, plain_lines, wrap};
use crate::cli::render::timeline::timeline;
use crate::cli::render::units::bytes;
use crate::config::Config;
use crate::daemon::catalog_failure;
use crate::exit::Exit;

/// Shows the post.
pub(crate) fn run(args: &ShowArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let found = reading.catalog.item(&args.media).map_err(catalog_failure)?;
    let detail = found.ok_or_else(|| no_such_post(&args.media))?;
    match output.reader {
        Reader::Program => {
            let list = |values: Vec<serde_json::Value>| serde_json::Value::Array(values);
            output.record(
                "media",
                json!({
                    "item": rows::item(&detail.item),
                    "children": list(detail.children.iter().map(rows::item).collect()),
                    "files": list(detail.files.iter().map(rows::file).collect()),
                    "changes": list(detail.changes.iter().map(rows::change).collect()),
                    "events": list(detail.events.iter().map(rows::event).collect()),
                }),
            )?;
        }
        Reader::Person => output.write(&text(&detail, args.events, output))?,
    }
    Ok(Exit::Done)
}

fn text(detail: &ItemDetail, with_events: bool, output: &Output) -> String {
    let item = &detail.item;
    let heading = |title: &str| format!("\n{}\n", paint(title, Tone::Heading, output.colours));
    let name = plain(item.shortcode.as_ref().unwrap_or(&item.media_id));
    let mut text = format!(
        "{}  {}  {}  {}\n",
        paint(&name, Tone::Heading, output.colours),
        kind_of(item),
        plain(&item.account),
        paint(&plain(&item.state), tone_of(&item.state), output.colours),
    );
    if let Some(absence) = story::absence(item, &detail.events) {
        for line in wrap(&absence, output.sentences) {
            text.extend([format!("{}\n", paint(&line, tone_of(&item.state), output.colours))]);
        }
    }
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.extend([format!("{name:<12}{value}\n")]);
        }
    };
    fact("id", Some(plain(&item.media_id)));
    fact("address", item.permalink.as_deref().map(plain));
    fact("published", item.published_at.map(|at| at.to_string()));
    fact("first seen", Some(item.first_seen_at.to_string()));
    fact("last seen", Some(item.last_seen_at.to_string()));
    fact("likes", item.like_count.map(|count| count.to_string()));
    fact("comments", item.comments_count.map(|count| count.to_string()));
    fact("alt text", item.alt_text.as_deref().map(plain));
    if let Some(caption) = &item.caption {
        text.extend([format!("\n{}\n", plain_lines(caption))]);
    }
    text.push_str(&heading("Life"));
    text.push_str(&flow(&timeline(detail), output.sentences, output.colours));
    if !detail.files.is_empty() {
        text.push_str(&heading("Files"));
        text.push_str(&files(&detail.files, output));
    }
    if with_events && !detail.events.is_empty() {
        text.push_str(&heading("Events"));
        let rows: Vec<Told> = detail.events.iter().map(event).collect();
        text.push_str(&flow(&rows, output.sentences, output.colours));
    }
    text
}

const FILES: [Column; 5] =
    [words("FILE"), words("STATE"), words("TYPE"), numbers("SIZE"), numbers("PIXELS")];

/// A table of the files; the path of each stands whole on a line below, to be copied.
fn files(files: &[FileRow], output: &Output) -> String {
    let rows: Vec<Vec<Cell>> = files.iter().map(file).collect();
    let table = table(&FILES, &rows, 0, output.width, output.colours);
    let below = files.iter().map(|row| row.path.as_deref().or(row.last_error.as_deref()));
    let mut text = String::new();
    for (line, below) in table.lines().zip(std::iter::once(None).chain(below)) {
        text.extend([format!("{line}\n")]);
        if let Some(below) = below {
            let below = format!("    {}", plain(below));
            text.extend([format!("{}\n", paint(&below, Tone::Faint, output.colours))]);
        }
    }
    text
}

fn file(row: &FileRow) -> Vec<Cell> {
    let mut name = plain(&row.role);
    if let Some(position) = row.position {
        name = format!("{position} {name}");
    }
    if let Some(version) = row.version.filter(|version| *version > 1) {
        name = format!("{name} v{version}");
    }
    let tone = match row.state.as_str() {
        "held" => Tone::Good,
        "failed" => Tone::Bad,
        _ => Tone::Warning,
    };
    let size = row.size_bytes.and_then(|size| u64::try_from(size).ok()).map(bytes);
    let pixels = row.width.zip(row.height).map(|(width, height)| format!("{width}×{height}"));
    vec![
        name.into(),
        Cell::toned(plain(&row.state), tone),
        plain(row.mime_type.as_deref().unwrap_or("")).into(),
        size.unwrap_or_default().into(),
        pixels.unwrap_or_default().into(),
    ]
}

/// An event as it is recorded.
fn event(row: &EventRow) -> Told {
    let detail = if row.detail == "{}" { "" } else { &row.detail };
    let kind = match &row.role {
        Some(role) => format!("{} {role}", row.kind),
        None => row.kind.clone(),
    };
    let walk = row.walk_id.map(|walk| format!("walk {walk}")).unwrap_or_default();
    Told {
        cells: vec![row.at.to_string().into(), plain(&kind).into(), walk.into()],
        sentence: plain(detail).into(),
    }
}
