//! The life of an item: events, changes and kept files in the order of time.

use crate::catalog::{ChangeRow, EventRow, FileRow, ItemDetail, ItemRow};
use crate::domain::Timestamp;

use super::flow::Told;
use super::paint::Tone;
use super::story;
use super::table::Cell;
use super::text::plain;
use super::units::{bytes, counted};

/// The moments of an item's life, one row each; what a field was and became stands below.
pub(crate) fn timeline(detail: &ItemDetail) -> Vec<Told> {
    let mut moments: Vec<Moment> = Vec::new();
    moments.extend(published(&detail.item));
    moments.extend(detail.events.iter().map(|event| happened(event, detail)));
    moments.extend(changes_alone(detail));
    moments.extend(detail.files.iter().filter_map(kept));
    moments.sort_by_key(|moment| (moment.at, moment.rank));
    together(moments).into_iter().flat_map(Moment::told).collect()
}

/// Something at a time.
#[derive(Debug)]
struct Moment {
    at: Timestamp,
    /// The order of things that happened in the same second.
    rank: u8,
    what: What,
    below: Vec<String>,
}

#[derive(Debug)]
enum What {
    Sentence(String, Tone),
    Kept { files: u64, bytes: u64 },
}

fn published(item: &ItemRow) -> Option<Moment> {
    let at = item.published_at?;
    let what = What::Sentence("published".to_owned(), Tone::Normal);
    Some(Moment { at, rank: 0, what, below: Vec::new() })
}

fn happened(event: &EventRow, detail: &ItemDetail) -> Moment {
    let story = story::sentence(event);
    let text = format!("{}{}", slide(event.media_id.as_deref(), detail), story.text);
    let changes: Vec<&ChangeRow> = match event.kind.as_str() {
        "changed" => detail.changes.iter().filter(|change| belongs(change, event)).collect(),
        _ => Vec::new(),
    };
    Moment {
        at: event.at,
        rank: 1,
        what: What::Sentence(text, story.tone),
        below: changes.into_iter().flat_map(sides).collect(),
    }
}

/// Changes that no event tells of.
fn changes_alone(detail: &ItemDetail) -> impl Iterator<Item = Moment> {
    let is_told = |change: &ChangeRow| {
        let mut events = detail.events.iter().filter(|event| event.kind == "changed");
        events.any(|event| belongs(change, event))
    };
    detail.changes.iter().filter(move |change| !is_told(change)).map(|change| {
        let name = story::field(&change.field);
        let text = format!("{}{} changed", slide(Some(&change.media_id), detail), plain(&name));
        Moment {
            at: change.seen_at,
            rank: 1,
            what: What::Sentence(text, Tone::Normal),
            below: sides(change),
        }
    })
}

fn belongs(change: &ChangeRow, event: &EventRow) -> bool {
    change.seen_at == event.at && Some(&change.media_id) == event.media_id.as_ref()
}

fn sides(change: &ChangeRow) -> Vec<String> {
    let side = |kind: &str, value: Option<&str>| match value {
        Some(value) => plain(value),
        None => format!("({})", plain(kind)),
    };
    vec![
        format!("- {}", side(&change.old_kind, change.old.as_deref())),
        format!("+ {}", side(&change.new_kind, change.new.as_deref())),
    ]
}

/// Which slide of the album it is about; nothing for the item itself.
fn slide(media_id: Option<&str>, detail: &ItemDetail) -> String {
    let child = detail.children.iter().find(|child| Some(child.media_id.as_str()) == media_id);
    match child.map(|child| (child.position, &child.media_id)) {
        Some((Some(position), _)) => format!("slide {position}: "),
        Some((None, media_id)) => format!("former slide {}: ", plain(media_id)),
        None => String::new(),
    }
}

fn kept(file: &FileRow) -> Option<Moment> {
    let size = file.size_bytes.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    let what = What::Kept { files: 1, bytes: size };
    Some(Moment { at: file.held_at?, rank: 2, what, below: Vec::new() })
}

