//! Which fields of an item have a history, and what counts as a change.

use std::borrow::Cow;

use super::asked::{AskedFields, Level};
use crate::domain::{Field, Observation};

/// A field whose changes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tracked {
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
pub(super) const TRACKED: usize = 12;

impl Tracked {
    /// In the order of the letters in `item.kinds`, which is also the order of the columns.
    pub(super) const ALL: [Self; TRACKED] = [
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
    pub(super) fn name(self) -> &'static str {
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

    /// The name in a request.
    fn asked_as(self) -> &'static str {
        match self {
            Self::PublishedAt => "timestamp",
            Self::MediaType
            | Self::MediaProductType
            | Self::Shortcode
            | Self::Permalink
            | Self::Username
            | Self::Owner
            | Self::IsCommentEnabled
            | Self::IsSharedToFeed
            | Self::Children
            | Self::AltText
            | Self::Caption => self.name(),
        }
    }
}

/// What an answer said of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    Value,
    Null,
    Absent,
    Unreadable,
    #[default]
    NotAsked,
}

impl Kind {
    /// What a field is, given whether it was asked for.
    pub(super) fn of<T>(field: &Field<T>, asked: bool) -> Self {
        match field {
            Field::Value(_) => Self::Value,
            Field::Null => Self::Null,
            Field::Unreadable => Self::Unreadable,
            Field::Absent if asked => Self::Absent,
            Field::Absent => Self::NotAsked,
        }
    }

    /// The letter in `kinds` columns.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Value => 'v',
            Self::Null => 'n',
            Self::Absent => 'a',
            Self::Unreadable => 'u',
            Self::NotAsked => '-',
        }
    }

    /// Reads the letter; a place that an older program did not write was never asked for.
    pub(super) fn from_letter(letter: Option<u8>) -> Self {
        match letter {
            Some(b'v') => Self::Value,
            Some(b'n') => Self::Null,
            Some(b'a') => Self::Absent,
            Some(b'u') => Self::Unreadable,
            Some(_) | None => Self::NotAsked,
        }
    }

    /// The word in `change` and `metric` rows.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Null => "null",
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
            Self::NotAsked => "not_asked",
        }
    }
}

/// A field as text, with its kind; the text is there exactly when the kind is `Value`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct State<'a> {
    pub(super) kind: Kind,
    pub(super) text: Option<Cow<'a, str>>,
}

/// All tracked fields, in the order of [`Tracked::ALL`].
pub(super) type States<'a> = [State<'a>; TRACKED];

/// The letters of all fields, for `item.kinds`.
pub(super) fn letters(states: &States<'_>) -> String {
    states.iter().map(|state| state.kind.letter()).collect()
}

/// Whether a field stands as never asked for which was asked for now: only then can an item whose
/// text is the same still have something to record.
pub(super) fn asks_more(kinds: &str, asked: &AskedFields, level: Level) -> bool {
    let letters = kinds.as_bytes();
    Tracked::ALL.iter().enumerate().any(|(n, field)| {
        Kind::from_letter(letters.get(n).copied()) == Kind::NotAsked
            && asked.has(level, field.asked_as())
    })
}

/// What one answer showed of an item.
pub(super) fn observed<'a>(item: &'a Observation, asked: &AskedFields, level: Level) -> States<'a> {
    Tracked::ALL.map(|field| {
        let asked = asked.has(level, field.asked_as());
        match field {
            Tracked::MediaType => state(&item.media_type, asked, |kind| kind.as_str().into()),
            Tracked::MediaProductType => words(&item.media_product_type, asked),
            Tracked::PublishedAt => state(&item.published_at, asked, |at| at.to_string().into()),
            Tracked::Shortcode => words(&item.shortcode, asked),
            Tracked::Permalink => words(&item.permalink, asked),
            Tracked::Username => words(&item.username, asked),
            Tracked::Owner => words(&item.owner_id, asked),
            Tracked::IsCommentEnabled => state(&item.is_comment_enabled, asked, |on| bit(*on)),
            Tracked::IsSharedToFeed => state(&item.is_shared_to_feed, asked, |on| bit(*on)),
            Tracked::Children => state(&item.children, asked, |slides| id_list(slides).into()),
            Tracked::AltText => words(&item.alt_text, asked),
            Tracked::Caption => words(&item.caption, asked),
        }
    })
}

/// The slides' ids as a JSON array; ids need no escaping.
pub(super) fn id_list(slides: &[Observation]) -> String {
    let mut list = String::with_capacity(2 + slides.len() * 21);
    for slide in slides {
        list.push_str(if list.is_empty() { "[\"" } else { ",\"" });
        list.push_str(slide.id.as_str());
        list.push('"');
    }
    list.push_str(if list.is_empty() { "[]" } else { "]" });
    list
}

/// The list of slides as one answer showed it.
pub(super) fn slides(
    item: &Observation,
    asked: &AskedFields,
    level: Level,
) -> (Kind, Option<String>) {
    let kind = Kind::of(&item.children, asked.has(level, Tracked::Children.asked_as()));
    (kind, item.children.value().map(|slides| id_list(slides)))
}

/// What the letters say of the list of slides.
pub(super) fn slides_kind(kinds: &str) -> Kind {
    let place = Tracked::ALL.iter().position(|field| *field == Tracked::Children);
    Kind::from_letter(place.and_then(|n| kinds.as_bytes().get(n).copied()))
}

/// What follows from an answer about an item that was known before.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    /// The fields as they stand from now on.
    pub(super) states: States<'a>,
    /// Fields with something else than before.
    pub(super) changed: Vec<Tracked>,
    /// Fields that could be read before and not now: what was known stays.
    pub(super) unreadable: Vec<Tracked>,
}

