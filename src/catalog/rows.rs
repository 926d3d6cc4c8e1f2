//! What readers get: rows of the views as plain values.

use crate::domain::{Edge, Timestamp};

/// What `status` shows.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusFacts {
    pub archive_id: String,
    pub schema: i64,
    pub accounts: Vec<AccountStatus>,
    pub totals: Totals,
}

/// Sums over all accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Top-level items.
    pub posts: u64,
    /// Posts and slides.
    pub items: u64,
    pub files_held: u64,
    pub files_pending: u64,
    pub files_failed: u64,
    /// Files that the API never gave an address for.
    pub files_without_url: u64,
    /// Distinct contents in the store.
    pub blobs: u64,
    pub blob_bytes: u64,
    pub damaged_blobs: u64,
    pub failures: u64,
}

/// One account as `status` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountStatus {
    pub account: String,
    pub login: String,
    pub user_id: String,
    pub username: Option<String>,
    pub state: String,
    pub state_detail: Option<String>,
    pub state_since_at: Option<Timestamp>,
    pub api_media_count: Option<i64>,
    /// Present posts of the media list.
    pub listed: u64,
    /// Those of them of which every expected file is held.
    pub held: u64,
    pub files_held: u64,
    pub files_pending: u64,
    pub files_failed: u64,
    pub failures: u64,
    pub last_error: Option<String>,
    pub last_complete_walk_at: Option<Timestamp>,
    pub last_walk: Option<LastWalk>,
    pub token_expires_at: Option<Timestamp>,
    pub usage_percent: Option<f64>,
    pub blocked_until: Option<Timestamp>,
    /// Spans of its lists that are not proven.
    pub gaps: u64,
    /// Walks whose losses nobody has believed yet, oldest first.
    pub held_walks: Vec<i64>,
    /// Posts and slides that were not where they had to be; nothing is confirmed.
    pub missing: u64,
    /// Posts and slides that are no longer available to this token.
    pub gone: u64,
    /// What a person should look at, in a few words.
    pub attention: Option<String>,
}

/// The newest walk of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWalk {
    pub walk_id: i64,
    pub name: String,
    pub edge: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// Which posts to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    pub account: Option<String>,
    pub edge: Option<Edge>,
    /// One of the words of `posts.state`.
    pub state: Option<String>,
    pub published_since: Option<Timestamp>,
    pub published_until: Option<Timestamp>,
    /// Only posts with a file that is expected and not held.
    pub incomplete: bool,
    /// Where the page before ended.
    pub after: Option<ItemCursor>,
    pub limit: usize,
}

/// The place of a post in the listing, for the next page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemCursor {
    pub(super) published_at: String,
    pub(super) item_id: i64,
}

/// A row of `posts` or `items`; in a row of `posts` the files of slides are counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    pub cursor: ItemCursor,
    pub media_id: String,
    pub account: String,
    pub edge: String,
    pub parent_id: Option<String>,
    pub position: Option<i64>,
    pub shortcode: Option<String>,
    pub permalink: Option<String>,
    pub media_type: Option<String>,
    pub media_product_type: Option<String>,
    pub caption: Option<String>,
    pub alt_text: Option<String>,
    pub published_at: Option<Timestamp>,
    pub like_count: Option<i64>,
    pub comments_count: Option<i64>,
    pub child_count: i64,
    pub files_expected: i64,
    pub files_held: i64,
    pub state: String,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub disappeared_at: Option<Timestamp>,
}

/// Everything about one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDetail {
    pub item: ItemRow,
    /// Slides in order, then those that left the album.
    pub children: Vec<ItemRow>,
    /// Files of the item and its slides.
    pub files: Vec<FileRow>,
    pub changes: Vec<ChangeRow>,
    pub events: Vec<EventRow>,
    /// The item as last received.
    pub raw_json: String,
}

/// A row of `files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    pub media_id: String,
    pub parent_id: Option<String>,
    pub position: Option<i64>,
    pub role: String,
    pub version: Option<i64>,
    pub state: String,
    pub sha256: Option<String>,
    pub path: Option<String>,
    pub size_bytes: Option<i64>,
    pub mime_type: Option<String>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub duration_ms: Option<i64>,
    pub held_at: Option<Timestamp>,
    pub verified_at: Option<Timestamp>,
    pub last_error: Option<String>,
}

