//! Files of items: which are expected, which are to be fetched.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::json;

use super::asked::Level;
use super::events::{EventKind, NewEvent};
use super::known_item::{Known, KnownFile};
use super::node::Node;
use super::page::Look;
use super::text::{count, parsed, parsed_or_null, text, word};
use super::writer::account_id;
use super::{CatalogError, Writer};
use crate::domain::better::Health;
use crate::domain::fetch::Cause;
use crate::domain::{AccountName, AssetRole, Field, MediaId, Timestamp};

/// The number of a file in the catalog: item and role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId(pub i64);

/// When a held file is looked at again because its address changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recheck {
    /// When the path of the address is another one; host and query change at every read.
    #[default]
    Path,
    Never,
    /// Every time that a walk lists it.
    Always,
}

/// A file to be fetched. Its link is not here: links are never stored, the answer has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedAsset {
    pub asset: AssetId,
    pub media_id: MediaId,
    /// The album of a slide.
    pub parent_id: Option<MediaId>,
    pub role: AssetRole,
    pub is_video: bool,
    pub cause: Cause,
    /// Failures since the last success.
    pub tries: u32,
}

impl Writer {
    /// Files of an account that should be held and are not, and whose rest after a failure is
    /// over, in the order of their numbers, beginning after `after`.
    pub fn due_assets(
        &mut self,
        account: &AccountName,
        after: Option<AssetId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<QueuedAsset>, CatalogError> {
        const QUERY: &str = "SELECT s.asset_id, i.media_id, p.media_id, s.role, i.media_type,
            s.state, s.tries
            FROM asset s
            JOIN item i ON i.item_id = s.item_id
            LEFT JOIN item p ON p.item_id = i.parent_item_id
            WHERE s.account_id = ?1 AND s.state IN ('pending', 'failed') AND s.asset_id > ?2
              AND (s.next_try_at IS NULL OR s.next_try_at <= ?3)
            ORDER BY s.asset_id LIMIT ?4";
        let connection = self.reading();
        let account = account_id(connection, account)?;
        let after = after.map_or(0, |asset| asset.0);
        let mut query = connection.prepare_cached(QUERY)?;
        let rows = query.query_map(params![account, after, text(now), count(limit)], queued)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn queued(row: &Row<'_>) -> rusqlite::Result<QueuedAsset> {
    let state = word(row, 5, AssetState::from_word)?;
    let tries = row.get(6)?;
    Ok(QueuedAsset {
        asset: AssetId(row.get(0)?),
        media_id: parsed(row, 1)?,
        parent_id: parsed_or_null(row, 2)?,
        role: word(row, 3, AssetRole::from_word)?,
        is_video: row.get::<_, Option<String>>(4)?.as_deref() == Some("VIDEO"),
        cause: cause(state, tries),
        tries,
    })
}

fn cause(state: AssetState, tries: u32) -> Cause {
    match state {
        AssetState::Held => Cause::Recheck,
        AssetState::Pending | AssetState::Failed | AssetState::NoUrl if tries == 0 => Cause::New,
        AssetState::Pending | AssetState::Failed | AssetState::NoUrl => Cause::Retry,
    }
}

/// The states of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AssetState {
    Pending,
    Held,
    Failed,
    NoUrl,
}

impl AssetState {
    /// Reads the word of the column.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "pending" => Some(Self::Pending),
            "held" => Some(Self::Held),
            "failed" => Some(Self::Failed),
            "no_url" => Some(Self::NoUrl),
            _ => None,
        }
    }
}

/// What the answer said of a file's address.
#[derive(Debug, Clone, Copy)]
enum Address {
    There,
    Missing,
    /// Not asked for, something that is no address, or an answer that lacks more than this.
    Unknown(Silence),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    NotAsked,
    Unreadable,
    Degraded,
}

