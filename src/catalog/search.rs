//! Keeps the full text index in step with the items.

use rusqlite::{Connection, params};

use super::CatalogError;
use super::asked::Level;
use super::fields::{State, States, Tracked};

/// What of an item can be found, and the last digit of its row number.
const SLOTS: [(Tracked, &str); 4] = [
    (Tracked::Caption, "caption"),
    (Tracked::AltText, "alt_text"),
    (Tracked::Permalink, "permalink"),
    (Tracked::Shortcode, "shortcode"),
];

/// The item whose texts are indexed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indexed<'a> {
    pub(super) item_id: i64,
    pub(super) media_id: &'a str,
    pub(super) account: &'a str,
    pub(super) level: Level,
}

/// Writes the rows of the index that differ between what was known and what is known now.
pub(super) fn index(
    connection: &Connection,
    item: Indexed<'_>,
    before: Option<&States<'_>>,
    now: &States<'_>,
) -> Result<(), CatalogError> {
    const INSERT: &str = "INSERT INTO search (rowid, media_id, account, kind, text)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    const DELETE: &str = "DELETE FROM search WHERE rowid = ?1";
    // A slide is found by its words; the address that people have is that of its post.
    let slots = match item.level {
        Level::Post => &SLOTS[..],
        Level::Slide => &SLOTS[..2],
    };
    for ((field, kind), slot) in slots.iter().copied().zip(0_i64..) {
        let old = before.and_then(|states| text_of(states, field));
        let new = text_of(now, field);
        if old == new {
            continue;
        }
        let row = 4 * item.item_id + slot;
        if old.is_some() {
            connection.prepare_cached(DELETE)?.execute([row])?;
        }
        if let Some(text) = new {
            connection.prepare_cached(INSERT)?.execute(params![
                row,
                item.media_id,
                item.account,
                kind,
                text
            ])?;
        }
    }
    Ok(())
}

/// The text to be found, if any; a permalink usually has the shortcode in it already.
fn text_of<'a>(states: &'a States<'_>, field: Tracked) -> Option<&'a str> {
    let of = |field: Tracked| {
        let found = Tracked::ALL.iter().zip(states).find(|(tracked, _)| **tracked == field);
        found.and_then(|(_, state): (_, &State<'_>)| state.text.as_deref())
    };
    let text = of(field).filter(|text| !text.is_empty())?;
    let within_permalink = field == Tracked::Shortcode
        && of(Tracked::Permalink).is_some_and(|link| link.split('/').any(|part| part == text));
    (!within_permalink).then_some(text)
}
