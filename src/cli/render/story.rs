//! Events as sentences: what happened, between when and when, and how we know.
//!
//! The words never claim more than was seen: an item that left is "no longer available to this
//! token", since what became of it upstream cannot be known from here.

use serde_json::Value;

use facts::Facts;

use super::paint::Tone;
use super::reason;
use super::text::plain;
use super::units::count;
use crate::catalog::{EventKind, EventRow, ItemRow};
use crate::domain::Timestamp;
use crate::domain::absence::State;
use crate::domain::ledger::GapReason;

mod facts;

pub(crate) use facts::field;

/// What an event says, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// Tells an event in one sentence, without its item and its time.
pub(crate) fn sentence(event: &EventRow) -> Sentence {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or(Value::Null);
    tell(&event.kind, &Facts::of(event, &detail))
}

/// As [`sentence`], for an event about no single item that was not read from the catalog.
pub(crate) fn sentence_of(
    kind: &str,
    walk: Option<i64>,
    at: Timestamp,
    detail: &Value,
) -> Sentence {
    tell(kind, &Facts { at: at.to_string(), role: None, walk, detail })
}

fn tell(kind: &str, facts: &Facts<'_>) -> Sentence {
    let Some(kind) = EventKind::from_word(kind) else {
        return Sentence { text: plain(&kind.replace('_', " ")), tone: Tone::Normal };
    };
    Sentence { text: plain(&words(kind, facts)), tone: tone(kind, facts) }
}

/// What the state of an item means when it is not present, from the last event that led to it.
pub(crate) fn absence(item: &ItemRow, events: &[EventRow]) -> Option<String> {
    let led = |event: &&EventRow| {
        event.kind == item.state && event.media_id.as_ref() == Some(&item.media_id)
    };
    let since = || {
        let event = events.iter().rev().find(led);
        let detail: Value = event.and_then(|event| serde_json::from_str(&event.detail).ok())?;
        event.map(|event| format!(" since {}", Facts::of(event, &detail).between()))
    };
    let since = || since().unwrap_or_default();
    let text = match State::from_word(&item.state)? {
        State::Present => return None,
        State::Missing => format!("not listed{}, not confirmed", since()),
        State::Unlisted => format!("answers by its id and is in no list{}", since()),
        State::Gone => format!("no longer available to this token{}", since()),
        State::Expired => "its day as a story is over".to_owned(),
        State::Unreachable => "older than the newest 10 000, all that the API lists".to_owned(),
    };
    Some(plain(&text))
}

fn words(kind: EventKind, facts: &Facts<'_>) -> String {
    match kind {
        EventKind::FirstSeen => "seen for the first time".to_owned(),
        EventKind::Changed => format!("{} changed", facts.fields()),
        EventKind::ItemUnreadable => unreadable(facts),
        EventKind::UrlAbsent => {
            format!("the API has given no address for {} from the start", facts.file())
        }
        EventKind::FieldDropped => format!(
            "the API {} refuses the field {}: left out, and asked for again every week",
            facts.text("api_version"),
            facts.text("field")
        ),
        EventKind::AccountRenamed => {
            format!("the account is now called {}, before {}", facts.text("new"), facts.text("old"))
        }
        EventKind::WalkPartial => walk_partial(facts),
        EventKind::Damaged => {
            format!("{} is {} in the archive", facts.version(), facts.text("verdict"))
        }
        EventKind::Repaired => format!("{} is intact again", facts.version()),
        EventKind::Missing => missing(facts),
        EventKind::Unlisted => unlisted(facts),
        EventKind::Gone => gone(facts),
        EventKind::Expired => {
            "its day as a story is over: no longer listed, as expected".to_owned()
        }
        EventKind::Unreachable => {
            "older than the newest 10 000 posts, which are all that the API lists".to_owned()
        }
        EventKind::Returned => returned(facts),
        EventKind::LateArrival => format!(
            "new to us, though published {} and walk {} had proven that time complete on {}",
            facts.text("published_at"),
            facts.text("proven_by_walk"),
            facts.text("proven_at")
        ),
        EventKind::UrlLost => url_lost(facts),
        EventKind::UrlRegained => {
            let since = facts.optional("lost_at").map(|at| format!("; it had none since {at}"));
            format!("the API gives an address for {} again{}", facts.file(), or_nothing(since))
        }
        EventKind::WorseAnswer => format!(
            "an answer came without {} and worse in other ways too: kept beside, what was known stays",
            facts.fields()
        ),
        EventKind::ObserverChanged => observer_changed(facts),
        EventKind::WalkDisproved => format!(
            "{} skipped {} that the list has: it proves nothing",
            facts.this_walk(),
            counted(facts.length("items"), "item")
        ),
        EventKind::WalkHeld => walk_held(facts),
        EventKind::HoldEnded => hold_ended(facts),
        EventKind::GapOpened => format!("not proven: {}", gap(facts)),
        // Another reason or span is another gap, so that the end of one does not say "proven".
        EventKind::GapClosed => format!("end of the gap: {}", gap(facts)),
        EventKind::CountDiffers => {
            let usual = facts.number("offset");
            let usual = usual.map(|offset| format!(", where {} is usual", signed(offset)));
            format!("{}{}", difference(facts), or_nothing(usual))
        }
        EventKind::CountLearned => format!("{}: taken for usual from now on", difference(facts)),
        EventKind::CatalogRestored => catalog_restored(facts),
    }
}

