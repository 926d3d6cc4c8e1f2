//! The end of a walk: everything that follows from it, in one transaction.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::absence::Since;
use super::events::{Chain, EventKind, NewEvent};
use super::holds::EndedBy;
use super::judgement::{Asked, Closed, Compared, Judgement};
use super::ledger::proof_of;
use super::reckoning::Reckoning;
use super::text::{count, text};
use super::walks::OpenWalk;
use super::{CatalogError, WalkId, WalkTally, Writer, doubtful, url_loss};
use crate::domain::brake::HoldEnd;
use crate::domain::ledger::Span;
use crate::domain::walk::{Ending, Outcome, Reason};
use crate::domain::{Edge, MediaId, Timestamp};

impl Writer {
    /// Closes a walk with its outcome, what it has proven, and the steps that its items take.
    ///
    /// A walk that is not complete is an event the first time, not again while the same walk of
    /// the account keeps ending for the same reason.
    pub fn close_walk(
        &mut self,
        walk: WalkId,
        ending: &Ending,
        tally: &WalkTally,
        detail: Option<&str>,
        judgement: &Judgement,
        now: Timestamp,
    ) -> Result<Closed, CatalogError> {
        let caution = self.caution();
        let tx = self.begin()?;
        let open = OpenWalk::load(&tx, walk)?;
        let at = text(now);
        let ending = as_judged(*ending, judgement);
        let is_compared = matches!(judgement, Judgement::Compared(_));
        let mut closed = Closed::default();
        finish(&tx, walk, &ending, tally, detail, &at)?;
        let chain = Chain::new(open.account_id, &open.account, &at);
        let mut reckoning = Reckoning::new(&tx, open.account_id, &open.edge, walk.0, &at, chain);
        match ending.outcome {
            Outcome::Complete => resolve_unreadable(&tx, &open, walk, &at)?,
            Outcome::Partial | Outcome::Failed => {
                report_partial(&tx, &open, walk, &ending, detail, &mut reckoning.chain)?;
            }
            Outcome::Interrupted => {
                tx.commit()?;
                return Ok(closed);
            }
        }
        let proofs = match judgement {
            Judgement::NotCompared => {
                let says_why = ending.reason.is_some() || open.edge == Edge::Tags.as_str();
                says_why.then(Vec::new)
            }
            Judgement::Disproved { items, asked } => {
                reckoning.disprove(items, asked)?;
                Some(Vec::new())
            }
            Judgement::Compared(compared) => {
                Some(reckoning.compare(compared, &ending, &mut closed)?)
            }
        };
        let chain = &mut reckoning.chain;
        closed.changed = doubtful::settle(&tx, &open, walk, caution.brake, chain)?;
        add_changed(&tx, walk, closed.changed)?;
        let limits = caution.brake;
        let losses = url_loss::settle(&tx, &open, walk, limits, caution.confirm_after, &at, chain)?;
        (closed.lost_urls, closed.held_urls) = (losses.lost, losses.held);
        if let Some(proofs) = proofs {
            reckoning.settle_ledger(&proofs)?;
        }
        if is_compared && closed.held.is_none() && saw_everything(&tx, walk, &ending)? {
            reckoning.settle_count(tally.listed)?;
        }
        tx.commit()?;
        Ok(closed)
    }
}

/// Counts posts whose change was only believed in the end.
fn add_changed(connection: &Connection, walk: WalkId, more: usize) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE walk SET changed = changed + ?2 WHERE walk_id = ?1";
    if more > 0 {
        connection.prepare_cached(UPDATE)?.execute(params![walk.0, count(more)])?;
    }
    Ok(())
}

impl Reckoning<'_> {
    /// Takes everything that was decided, and answers what is proven by now: by this walk, and by
    /// earlier ones that were held.
    fn compare(
        &mut self,
        compared: &Compared,
        ending: &Ending,
        closed: &mut Closed,
    ) -> Result<Vec<Span>, CatalogError> {
        let mut since: HashMap<i64, Since> = HashMap::new();
        let mut proofs = Vec::new();
        for (held, how) in &compared.ended {
            match how {
                HoldEnd::Stays => {}
                HoldEnd::Dropped => {
                    self.end_hold(*held, EndedBy::Dropped)?;
                }
                HoldEnd::Confirmed => {
                    self.end_hold(*held, EndedBy::Confirmed)?;
                    self.date_by(*held, &mut since)?;
                    proofs.extend(proof_of(self.connection, *held)?);
                }
            }
        }
        let mut newly = self.take_steps(&compared.steps, &since, closed)?;
        for proof in &proofs {
            set_missing(self.connection, proof.walk, newly.remove(&proof.walk).unwrap_or(0))?;
        }
        closed.expired = self.expire(&compared.expired)?;
        let oldest = ending.capped_at.map(text);
        closed.unreachable = self.pass_out_of_reach(&compared.unreachable, oldest.as_deref())?;
        if let Some((reason, items)) = &compared.held {
            self.hold(*reason, items, compared.looked_at)?;
            closed.held = Some(items.len());
            return Ok(proofs);
        }
        if ending.coverage.is_some() {
            let newly = newly.remove(&self.walk_id).unwrap_or(0);
            set_missing(self.connection, self.walk_id, newly)?;
            proofs.extend(proof_of(self.connection, self.walk_id)?);
        }
        Ok(proofs)
    }

    /// The list has items that the walk skipped.
    fn disprove(&mut self, items: &[MediaId], asked: &[Asked]) -> Result<(), CatalogError> {
        const NAMED: usize = 20;
        let items: Vec<&str> = items.iter().take(NAMED).map(MediaId::as_str).collect();
        self.pin(self.walk_id)?;
        self.append_asked(EventKind::WalkDisproved, None, json!({ "items": items }), asked)
    }
}

