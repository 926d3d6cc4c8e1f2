//! What is really there, so that a test can compare an archive with it.

use serde::Serialize;

use super::World;
use super::node::{MediaKind, Product, State};
use crate::files::FileSpec;

/// One item as it stands now.
#[derive(Clone, Debug, Serialize)]
pub struct ItemTruth {
    /// The media id.
    pub id: String,
    /// Name of the account in whose list it stands.
    pub account: String,
    /// The album it belongs to.
    pub parent_id: Option<String>,
    /// `IMAGE`, `VIDEO`, `CAROUSEL_ALBUM` or `BROADCAST`.
    pub media_type: MediaKind,
    /// `FEED`, `REELS`, `STORY` or `LIVE`.
    pub product: Product,
    /// What became of it.
    pub state: State,
    /// Whether a direct question is answered now (a story expires by itself).
    pub answers: bool,
    /// The caption; none means the answer has no such field.
    pub caption: Option<String>,
    /// The alternative text.
    pub alt_text: Option<String>,
    /// The code in its link.
    pub shortcode: String,
    /// Its link.
    pub permalink: String,
    /// Unix second.
    pub published_at: i64,
    /// Likes, shown or hidden.
    pub likes: u64,
    /// Comments, shown or hidden.
    pub comments: u64,
    /// Its files; an album has none of its own.
    pub files: Vec<FileTruth>,
    /// Slides in their order.
    pub children: Vec<ItemTruth>,
}

/// One file of an item.
#[derive(Clone, Debug, Serialize)]
pub struct FileTruth {
    /// Which of the two it is.
    pub role: FileRole,
    /// 2, 3, … after it was encoded again.
    pub version: u32,
    /// Whether the API gives its URL.
    pub offered: bool,
    /// What the file host makes its bytes from.
    #[serde(skip)]
    pub spec: FileSpec,
}

/// The role of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileRole {
    /// What `media_url` leads to.
    Media,
    /// What `thumbnail_url` leads to.
    Thumbnail,
}

impl World {
    /// The truth about one medium.
    pub(crate) fn truth(&self, index: u32, now: i64) -> ItemTruth {
        let medium = self.medium(index);
        let account = &self.accounts[medium.account];
        let username = medium.author.as_ref().map_or(&account.username, |(_, name)| name);
        let media = medium.file().map(|spec| FileTruth {
            role: FileRole::Media,
            version: spec.version,
            offered: !medium.url_withheld,
            spec,
        });
        let thumbnail = medium.thumbnail().map(|spec| FileTruth {
            role: FileRole::Thumbnail,
            version: spec.version,
            offered: !medium.thumbnail_withheld,
            spec,
        });
        ItemTruth {
            id: medium.id.to_string(),
            account: account.name.clone(),
            parent_id: medium.parent.map(|parent| self.medium(parent).id.to_string()),
            media_type: medium.kind,
            product: medium.product,
            state: medium.state,
            answers: medium.answers(now),
            caption: medium.caption.clone(),
            alt_text: medium.alt_text.clone(),
            shortcode: medium.shortcode(),
            permalink: medium.permalink(username),
            published_at: medium.published_at,
            likes: medium.likes,
            comments: medium.comments_count,
            files: media.into_iter().chain(thumbnail).collect(),
            children: medium.children.iter().map(|&child| self.truth(child, now)).collect(),
        }
    }
}
