//! The reader that `status`, `show` and the lists use.

use mediakeep::catalog::{
    CatalogReader, EventFilter, EventKind, EventPart, FailureNote, ItemFilter, Stage, WalkFilter,
};
use mediakeep::domain::{Edge, Field};

use crate::support::{Archive, FIELDS, album, at, bakery, held, picture, sealed, video};

fn filled() -> Archive {
    let archive = Archive::new();
    let items: Vec<_> = (101..=109)
        .rev()
        .map(|id| {
            let mut item = picture(&id.to_string());
            item.published_at =
                if id == 105 { Field::Absent } else { Field::Value(at(-1_000 + id * 10)) };
            sealed(item)
        })
        .chain([album("201", &["301", "302"]), video("202")])
        .collect();
    let queue = archive.walk(&items, 10).assets;
    let files = queue[..9]
        .iter()
        .map(|asset| {
            let path = format!("/v/t51/{}.jpg", asset.media_id);
            held(asset, asset.media_id.as_str().as_bytes(), &path)
        })
        .collect::<Vec<_>>();
    archive.write(move |w| w.record_held(&files, at(20)));
    archive
}

#[test]
fn posts_are_listed_newest_first_in_pages_without_gap_or_repetition() {
    let archive = filled();
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let mut filter = ItemFilter { limit: 4, ..ItemFilter::default() };
    let mut seen = Vec::new();
    for _ in 0..5 {
        let page = reader.items(&filter).unwrap();
        filter.after = page.last().map(|item| item.cursor.clone());
        seen.extend(page.into_iter().map(|item| item.media_id));
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["109", "108", "107", "106", "104", "103", "102", "101", "202", "201", "105"]);
}

#[test]
fn filters_narrow_the_list() {
    let archive = filled();
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let ids = |filter: ItemFilter| {
        let items = reader.items(&ItemFilter { limit: 100, ..filter }).unwrap();
        items.into_iter().map(|item| item.media_id).collect::<Vec<_>>()
    };
    let any = ItemFilter::default;
    assert_eq!(ids(ItemFilter { incomplete: true, ..any() }), ["202", "201"]);
    assert_eq!(
        ids(ItemFilter { published_since: Some(at(60)), published_until: Some(at(80)), ..any() }),
        ["107", "106"]
    );
    assert!(ids(ItemFilter { account: Some("cafe".to_owned()), ..any() }).is_empty());
    assert_eq!(ids(ItemFilter { account: Some("bakery".to_owned()), ..any() }).len(), 11);
    assert!(ids(ItemFilter { edge: Some(Edge::Stories), ..any() }).is_empty());
    assert!(ids(ItemFilter { state: Some("gone".to_owned()), ..any() }).is_empty());
}

#[test]
fn an_item_is_found_by_id_shortcode_and_address() {
    let archive = filled();
    let mut without_code = picture("109");
    without_code.shortcode = Field::Absent;
    archive.walk(&[sealed(without_code)], 30);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    for key in [
        "109",
        "S109",
        "https://www.instagram.com/p/S109/",
        "https://www.instagram.com/p/S109/?igsh=abc",
        "instagram.com/p/S109",
    ] {
        let found = reader.item(key).unwrap();
        assert_eq!(found.map(|detail| detail.item.media_id).as_deref(), Some("109"), "{key}");
    }
    for key in ["", "/", "s109", "999", "\"", "S109 OR S108", "*"] {
        assert!(reader.item(key).unwrap().is_none(), "{key}");
    }
}

