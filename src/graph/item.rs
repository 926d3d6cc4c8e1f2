//! Reads one item of an answer.

use serde_json::value::RawValue;

use super::json::{self, Member};
use super::page::UnreadableItem;
use super::raw::{self, Children, Depth};
use crate::domain::{Field, Link, MediaId, MediaType, Observation};
use crate::redact;

/// How much of an unreadable item is kept.
const KEPT_OF_UNREADABLE: usize = 64 * 1024;

/// Reads an item and the slides inside it; slides that cannot be read are added to `unreadable`.
///
/// An item is unreadable only when it is no object, has no usable id, or is nested without
/// reason: any single field may be odd.
pub(super) fn read_item(
    value: &RawValue,
    unreadable: &mut Vec<UnreadableItem>,
) -> Result<Observation, UnreadableItem> {
    read(value, Level::Item(unreadable))
}

/// Where an item stands: a slide has no slides of its own.
enum Level<'a> {
    Item(&'a mut Vec<UnreadableItem>),
    Slide,
}

fn read(value: &RawValue, level: Level<'_>) -> Result<Observation, UnreadableItem> {
    let Some(members) = json::members(value) else {
        return Err(describe(value, "it is no object".to_owned()));
    };
    let mut item = match id(&members) {
        Ok(id) => Observation::empty(id),
        Err(reason) => return Err(describe(value, reason.to_owned())),
    };
    for (key, value) in &members {
        read_field(&mut item, key, value);
    }
    // What could not be read as slides has its text in the raw item.
    let mut children = Children::Keep;
    if let Level::Item(unreadable) = level {
        let unreadable_before = unreadable.len();
        if let Some(value) = json::member(&members, "children") {
            item.children = slides(&item.id, value, unreadable);
        }
        if item.children != Field::Unreadable && unreadable.len() == unreadable_before {
            children = Children::LeaveOut;
        }
    }
    item.raw = String::with_capacity(value.get().len() / 2);
    match raw::clean_item(&members, children, &mut item.raw) {
        Depth::Whole => Ok(item),
        Depth::Cut => Err(describe(value, "it is nested too deeply".to_owned())),
    }
}

fn id(members: &[Member<'_>]) -> Result<MediaId, &'static str> {
    let value = json::member(members, "id").ok_or("it has no id")?;
    match json::as_text(value) {
        Field::Value(text) => text.parse().map_err(|_| "its id cannot be an id"),
        Field::Absent | Field::Null | Field::Unreadable => Err("its id is no text"),
    }
}

fn read_field(item: &mut Observation, key: &str, value: &RawValue) {
    match key {
        "media_type" => item.media_type = text(value).map(MediaType::from),
        "media_product_type" => item.media_product_type = text(value),
        "caption" => item.caption = text(value),
        "alt_text" => item.alt_text = text(value),
        "permalink" => item.permalink = text(value),
        "shortcode" => item.shortcode = text(value),
        "timestamp" => {
            item.published_at = json::as_text(value).and_then(|text| text.trim().parse());
        }
        "username" => item.username = text(value),
        "owner" => item.owner_id = owner(value),
        "like_count" => item.like_count = json::as_integer(value),
        "comments_count" => item.comments_count = json::as_integer(value),
        "is_comment_enabled" => item.is_comment_enabled = json::as_boolean(value),
        "is_shared_to_feed" => item.is_shared_to_feed = json::as_boolean(value),
        "media_url" => item.media_url = link(value),
        "thumbnail_url" => item.thumbnail_url = link(value),
        // Every other field stands in the raw item, slides apart.
        _ => {}
    }
}

fn text(value: &RawValue) -> Field<String> {
    json::as_text(value).map(|text| match redact::scrub(&text) {
        std::borrow::Cow::Borrowed(_) => text.into_owned(),
        std::borrow::Cow::Owned(scrubbed) => scrubbed,
    })
}

/// `{"id":"…"}`, or the id alone.
fn owner(value: &RawValue) -> Field<String> {
    match json::members(value) {
        Some(members) => json::member(&members, "id").map_or(Field::Unreadable, text),
        None => text(value),
    }
}

fn link(value: &RawValue) -> Field<Link> {
    if json::is_null(value) {
        return Field::Null;
    }
    match json::string(value) {
        Some(url) if !url.is_empty() => Field::Value(Link::new(&url)),
        Some(_) | None => Field::Unreadable,
    }
}

/// `{"data":[…]}`, or the list alone.
fn slides(
    parent: &MediaId,
    value: &RawValue,
    unreadable: &mut Vec<UnreadableItem>,
) -> Field<Vec<Observation>> {
    if json::is_null(value) {
        return Field::Null;
    }
    let list = match json::members(value) {
        Some(members) => json::member(&members, "data"),
        None => Some(value),
    };
    let Some(list) = list.and_then(json::elements) else {
        return Field::Unreadable;
    };
    let mut slides = Vec::with_capacity(list.len());
    for (position, slide) in list.into_iter().enumerate() {
        match read(slide, Level::Slide) {
            Ok(slide) => slides.push(slide),
            Err(mut slide) => {
                slide.reason = format!("slide {} of item {parent}: {}", position + 1, slide.reason);
                unreadable.push(slide);
            }
        }
    }
    Field::Value(slides)
}

/// Keeps of an unreadable item what may be kept.
pub(super) fn describe(value: &RawValue, reason: String) -> UnreadableItem {
    let mut raw = String::new();
    raw::clean(value, &mut raw);
    let cut = (0..=KEPT_OF_UNREADABLE.min(raw.len())).rev().find(|at| raw.is_char_boundary(*at));
    raw.truncate(cut.unwrap_or(0));
    UnreadableItem { raw, reason }
}

#[cfg(test)]
mod tests;
