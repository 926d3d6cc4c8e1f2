//! Addresses of files that answers no longer give: believed, held or dropped when a walk ends.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::asked::{AskedFields, Level};
use super::events::{Chain, EventKind, NewEvent};
use super::everything::saw_everything;
use super::holds::EndedBy;
use super::observers::Observers;
use super::text::{count, parsed, parsed_or_null, word};
use super::url_pages::UrlPages;
use super::walks::OpenWalk;
use super::{CatalogError, WalkId};
use crate::domain::absence::Moment;
use crate::domain::brake::{self, Hold, HoldEnd, HoldReason, Limits};
use crate::domain::reconcile::Observer;
use crate::domain::{AssetRole, MediaId};

/// What became of the addresses that a walk found absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct UrlLosses {
    /// Losses that are believed now.
    pub(super) lost: usize,
    /// How many are too many to be believed.
    pub(super) held: Option<usize>,
}

/// Settles the addresses that answers of a walk lacked; the doubts about its answers come first.
///
/// A loss counts from the answer that first lacked the address. An address that the walk did not
/// ask for to its end, or that an answer lacks beside what a living item always has, is no loss.
pub(super) fn settle(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    limits: Limits,
    confirm_after: Duration,
    at: &str,
    chain: &mut Chain,
) -> Result<UrlLosses, CatalogError> {
    let observer = || Observers::of(connection, open, walk).map(|observers| observers.compare());
    let pages = UrlPages::of(open);
    let mut settling = Settling { connection, walk_id: walk.0, at, chain, pages };
    let mut losses = UrlLosses::default();
    let walk_at = moment(connection, walk.0)?;
    let saw_everything = saw_everything(connection, walk)?;
    for (hold_walk, hold_at) in open_holds(connection, open)? {
        let mut files = held_files(connection, hold_walk, walk)?;
        // Nobody will ever show again what has left, and it has lost more than an address.
        files.retain(|file| file.is_back || (file.is_there && (file.is_met || !saw_everything)));
        let seen_missing = |file: &&HeldUrl| file.is_shown && file.missing.is_asked(&open.asked);
        let missed: HashSet<&MediaId> =
            files.iter().filter(seen_missing).map(|file| &file.missing.media_id).collect();
        let hold = Hold {
            walk: hold_walk,
            at: hold_at,
            items: files.iter().map(|file| file.missing.media_id.clone()).collect(),
            listed_since: files.iter().any(|file| file.is_back),
        };
        let by = match brake::review(&hold, &missed, &walk_at, confirm_after) {
            HoldEnd::Stays => continue,
            HoldEnd::Dropped => EndedBy::Dropped,
            HoldEnd::Confirmed => match observer()? {
                Observer::Same => EndedBy::Confirmed,
                Observer::Changed => continue,
            },
        };
        losses.lost += settling.end_hold(hold_walk, &files, by)?;
    }
    let mut newly = newly_missing(connection, open, walk)?;
    newly.retain(|missing| missing.is_asked(&open.asked));
    if newly.is_empty() {
        return Ok(losses);
    }
    let looked_at = looked_at(connection, open, walk)?;
    let reason = match observer()? {
        Observer::Changed => Some(HoldReason::Observer),
        Observer::Same if brake::holds(newly.len(), looked_at, limits) => Some(HoldReason::TooMany),
        Observer::Same => None,
    };
    if let Some(reason) = reason {
        settling.hold(reason, &newly, looked_at)?;
        losses.held = Some(newly.len());
        return Ok(losses);
    }
    for missing in &newly {
        settling.believe(missing)?;
    }
    losses.lost += newly.len();
    Ok(losses)
}

/// Believes the losses of a walk that is held, because a person says so; answers how many of them
/// still are some.
pub(super) fn accept(
    connection: &Connection,
    walk_id: i64,
    at: &str,
    chain: &mut Chain,
) -> Result<usize, CatalogError> {
    const OPEN: &str = "SELECT EXISTS (SELECT 1 FROM hold
        WHERE walk_id = ?1 AND kind = 'url' AND ended_at IS NULL)";
    let is_held: bool = connection.prepare_cached(OPEN)?.query_row([walk_id], |row| row.get(0))?;
    if !is_held {
        return Ok(0);
    }
    let files = held_files(connection, walk_id, WalkId(walk_id))?;
    let pages = pages_of(connection, walk_id)?;
    let mut settling = Settling { connection, walk_id, at, chain, pages };
    settling.end_hold(walk_id, &files, EndedBy::Accepted)
}

fn pages_of(connection: &Connection, walk_id: i64) -> Result<UrlPages, CatalogError> {
    const QUERY: &str = "SELECT account_id, edge FROM walk WHERE walk_id = ?1";
    let pages = connection
        .prepare_cached(QUERY)?
        .query_row([walk_id], |row| Ok(UrlPages::new(row.get(0)?, row.get_ref(1)?.as_str()?)))?;
    Ok(pages)
}

