//! The password of the pages: HTTP basic authentication, any user name.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The digest of a password: enough to compare, and nothing that could be told.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password([u8; 32]);

impl Password {
    pub(super) fn new(password: &SecretString) -> Self {
        Self(digest(password.expose_secret().as_bytes()))
    }

    /// Whether the value of an `Authorization` header carries it.
    ///
    /// Digests are compared in a time that does not depend on where they differ.
    pub(super) fn is_in(&self, header: &str) -> bool {
        let Some((scheme, encoded)) = header.split_once(' ') else { return false };
        if !scheme.eq_ignore_ascii_case("basic") {
            return false;
        }
        let Some(pair) = decode(encoded.trim()) else { return false };
        let Some(colon) = pair.iter().position(|byte| *byte == b':') else { return false };
        let given = digest(&pair[colon + 1..]);
        given.iter().zip(&self.0).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Base64 with or without its padding; nothing else is long enough to want a crate.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0_u32;
    let mut held = 0_u32;
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_the_standard_has_it() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
            ("Zm9vYmE", "fooba"),
        ] {
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decode("Zm 9v"), None);
        assert_eq!(decode("Zm=9"), None);
    }

    #[test]
    fn only_the_password_itself_opens() {
        let password = Password::new(&SecretString::from("open sesame"));
        for (header, opens) in [
            ("Basic YW55Ym9keTpvcGVuIHNlc2FtZQ==", true),
            ("basic Om9wZW4gc2VzYW1l", true),
            ("Bearer Om9wZW4gc2VzYW1l", false),
            ("Basic Om9wZW4gc2VzYW1", false),
            ("Basic b3BlbiBzZXNhbWU=", false),
            ("Basic", false),
            ("", false),
        ] {
            assert_eq!(password.is_in(header), opens, "{header}");
        }
        assert_eq!(format!("{password:?}"), "Password(..)");
    }
}
