//! `mediakeep events`: what happened, in sentences.

use super::{Reading, known_account, no_such_post, open_to_read};
use crate::catalog::{EventFilter, EventPart, NamedEvent};
use crate::cli::args::EventsArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::flow::{Told, flow};
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::rows;
use crate::cli::render::story;
use crate::cli::render::table::Cell;
use crate::cli::render::text::plain;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::catalog_failure;
use crate::exit::{Exit, Failure};

/// Events that are asked for at a time.
const PAGE: usize = 1_000;

/// Tells the events, oldest first.
pub(crate) fn run(args: &EventsArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let filter = filter(args, &reading)?;
    let is_limited = !args.all && args.limit > 0;
    // One more than is shown tells whether there are more.
    let limit = if is_limited { args.limit.saturating_add(1) } else { usize::MAX };
    match output.reader {
        Reader::Program if is_limited => {
            let filter = EventFilter { limit: args.limit, ..filter };
            for event in &reading.catalog.named_events(&filter).map_err(catalog_failure)? {
                output.record("event", rows::named_event(event))?;
            }
        }
        Reader::Program => each(&reading, filter, output)?,
        Reader::Person => {
            let filter = EventFilter { limit, ..filter };
            let mut events = reading.catalog.named_events(&filter).map_err(catalog_failure)?;
            let has_more = events.len() == limit;
            events.drain(..usize::from(has_more));
            output.write(&text(&events, has_more, output))?;
        }
    }
    Ok(Exit::Done)
}

fn filter(args: &EventsArgs, reading: &Reading) -> Result<EventFilter, Failure> {
    let item = match &args.media {
        Some(media) => {
            let key = reading.catalog.key_of(media).map_err(catalog_failure)?;
            Some(key.ok_or_else(|| no_such_post(media))?)
        }
        None => None,
    };
    let now = Clock::system().now();
    Ok(EventFilter {
        account: known_account(reading, args.account.as_ref())?,
        item,
        kinds: args.kinds.clone(),
        since: args.since.map(|since| since.resolve(now)),
        part: EventPart::Newest,
        limit: PAGE,
    })
}

/// All events, a page at a time: an archive may hold millions of them.
fn each(reading: &Reading, mut filter: EventFilter, output: &Output) -> anyhow::Result<()> {
    filter.part = EventPart::After(0);
    loop {
        let page = reading.catalog.named_events(&filter).map_err(catalog_failure)?;
        let Some(last) = page.last() else { return Ok(()) };
        filter.part = EventPart::After(last.event.id);
        for event in &page {
            output.record("event", rows::named_event(event))?;
        }
    }
}

fn text(events: &[NamedEvent], has_more: bool, output: &Output) -> String {
    if events.is_empty() {
        return "No event fits.\n".to_owned();
    }
    let told: Vec<Told> = events.iter().map(row).collect();
    let told = flow(&told, output.sentences, output.colours);
    if has_more {
        let more = "Older ones are left out: --all shows every event, -n N the newest N.";
        return format!("{told}{}\n", paint(more, Tone::Faint, output.colours));
    }
    told
}

fn row(named: &NamedEvent) -> Told {
    let event = &named.event;
    let story = story::sentence(event);
    let text = match &named.album {
        Some(album) => format!("slide of {}: {}", plain(album), story.text),
        None => story.text,
    };
    let item = named.shortcode.as_ref().or(event.media_id.as_ref());
    Told {
        cells: vec![
            event.at.to_string().into(),
            plain(&event.account).into(),
            Cell::toned(item.map(|item| plain(item)).unwrap_or_default(), Tone::Heading),
        ],
        sentence: Cell::toned(text, story.tone),
    }
}
