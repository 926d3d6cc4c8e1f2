use super::*;

fn page(edge: Edge, data: &str, paging: &str) -> Result<Page, NoPage> {
    Page::from_body(edge, format!(r#"{{"data":{data}{paging}}}"#).as_bytes())
}

fn next(edge: Edge, data: &str, paging: &str) -> Option<String> {
    page(edge, data, paging).unwrap().next.map(|cursor| cursor.as_str().to_owned())
}

const ONE: &str = r#"[{"id":"1"}]"#;
const NEXT: &str = r#""next":"https:\/\/graph.instagram.com\/v26.0\/1\/media?fields=id,caption&access_token=T&limit=2&after=FROM%2BURL""#;

#[test]
fn a_list_with_next_goes_on_and_one_without_has_ended() {
    let cursors = r#""cursors":{"before":"B","after":"A"}"#;
    for (situation, data, paging, expected) in [
        ("first of many", ONE, format!(r#","paging":{{{cursors},{NEXT}}}"#), Some("A")),
        ("middle", ONE, format!(r#","paging":{{{cursors},{NEXT},"previous":"x"}}"#), Some("A")),
        ("last", ONE, format!(r#","paging":{{{cursors},"previous":"x"}}"#), None),
        ("only", ONE, format!(r#","paging":{{{cursors}}}"#), None),
        ("empty, no paging", "[]", String::new(), None),
        ("empty, empty paging", "[]", r#","paging":{}"#.to_owned(), None),
        ("empty, paging as a list", "[]", r#","paging":[]"#.to_owned(), None),
        ("null paging", ONE, r#","paging":null"#.to_owned(), None),
        ("hidden content", "[]", format!(r#","paging":{{{cursors}}}"#), None),
        ("empty but going on", "[]", format!(r#","paging":{{{cursors},{NEXT}}}"#), Some("A")),
        ("no before", ONE, format!(r#","paging":{{"cursors":{{"after":"A"}},{NEXT}}}"#), Some("A")),
        ("no cursors", ONE, format!(r#","paging":{{{NEXT}}}"#), Some("FROM+URL")),
        ("odd cursors", ONE, format!(r#","paging":{{"cursors":[],{NEXT}}}"#), Some("FROM+URL")),
        ("null next", ONE, format!(r#","paging":{{{cursors},"next":null}}"#), None),
        ("only before", ONE, r#","paging":{"cursors":{"before":"B"}}"#.to_owned(), None),
    ] {
        for edge in [Edge::Media, Edge::Stories] {
            assert_eq!(next(edge, data, &paging).as_deref(), expected, "{edge}: {situation}");
        }
    }
}

#[test]
fn tags_go_on_while_there_is_a_cursor_and_something_on_the_page() {
    let cursors = r#","paging":{"cursors":{"before":"B","after":"A"}}"#;
    assert_eq!(next(Edge::Tags, ONE, cursors).as_deref(), Some("A"));
    assert_eq!(next(Edge::Tags, "[7]", cursors).as_deref(), Some("A"));
    assert_eq!(next(Edge::Tags, "[]", cursors), None);
    assert_eq!(next(Edge::Tags, ONE, r#","paging":{"cursors":{"before":"B"}}"#), None);
    assert_eq!(next(Edge::Tags, ONE, ""), None);
    assert_eq!(
        next(Edge::Tags, "[]", &format!(r#","paging":{{{NEXT}}}"#)).as_deref(),
        Some("FROM+URL")
    );
}

#[test]
fn a_next_page_without_a_place_is_no_end_of_the_list() {
    for paging in [
        r#","paging":{"next":"https://h/?limit=1"}"#,
        r#","paging":{"next":"nonsense"}"#,
        r#","paging":{"next":true}"#,
        r#","paging":{"cursors":{"after":""},"next":"https://h/?after="}"#,
    ] {
        assert_eq!(page(Edge::Media, ONE, paging), Err(NoPage::NoCursor), "{paging}");
    }
    let endless =
        format!(r#","paging":{{"cursors":{{"after":"{}"}},"next":"x"}}"#, "A".repeat(4096));
    assert_eq!(page(Edge::Media, ONE, &endless), Err(NoPage::NoCursor));
}

#[test]
fn one_odd_entry_never_costs_the_page() {
    let data =
        r#"[{"id":"1"},null,"x",{"id":"2","caption":{"odd":1}},{"caption":"c"},[],{"id":"3"}]"#;
    let page = page(Edge::Media, data, "").unwrap();
    let ids: Vec<_> = page.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(page.unreadable.len(), 4);
    assert_eq!(page.unreadable[2].raw, r#"{"caption":"c"}"#);
}

#[test]
fn what_holds_no_list_is_no_page() {
    for (body, fault) in [
        ("", NoPage::NoObject),
        ("[]", NoPage::NoObject),
        ("{}", NoPage::NoList),
        (r#"{"data":null}"#, NoPage::NoList),
        (r#"{"data":{}}"#, NoPage::NoList),
        (r#"{"id":"1"}"#, NoPage::NoList),
        (r#"{"data":[{"id":"1"}"#, NoPage::NoObject),
    ] {
        assert_eq!(Page::from_body(Edge::Media, body.as_bytes()), Err(fault), "{body}");
    }
}
