//! Reads events for people: a part of them, each with the name of what it is about.

use rusqlite::params_from_iter;

use super::events::EventKind;
use super::reader::{Conditions, event_row};
use super::rows::EventRow;
use super::text::{count, text};
use super::{CatalogError, CatalogReader};
use crate::domain::Timestamp;

/// Which events to read.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    pub account: Option<String>,
    /// Only events of this item and, when it is an album, of its slides.
    pub item: Option<ItemKey>,
    /// Only events of these kinds; all when there is none.
    pub kinds: Vec<EventKind>,
    pub since: Option<Timestamp>,
    pub part: EventPart,
    pub limit: usize,
}

/// Which end of the events counts when there are more than the limit; they come oldest first
/// either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventPart {
    /// The newest ones.
    #[default]
    Newest,
    /// Those that follow this number: where the page before ended.
    After(i64),
}

/// An item that the catalog has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemKey(i64);

/// An event with the names that people know its item by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedEvent {
    pub event: EventRow,
    pub shortcode: Option<String>,
    /// The shortcode or id of the album, when the item is a slide.
    pub album: Option<String>,
}

impl CatalogReader {
    /// The item with this id, shortcode or public address.
    pub fn key_of(&self, item: &str) -> Result<Option<ItemKey>, CatalogError> {
        Ok(self.find(item)?.map(ItemKey))
    }

    /// A part of the events, oldest first.
    pub fn named_events(&self, filter: &EventFilter) -> Result<Vec<NamedEvent>, CatalogError> {
        const OF_ITEM: &str = "e.item_id IN (SELECT item_id FROM item WHERE item_id = ?
            UNION ALL SELECT item_id FROM item WHERE parent_item_id = ?)";
        let mut wanted = Conditions::new("1");
        wanted.equal("a.name", filter.account.as_deref());
        if let Some(ItemKey(item_id)) = filter.item {
            wanted.sql.push(OF_ITEM.to_owned());
            wanted.values.extend([item_id.into(), item_id.into()]);
        }
        wanted.add("e.at >= ?", filter.since.map(text));
        wanted.any_of("e.kind", filter.kinds.iter().map(|kind| kind.as_str()));
        let order = match filter.part {
            EventPart::Newest => "DESC",
            EventPart::After(id) => {
                wanted.add("e.event_id > ?", Some(id));
                "ASC"
            }
        };
        let sql = format!(
            "SELECT e.event_id, e.at, a.name, i.media_id, e.kind, e.role, e.walk_id, e.detail,
             e.digest, e.previous_digest, i.shortcode, coalesce(p.shortcode, p.media_id)
             FROM event e
             JOIN account a ON a.account_id = e.account_id
             LEFT JOIN item i ON i.item_id = e.item_id
             LEFT JOIN item p ON p.item_id = i.parent_item_id
             WHERE {} ORDER BY e.event_id {order} LIMIT {}",
            wanted.sql.join(" AND "),
            count(filter.limit)
        );
        let mut query = self.connection().prepare_cached(&sql)?;
        let rows = query.query_map(params_from_iter(wanted.values), |row| {
            Ok(NamedEvent { event: event_row(row)?, shortcode: row.get(10)?, album: row.get(11)? })
        })?;
        let mut events: Vec<NamedEvent> = rows.collect::<Result<_, _>>()?;
        match filter.part {
            EventPart::Newest => events.reverse(),
            EventPart::After(_) => {}
        }
        Ok(events)
    }
}
