use super::*;
use crate::domain::Timestamp;

fn read_one(json: &str) -> (Result<Observation, UnreadableItem>, Vec<UnreadableItem>) {
    let mut unreadable = Vec::new();
    let item = read_item(serde_json::from_str(json).unwrap(), &mut unreadable);
    (item, unreadable)
}

fn readable(json: &str) -> Observation {
    let (item, unreadable) = read_one(json);
    assert_eq!(unreadable, []);
    item.unwrap()
}

#[test]
fn every_field_of_a_full_answer_is_read() {
    let reel = readable(
        r#"{"id":"18000000000000003","caption":"Tide tables \ud83c\udf0a\n\u0023harbor","media_type":"VIDEO",
        "media_product_type":"REELS","media_url":"https:\/\/scontent.cdninstagram.com\/o1\/v.mp4?efg=e&oh=00_Af&oe=6AB66240",
        "thumbnail_url":"https:\/\/scontent.cdninstagram.com\/v\/t.jpg?oe=6ABA5FC0","permalink":"https:\/\/www.instagram.com\/reel\/DNZ\/",
        "shortcode":"DNZ","timestamp":"2026-09-24T10:00:05+0000","username":"harbor.lantern","owner":{"id":"17841400000000111"},
        "like_count":12,"comments_count":3,"is_comment_enabled":true,"is_shared_to_feed":false,"alt_text":"A table","novelty":[1,{"a":2}]}"#,
    );
    assert_eq!(reel.id.as_str(), "18000000000000003");
    assert_eq!(reel.caption, Field::Value("Tide tables 🌊\n#harbor".to_owned()));
    assert_eq!(reel.media_type, Field::Value(MediaType::Video));
    assert_eq!(reel.media_product_type, Field::Value("REELS".to_owned()));
    let link = reel.media_url.value().unwrap();
    assert!(link.expose().ends_with("/o1/v.mp4?efg=e&oh=00_Af&oe=6AB66240"));
    assert_eq!(reel.thumbnail_url.value().unwrap().path(), "/v/t.jpg");
    assert_eq!(reel.permalink, Field::Value("https://www.instagram.com/reel/DNZ/".to_owned()));
    assert_eq!(reel.shortcode, Field::Value("DNZ".to_owned()));
    assert_eq!(
        reel.published_at.value().map(Timestamp::to_string).unwrap(),
        "2026-09-24T10:00:05Z"
    );
    assert_eq!(reel.username, Field::Value("harbor.lantern".to_owned()));
    assert_eq!(reel.owner_id, Field::Value("17841400000000111".to_owned()));
    assert_eq!((reel.like_count, reel.comments_count), (Field::Value(12), Field::Value(3)));
    assert_eq!(reel.is_comment_enabled, Field::Value(true));
    assert_eq!(reel.is_shared_to_feed, Field::Value(false));
    assert_eq!(reel.alt_text, Field::Value("A table".to_owned()));
    assert_eq!(reel.children, Field::Absent);
    assert!(reel.raw.contains(r#""novelty":[1,{"a":2}]"#), "{}", reel.raw);
}

#[test]
fn absent_null_value_and_nonsense_are_four_things() {
    let absent = readable(r#"{"id":"1"}"#);
    assert_eq!(
        absent,
        Observation { raw: r#"{"id":"1"}"#.to_owned(), ..Observation::empty(absent.id.clone()) }
    );
    for (value, caption, likes, enabled, link) in [
        ("null", Field::Null, Field::Null, Field::Null, Field::Null),
        (r#""7""#, Field::Value("7"), Field::Value(7), Field::Unreadable, Field::Value("7")),
        ("1", Field::Value("1"), Field::Value(1), Field::Value(true), Field::Unreadable),
        (r#""""#, Field::Value(""), Field::Unreadable, Field::Unreadable, Field::Unreadable),
        ("{}", Field::Unreadable, Field::Unreadable, Field::Unreadable, Field::Unreadable),
        ("[1]", Field::Unreadable, Field::Unreadable, Field::Unreadable, Field::Unreadable),
        ("true", Field::Unreadable, Field::Unreadable, Field::Value(true), Field::Unreadable),
    ] {
        let item = readable(&format!(
            r#"{{"id":"1","caption":{value},"like_count":{value},"is_comment_enabled":{value},"media_url":{value}}}"#
        ));
        assert_eq!(item.caption, caption.map(str::to_owned), "{value}");
        assert_eq!(item.like_count, likes, "{value}");
        assert_eq!(item.is_comment_enabled, enabled, "{value}");
        assert_eq!(item.media_url, link.map(Link::new), "{value}");
    }
}

#[test]
fn odd_but_clear_spellings_are_understood() {
    let item = readable(
        r#"{"id":18000000000000003,"owner":"17","timestamp":" 2026-05-07T15:00:34.5+02:00 "}"#,
    );
    assert_eq!(item.id.as_str(), "18000000000000003");
    assert_eq!(item.owner_id, Field::Value("17".to_owned()));
    assert_eq!(
        item.published_at.value().map(Timestamp::to_string).unwrap(),
        "2026-05-07T13:00:34Z"
    );
    let item = readable(r#"{"id":"1","owner":{"username":"x"},"timestamp":"yesterday"}"#);
    assert_eq!(item.owner_id, Field::Unreadable);
    assert_eq!(item.published_at, Field::Unreadable);
    let twice = readable(r#"{"id":"1","caption":"a","caption":"b"}"#);
    assert_eq!(twice.caption, Field::Value("b".to_owned()));
}

#[test]
fn slides_come_in_order_and_leave_the_raw_item() {
    for wrapped in [r#"{"data":[{"id":"2"},{"id":"3"}]}"#, r#"[{"id":"2"},{"id":"3"}]"#] {
        let album = readable(&format!(r#"{{"children":{wrapped},"id":"1"}}"#));
        let slides = album.children.value().unwrap();
        assert_eq!(slides.iter().map(|slide| slide.id.as_str()).collect::<Vec<_>>(), ["2", "3"]);
        assert_eq!(slides[0].raw, r#"{"id":"2"}"#);
        assert_eq!(album.raw, r#"{"id":"1"}"#);
    }
    assert_eq!(readable(r#"{"id":"1","children":null}"#).children, Field::Null);
    assert_eq!(readable(r#"{"id":"1","children":{"data":[]}}"#).children, Field::Value(vec![]));
}

#[test]
fn a_broken_slide_costs_only_itself_and_its_text_is_kept() {
    let (album, unreadable) =
        read_one(r#"{"id":"1","children":{"data":[{"id":"2"},{"id":"../3"},null,{"id":"4"}]}}"#);
    let album = album.unwrap();
    let slides = album.children.value().unwrap();
    assert_eq!(slides.iter().map(|slide| slide.id.as_str()).collect::<Vec<_>>(), ["2", "4"]);
    let reasons: Vec<_> = unreadable.iter().map(|slide| slide.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["slide 2 of item 1: its id cannot be an id", "slide 3 of item 1: it is no object"]
    );
    assert_eq!(unreadable[0].raw, r#"{"id":"../3"}"#);
    assert!(album.raw.contains("../3"), "{}", album.raw);
    for children in [r#"{"data":7}"#, "{}", "true", r#""x""#] {
        let album = readable(&format!(r#"{{"id":"1","children":{children}}}"#));
        assert_eq!(album.children, Field::Unreadable, "{children}");
        assert!(album.raw.contains("children"), "{}", album.raw);
    }
}

#[test]
fn what_is_no_item_is_described_without_its_secrets() {
    let deep = format!(r#"{{"id":"1","x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    for (json, reason) in [
        ("null", "it is no object"),
        (r#""text""#, "it is no object"),
        ("[]", "it is no object"),
        (r#"{"caption":"x"}"#, "it has no id"),
        (r#"{"id":null}"#, "its id is no text"),
        (r#"{"id":{}}"#, "its id is no text"),
        (r#"{"id":""}"#, "its id cannot be an id"),
        (r#"{"id":"a b"}"#, "its id cannot be an id"),
        (deep.as_str(), "it is nested too deeply"),
    ] {
        let (item, _) = read_one(json);
        assert_eq!(item.unwrap_err().reason, reason, "{json}");
    }
    let (item, _) = read_one(r#"{"media_url":"https://h/?oh=CANARY","access_token":"CANARY"}"#);
    assert!(!item.unwrap_err().raw.contains("CANARY"));
    let long = format!(r#"{{"x":"{}"}}"#, "é".repeat(100_000));
    let raw = read_one(&long).0.unwrap_err().raw;
    assert!(raw.len() <= 64 * 1024 && raw.len() > 64 * 1024 - 4);
}

#[test]
fn a_credential_in_a_field_of_text_is_taken_out() {
    let item = readable(
        r#"{"id":"1","caption":"look: https://graph.instagram.com/me?access_token=CANARY","username":"x"}"#,
    );
    assert_eq!(item.caption, Field::Value("look: https://graph.instagram.com/me".to_owned()));
    assert!(!item.raw.contains("CANARY"));
}
