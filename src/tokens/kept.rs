//! What is kept of an account's tokens, and how that may change.

use crate::domain::token_life::{FailedTry, Life};
use crate::domain::{Login, Timestamp, TokenTrouble};
use crate::secret::AccessToken;

/// Where a token came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// From the place that the configuration names.
    Configured,
    /// By `mediakeep token set`.
    Set,
    /// By `mediakeep login`.
    Login,
    /// From the API, for the one before.
    Refreshed,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Configured, Self::Set, Self::Login, Self::Refreshed];

    /// The word in the file, in the catalog and in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Set => "set",
            Self::Login => "login",
            Self::Refreshed => "refreshed",
        }
    }

    /// Reads the word that [`Source::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }
}

/// One token and what is known of it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub token: AccessToken,
    pub source: Source,
    /// When this program first met it.
    pub since: Timestamp,
    pub issued_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub never_expires: bool,
    pub data_access_expires_at: Option<Timestamp>,
    /// Words with commas, as the API answered.
    pub scopes: Option<String>,
    /// When it last answered for the configured account.
    pub answered_at: Option<Timestamp>,
}

impl Entry {
    /// A token of which nothing is known yet.
    pub fn new(token: AccessToken, source: Source, since: Timestamp) -> Self {
        Self {
            token,
            source,
            since,
            issued_at: None,
            expires_at: None,
            never_expires: false,
            data_access_expires_at: None,
            scopes: None,
            answered_at: None,
        }
    }

    /// Whether it is this token.
    pub fn is(&self, other: &AccessToken) -> bool {
        self.token.expose() == other.expose()
    }
}

/// What the configured source held when the kept tokens were last compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seed {
    /// No source was configured: one that appears is new.
    Absent,
    /// It could not be read when a person put a newer token here, so that what it holds is not
    /// newer.
    Unread,
    /// The SHA-256 of what it held.
    Digest(String),
}

/// A failed try to renew the current token, with what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub failed: FailedTry,
    pub error: String,
}

/// The tokens of one account.
///
/// Whatever happens between two changes, one that worked stays in here until another has answered.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The one in use.
    pub current: Entry,
    /// A renewed one that has not answered yet.
    pub candidate: Option<Entry>,
    /// Those before, newest first, until the current one has answered.
    pub former: Vec<Entry>,
    pub seed: Seed,
    /// Why the current one did not work when it was last asked.
    pub trouble: Option<TokenTrouble>,
    /// One line for people about what was noticed last.
    pub note: Option<String>,
    pub tried: Option<Tried>,
    /// When the current one was last asked whether it works.
    pub checked_at: Option<Timestamp>,
    /// When the app was last asked about the token (Facebook login).
    pub inspected_at: Option<Timestamp>,
}

/// More than these are not kept: each was replaced by a person or a refresh.
const MOST_FORMER: usize = 4;

impl Kept {
    /// The first token of an account.
    pub fn first(current: Entry, seed: Seed) -> Self {
        Self {
            current,
            candidate: None,
            former: Vec::new(),
            seed,
            trouble: None,
            note: None,
            tried: None,
            checked_at: None,
            inspected_at: None,
        }
    }

    /// Whether the configured source holds another token than when it was last looked at, and one
    /// that is not kept here already: then a person has put it there, and it wins.
    pub fn is_new(&self, configured: &AccessToken) -> bool {
        let other = match &self.seed {
            Seed::Absent => true,
            Seed::Unread => false,
            Seed::Digest(digest) => *digest != configured.digest(),
        };
        other && !self.current.is(configured)
    }

    /// Puts a person's token in place; those before stay until it has answered.
    pub fn replace(&mut self, entry: Entry) {
        let candidate = self.candidate.take();
        let before = std::mem::replace(&mut self.current, entry);
        let known = std::mem::take(&mut self.former);
        let older = candidate.into_iter().chain([before]).chain(known);
        self.former = older.filter(|old| !old.is(&self.current.token)).take(MOST_FORMER).collect();
        self.forget_troubles();
    }

    /// Puts a renewed token beside the current one. When another token came into use since
    /// `asked` was renewed, it is kept among the former ones: nothing is thrown away, and the
    /// person's token stays in use. Answers whether it is the candidate now.
    pub fn offer(&mut self, asked: &AccessToken, fresh: Entry) -> bool {
        if self.current.is(asked) {
            // Another process was quicker: which of the two the API lets live, nobody knows.
            let other = self.candidate.replace(fresh);
            self.former.splice(0..0, other);
            self.tried = None;
            return true;
        }
        if self.current.answered_at.is_none() {
            self.former.insert(0, fresh);
            self.former.truncate(MOST_FORMER);
        }
        false
    }

    /// The candidate has answered: it is the current one, and nothing before it is needed.
    pub fn promote(&mut self, candidate: &AccessToken, now: Timestamp) -> bool {
        match self.candidate.take() {
            Some(entry) if entry.is(candidate) => {
                self.current = entry;
                self.forget_troubles();
                self.answered(now);
                true
            }
            other => {
                self.candidate = other;
                false
            }
        }
    }

    /// The candidate was refused while the current token works.
    pub fn drop_candidate(&mut self, candidate: &AccessToken, note: &str) {
        if self.candidate.as_ref().is_some_and(|entry| entry.is(candidate)) {
            self.candidate = None;
            self.note = Some(note.to_owned());
        }
    }

    /// The current token was refused, and one of the former answers: it is in use again.
    pub fn go_back_to(&mut self, former: &AccessToken, note: &str, now: Timestamp) {
        if let Some(at) = self.former.iter().position(|entry| entry.is(former)) {
            self.current = self.former.remove(at);
            self.forget_troubles();
            self.answered(now);
            self.note = Some(note.to_owned());
        }
    }

    /// The current token has answered for the account.
    pub fn answered(&mut self, now: Timestamp) {
        self.current.answered_at = Some(now);
        self.checked_at = Some(now);
        self.former.clear();
        self.trouble = None;
    }

    /// The current token was refused, and there is no other that works.
    pub fn refused(&mut self, trouble: Option<TokenTrouble>, note: &str, now: Timestamp) {
        self.checked_at = Some(now);
        self.trouble = trouble.or(self.trouble);
        self.note = Some(note.to_owned());
    }

    fn forget_troubles(&mut self) {
        self.trouble = None;
        self.note = None;
        self.tried = None;
        self.checked_at = None;
        self.inspected_at = None;
    }

    /// The facts on which a renewal is decided.
    pub fn life(&self, login: Login) -> Life {
        let Entry { since, issued_at, expires_at, never_expires, data_access_expires_at, .. } =
            self.current;
        Life {
            login,
            first_seen_at: since,
            issued_at,
            expires_at,
            never_expires,
            data_access_expires_at,
            trouble: self.trouble,
            failed: self.tried.as_ref().map(|tried| tried.failed),
        }
    }
}
