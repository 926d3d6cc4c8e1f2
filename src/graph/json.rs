//! Reading JSON that nobody promised: members one by one, scalars of the wrong type.
//!
//! Everything here works on parts of a text that is known to be well-formed, and nothing here
//! fails: what does not fit is a kind of [`Field`].

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::Field;

/// One member of an object, its value still unread.
pub(super) type Member<'a> = (Cow<'a, str>, &'a RawValue);

/// The members of an object in their order, repeated keys included; nothing when it is another
/// kind of value.
pub(super) fn members(value: &RawValue) -> Option<Vec<Member<'_>>> {
    if is_object(value) { open(value.get()) } else { None }
}

/// The members of the one object that a text is; nothing when it is anything else.
pub(super) fn open(text: &str) -> Option<Vec<Member<'_>>> {
    serde_json::from_str::<Members<'_>>(text).ok().map(|members| members.0)
}

/// The elements of an array; nothing when it is another kind of value.
pub(super) fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    if is_array(value) { serde_json::from_str(value.get()).ok() } else { None }
}

/// The value of a key; the last one when it is repeated, as most readers have it.
pub(super) fn member<'a>(members: &[Member<'a>], key: &str) -> Option<&'a RawValue> {
    members.iter().rfind(|(name, _)| name == key).map(|(_, value)| *value)
}

/// The object under a key, opened.
pub(super) fn object<'a>(members_of: &[Member<'a>], key: &str) -> Option<Vec<Member<'a>>> {
    member(members_of, key).and_then(members)
}

pub(super) fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

pub(super) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

pub(super) fn is_array(value: &RawValue) -> bool {
    value.get().starts_with('[')
}

/// The text of a string, borrowed when it stands there without escapes; nothing when it is
/// another kind of value.
pub(super) fn string(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.as_bytes().contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str::<Text<'_>>(json).ok().map(|text| text.0)
}

/// A text, or a number, as its digits: ids have been seen as both.
pub(super) fn as_text(value: &RawValue) -> Field<Cow<'_, str>> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => string(value).map_or(Field::Unreadable, Field::Value),
        Some(b'n') => Field::Null,
        Some(b'-' | b'0'..=b'9') => Field::Value(Cow::Borrowed(json)),
        _ => Field::Unreadable,
    }
}

/// A whole number, also as a string or with a fraction of zero.
pub(super) fn as_integer(value: &RawValue) -> Field<i64> {
    as_text(value).and_then(|text| integer(&text).ok_or(()))
}

/// A truth value, also as a word or as 0 or 1.
pub(super) fn as_boolean(value: &RawValue) -> Field<bool> {
    match value.get() {
        "null" => Field::Null,
        "true" | "\"true\"" | "1" | "\"1\"" => Field::Value(true),
        "false" | "\"false\"" | "0" | "\"0\"" => Field::Value(false),
        _ => Field::Unreadable,
    }
}

/// A number of any kind, also as a string; not a number when it is neither.
pub(super) fn as_number(value: &RawValue) -> Option<f64> {
    let number = as_text(value).value()?.trim().parse::<f64>().ok()?;
    number.is_finite().then_some(number)
}

fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Members<'a>(Vec<Member<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(24);
                while let Some(Text(key)) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn scalars_of_another_type_are_read_where_they_mean_the_same() {
        let text = |json| as_text(raw(json)).map(Cow::into_owned);
        assert_eq!(text("\"a\\/b \\ud83c\\udf0a\""), Field::Value("a/b 🌊".to_owned()));
        assert_eq!(text("17841400000000111"), Field::Value("17841400000000111".to_owned()));
        assert_eq!(text("null"), Field::Null);
        for json in ["true", "[]", "{}"] {
            assert_eq!(text(json), Field::Unreadable, "{json}");
        }
        for (json, number) in [
            ("3", Field::Value(3)),
            ("\"3\"", Field::Value(3)),
            ("3.0", Field::Value(3)),
            ("-1", Field::Value(-1)),
            ("null", Field::Null),
            ("3.5", Field::Unreadable),
            ("\"three\"", Field::Unreadable),
            ("1e400", Field::Unreadable),
            ("99999999999999999999", Field::Unreadable),
            ("true", Field::Unreadable),
            ("{\"count\":3}", Field::Unreadable),
        ] {
            assert_eq!(as_integer(raw(json)), number, "{json}");
        }
        for (json, truth) in [
            ("true", Field::Value(true)),
            ("\"false\"", Field::Value(false)),
            ("1", Field::Value(true)),
            ("null", Field::Null),
            ("\"perhaps\"", Field::Unreadable),
            ("2", Field::Unreadable),
        ] {
            assert_eq!(as_boolean(raw(json)), truth, "{json}");
        }
        assert_eq!(as_number(raw("\"28.5\"")), Some(28.5));
        assert_eq!(as_number(raw("\"NaN\"")), None);
        assert_eq!(as_number(raw("[]")), None);
    }

    #[test]
    fn members_keep_their_order_and_the_last_of_a_name_counts() {
        let members = members(raw(" {\"b\" : 1, \"a\\u0062\": [2], \"b\": 3 } ")).unwrap();
        let names: Vec<_> = members.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["b", "ab", "b"]);
        assert_eq!(member(&members, "b").unwrap().get(), "3");
        assert!(super::members(raw("[]")).is_none());
        assert!(elements(raw("{}")).is_none());
    }
}
