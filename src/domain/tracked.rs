//! Fields of an item that have a history, and how each of them stands.

use std::borrow::Cow;

use super::Field;

/// A field whose changes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tracked {
    MediaType,
    MediaProductType,
    PublishedAt,
    Shortcode,
    Permalink,
    Username,
    Owner,
    IsCommentEnabled,
    IsSharedToFeed,
    Children,
    AltText,
    Caption,
}

/// How many fields have a history.
pub const TRACKED: usize = 12;

/// Whether an item that is still there can come to lack a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It cannot: an answer without it says something of the answer, not of the item.
    Lasting,
    /// It can: people remove captions and descriptions.
    Removable,
}

impl Tracked {
    /// In the order of the letters in the catalog, which is also the order of its columns.
    pub const ALL: [Self; TRACKED] = [
        Self::MediaType,
        Self::MediaProductType,
        Self::PublishedAt,
        Self::Shortcode,
        Self::Permalink,
        Self::Username,
        Self::Owner,
        Self::IsCommentEnabled,
        Self::IsSharedToFeed,
        Self::Children,
        Self::AltText,
        Self::Caption,
    ];

    /// The name in the catalog, in `changes.field` too.
    pub fn name(self) -> &'static str {
        match self {
            Self::MediaType => "media_type",
            Self::MediaProductType => "media_product_type",
            Self::PublishedAt => "published_at",
            Self::Shortcode => "shortcode",
            Self::Permalink => "permalink",
            Self::Username => "username",
            Self::Owner => "owner",
            Self::IsCommentEnabled => "is_comment_enabled",
            Self::IsSharedToFeed => "is_shared_to_feed",
            Self::Children => "children",
            Self::AltText => "alt_text",
            Self::Caption => "caption",
        }
    }

    /// Reads the name that [`Tracked::name`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Whether a living item can lose it.
    pub fn nature(self) -> Nature {
        match self {
            Self::MediaType
            | Self::MediaProductType
            | Self::PublishedAt
            | Self::Shortcode
            | Self::Permalink
            | Self::Username
            | Self::Owner => Nature::Lasting,
            Self::IsCommentEnabled
            | Self::IsSharedToFeed
            | Self::Children
            | Self::AltText
            | Self::Caption => Nature::Removable,
        }
    }
}

/// What an answer said of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    Value,
    Null,
    Absent,
    Unreadable,
    #[default]
    NotAsked,
}

impl Kind {
    /// What a field is, given whether it was asked for.
    pub fn of<T>(field: &Field<T>, asked: bool) -> Self {
        match field {
            Field::Value(_) => Self::Value,
            Field::Null => Self::Null,
            Field::Unreadable => Self::Unreadable,
            Field::Absent if asked => Self::Absent,
            Field::Absent => Self::NotAsked,
        }
    }

    /// The letter in the catalog.
    pub fn letter(self) -> char {
        match self {
            Self::Value => 'v',
            Self::Null => 'n',
            Self::Absent => 'a',
            Self::Unreadable => 'u',
            Self::NotAsked => '-',
        }
    }

    /// Reads the letter; a place that an older program did not write was never asked for.
    pub fn from_letter(letter: Option<u8>) -> Self {
        match letter {
            Some(b'v') => Self::Value,
            Some(b'n') => Self::Null,
            Some(b'a') => Self::Absent,
            Some(b'u') => Self::Unreadable,
            Some(_) | None => Self::NotAsked,
        }
    }

    /// The word in the catalog's history.
    pub fn word(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Null => "null",
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
            Self::NotAsked => "not_asked",
        }
    }

    /// Reads the word that [`Kind::word`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Value, Self::Null, Self::Absent, Self::Unreadable, Self::NotAsked]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// Why a value is kept that answers no longer have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// The answer without it was worse as a whole.
    Worse,
    /// It went from everything at once, or answers about its item never have it any more: whoever
    /// looks is shown less.
    Withheld,
    /// Its '@' signs went from everything at once.
    Stripped,
}

/// How a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As the last answer that said anything readable of it.
    Said(Kind),
    /// With a value that is better than what the last answer said.
    Kept(Keeping),
}

impl Default for Standing {
    fn default() -> Self {
        Self::Said(Kind::NotAsked)
    }
}

impl Standing {
    /// What is known: a kept value is a value.
    pub fn kind(self) -> Kind {
        match self {
            Self::Said(kind) => kind,
            Self::Kept(Keeping::Worse | Keeping::Withheld | Keeping::Stripped) => Kind::Value,
        }
    }

    /// The letter in the catalog.
    pub fn letter(self) -> char {
        match self {
            Self::Said(kind) => kind.letter(),
            Self::Kept(Keeping::Worse) => 'w',
            Self::Kept(Keeping::Withheld) => 'o',
            Self::Kept(Keeping::Stripped) => 's',
        }
    }

    /// Reads the letter that [`Standing::letter`] writes.
    pub fn from_letter(letter: Option<u8>) -> Self {
        match letter {
            Some(b'w') => Self::Kept(Keeping::Worse),
            Some(b'o') => Self::Kept(Keeping::Withheld),
            Some(b's') => Self::Kept(Keeping::Stripped),
            Some(_) | None => Self::Said(Kind::from_letter(letter)),
        }
    }
}

/// A field as text, with how it stands; the text is there exactly when there is a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State<'a> {
    pub standing: Standing,
    pub text: Option<Cow<'a, str>>,
}

/// All tracked fields, in the order of [`Tracked::ALL`].
pub type States<'a> = [State<'a>; TRACKED];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_words_and_names_are_read_as_they_are_written() {
        let kinds = [Kind::Value, Kind::Null, Kind::Absent, Kind::Unreadable, Kind::NotAsked];
        for kind in kinds {
            let letter = u8::try_from(kind.letter()).ok();
            assert_eq!(Kind::from_letter(letter), kind);
            assert_eq!(Standing::from_letter(letter), Standing::Said(kind));
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
            assert_eq!(Standing::Said(kind).kind(), kind);
        }
        for keeping in [Keeping::Worse, Keeping::Withheld, Keeping::Stripped] {
            let standing = Standing::Kept(keeping);
            assert_eq!(Standing::from_letter(u8::try_from(standing.letter()).ok()), standing);
            assert_eq!(standing.kind(), Kind::Value);
        }
        for field in Tracked::ALL {
            assert_eq!(Tracked::from_name(field.name()), Some(field));
        }
        assert_eq!(Standing::from_letter(None), Standing::default());
        assert_eq!((Kind::from_word("odd"), Tracked::from_name("odd")), (None, None));
    }

    #[test]
    fn a_living_item_loses_what_people_can_remove_and_nothing_else() {
        let removable: Vec<&str> = Tracked::ALL
            .into_iter()
            .filter(|field| field.nature() == Nature::Removable)
            .map(Tracked::name)
            .collect();
        assert_eq!(
            removable,
            ["is_comment_enabled", "is_shared_to_feed", "children", "alt_text", "caption"]
        );
    }
}
