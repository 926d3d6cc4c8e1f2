//! Which fields of an item have a history, and what counts as a change.

use std::borrow::Cow;

use super::asked::{AskedFields, Level};
use crate::domain::better::{Decision, Doubt, Judged};
use crate::domain::{Field, Observation};

pub(super) use crate::domain::tracked::{Kind, Standing, State, States, TRACKED, Tracked};

/// The name in a request.
fn asked_as(field: Tracked) -> &'static str {
    match field {
        Tracked::PublishedAt => "timestamp",
        Tracked::MediaType
        | Tracked::MediaProductType
        | Tracked::Shortcode
        | Tracked::Permalink
        | Tracked::Username
        | Tracked::Owner
        | Tracked::IsCommentEnabled
        | Tracked::IsSharedToFeed
        | Tracked::Children
        | Tracked::AltText
        | Tracked::Caption => field.name(),
    }
}

/// The letters of all fields, for `item.kinds`.
pub(super) fn letters(states: &States<'_>) -> String {
    states.iter().map(|state| state.standing.letter()).collect()
}

/// How the fields stand, by their letters.
pub(super) fn standings(kinds: &str) -> impl Iterator<Item = Standing> + '_ {
    (0..TRACKED).map(|n| Standing::from_letter(kinds.as_bytes().get(n).copied()))
}

/// Whether a field stands as never asked for which was asked for now: only then can an item whose
/// text is the same still have something to record.
pub(super) fn asks_more(kinds: &str, asked: &AskedFields, level: Level) -> bool {
    Tracked::ALL.into_iter().zip(standings(kinds)).any(|(field, standing)| {
        standing == Standing::Said(Kind::NotAsked) && asked.has(level, asked_as(field))
    })
}

/// What one answer showed of an item.
pub(super) fn observed<'a>(item: &'a Observation, asked: &AskedFields, level: Level) -> States<'a> {
    Tracked::ALL.map(|field| {
        let asked = asked.has(level, asked_as(field));
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
    list.push_str(if list.is_empty() { NO_SLIDES } else { "]" });
    list
}

/// The list of slides as one answer showed it.
fn slides(item: &Observation, asked: &AskedFields, level: Level) -> (Kind, Option<String>) {
    let kind = Kind::of(&item.children, asked.has(level, asked_as(Tracked::Children)));
    (kind, item.children.value().map(|slides| id_list(slides)))
}

/// Whether the list of slides of an answer is worth a look: it is no part of the item's text. A
/// list that is kept although answers lack it is nothing new.
pub(super) fn has_other_slides(
    item: &Observation,
    asked: &AskedFields,
    level: Level,
    kinds: &str,
    known: Option<&str>,
) -> bool {
    let (kind, list) = slides(item, asked, level);
    let place = Tracked::ALL.iter().position(|field| *field == Tracked::Children);
    let standing = place.and_then(|n| standings(kinds).nth(n)).unwrap_or_default();
    match kind {
        Kind::NotAsked => false,
        Kind::Unreadable => standing == Standing::Said(Kind::NotAsked),
        Kind::Value | Kind::Null | Kind::Absent => match standing {
            Standing::Kept(_) => list.is_some_and(|list| list != NO_SLIDES),
            Standing::Said(known_kind) => kind != known_kind || list.as_deref() != known,
        },
    }
}

const NO_SLIDES: &str = "[]";

/// What follows from an answer about an item that was known before.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    /// The fields as they stand from now on.
    pub(super) states: States<'a>,
    /// Fields with something else than before.
    pub(super) changed: Vec<Tracked>,
    /// Fields whose difference is not settled: what was known stays for now.
    pub(super) doubtful: Vec<(Tracked, Doubt)>,
    /// Fields that could be read before and not now: what was known stays.
    pub(super) unreadable: Vec<Tracked>,
}

/// Takes from an answer what is believed of it.
pub(super) fn merge<'a>(known: &States<'a>, seen: &States<'a>, judged: &Judged) -> Merged<'a> {
    let mut merged = Merged {
        states: known.clone(),
        changed: Vec::new(),
        doubtful: Vec::new(),
        unreadable: Vec::new(),
    };
    for (n, field) in Tracked::ALL.into_iter().enumerate() {
        match judged.decisions[n] {
            Decision::Keep => {}
            Decision::Take => merged.states[n] = seen[n].clone(),
            Decision::Change => {
                merged.states[n] = seen[n].clone();
                merged.changed.push(field);
            }
            Decision::Doubt(doubt) => merged.doubtful.push((field, doubt)),
            Decision::Unreadable => merged.unreadable.push(field),
        }
    }
    merged
}

fn state<'a, T>(
    field: &'a Field<T>,
    asked: bool,
    text: impl FnOnce(&'a T) -> Cow<'a, str>,
) -> State<'a> {
    let standing = Standing::Said(Kind::of(field, asked));
    State { standing, text: field.value().map(text) }
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

    fn asked() -> AskedFields {
        AskedFields::parse("id,caption,timestamp,children{id}")
    }

    fn album(children: Field<Vec<Observation>>) -> Observation {
        Observation { children, ..Observation::empty("1".parse().unwrap()) }
    }

    fn slides_of(ids: &[&str]) -> Field<Vec<Observation>> {
        Field::Value(ids.iter().map(|id| Observation::empty(id.parse().unwrap())).collect())
    }

    #[test]
    fn a_field_that_was_not_asked_for_is_told_from_one_that_is_absent() {
        let item = Observation::empty("1".parse().unwrap());
        let seen = observed(&item, &asked(), Level::Post);
        assert_eq!(letters(&seen), "--a------a-a");
        assert!(asks_more("vvvvvvvvvvv", &asked(), Level::Post));
        assert!(!asks_more("--v------a-a", &asked(), Level::Post));
        assert!(!asks_more("--w------o-s", &asked(), Level::Post));
        assert!(asks_more("--v------a--", &asked(), Level::Post));
        assert!(!asks_more("", &asked(), Level::Slide));
    }

    #[test]
    fn a_list_of_slides_is_worth_a_look_when_it_is_another_one() {
        const KNOWN: &str = r#"["2","3"]"#;
        let same = slides_of(&["2", "3"]);
        for (children, letter, expected) in [
            (same.clone(), 'v', false),
            (slides_of(&["3", "2"]), 'v', true),
            (slides_of(&[]), 'v', true),
            (Field::Absent, 'v', true),
            (Field::Null, 'v', true),
            (Field::Unreadable, 'v', false),
            (Field::Unreadable, '-', true),
            (Field::Absent, 'a', false),
            (Field::Null, 'a', true),
            (Field::Absent, 'w', false),
            (Field::Absent, 'o', false),
            (slides_of(&[]), 'o', false),
            (same.clone(), 'o', true),
            (same, 'w', true),
        ] {
            let kinds = format!("vvvvvvvvv{letter}vv");
            let known = "vwo".contains(letter).then_some(KNOWN);
            let item = album(children);
            let other = has_other_slides(&item, &asked(), Level::Post, &kinds, known);
            assert_eq!(other, expected, "{letter} {:?}", item.children);
            let silent = AskedFields::parse("id");
            let item = album(Field::Absent);
            assert!(!has_other_slides(&item, &silent, Level::Post, &kinds, known));
        }
    }

    #[test]
    fn slides_are_listed_in_order() {
        assert_eq!(id_list(slides_of(&["2", "1"]).value().unwrap()), r#"["2","1"]"#);
        assert_eq!(id_list(&[]), "[]");
    }
}