/// A file whose address is absent.
#[derive(Debug)]
struct Missing {
    asset_id: i64,
    item_id: i64,
    media_id: MediaId,
    role: AssetRole,
    level: Level,
    since: Option<String>,
    last_at: Option<String>,
}

impl Missing {
    fn is_asked(&self, asked: &AskedFields) -> bool {
        let field = match self.role {
            AssetRole::Media => "media_url",
            AssetRole::Thumbnail => "thumbnail_url",
        };
        asked.has(self.level, field)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            asset_id: row.get(0)?,
            item_id: row.get(1)?,
            media_id: parsed(row, 2)?,
            role: word(row, 3, AssetRole::from_word)?,
            level: if row.get(4)? { Level::Slide } else { Level::Post },
            since: row.get(5)?,
            last_at: row.get(6)?,
        })
    }
}

/// A file whose loss is held.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one column of the row that was found")]
struct HeldUrl {
    missing: Missing,
    /// Whether an answer had the address again.
    is_back: bool,
    /// Whether the item and the post that it belongs to are in their list, as far as known.
    is_there: bool,
    /// Whether the walk showed the item.
    is_met: bool,
    /// Whether it did in an answer that can be trusted where it lacks something.
    is_shown: bool,
}

fn open_holds(
    connection: &Connection,
    open: &OpenWalk,
) -> Result<Vec<(i64, Moment)>, CatalogError> {
    const QUERY: &str = "SELECT w.walk_id, w.started_at, w.server_at
        FROM hold h JOIN walk w ON w.walk_id = h.walk_id
        WHERE h.ended_at IS NULL AND h.kind = 'url' AND w.account_id = ?1 AND w.edge = ?2
        ORDER BY w.walk_id";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map(params![open.account_id, open.edge], |row| {
        Ok((row.get(0)?, Moment { local: parsed(row, 1)?, server: parsed_or_null(row, 2)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The beginning of a walk on both clocks.
fn moment(connection: &Connection, walk_id: i64) -> Result<Moment, CatalogError> {
    const QUERY: &str = "SELECT started_at, server_at FROM walk WHERE walk_id = ?1";
    let moment = connection.prepare_cached(QUERY)?.query_row([walk_id], |row| {
        Ok(Moment { local: parsed(row, 0)?, server: parsed_or_null(row, 1)? })
    })?;
    Ok(moment)
}

fn held_files(
    connection: &Connection,
    hold_walk: i64,
    walk: WalkId,
) -> Result<Vec<HeldUrl>, CatalogError> {
    const QUERY: &str = "SELECT f.asset_id, i.item_id, i.media_id, f.role,
        i.parent_item_id IS NOT NULL, f.url_missing_since, f.url_last_at,
        f.url_missing_walk_id IS NULL OR f.url_missing_walk_id > ?1,
        i.state = 'present' AND coalesce(p.state, 'present') = 'present', s.walk_id IS ?2,
        s.walk_id IS ?2 AND instr(i.kinds, 'w') = 0
        FROM held_item h
        JOIN item i ON i.item_id = h.item_id
        LEFT JOIN item p ON p.item_id = i.parent_item_id
        JOIN asset f ON f.item_id = h.item_id AND f.role = h.role
        JOIN sighting s ON s.item_id = h.item_id
        WHERE h.walk_id = ?1 AND h.kind = 'url'";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([hold_walk, walk.0], |row| {
        Ok(HeldUrl {
            missing: Missing::read(row)?,
            is_back: row.get(7)?,
            is_there: row.get(8)?,
            is_met: row.get(9)?,
            is_shown: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Files of items that the walk showed, whose address is absent and whose loss is neither believed
/// nor held.
fn newly_missing(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
) -> Result<Vec<Missing>, CatalogError> {
    const QUERY: &str = "SELECT f.asset_id, i.item_id, i.media_id, f.role,
        i.parent_item_id IS NOT NULL, f.url_missing_since, f.url_last_at
        FROM asset f
        JOIN item i ON i.item_id = f.item_id
        JOIN sighting s ON s.item_id = f.item_id
        WHERE f.account_id = ?1 AND f.url_missing_walk_id IS NOT NULL AND i.edge = ?2
          AND s.walk_id = ?3 AND instr(i.kinds, 'w') = 0
          AND NOT EXISTS (SELECT 1 FROM held_item h
                            JOIN hold o ON o.walk_id = h.walk_id AND o.kind = h.kind
                           WHERE h.item_id = f.item_id AND h.role = f.role AND h.kind = 'url'
                             AND o.ended_at IS NULL)
        ORDER BY f.asset_id";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map(params![open.account_id, open.edge, walk.0], Missing::read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many files with a known address the walk showed.
fn looked_at(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
) -> Result<usize, CatalogError> {
    const QUERY: &str = "SELECT count(*) FROM (
          SELECT i.item_id FROM item i
           WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL
          UNION ALL
          SELECT c.item_id FROM item i JOIN item c ON c.parent_item_id = i.item_id
           WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NULL) shown
        JOIN sighting s ON s.item_id = shown.item_id
        JOIN asset f ON f.item_id = shown.item_id
        WHERE s.walk_id = ?3 AND f.url_seen_at IS NOT NULL
          AND (f.url_missing_since IS NULL OR f.url_missing_walk_id IS NOT NULL)";
    let files: i64 = connection
        .prepare_cached(QUERY)?
        .query_row(params![open.account_id, open.edge, walk.0], |row| row.get(0))?;
    Ok(usize::try_from(files).unwrap_or(0))
}

/// One walk's losses on their way into the catalog.
struct Settling<'a> {
    connection: &'a Connection,
    walk_id: i64,
    at: &'a str,
    chain: &'a mut Chain,
    pages: UrlPages,
}

impl Settling<'_> {
    /// Ends a hold, and believes those of its losses that still are some unless it is dropped;
    /// answers how many.
    fn end_hold(
        &mut self,
        hold_walk: i64,
        files: &[HeldUrl],
        by: EndedBy,
    ) -> Result<usize, CatalogError> {
        const UPDATE: &str = "UPDATE hold SET ended_at = ?2, ended_by = ?3
            WHERE walk_id = ?1 AND kind = 'url' AND ended_at IS NULL";
        let word = by.as_str();
        self.connection.prepare_cached(UPDATE)?.execute(params![hold_walk, self.at, word])?;
        let detail =
            json!({ "kind": "url", "held_walk": hold_walk, "by": word, "items": files.len() });
        self.append(EventKind::HoldEnded, None, detail)?;
        match by {
            EndedBy::Dropped => return Ok(0),
            EndedBy::Confirmed | EndedBy::Accepted => {}
        }
        let mut believed = 0;
        for file in files.iter().filter(|file| !file.is_back) {
            self.believe(&file.missing)?;
            believed += 1;
        }
        Ok(believed)
    }

    /// Keeps losses from being believed.
    fn hold(
        &mut self,
        reason: HoldReason,
        files: &[Missing],
        looked_at: usize,
    ) -> Result<(), CatalogError> {
        const HOLD: &str = "INSERT INTO hold (walk_id, kind, reason, items, looked_at, held_at)
            VALUES (?1, 'url', ?2, ?3, ?4, ?5)";
        const ITEM: &str = "INSERT INTO held_item (walk_id, kind, item_id, role)
            VALUES (?1, 'url', ?2, ?3)";
        self.connection.prepare_cached(HOLD)?.execute(params![
            self.walk_id,
            reason.as_str(),
            count(files.len()),
            count(looked_at),
            self.at
        ])?;
        let mut item = self.connection.prepare_cached(ITEM)?;
        for file in files {
            item.execute(params![self.walk_id, file.item_id, file.role.as_str()])?;
        }
        let detail = json!({
            "kind": "url", "reason": reason.as_str(), "items": files.len(),
            "looked_at": looked_at,
        });
        self.append(EventKind::WalkHeld, None, detail)
    }

    /// Records a loss, and whether the bytes were held when it came.
    fn believe(&mut self, missing: &Missing) -> Result<(), CatalogError> {
        const LOSS: &str = "INSERT INTO url_loss (asset_id, lost_at, last_url_at)
            VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET regained_at = NULL";
        const UPDATE: &str = "UPDATE asset SET url_missing_walk_id = NULL WHERE asset_id = ?1";
        const HELD: &str = "SELECT b.sha256, b.verified_at
            FROM asset f
            JOIN asset_version v ON v.asset_id = f.asset_id AND v.version = f.version
            JOIN blob b ON b.blob_id = v.blob_id
            WHERE f.asset_id = ?1 AND b.verdict = 'intact'";
        let lost_at = missing.since.as_deref().unwrap_or(self.at);
        let last_url_at = missing.last_at.as_deref().unwrap_or(lost_at);
        self.connection.prepare_cached(LOSS)?.execute(params![
            missing.asset_id,
            lost_at,
            last_url_at
        ])?;
        self.connection.prepare_cached(UPDATE)?.execute([missing.asset_id])?;
        let held: Option<(String, String)> = self
            .connection
            .prepare_cached(HELD)?
            .query_row([missing.asset_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (sha256, verified_at) = held.unzip();
        let last = self.pages.pin(self.connection, &missing.media_id, last_url_at)?;
        let first = self.pages.pin(self.connection, &missing.media_id, lost_at)?;
        let detail = json!({
            "last_url_at": last_url_at, "lost_at": lost_at, "held": sha256.is_some(),
            "sha256": sha256, "verified_at": verified_at, "last_response_sha256": last,
            "response_sha256": first,
        });
        self.append(EventKind::UrlLost, Some(missing), detail)
    }

    fn append(
        &mut self,
        kind: EventKind,
        file: Option<&Missing>,
        detail: serde_json::Value,
    ) -> Result<(), CatalogError> {
        let event = NewEvent {
            kind,
            item: file.map(|file| (file.item_id, file.media_id.as_str())),
            role: file.map(|file| file.role),
            walk_id: Some(self.walk_id),
            detail,
        };
        self.chain.append(self.connection, &event)
    }
}
