//! An item's answer as it is kept: what was said, without what changes at every read and
//! without anything secret.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::json::{self, Member};
use crate::domain::{Field, Link};
use crate::redact;

/// Values nested deeper than this are cut: no answer of the reference has more than six levels.
const DEEPEST: usize = 32;

/// What stands in place of a value that is nested too deeply.
const CUT: &str = "\"[nested too deeply]\"";

/// Whether the whole value was within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    Whole,
    Cut,
}

/// Writes a value as compact JSON with its keys in the order received.
///
/// Counts and `paging` go, addresses of files shrink to the fact that there was one, and
/// credentials are taken out, so that equal text means unchanged content.
pub(super) fn clean(value: &RawValue, out: &mut String) -> Depth {
    write_value(value, Texts::Anybodys, 0, out)
}

/// As [`clean`], and takes words that look like a token out of texts: a refusal has been seen to
/// repeat the token that it refuses, and says nothing else that is long.
pub(super) fn clean_refusal(value: &RawValue, out: &mut String) -> Depth {
    write_value(value, Texts::OfTheApi, 0, out)
}

/// As [`clean`], for an item whose members are at hand and whose `children` may be left out,
/// because they are items of their own.
pub(super) fn clean_item(members: &[Member<'_>], children: Children, out: &mut String) -> Depth {
    write_object(members, Texts::Anybodys, children, 0, out)
}

/// Whose words the texts of an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    /// Captions and names, in which a long word is worth keeping.
    Anybodys,
    /// Messages about the request.
    OfTheApi,
}

/// What becomes of an item's `children`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Children {
    LeaveOut,
    Keep,
}

fn write_value(value: &RawValue, texts: Texts, depth: usize, out: &mut String) -> Depth {
    if depth > DEEPEST {
        out.push_str(CUT);
        return Depth::Cut;
    }
    if let Some(members) = json::members(value) {
        write_object(&members, texts, Children::Keep, depth, out)
    } else if let Some(elements) = json::elements(value) {
        out.push('[');
        let mut all = Depth::Whole;
        for (position, element) in elements.into_iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            all = all.and(write_value(element, texts, depth + 1, out));
        }
        out.push(']');
        all
    } else {
        match json::string(value).as_ref().map(|text| (text, texts.clean(text))) {
            Some((Cow::Borrowed(_), Cow::Borrowed(_))) | None => out.push_str(value.get()),
            Some((_, text)) => write_string(&text, out),
        }
        Depth::Whole
    }
}

fn write_object(
    members: &[Member<'_>],
    texts: Texts,
    children: Children,
    depth: usize,
    out: &mut String,
) -> Depth {
    out.push('{');
    let mut all = Depth::Whole;
    let mut first = true;
    for (key, value) in members {
        if passing(key, value) || (key == "children" && children == Children::LeaveOut) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        write_string(&texts.clean_key(key), out);
        out.push(':');
        if redact::names_credential(key) {
            write_string(redact::REDACTED, out);
        } else if is_file_address(key) && json::string(value).is_some_and(|url| !url.is_empty()) {
            out.push_str("true");
        } else {
            all = all.and(write_value(value, texts, depth + 1, out));
        }
    }
    out.push('}');
    all
}

impl Texts {
    fn clean(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Anybodys => unsigned(text),
            Self::OfTheApi => redact::scrub_message(text),
        }
    }

    fn clean_key(self, key: &str) -> Cow<'_, str> {
        match self {
            Self::Anybodys => redact::scrub(key),
            Self::OfTheApi => redact::scrub_message(key),
        }
    }
}

impl Depth {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole, Self::Whole) => Self::Whole,
            (Self::Cut, _) | (_, Self::Cut) => Self::Cut,
        }
    }
}

/// What changes without the content changing: counts, and cursors of nested lists. What only
/// calls itself a count is kept, because nobody else keeps it.
fn passing(key: &str, value: &RawValue) -> bool {
    key == "paging" || (key.ends_with("_count") && json::as_integer(value) != Field::Unreadable)
}

/// Fields whose value is a signed address of a file: even its path changes for videos (observed
/// in captured responses), so that only its presence is a fact.
fn is_file_address(key: &str) -> bool {
    matches!(key, "media_url" | "thumbnail_url")
}

/// A text without credentials; an address that was signed or belongs to a file host is reduced
/// to its path, because its host changes from one read to the next.
fn unsigned(text: &str) -> Cow<'_, str> {
    let scrubbed = redact::scrub(text);
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|rest| !rest.contains(char::is_whitespace)) else {
        return scrubbed;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let of_files = [".cdninstagram.com", ".fbcdn.net", ".fbsbx.com"]
        .iter()
        .any(|host| authority.ends_with(host));
    if of_files || authority.contains('@') || scrubbed != text {
        redact::scrub(Link::new(text).path()).into_owned().into()
    } else {
        scrubbed
    }
}

pub(super) fn write_string(text: &str, out: &mut String) {
    let needs_escape = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(needs_escape) {
        let (plain, after) = rest.split_at(at);
        out.push_str(plain);
        write_escape(after.as_bytes()[0], out);
        rest = &after[1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn write_escape(byte: u8, out: &mut String) {
    let short = match byte {
        b'"' | b'\\' => char::from(byte),
        b'\n' => 'n',
        b'\r' => 'r',
        b'\t' => 't',
        _ => 'u',
    };
    out.extend(['\\', short]);
    if short == 'u' {
        let digits = [0, 0, byte >> 4, byte & 15];
        out.extend(digits.iter().filter_map(|digit| char::from_digit((*digit).into(), 16)));
    }
}

#[cfg(test)]
mod tests;
