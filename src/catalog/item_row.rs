//! The row of an item: its tracked fields in their columns, and its text.

use rusqlite::{Connection, params};

use super::CatalogError;
use super::fields::{self, Standing, State, States};

/// An item that was never seen before.
#[derive(Debug)]
pub(super) struct NewItem<'a> {
    pub(super) account_id: i64,
    pub(super) media_id: &'a str,
    pub(super) edge: &'a str,
    pub(super) parent_item_id: Option<i64>,
    pub(super) position: Option<i64>,
    pub(super) first_seen_at: &'a str,
    pub(super) raw: &'a str,
    pub(super) raw_digest: &'a [u8; 32],
    pub(super) states: &'a States<'a>,
}

/// Enters an item and answers its number.
pub(super) fn insert(connection: &Connection, item: &NewItem<'_>) -> Result<i64, CatalogError> {
    const ITEM: &str = "INSERT INTO item (account_id, media_id, edge, parent_item_id, position,
        first_seen_at, kinds, raw_digest, media_type, media_product_type, published_at,
        shortcode, permalink, username, owner, is_comment_enabled, is_shared_to_feed,
        children, alt_text, caption)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                ?18, ?19, ?20)";
    const RAW: &str = "INSERT INTO item_raw (item_id, raw_json) VALUES (?1, ?2)";
    let text = |n: usize| item.states[n].text.as_deref();
    connection.prepare_cached(ITEM)?.execute(params![
        item.account_id,
        item.media_id,
        item.edge,
        item.parent_item_id,
        item.position,
        item.first_seen_at,
        fields::letters(item.states),
        item.raw_digest,
        text(0),
        text(1),
        text(2),
        text(3),
        text(4),
        text(5),
        text(6),
        text(7),
        text(8),
        text(9),
        text(10),
        text(11),
    ])?;
    let item_id = connection.last_insert_rowid();
    connection.prepare_cached(RAW)?.execute(params![item_id, item.raw])?;
    Ok(item_id)
}

/// Writes the fields as they stand from now on.
pub(super) fn update(
    connection: &Connection,
    item_id: i64,
    states: &States<'_>,
    raw_digest: &[u8; 32],
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE item SET kinds = ?2, raw_digest = ?3, media_type = ?4,
        media_product_type = ?5, published_at = ?6, shortcode = ?7, permalink = ?8,
        username = ?9, owner = ?10, is_comment_enabled = ?11, is_shared_to_feed = ?12,
        children = ?13, alt_text = ?14, caption = ?15 WHERE item_id = ?1";
    let text = |n: usize| states[n].text.as_deref();
    connection.prepare_cached(UPDATE)?.execute(params![
        item_id,
        fields::letters(states),
        raw_digest,
        text(0),
        text(1),
        text(2),
        text(3),
        text(4),
        text(5),
        text(6),
        text(7),
        text(8),
        text(9),
        text(10),
        text(11),
    ])?;
    Ok(())
}

/// The text that another one takes the place of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Former<'a> {
    pub(super) item_id: i64,
    pub(super) raw_digest: &'a [u8; 32],
    pub(super) last_seen_at: &'a str,
}

/// Writes the item's text as last received; the one before it stays beside it.
pub(super) fn replace_raw(
    connection: &Connection,
    former: Former<'_>,
    raw: &str,
) -> Result<(), CatalogError> {
    const KEEP: &str = "INSERT INTO item_raw_former (item_id, raw_digest, raw_json, last_seen_at)
        SELECT item_id, ?2, raw_json, ?3 FROM item_raw WHERE item_id = ?1
        ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at";
    const UPDATE: &str = "UPDATE item_raw SET raw_json = ?2 WHERE item_id = ?1";
    connection.prepare_cached(KEEP)?.execute(params![
        former.item_id,
        former.raw_digest,
        former.last_seen_at
    ])?;
    connection.prepare_cached(UPDATE)?.execute(params![former.item_id, raw])?;
    Ok(())
}

/// Files an item that another list showed first under the account's own list.
pub(super) fn move_to_edge(
    connection: &Connection,
    item_id: i64,
    edge: &str,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE item SET edge = ?2 WHERE item_id = ?1";
    connection.prepare_cached(UPDATE)?.execute(params![item_id, edge])?;
    Ok(())
}

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
            let standing = Standing::from_letter(kinds.get(n).copied());
            let text: Option<String> = row.get(n + 1)?;
            *state = State { standing, text: text.map(Into::into) };
        }
        Ok(states)
    })?;
    Ok(states)
}
