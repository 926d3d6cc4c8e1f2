//! Files of an item: which one, and where it can be fetched for now.

use std::fmt;

use super::Timestamp;

/// Which file of an item.
///
/// The identity of a file is item and role, never its URL: hosts, paths and signatures change
/// from one read to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AssetRole {
    /// The picture or video itself (`media_url`).
    Media,
    /// The poster frame of a video (`thumbnail_url`).
    Thumbnail,
}

impl AssetRole {
    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Thumbnail => "thumbnail",
        }
    }

    /// Reads the word that [`AssetRole::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Media, Self::Thumbnail].into_iter().find(|role| role.as_str() == word)
    }
}

impl fmt::Display for AssetRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A signed address of a file, good for hours to days.
///
/// The query is a credential of its own: it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(Box<str>);

impl Link {
    /// Wraps an address as the API gave it.
    pub fn new(url: &str) -> Self {
        Self(url.into())
    }

    /// The whole address with its signature: for the request alone, never for a log or a row.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The path, which is a hint that the bytes are the same; host and query change at every read.
    pub fn path(&self) -> &str {
        let rest = self.0.split_once("://").map_or(&*self.0, |(_, rest)| rest);
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        path.split(['?', '#']).next().unwrap_or("")
    }

    /// When the signature ends: the query parameter `oe`, Unix seconds in hexadecimal, as
    /// observed on every captured address of the file hosts.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let query = self.0.split_once('?')?.1;
        let hex = query.split(['&', '#']).find_map(|pair| pair.strip_prefix("oe="))?;
        Timestamp::from_unix(i64::from_str_radix(hex, 16).ok()?)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str =
        "https://scontent.cdninstagram.com/v/t51/1_2_3_n.jpg?stp=x&oh=00_AfSECRET&oe=6AB66240";

    #[test]
    fn the_signature_never_prints() {
        let link = Link::new(URL);
        assert_eq!(format!("{link:?}"), "Link(/v/t51/1_2_3_n.jpg)");
        assert_eq!(link.expose(), URL);
    }

    #[test]
    fn the_end_of_a_link_is_read_from_its_query() {
        let end = Link::new(URL).expires_at().unwrap();
        assert_eq!(end.as_unix(), 0x6AB6_6240);
        for url in ["", "https://x/y", "https://x/y?oe=", "https://x/y?oe=zz", "https://x/y?moe=1"]
        {
            assert_eq!(Link::new(url).expires_at(), None, "{url}");
        }
    }

    #[test]
    fn a_path_is_found_in_any_text() {
        for (url, path) in [
            ("", ""),
            ("nonsense", ""),
            ("https://host", ""),
            ("https://host/a#b", "/a"),
            ("/a?b", "/a"),
        ] {
            assert_eq!(Link::new(url).path(), path, "{url}");
        }
    }
}
