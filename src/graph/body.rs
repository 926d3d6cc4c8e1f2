//! Makes text of the bytes of an answer.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};

use crate::redact::REDACTED;
use crate::secret::{AccessToken, AppSecret};

/// Reads a body as UTF-8, putting U+FFFD for bytes and escapes that are no characters, and takes
/// out the given secrets, so that nothing that reads the text can pass them on.
///
/// The API writes its own request's token into `paging.next`, and repeats a malformed token in
/// the message about it (both observed in captured responses).
pub(super) fn readable(bytes: &[u8], secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = match without_lone_surrogates(&text) {
        Cow::Borrowed(_) => text.into_owned(),
        Cow::Owned(mended) => mended,
    };
    secrets.take_out(text)
}

/// The spellings in which a client's own secrets may come back.
#[derive(Clone)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Below this length a secret would be found in ordinary words.
    const SHORTEST: usize = 8;

    pub(super) fn new(token: &AccessToken, app_secret: Option<&AppSecret>) -> Self {
        let proof = app_secret.map(|secret| secret.proof(token));
        let own = [
            Some(token.expose()),
            app_secret.map(AppSecret::expose),
            proof.as_ref().map(ExposeSecret::expose_secret),
        ];
        let mut spellings = Vec::new();
        for secret in own.into_iter().flatten().filter(|secret| secret.len() >= Self::SHORTEST) {
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let escaped = secret.replace('/', "\\/");
            for spelling in [secret.to_owned(), encoded, escaped] {
                if !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        Self(spellings.into_iter().map(Into::into).collect())
    }

    fn take_out(&self, text: String) -> String {
        self.0.iter().map(ExposeSecret::expose_secret).fold(text, |text, secret| {
            if text.contains(secret) { text.replace(secret, REDACTED) } else { text }
        })
    }
}

/// Puts U+FFFD for `\u` escapes that are one half of a surrogate pair without the other: JSON
/// allows them, texts of Unicode do not.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(step) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        at += step;
        at += match unicode_escape(bytes, at) {
            None => 2,
            Some(0xD800..=0xDBFF)
                if matches!(unicode_escape(bytes, at + 6), Some(0xDC00..=0xDFFF)) =>
            {
                12
            }
            Some(0xD800..=0xDFFF) => {
                let mended = mended.get_or_insert_with(|| bytes.to_vec());
                mended[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            Some(_) => 6,
        };
        if at >= bytes.len() {
            break;
        }
    }
    match mended.map(String::from_utf8) {
        Some(Ok(mended)) => Cow::Owned(mended),
        Some(Err(_)) | None => Cow::Borrowed(text),
    }
}

/// The value of `\uXXXX` at this place.
fn unicode_escape(bytes: &[u8], at: usize) -> Option<u16> {
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
        readable(bytes, &Secrets(Vec::new()))
    }

    #[test]
    fn halves_of_characters_become_replacement_marks() {
        for (json, mended) in [
            (r#""\ud83c\udf0a""#, r#""\ud83c\udf0a""#),
            (r#""\ud83c""#, r#""\ufffd""#),
            (r#""\ud83c\u0041""#, r#""\ufffd\u0041""#),
            (r#""\uDF0A\uD83C""#, r#""\ufffd\ufffd""#),
            (r#""\ud83c\ud83c\udf0a""#, r#""\ufffd\ud83c\udf0a""#),
            (r#""\\ud83c \/ \n""#, r#""\\ud83c \/ \n""#),
            (r#""\\\ud83c""#, r#""\\\ufffd""#),
            (r#""\ud83"#, r#""\ud83"#),
            (r#""\u12é4""#, r#""\u12é4""#),
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
            r#"{{"a":"canary/token|1","b":"?t=canary%2Ftoken%7C1&","c":"canary\/token|1","d":"canary-app-secret","e":"{}"}}"#,
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
