use serde_json::{Value, json};

use super::super::body::{Secrets, readable};
use super::super::json::open;
use super::super::page::Page;
use super::*;
use crate::domain::Edge;

fn page(json: &str) -> String {
    let body = readable(json.as_bytes(), &Secrets::none());
    Page::read(Edge::Media, &open(&body).unwrap()).unwrap().1
}

#[test]
fn a_page_is_kept_item_by_item_in_the_order_received() {
    let text = page(
        r#"{ "data": [
            {"id": "1", "media_url": "https:\/\/h.cdninstagram.com\/v.jpg?oh=00_Af", "like_count": 3,
             "children": {"data": [{"id": "11", "media_url": "https://h/x"}, {"id": "12"}],
                          "paging": {"cursors": {"after": "C"}}}, "caption": "a\nb"},
            {"broken": true},
            {"id": "2", "children": null}],
          "paging": {"cursors": {"before": "B", "after": "A"}, "next": "https://h/?access_token=T"},
          "extra": {"n": 1, "access_token": "T"} }"#,
    );
    assert_eq!(
        text,
        r#"{"data":[{"id":"1","media_url":true,"caption":"a\nb","children":{"data":[{"id":"11","media_url":true},{"id":"12"}]}},{"broken":true},{"id":"2","children":null}],"extra":{"n":1,"access_token":"[redacted]"},"paging":{"next":true}}"#
    );
}

#[test]
fn the_last_page_of_a_list_is_known_by_what_it_lacks() {
    for (paging, kept) in [
        (r#","paging":{"cursors":{"after":"A"}}"#, r#"{"data":[]}"#),
        (r#","paging":{"next":null}"#, r#"{"data":[]}"#),
        ("", r#"{"data":[]}"#),
        (r#","paging":{"next":"https://h/?after=A"}"#, r#"{"data":[],"paging":{"next":true}}"#),
    ] {
        assert_eq!(page(&format!(r#"{{"data":[]{paging}}}"#)), kept);
    }
}

#[test]
fn slides_that_nobody_could_read_stand_where_they_were() {
    let text = page(r#"{"data":[{"id":"1","children":{"data":[{"id":"11"},{"x":1}]},"z":1}]}"#);
    assert_eq!(text, r#"{"data":[{"id":"1","children":{"data":[{"id":"11"},{"x":1}]},"z":1}]}"#);
    let text = page(r#"{"data":[{"id":"1","children":"odd"}]}"#);
    assert_eq!(text, r#"{"data":[{"id":"1","children":"odd"}]}"#);
}

#[test]
fn an_item_too_long_to_be_kept_whole_leaves_the_page_well_formed() {
    let long = format!(r#"{{"data":[{{"x":"{}"}},{{"id":"2"}}]}}"#, "y".repeat(100_000));
    let text: Value = serde_json::from_str(&page(&long)).unwrap();
    let data = text["data"].as_array().unwrap();
    assert!(data[0].as_str().unwrap().starts_with(r#"{"x":"yyy"#));
    assert_eq!(data[1], json!({"id": "2"}));
}

#[test]
fn the_same_page_read_again_is_the_same_text() {
    let read = |signature: &str, likes: u32| {
        page(&format!(
            r#"{{"data":[{{"id":"1","media_url":"https://{signature}.fbcdn.net/a?oh={signature}","like_count":{likes},"children":{{"data":[{{"id":"11","thumbnail_url":"https://h/{signature}"}}]}}}}],"paging":{{"cursors":{{"after":"{signature}"}},"next":"{signature}"}}}}"#
        ))
    };
    assert_eq!(read("a1", 1), read("b2", 2));
    assert_ne!(read("a1", 1), read("a1", 1).replace("\"11\"", "\"12\""));
}

#[test]
fn a_refusal_keeps_its_numbers_and_loses_anything_like_a_token() {
    let text = refusal(
        r#"{ "error": {"message": "Malformed access token EAAanothersCANARYtoken1\nEAAanothersCANARYtoken2 of user", "code": 190,
             "error_subcode": 33, "fbtrace_id": "Asynthetic02"} }"#,
    );
    assert_eq!(
        text,
        r#"{"error":{"message":"Malformed access token [redacted]\n[redacted] of user","code":190,"error_subcode":33,"fbtrace_id":"Asynthetic02"}}"#
    );
}

#[test]
fn a_kept_answer_does_not_print_its_text() {
    let kept = Kept { request: "GET /x?fields=id".into(), status: 400, text: "words".into() };
    assert_eq!(format!("{kept:?}"), "Kept(status 400, 5 bytes)");
}
