//! What is kept of an answer: the question and the cleaned text, so that it can be evidence.

use std::fmt;

use serde_json::value::RawValue;

use super::endpoint::Endpoint;
use super::fields::FieldSet;
use super::json::Member;
use super::page::UnreadableItem;
use super::raw::{self, Children, Depth};
use crate::domain::{Field, Observation};

/// One question to the API and its answer, without anything secret and without what changes at
/// every read, so that an answer that says the same again is the same text.
///
/// Does not print its text: that belongs into the catalog and not into a log.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Like `GET /v25.0/17841400000000111/media?fields=id,caption&limit=100&after=…`: not
    /// percent-encoded, no token, no proof, and `…` for the place in the list.
    pub request: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The body as compact JSON in the order received.
    pub text: String,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept(status {}, {} bytes)", self.status, self.text.len())
    }
}

/// Describes a request so that another person can ask the same again with a token of theirs.
pub(super) fn request(
    endpoint: &Endpoint,
    path: &[&str],
    fields: &FieldSet,
    query: &[(&str, String)],
) -> String {
    let mut text =
        format!("GET /{}/{}?fields={}", endpoint.version, path.join("/"), fields.as_query());
    for (name, value) in query {
        // A cursor is worth nothing after its walk, and may tell more than anybody knows.
        let value = if *name == "after" { "…" } else { value };
        text.extend(["&", name, "=", value]);
    }
    text
}

/// The cleaned text of a body that is one item, an account, or anything else in JSON.
pub(super) fn body(body: &str) -> String {
    cleaned(body, raw::clean)
}

/// The cleaned text of a refusal, in whose messages anything that looks like a token goes too.
pub(super) fn refusal(body: &str) -> String {
    cleaned(body, raw::clean_refusal)
}

fn cleaned(body: &str, clean: fn(&RawValue, &mut String) -> Depth) -> String {
    let mut text = String::with_capacity(body.len() / 2);
    // A value that is nested too deeply is cut where it is, which the text says itself.
    match serde_json::from_str(body).map(|value| clean(value, &mut text)) {
        Ok(Depth::Whole | Depth::Cut) | Err(_) => text,
    }
}

/// The text of a page, put together from the texts of its items, which are cleaned already.
pub(super) struct PageText(String);

impl PageText {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes);
        text.push_str("{\"data\":[");
        Self(text)
    }

    /// Adds an item; slides that were taken out of its text to be items of their own go back in,
    /// as its last member.
    pub(super) fn add_item(&mut self, item: &Observation, slides: Slides) {
        self.begin_element();
        let out = &mut self.0;
        let begun = item.raw.strip_suffix('}').unwrap_or(&item.raw);
        match (&item.children, slides) {
            (Field::Value(slides), Slides::Apart) => {
                out.extend([begun, ",\"children\":{\"data\":["]);
                for (position, slide) in slides.iter().enumerate() {
                    out.push_str(if position > 0 { "," } else { "" });
                    out.push_str(&slide.raw);
                }
                out.push_str("]}}");
            }
            (Field::Null, Slides::Apart) => out.extend([begun, ",\"children\":null}"]),
            (Field::Absent | Field::Unreadable, Slides::Apart) | (_, Slides::Inside) => {
                out.push_str(&item.raw);
            }
        }
    }

    /// Adds what is no item; when it was too long to be kept whole, as a text.
    pub(super) fn add_unreadable(&mut self, item: &UnreadableItem) {
        self.begin_element();
        if serde_json::from_str::<&RawValue>(&item.raw).is_ok() {
            self.0.push_str(&item.raw);
        } else {
            raw::write_string(&item.raw, &mut self.0);
        }
    }

    /// Ends the list and adds what stands beside it. Of `paging` only the fact stays that there
    /// is a next page: its absence is what ends a walk.
    pub(super) fn finish(mut self, answer: &[Member<'_>], goes_on: bool) -> String {
        self.0.push(']');
        let beside: Vec<Member<'_>> =
            answer.iter().filter(|(key, _)| key != "data").cloned().collect();
        let mut rest = String::new();
        // What is nested too deeply is cut where it is, which the text says itself.
        match raw::clean_item(&beside, Children::Keep, &mut rest) {
            Depth::Whole | Depth::Cut => {}
        }
        let rest = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            self.0.extend([",", rest]);
        }
        self.0.push_str(if goes_on { ",\"paging\":{\"next\":true}}" } else { "}" });
        self.0
    }

    fn begin_element(&mut self) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
    }
}

/// Where the slides of an item are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slides {
    /// In its text.
    Inside,
    /// Items of their own.
    Apart,
}

#[cfg(test)]
mod tests;
