use proptest::prelude::*;

use super::*;

fn cleaned(json: &str) -> String {
    let mut out = String::new();
    let value = serde_json::from_str(json).unwrap();
    let depth = match json::members(value) {
        Some(members) => clean_item(&members, Children::LeaveOut, &mut out),
        None => clean(value, &mut out),
    };
    assert_eq!(depth, Depth::Whole);
    out
}

#[test]
fn what_changes_at_every_read_is_not_kept() {
    let read = |host: &str, signature: &str, count: u32| {
        format!(
            r#"{{ "id": "1", "media_url": "https:\/\/{host}.cdninstagram.com\/v\/{count}.mp4?oh={signature}",
               "thumbnail_url": "https://{host}/t.jpg?oe={signature}", "like_count": {count},
               "caption": "a \u00e9 \ud83c\udf0a \"q\"",
               "profile_picture_url": "https://{host}.fbcdn.net/v/p.jpg?_nc_rid={signature}",
               "comments_count": {count}, "children": {{"data": [{{"id": "{count}"}}]}},
               "permalink": "https:\/\/www.instagram.com\/p\/DNZ\/", "ratio": 1.50,
               "comments": {{"data": [{{"text": "x", "like_count": {count}}}], "paging": {{"next": "{signature}"}}}} }}"#
        )
    };
    let first = cleaned(&read("scontent-a", "00_AfSYNTHETIC1", 12));
    assert_eq!(
        first,
        r#"{"id":"1","media_url":true,"thumbnail_url":true,"caption":"a é 🌊 \"q\"","profile_picture_url":"/v/p.jpg","permalink":"https://www.instagram.com/p/DNZ/","ratio":1.50,"comments":{"data":[{"text":"x"}]}}"#
    );
    assert_eq!(cleaned(&read("scontent-b", "00_AfSYNTHETIC2", 13)), first);
    assert_ne!(
        cleaned(&read("scontent-b", "00_AfSYNTHETIC2", 13).replace("a \\u", "b \\u")),
        first
    );
}

#[test]
fn absent_null_empty_and_odd_values_stay_apart() {
    for (json, kept) in [
        ("{}", "{}"),
        (r#"{"media_url":null}"#, r#"{"media_url":null}"#),
        (r#"{"media_url":""}"#, r#"{"media_url":""}"#),
        (r#"{"media_url":7}"#, r#"{"media_url":7}"#),
        (r#"{"like_count":"many","view_count":null}"#, r#"{"like_count":"many"}"#),
        (r#"{"media_url":"https://h/p"}"#, r#"{"media_url":true}"#),
    ] {
        assert_eq!(cleaned(json), kept);
    }
}

#[test]
fn strings_are_written_so_that_any_reader_reads_them_back() {
    let odd = "\u{0}\u{1f}\u{7f} \n\r\t \\ \" / é \u{2028} 🌊";
    let json = serde_json::to_string(&[odd]).unwrap();
    let back: Vec<String> = serde_json::from_str(&cleaned(&json)).unwrap();
    assert_eq!(back, [odd]);
}

#[test]
fn a_nest_without_reason_is_cut_and_stays_well_formed() {
    let nest = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut out = String::new();
    let depth = clean(serde_json::from_str(&nest).unwrap(), &mut out);
    assert_eq!(depth, Depth::Cut);
    assert!(out.contains("nested too deeply") && out.len() < 200);
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
}

const CANARY: &str = "CANARY7c1d";

/// A text in which a credential stands in one of the ways that the API has put it.
fn leak() -> impl Strategy<Value = String> {
    let around = "[ a-zé🌊/.,\"'\\\\{}=:&?%-]{0,12}";
    let form = prop::sample::select(vec![
        "access_token=CANARY7c1d",
        "https://graph.instagram.com/v25.0/1/media?fields=id,caption&access_token=CANARY7c1d&limit=25",
        "https://graph.instagram.com/v25.0/1/media?pretty=0&access_token=CANARY7c1d",
        "https://scontent.cdninstagram.com/v/1.jpg?stp=dst&oh=CANARY7c1d&oe=6AB66240",
        "https%3A%2F%2Fh%2F%3Foh%3DCANARY7c1d%26oe%3D1",
        "{\"access_token\":\"CANARY7c1d\",\"token_type\":\"bearer\"}",
        "appsecret_proof=CANARY7c1d",
        "client_secret=CANARY7c1d",
    ]);
    (around, form, " [ a-zé🌊]{0,8}")
        .prop_map(|(before, form, after)| format!("{before} {form}{after}"))
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Map, Value};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        leak().prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "id",
        "caption",
        "data",
        "paging",
        "next",
        "owner",
        "media_url",
        "children",
        "like_count",
        "x",
        "permalink",
        "https://h/?access_token=CANARY7c1d",
    ]);
    let secret = prop::sample::select(vec!["access_token", "client_secret", "input_token"]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let members = prop::collection::vec((key.clone(), inner.clone()), 0..6);
        let secrets = prop::collection::vec((secret.clone(), Just(Value::from(CANARY))), 0..2);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            (members, secrets).prop_map(|(members, secrets)| {
                let all = members.into_iter().chain(secrets);
                all.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_credential_survives_in_any_tree(tree in tree()) {
        let mut out = String::new();
        clean(
            serde_json::from_str(&tree.to_string()).unwrap(), &mut out);
        prop_assert!(!out.contains(CANARY), "{out}");
        prop_assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{out}");
        let mut again = String::new();
        clean(serde_json::from_str(&out).unwrap(), &mut again);
        prop_assert_eq!(again, out, "cleaning twice is cleaning once");
    }
}
