//! Everything that can be done to the world, by tests and through the control API.

use serde::{Deserialize, Serialize};

use super::node::InsightsState;

/// One change of the world; the control API names it in the path and takes the rest as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Publishes posts; texts are invented where none are given.
    Publish {
        account: String,
        #[serde(default = "image")]
        kind: PostKind,
        #[serde(default)]
        children: Option<u32>,
        #[serde(default)]
        caption: Option<String>,
        /// Unix second; now where absent.
        #[serde(default)]
        at: Option<i64>,
        #[serde(default = "one")]
        count: u32,
        #[serde(default)]
        without_media_url: bool,
    },
    /// Publishes a story, alive for 24 hours.
    PublishStory {
        account: String,
        #[serde(default)]
        video: bool,
    },
    /// Begins a broadcast.
    StartLive { account: String },
    /// Ends it; nothing remains.
    EndLive { account: String },
    /// Someone else tags the account.
    AddTag { account: String },
    /// Replaces the caption; none removes it.
    EditCaption { media: String, caption: Option<String> },
    /// Replaces the alternative text; none removes it.
    SetAltText { media: String, alt_text: Option<String> },
    /// Takes a post out of the lists and of reach, until it is restored.
    Archive { media: String },
    /// Takes a post out of the lists; a direct question still finds it.
    Unlist { media: String },
    /// Brings an archived or unlisted post back.
    Restore { media: String },
    /// Removes a post, a slide or a story for good.
    Delete { media: String },
    /// Removes the newest so many posts at once.
    DeleteMany { account: String, count: u32 },
    /// Answers without `media_url` from now on, as for a copyright claim.
    WithholdMediaUrl { media: String },
    /// Shows `media_url` again.
    RestoreMediaUrl { media: String },
    /// Answers without `thumbnail_url` from now on.
    WithholdThumbnail { media: String },
    /// Shows `thumbnail_url` again.
    RestoreThumbnail { media: String },
    /// Encodes the files again: same item, other bytes.
    Reencode { media: String },
    /// Changes the order of an album's slides; reversed where no order is given.
    ReorderChildren {
        media: String,
        #[serde(default)]
        order: Option<Vec<String>>,
    },
    /// Hides or shows the counts.
    HideCounts {
        media: String,
        #[serde(default = "yes")]
        hidden: bool,
    },
    /// Sets likes and the number of comments.
    SetCounts {
        media: String,
        #[serde(default)]
        likes: Option<u64>,
        #[serde(default)]
        comments: Option<u64>,
    },
    /// Someone comments.
    AddComment {
        media: String,
        #[serde(default)]
        text: Option<String>,
    },
    /// A comment disappears with its replies.
    DeleteComment { comment: String },
    /// Hides or shows a comment.
    HideComment {
        comment: String,
        #[serde(default = "yes")]
        hidden: bool,
    },
    /// The comments edge answers empty lists although there are comments.
    CommentsTrap {
        account: String,
        #[serde(default = "yes")]
        on: bool,
    },
    /// What the insights edge says about a medium.
    SetInsights { media: String, state: InsightsState },
    /// Replaces what the account has granted to the app.
    SetScopes { account: String, scopes: Vec<String> },
    /// Makes `media_count` differ from what is listed.
    SetCountOffset { account: String, offset: i64 },
    /// The account changes its name.
    RenameAccount { account: String, username: String },
    /// All tokens of the account expire a minute ago.
    ExpireToken { account: String },
    /// The person withdraws the app: 190/458.
    Revoke { account: String },
    /// The password changes: 190/460.
    ChangePassword { account: String },
    /// All tokens of the account end for this reason.
    EndToken { account: String, reason: TokenEnd },
    /// The operator logs in again and gets a new token.
    NewToken {
        account: String,
        /// Seconds since it was issued.
        #[serde(default)]
        age: i64,
    },
    /// The file host loses a file although links to it are valid.
    PurgeFile {
        media: String,
        #[serde(default)]
        thumbnail: bool,
        #[serde(default = "not_found")]
        status: u16,
    },
}

/// What kind of post is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostKind {
    /// A photo.
    Image,
    /// A video in the feed.
    Video,
    /// A reel.
    Reel,
    /// An album of photos and clips.
    Album,
}

/// Why tokens end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEnd {
    /// 463 (0 on the Instagram host)
    Expired,
    /// 458
    Revoked,
    /// 459
    Checkpointed,
    /// 460
    PasswordChanged,
    /// 464
    Unconfirmed,
    /// 467
    InvalidSession,
    /// 492
    RoleLost,
}

impl TokenEnd {
    /// The subcode of error 190.
    pub fn subcode(self) -> i64 {
        match self {
            Self::Expired => 463,
            Self::Revoked => 458,
            Self::Checkpointed => 459,
            Self::PasswordChanged => 460,
            Self::Unconfirmed => 464,
            Self::InvalidSession => 467,
            Self::RoleLost => 492,
        }
    }
}

/// What an edit has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Ids that came to be, or were concerned.
    pub ids: Vec<String>,
    /// A new token.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
}

impl Outcome {
    pub(super) fn of(id: u64) -> Self {
        Self { ids: vec![id.to_string()], token: None }
    }

    /// The only id, or the first.
    pub fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }
}

/// Why an edit is impossible.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// No account has this name.
    #[error("there is no account {0:?}")]
    NoAccount(String),
    /// No medium has this id.
    #[error("there is no media {0:?}")]
    NoMedia(String),
    /// No comment has this id.
    #[error("there is no comment {0:?}")]
    NoComment(String),
    /// The medium is of the wrong kind for this.
    #[error("media {0} cannot be edited like this: {1}")]
    WrongKind(String, &'static str),
}

impl Edit {
    /// Publishes one photo now.
    pub fn publish(account: &str) -> Self {
        Self::Publish {
            account: account.to_owned(),
            kind: PostKind::Image,
            children: None,
            caption: None,
            at: None,
            count: 1,
            without_media_url: false,
        }
    }
}

fn image() -> PostKind {
    PostKind::Image
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn not_found() -> u16 {
    404
}
