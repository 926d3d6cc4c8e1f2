//! Reads events and turns of alarms as facts that people may be told.

use rusqlite::{Row, params};
use serde_json::Value;

use super::events::EventKind;
use super::messengers::Mark;
use super::text::{parsed, word};
use super::{CatalogError, CatalogReader};
use crate::domain::ledger::GapReason;
use crate::domain::notice::{Became, Fact, GapTurn, HoldEnd, Lost, Origin, Post, Turn, What};
use crate::domain::{AlarmKind, AssetRole};

impl CatalogReader {
    /// What happened after one mark and up to another, over all accounts, each kind in its order.
    ///
    /// A post that was missing and never gone, or too old for the list, was not told to have left:
    /// its return is none.
    pub fn facts_between(&self, after: Mark, until: Mark) -> Result<Vec<Fact>, CatalogError> {
        const EVENTS: &str = "SELECT e.event_id, e.at, a.name, e.kind, e.role, e.walk_id, e.detail,
              p.media_id, p.shortcode, p.permalink, p.caption,
              (SELECT count(*) FROM item c JOIN asset f ON f.item_id = c.item_id
                WHERE (c.item_id = p.item_id OR c.parent_item_id = p.item_id)
                  AND f.state <> 'no_url'),
              (SELECT count(*) FROM item c JOIN asset f ON f.item_id = c.item_id
                WHERE (c.item_id = p.item_id OR c.parent_item_id = p.item_id)
                  AND f.state = 'held')
            FROM event e
            JOIN account a ON a.account_id = e.account_id
            LEFT JOIN item i ON i.item_id = e.item_id
            LEFT JOIN item p ON p.item_id = coalesce(i.parent_item_id, i.item_id)
            WHERE e.event_id > ?1 AND e.event_id <= ?2
              AND e.kind IN ('gone', 'returned', 'url_lost', 'walk_held', 'hold_ended',
                'gap_opened', 'gap_closed')
              AND (e.kind <> 'returned'
                   OR json_extract(e.detail, '$.from') IN ('gone', 'unlisted'))
            ORDER BY e.event_id";
        const TURNS: &str = "SELECT t.turn_id, t.at, a.name, l.alarm_id, l.kind, l.subject, t.turn,
              t.detail, l.since_at
            FROM alarm_turn t
            JOIN alarm l ON l.alarm_id = t.alarm_id
            LEFT JOIN account a ON a.account_id = l.account_id
            WHERE t.turn_id > ?1 AND t.turn_id <= ?2 ORDER BY t.turn_id";
        let connection = self.connection();
        let mut query = connection.prepare_cached(EVENTS)?;
        let events = query.query_map(params![after.event, until.event], event_fact)?;
        let mut facts: Vec<Fact> = Vec::new();
        for event in events {
            facts.extend(event?);
        }
        let mut query = connection.prepare_cached(TURNS)?;
        let turns = query.query_map(params![after.turn, until.turn], turn_fact)?;
        for turn in turns {
            facts.push(turn?);
        }
        Ok(facts)
    }
}

/// Nothing for a kind that nobody is told.
fn event_fact(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    let kind: EventKind = word(row, 3, EventKind::from_word)?;
    let text: String = row.get(6)?;
    let detail: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let lost = if detail["kind"] == "url" { Lost::Urls } else { Lost::Items };
    let what = match kind {
        EventKind::Gone => What::Post {
            became: Became::Gone {
                last_seen_at: string(&detail, "last_seen_at"),
                first_missing_at: string(&detail, "first_missing_at"),
            },
            post: post(row)?,
        },
        EventKind::Returned => What::Post {
            became: Became::Returned { first_missing_at: string(&detail, "first_missing_at") },
            post: post(row)?,
        },
        EventKind::UrlLost => {
            let role: Option<String> = row.get(4)?;
            let role = match role.as_deref() {
                Some("thumbnail") => AssetRole::Thumbnail,
                Some(_) | None => AssetRole::Media,
            };
            let held = detail["held"] == true;
            What::Post { became: Became::UrlLost { role, held }, post: post(row)? }
        }
        EventKind::WalkHeld => What::Held {
            walk: row.get::<_, Option<i64>>(5)?.unwrap_or(0),
            lost,
            items: number(&detail, "items"),
            looked_at: number(&detail, "looked_at"),
        },
        EventKind::HoldEnded => What::HoldEnded {
            walk: detail["held_walk"].as_i64().unwrap_or(0),
            lost,
            items: number(&detail, "items"),
            by: match detail["by"].as_str() {
                Some("confirmed") => HoldEnd::Confirmed,
                Some("accepted") => HoldEnd::Accepted,
                Some(_) | None => HoldEnd::Dropped,
            },
        },
        EventKind::GapOpened => gap(GapTurn::Opened, &detail),
        EventKind::GapClosed => gap(GapTurn::Closed, &detail),
        EventKind::FirstSeen
        | EventKind::Changed
        | EventKind::ItemUnreadable
        | EventKind::UrlAbsent
        | EventKind::FieldDropped
        | EventKind::AccountRenamed
        | EventKind::CatalogRestored
        | EventKind::WalkPartial
        | EventKind::Damaged
        | EventKind::Repaired
        | EventKind::Missing
        | EventKind::Unlisted
        | EventKind::Expired
        | EventKind::Unreachable
        | EventKind::LateArrival
        | EventKind::UrlRegained
        | EventKind::WorseAnswer
        | EventKind::ObserverChanged
        | EventKind::WalkDisproved
        | EventKind::CountDiffers
        | EventKind::CountLearned => return Ok(None),
    };
    let origin = Origin::Event(row.get(0)?);
    Ok(Some(Fact { origin, at: parsed(row, 1)?, account: Some(row.get(2)?), what }))
}

fn post(row: &Row<'_>) -> rusqlite::Result<Post> {
    Ok(Post {
        media_id: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        shortcode: row.get(8)?,
        permalink: row.get(9)?,
        caption: row.get(10)?,
        files_expected: row.get(11)?,
        files_held: row.get(12)?,
    })
}

fn gap(turn: GapTurn, detail: &Value) -> What {
    What::Gap {
        turn,
        edge: string(detail, "edge").unwrap_or_default(),
        from: string(detail, "from"),
        to: string(detail, "to"),
        reason: GapReason::from_word(detail["reason"].as_str().unwrap_or_default()),
    }
}

fn turn_fact(row: &Row<'_>) -> rusqlite::Result<Fact> {
    Ok(Fact {
        origin: Origin::Turn(row.get(0)?),
        at: parsed(row, 1)?,
        account: row.get(2)?,
        what: What::Alarm {
            alarm: row.get(3)?,
            kind: word(row, 4, AlarmKind::from_word)?,
            subject: row.get(5)?,
            turn: word(row, 6, Turn::from_word)?,
            detail: row.get(7)?,
            since: parsed(row, 8)?,
        },
    })
}

fn string(detail: &Value, key: &str) -> Option<String> {
    detail[key].as_str().map(str::to_owned)
}

fn number(detail: &Value, key: &str) -> u64 {
    detail[key].as_u64().unwrap_or(0)
}
