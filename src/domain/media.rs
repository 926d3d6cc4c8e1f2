//! Items: ids, kinds, and what one answer showed of one.

use std::fmt;
use std::str::FromStr;

use super::{Field, Link, Timestamp};

/// The id of a media item, as the API gave it.
///
/// Real ids are decimal, but the API promises no more than a string, so any short word that is
/// safe as one path segment of a URL is taken. It is never part of a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaId(Box<str>);

/// A text that cannot be the id of an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be the id of an item: an id is 1 to 64 of A-Z a-z 0-9 _ -")]
pub struct InvalidMediaId(pub String);

impl MediaId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaId {
    type Err = InvalidMediaId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'));
        if fits { Ok(Self(text.into())) } else { Err(InvalidMediaId(text.to_owned())) }
    }
}

impl fmt::Display for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The kind of an item (`media_type`), an open set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// A picture.
    Image,
    /// A video or reel.
    Video,
    /// An album; its pictures and videos are its children.
    CarouselAlbum,
    /// A word that the reference does not list, kept as it came.
    Other(String),
}

impl MediaType {
    /// The API's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::CarouselAlbum => "CAROUSEL_ALBUM",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for MediaType {
    fn from(word: String) -> Self {
        match word.as_str() {
            "IMAGE" => Self::Image,
            "VIDEO" => Self::Video,
            "CAROUSEL_ALBUM" => Self::CarouselAlbum,
            _ => Self::Other(word),
        }
    }
}

/// One item as one response showed it: fields that were there, fields that were absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub id: MediaId,
    pub media_type: Field<MediaType>,
    pub media_product_type: Field<String>,
    pub caption: Field<String>,
    pub alt_text: Field<String>,
    pub permalink: Field<String>,
    pub shortcode: Field<String>,
    pub published_at: Field<Timestamp>,
    pub username: Field<String>,
    pub owner_id: Field<String>,
    pub like_count: Field<i64>,
    pub comments_count: Field<i64>,
    pub is_comment_enabled: Field<bool>,
    pub is_shared_to_feed: Field<bool>,
    pub media_url: Field<Link>,
    pub thumbnail_url: Field<Link>,
    /// Slides in order; absent on anything but an album.
    pub children: Field<Vec<Observation>>,
    /// The item as received, as compact JSON, with signatures, tokens, counts and children taken out;
    /// equal text means unchanged content.
    pub raw: String,
}

impl Observation {
    /// An observation in which every field is absent, to be filled.
    pub fn empty(id: MediaId) -> Self {
        Self {
            id,
            media_type: Field::Absent,
            media_product_type: Field::Absent,
            caption: Field::Absent,
            alt_text: Field::Absent,
            permalink: Field::Absent,
            shortcode: Field::Absent,
            published_at: Field::Absent,
            username: Field::Absent,
            owner_id: Field::Absent,
            like_count: Field::Absent,
            comments_count: Field::Absent,
            is_comment_enabled: Field::Absent,
            is_shared_to_feed: Field::Absent,
            media_url: Field::Absent,
            thumbnail_url: Field::Absent,
            children: Field::Absent,
            raw: String::from("{}"),
        }
    }

    /// Whether the item is an album, whose own `media_url` is ignored.
    pub fn is_album(&self) -> bool {
        matches!(self.media_type, Field::Value(MediaType::CarouselAlbum))
            || matches!(&self.children, Field::Value(slides) if !slides.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_one_safe_path_segment() {
        for id in ["17900000000000001", "9001", "abc_DEF-1"] {
            assert_eq!(id.parse::<MediaId>().unwrap().as_str(), id);
        }
        let long = "1".repeat(65);
        for id in ["", "1/2", "..", "1?x=y", "1 2", "é", "1\u{0}", long.as_str()] {
            assert!(id.parse::<MediaId>().is_err(), "{id:?} was accepted");
        }
    }

    #[test]
    fn an_unknown_kind_keeps_its_word() {
        assert_eq!(MediaType::from("HOLOGRAM".to_owned()).as_str(), "HOLOGRAM");
        assert_eq!(MediaType::from("VIDEO".to_owned()), MediaType::Video);
    }

    #[test]
    fn an_album_is_known_by_its_kind_or_by_its_slides() {
        let mut item = Observation::empty("1".parse().unwrap());
        assert!(!item.is_album());
        item.children = Field::Value(vec![Observation::empty("2".parse().unwrap())]);
        assert!(item.is_album());
        item.children = Field::Absent;
        item.media_type = Field::Value(MediaType::CarouselAlbum);
        assert!(item.is_album());
    }
}
