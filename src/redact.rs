//! Takes credentials out of texts that others wrote: captions, raw answers, error messages.
//!
//! This is the second line of defence. The first is that a client takes its own token out of
//! every answer by value, before anything reads it; here credentials are known by their names
//! and looks alone.

use std::borrow::Cow;

/// What stands where a credential was.
pub const REDACTED: &str = "[redacted]";

/// Names whose value is a credential wherever they stand, also at the end of a longer name
/// (`fb_exchange_token`).
const CREDENTIALS: [&str; 8] = [
    "access_token",
    "exchange_token",
    "input_token",
    "refresh_token",
    "verify_token",
    "appsecret_proof",
    "client_secret",
    "app_secret",
];

/// Query parameters that sign the address of a file; too short to mean anything in prose.
const SIGNATURES: [&str; 3] = ["oh", "oe", "sig"];

/// Takes out what names itself a credential: `access_token=…`, `"client_secret":"…"`, and the
/// whole query of an address that carries a credential or the signature of a file host.
///
/// Everything else stays as it is, so that a caption with an ordinary link keeps it.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut edit = Edit::new(text);
    let mut at = 0;
    // Up to here no query is signed: a mark inside a harmless query is not looked at again.
    let mut harmless_to = 0;
    while let Some(step) = bytes[at..].iter().position(|byte| TRIGGER[usize::from(*byte)]) {
        at += step;
        let (sign, width) = sign_at(bytes, at);
        let found = match sign {
            Some(b'?') if at < harmless_to => None,
            Some(b'?') => {
                let (end, signed) = query(bytes, at + width);
                harmless_to = end;
                signed.then_some((at..end, ""))
            }
            Some(sign) => {
                credential_value(bytes, at, at + width, sign).map(|value| (value, REDACTED))
            }
            None => None,
        };
        at = match found {
            Some((range, replacement)) => edit.replace(range, replacement),
            None => at + 1,
        };
    }
    edit.finish()
}

/// As [`scrub`], and also takes out words that look like a token, for texts in which nothing
/// long is worth keeping: messages of the API ("Malformed access token EAA…").
pub fn scrub_message(text: &str) -> Cow<'_, str> {
    match scrub(text) {
        Cow::Borrowed(text) => without_token_words(text),
        Cow::Owned(text) => Cow::Owned(without_token_words(&text).into_owned()),
    }
}

/// Whether the value under this key is a credential.
pub fn names_credential(key: &str) -> bool {
    CREDENTIALS.iter().any(|name| ends_with(key.as_bytes(), name))
}

/// The bytes that can begin something to take out.
const TRIGGER: [bool; 256] = {
    let mut table = [false; 256];
    table[b'?' as usize] = true;
    table[b'=' as usize] = true;
    table[b':' as usize] = true;
    table[b'%' as usize] = true;
    table
};

/// The sign at a trigger, which may be percent-encoded, and its width.
fn sign_at(bytes: &[u8], at: usize) -> (Option<u8>, usize) {
    if bytes[at] != b'%' {
        return (Some(bytes[at]), 1);
    }
    let sign = match bytes.get(at + 1..at + 3) {
        Some(b"3F" | b"3f") => Some(b'?'),
        Some(b"3D" | b"3d") => Some(b'='),
        Some(b"3A" | b"3a") => Some(b':'),
        _ => None,
    };
    (sign, 3)
}

/// Where the query that begins here ends, and whether it must go.
fn query(bytes: &[u8], from: usize) -> (usize, bool) {
    let ends = |byte: &u8| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\'' | b'<' | b'>');
    let end = bytes[from..].iter().position(ends).map_or(bytes.len(), |length| from + length);
    let mut at = from;
    while let Some(step) = bytes[at..end].iter().position(|byte| matches!(byte, b'=' | b'%')) {
        at += step;
        if let (Some(b'='), _) = sign_at(bytes, at) {
            let name = name_before(bytes, at);
            if names_secret(name) || SIGNATURES.iter().any(|short| is(name, short)) {
                return (end, true);
            }
        }
        at += 1;
    }
    (end, false)
}

