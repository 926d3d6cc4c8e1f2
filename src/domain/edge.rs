//! Edges: the lists of the API.

use std::fmt;

/// A list that the API offers for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edge {
    /// Everything published to the feed: photos, albums, videos, reels.
    Media,
    /// Stories of the last 24 hours.
    Stories,
    /// Posts of others in which the account is tagged.
    Tags,
}

impl Edge {
    /// The path segment of the Graph API, also the word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Stories => "stories",
            Self::Tags => "tags",
        }
    }

    /// Reads the word that [`Edge::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Media, Self::Stories, Self::Tags].into_iter().find(|edge| edge.as_str() == word)
    }

    /// Whether the end of the list shows by the absence of `next`.
    ///
    /// The tags edge never has a `next` ("Tags" page of the Graph API reference); its last page
    /// is the one without items or without a cursor.
    pub fn ends_by_next(self) -> bool {
        match self {
            Self::Media | Self::Stories => true,
            Self::Tags => false,
        }
    }

    /// Whether the API takes `since` and `until` for this list.
    pub fn has_windows(self) -> bool {
        match self {
            Self::Media => true,
            Self::Stories | Self::Tags => false,
        }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