impl Look<'_> {
    /// Enters the files of an item, notes absent and regained addresses, and queues what is to be
    /// fetched. An album's own address is ignored: its files are those of its slides.
    pub(super) fn record_files(&mut self, node: Node<'_>) -> Result<(), CatalogError> {
        if node.is_album && node.level == Level::Post {
            return Ok(());
        }
        for role in [AssetRole::Media, AssetRole::Thumbnail] {
            let address = self.address(&node, role);
            match node.known.and_then(|known| known.file(role).map(|file| (known, file))) {
                Some((known, file)) => self.compare_file(&node, known, file, address)?,
                None => self.enter_file(&node, role, address)?,
            }
        }
        Ok(())
    }

    fn address(&self, node: &Node<'_>, role: AssetRole) -> Address {
        let (field, name) = match role {
            AssetRole::Media => (&node.item.media_url, "media_url"),
            AssetRole::Thumbnail => (&node.item.thumbnail_url, "thumbnail_url"),
        };
        match field {
            Field::Value(_) => Address::There,
            Field::Unreadable => Address::Unknown(Silence::Unreadable),
            Field::Absent if !self.asked.has(node.level, name) => {
                Address::Unknown(Silence::NotAsked)
            }
            Field::Null | Field::Absent => match node.health {
                Health::Whole => Address::Missing,
                Health::Degraded => Address::Unknown(Silence::Degraded),
            },
        }
    }

    /// A picture or video is always expected, a poster with videos only or where it is given.
    fn enter_file(
        &mut self,
        node: &Node<'_>,
        role: AssetRole,
        address: Address,
    ) -> Result<(), CatalogError> {
        const INSERT: &str = "INSERT INTO asset (account_id, item_id, role, state, url_seen_at,
            url_missing_since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let is_expected = role == AssetRole::Media || node.media_type == Some("VIDEO");
        let (state, seen, missing) = match address {
            Address::There => ("pending", Some(&self.now), None),
            Address::Missing if is_expected => ("no_url", None, Some(&self.now)),
            Address::Unknown(Silence::Unreadable) if is_expected => ("pending", None, None),
            Address::Missing | Address::Unknown(_) => return Ok(()),
        };
        self.connection.prepare_cached(INSERT)?.execute(params![
            self.account_id,
            node.item_id,
            role.as_str(),
            state,
            seen,
            missing
        ])?;
        let asset = AssetId(self.connection.last_insert_rowid());
        match address {
            Address::There => self.queue(node, asset, role, Cause::New, 0),
            Address::Missing => self.note_url(node, role, EventKind::UrlAbsent, json!({}))?,
            Address::Unknown(_) => {}
        }
        Ok(())
    }

    fn compare_file(
        &mut self,
        node: &Node<'_>,
        known: &Known,
        file: &KnownFile,
        address: Address,
    ) -> Result<(), CatalogError> {
        match address {
            Address::There => {
                if file.url_missing || !file.url_seen || file.url_doubted {
                    self.regain_url(node, file)?;
                }
                let wanted = self.is_wanted(file, node.health);
                if wanted && (file.url_missing || !file.rests) {
                    let asset = AssetId(file.asset_id);
                    self.queue(node, asset, file.role, cause(file.state, file.tries), file.tries);
                }
            }
            Address::Missing if file.url_missing => {}
            Address::Missing if !file.url_seen => self.never_had_url(node, file)?,
            Address::Missing => match self.walk_id.filter(|_| self.lists(known)) {
                Some(walk_id) => self.miss_url(file, known, walk_id)?,
                None => self.doubt_url(file, known)?,
            },
            Address::Unknown(_) => self.doubt_url(file, known)?,
        }
        Ok(())
    }

    /// Bytes that are held are not looked at again through a degraded answer: its address may be
    /// that of a placeholder.
    fn is_wanted(&self, file: &KnownFile, health: Health) -> bool {
        match (file.state, health) {
            (AssetState::Pending | AssetState::Failed | AssetState::NoUrl, _) => true,
            (AssetState::Held, Health::Degraded) => false,
            (AssetState::Held, Health::Whole) => match self.recheck {
                Recheck::Always => true,
                Recheck::Path => !file.same_path,
                Recheck::Never => false,
            },
        }
    }

    /// Notes that the address is there. A loss that was believed ends with an event; one that
    /// still waited to be believed leaves no trace.
    fn regain_url(&mut self, node: &Node<'_>, file: &KnownFile) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE asset SET url_seen_at = coalesce(url_seen_at, ?2),
            url_missing_since = NULL, url_missing_walk_id = NULL, url_last_at = NULL,
            next_try_at = CASE WHEN url_missing_since IS NULL THEN next_try_at END,
            state = CASE state WHEN 'no_url' THEN 'pending' ELSE state END
            WHERE asset_id = ?1";
        const LOSS: &str = "UPDATE url_loss SET regained_at = ?2
            WHERE asset_id = ?1 AND regained_at IS NULL RETURNING lost_at";
        self.connection.prepare_cached(UPDATE)?.execute(params![file.asset_id, self.now])?;
        let lost_at: Option<String> = self
            .connection
            .prepare_cached(LOSS)?
            .query_row(params![file.asset_id, self.now], |row| row.get(0))
            .optional()?;
        let Some(lost_at) = lost_at else { return Ok(()) };
        self.note_url(node, file.role, EventKind::UrlRegained, json!({ "lost_at": lost_at }))
    }

    /// Notes that the address is absent: a loss if the walk's end says so. The file stays
    /// expected, held or not.
    fn miss_url(&self, file: &KnownFile, known: &Known, walk_id: i64) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE asset SET url_missing_since = ?2, url_missing_walk_id = ?3,
            url_last_at = coalesce(url_last_at, ?4) WHERE asset_id = ?1";
        self.connection.prepare_cached(UPDATE)?.execute(params![
            file.asset_id,
            self.now,
            walk_id,
            known.seen_at
        ])?;
        Ok(())
    }

    /// Remembers the last look that had the address, when one does not have it and says nothing.
    fn doubt_url(&self, file: &KnownFile, known: &Known) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE asset SET url_last_at = ?2 WHERE asset_id = ?1";
        if file.url_seen && !file.url_missing && !file.url_doubted {
            self.connection
                .prepare_cached(UPDATE)?
                .execute(params![file.asset_id, known.seen_at])?;
        }
        Ok(())
    }

    /// Only a file that never had an address is not expected.
    fn never_had_url(&mut self, node: &Node<'_>, file: &KnownFile) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE asset SET url_missing_since = ?2, state = 'no_url'
            WHERE asset_id = ?1";
        self.connection.prepare_cached(UPDATE)?.execute(params![file.asset_id, self.now])?;
        self.note_url(node, file.role, EventKind::UrlAbsent, json!({}))
    }

    fn note_url(
        &mut self,
        node: &Node<'_>,
        role: AssetRole,
        kind: EventKind,
        detail: serde_json::Value,
    ) -> Result<(), CatalogError> {
        let event = NewEvent {
            kind,
            item: Some((node.item_id, node.item.id.as_str())),
            role: Some(role),
            walk_id: self.walk_id,
            detail,
        };
        self.chain.append(self.connection, &event)
    }

    fn queue(
        &mut self,
        node: &Node<'_>,
        asset: AssetId,
        role: AssetRole,
        cause: Cause,
        tries: u32,
    ) {
        self.queue.push(QueuedAsset {
            asset,
            media_id: node.item.id.clone(),
            parent_id: node.parent.map(|album| album.id.clone()),
            role,
            is_video: node.media_type == Some("VIDEO"),
            cause,
            tries,
        });
    }
}