fn tone(kind: EventKind, facts: &Facts<'_>) -> Tone {
    match kind {
        EventKind::Gone | EventKind::Damaged => Tone::Bad,
        EventKind::UrlLost if facts.detail["held"] != true => Tone::Bad,
        EventKind::Missing
        | EventKind::Unlisted
        | EventKind::UrlLost
        | EventKind::ItemUnreadable
        | EventKind::FieldDropped
        | EventKind::WalkPartial
        | EventKind::LateArrival
        | EventKind::WorseAnswer
        | EventKind::ObserverChanged
        | EventKind::WalkDisproved
        | EventKind::WalkHeld
        | EventKind::GapOpened
        | EventKind::CountDiffers
        | EventKind::CatalogRestored => Tone::Warning,
        EventKind::Returned
        | EventKind::UrlRegained
        | EventKind::Repaired
        | EventKind::GapClosed => Tone::Good,
        EventKind::Expired | EventKind::Unreachable | EventKind::UrlAbsent => Tone::Faint,
        EventKind::FirstSeen
        | EventKind::Changed
        | EventKind::AccountRenamed
        | EventKind::HoldEnded
        | EventKind::CountLearned => Tone::Normal,
    }
}

fn catalog_restored(facts: &Facts<'_>) -> String {
    let aside = facts.optional("replaced").map(|path| format!("; the former one is in {path}"));
    let last = facts.number("replaced_event").map(|event| format!(" and goes on to event {event}"));
    format!(
        "the catalog was restored from a copy: what it said after the event before this one is known \
         no more{}{}",
        or_nothing(aside),
        or_nothing(last)
    )
}

fn unreadable(facts: &Facts<'_>) -> String {
    match facts.optional("reason") {
        Some(reason) => format!(
            "an item of the list of {} could not be read: {reason}; its text is kept",
            reason::things(&facts.text("edge"))
        ),
        None => format!("{} could not be read; the text is kept", facts.fields()),
    }
}

fn walk_partial(facts: &Facts<'_>) -> String {
    let why = facts.optional("reason").map(|word| format!(": {}", reason::of_walk(&word)));
    format!(
        "{} of the {} proved nothing about absence{}",
        facts.this_walk(),
        reason::things(&facts.text("edge")),
        or_nothing(why)
    )
}

fn missing(facts: &Facts<'_>) -> String {
    let (since, answer) = (facts.between(), facts.answer());
    match facts.text("from").as_str() {
        "missing" => format!("still not listed, since {since}, not confirmed; {answer}"),
        "unlisted" => format!("in no list since {since}, and does not answer any more; {answer}"),
        _ => format!(
            "not listed since {since} ({} did not list it), not confirmed; {answer}",
            facts.missing_walk()
        ),
    }
}

fn unlisted(facts: &Facts<'_>) -> String {
    let since = facts.between();
    match facts.text("from").as_str() {
        "gone" => format!("answers by its id again, and is in no list since {since}"),
        _ => format!(
            "answers by its id and is in no list since {since}: it exists, and is not shown"
        ),
    }
}

