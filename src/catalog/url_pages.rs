//! Pages that a lost address is proven by: the last one with it and the first one without.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::CatalogError;
use super::responses::{pin, unpacked};
use super::text::hex;
use super::walks::OpenWalk;
use crate::domain::MediaId;

/// Pages by the instant that they were received at. One page has many items, so that they are
/// read once.
#[derive(Debug)]
pub(super) struct UrlPages {
    account_id: i64,
    edge: String,
    pages: HashMap<String, Vec<Page>>,
}

#[derive(Debug)]
struct Page {
    response_id: i64,
    digest: String,
    text: String,
}

impl UrlPages {
    pub(super) fn new(account_id: i64, edge: &str) -> Self {
        Self { account_id, edge: edge.to_owned(), pages: HashMap::new() }
    }

    pub(super) fn of(open: &OpenWalk) -> Self {
        Self::new(open.account_id, &open.edge)
    }

    /// Keeps the page for ever that showed an item at an instant; answers its SHA-256, or nothing
    /// when no page is kept, or the item was read by its id.
    pub(super) fn pin(
        &mut self,
        connection: &Connection,
        media_id: &MediaId,
        at: &str,
    ) -> Result<Option<String>, CatalogError> {
        if !self.pages.contains_key(at) {
            let pages = pages_at(connection, self.account_id, &self.edge, at)?;
            self.pages.insert(at.to_owned(), pages);
        }
        let quoted = format!("\"{media_id}\"");
        let pages = self.pages.get(at).map(Vec::as_slice).unwrap_or_default();
        let Some(page) = pages.iter().find(|page| page.text.contains(&quoted)) else {
            return Ok(None);
        };
        pin(connection, page.response_id)?;
        Ok(Some(page.digest.clone()))
    }
}

fn pages_at(
    connection: &Connection,
    account_id: i64,
    edge: &str,
    at: &str,
) -> Result<Vec<Page>, CatalogError> {
    const QUERY: &str = "SELECT r.response_id, r.digest, r.size_bytes, r.body
        FROM walk w
        JOIN walk_page p ON p.walk_id = w.walk_id
        JOIN response r ON r.response_id = p.response_id
        WHERE w.account_id = ?1 AND w.edge = ?2 AND w.started_at <= ?3
          AND coalesce(w.finished_at, ?3) >= ?3 AND p.at = ?3
        ORDER BY w.walk_id DESC, p.page";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map(params![account_id, edge, at], |row| {
        let text = unpacked(row.get_ref(3)?.as_blob()?, row.get(2)?);
        let digest = hex(row.get_ref(1)?.as_blob()?);
        Ok(Page { response_id: row.get(0)?, digest, text: text.unwrap_or_default() })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
