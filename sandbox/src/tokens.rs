//! Every token the sandbox has handed out, and what became of it.

use std::collections::HashMap;

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::host::Login;
use crate::world::TokenEnd;

/// Life of a long-lived token (Instagram Platform documentation: 60 days).
pub(crate) const LONG_LIFE: i64 = 60 * 86_400;
/// Age from which an Instagram token may be refreshed (same documentation: 24 hours).
pub(crate) const REFRESH_AGE: i64 = 24 * 3600;

/// What a token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An Instagram user token (`IGAA…`).
    InstagramUser,
    /// A Facebook user token (`EAA…`); reaches the accounts of this person's pages.
    FacebookUser,
    /// A page token: does not expire.
    Page,
}

impl TokenKind {
    pub(crate) fn login(self) -> Login {
        match self {
            Self::InstagramUser => Login::Instagram,
            Self::FacebookUser | Self::Page => Login::Facebook,
        }
    }
}

/// One token; `Debug` does not show its text.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) account: usize,
    /// The account whose app it was made for: mostly its own.
    pub(crate) app: usize,
    pub(crate) kind: TokenKind,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) end: Option<TokenEnd>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("account", &self.account)
            .field("kind", &self.kind)
            .field("expires_at", &self.expires_at)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl Token {
    /// Why the token no longer works, if so.
    pub(crate) fn end_at(&self, now: i64) -> Option<TokenEnd> {
        let expired = self.expires_at.is_some_and(|end| end <= now);
        self.end.or(expired.then_some(TokenEnd::Expired))
    }
}

/// All tokens by their text.
#[derive(Debug)]
pub(crate) struct TokenBook {
    by_text: HashMap<String, Token>,
    rng: ChaCha8Rng,
}

impl TokenBook {
    pub(crate) fn new(seed: u64) -> Self {
        Self { by_text: HashMap::new(), rng: ChaCha8Rng::seed_from_u64(seed ^ 0x70_6b65) }
    }

    pub(crate) fn issue(
        &mut self,
        account: usize,
        kind: TokenKind,
        issued_at: i64,
        expires_at: Option<i64>,
    ) -> String {
        self.issue_for(account, account, kind, issued_at, expires_at)
    }

    /// Issues a token for the app of another account.
    pub(crate) fn issue_for(
        &mut self,
        app: usize,
        account: usize,
        kind: TokenKind,
        issued_at: i64,
        expires_at: Option<i64>,
    ) -> String {
        let length = match kind {
            TokenKind::InstagramUser => 150,
            TokenKind::FacebookUser | TokenKind::Page => 190,
        };
        let mut text = String::from(kind.login().token_prefix());
        for _ in 0..length {
            text.push(char::from(self.rng.sample(rand::distr::Alphanumeric)));
        }
        let token =
            Token { text: text.clone(), account, app, kind, issued_at, expires_at, end: None };
        self.by_text.insert(text.clone(), token);
        text
    }

    pub(crate) fn get(&self, text: &str) -> Option<&Token> {
        self.by_text.get(text)
    }

    /// The newest token of an account and kind that still works.
    pub(crate) fn current(&self, account: usize, kind: TokenKind, now: i64) -> Option<&Token> {
        self.by_text
            .values()
            .filter(|t| t.account == account && t.kind == kind && t.end_at(now).is_none())
            .max_by(|a, b| (a.issued_at, &a.text).cmp(&(b.issued_at, &b.text)))
    }

    pub(crate) fn end_one(&mut self, text: &str, end: TokenEnd) {
        if let Some(token) = self.by_text.get_mut(text) {
            token.end = Some(end);
        }
    }

    /// Ends every token of an account that still works; answers how many there were.
    pub(crate) fn end_all(&mut self, account: usize, end: TokenEnd, now: i64) -> usize {
        let mut ended = 0;
        for token in self.by_text.values_mut() {
            if token.account == account && token.end_at(now).is_none() {
                match end {
                    // An expiry has a date, which the error message names.
                    TokenEnd::Expired => token.expires_at = Some(now - 60),
                    other => token.end = Some(other),
                }
                ended += 1;
            }
        }
        ended
    }
}
