//! What reconciling needs to know when a walk has ended; nothing is written here.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::holds::open_holds;
use super::text::{parsed, parsed_or_null, text, word};
use super::{CatalogError, WalkId, Writer};
use crate::domain::absence::{Moment, Place, Proof, State, Unseen};
use crate::domain::brake::Hold;
use crate::domain::coverage::end_of_list;
use crate::domain::reconcile::{Case, Observer};
use crate::domain::walk::Ending;
use crate::domain::{Coverage, Edge, Timestamp, Window};

impl Writer {
    /// Reads what reconciling a walk needs; nothing when the walk has proven nothing.
    ///
    /// `at` is the walk's beginning on both clocks, `api_version` the one that answered. A walk
    /// that listed everything costs two looks at an index.
    pub fn case_of_walk(
        &mut self,
        walk: WalkId,
        ending: &Ending,
        at: Moment,
        api_version: Option<&str>,
    ) -> Result<Option<Case>, CatalogError> {
        let Some(coverage) = ending.coverage else { return Ok(None) };
        let connection = self.reading();
        let list = List::of_walk(connection, walk)?;
        let proof = Proof {
            edge: list.edge,
            window: list.window,
            at,
            coverage,
            capped_at: end_of_list(
                ending.capped_at,
                list.earlier_end(connection, at.local, self.caution().confirm_after)?,
            ),
        };
        let mut unseen = list.unseen_posts(connection, &proof)?;
        unseen.extend(list.unseen_slides(connection)?);
        let holds = open_holds(connection, list.account_id, list.edge.as_str())?;
        Ok(Some(Case {
            proof,
            observer: list.observer(connection, coverage, api_version)?,
            same_observer: list.same_observer(connection, &holds, api_version)?,
            looked_at: list.looked_at(connection, coverage)?,
            unseen,
            holds,
        }))
    }
}

/// The list that a walk enumerates.
#[derive(Debug)]
pub(super) struct List {
    pub(super) walk_id: i64,
    pub(super) account_id: i64,
    pub(super) edge: Edge,
    window: Window,
    /// The number of the newest item when the walk began: it cannot have missed a later one.
    known_until: i64,
}

impl List {
    pub(super) fn of_walk(connection: &Connection, walk: WalkId) -> Result<Self, CatalogError> {
        const QUERY: &str = "SELECT account_id, edge, since_at, until_at, coalesce(known_until, 0)
            FROM walk
            WHERE walk_id = ?1 AND outcome = 'running'";
        let list = connection
            .prepare_cached(QUERY)?
            .query_row([walk.0], |row| {
                Ok(Self {
                    walk_id: walk.0,
                    account_id: row.get(0)?,
                    edge: word(row, 1, Edge::from_word)?,
                    window: Window {
                        since: parsed_or_null(row, 2)?,
                        until: parsed_or_null(row, 3)?,
                    },
                    known_until: row.get(4)?,
                })
            })
            .optional()?;
        list.ok_or(CatalogError::WalkNotRunning(walk.0))
    }

    /// Where the list ended for the last walk that met its end, at least so long before this one.
    fn earlier_end(
        &self,
        connection: &Connection,
        began: Timestamp,
        apart: Duration,
    ) -> Result<Option<Timestamp>, CatalogError> {
        const QUERY: &str = "SELECT capped_at FROM walk
            WHERE account_id = ?1 AND edge = ?2 AND walk_id < ?3 AND capped_at IS NOT NULL
              AND started_at <= ?4
            ORDER BY walk_id DESC LIMIT 1";
        let before = text(began.minus(apart));
        let values = params![self.account_id, self.edge.as_str(), self.walk_id, before];
        let mut query = connection.prepare_cached(QUERY)?;
        Ok(query.query_row(values, |row| parsed(row, 0)).optional()?)
    }

