//! Secrets that cannot print: access tokens and app secrets.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::Login;

/// A text that cannot be a token or an app secret; it does not say the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableSecret {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than {} bytes", LONGEST)]
    TooLong,
    #[error("it holds a space, a line break or another character that no token has")]
    OddCharacter,
}

const LONGEST: usize = 4096;

/// The access token of one account.
///
/// Its memory is wiped when it is dropped; it prints as its kind alone.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Wraps a token, dropping white space around it, as files and command output have it.
    pub fn new(text: &str) -> Result<Self, UnusableSecret> {
        usable(text).map(|text| Self(SecretString::from(text)))
    }

    /// The token itself: for a request or a token file, never for a log, an error or a row.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The first 8 hexadecimal digits of the token's SHA-256: tells tokens apart without
    /// showing them.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(self.expose())[..4])
    }

    /// The token's SHA-256 in hexadecimal: tells two apart for sure, and stays where tokens are.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.expose()))
    }

    /// The login that tokens of this look belong to: `IG…` Instagram, `EAA…` Facebook, by
    /// observation of tokens in use; nothing promises it.
    pub fn login_hint(&self) -> Option<Login> {
        let token = self.expose();
        if token.starts_with("IG") {
            Some(Login::Instagram)
        } else if token.starts_with("EAA") {
            Some(Login::Facebook)
        } else {
            None
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// The secret of the Facebook app that a token was made for.
#[derive(Clone)]
pub struct AppSecret(SecretString);

impl AppSecret {
    /// Wraps a secret, dropping white space around it.
    pub fn new(text: &str) -> Result<Self, UnusableSecret> {
        usable(text).map(|text| Self(SecretString::from(text)))
    }

    /// The secret itself: for a request's signature, never for a log, an error or a row.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The proof that the sender of a token also knows the app's secret (`appsecret_proof`):
    /// HMAC-SHA256 of the token under the secret, in lower-case hexadecimal ("Securing Graph API
    /// Requests" of the reference).
    pub fn proof(&self, token: &AccessToken) -> SecretString {
        // A key of any length is taken, so that the other arm is never reached.
        let proof = match Hmac::<Sha256>::new_from_slice(self.expose().as_bytes()) {
            Ok(mac) => hex(&mac.chain_update(token.expose()).finalize().into_bytes()),
            Err(_) => String::new(),
        };
        SecretString::from(proof)
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(..)")
    }
}

fn usable(text: &str) -> Result<&str, UnusableSecret> {
    let text = text.trim();
    if text.is_empty() {
        Err(UnusableSecret::Empty)
    } else if text.len() > LONGEST {
        Err(UnusableSecret::TooLong)
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Err(UnusableSecret::OddCharacter)
    } else {
        Ok(text)
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints() {
        let token = AccessToken::new("IGAACANARY").unwrap();
        let secret = AppSecret::new("CANARY").unwrap();
        assert_eq!(format!("{token:?} {secret:?}"), "AccessToken(..) AppSecret(..)");
        assert!(!format!("{:?}", secret.proof(&token)).contains("CANARY"));
        for text in ["CANARY x", "CANARY\n\nx", "CANARYé"] {
            let error = AccessToken::new(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"));
        }
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        for (text, error) in [
            ("", UnusableSecret::Empty),
            (" \n", UnusableSecret::Empty),
            ("a b", UnusableSecret::OddCharacter),
            ("a\u{0}b", UnusableSecret::OddCharacter),
            ("tökén", UnusableSecret::OddCharacter),
        ] {
            assert_eq!(AccessToken::new(text).unwrap_err(), error, "{text:?}");
        }
        assert_eq!(AppSecret::new(&"a".repeat(4097)).unwrap_err(), UnusableSecret::TooLong);
        assert_eq!(AccessToken::new(" IGAAx\r\n").unwrap().expose(), "IGAAx");
    }

    #[test]
    fn a_fingerprint_is_the_beginning_of_the_digest() {
        // SHA-256("abc") begins with ba7816bf (FIPS 180-4, example 1).
        let token = AccessToken::new("abc").unwrap();
        assert_eq!(token.fingerprint(), "ba7816bf");
        assert!(token.digest().starts_with("ba7816bf") && token.digest().len() == 64);
    }

    #[test]
    fn the_look_of_a_token_hints_at_its_login() {
        for (text, login) in [
            ("IGAAabc", Some(Login::Instagram)),
            ("IGQVabc", Some(Login::Instagram)),
            ("EAAabc", Some(Login::Facebook)),
            ("abc", None),
        ] {
            assert_eq!(AccessToken::new(text).unwrap().login_hint(), login, "{text}");
        }
    }

    #[test]
    fn the_proof_is_the_hmac_of_the_token() {
        let secret = AppSecret::new("0123456789abcdef0123456789abcdef").unwrap();
        let proof = secret.proof(&AccessToken::new("EAAexampletoken").unwrap());
        assert_eq!(
            proof.expose_secret(),
            "03697d217c5af1d2b8459556c23ae3ebc41abc8194c9986d7c507b924b230bdc"
        );
    }
}
