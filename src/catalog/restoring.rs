//! A copy that is about to become the catalog says so in its own history.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use serde_json::{Value, json};

use super::events::{Chain, EventKind, NewEvent};
use super::text::text;
use super::{CatalogError, open};
use crate::catalog::ChainHead;
use crate::domain::{BlobId, Timestamp};

/// Where the catalog comes from, and what it takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// SHA-256 of the copy as it lay in `backups/`.
    pub copy_sha256: String,
    /// Where the former catalog was set aside, relative to the archive; absent when there was none.
    pub replaced: Option<String>,
    /// The newest events of the former catalog, as far as it could be read.
    pub replaced_heads: Vec<ChainHead>,
}

/// Appends the event `catalog_restored` to every account of a copy that nobody else has open.
///
/// It is written before the copy takes its place, so that no catalog was ever restored without
/// saying so. The event names the newest event of the catalog that it replaces: what was written
/// down of that one elsewhere is explained by it, and the file that was set aside proves it.
pub fn mark_restored(copy: &Path, restored: &Restored, now: Timestamp) -> Result<(), CatalogError> {
    const ACCOUNTS: &str = "SELECT account_id, name FROM account ORDER BY account_id";
    let failed = |source| CatalogError::Open { path: copy.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(copy, flags).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let accounts: Vec<(i64, String)> = tx
        .prepare(ACCOUNTS)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (account_id, name) in accounts {
        let head = restored.replaced_heads.iter().find(|head| head.account == name);
        let event = NewEvent {
            kind: EventKind::CatalogRestored,
            item: None,
            role: None,
            walk_id: None,
            detail: detail(restored, head),
        };
        Chain::new(account_id, &name, &text(now)).append(&tx, &event)?;
    }
    tx.commit()?;
    connection.close().map_err(|(_, error)| CatalogError::from(error))
}

/// The blobs that a copy names.
#[derive(Debug)]
pub struct KnownBlobs(Connection);

impl KnownBlobs {
    /// Opens a copy for looking.
    pub fn open(copy: &Path) -> Result<Self, CatalogError> {
        open::to_look(copy).map(Self)
    }

    /// Whether it names this one.
    pub fn has(&mut self, blob: &BlobId) -> Result<bool, CatalogError> {
        const QUERY: &str = "SELECT EXISTS (SELECT 1 FROM blob WHERE sha256 = ?1)";
        Ok(self.0.prepare_cached(QUERY)?.query_row([blob.to_string()], |row| row.get(0))?)
    }
}

fn detail(restored: &Restored, head: Option<&ChainHead>) -> Value {
    json!({
        "copy_sha256": restored.copy_sha256,
        "replaced": restored.replaced,
        "replaced_event": head.map(|head| head.event),
        "replaced_digest": head.map(|head| head.digest.as_str()),
    })
}
