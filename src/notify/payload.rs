//! A message as JSON, the same for webhooks and commands.

use serde_json::{Value, json};

use crate::domain::notice::{Message, Told};

/// The message as an object; fields are added in later versions, never renamed.
pub fn payload(message: &Message) -> Value {
    json!({
        "v": 1,
        "id": message.id,
        "kind": message.kind.as_str(),
        "account": message.account,
        "priority": message.priority.as_str(),
        "title": message.title,
        "text": message.text,
        "count": message.number,
        "items": message.items.iter().map(item).collect::<Vec<_>>(),
        "at": message.at.to_string(),
    })
}

fn item(told: &Told) -> Value {
    let mut item = json!({
        "at": told.at.to_string(),
        "account": told.account,
        "text": told.text,
    });
    if let Some(post) = &told.post {
        item["media_id"] = json!(post.media_id);
        item["shortcode"] = json!(post.shortcode);
        item["permalink"] = json!(post.permalink);
        item["files_expected"] = json!(post.files_expected);
        item["files_held"] = json!(post.files_held);
    }
    item
}
