//! The folder in plain words: what it shows, how to check it, what it cannot show.

use serde_json::Value;

use super::{Case, Proof, ProofOrder};
use crate::catalog::EventRow;

/// The text of README.txt.
pub(super) fn text(case: &Case, proof: &Proof, order: &ProofOrder<'_>, archive_id: &str) -> String {
    let item = &case.detail.item;
    let mut text = String::from("Evidence about one item of an Instagram account\n\n");
    let mut line = |name: &str, value: &str| {
        text.extend([format!("{name:<11}{}\n", one_line(value))]);
    };
    line("Item", &item.media_id);
    line("Address", item.permalink.as_deref().unwrap_or("none was given"));
    line("Account", &item.account);
    line("Published", &item.published_at.map_or_else(|| "unknown".to_owned(), |at| at.to_string()));
    line("State", &item.state);
    line("Written", &format!("{} by mediakeep {}", order.now, order.program_version));
    line("Archive", archive_id);
    text.push_str("\nWHAT THIS SHOWS\n\n");
    text.push_str(&state(case));
    for event in &case.events {
        text.extend([format!("{}  event {}: {}\n", event.at, event.id, sentence(event))]);
    }
    text.extend([format!(
        "\nThe account's events from the first of these to the newest are {} in number. Each carries the digest of the\n\
         one before, so that none can be altered, removed or put between without every later digest changing.\n\
         Newest digest: {}\n",
        proof.chained,
        proof.head.as_deref().unwrap_or("none"),
    )]);
    text.extend([format!(
        "{} of the item's files are held; files.sha256 names them by their SHA-256.\n",
        proof.files
    )]);
    text.push_str(HOW);
    text
}

const HOW: &str = "
HOW TO CHECK

    sha256sum -c SHA256SUMS     no file of this folder was altered since it was written
    python3 check.py            recomputes the chain, and compares every answer with its digest
    sha256sum -c files.sha256   in the archive's directory: the held files are the same bytes

check.py has 30 lines at most and needs nothing but Python 3. docs/evidence.md of mediakeep explains the chain,
and how to recompute one digest with printf and sha256sum.

WHAT IS WHERE

    item.json        the item as it is known, its files, and how its fields changed
    events.jsonl     what happened to the item and its slides, one event a line
    chain.jsonl      all events of the account since then, with exactly the values that each digest covers
    requests.jsonl   the questions and list pages that the events rest on, each with the digest of its answer;
                     pages that prove no absence are kept for a limited time
    responses/       those answers, each named by its SHA-256. A page of a list is whole, because only the whole
                     list can show that an item is not in it: it has the account's other posts of that day, too
    walks.json       the readings of the list: what they asked for, how, and what they proved to have seen
    files.sha256     the held files, by digest and path in the archive
    files/           the files themselves, when they were asked for
    SHA256SUMS       digests of all of this, written last

WHAT THIS CANNOT SHOW

- Why. \"No longer available to this token\" is what can be observed: an item that its owner removed or put into
  the archive, one that the platform took down, and a right that was withdrawn look the same from outside.
- When, to the minute. An event lies between two looks, and both times are given. They are this computer's;
  server_at is the API's own.
- That no one wrote this whole folder anew. The API does not sign its answers. The chain shows that nothing was
  altered since one of its digests became known elsewhere: compare with a digest that somebody else has had.
- More of the answers than is kept: tokens, signatures of addresses and counts are taken out before they are stored.
";

/// One sentence about now.
fn state(case: &Case) -> String {
    let item = &case.detail.item;
    let last = item.last_seen_at;
    let sentence = match item.state.as_str() {
        "present" => format!("The API last showed this item at {last}."),
        "missing" => {
            format!("The API has not listed this item since {last}. That is not confirmed yet.")
        }
        "unlisted" => format!(
            "The API has not listed this item since {last}, and answers when it is asked for by its id."
        ),
        "gone" => {
            let confirmed = case.events.iter().rfind(|event| event.kind == "gone");
            let since = confirmed.map_or_else(|| format!("after {last}"), between);
            format!("This item is no longer available to this token since {since}.")
        }
        "expired" => {
            format!("This is a story whose day is over; the API last showed it at {last}.")
        }
        "unreachable" => format!(
            "This item is older than the oldest that the API lists; it last showed it at {last}."
        ),
        other => format!(
            "The state of this item is {}; the API last showed it at {last}.",
            one_line(other)
        ),
    };
    format!("{sentence}\n\n")
}

/// What an event says, in words.
fn sentence(event: &EventRow) -> String {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let named = |key: &str| match &detail[key] {
        Value::String(text) => one_line(text),
        Value::Null => "?".to_owned(),
        other => one_line(&other.to_string()),
    };
    let role = event.role.as_deref().unwrap_or("file");
    let walk = event.walk_id.map(|walk| format!("walk {walk}"));
    let walk = walk.unwrap_or_else(|| "a question by its id".to_owned());
    let gone = || format!("no longer available to this token since {}", between(event));
    match event.kind.as_str() {
        "first_seen" => format!("first shown by the API ({walk})."),
        "changed" => format!("another value of {} ({walk}).", list(&detail["fields"])),
        "missing" => {
            format!("{walk} reached the end of its list without it: {}; not confirmed.", gone())
        }
        "unlisted" => {
            format!("not in the list of {walk}, and it answers when asked for by its id.")
        }
        "gone" => format!(
            "confirmed: a second list, of {walk}, was read to its end without it, and asked for by its id it twice \
             did not exist while another item of the account answered: {}.",
            gone()
        ),
        "expired" => "a story whose day is over.".to_owned(),
        "unreachable" => "older than the oldest item that the API lists.".to_owned(),
        "returned" => format!("shown by the API again ({walk}); it had been {}.", named("from")),
        "late_arrival" => {
            format!("new to us although its day had been read whole before ({walk}).")
        }
        "url_absent" => format!("the API gave no address for its {role}."),
        "url_lost" => format!("the API gives no address for its {role} any more ({walk})."),
        "url_regained" => format!("the API gives an address for its {role} again ({walk})."),
        "worse_answer" => format!(
            "an answer showed less of {} than is known; what is known was kept ({walk}).",
            list(&detail["fields"])
        ),
        "item_unreadable" => "an answer about it could not be read in part.".to_owned(),
        "damaged" => format!("the kept {role} was found {}.", named("verdict")),
        "repaired" => format!("the kept {role} is whole again."),
        other => format!("{}.", one_line(&other.replace('_', " "))),
    }
}

/// The two looks between which an item left.
fn between(event: &EventRow) -> String {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let at = |key: &str| detail[key].as_str().map(one_line);
    let last_seen = at("last_seen_at").unwrap_or_else(|| "the last look".to_owned());
    let missing = at("first_missing_at").unwrap_or_else(|| event.at.to_string());
    format!("between {last_seen} and {missing}")
}

fn list(names: &Value) -> String {
    let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
    one_line(&names.collect::<Vec<_>>().join(", "))
}

/// A text of others on one line: without what moves a cursor or turns a line around.
fn one_line(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect()
}
