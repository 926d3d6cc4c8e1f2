//! Rows of the catalog as JSON, with the names of the views' columns.

use serde_json::{Value, json};

use crate::catalog::{
    AccountStatus, ChangeRow, EventRow, FailureRow, FileRow, GapRow, HoldRow, ItemRow, LastWalk,
    NamedEvent, PostAtRow, ProvenRow, Totals, WalkRow,
};
use crate::domain::Timestamp;

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

/// A row of `posts` or `items`.
pub(crate) fn item(row: &ItemRow) -> Value {
    json!({
        "media_id": row.media_id,
        "account": row.account,
        "edge": row.edge,
        "parent_id": row.parent_id,
        "position": row.position,
        "shortcode": row.shortcode,
        "permalink": row.permalink,
        "media_type": row.media_type,
        "media_product_type": row.media_product_type,
        "caption": row.caption,
        "alt_text": row.alt_text,
        "published_at": time(row.published_at),
        "like_count": row.like_count,
        "comments_count": row.comments_count,
        "child_count": row.child_count,
        "files_expected": row.files_expected,
        "files_held": row.files_held,
        "state": row.state,
        "first_seen_at": row.first_seen_at.to_string(),
        "last_seen_at": row.last_seen_at.to_string(),
        "disappeared_at": time(row.disappeared_at),
    })
}

/// A row of `files`.
pub(crate) fn file(row: &FileRow) -> Value {
    json!({
        "media_id": row.media_id,
        "parent_id": row.parent_id,
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
        "held_at": time(row.held_at),
        "verified_at": time(row.verified_at),
        "last_error": row.last_error,
    })
}

/// A row of `changes`; `old_kind` and `new_kind` tell a missing value from an empty one.
pub(crate) fn change(row: &ChangeRow) -> Value {
    json!({
        "media_id": row.media_id,
        "account": row.account,
        "field": row.field,
        "old_kind": row.old_kind,
        "old": row.old,
        "new_kind": row.new_kind,
        "new": row.new,
        "previous_seen_at": row.previous_seen_at.to_string(),
        "seen_at": row.seen_at.to_string(),
    })
}

/// A row of `events`, its detail as JSON.
pub(crate) fn event(row: &EventRow) -> Value {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or(Value::Null);
    json!({
        "id": row.id,
        "at": row.at.to_string(),
        "account": row.account,
        "media_id": row.media_id,
        "kind": row.kind,
        "role": row.role,
        "walk_id": row.walk_id,
        "detail": detail,
        "digest": row.digest,
        "previous_digest": row.previous_digest,
    })
}

/// A row of `events` with the names that people know its item by.
pub(crate) fn named_event(row: &NamedEvent) -> Value {
    let mut value = event(&row.event);
    value["shortcode"] = json!(row.shortcode);
    value["album"] = json!(row.album);
    value
}

/// A row of `walks`.
pub(crate) fn walk(row: &WalkRow) -> Value {
    json!({
        "walk_id": row.walk_id,
        "account": row.account,
        "edge": row.edge,
        "name": row.name,
        "since": time(row.since),
        "until": time(row.until),
        "started_at": row.started_at.to_string(),
        "finished_at": time(row.finished_at),
        "outcome": row.outcome,
        "reason": row.reason,
        "detail": row.detail,
        "coverage_from": time(row.coverage_from),
        "coverage_to": time(row.coverage_to),
        "pages": row.pages,
        "calls": row.calls,
        "listed": row.listed,
        "new": row.new,
        "changed": row.changed,
        "missing": row.missing,
        "hold": row.hold,
        "capped_at": time(row.capped_at),
        "server_at": time(row.server_at),
    })
}

/// A row of `gaps`, with what will be done about it.
pub(crate) fn gap(row: &GapRow, remedy: &str) -> Value {
    json!({
        "account": row.account,
        "edge": row.edge,
        "from_at": time(row.from_at),
        "to_at": time(row.to_at),
        "reason": row.reason,
        "since": row.since.to_string(),
        "remedy": remedy,
    })
}

/// A row of `ledger`.
pub(crate) fn proven(row: &ProvenRow) -> Value {
    json!({
        "account": row.account,
        "edge": row.edge,
        "from_at": row.from_at.to_string(),
        "to_at": row.to_at.to_string(),
        "walk_id": row.walk_id,
        "proven_at": row.proven_at.to_string(),
    })
}

/// A row of `holds`.
pub(crate) fn hold(row: &HoldRow) -> Value {
    json!({
        "walk_id": row.walk_id,
        "account": row.account,
        "edge": row.edge,
        "kind": row.kind,
        "reason": row.reason,
        "items": row.items,
        "looked_at": row.looked_at,
        "held_at": row.held_at.to_string(),
        "ended_at": time(row.ended_at),
        "ended_by": row.ended_by,
    })
}

/// A post as it stood on a date.
pub(crate) fn post_at(row: &PostAtRow) -> Value {
    json!({
        "media_id": row.media_id,
        "account": row.account,
        "edge": row.edge,
        "permalink": row.permalink,
        "media_type": row.media_type,
        "caption": row.caption,
        "published_at": time(row.published_at),
        "first_seen_at": row.first_seen_at.to_string(),
        "state": row.state,
        "proven": row.proven,
    })
}

/// A row of `failures`.
pub(crate) fn failure(row: &FailureRow) -> Value {
    json!({
        "account": row.account,
        "media_id": row.media_id,
        "role": row.role,
        "stage": row.stage,
        "class": row.class,
        "code": row.code,
        "subcode": row.subcode,
        "tries": row.tries,
        "first_at": row.first_at.to_string(),
        "last_at": row.last_at.to_string(),
        "next_try_at": time(row.next_try_at),
        "error": row.error,
    })
}

/// An account as `status` shows it.
pub(crate) fn account(row: &AccountStatus) -> Value {
    json!({
        "account": row.account,
        "login": row.login,
        "user_id": row.user_id,
        "username": row.username,
        "state": row.state,
        "state_detail": row.state_detail,
        "state_since_at": time(row.state_since_at),
        "api_media_count": row.api_media_count,
        "listed": row.listed,
        "held": row.held,
        "files_held": row.files_held,
        "files_pending": row.files_pending,
        "files_failed": row.files_failed,
        "failures": row.failures,
        "last_error": row.last_error,
        "last_complete_walk_at": time(row.last_complete_walk_at),
        "last_walk": row.last_walk.as_ref().map(last_walk),
        "token_expires_at": time(row.token_expires_at),
        "usage_percent": row.usage_percent,
        "blocked_until": time(row.blocked_until),
        "missing": row.missing,
        "gone": row.gone,
        "gaps": row.gaps,
        "held_walks": row.held_walks,
        "attention": row.attention,
    })
}

fn last_walk(walk: &LastWalk) -> Value {
    json!({
        "walk_id": walk.walk_id,
        "name": walk.name,
        "edge": walk.edge,
        "outcome": walk.outcome,
        "reason": walk.reason,
        "started_at": walk.started_at.to_string(),
        "finished_at": time(walk.finished_at),
    })
}

/// The sums of `status`.
pub(crate) fn totals(totals: &Totals) -> Value {
    json!({
        "posts": totals.posts,
        "items": totals.items,
        "files_held": totals.files_held,
        "files_pending": totals.files_pending,
        "files_failed": totals.files_failed,
        "files_without_url": totals.files_without_url,
        "blobs": totals.blobs,
        "blob_bytes": totals.blob_bytes,
        "damaged_blobs": totals.damaged_blobs,
        "failures": totals.failures,
    })
}
