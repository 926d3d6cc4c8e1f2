//! What an event rests on: the questions, the walks with their pages, and the answers.

use rusqlite::{OptionalExtension, Row};
use sha2::{Digest, Sha256};

use super::responses::unpacked;
use super::text::hex;
use super::{CatalogError, CatalogReader};

/// A question that was asked beside a walk, for the event that it led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionRow {
    /// `item`, `list`, `control_before` or `control_after`.
    pub purpose: String,
    pub media_id: String,
    pub at: String,
    /// By the API's own clock.
    pub server_at: Option<String>,
    pub request: String,
    pub outcome: String,
    pub http_status: Option<i64>,
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    pub answer: Option<AnswerRef>,
}

/// A page of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRow {
    pub page: i64,
    pub at: String,
    pub request: String,
    pub answer: AnswerRef,
}

/// A kept answer by its number and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRef {
    pub(super) response_id: i64,
    pub sha256: String,
}

/// A walk as evidence: what it asked for, what it proved, and who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkEvidence {
    pub walk_id: i64,
    pub name: String,
    pub edge: String,
    pub since: Option<String>,
    pub until: Option<String>,
    pub started_at: String,
    /// The API's own time when it began.
    pub server_at: Option<String>,
    pub finished_at: Option<String>,
    pub outcome: String,
    pub reason: Option<String>,
    pub coverage_from: Option<String>,
    pub coverage_to: Option<String>,
    pub capped_at: Option<String>,
    pub pages: i64,
    pub listed: i64,
    pub login: String,
    pub host: String,
    pub api_version_asked: String,
    pub api_version_answered: Option<String>,
    pub field_set: String,
    pub program_version: String,
}

impl CatalogReader {
    /// Lets several reads see one state of the catalog, whatever is written meanwhile.
    pub fn in_one_state<R, E: From<CatalogError>>(
        &self,
        read: impl FnOnce(&Self) -> Result<R, E>,
    ) -> Result<R, E> {
        let state = self.connection().unchecked_transaction().map_err(CatalogError::from)?;
        let result = read(self)?;
        state.commit().map_err(CatalogError::from)?;
        Ok(result)
    }

    /// The questions that led to an event, in the order asked.
    pub fn questions(&self, event: i64) -> Result<Vec<QuestionRow>, CatalogError> {
        const QUERY: &str = "SELECT q.purpose, q.media_id, q.at, q.server_at, q.request, q.outcome,
            q.http_status, q.code, q.subcode, r.response_id, r.digest
            FROM question q LEFT JOIN response r ON r.response_id = q.response_id
            WHERE q.event_id = ?1 ORDER BY q.question_id";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows = query.query_map([event], question_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The pages of a walk that are kept, in order.
    pub fn walk_pages(&self, walk: i64) -> Result<Vec<PageRow>, CatalogError> {
        const QUERY: &str = "SELECT p.page, p.at,
            (SELECT q.request FROM walk_page q
              WHERE q.walk_id = p.walk_id AND q.page <= p.page AND q.request IS NOT NULL
              ORDER BY q.page DESC LIMIT 1),
            r.response_id, r.digest
            FROM walk_page p JOIN response r ON r.response_id = p.response_id
            WHERE p.walk_id = ?1 ORDER BY p.page";
        let mut query = self.connection().prepare_cached(QUERY)?;
        let rows = query.query_map([walk], |row| {
            Ok(PageRow {
                page: row.get(0)?,
                at: row.get(1)?,
                request: row.get(2)?,
                answer: AnswerRef {
                    response_id: row.get(3)?,
                    sha256: hex(row.get_ref(4)?.as_blob()?),
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The text of a kept answer; nothing when it is damaged.
    pub fn answer_text(&self, answer: &AnswerRef) -> Result<Option<String>, CatalogError> {
        const QUERY: &str = "SELECT size_bytes, body FROM response WHERE response_id = ?1";
        let text = self
            .connection()
            .prepare_cached(QUERY)?
            .query_row([answer.response_id], |row| {
                Ok(unpacked(row.get_ref(1)?.as_blob()?, row.get(0)?))
            })
            .optional()?;
        Ok(text.flatten().filter(|text| hex(&Sha256::digest(text)) == answer.sha256))
    }

    /// A walk as evidence.
    pub fn walk_evidence(&self, walk: i64) -> Result<Option<WalkEvidence>, CatalogError> {
        const QUERY: &str = "SELECT walk_id, name, edge, since_at, until_at, started_at, server_at,
            finished_at, outcome, reason, coverage_from_at, coverage_to_at, capped_at, pages,
            listed, login, host, api_version_asked, api_version_answered, field_set,
            program_version FROM walk WHERE walk_id = ?1";
        let mut query = self.connection().prepare_cached(QUERY)?;
        Ok(query.query_row([walk], walk_evidence).optional()?)
    }
}

fn question_row(row: &Row<'_>) -> rusqlite::Result<QuestionRow> {
    let response_id: Option<i64> = row.get(9)?;
    let digest = row.get_ref(10)?.as_blob_or_null()?.map(hex);
    Ok(QuestionRow {
        purpose: row.get(0)?,
        media_id: row.get(1)?,
        at: row.get(2)?,
        server_at: row.get(3)?,
        request: row.get(4)?,
        outcome: row.get(5)?,
        http_status: row.get(6)?,
        code: row.get(7)?,
        subcode: row.get(8)?,
        answer: response_id
            .zip(digest)
            .map(|(response_id, sha256)| AnswerRef { response_id, sha256 }),
    })
}

fn walk_evidence(row: &Row<'_>) -> rusqlite::Result<WalkEvidence> {
    Ok(WalkEvidence {
        walk_id: row.get(0)?,
        name: row.get(1)?,
        edge: row.get(2)?,
        since: row.get(3)?,
        until: row.get(4)?,
        started_at: row.get(5)?,
        server_at: row.get(6)?,
        finished_at: row.get(7)?,
        outcome: row.get(8)?,
        reason: row.get(9)?,
        coverage_from: row.get(10)?,
        coverage_to: row.get(11)?,
        capped_at: row.get(12)?,
        pages: row.get(13)?,
        listed: row.get(14)?,
        login: row.get(15)?,
        host: row.get(16)?,
        api_version_asked: row.get(17)?,
        api_version_answered: row.get(18)?,
        field_set: row.get(19)?,
        program_version: row.get(20)?,
    })
}
