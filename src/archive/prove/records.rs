//! Rows of the catalog as the JSON of an evidence folder.

use serde_json::{Value, json};

use super::Request;
use crate::catalog::{
    ChainLine, ChangeRow, EventRow, FileRow, ItemDetail, ItemRow, PageRow, QuestionRow,
    WalkEvidence,
};
use crate::domain::Timestamp;

/// Exactly the values that the digest covers, in their order, and the digest.
pub(super) fn link(line: &ChainLine) -> Value {
    json!({
        "previous_digest": line.previous_digest,
        "id": line.id,
        "at": line.at,
        "account": line.account,
        "media_id": line.media_id,
        "kind": line.kind,
        "role": line.role,
        "walk_id": line.walk_id,
        "detail": line.detail,
        "digest": line.digest,
    })
}

/// As [`link`], with its detail opened.
pub(super) fn event(row: &EventRow) -> Value {
    json!({
        "id": row.id,
        "at": row.at.to_string(),
        "account": row.account,
        "media_id": row.media_id,
        "kind": row.kind,
        "role": row.role,
        "walk_id": row.walk_id,
        "detail": opened(&row.detail),
        "digest": row.digest,
    })
}

pub(super) fn item(detail: &ItemDetail) -> Value {
    json!({
        "item": fields(&detail.item),
        "slides": detail.children.iter().map(fields).collect::<Vec<_>>(),
        "files": detail.files.iter().map(file).collect::<Vec<_>>(),
        "changes": detail.changes.iter().map(change).collect::<Vec<_>>(),
        "as_last_received": opened(&detail.raw_json),
    })
}

pub(super) fn request(request: &Request) -> Value {
    match request {
        Request::Question { event, row } => question(*event, row),
        Request::Page { walk, row } => page(*walk, row),
    }
}

pub(super) fn walk(row: &WalkEvidence) -> Value {
    json!({
        "walk_id": row.walk_id,
        "name": row.name,
        "edge": row.edge,
        "since": row.since,
        "until": row.until,
        "started_at": row.started_at,
        "server_at": row.server_at,
        "finished_at": row.finished_at,
        "outcome": row.outcome,
        "reason": row.reason,
        "coverage_from": row.coverage_from,
        "coverage_to": row.coverage_to,
        "capped_at": row.capped_at,
        "pages": row.pages,
        "listed": row.listed,
        "login": row.login,
        "host": row.host,
        "api_version_asked": row.api_version_asked,
        "api_version_answered": row.api_version_answered,
        "field_set": row.field_set,
        "program_version": row.program_version,
    })
}

fn question(event: i64, row: &QuestionRow) -> Value {
    json!({
        "purpose": row.purpose,
        "event_id": event,
        "walk_id": null,
        "page": null,
        "media_id": row.media_id,
        "request": row.request,
        "at": row.at,
        "server_at": row.server_at,
        "outcome": row.outcome,
        "http_status": row.http_status,
        "code": row.code,
        "subcode": row.subcode,
        "response_sha256": row.answer.as_ref().map(|answer| answer.sha256.as_str()),
    })
}

/// A page that was recorded had been answered with 200.
fn page(walk: i64, row: &PageRow) -> Value {
    json!({
        "purpose": "page",
        "event_id": null,
        "walk_id": walk,
        "page": row.page,
        "media_id": null,
        "request": row.request,
        "at": row.at,
        "server_at": null,
        "outcome": "listed",
        "http_status": 200,
        "code": null,
        "subcode": null,
        "response_sha256": row.answer.sha256,
    })
}

fn fields(row: &ItemRow) -> Value {
    json!({
        "media_id": row.media_id,
        "account": row.account,
        "edge": row.edge,
        "parent_id": row.parent_id,
        "position": row.position,
        "state": row.state,
        "shortcode": row.shortcode,
        "permalink": row.permalink,
        "media_type": row.media_type,
        "media_product_type": row.media_product_type,
        "caption": row.caption,
        "alt_text": row.alt_text,
        "published_at": text(row.published_at),
        "like_count": row.like_count,
        "comments_count": row.comments_count,
        "child_count": row.child_count,
        "files_expected": row.files_expected,
        "files_held": row.files_held,
        "first_seen_at": row.first_seen_at.to_string(),
        "last_seen_at": row.last_seen_at.to_string(),
        "disappeared_at": text(row.disappeared_at),
    })
}

fn file(row: &FileRow) -> Value {
    json!({
        "media_id": row.media_id,
        "position": row.position,
        "role": row.role,
        "version": row.version,
        "state": row.state,
        "sha256": row.sha256,
        "path": row.path,
        "size_bytes": row.size_bytes,
        "mime_type": row.mime_type,
        "width": row.width,
        "height": row.height,
        "duration_ms": row.duration_ms,
        "held_at": text(row.held_at),
        "verified_at": text(row.verified_at),
    })
}

fn change(row: &ChangeRow) -> Value {
    json!({
        "media_id": row.media_id,
        "field": row.field,
        "old_kind": row.old_kind,
        "old": row.old,
        "new_kind": row.new_kind,
        "new": row.new,
        "previous_seen_at": row.previous_seen_at.to_string(),
        "seen_at": row.seen_at.to_string(),
    })
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

/// JSON that is kept as text; as text when it is none.
fn opened(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}
