//! Lists: what a page is asked for, what it holds, and where the next one begins.

use std::fmt;

use serde_json::value::RawValue;
use url::Url;

use super::body::{self, Secrets};
use super::fields::FieldSet;
use super::item;
use super::json::{self, Member};
use super::kept::{PageText, Slides};
use crate::domain::{Edge, Observation, Window};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    pub edge: Edge,
    /// Sent only for lists that take one ([`Edge::has_windows`]).
    pub window: Window,
    /// Items per page; the API has been seen to serve up to 100.
    pub limit: u16,
    /// Where to go on; absent for the first page.
    pub after: Option<Cursor>,
    pub fields: FieldSet,
}

/// What a page listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub items: Vec<Observation>,
    /// Items, and slides of items, that are no items to us; they cost nothing but themselves.
    pub unreadable: Vec<UnreadableItem>,
    /// Where the next page begins; absent at the end of the list.
    pub next: Option<Cursor>,
}

/// An entry of a list that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableItem {
    /// What came, as compact JSON with credentials taken out, cut after 64 KiB.
    pub raw: String,
    /// Why it is no item.
    pub reason: String,
}

/// A place in a list, in the API's own words; worth nothing after the walk.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// Longer ones do not fit into an address; captured ones have about 120 characters.
    const LONGEST: usize = 2048;

    pub(super) fn new(text: &str) -> Option<Self> {
        (1..=Self::LONGEST).contains(&text.len()).then(|| Self(text.to_owned()))
    }

    /// The cursor as the API gave it, not percent-encoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a well-formed answer is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPage {
    #[error("it is no JSON object")]
    NoObject,
    #[error("it holds no list")]
    NoList,
    #[error("it announces a next page without saying where that begins")]
    NoCursor,
}

impl Page {
    /// Reads a page from the body of an answer.
    ///
    /// # Errors
    /// Only for a body that is no list at all: an odd item becomes an [`UnreadableItem`].
    pub fn from_body(edge: Edge, body: &[u8]) -> Result<Self, NoPage> {
        let body = body::readable(body, &Secrets::none());
        Self::read(edge, &json::open(&body).ok_or(NoPage::NoObject)?).map(|(page, _)| page)
    }

    /// The page and the text that is kept of it.
    pub(super) fn read(edge: Edge, answer: &[Member<'_>]) -> Result<(Self, String), NoPage> {
        let data = json::member(answer, "data").and_then(json::elements).ok_or(NoPage::NoList)?;
        let mut page = Self { items: Vec::with_capacity(data.len()), ..Self::default() };
        let mut text = PageText::with_capacity(data.iter().map(|value| value.get().len()).sum());
        for value in data {
            let unreadable_before = page.unreadable.len();
            match item::read_item(value, &mut page.unreadable) {
                Ok(item) => {
                    let all_read = page.unreadable.len() == unreadable_before;
                    text.add_item(&item, if all_read { Slides::Apart } else { Slides::Inside });
                    page.items.push(item);
                }
                Err(item) => {
                    text.add_unreadable(&item);
                    page.unreadable.push(item);
                }
            }
        }
        let empty = page.items.is_empty() && page.unreadable.is_empty();
        // An empty `paging` has been seen as `{}`, as `[]` and not at all.
        let paging = json::object(answer, "paging").unwrap_or_default();
        page.next = next(edge, &paging, empty)?;
        let text = text.finish(answer, next_address(&paging).is_some());
        Ok((page, text))
    }
}

/// A list goes on while there is a `next`, however short or empty its pages are; a cursor
/// alone says nothing, because the last page has one too. Lists that never have a `next` go on
/// while there is a cursor behind a page with something in it.
fn next(edge: Edge, paging: &[Member<'_>], empty: bool) -> Result<Option<Cursor>, NoPage> {
    let cursors = json::object(paging, "cursors").unwrap_or_default();
    let after = json::member(&cursors, "after").map(json::as_text);
    let after = after.as_ref().and_then(|after| after.value()).and_then(|after| Cursor::new(after));
    match next_address(paging) {
        Some(next) => after.or_else(|| after_in(next)).map(Some).ok_or(NoPage::NoCursor),
        None if edge.ends_by_next() || empty => Ok(None),
        None => Ok(after),
    }
}

fn next_address<'a>(paging: &[Member<'a>]) -> Option<&'a RawValue> {
    json::member(paging, "next").filter(|next| !json::is_null(next))
}

/// The cursor inside the address of the next page, which is never followed: it carries the
/// token, and may name another host or version.
fn after_in(next: &RawValue) -> Option<Cursor> {
    let address = Url::parse(&json::string(next)?).ok()?;
    let (_, after) = address.query_pairs().find(|(key, _)| key == "after")?;
    Cursor::new(&after)
}

#[cfg(test)]
mod tests;
