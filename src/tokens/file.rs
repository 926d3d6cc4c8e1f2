//! The text of a file of tokens: JSON with a version.

use std::path::Path;

use secrecy::zeroize::{Zeroize, Zeroizing};
use serde::{Deserialize, Serialize};

use super::TokenStoreError;
use super::kept::{Entry, Kept, Seed, Source, Tried};
use crate::domain::token_life::{FailedTry, TryFault};
use crate::domain::{Timestamp, TokenTrouble};
use crate::secret::AccessToken;

const VERSION: u32 = 1;

/// Longer than any file, so that writing never moves the text and leaves a copy behind.
const ROOM: usize = 64 * 1024;

#[derive(Serialize, Deserialize)]
struct Text {
    version: u32,
    /// For who finds the file.
    about: String,
    current: EntryText,
    candidate: Option<EntryText>,
    former: Vec<EntryText>,
    seed: SeedText,
    trouble: Option<String>,
    note: Option<String>,
    tried: Option<TriedText>,
    checked_at: Option<String>,
    inspected_at: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct EntryText {
    token: String,
    source: String,
    since: String,
    issued_at: Option<String>,
    expires_at: Option<String>,
    never_expires: bool,
    data_access_expires_at: Option<String>,
    scopes: Option<String>,
    answered_at: Option<String>,
}

impl Drop for EntryText {
    fn drop(&mut self) {
        self.token.zeroize();
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SeedText {
    Absent,
    Unread,
    Sha256(String),
}

#[derive(Serialize, Deserialize)]
struct TriedText {
    at: String,
    unreachable: bool,
    error: String,
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

/// Writes what is kept; the bytes are wiped when they are dropped.
pub(super) fn write(kept: &Kept) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let text = Text {
        version: VERSION,
        about:
            "Access tokens that mediakeep keeps itself. Whoever reads this can read the account."
                .to_owned(),
        current: entry_text(&kept.current),
        candidate: kept.candidate.as_ref().map(entry_text),
        former: kept.former.iter().map(entry_text).collect(),
        seed: match &kept.seed {
            Seed::Absent => SeedText::Absent,
            Seed::Unread => SeedText::Unread,
            Seed::Digest(digest) => SeedText::Sha256(digest.clone()),
        },
        trouble: kept.trouble.map(|trouble| trouble.as_str().to_owned()),
        note: kept.note.clone(),
        tried: kept.tried.as_ref().map(|tried| TriedText {
            at: tried.failed.at.to_string(),
            unreachable: tried.failed.how == TryFault::Unreachable,
            error: tried.error.clone(),
        }),
        checked_at: kept.checked_at.map(|at| at.to_string()),
        inspected_at: kept.inspected_at.map(|at| at.to_string()),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer_pretty(&mut *bytes, &text)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn entry_text(entry: &Entry) -> EntryText {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    EntryText {
        token: entry.token.expose().to_owned(),
        source: entry.source.as_str().to_owned(),
        since: entry.since.to_string(),
        issued_at: text(entry.issued_at),
        expires_at: text(entry.expires_at),
        never_expires: entry.never_expires,
        data_access_expires_at: text(entry.data_access_expires_at),
        scopes: entry.scopes.clone(),
        answered_at: text(entry.answered_at),
    }
}

/// Reads what [`write`] wrote.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<Kept, TokenStoreError> {
    let garbled = |why| TokenStoreError::Garbled { path: path.to_owned(), why };
    // What serde says may quote the text.
    let VersionOnly { version } =
        serde_json::from_slice(bytes).map_err(|_| garbled("it is no JSON with a version"))?;
    if version != VERSION {
        let path = path.to_owned();
        return Err(TokenStoreError::OtherVersion { path, found: version, known: VERSION });
    }
    let text: Text =
        serde_json::from_slice(bytes).map_err(|_| garbled("a part of it is missing or odd"))?;
    kept(&text).ok_or_else(|| garbled("a time, a word or a token in it cannot be read"))
}

fn kept(text: &Text) -> Option<Kept> {
    let seed = match &text.seed {
        SeedText::Absent => Seed::Absent,
        SeedText::Unread => Seed::Unread,
        SeedText::Sha256(digest) => Seed::Digest(digest.clone()),
    };
    let trouble = match &text.trouble {
        Some(word) => Some(TokenTrouble::from_word(word)?),
        None => None,
    };
    let tried = match &text.tried {
        Some(tried) => {
            let how = if tried.unreachable { TryFault::Unreachable } else { TryFault::Refused };
            let failed = FailedTry { at: tried.at.parse().ok()?, how };
            Some(Tried { failed, error: tried.error.clone() })
        }
        None => None,
    };
    Some(Kept {
        current: entry(&text.current)?,
        candidate: match &text.candidate {
            Some(candidate) => Some(entry(candidate)?),
            None => None,
        },
        former: text.former.iter().map(entry).collect::<Option<_>>()?,
        seed,
        trouble,
        note: text.note.clone(),
        tried,
        checked_at: moment(text.checked_at.as_deref())?,
        inspected_at: moment(text.inspected_at.as_deref())?,
    })
}

fn entry(text: &EntryText) -> Option<Entry> {
    Some(Entry {
        token: AccessToken::new(&text.token).ok()?,
        source: Source::from_word(&text.source)?,
        since: text.since.parse().ok()?,
        issued_at: moment(text.issued_at.as_deref())?,
        expires_at: moment(text.expires_at.as_deref())?,
        never_expires: text.never_expires,
        data_access_expires_at: moment(text.data_access_expires_at.as_deref())?,
        scopes: text.scopes.clone(),
        answered_at: moment(text.answered_at.as_deref())?,
    })
}

/// A moment that may be absent; nothing when it cannot be read.
#[allow(clippy::option_option, reason = "absent and unreadable are two things")]
fn moment(text: Option<&str>) -> Option<Option<Timestamp>> {
    text.map_or(Some(None), |text| text.parse().ok().map(Some))
}
