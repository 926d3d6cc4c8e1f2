//! The ledger and its gaps as rows: only what differs is written.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::CatalogError;
use super::events::EventKind;
use super::reckoning::Reckoning;
use super::text::{parsed, parsed_or_null, text};
use crate::domain::absence::Moment;
use crate::domain::ledger::{self, Gap, GapReason, LastWalk, Span};
use crate::domain::{Coverage, Edge, Timestamp};

/// A gap that stands in the catalog.
#[derive(Debug)]
struct Open {
    gap_id: i64,
    gap: Gap,
}

impl Reckoning<'_> {
    /// Enters proofs into the ledger of the list and brings its gaps up to date.
    ///
    /// A proof may be older than what stands there, when its walk was held: the proof of the newest
    /// walk counts, whenever it is entered and whatever a clock showed.
    pub(super) fn settle_ledger(&mut self, proofs: &[Span]) -> Result<(), CatalogError> {
        let Some(edge) = Edge::from_word(self.edge) else { return Ok(()) };
        let before = self.spans()?;
        let mut spans = before.clone();
        for proof in proofs {
            spans = if spans.iter().any(|span| span.walk > proof.walk) {
                let mut proofs: Vec<Span> = spans.iter().chain([proof]).copied().collect();
                proofs.sort_by_key(|span| span.walk);
                proofs.into_iter().fold(Vec::new(), |spans, proof| ledger::enter(&spans, proof))
            } else {
                ledger::enter(&ledger::cut(&spans, proof.proven_at), *proof)
            };
        }
        self.write_spans(&before, &spans)?;
        let last = self.last_walk()?;
        let capped = spans.first().is_some_and(|first| first.coverage.from > Timestamp::EPOCH)
            && self.was_capped()?;
        let gaps = ledger::gaps(edge, &spans, capped, last.as_ref());
        self.write_gaps(gaps)
    }

    fn spans(&self) -> Result<Vec<Span>, CatalogError> {
        const QUERY: &str = "SELECT from_at, to_at, walk_id, proven_at FROM proven_span
            WHERE account_id = ?1 AND edge = ?2 ORDER BY from_at";
        let mut query = self.connection.prepare_cached(QUERY)?;
        let rows = query.query_map(params![self.account_id, self.edge], |row| {
            Ok(Span {
                coverage: Coverage { from: parsed(row, 0)?, to: parsed(row, 1)? },
                walk: row.get(2)?,
                proven_at: parsed(row, 3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn write_spans(&self, before: &[Span], now: &[Span]) -> Result<(), CatalogError> {
        const DELETE: &str = "DELETE FROM proven_span
            WHERE account_id = ?1 AND edge = ?2 AND from_at = ?3";
        const UPSERT: &str = "INSERT INTO proven_span
            (account_id, edge, from_at, to_at, walk_id, proven_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET to_at = excluded.to_at, walk_id = excluded.walk_id,
              proven_at = excluded.proven_at";
        let stays = |from| now.iter().any(|span| span.coverage.from == from);
        for span in before.iter().filter(|span| !stays(span.coverage.from)) {
            let values = params![self.account_id, self.edge, text(span.coverage.from)];
            self.connection.prepare_cached(DELETE)?.execute(values)?;
        }
        for span in now.iter().filter(|span| !before.contains(span)) {
            self.connection.prepare_cached(UPSERT)?.execute(params![
                self.account_id,
                self.edge,
                text(span.coverage.from),
                text(span.coverage.to),
                span.walk,
                text(span.proven_at)
            ])?;
        }
        Ok(())
    }

    /// What the last walk of the list said of itself; one that was cut off before it was compared
    /// said nothing.
    fn last_walk(&self) -> Result<Option<LastWalk>, CatalogError> {
        const QUERY: &str = "SELECT CASE
              WHEN w.missing IS NOT NULL THEN NULL
              WHEN h.walk_id IS NOT NULL THEN 'held'
              ELSE coalesce(w.reason, '') END
            FROM walk w
            LEFT JOIN hold h ON h.walk_id = w.walk_id AND h.kind = 'missing' AND h.ended_at IS NULL
            WHERE w.account_id = ?1 AND w.edge = ?2
              AND w.outcome IN ('complete', 'partial', 'failed')
              AND (w.missing IS NOT NULL OR w.reason IS NOT NULL OR h.walk_id IS NOT NULL
                   OR w.edge = 'tags')
            ORDER BY w.walk_id DESC LIMIT 1";
        let last = self.connection.prepare_cached(QUERY)?.query_row(
            params![self.account_id, self.edge],
            |row| {
                let reason: Option<String> = row.get(0)?;
                Ok(reason.map_or(LastWalk::Proved, LastWalk::ProvedNothing))
            },
        );
        Ok(last.optional()?)
    }

    /// Whether the last walk of everything met the cap of the list, and knew that there is more.
    fn was_capped(&self) -> Result<bool, CatalogError> {
        const QUERY: &str = "SELECT capped_at IS NOT NULL FROM walk
            WHERE account_id = ?1 AND edge = ?2 AND since_at IS NULL AND until_at IS NULL
              AND coverage_from_at IS NOT NULL
            ORDER BY walk_id DESC LIMIT 1";
        let values = params![self.account_id, self.edge];
        let capped = self.connection.prepare_cached(QUERY)?.query_row(values, |row| row.get(0));
        Ok(capped.optional()?.unwrap_or(false))
    }

    /// A gap that only shrank or moved stays the same gap; other ones close and open.
    fn write_gaps(&mut self, now: Vec<Gap>) -> Result<(), CatalogError> {
        let mut open = self.open_gaps()?;
        let same: HashSet<usize> = now
            .iter()
            .enumerate()
            .filter(|(_, gap)| {
                let place = open.iter().position(|known| known.gap == **gap);
                place.map(|place| open.swap_remove(place)).is_some()
            })
            .map(|(n, _)| n)
            .collect();
        for (_, gap) in now.into_iter().enumerate().filter(|(n, _)| !same.contains(n)) {
            match open.iter().position(|known| is_same_gap(&known.gap, &gap)) {
                Some(place) => self.move_gap(open.swap_remove(place).gap_id, &gap)?,
                None => self.open_gap(&gap)?,
            }
        }
        open.into_iter().try_for_each(|closed| self.close_gap(&closed))
    }

    fn open_gaps(&self) -> Result<Vec<Open>, CatalogError> {
        const QUERY: &str = "SELECT gap_id, from_at, to_at, reason FROM gap
            WHERE account_id = ?1 AND edge = ?2 AND closed_at IS NULL ORDER BY gap_id";
        let read = |row: &Row<'_>| {
            let reason = GapReason::from_word(row.get_ref(3)?.as_str()?);
            let gap = Gap { from: parsed_or_null(row, 1)?, to: parsed_or_null(row, 2)?, reason };
            Ok(Open { gap_id: row.get(0)?, gap })
        };
        let mut query = self.connection.prepare_cached(QUERY)?;
        let rows = query.query_map(params![self.account_id, self.edge], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn open_gap(&mut self, gap: &Gap) -> Result<(), CatalogError> {
        const INSERT: &str = "INSERT INTO gap (account_id, edge, from_at, to_at, reason, since_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.connection.prepare_cached(INSERT)?.execute(params![
            self.account_id,
            self.edge,
            gap.from.map(text),
            gap.to.map(text),
            gap.reason.as_str(),
            self.at
        ])?;
        self.append_gap(EventKind::GapOpened, gap)
    }

    fn move_gap(&self, gap_id: i64, gap: &Gap) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE gap SET from_at = ?2, to_at = ?3 WHERE gap_id = ?1";
        let values = params![gap_id, gap.from.map(text), gap.to.map(text)];
        self.connection.prepare_cached(UPDATE)?.execute(values)?;
        Ok(())
    }

    fn close_gap(&mut self, closed: &Open) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE gap SET closed_at = ?2 WHERE gap_id = ?1";
        self.connection.prepare_cached(UPDATE)?.execute(params![closed.gap_id, self.at])?;
        self.append_gap(EventKind::GapClosed, &closed.gap)
    }

    fn append_gap(&mut self, kind: EventKind, gap: &Gap) -> Result<(), CatalogError> {
        let detail = json!({
            "edge": self.edge,
            "from": gap.from.map(text),
            "to": gap.to.map(text),
            "reason": gap.reason.as_str(),
        });
        self.append(kind, None, detail)
    }
}

/// Whether two spans are one gap at two times: open for the same reason, and one inside the other.
fn is_same_gap(before: &Gap, now: &Gap) -> bool {
    let begins = |gap: &Gap| gap.from;
    let ends = |gap: &Gap| (gap.to.is_none(), gap.to);
    let inside =
        |inner: &Gap, outer: &Gap| begins(outer) <= begins(inner) && ends(inner) <= ends(outer);
    before.reason == now.reason && (inside(before, now) || inside(now, before))
}

/// Reads the walk's own proof back, as it stands in its row.
pub(super) fn proof_of(
    connection: &Connection,
    walk_id: i64,
) -> Result<Option<Span>, CatalogError> {
    const QUERY: &str = "SELECT coverage_from_at, coverage_to_at, finished_at, started_at,
        server_at FROM walk
        WHERE walk_id = ?1 AND coverage_from_at IS NOT NULL AND finished_at IS NOT NULL";
    let span = connection.prepare_cached(QUERY)?.query_row([walk_id], |row| {
        let began = Moment { local: parsed(row, 3)?, server: parsed_or_null(row, 4)? };
        Ok(Span {
            coverage: Coverage { from: parsed(row, 0)?, to: parsed(row, 1)? },
            walk: walk_id,
            proven_at: ledger::proven_at(&began, parsed(row, 2)?),
        })
    });
    Ok(span.optional()?)
}
