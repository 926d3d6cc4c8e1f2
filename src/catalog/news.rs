//! What a pass found out, read from its events.

use rusqlite::params;

use super::text::count;
use super::writer::account_id;
use super::{CatalogError, Writer};
use crate::domain::AccountName;

/// An event that people want to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsRow {
    pub kind: String,
    pub media_id: Option<String>,
    pub shortcode: Option<String>,
    pub role: Option<String>,
    pub walk_id: Option<i64>,
    /// A JSON object.
    pub detail: String,
}

impl Writer {
    /// The number of an account's newest event, 0 before the first.
    pub fn newest_event(&mut self, account: &AccountName) -> Result<i64, CatalogError> {
        const QUERY: &str = "SELECT coalesce(max(event_id), 0) FROM event WHERE account_id = ?1";
        let connection = self.reading();
        let account = account_id(connection, account)?;
        Ok(connection.prepare_cached(QUERY)?.query_row([account], |row| row.get(0))?)
    }

    /// What became known of an account after that event: everything but the daily arrivals, edits
    /// and the program's own housekeeping, in order. A post that the list reaches again was never
    /// thought to be away.
    pub fn news_since(
        &mut self,
        account: &AccountName,
        after: i64,
        limit: usize,
    ) -> Result<Vec<NewsRow>, CatalogError> {
        const QUERY: &str = "SELECT e.kind, i.media_id, coalesce(i.shortcode, p.shortcode), e.role,
            e.walk_id, e.detail
            FROM event e
            LEFT JOIN item i ON i.item_id = e.item_id
            LEFT JOIN item p ON p.item_id = i.parent_item_id
            WHERE e.account_id = ?1 AND e.event_id > ?2
              AND e.kind IN ('missing', 'unlisted', 'gone', 'returned', 'unreachable',
                'late_arrival', 'url_lost', 'url_regained', 'walk_held', 'hold_ended',
                'walk_disproved', 'observer_changed', 'gap_opened', 'gap_closed', 'count_differs',
                'count_learned')
              AND (e.kind <> 'returned'
                   OR json_extract(e.detail, '$.from') IS NOT 'unreachable')
            ORDER BY e.event_id LIMIT ?3";
        let connection = self.reading();
        let account = account_id(connection, account)?;
        let mut query = connection.prepare_cached(QUERY)?;
        let rows = query.query_map(params![account, after, count(limit)], |row| {
            Ok(NewsRow {
                kind: row.get(0)?,
                media_id: row.get(1)?,
                shortcode: row.get(2)?,
                role: row.get(3)?,
                walk_id: row.get(4)?,
                detail: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
