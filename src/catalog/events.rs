//! Dated facts about an account, each carrying the digest of the one before.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::CatalogError;
use super::text::hex;
use crate::domain::AssetRole;

/// What stands before the first event of an account.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The kinds of facts that are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    FirstSeen,
    Changed,
    ItemUnreadable,
    UrlAbsent,
    FieldDropped,
    AccountRenamed,
    WalkPartial,
    Damaged,
    Repaired,
    Missing,
    Unlisted,
    Gone,
    Expired,
    Unreachable,
    Returned,
    LateArrival,
    UrlLost,
    UrlRegained,
    WorseAnswer,
    ObserverChanged,
    WalkDisproved,
    WalkHeld,
    HoldEnded,
    GapOpened,
    GapClosed,
    CountDiffers,
    CountLearned,
    CatalogRestored,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 28] = [
        Self::FirstSeen,
        Self::Changed,
        Self::ItemUnreadable,
        Self::UrlAbsent,
        Self::FieldDropped,
        Self::AccountRenamed,
        Self::WalkPartial,
        Self::Damaged,
        Self::Repaired,
        Self::Missing,
        Self::Unlisted,
        Self::Gone,
        Self::Expired,
        Self::Unreachable,
        Self::Returned,
        Self::LateArrival,
        Self::UrlLost,
        Self::UrlRegained,
        Self::WorseAnswer,
        Self::ObserverChanged,
        Self::WalkDisproved,
        Self::WalkHeld,
        Self::HoldEnded,
        Self::GapOpened,
        Self::GapClosed,
        Self::CountDiffers,
        Self::CountLearned,
        Self::CatalogRestored,
    ];

    /// Reads the word that [`EventKind::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstSeen => "first_seen",
            Self::Changed => "changed",
            Self::ItemUnreadable => "item_unreadable",
            Self::UrlAbsent => "url_absent",
            Self::FieldDropped => "field_dropped",
            Self::AccountRenamed => "account_renamed",
            Self::WalkPartial => "walk_partial",
            Self::Damaged => "damaged",
            Self::Repaired => "repaired",
            Self::Missing => "missing",
            Self::Unlisted => "unlisted",
            Self::Gone => "gone",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
            Self::Returned => "returned",
            Self::LateArrival => "late_arrival",
            Self::UrlLost => "url_lost",
            Self::UrlRegained => "url_regained",
            Self::WorseAnswer => "worse_answer",
            Self::ObserverChanged => "observer_changed",
            Self::WalkDisproved => "walk_disproved",
            Self::WalkHeld => "walk_held",
            Self::HoldEnded => "hold_ended",
            Self::GapOpened => "gap_opened",
            Self::GapClosed => "gap_closed",
            Self::CountDiffers => "count_differs",
            Self::CountLearned => "count_learned",
            Self::CatalogRestored => "catalog_restored",
        }
    }
}

/// A fact to be recorded.
#[derive(Debug)]
pub(super) struct NewEvent<'a> {
    pub(super) kind: EventKind,
    /// The row and the id of the item.
    pub(super) item: Option<(i64, &'a str)>,
    pub(super) role: Option<AssetRole>,
    pub(super) walk_id: Option<i64>,
    pub(super) detail: Value,
}

/// The end of an account's chain, for the length of one transaction.
#[derive(Debug)]
pub(super) struct Chain {
    account_id: i64,
    account: String,
    at: String,
    end: Option<End>,
}

#[derive(Debug)]
struct End {
    next_id: i64,
    digest: String,
}

impl Chain {
    /// The chain of an account; nothing is read before something is appended.
    pub(super) fn new(account_id: i64, account: &str, at: &str) -> Self {
        Self { account_id, account: account.to_owned(), at: at.to_owned(), end: None }
    }

    /// Appends a fact, dated with the transaction's time.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        event: &NewEvent<'_>,
    ) -> Result<(), CatalogError> {
        const INSERT: &str = "INSERT INTO event (event_id, account_id, at, item_id, kind, role,
            walk_id, detail, previous_digest, digest)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let end = match self.end.take() {
            Some(end) => end,
            None => self.find_end(connection)?,
        };
        let kind = event.kind.as_str();
        let role = event.role.map(AssetRole::as_str);
        let detail = event.detail.to_string();
        let digest = digest(&Lines {
            previous_digest: &end.digest,
            event_id: end.next_id,
            at: &self.at,
            account: &self.account,
            media_id: event.item.map_or("", |(_, media_id)| media_id),
            kind,
            role: role.unwrap_or(""),
            walk_id: event.walk_id,
            detail: &detail,
        });
        connection.prepare_cached(INSERT)?.execute(params![
            end.next_id,
            self.account_id,
            self.at,
            event.item.map(|(item_id, _)| item_id),
            kind,
            role,
            event.walk_id,
            detail,
            end.digest,
            digest,
        ])?;
        self.end = Some(End { next_id: end.next_id + 1, digest });
        Ok(())
    }

    /// The number of the last event that was appended here; 0 before any.
    pub(super) fn last_id(&self) -> i64 {
        self.end.as_ref().map_or(0, |end| end.next_id - 1)
    }

    fn find_end(&self, connection: &Connection) -> Result<End, CatalogError> {
        const LAST: &str = "SELECT digest FROM event WHERE account_id = ?1
            ORDER BY event_id DESC LIMIT 1";
        const NEXT: &str = "SELECT coalesce(max(event_id), 0) + 1 FROM event";
        let digest =
            connection.prepare_cached(LAST)?.query_row([self.account_id], |row| row.get(0));
        Ok(End {
            next_id: connection.prepare_cached(NEXT)?.query_row([], |row| row.get(0))?,
            digest: digest.optional()?.unwrap_or_else(|| GENESIS.to_owned()),
        })
    }
}

/// What a digest covers, in this order, one line each; an empty line for what is NULL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<'a> {
    pub(super) previous_digest: &'a str,
    pub(super) event_id: i64,
    pub(super) at: &'a str,
    pub(super) account: &'a str,
    pub(super) media_id: &'a str,
    pub(super) kind: &'a str,
    pub(super) role: &'a str,
    pub(super) walk_id: Option<i64>,
    pub(super) detail: &'a str,
}

/// The digest of an event. No part but the last can hold a newline, and JSON on one line has none
/// either, so no two events have the same lines.
pub(super) fn digest(lines: &Lines<'_>) -> String {
    let event_id = lines.event_id.to_string();
    let walk_id = lines.walk_id.map(|id| id.to_string()).unwrap_or_default();
    let text = [
        lines.previous_digest,
        &event_id,
        lines.at,
        lines.account,
        lines.media_id,
        lines.kind,
        lines.role,
        &walk_id,
        lines.detail,
    ]
    .join("\n");
    hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(EventKind::from_word("deleted"), None);
    }

    #[test]
    fn a_digest_is_what_printf_and_sha256sum_compute() {
        let lines = Lines {
            previous_digest: GENESIS,
            event_id: 1,
            at: "2026-11-22T05:27:00Z",
            account: "bakery",
            media_id: "17900000000000001",
            kind: "first_seen",
            role: "",
            walk_id: Some(7),
            detail: "{}",
        };
        // printf '%064d\n1\n2026-11-22T05:27:00Z\nbakery\n17900000000000001\nfirst_seen\n\n7\n{}' 0 | sha256sum
        assert_eq!(
            digest(&lines),
            "d6f144bce8c86dc7e2fcaaac7404ee94f0f25abb7892ac9e3a3bda5884d6ea1f"
        );
        assert_ne!(digest(&lines), digest(&Lines { walk_id: None, ..lines }));
    }
}