/// A row of `changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    pub media_id: String,
    pub account: String,
    pub field: String,
    pub old_kind: String,
    pub old: Option<String>,
    pub new_kind: String,
    pub new: Option<String>,
    pub previous_seen_at: Timestamp,
    pub seen_at: Timestamp,
}

/// A row of `events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub id: i64,
    pub at: Timestamp,
    pub account: String,
    pub media_id: Option<String>,
    pub kind: String,
    pub role: Option<String>,
    pub walk_id: Option<i64>,
    /// A JSON object.
    pub detail: String,
    pub digest: String,
    pub previous_digest: String,
}

/// Which walks to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct WalkFilter {
    pub account: Option<String>,
    pub edge: Option<Edge>,
    /// Only walks that did not end complete.
    pub incomplete: bool,
    /// Only walks with a smaller number than this: where the page before ended.
    pub before: Option<i64>,
    pub limit: usize,
}

/// A row of `walks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkRow {
    pub walk_id: i64,
    pub account: String,
    pub edge: String,
    pub name: String,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub outcome: String,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub coverage_from: Option<Timestamp>,
    pub coverage_to: Option<Timestamp>,
    pub pages: i64,
    pub calls: i64,
    pub listed: i64,
    pub new: i64,
    pub changed: i64,
    pub missing: Option<i64>,
    /// `missing` or `url` while its losses are not believed.
    pub hold: Option<String>,
    pub capped_at: Option<Timestamp>,
    pub server_at: Option<Timestamp>,
}

/// A row of `failures`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureRow {
    pub account: String,
    pub media_id: Option<String>,
    pub role: Option<String>,
    pub stage: String,
    pub class: String,
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    pub tries: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub next_try_at: Option<Timestamp>,
    pub error: String,
}

/// A row of `disappeared`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisappearedRow {
    pub media_id: String,
    pub account: String,
    pub permalink: Option<String>,
    pub published_at: Option<Timestamp>,
    pub state: String,
    /// It left after this time
    pub last_seen_at: Timestamp,
    /// and before this one.
    pub first_missing_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    pub returned_at: Option<Timestamp>,
    pub files_expected: i64,
    pub files_held: i64,
    pub edge: String,
    pub parent_id: Option<String>,
    pub unlisted_at: Option<Timestamp>,
    pub asked_at: Option<Timestamp>,
    pub last_listed_walk_id: Option<i64>,
    pub missing_walk_id: i64,
}

/// A row of `lost_urls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostUrlRow {
    pub media_id: String,
    pub account: String,
    pub role: String,
    pub last_url_at: Timestamp,
    pub lost_at: Timestamp,
    pub regained_at: Option<Timestamp>,
    pub held: bool,
    pub sha256: Option<String>,
    pub parent_id: Option<String>,
    pub verified_at: Option<Timestamp>,
}

/// A row of `gaps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapRow {
    pub account: String,
    pub edge: String,
    pub from_at: Option<Timestamp>,
    pub to_at: Option<Timestamp>,
    pub reason: String,
    pub since: Timestamp,
    /// What will be done about it, for people.
    pub remedy: &'static str,
}

/// A row of `holds`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    pub walk_id: i64,
    pub account: String,
    pub edge: String,
    /// `missing` or `url`.
    pub kind: String,
    /// `too_many` or `observer_changed`.
    pub reason: String,
    pub items: i64,
    pub looked_at: i64,
    pub held_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<String>,
}

/// A post as it stood on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostAtRow {
    pub media_id: String,
    pub account: String,
    pub edge: String,
    pub permalink: Option<String>,
    pub media_type: Option<String>,
    pub caption: Option<String>,
    pub published_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    /// Its state on the date; `unseen` when it was published before and first seen after it.
    pub state: String,
    /// Whether walks before and after the date agree on it.
    pub proven: bool,
}
