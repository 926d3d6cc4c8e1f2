//! Makes text of the bytes of an answer.

use secrecy::{ExposeSecret, SecretString};

use crate::redact::REDACTED;
use crate::secret::{AccessToken, AppSecret};

/// Reads a body as UTF-8, putting U+FFFD for bytes and escapes that are no characters, and takes
/// out the given secrets, so that nothing that reads the text can pass them on.
///
/// The API writes its own request's token into `paging.next`, and repeats a malformed token in
/// the message about it (both observed in captured responses).
pub(super) fn readable(bytes: &[u8], secrets: &Secrets) -> String {
    let text = match str::from_utf8(bytes) {
        // Far quicker than the search for faults.
        Ok(text) => without_needless_escapes(text),
        Err(_) => without_needless_escapes(&String::from_utf8_lossy(bytes)),
    };
    secrets.take_out(text)
}

/// The spellings in which a client's own secrets may come back.
#[derive(Clone)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// For texts that no client asked for.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Below this length a secret would be found in ordinary words.
    const SHORTEST: usize = 8;

    pub(super) fn new(token: &AccessToken, app_secret: Option<&AppSecret>) -> Self {
        let proof = app_secret.map(|secret| secret.proof(token));
        let own = [
            Some(token.expose()),
            app_secret.map(AppSecret::expose),
            proof.as_ref().map(ExposeSecret::expose_secret),
        ];
        Self::of(own.into_iter().flatten())
    }

    /// As [`Secrets::new`], of any secrets.
    pub(super) fn of<'a>(own: impl IntoIterator<Item = &'a str>) -> Self {
        let mut spellings = Vec::new();
        for secret in own.into_iter().filter(|secret| secret.len() >= Self::SHORTEST) {
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            if encoded != secret {
                spellings.push(encoded);
            }
            spellings.push(secret.to_owned());
        }
        Self(spellings.into_iter().map(Into::into).collect())
    }

    fn take_out(&self, text: String) -> String {
        self.0.iter().map(ExposeSecret::expose_secret).fold(text, |text, secret| {
            if text.contains(secret) { text.replace(secret, REDACTED) } else { text }
        })
    }
}

/// Puts characters for `\/` and `\uXXXX`, where JSON does not need the escape.
///
/// The API escapes every slash and every character beyond ASCII; without that, addresses are
/// found and read as they stand. Half a surrogate pair, which JSON allows and texts of Unicode do
/// not, becomes U+FFFD.
fn without_needless_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let (character, width) = match escape.as_bytes().get(1) {
            Some(b'/') => (Some('/'), 2),
            Some(b'u') => unicode_escape(escape.as_bytes()),
            Some(_) => (None, 2),
            None => (None, 1),
        };
        // An escape that is none may end inside a character: then it is left to the parser.
        let width = if escape.is_char_boundary(width) { width } else { 1 };
        let (escape, after) = escape.split_at(width);
        match character {
            Some('"' | '\\' | '\0'..' ') | None => plain.push_str(escape),
            Some(character) => plain.push(character),
        }
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// The character of the `\uXXXX`, or of the pair of them, at the beginning; none when these are
/// no digits.
fn unicode_escape(bytes: &[u8]) -> (Option<char>, usize) {
    let Some(first) = code_unit(bytes, 0) else {
        return (None, 2);
    };
    let second = code_unit(bytes, 6).filter(|unit| (0xDC00..=0xDFFF).contains(unit));
    match second.filter(|_| (0xD800..=0xDBFF).contains(&first)) {
        Some(second) => {
            let pair = (u32::from(first - 0xD800) << 10) + u32::from(second - 0xDC00) + 0x1_0000;
            (char::from_u32(pair), 12)
        }
        None => (Some(char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER)), 6),
    }
}

/// The value of `\uXXXX` at this place.
fn code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(value << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        readable(bytes, &Secrets::none())
    }

    #[test]
    fn escapes_become_characters_and_halves_of_them_replacement_marks() {
        for (json, mended) in [
            (r#""\ud83c\udf0a""#, r#""🌊""#),
            (r#""\ud83c""#, "\"\u{fffd}\""),
            (r#""\ud83c\u0041""#, "\"\u{fffd}A\""),
            (r#""\uDF0A\uD83C""#, "\"\u{fffd}\u{fffd}\""),
            (r#""\ud83c\ud83c\udf0a""#, "\"\u{fffd}🌊\""),
            (r#""\\ud83c \/ \n""#, r#""\\ud83c / \n""#),
            (r#""\\\ud83c""#, "\"\\\\\u{fffd}\""),
            (r#""\u0022 \u005c \u000A \u00e9\u0020""#, r#""\u0022 \u005c \u000A é ""#),
            (r#""\ud83"#, r#""\ud83"#),
            (r#""\u12é4""#, r#""\u12é4""#),
            ("\"\\é\"", "\"\\é\""),
            ("\"\\", "\"\\"),
        ] {
            assert_eq!(read(json.as_bytes()), mended);
        }
        assert_eq!(read(b"\"caf\xe9 \xed\xa0\xbc\""), "\"caf\u{fffd} \u{fffd}\u{fffd}\u{fffd}\"");
    }

    #[test]
    fn the_clients_own_secrets_are_gone_before_anything_reads_the_text() {
        let token = AccessToken::new("canary/token|1").unwrap();
        let app_secret = AppSecret::new("canary-app-secret").unwrap();
        let secrets = Secrets::new(&token, Some(&app_secret));
        let proof = app_secret.proof(&token);
        let body = format!(
            r#"{{"a":"canary/token|1","b":"?t=canary%2Ftoken%7C1&","c":"c\u0061nary\/token|1","d":"canary-app-secret","e":"{}"}}"#,
            proof.expose_secret()
        );
        assert_eq!(
            readable(body.as_bytes(), &secrets),
            r#"{"a":"[redacted]","b":"?t=[redacted]&","c":"[redacted]","d":"[redacted]","e":"[redacted]"}"#
        );
    }

    #[test]
    fn a_secret_like_a_short_word_does_not_eat_the_text() {
        let secrets = Secrets::new(&AccessToken::new("id").unwrap(), None);
        assert_eq!(readable(br#"{"id":"1"}"#, &secrets), r#"{"id":"1"}"#);
    }
}
