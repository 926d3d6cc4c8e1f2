//! Naming the texts that come in place of a file: error pages, logins, API answers.

use std::fmt;

/// A kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    Html,
    Svg,
    Xml,
    Json,
    Plain,
}

impl fmt::Display for TextKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Html => "a page of HTML",
            Self::Svg => "an SVG drawing",
            Self::Xml => "an XML document",
            Self::Json => "a JSON document",
            Self::Plain => "plain text",
        })
    }
}

/// Looks at the first bytes; nothing when they are no text.
pub(super) fn kind(head: &[u8]) -> Option<TextKind> {
    const ENOUGH: usize = 4096;
    let head = &head[..head.len().min(ENOUGH)];
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut in the middle.
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    if text.contains(binary) {
        return None;
    }
    let text = text.trim_start().to_ascii_lowercase();
    Some(match text.chars().next() {
        Some('<') if text.contains("<svg") => TextKind::Svg,
        Some('<') if text.starts_with("<?xml") && !text.contains("<html") => TextKind::Xml,
        Some('<') => TextKind::Html,
        Some('{' | '[') => TextKind::Json,
        _ => TextKind::Plain,
    })
}
