//! The reading side: a connection of its own, which never waits for the writer.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::rows::{
    ChangeRow, EventRow, FailureRow, FileRow, ItemCursor, ItemDetail, ItemFilter, ItemRow,
    WalkFilter, WalkRow,
};
use super::text::{count, parsed, parsed_or_null, text};
use super::{CatalogError, open};
use crate::domain::Edge;

/// A read-only look into the catalog, through the same views that everybody has.
///
/// It can be opened while the daemon writes and after it stopped, by anybody who may read the
/// file; each call sees one consistent state.
#[derive(Debug)]
pub struct CatalogReader {
    connection: Connection,
}

impl CatalogReader {
    /// Opens the catalog at `path`, which must exist and have this program's schema.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        Ok(Self { connection: open::to_read(path)? })
    }

    /// Reads through a connection that was opened for something else.
    pub(super) fn over(connection: Connection) -> Self {
        Self { connection }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A page of posts, newest first; [`ItemRow::cursor`] of the last one begins the next page.
    pub fn items(&self, filter: &ItemFilter) -> Result<Vec<ItemRow>, CatalogError> {
        const INCOMPLETE: &str = "EXISTS (SELECT 1 FROM asset f
            JOIN item m ON m.item_id = f.item_id
            WHERE f.state IN ('pending', 'failed')
              AND coalesce(m.parent_item_id, m.item_id) = i.item_id)";
        let mut wanted = Conditions::new("i.parent_item_id IS NULL");
        wanted.equal("i.edge", filter.edge.map(Edge::as_str));
        wanted.equal("i.state", filter.state.as_deref());
        wanted.add("i.published_at >= ?", filter.published_since.map(text));
        wanted.add("i.published_at < ?", filter.published_until.map(text));
        wanted.equal("a.name", filter.account.as_deref());
        if filter.incomplete {
            wanted.sql.push(INCOMPLETE.to_owned());
        }
        if let Some(after) = &filter.after {
            wanted.sql.push("(coalesce(i.published_at, ''), i.item_id) < (?, ?)".to_owned());
            wanted.values.push(after.published_at.clone().into());
            wanted.values.push(after.item_id.into());
        }
        let sql = format!(
            "SELECT i.item_id FROM item i JOIN account a ON a.account_id = i.account_id
             WHERE {} ORDER BY coalesce(i.published_at, '') DESC, i.item_id DESC LIMIT {}",
            wanted.sql.join(" AND "),
            count(filter.limit)
        );
        let ids: Vec<i64> = self
            .connection
            .prepare_cached(&sql)?
            .query_map(params_from_iter(wanted.values), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        ids.into_iter().map(|item_id| self.post(item_id)).collect()
    }

    /// Everything about an item, found by its id, its shortcode or its public address.
    pub fn item(&self, key: &str) -> Result<Option<ItemDetail>, CatalogError> {
        match self.find(key)? {
            Some(item_id) => self.detail(item_id).map(Some),
            None => Ok(None),
        }
    }

    /// A page of walks, newest first.
    pub fn walks(&self, filter: &WalkFilter) -> Result<Vec<WalkRow>, CatalogError> {
        let mut wanted = Conditions::new("1");
        wanted.equal("account", filter.account.as_deref());
        wanted.equal("edge", filter.edge.map(Edge::as_str));
        wanted.add("walk_id < ?", filter.before);
        if filter.incomplete {
            wanted.sql.push("outcome <> 'complete'".to_owned());
        }
        let sql = format!(
            "SELECT walk_id, account, edge, name, since, until, started_at, finished_at, outcome,
             reason, detail, coverage_from, coverage_to, pages, calls, listed, new, changed,
             missing, hold, capped_at, server_at FROM walks WHERE {} ORDER BY walk_id DESC LIMIT {}",
            wanted.sql.join(" AND "),
            count(filter.limit)
        );
        let mut query = self.connection.prepare_cached(&sql)?;
        let rows = query.query_map(params_from_iter(wanted.values), walk_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What failed and has not succeeded since, newest first, of one account or of all.
    pub fn failures(
        &self,
        account: Option<&str>,
        limit: usize,
    ) -> Result<Vec<FailureRow>, CatalogError> {
        const QUERY: &str = "SELECT account, media_id, role, stage, class, code, subcode, tries,
            first_at, last_at, next_try_at, error FROM failures
            WHERE ?1 IS NULL OR account = ?1 ORDER BY last_at DESC LIMIT ?2";
        let mut query = self.connection.prepare_cached(QUERY)?;
        let rows = query.query_map(params![account, count(limit)], failure_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Events with a number above `after`, oldest first, of one account or of all.
    pub fn events(
        &self,
        account: Option<&str>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<EventRow>, CatalogError> {
        const QUERY: &str = "SELECT id, at, account, media_id, kind, role, walk_id, detail, digest,
            previous_digest FROM events
            WHERE id > ?2 AND (?1 IS NULL OR account = ?1) ORDER BY id LIMIT ?3";
        let mut query = self.connection.prepare_cached(QUERY)?;
        let rows = query.query_map(params![account, after, count(limit)], event_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An address is looked up by its last part, which is the shortcode of a post.
    pub(super) fn find(&self, key: &str) -> Result<Option<i64>, CatalogError> {
        const BY_ID: &str = "SELECT item_id FROM item WHERE media_id = ?1 ORDER BY item_id LIMIT 1";
        const BY_CODE: &str = "SELECT item_id FROM item WHERE shortcode = ?1 ORDER BY parent_item_id, item_id LIMIT 1";
        const BY_TEXT: &str = "SELECT rowid / 4, text FROM search
            WHERE search MATCH ?1 AND kind = 'permalink' AND rowid > 0 ORDER BY rowid";
        let address = key.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
        let code = address.rsplit('/').next().unwrap_or("");
        if code.is_empty() {
            return Ok(None);
        }
        for sql in [BY_ID, BY_CODE] {
            let mut query = self.connection.prepare_cached(sql)?;
            let found = query.query_row([code], |row| row.get(0)).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let phrase = format!("\"{}\"", code.replace('"', "\"\""));
        let mut query = self.connection.prepare_cached(BY_TEXT)?;
        let mut rows = query.query([phrase])?;
        while let Some(row) = rows.next()? {
            if row.get_ref(1)?.as_str().is_ok_and(|link| link.split('/').any(|part| part == code)) {
                return Ok(Some(row.get(0)?));
            }
        }
        Ok(None)
    }

    fn detail(&self, item_id: i64) -> Result<ItemDetail, CatalogError> {
        const RAW: &str = "SELECT raw_json FROM item_raw WHERE item_id = ?1";
        const SLIDES: &str = "SELECT item_id FROM item WHERE parent_item_id = ?1
            ORDER BY position IS NULL, position, item_id";
        let is_slide: bool = self.connection.query_row(
            "SELECT parent_item_id IS NOT NULL FROM item WHERE item_id = ?1",
            [item_id],
            |row| row.get(0),
        )?;
        let item = if is_slide { self.slide(item_id)? } else { self.post(item_id)? };
        let slides: Vec<i64> = self
            .connection
            .prepare_cached(SLIDES)?
            .query_map([item_id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let children: Vec<ItemRow> =
            slides.into_iter().map(|slide| self.slide(slide)).collect::<Result<_, _>>()?;
        let all = || std::iter::once(&item).chain(&children);
        Ok(ItemDetail {
            files: self.of_each(all(), FILES, file_row)?,
            changes: self.of_each(all(), CHANGES, change_row)?,
            events: self.of_each(all(), EVENTS, event_row)?,
            raw_json: self.connection.query_row(RAW, [item_id], |row| row.get(0))?,
            item,
            children,
        })
    }

    fn of_each<'i, T>(
        &self,
        items: impl Iterator<Item = &'i ItemRow>,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, CatalogError> {
        let mut query = self.connection.prepare_cached(sql)?;
        let mut found = Vec::new();
        for item in items {
            let rows = query.query_map([&item.media_id, &item.account], &read)?;
            for row in rows {
                found.push(row?);
            }
        }
        Ok(found)
    }

    fn post(&self, item_id: i64) -> Result<ItemRow, CatalogError> {
        const QUERY: &str = "SELECT p.media_id, p.account, p.edge, NULL, NULL, p.shortcode,
            p.permalink, p.media_type, p.media_product_type, p.caption, p.alt_text, p.published_at,
            p.like_count, p.comments_count, p.child_count, p.files_expected, p.files_held, p.state,
            p.first_seen_at, p.last_seen_at, p.disappeared_at, i.item_id
            FROM item i
            JOIN account a ON a.account_id = i.account_id
            JOIN posts p ON p.media_id = i.media_id AND p.account = a.name
            WHERE i.item_id = ?1";
        Ok(self.connection.prepare_cached(QUERY)?.query_row([item_id], item_row)?)
    }

    fn slide(&self, item_id: i64) -> Result<ItemRow, CatalogError> {
        const QUERY: &str = "SELECT p.media_id, p.account, p.edge, p.parent_id, p.position,
            p.shortcode, p.permalink, p.media_type, p.media_product_type, p.caption, p.alt_text,
            p.published_at, p.like_count, p.comments_count, p.child_count, p.files_expected,
            p.files_held, p.state, p.first_seen_at, p.last_seen_at, p.disappeared_at, i.item_id
            FROM item i
            JOIN account a ON a.account_id = i.account_id
            JOIN items p ON p.media_id = i.media_id AND p.account = a.name
            WHERE i.item_id = ?1";
        Ok(self.connection.prepare_cached(QUERY)?.query_row([item_id], item_row)?)
    }
}

const FILES: &str = "SELECT media_id, parent_id, position, role, version, state, sha256, path,
    size_bytes, mime_type, width, height, duration_ms, held_at, verified_at, last_error
    FROM files WHERE media_id = ?1 AND account = ?2 ORDER BY role, version";

const CHANGES: &str = "SELECT media_id, account, field, old_kind, old, new_kind, new,
    previous_seen_at, seen_at FROM changes WHERE media_id = ?1 AND account = ?2
    ORDER BY seen_at, field";

const EVENTS: &str = "SELECT id, at, account, media_id, kind, role, walk_id, detail, digest,
    previous_digest FROM events WHERE media_id = ?1 AND account = ?2 ORDER BY id";

/// Conditions that are joined by AND, with their values in order.
#[derive(Debug)]
pub(super) struct Conditions {
    pub(super) sql: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    pub(super) fn new(first: &str) -> Self {
        Self { sql: vec![first.to_owned()], values: Vec::new() }
    }

    pub(super) fn equal(&mut self, column: &str, value: Option<&str>) {
        self.add(&format!("{column} = ?"), value.map(str::to_owned));
    }

    pub(super) fn add(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.sql.push(condition.to_owned());
            self.values.push(value.into());
        }
    }

    /// No word at all stands for every word.
    pub(super) fn any_of<'w>(&mut self, column: &str, words: impl Iterator<Item = &'w str>) {
        let words: Vec<Value> = words.map(|word| word.to_owned().into()).collect();
        if !words.is_empty() {
            let places = vec!["?"; words.len()].join(", ");
            self.sql.push(format!("{column} IN ({places})"));
            self.values.extend(words);
        }
    }
}

fn item_row(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    let published_at: Option<String> = row.get(11)?;
    Ok(ItemRow {
        cursor: ItemCursor {
            published_at: published_at.unwrap_or_default(),
            item_id: row.get(21)?,
        },
        media_id: row.get(0)?,
        account: row.get(1)?,
        edge: row.get(2)?,
        parent_id: row.get(3)?,
        position: row.get(4)?,
        shortcode: row.get(5)?,
        permalink: row.get(6)?,
        media_type: row.get(7)?,
        media_product_type: row.get(8)?,
        caption: row.get(9)?,
        alt_text: row.get(10)?,
        published_at: parsed_or_null(row, 11)?,
        like_count: row.get(12)?,
        comments_count: row.get(13)?,
        child_count: row.get(14)?,
        files_expected: row.get(15)?,
        files_held: row.get(16)?,
        state: row.get(17)?,
        first_seen_at: parsed(row, 18)?,
        last_seen_at: parsed(row, 19)?,
        disappeared_at: parsed_or_null(row, 20)?,
    })
}

fn file_row(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        media_id: row.get(0)?,
        parent_id: row.get(1)?,
        position: row.get(2)?,
        role: row.get(3)?,
        version: row.get(4)?,
        state: row.get(5)?,
        sha256: row.get(6)?,
        path: row.get(7)?,
        size_bytes: row.get(8)?,
        mime_type: row.get(9)?,
        width: row.get(10)?,
        height: row.get(11)?,
        duration_ms: row.get(12)?,
        held_at: parsed_or_null(row, 13)?,
        verified_at: parsed_or_null(row, 14)?,
        last_error: row.get(15)?,
    })
}

fn change_row(row: &Row<'_>) -> rusqlite::Result<ChangeRow> {
    Ok(ChangeRow {
        media_id: row.get(0)?,
        account: row.get(1)?,
        field: row.get(2)?,
        old_kind: row.get(3)?,
        old: row.get(4)?,
        new_kind: row.get(5)?,
        new: row.get(6)?,
        previous_seen_at: parsed(row, 7)?,
        seen_at: parsed(row, 8)?,
    })
}

pub(super) fn event_row(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        id: row.get(0)?,
        at: parsed(row, 1)?,
        account: row.get(2)?,
        media_id: row.get(3)?,
        kind: row.get(4)?,
        role: row.get(5)?,
        walk_id: row.get(6)?,
        detail: row.get(7)?,
        digest: row.get(8)?,
        previous_digest: row.get(9)?,
    })
}

fn walk_row(row: &Row<'_>) -> rusqlite::Result<WalkRow> {
    Ok(WalkRow {
        walk_id: row.get(0)?,
        account: row.get(1)?,
        edge: row.get(2)?,
        name: row.get(3)?,
        since: parsed_or_null(row, 4)?,
        until: parsed_or_null(row, 5)?,
        started_at: parsed(row, 6)?,
        finished_at: parsed_or_null(row, 7)?,
        outcome: row.get(8)?,
        reason: row.get(9)?,
        detail: row.get(10)?,
        coverage_from: parsed_or_null(row, 11)?,
        coverage_to: parsed_or_null(row, 12)?,
        pages: row.get(13)?,
        calls: row.get(14)?,
        listed: row.get(15)?,
        new: row.get(16)?,
        changed: row.get(17)?,
        missing: row.get(18)?,
        hold: row.get(19)?,
        capped_at: parsed_or_null(row, 20)?,
        server_at: parsed_or_null(row, 21)?,
    })
}

fn failure_row(row: &Row<'_>) -> rusqlite::Result<FailureRow> {
    Ok(FailureRow {
        account: row.get(0)?,
        media_id: row.get(1)?,
        role: row.get(2)?,
        stage: row.get(3)?,
        class: row.get(4)?,
        code: row.get(5)?,
        subcode: row.get(6)?,
        tries: row.get(7)?,
        first_at: parsed(row, 8)?,
        last_at: parsed(row, 9)?,
        next_try_at: parsed_or_null(row, 10)?,
        error: row.get(11)?,
    })
}