/// Decides field by field; known data is never replaced by unreadable data, nor by the silence
/// about a field that was not asked for.
pub(super) fn merge<'a>(known: &States<'a>, seen: &States<'a>) -> Merged<'a> {
    let mut merged = Merged { states: known.clone(), changed: Vec::new(), unreadable: Vec::new() };
    for (n, field) in Tracked::ALL.into_iter().enumerate() {
        match (known[n].kind, seen[n].kind) {
            (_, Kind::NotAsked) | (Kind::Unreadable, Kind::Unreadable) => {}
            (Kind::NotAsked, Kind::Value | Kind::Null | Kind::Absent | Kind::Unreadable) => {
                merged.states[n] = seen[n].clone();
            }
            (Kind::Value | Kind::Null | Kind::Absent, Kind::Unreadable) => {
                merged.unreadable.push(field);
            }
            (
                Kind::Value | Kind::Null | Kind::Absent | Kind::Unreadable,
                Kind::Value | Kind::Null | Kind::Absent,
            ) => {
                if known[n] != seen[n] {
                    merged.states[n] = seen[n].clone();
                    merged.changed.push(field);
                }
            }
        }
    }
    merged
}

fn state<'a, T>(
    field: &'a Field<T>,
    asked: bool,
    text: impl FnOnce(&'a T) -> Cow<'a, str>,
) -> State<'a> {
    State { kind: Kind::of(field, asked), text: field.value().map(text) }
}

fn words(field: &Field<String>, asked: bool) -> State<'_> {
    state(field, asked, |text| text.as_str().into())
}

fn bit(on: bool) -> Cow<'static, str> {
    Cow::Borrowed(if on { "1" } else { "0" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTION: usize = TRACKED - 1;

    fn asked() -> AskedFields {
        AskedFields::parse("id,caption,timestamp,children{id}")
    }

    fn with_caption(caption: Field<String>) -> Observation {
        Observation { caption, ..Observation::empty("1".parse().unwrap()) }
    }

    fn merge_captions(before: &Observation, after: &Observation) -> (Kind, usize, usize) {
        let known = observed(before, &asked(), Level::Post);
        let seen = observed(after, &asked(), Level::Post);
        let merged = merge(&known, &seen);
        (merged.states[CAPTION].kind, merged.changed.len(), merged.unreadable.len())
    }

    #[test]
    fn every_pair_of_facts_about_a_field_has_its_consequence() {
        let value = || with_caption(Field::Value("a".into()));
        let other = || with_caption(Field::Value("b".into()));
        let null = || with_caption(Field::Null);
        let absent = || with_caption(Field::Absent);
        let unreadable = || with_caption(Field::Unreadable);
        for (before, after, expected) in [
            (value(), value(), (Kind::Value, 0, 0)),
            (value(), other(), (Kind::Value, 1, 0)),
            (value(), null(), (Kind::Null, 1, 0)),
            (value(), absent(), (Kind::Absent, 1, 0)),
            (value(), unreadable(), (Kind::Value, 0, 1)),
            (null(), absent(), (Kind::Absent, 1, 0)),
            (null(), null(), (Kind::Null, 0, 0)),
            (null(), unreadable(), (Kind::Null, 0, 1)),
            (absent(), value(), (Kind::Value, 1, 0)),
            (absent(), absent(), (Kind::Absent, 0, 0)),
            (unreadable(), unreadable(), (Kind::Unreadable, 0, 0)),
            (unreadable(), value(), (Kind::Value, 1, 0)),
        ] {
            assert_eq!(merge_captions(&before, &after), expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_field_that_was_not_asked_for_says_nothing() {
        let value = with_caption(Field::Value("a".into()));
        let known = observed(&value, &asked(), Level::Post);
        let absent = with_caption(Field::Absent);
        let seen = observed(&absent, &AskedFields::parse("id"), Level::Post);
        assert_eq!(seen[CAPTION].kind, Kind::NotAsked);
        let merged = merge(&known, &seen);
        assert_eq!(merged.states, known);
        assert!(merged.changed.is_empty() && merged.unreadable.is_empty());
    }

    #[test]
    fn the_first_look_at_a_field_is_no_change() {
        let absent = with_caption(Field::Absent);
        let known = observed(&absent, &AskedFields::parse("id"), Level::Post);
        let value = with_caption(Field::Value("a".into()));
        let merged = merge(&known, &observed(&value, &asked(), Level::Post));
        assert_eq!(merged.states[CAPTION].text.as_deref(), Some("a"));
        assert!(merged.changed.is_empty());
    }

    #[test]
    fn letters_and_kinds_are_inverse_and_a_short_text_was_never_asked() {
        for kind in [Kind::Value, Kind::Null, Kind::Absent, Kind::Unreadable, Kind::NotAsked] {
            assert_eq!(Kind::from_letter(u8::try_from(kind.letter()).ok()), kind);
        }
        assert!(asks_more("vvvvvvvvvvv", &asked(), Level::Post));
        assert!(!asks_more("--v------a-a", &asked(), Level::Post));
        assert!(asks_more("--v------a--", &asked(), Level::Post));
        assert!(!asks_more("", &asked(), Level::Slide));
    }

    #[test]
    fn slides_are_listed_in_order() {
        let slides = ["2", "1"].map(|id| Observation::empty(id.parse().unwrap()));
        assert_eq!(id_list(&slides), r#"["2","1"]"#);
        assert_eq!(id_list(&[]), "[]");
    }
}
