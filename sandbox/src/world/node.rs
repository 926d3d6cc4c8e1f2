//! One account, one medium, one comment.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::files::{FileShape, FileSpec};
use crate::host::Login;

/// Stories live this many seconds.
pub(crate) const STORY_LIFE: i64 = 24 * 3600;

/// What kind of medium it is, as `media_type` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaKind {
    /// `IMAGE`
    #[serde(rename = "IMAGE")]
    Image,
    /// `VIDEO`, reels included
    #[serde(rename = "VIDEO")]
    Video,
    /// `CAROUSEL_ALBUM`
    #[serde(rename = "CAROUSEL_ALBUM")]
    Album,
    /// `BROADCAST`, while it runs
    #[serde(rename = "BROADCAST")]
    Broadcast,
}

impl MediaKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Album => "CAROUSEL_ALBUM",
            Self::Broadcast => "BROADCAST",
        }
    }
}

/// Where a medium appears, as `media_product_type` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Product {
    /// `FEED`
    #[serde(rename = "FEED")]
    Feed,
    /// `REELS`
    #[serde(rename = "REELS")]
    Reels,
    /// `STORY`
    #[serde(rename = "STORY")]
    Story,
    /// A running broadcast: `FEED` on the Instagram host, `LIVE` on the Facebook one.
    #[serde(rename = "LIVE")]
    Live,
}

/// Whether a medium can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Listed and readable.
    Listed,
    /// Readable by its id, but no list shows it.
    Unlisted,
    /// Hidden by its owner: neither listed nor readable, and can come back.
    Archived,
    /// Removed for good.
    Deleted,
}

/// What the insights edge says about a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsightsState {
    /// Values for every metric that its product type has.
    Ready,
    /// An empty list: nothing measured yet.
    Empty,
    /// Published before the account became a professional one: 100/2108006.
    PreConversion,
    /// A story with fewer than five viewers: code 10.
    FewViewers,
}

/// One comment or reply.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) text: String,
    pub(crate) username: String,
    pub(crate) author_id: u64,
    pub(crate) at: i64,
    pub(crate) likes: u32,
    pub(crate) hidden: bool,
    /// Whether the account itself wrote it.
    pub(crate) own: bool,
    pub(crate) replies: Vec<Comment>,
}

/// One post, album child, story or broadcast.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts about a medium")]
pub(crate) struct Media {
    pub(crate) id: u64,
    pub(crate) ig_id: u64,
    pub(crate) legacy_id: u64,
    /// The account whose list it stands in (for a tag: the tagged one).
    pub(crate) account: usize,
    /// Someone else's medium: who published it.
    pub(crate) author: Option<(u64, String)>,
    pub(crate) parent: Option<u32>,
    pub(crate) kind: MediaKind,
    pub(crate) product: Product,
    pub(crate) state: State,
    pub(crate) caption: Option<String>,
    pub(crate) alt_text: Option<String>,
    pub(crate) published_at: i64,
    pub(crate) likes: u64,
    pub(crate) counts_hidden: bool,
    pub(crate) comments_enabled: bool,
    /// Comments there are, replies included; may exceed what the comments edge shows.
    pub(crate) comments_count: u64,
    pub(crate) shared_to_feed: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) seconds: u32,
    /// 2, 3, … after the file was encoded again.
    pub(crate) version: u32,
    pub(crate) url_withheld: bool,
    pub(crate) thumbnail_withheld: bool,
    pub(crate) insights: InsightsState,
    pub(crate) children: Vec<u32>,
    /// Newest first, as the edge lists them.
    pub(crate) comments: Vec<Comment>,
    pub(crate) collaborators: Vec<(u64, String, bool)>,
    pub(crate) bytes: Option<u64>,
}

impl Media {
    /// Whether a direct question for it is answered.
    pub(crate) fn answers(&self, now: i64) -> bool {
        let reachable = match self.state {
            State::Listed | State::Unlisted => true,
            State::Archived | State::Deleted => false,
        };
        reachable
            && match self.product {
                Product::Story => now < self.published_at + STORY_LIFE && now >= self.published_at,
                Product::Feed | Product::Reels | Product::Live => true,
            }
    }

    pub(crate) fn is_video(&self) -> bool {
        self.kind == MediaKind::Video
    }

    pub(crate) fn is_child(&self) -> bool {
        self.parent.is_some()
    }

    /// The file behind `media_url`; albums and broadcasts have none of their own.
    pub(crate) fn file(&self) -> Option<FileSpec> {
        let shape = match self.kind {
            MediaKind::Image => FileShape::Photo { width: self.width, height: self.height },
            MediaKind::Video => {
                FileShape::Clip { width: self.width, height: self.height, seconds: self.seconds }
            }
            MediaKind::Album | MediaKind::Broadcast => return None,
        };
        Some(FileSpec { id: self.id * 4, version: self.version, shape, bytes: self.bytes })
    }

    /// The file behind `thumbnail_url`: videos only.
    pub(crate) fn thumbnail(&self) -> Option<FileSpec> {
        let shape = FileShape::Poster { width: self.width, height: self.height };
        self.is_video().then(|| FileSpec {
            id: self.id * 4 + 1,
            version: self.version,
            shape,
            bytes: self.bytes,
        })
    }

    pub(crate) fn shortcode(&self) -> String {
        super::shortcode(self.ig_id)
    }

    pub(crate) fn permalink(&self, username: &str) -> String {
        match self.product {
            Product::Reels => format!("https://www.instagram.com/reel/{}/", self.shortcode()),
            Product::Feed => format!("https://www.instagram.com/p/{}/", self.shortcode()),
            // Observed without `www` for stories and with it for broadcasts.
            Product::Story => format!("https://instagram.com/stories/{username}/{}", self.ig_id),
            Product::Live => format!("https://www.instagram.com/stories/{username}/{}", self.ig_id),
        }
    }
}

/// One professional account with everything that hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) login: Login,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) biography: String,
    pub(crate) website: Option<String>,
    /// The professional account id (`1784…`).
    pub(crate) user_id: u64,
    /// What the Instagram host calls `id`: differs per app.
    pub(crate) scoped_id: u64,
    pub(crate) legacy_id: u64,
    pub(crate) page_id: u64,
    pub(crate) person_id: u64,
    pub(crate) business: bool,
    pub(crate) followers: u64,
    pub(crate) follows: u64,
    pub(crate) picture: Option<FileSpec>,
    pub(crate) app_id: String,
    pub(crate) app_secret: String,
    /// Listed posts, newest first.
    pub(crate) posts: VecDeque<u32>,
    pub(crate) stories: Vec<u32>,
    pub(crate) tags: Vec<u32>,
    pub(crate) collaborations: Vec<u32>,
    pub(crate) live: Option<u32>,
    /// The comments edge answers empty lists: an app without advanced access (observed on the Instagram host).
    pub(crate) comments_trap: bool,
    pub(crate) scopes: BTreeSet<String>,
    /// Difference between `media_count` and what is listed: the real counter disagrees by a few.
    pub(crate) count_offset: i64,
}

/// Sizes that new media get.
#[derive(Clone, Debug)]
pub(crate) struct Shapes {
    pub(crate) clip: (u32, u32),
    pub(crate) bytes: Option<std::ops::RangeInclusive<u64>>,
}

impl Shapes {
    /// The padded size of a medium's file, the same at every run.
    pub(crate) fn bytes_of(&self, id: u64) -> Option<u64> {
        let range = self.bytes.as_ref()?;
        let span = range.end().saturating_sub(*range.start()).saturating_add(1);
        Some(range.start() + super::ids::mix(id) % span.max(1))
    }
}