/// The value behind an assignment, when the name before it is a credential's.
fn credential_value(
    bytes: &[u8],
    sign_at: usize,
    from: usize,
    sign: u8,
) -> Option<std::ops::Range<usize>> {
    let name = name_before(bytes, sign_at);
    let signature = sign == b'=' && SIGNATURES.iter().any(|short| is(name, short));
    if !signature && !names_secret(name) {
        return None;
    }
    let mut start = from;
    if !signature {
        start += wrapping(&bytes[from..]);
    }
    let ends = |byte: &u8| {
        !byte.is_ascii_graphic()
            || matches!(byte, b'"' | b'\'' | b'\\' | b'<' | b'>' | b'&' | b',' | b';' | b')' | b'}')
    };
    let end = bytes[start..].iter().position(ends).map_or(bytes.len(), |length| start + length);
    (start < end).then_some(start..end)
}

/// How much quoting stands between a sign and its value: spaces, quotes and their escapes.
fn wrapping(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match bytes.get(at) {
            Some(b' ' | b'"' | b'\'' | b'\\') => at += 1,
            Some(b'%') if bytes[at..].starts_with(b"%22") => at += 3,
            _ => return at,
        }
    }
}

/// The name that ends before a sign, quotes around it left out.
fn name_before(bytes: &[u8], sign_at: usize) -> &[u8] {
    let mut end = sign_at;
    while let Some(before) = end.checked_sub(1) {
        match bytes[before] {
            b' ' | b'"' | b'\'' | b'\\' => end = before,
            _ if bytes[..end].ends_with(b"%22") => end -= 3,
            _ => break,
        }
    }
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = bytes[..end].iter().rev().take(64).take_while(|byte| in_name(byte)).count();
    let name = &bytes[end - length..end];
    // Separators that are themselves escaped run into the name: `\u0026oh=`, `%26oh=`.
    let name = name.strip_prefix(b"u0026").unwrap_or(name);
    let encoded = bytes[..end - length].ends_with(b"%");
    if encoded { name.get(2..).unwrap_or(name) } else { name }
}

fn names_secret(name: &[u8]) -> bool {
    CREDENTIALS.iter().any(|credential| ends_with(name, credential))
}

fn ends_with(name: &[u8], end: &str) -> bool {
    name.len().checked_sub(end.len()).is_some_and(|start| is(&name[start..], end))
}

fn is(name: &[u8], word: &str) -> bool {
    name.eq_ignore_ascii_case(word.as_bytes())
}

fn without_token_words(text: &str) -> Cow<'_, str> {
    let in_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'|');
    let bytes = text.as_bytes();
    let mut edit = Edit::new(text);
    let mut after_bearer = false;
    let mut at = 0;
    while at < bytes.len() {
        if !in_word(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|byte| in_word(**byte)).count();
        let word = &text[at..at + length];
        let looks_so = length >= 40
            || (length >= 20 && (word.starts_with("IG") || word.starts_with("EAA")))
            || (length >= 8 && after_bearer);
        after_bearer = word.eq_ignore_ascii_case("bearer");
        at = if looks_so { edit.replace(at..at + length, REDACTED) } else { at + length };
    }
    edit.finish()
}

/// A text under correction, copied only when something goes.
struct Edit<'a> {
    text: &'a str,
    kept: usize,
    edited: Option<String>,
}

impl<'a> Edit<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, kept: 0, edited: None }
    }

    /// Puts `replacement` for a range that begins and ends next to ASCII; answers its end.
    fn replace(&mut self, range: std::ops::Range<usize>, replacement: &str) -> usize {
        let edited = self.edited.get_or_insert_default();
        edited.push_str(&self.text[self.kept..range.start]);
        edited.push_str(replacement);
        self.kept = range.end;
        range.end
    }

    fn finish(self) -> Cow<'a, str> {
        match self.edited {
            None => Cow::Borrowed(self.text),
            Some(mut edited) => {
                edited.push_str(&self.text[self.kept..]);
                Cow::Owned(edited)
            }
        }
    }
}

#[cfg(test)]
mod tests;
