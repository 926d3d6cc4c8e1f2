//! A person believes what a held walk missed.

use std::collections::HashMap;

use rusqlite::OptionalExtension;

use super::close::set_missing;
use super::events::Chain;
use super::holds::{EndedBy, HoldKind, open_kinds};
use super::judgement::{Accepted, Closed, Step};
use super::ledger::proof_of;
use super::reckoning::Reckoning;
use super::text::{parsed, text};
use super::{CatalogError, WalkId, Writer, url_loss};
use crate::domain::Timestamp;
use crate::domain::absence::Verdict;

impl Writer {
    /// Believes the losses of a held walk, because a person says so: its items are missing since
    /// that walk.
    pub fn accept_walk(&mut self, walk: WalkId, now: Timestamp) -> Result<Accepted, CatalogError> {
        const WALK: &str = "SELECT w.account_id, a.name, w.edge FROM walk w
            JOIN account a ON a.account_id = w.account_id WHERE w.walk_id = ?1";
        let tx = self.begin()?;
        let at = text(now);
        let found: Option<(i64, String, String)> = tx
            .prepare_cached(WALK)?
            .query_row([walk.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((account_id, account, edge)) = found else {
            return Err(CatalogError::WalkNotHeld(walk.0));
        };
        let chain = Chain::new(account_id, &account, &at);
        let mut reckoning = Reckoning::new(&tx, account_id, &edge, walk.0, &at, chain);
        let mut accepted = Accepted::default();
        let held = open_kinds(&tx, walk.0)?;
        if held.is_empty() {
            return Err(CatalogError::WalkNotHeld(walk.0));
        }
        for kind in held {
            match kind {
                HoldKind::Missing => {
                    reckoning.end_hold(walk.0, EndedBy::Accepted)?;
                    accepted.missing = reckoning.believe_held()?;
                }
                HoldKind::Url => {
                    let chain = &mut reckoning.chain;
                    accepted.lost_urls = url_loss::accept(&tx, walk.0, &at, chain)?;
                }
            }
        }
        tx.commit()?;
        Ok(accepted)
    }
}

impl Reckoning<'_> {
    /// Makes the items of this walk's hold missing, but for those that were listed since; answers
    /// how many.
    fn believe_held(&mut self) -> Result<usize, CatalogError> {
        const QUERY: &str =
            "SELECT i.media_id FROM held_item t JOIN item i ON i.item_id = t.item_id
            WHERE t.walk_id = ?1 AND t.kind = 'missing' AND i.state IN ('present', 'unreachable')
            ORDER BY i.item_id";
        let mut since = HashMap::new();
        self.date_by(self.walk_id, &mut since)?;
        let steps: Vec<Step> = self
            .connection
            .prepare_cached(QUERY)?
            .query_map([self.walk_id], |row| parsed(row, 0))?
            .map(|media_id| {
                let verdict = Verdict::Missing { strike: None };
                Ok(Step { media_id: media_id?, verdict, asked: Vec::new(), saw: None })
            })
            .collect::<Result<_, CatalogError>>()?;
        let mut closed = Closed::default();
        self.take_steps(&steps, &since, &mut closed)?;
        set_missing(self.connection, self.walk_id, closed.missing)?;
        let proof = proof_of(self.connection, self.walk_id)?;
        self.settle_ledger(proof.as_slice())?;
        Ok(closed.missing)
    }
}