/// Files that were kept with nothing else in between are one moment.
fn together(moments: Vec<Moment>) -> Vec<Moment> {
    let mut joined: Vec<Moment> = Vec::with_capacity(moments.len());
    for moment in moments {
        match (joined.last_mut().map(|last| &mut last.what), &moment.what) {
            (Some(What::Kept { files, bytes }), What::Kept { files: more, bytes: size }) => {
                *files += more;
                *bytes += size;
            }
            (Some(_) | None, _) => joined.push(moment),
        }
    }
    joined
}

impl Moment {
    fn told(self) -> Vec<Told> {
        let (text, tone) = match self.what {
            What::Sentence(text, tone) => (text, tone),
            What::Kept { files, bytes: size } => {
                (format!("{} kept ({})", counted(files, "file"), bytes(size)), Tone::Good)
            }
        };
        let row = |at: String, text: String, tone| Told {
            cells: vec![Cell::from(at)],
            sentence: Cell::toned(text, tone),
        };
        let below = self.below.into_iter().map(|line| row(String::new(), line, Tone::Normal));
        std::iter::once(row(self.at.to_string(), text, tone)).chain(below).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ItemCursor;

    fn item(media_id: &str, position: Option<i64>) -> ItemRow {
        ItemRow {
            cursor: ItemCursor::default(),
            media_id: media_id.to_owned(),
            account: "bakery".to_owned(),
            edge: "media".to_owned(),
            parent_id: None,
            position,
            shortcode: None,
            permalink: None,
            media_type: None,
            media_product_type: None,
            caption: None,
            alt_text: None,
            published_at: Some(at(0)),
            like_count: None,
            comments_count: None,
            child_count: 0,
            files_expected: 0,
            files_held: 0,
            state: "present".to_owned(),
            first_seen_at: at(0),
            last_seen_at: at(0),
            disappeared_at: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds).unwrap()
    }

    fn event(media_id: &str, kind: &str, seconds: i64) -> EventRow {
        EventRow {
            id: 1,
            at: at(seconds),
            account: "bakery".to_owned(),
            media_id: Some(media_id.to_owned()),
            kind: kind.to_owned(),
            role: None,
            walk_id: None,
            detail: r#"{"fields":["caption"]}"#.to_owned(),
            digest: String::new(),
            previous_digest: String::new(),
        }
    }

    fn file(seconds: i64) -> FileRow {
        FileRow {
            media_id: "1".to_owned(),
            parent_id: None,
            position: None,
            role: "media".to_owned(),
            version: Some(1),
            state: "held".to_owned(),
            sha256: None,
            path: None,
            size_bytes: Some(1024),
            mime_type: None,
            width: None,
            height: None,
            duration_ms: None,
            held_at: (seconds > 0).then(|| at(seconds)),
            verified_at: None,
            last_error: None,
        }
    }

    fn change(media_id: &str, seconds: i64) -> ChangeRow {
        ChangeRow {
            media_id: media_id.to_owned(),
            account: "bakery".to_owned(),
            field: "caption".to_owned(),
            old_kind: "null".to_owned(),
            old: None,
            new_kind: "value".to_owned(),
            new: Some("new".to_owned()),
            previous_seen_at: at(0),
            seen_at: at(seconds),
        }
    }

    #[test]
    fn a_life_joins_what_belongs_together_and_names_slides() {
        let detail = ItemDetail {
            item: item("1", None),
            children: vec![item("2", Some(0)), item("3", None)],
            files: vec![file(12), file(0), file(11), file(40)],
            changes: vec![change("1", 30), change("2", 30), change("3", 50)],
            events: vec![
                event("1", "first_seen", 10),
                event("1", "changed", 30),
                event("2", "changed", 30),
                event("3", "repaired", 60),
            ],
            raw_json: String::new(),
        };
        let told: Vec<String> =
            timeline(&detail).into_iter().map(|told| told.sentence.text).collect();
        assert_eq!(
            told,
            [
                "published",
                "seen for the first time",
                "2 files kept (2.0 KiB)",
                "caption changed",
                "- (null)",
                "+ new",
                "slide 0: caption changed",
                "- (null)",
                "+ new",
                "1 file kept (1.0 KiB)",
                "former slide 3: caption changed",
                "- (null)",
                "+ new",
                "former slide 3: its file is intact again",
            ]
        );
    }
}
