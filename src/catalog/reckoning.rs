//! The end of a walk, or of its hold, while it is being recorded: one transaction, one chain.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::CatalogError;
use super::events::{Chain, EventKind, NewEvent};
use super::judgement::Asked;
use super::responses;
use super::text::{hex, text};

/// What everything that follows from a walk is recorded with.
#[derive(Debug)]
pub(super) struct Reckoning<'t> {
    pub(super) connection: &'t Connection,
    pub(super) account_id: i64,
    pub(super) edge: &'t str,
    /// The walk that brings it to light.
    pub(super) walk_id: i64,
    pub(super) at: &'t str,
    pub(super) chain: Chain,
    pages: HashMap<i64, Pages>,
}

/// How many pages of a walk are kept, and their digest.
type Pages = Option<(i64, String)>;

impl<'t> Reckoning<'t> {
    pub(super) fn new(
        connection: &'t Connection,
        account_id: i64,
        edge: &'t str,
        walk_id: i64,
        at: &'t str,
        chain: Chain,
    ) -> Self {
        Self { connection, account_id, edge, walk_id, at, chain, pages: HashMap::new() }
    }

    /// Appends a fact that rests on nothing but this walk.
    pub(super) fn append(
        &mut self,
        kind: EventKind,
        item: Option<(i64, &str)>,
        detail: Value,
    ) -> Result<(), CatalogError> {
        let walk_id = Some(self.walk_id);
        let event = NewEvent { kind, item, role: None, walk_id, detail };
        self.chain.append(self.connection, &event)
    }

    /// Appends a fact with the questions that it rests on; their answers are kept for ever.
    pub(super) fn append_asked(
        &mut self,
        kind: EventKind,
        item: Option<(i64, &str)>,
        mut detail: Value,
        asked: &[Asked],
    ) -> Result<(), CatalogError> {
        const INSERT: &str = "INSERT INTO question (event_id, purpose, media_id, at, server_at,
            request, outcome, http_status, code, subcode, response_id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        detail["asked"] = asked.iter().map(short).collect();
        self.append(kind, item, detail)?;
        let event_id = self.chain.last_id();
        let mut insert = self.connection.prepare_cached(INSERT)?;
        for question in asked {
            let at = text(question.at);
            let keep =
                |body: &String| responses::keep(self.connection, self.account_id, body, &at, true);
            let response_id = question.body.as_ref().map(keep).transpose()?;
            insert.execute(params![
                event_id,
                question.purpose.as_str(),
                question.media_id.as_str(),
                at,
                question.server_at.map(text),
                question.request,
                question.outcome,
                question.http_status,
                question.code,
                question.subcode,
                response_id,
            ])?;
        }
        Ok(())
    }

    /// Keeps the pages of a walk for ever and answers their number and digest, as far as they are
    /// still there.
    pub(super) fn pin(&mut self, walk_id: i64) -> Result<Pages, CatalogError> {
        if let Some(pages) = self.pages.get(&walk_id) {
            return Ok(pages.clone());
        }
        responses::pin_walk(self.connection, walk_id)?;
        let pages = responses::pages_digest(self.connection, walk_id)?;
        self.pages.insert(walk_id, pages.clone());
        Ok(pages)
    }
}

/// A question as it stands in the detail of an event.
fn short(asked: &Asked) -> Value {
    json!({
        "purpose": asked.purpose.as_str(),
        "media_id": asked.media_id.as_str(),
        "at": text(asked.at),
        "outcome": asked.outcome,
        "http_status": asked.http_status,
        "code": asked.code,
        "subcode": asked.subcode,
        "response_sha256": asked.body.as_ref().map(|body| hex(&Sha256::digest(body))),
    })
}
