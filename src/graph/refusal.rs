//! The API's own error, as it came.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use super::json::{self, Member};
use crate::domain::Field;
use crate::redact;

/// What the envelope `{"error":{…}}` said.
///
/// Only `code` and `message` have always been there; messages are in the language of the
/// account, so that decisions rest on the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    pub(super) code: Option<i64>,
    pub(super) subcode: Option<i64>,
    pub(super) is_transient: Option<bool>,
    /// The message without credentials, not yet cut for display.
    pub(super) message: String,
    /// The API's name of this very answer, which its support asks for.
    pub(super) trace: Option<String>,
}

impl Refusal {
    /// Reads the envelope of an answer; nothing when it has none.
    pub(super) fn read(answer: &[Member<'_>]) -> Option<Self> {
        let error = json::member(answer, "error").filter(|error| !json::is_null(error))?;
        let Some(members) = json::members(error) else {
            let message = redact::scrub_message(error.get()).into_owned();
            return Some(Self { message, ..Self::default() });
        };
        let integer = |key| value(&members, key, json::as_integer);
        let text = |key| value(&members, key, json::as_text);
        Some(Self {
            code: integer("code"),
            // 0 stands for none.
            subcode: integer("error_subcode").filter(|subcode| *subcode != 0),
            is_transient: value(&members, "is_transient", json::as_boolean),
            message: text("message")
                .map(|text| redact::scrub_message(&text).into_owned())
                .unwrap_or_default(),
            trace: text("fbtrace_id").filter(|trace| is_word(trace)).map(Cow::into_owned),
        })
    }
}

fn value<'a, T: 'a>(
    members: &[Member<'a>],
    key: &str,
    read: impl FnOnce(&'a RawValue) -> Field<T>,
) -> Option<T> {
    match read(json::member(members, key)?) {
        Field::Value(value) => Some(value),
        Field::Absent | Field::Null | Field::Unreadable => None,
    }
}

fn is_word(text: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'+');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

impl fmt::Display for Refusal {
    /// One line: the message, shortened and without control characters, and the numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 200;
        if self.message.is_empty() {
            f.write_str("no message")?;
        }
        for character in self.message.chars().take(LONGEST) {
            if character.is_control() || is_invisible(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        if self.message.chars().nth(LONGEST).is_some() {
            f.write_str("…")?;
        }
        match (self.code, self.subcode) {
            (Some(code), Some(subcode)) => write!(f, " (code {code}, subcode {subcode}")?,
            (Some(code), None) => write!(f, " (code {code}")?,
            (None, _) => f.write_str(" (no code")?,
        }
        if let Some(trace) = &self.trace {
            write!(f, ", trace {trace}")?;
        }
        f.write_str(")")
    }
}

/// Marks that turn the direction of a line around or hide in it.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
