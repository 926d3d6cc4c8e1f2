//! The tracked fields in their columns, and the rows of their history.

use rusqlite::{Connection, params};

use super::CatalogError;
use super::fields::{Kind, State, States, TRACKED, Tracked};

/// Reads the fields of an item as they stand.
pub(super) fn load(connection: &Connection, item_id: i64) -> Result<States<'static>, CatalogError> {
    const QUERY: &str = "SELECT kinds, media_type, media_product_type, published_at, shortcode,
        permalink, username, owner, CAST(is_comment_enabled AS TEXT),
        CAST(is_shared_to_feed AS TEXT), children, alt_text, caption
        FROM item WHERE item_id = ?1";
    let states = connection.prepare_cached(QUERY)?.query_row([item_id], |row| {
        let kinds = row.get_ref(0)?.as_str()?.as_bytes();
        let mut states: States<'static> = Default::default();
        for (n, state) in states.iter_mut().enumerate() {
            let kind = Kind::from_letter(kinds.get(n).copied());
            let text: Option<String> = row.get(n + 1)?;
            *state = State { kind, text: text.map(Into::into) };
        }
        Ok(states)
    })?;
    Ok(states)
}

/// What changed of an item, between which two answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) item_id: i64,
    pub(super) previous_seen_at: &'a str,
    pub(super) seen_at: &'a str,
    pub(super) walk_id: Option<i64>,
}

/// Appends a row for each changed field.
pub(super) fn record(
    connection: &Connection,
    moment: Moment<'_>,
    changed: &[Tracked],
    before: &States<'_>,
    now: &States<'_>,
) -> Result<(), CatalogError> {
    const INSERT: &str = "INSERT INTO change (item_id, field, old_kind, old, new_kind, new,
        previous_seen_at, seen_at, walk_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let mut insert = connection.prepare_cached(INSERT)?;
    for n in 0..TRACKED {
        let field = Tracked::ALL[n];
        if changed.contains(&field) {
            insert.execute(params![
                moment.item_id,
                field.name(),
                before[n].kind.word(),
                before[n].text,
                now[n].kind.word(),
                now[n].text,
                moment.previous_seen_at,
                moment.seen_at,
                moment.walk_id,
            ])?;
        }
    }
    Ok(())
}