#[test]
fn the_detail_of_an_album_has_its_slides_files_and_history() {
    let archive = filled();
    archive.walk(&[album("201", &["302"])], 30);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let album = reader.item("201").unwrap().unwrap();
    let slides: Vec<_> = album.children.iter().map(|s| (s.media_id.as_str(), s.position)).collect();
    assert_eq!(slides, [("302", Some(0)), ("301", None)]);
    assert_eq!((album.item.files_expected, album.files.len()), (2, 2));
    assert_eq!(album.changes.len(), 1);
    let kinds: Vec<_> = album.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["first_seen", "changed"]);
    assert!(album.raw_json.contains(r#""id":"201""#));

    let slide = reader.item("301").unwrap().unwrap().item;
    assert_eq!((slide.parent_id.as_deref(), slide.files_expected), (Some("201"), 1));
}

#[test]
fn status_counts_posts_files_and_failures() {
    let archive = filled();
    archive.write(|w| {
        let note = FailureNote {
            stage: Stage::Walk,
            subject: "recent".to_owned(),
            media_id: None,
            class: "retry".to_owned(),
            code: Some(2),
            subcode: None,
            http_status: Some(500),
            error: "service temporarily unavailable".to_owned(),
            next_try_at: None,
        };
        w.record_failure(&bakery(), &note, at(40))
    });
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let status = reader.status().unwrap();
    assert_eq!((status.archive_id.as_str(), status.schema), ("a1b2c3", 3));
    let totals = status.totals;
    assert_eq!((totals.posts, totals.items), (11, 13));
    assert_eq!((totals.files_held, totals.files_pending, totals.blobs), (9, 4, 9));
    assert_eq!((totals.blob_bytes, totals.failures), (27, 1));
    assert_eq!(reader.totals().unwrap(), totals);

    let account = &status.accounts[0];
    assert_eq!((account.account.as_str(), account.listed, account.held), ("bakery", 11, 9));
    assert_eq!((account.files_held, account.files_pending, account.files_failed), (9, 4, 0));
    assert_eq!(account.last_error.as_deref(), Some("service temporarily unavailable"));
    assert_eq!(account.last_complete_walk_at, Some(at(10)));
    assert_eq!(account.last_walk.as_ref().map(|walk| &*walk.outcome), Some("complete"));

    let failures = reader.failures(Some("bakery"), 10).unwrap();
    assert_eq!((failures.len(), failures[0].code), (1, Some(2)));
    assert!(reader.failures(Some("cafe"), 10).unwrap().is_empty());
}

#[test]
fn walks_and_events_are_paged() {
    let archive = Archive::new();
    for seconds in [10, 20, 30] {
        archive.walk(&[picture(&seconds.to_string())], seconds);
    }
    archive.begin(Edge::Stories, FIELDS, 40);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let ids = |filter: WalkFilter| {
        let walks = reader.walks(&WalkFilter { limit: 2, ..filter }).unwrap();
        walks.into_iter().map(|walk| walk.walk_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(WalkFilter::default()), [4, 3]);
    assert_eq!(ids(WalkFilter { before: Some(3), ..WalkFilter::default() }), [2, 1]);
    assert_eq!(ids(WalkFilter { incomplete: true, ..WalkFilter::default() }), [4]);
    assert_eq!(ids(WalkFilter { edge: Some(Edge::Media), ..WalkFilter::default() }), [3, 2]);
    let events = reader.events(Some("bakery"), 1, 10).unwrap();
    assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_reader_sees_what_was_written_after_it_was_opened_and_cannot_write() {
    let archive = Archive::new();
    let reader = CatalogReader::open(&archive.path()).unwrap();
    assert_eq!(reader.totals().unwrap().posts, 0);
    archive.walk(&[picture("101")], 10);
    assert_eq!(reader.totals().unwrap().posts, 1);
}

#[test]
fn events_come_a_page_at_a_time_with_the_names_of_their_items() {
    let archive = filled();
    let mut edited = album("201", &["301", "302"]);
    edited.caption = Field::Value("edited".to_owned());
    archive.walk(&[sealed(edited)], 50);
    let reader = CatalogReader::open(&archive.path()).unwrap();
    let everything = EventFilter { limit: usize::MAX, ..EventFilter::default() };
    let all = reader.named_events(&everything).unwrap();
    assert!(all.len() > 6 && all.is_sorted_by_key(|event| event.event.id), "{all:?}");
    let mut paged = Vec::new();
    let mut part = EventPart::After(0);
    loop {
        let filter = EventFilter { part, limit: 5, ..EventFilter::default() };
        let page = reader.named_events(&filter).unwrap();
        let Some(last) = page.last() else { break };
        part = EventPart::After(last.event.id);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let newest = EventFilter { limit: 2, ..EventFilter::default() };
    assert_eq!(reader.named_events(&newest).unwrap(), all[all.len() - 2..]);
    let changed = EventFilter { kinds: vec![EventKind::Changed], ..everything.clone() };
    let changed = reader.named_events(&changed).unwrap();
    let kinds: Vec<_> = changed.iter().map(|event| event.event.kind.as_str()).collect();
    assert_eq!(kinds, ["changed"]);
    let album = reader.key_of("201").unwrap();
    let of_album = reader.named_events(&EventFilter { item: album, ..everything }).unwrap();
    let names: Vec<_> = of_album.iter().map(|event| event.shortcode.as_deref()).collect();
    assert_eq!(names, [Some("S201"), Some("S201")]);
    assert_eq!(reader.key_of("nothing").unwrap(), None);
}