fn gone(facts: &Facts<'_>) -> String {
    let asked = match facts.optional("struck_at") {
        Some(first) => format!(", on {first} and on {}", facts.at),
        None => String::new(),
    };
    format!(
        "no longer available to this token since {}: not listed by two walks, asked for twice{asked}, and both times listed items answered and this one did not exist",
        facts.between()
    )
}

fn returned(facts: &Facts<'_>) -> String {
    let since = facts.optional("first_missing_at").map(|at| format!(" since {at}"));
    let since = or_nothing(since);
    match facts.text("from").as_str() {
        "missing" => format!("listed again; it was not listed{since}"),
        "unlisted" => format!("listed again; it was in no list{since} and answered by its id"),
        "gone" => format!("there again; it was not available to this token{since}"),
        _ => "listed again".to_owned(),
    }
}

fn url_lost(facts: &Facts<'_>) -> String {
    let last = facts.optional("last_url_at");
    let since = facts.optional("lost_at").unwrap_or_else(|| facts.at.clone());
    let between = last.map_or_else(|| since.clone(), |last| format!("between {last} and {since}"));
    let held = match (facts.detail["held"] == true, facts.optional("verified_at")) {
        (true, Some(verified)) => format!("we hold the file, read and found intact on {verified}"),
        (true, None) => "we hold the file".to_owned(),
        (false, _) => "we do not hold it".to_owned(),
    };
    format!("the API gives no address for {} any more since {between}; {held}", facts.file())
}

fn observer_changed(facts: &Facts<'_>) -> String {
    let items = facts.number("items").unwrap_or(0);
    let what = match facts.text("what").as_str() {
        "at_signs" => format!("{} lost their @ signs at once", counted(items, "caption")),
        _ => format!(
            "{} came without {} all at once",
            counted(items, "item"),
            field(&facts.text("field"))
        ),
    };
    let (before, now) = (facts.text("api_version_before"), facts.text("api_version_now"));
    let version =
        if before == now { String::new() } else { format!(" (API {before} before, {now} now)") };
    format!("{what}{version}: a change of the API and no edit; what was known stays")
}

fn walk_held(facts: &Facts<'_>) -> String {
    let lost = format!(
        "{} of {}",
        number(facts.number("items").unwrap_or(0)),
        number(facts.number("looked_at").unwrap_or(0))
    );
    let what = reason::of_hold(&facts.text("kind"), &facts.text("reason"));
    let walk = facts.walk.unwrap_or(0);
    format!("{lost} {what}: held, nothing of it is believed; mediakeep accept {walk} believes it")
}

fn hold_ended(facts: &Facts<'_>) -> String {
    let walk = facts.text("held_walk");
    let items = facts.number("items").unwrap_or(0);
    let is = if items == 1 { "is" } else { "are" };
    let (things, lost) = match facts.text("kind").as_str() {
        "url" if items == 1 => ("1 address".to_owned(), "absent"),
        "url" => (format!("{} addresses", number(items)), "absent"),
        _ => (counted(items, "item"), "missing"),
    };
    match facts.text("by").as_str() {
        "confirmed" => {
            format!("{things} held since walk {walk} {is} {lost} in a later walk too: believed")
        }
        "accepted" => {
            format!("walk {walk} was accepted by a person: {things} {is} {lost} since then")
        }
        _ => {
            format!("walk {walk} was wrong: of its {things} some are there again; nothing is lost")
        }
    }
}

fn gap(facts: &Facts<'_>) -> String {
    let reason = GapReason::from_word(&facts.text("reason"));
    format!("{} ({})", facts.span(), reason::of_gap(&reason))
}

fn difference(facts: &Facts<'_>) -> String {
    let (api, listed) = (facts.number("api").unwrap_or(0), facts.number("listed").unwrap_or(0));
    format!(
        "the account counts {} and lists {}, a difference of {}",
        counted(api, "post"),
        number(listed),
        signed(api - listed)
    )
}

fn number(number: i64) -> String {
    count(u64::try_from(number).unwrap_or(0))
}

fn signed(number: i64) -> String {
    if number < 0 { format!("−{}", count(number.unsigned_abs())) } else { self::number(number) }
}

fn counted(number: i64, noun: &str) -> String {
    super::units::counted(u64::try_from(number).unwrap_or(0), noun)
}

fn or_nothing(text: Option<String>) -> String {
    text.unwrap_or_default()
}

#[cfg(test)]
mod tests;
