//! Files of items: which are expected, which are to be fetched.

use rusqlite::{Row, params};
use serde_json::json;

use super::asked::Level;
use super::events::{EventKind, NewEvent};
use super::known_item::KnownFile;
use super::node::Node;
use super::page::Look;
use super::text::{count, parsed, parsed_or_null, text, word};
use super::writer::account_id;
use super::{CatalogError, Writer};
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
    /// Not asked for, or something that is no address.
    Unknown(Silence),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    NotAsked,
    Unreadable,
}

impl Look<'_> {
    /// Enters the files of an item, notes lost and regained addresses, and queues what is to be
    /// fetched. An album's own address is ignored: its files are those of its slides.
    pub(super) fn record_files(&mut self, node: Node<'_>) -> Result<(), CatalogError> {
        if node.is_album && node.level == Level::Post {
            return Ok(());
        }
        for role in [AssetRole::Media, AssetRole::Thumbnail] {
            let address = self.address(&node, role);
            match node.known.and_then(|known| known.file(role)) {
                Some(file) => self.compare_file(&node, file, address)?,
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
            Field::Null => Address::Missing,
            Field::Absent if self.asked.has(node.level, name) => Address::Missing,
            Field::Absent => Address::Unknown(Silence::NotAsked),
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
            Address::Missing => self.note_absent_url(node, role)?,
            Address::Unknown(_) => {}
        }
        Ok(())
    }

    fn compare_file(
        &mut self,
        node: &Node<'_>,
        file: &KnownFile,
        address: Address,
    ) -> Result<(), CatalogError> {
        match address {
            Address::There => {
                if file.url_missing || !file.url_seen {
                    self.regain_url(file)?;
                }
                if self.is_wanted(file) && (file.url_missing || !file.rests) {
                    let asset = AssetId(file.asset_id);
                    self.queue(node, asset, file.role, cause(file.state, file.tries), file.tries);
                }
            }
            Address::Missing if !file.url_missing => self.lose_url(node, file)?,
            Address::Missing | Address::Unknown(_) => {}
        }
        Ok(())
    }

    fn is_wanted(&self, file: &KnownFile) -> bool {
        match (file.state, self.recheck) {
            (AssetState::Pending | AssetState::Failed | AssetState::NoUrl, _)
            | (AssetState::Held, Recheck::Always) => true,
            (AssetState::Held, Recheck::Path) => !file.same_path,
            (AssetState::Held, Recheck::Never) => false,
        }
    }

    fn regain_url(&self, file: &KnownFile) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE asset SET url_seen_at = coalesce(url_seen_at, ?2),
            url_missing_since = NULL, next_try_at = NULL,
            state = CASE state WHEN 'no_url' THEN 'pending' ELSE state END
            WHERE asset_id = ?1";
        const LOSS: &str = "UPDATE url_loss SET regained_at = ?2
            WHERE asset_id = ?1 AND regained_at IS NULL";
        self.connection.prepare_cached(UPDATE)?.execute(params![file.asset_id, self.now])?;
        self.connection.prepare_cached(LOSS)?.execute(params![file.asset_id, self.now])?;
        Ok(())
    }

    /// Notes that the address is no longer given. The file stays expected, held or not; only one
    /// that never had an address is not.
    fn lose_url(&mut self, node: &Node<'_>, file: &KnownFile) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE asset SET url_missing_since = ?2,
            state = CASE WHEN url_seen_at IS NULL THEN 'no_url' ELSE state END
            WHERE asset_id = ?1";
        const LOSS: &str = "INSERT INTO url_loss (asset_id, lost_at, last_url_at)
            VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET regained_at = NULL";
        self.connection.prepare_cached(UPDATE)?.execute(params![file.asset_id, self.now])?;
        if file.url_seen {
            let last = node.known.map_or(&self.now, |known| &known.seen_at);
            self.connection.prepare_cached(LOSS)?.execute(params![
                file.asset_id,
                self.now,
                last
            ])?;
            return Ok(());
        }
        self.note_absent_url(node, file.role)
    }

    fn note_absent_url(&mut self, node: &Node<'_>, role: AssetRole) -> Result<(), CatalogError> {
        let event = NewEvent {
            kind: EventKind::UrlAbsent,
            item: Some((node.item_id, node.item.id.as_str())),
            role: Some(role),
            walk_id: self.walk_id,
            detail: json!({}),
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