/// A walk that skipped items has proven nothing, however it ended.
fn as_judged(ending: Ending, judgement: &Judgement) -> Ending {
    match judgement {
        Judgement::NotCompared | Judgement::Compared(_) => ending,
        Judgement::Disproved { .. } => {
            Ending { reason: Some(Reason::SkippedItems), coverage: None, capped_at: None, ..ending }
        }
    }
}

fn finish(
    connection: &Connection,
    walk: WalkId,
    ending: &Ending,
    tally: &WalkTally,
    detail: Option<&str>,
    at: &str,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE walk SET finished_at = ?2, outcome = ?3, reason = ?4,
        detail = ?5, coverage_from_at = ?6, coverage_to_at = ?7, pages = ?8, calls = ?9,
        listed = ?10, new = ?11, changed = ?12, api_version_answered = ?13, server_at = ?14,
        capped_at = ?15
        WHERE walk_id = ?1";
    let (from, to) = ending.coverage.map(|c| (text(c.from), text(c.to))).unzip();
    connection.prepare_cached(UPDATE)?.execute(params![
        walk.0,
        at,
        ending.outcome.as_str(),
        ending.reason.map(Reason::as_str),
        detail,
        from,
        to,
        count(tally.pages),
        count(tally.calls),
        count(tally.listed),
        count(tally.new),
        count(tally.changed),
        tally.api_version_answered,
        tally.server_at.map(text),
        ending.capped_at.map(text),
    ])?;
    Ok(())
}

pub(super) fn set_missing(
    connection: &Connection,
    walk_id: i64,
    missing: usize,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE walk SET missing = ?2 WHERE walk_id = ?1";
    connection.prepare_cached(UPDATE)?.execute(params![walk_id, count(missing)])?;
    Ok(())
}

/// Whether the walk listed all that the account's own list has: only then its length can be
/// compared with the API's count.
fn saw_everything(
    connection: &Connection,
    walk: WalkId,
    ending: &Ending,
) -> Result<bool, CatalogError> {
    const QUERY: &str = "SELECT edge = 'media' AND since_at IS NULL AND until_at IS NULL FROM walk
        WHERE walk_id = ?1";
    let whole = ending.capped_at.is_none()
        && ending.coverage.is_some_and(|coverage| coverage.from == Timestamp::EPOCH);
    Ok(whole && connection.prepare_cached(QUERY)?.query_row([walk.0], |row| row.get(0))?)
}

fn resolve_unreadable(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    at: &str,
) -> Result<(), CatalogError> {
    const UPDATE: &str = "UPDATE unreadable_item SET resolved_at = ?4
        WHERE account_id = ?1 AND edge = ?2 AND walk_id <> ?3 AND resolved_at IS NULL
          AND (SELECT since_at IS NULL AND until_at IS NULL FROM walk WHERE walk_id = ?3)";
    connection.prepare_cached(UPDATE)?.execute(params![open.account_id, open.edge, walk.0, at])?;
    Ok(())
}

fn report_partial(
    connection: &Connection,
    open: &OpenWalk,
    walk: WalkId,
    ending: &Ending,
    detail: Option<&str>,
    chain: &mut Chain,
) -> Result<(), CatalogError> {
    const BEFORE: &str = "SELECT outcome, reason FROM walk
        WHERE account_id = ?1 AND edge = ?2 AND name = ?3 AND walk_id < ?4
          AND outcome IN ('complete', 'partial', 'failed')
        ORDER BY walk_id DESC LIMIT 1";
    let before: Option<(String, Option<String>)> = connection
        .prepare_cached(BEFORE)?
        .query_row(params![open.account_id, open.edge, open.name, walk.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let reason = ending.reason.map(Reason::as_str);
    let same = before
        .is_some_and(|(word, why)| word == ending.outcome.as_str() && why.as_deref() == reason);
    if same {
        return Ok(());
    }
    let detail = json!({
        "edge": open.edge, "name": open.name, "outcome": ending.outcome.as_str(),
        "reason": reason, "detail": detail,
    });
    chain.append(
        connection,
        &NewEvent {
            kind: EventKind::WalkPartial,
            item: None,
            role: None,
            walk_id: Some(walk.0),
            detail,
        },
    )
}
