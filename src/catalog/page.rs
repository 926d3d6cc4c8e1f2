//! Records what one answer showed: a page of a walk, or a single item read again.

use std::time::Duration;

use rusqlite::{CachedStatement, Connection, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::asked::AskedFields;
use super::assets::{QueuedAsset, Recheck};
use super::events::{Chain, EventKind, NewEvent};
use super::known_item::lookup;
use super::node::Recorded;
use super::responses::{PageText, keep_page};
use super::sightings::Sightings;
use super::text::{count, hex, text};
use super::walks::OpenWalk;
use super::writer::account_id;
use super::{CatalogError, WalkId, Writer};
use crate::domain::{AccountName, Edge, Observation, Timestamp};

/// An item of a page that could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The item as received, without signatures and tokens.
    pub raw: String,
    pub reason: String,
}

/// What recording a page did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRecord {
    /// Top-level items seen for the first time.
    pub new: usize,
    /// Top-level items with a changed field, or with a slide that has one.
    pub changed: usize,
    pub unchanged: usize,
    /// Items that the same walk had listed before.
    pub duplicates: usize,
    /// Files to fetch now that this answer has links for: not held, or to be looked at again, and
    /// not resting after a failure.
    pub assets: Vec<QueuedAsset>,
}

impl Writer {
    /// Records a page of a running walk, whole or not at all.
    ///
    /// Which silence of an item means that a field is absent follows from the field set that the
    /// walk was begun with. An item that looks as before costs its sighting and nothing else. The
    /// page's text is kept when there is one; a text that is known costs the page's own row.
    pub fn record_page(
        &mut self,
        walk: WalkId,
        items: &[Observation],
        unreadable: &[Unreadable],
        recheck: Recheck,
        page: Option<&PageText>,
        now: Timestamp,
    ) -> Result<PageRecord, CatalogError> {
        let confirm_after = self.caution().confirm_after;
        let tx = self.begin()?;
        let open = OpenWalk::load(&tx, walk)?;
        let mut look = Look {
            connection: &tx,
            lookup: lookup(&tx)?,
            account_id: open.account_id,
            account: &open.account,
            walk_id: Some(walk.0),
            edge: &open.edge,
            asked: &open.asked,
            recheck,
            confirm_after,
            now: text(now),
            sightings: Sightings::new(Some(walk.0), &text(now)),
            chain: Chain::new(open.account_id, &open.account, &text(now)),
            queue: Vec::new(),
        };
        let mut record = PageRecord::default();
        for item in items {
            match look.record_post(item)? {
                Recorded::New => record.new += 1,
                Recorded::Changed => record.changed += 1,
                Recorded::Unchanged => record.unchanged += 1,
                Recorded::Duplicate => record.duplicates += 1,
            }
        }
        for item in unreadable {
            look.record_unreadable(walk, item)?;
        }
        record.assets = look.finish()?;
        if let Some(page) = page {
            keep_page(&tx, walk.0, open.account_id, page, &text(now))?;
        }
        note_progress(&tx, walk, &record)?;
        tx.commit()?;
        Ok(record)
    }

    /// Records an item that was read by its id, outside any walk, and answers its files that can
    /// be fetched with this answer's links.
    ///
    /// `edge` is where an item that was never seen before is filed.
    pub fn observe_item(
        &mut self,
        account: &AccountName,
        edge: Edge,
        item: &Observation,
        asked: &AskedFields,
        now: Timestamp,
    ) -> Result<Vec<QueuedAsset>, CatalogError> {
        let confirm_after = self.caution().confirm_after;
        let tx = self.begin()?;
        let account_id = account_id(&tx, account)?;
        let mut look = Look {
            connection: &tx,
            lookup: lookup(&tx)?,
            account_id,
            account: account.as_str(),
            walk_id: None,
            edge: edge.as_str(),
            asked,
            recheck: Recheck::Never,
            confirm_after,
            now: text(now),
            sightings: Sightings::new(None, &text(now)),
            chain: Chain::new(account_id, account.as_str(), &text(now)),
            queue: Vec::new(),
        };
        look.record_post(item)?;
        let queue = look.finish()?;
        tx.commit()?;
        Ok(queue)
    }
}

/// One answer while it is being recorded, inside one transaction.
pub(super) struct Look<'t> {
    pub(super) connection: &'t Connection,
    pub(super) lookup: CachedStatement<'t>,
    pub(super) account_id: i64,
    pub(super) account: &'t str,
    pub(super) walk_id: Option<i64>,
    pub(super) edge: &'t str,
    pub(super) asked: &'t AskedFields,
    pub(super) recheck: Recheck,
    pub(super) confirm_after: Duration,
    pub(super) now: String,
    pub(super) sightings: Sightings,
    pub(super) chain: Chain,
    pub(super) queue: Vec<QueuedAsset>,
}

impl Look<'_> {
    /// Writes what was put off, and answers the files to fetch.
    fn finish(self) -> Result<Vec<QueuedAsset>, CatalogError> {
        self.sightings.write(self.connection)?;
        Ok(self.queue)
    }

    /// Keeps an item that nobody could read; the event comes with the first meeting only.
    fn record_unreadable(&mut self, walk: WalkId, item: &Unreadable) -> Result<(), CatalogError> {
        const UPSERT: &str = "INSERT INTO unreadable_item (account_id, edge, raw_digest, raw,
            reason, times, first_seen_at, last_seen_at, walk_id)
            VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, ?7)
            ON CONFLICT (account_id, edge, raw_digest) DO UPDATE SET
              reason = excluded.reason, times = times + 1, last_seen_at = excluded.last_seen_at,
              walk_id = excluded.walk_id, resolved_at = NULL
            RETURNING times";
        let digest = Sha256::digest(&item.raw);
        let times: i64 = self.connection.prepare_cached(UPSERT)?.query_row(
            params![
                self.account_id,
                self.edge,
                digest.as_slice(),
                item.raw,
                item.reason,
                self.now,
                walk.0
            ],
            |row| row.get(0),
        )?;
        if times > 1 {
            return Ok(());
        }
        let detail = json!({
            "edge": self.edge, "reason": item.reason, "raw_sha256": hex(&digest),
        });
        self.append(EventKind::ItemUnreadable, None, detail)
    }

    /// Appends a fact about this answer to the account's chain.
    pub(super) fn append(
        &mut self,
        kind: EventKind,
        item: Option<(i64, &str)>,
        detail: serde_json::Value,
    ) -> Result<(), CatalogError> {
        let event = NewEvent { kind, item, role: None, walk_id: self.walk_id, detail };
        self.chain.append(self.connection, &event)
    }
}

fn note_progress(
    connection: &Connection,
    walk: WalkId,
    record: &PageRecord,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE walk SET pages = pages + 1, listed = listed + ?2, new = new + ?3,
        changed = changed + ?4 WHERE walk_id = ?1";
    let listed = record.new + record.changed + record.unchanged;
    connection.prepare_cached(UPDATE)?.execute(params![
        walk.0,
        count(listed),
        count(record.new),
        count(record.changed)
    ])?;
    Ok(())
}
