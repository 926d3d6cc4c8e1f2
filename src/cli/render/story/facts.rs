//! What an event's detail says, in parts of sentences.

use serde_json::Value;

use super::super::reason;
use crate::catalog::EventRow;

/// What is known of one event.
#[derive(Debug, Clone)]
pub(super) struct Facts<'a> {
    pub(super) at: String,
    pub(super) role: Option<&'a str>,
    pub(super) walk: Option<i64>,
    pub(super) detail: &'a Value,
}

impl<'a> Facts<'a> {
    pub(super) fn of(event: &'a EventRow, detail: &'a Value) -> Self {
        Self { at: event.at.to_string(), role: event.role.as_deref(), walk: event.walk_id, detail }
    }

    pub(super) fn optional(&self, key: &str) -> Option<String> {
        match &self.detail[key] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn text(&self, key: &str) -> String {
        self.optional(key).unwrap_or_else(|| "?".to_owned())
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.detail[key].as_i64()
    }

    pub(super) fn length(&self, key: &str) -> i64 {
        let length = self.detail[key].as_array().map_or(0, Vec::len);
        i64::try_from(length).unwrap_or(i64::MAX)
    }

    /// When it left: after it was last seen and before it was first missed.
    pub(super) fn between(&self) -> String {
        let missed = self.optional("first_missing_at").unwrap_or_else(|| self.at.clone());
        match self.optional("last_seen_at") {
            Some(seen) => format!("between {seen} and {missed}"),
            None => missed,
        }
    }

    pub(super) fn this_walk(&self) -> String {
        self.walk.map_or_else(|| "a walk".to_owned(), |walk| format!("walk {walk}"))
    }

    pub(super) fn missing_walk(&self) -> String {
        let walk = self.number("missing_walk").or_else(|| self.number("walk"));
        walk.map_or_else(|| self.this_walk(), |walk| format!("walk {walk}"))
    }

    /// What came of asking for it by its id, beside controls.
    pub(super) fn answer(&self) -> String {
        let asked = self.detail["asked"].as_array();
        let of = |purpose: &'static str| {
            let asked = asked.into_iter().flatten();
            asked.filter(move |question| {
                question["purpose"].as_str().is_some_and(|word| word.starts_with(purpose))
            })
        };
        let Some(item) = of("item").next() else {
            return "not asked for by its id yet".to_owned();
        };
        // Controls are asked until one answers; those before it say nothing.
        let answered = |question: &Value| question["outcome"] == "exists";
        let control = of("control_before").any(answered) && of("control_after").all(answered);
        match (item["outcome"].as_str().unwrap_or("?"), control) {
            ("does_not_exist", true) => {
                "asked for by its id it did not exist, while a listed item answered".to_owned()
            }
            (_, false) => {
                "asking for it by its id proved nothing: a listed item did not answer either"
                    .to_owned()
            }
            ("exists", true) => "it answers by its id".to_owned(),
            (outcome, true) => format!("asking for it by its id failed ({outcome})"),
        }
    }

    pub(super) fn file(&self) -> &'static str {
        match self.role {
            Some("thumbnail") => "its poster frame",
            Some(_) | None => "its file",
        }
    }

    pub(super) fn version(&self) -> String {
        match self.number("version") {
            Some(version) if version > 1 => format!("version {version} of {}", self.file()),
            Some(_) | None => self.file().to_owned(),
        }
    }

    pub(super) fn fields(&self) -> String {
        let names = self.detail["fields"].as_array().into_iter().flatten();
        let names: Vec<String> = names.filter_map(Value::as_str).map(field).collect();
        match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, before)) => format!("{} and {last}", before.join(", ")),
            None => "something".to_owned(),
        }
    }

    pub(super) fn span(&self) -> String {
        let edge = self.text("edge");
        reason::span(&edge, self.optional("from").as_deref(), self.optional("to").as_deref())
    }
}

/// A field in the words of people.
pub(crate) fn field(name: &str) -> String {
    match name {
        "published_at" => "time of publication".to_owned(),
        "children" => "list of slides".to_owned(),
        "is_comment_enabled" => "switch for comments".to_owned(),
        "is_shared_to_feed" => "switch for the feed".to_owned(),
        _ => name.replace('_', " "),
    }
}