    /// Known items that neither this walk nor a later one has listed: those inside the coverage,
    /// those of unknown time, and those before the end of the list.
    fn unseen_posts(
        &self,
        connection: &Connection,
        proof: &Proof,
    ) -> Result<Vec<Unseen>, CatalogError> {
        const QUERY: &str = "SELECT i.media_id, i.published_at, i.first_seen_at, i.state,
            b.struck_at, b.struck_server_at, b.asked_at, b.first_missing_at
            FROM (SELECT item_id FROM item
                   WHERE account_id = :account AND edge = :edge AND parent_item_id IS NULL
                     AND published_at BETWEEN :from AND :to
                     AND state <> 'gone' AND state <> 'expired'
                  UNION ALL
                  SELECT item_id FROM item
                   WHERE account_id = :account AND edge = :edge AND parent_item_id IS NULL
                     AND published_at IS NULL AND state <> 'gone' AND state <> 'expired'
                  UNION ALL
                  SELECT item_id FROM item
                   WHERE account_id = :account AND edge = :edge AND parent_item_id IS NULL
                     AND published_at < :before AND state <> 'gone' AND state <> 'expired'
                     AND (:edge = 'stories' OR state = 'present')) c
            JOIN sighting s ON s.item_id = c.item_id
            JOIN item i ON i.item_id = c.item_id
            LEFT JOIN absence b ON b.item_id = c.item_id AND b.returned_at IS NULL
            WHERE coalesce(s.walk_id, 0) < :walk AND i.item_id <= :known";
        let before = match self.edge {
            Edge::Media => proof.capped_at,
            Edge::Stories => Some(proof.coverage.from),
            Edge::Tags => None,
        };
        let mut query = connection.prepare_cached(QUERY)?;
        let rows = query.query_map(
            named_params! {
                ":account": self.account_id,
                ":edge": self.edge.as_str(),
                ":from": text(proof.coverage.from),
                ":to": text(proof.coverage.to),
                ":before": before.map(text),
                ":walk": self.walk_id,
                ":known": self.known_until,
            },
            |row| unseen(row, Place::Post),
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Slides that left the list of an album which this walk listed with others of its slides.
    fn unseen_slides(&self, connection: &Connection) -> Result<Vec<Unseen>, CatalogError> {
        const QUERY: &str = "SELECT i.media_id, i.published_at, i.first_seen_at, i.state,
            b.struck_at, b.struck_server_at, b.asked_at, b.first_missing_at
            FROM item i
            JOIN sighting a ON a.item_id = i.parent_item_id AND a.walk_id = ?3
            LEFT JOIN absence b ON b.item_id = i.item_id AND b.returned_at IS NULL
            WHERE i.account_id = ?1 AND i.edge = ?2 AND i.parent_item_id IS NOT NULL
              AND i.position IS NULL AND i.state <> 'gone' AND i.item_id <= ?4
              AND EXISTS (SELECT 1 FROM item o JOIN sighting s ON s.item_id = o.item_id
                           WHERE o.parent_item_id = i.parent_item_id AND o.position IS NOT NULL
                             AND s.walk_id = ?3)";
        let mut query = connection.prepare_cached(QUERY)?;
        let rows = query.query_map(
            params![self.account_id, self.edge.as_str(), self.walk_id, self.known_until],
            |row| unseen(row, Place::Slide),
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn looked_at(
        &self,
        connection: &Connection,
        coverage: Coverage,
    ) -> Result<usize, CatalogError> {
        const QUERY: &str = "SELECT count(*) FROM item
            WHERE account_id = ?1 AND edge = ?2 AND parent_item_id IS NULL
              AND published_at BETWEEN ?3 AND ?4 AND state <> 'gone' AND state <> 'expired'";
        let looked_at: i64 = connection.prepare_cached(QUERY)?.query_row(
            params![self.account_id, self.edge.as_str(), text(coverage.from), text(coverage.to)],
            |row| row.get(0),
        )?;
        Ok(usize::try_from(looked_at).unwrap_or(0))
    }

    /// Whether the walks that last proved what this one covers asked in another way. What a held
    /// walk has looked at in the same way since is no first look any more, though it proves nothing
    /// yet: else every walk that misses something new would be held like the first.
    fn observer(
        &self,
        connection: &Connection,
        coverage: Coverage,
        api_version: Option<&str>,
    ) -> Result<Observer, CatalogError> {
        const QUERY: &str = "SELECT EXISTS (SELECT 1
            FROM walk w
            JOIN proven_span s ON s.account_id = w.account_id AND s.edge = w.edge
            JOIN walk o ON o.walk_id = s.walk_id
            WHERE w.walk_id = ?1 AND s.from_at <= ?3 AND s.to_at >= ?2
              AND (o.login <> w.login OR o.host <> w.host OR o.api_version_answered <> ?4)
              AND NOT EXISTS (SELECT 1 FROM hold h JOIN walk k ON k.walk_id = h.walk_id
                WHERE h.kind = 'missing' AND h.ended_by IS NOT 'dropped'
                  AND k.account_id = w.account_id AND k.edge = w.edge AND k.walk_id > s.walk_id
                  AND k.coverage_from_at <= max(s.from_at, ?2)
                  AND k.coverage_to_at >= min(s.to_at, ?3)
                  AND k.login = w.login AND k.host = w.host
                  AND coalesce(k.api_version_answered = ?4, 1)))";
        let changed = connection.prepare_cached(QUERY)?.query_row(
            params![self.walk_id, text(coverage.from), text(coverage.to), api_version],
            |row| row.get(0),
        )?;
        Ok(if changed { Observer::Changed } else { Observer::Same })
    }

    /// The held walks that asked in the same way; a version that is not known is the same.
    fn same_observer(
        &self,
        connection: &Connection,
        holds: &[Hold],
        api_version: Option<&str>,
    ) -> Result<HashSet<i64>, CatalogError> {
        const QUERY: &str = "SELECT o.login = w.login AND o.host = w.host
              AND coalesce(o.api_version_answered = ?3, 1)
            FROM walk w, walk o WHERE w.walk_id = ?1 AND o.walk_id = ?2";
        let mut query = connection.prepare_cached(QUERY)?;
        let mut same = HashSet::new();
        for hold in holds {
            if query.query_row(params![self.walk_id, hold.walk, api_version], |row| row.get(0))? {
                same.insert(hold.walk);
            }
        }
        Ok(same)
    }
}

fn unseen(row: &Row<'_>, place: Place) -> rusqlite::Result<Unseen> {
    let struck_at: Option<Timestamp> = parsed_or_null(row, 4)?;
    let server = parsed_or_null(row, 5)?;
    Ok(Unseen {
        media_id: parsed(row, 0)?,
        place,
        published_at: parsed_or_null(row, 1)?,
        first_seen_at: parsed(row, 2)?,
        state: word(row, 3, State::from_word)?,
        strike: struck_at.map(|local| Moment { local, server }),
        asked_at: parsed_or_null(row, 6)?,
        since: parsed_or_null(row, 7)?,
    })
}
