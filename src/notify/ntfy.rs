//! Posts to a topic of an ntfy server: the text as body, the rest in headers.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::address::Address;
use super::post::Outbound;
use super::{NotifyError, Receipt};
use crate::domain::notice::{Message, MessageKind, NoticeKind, Priority};

/// What an ntfy server takes for a message; what is longer it makes into a file.
const LONGEST: usize = 4000;

/// Posts a message.
pub(super) async fn send(
    outbound: &Outbound,
    address: &Address,
    message: &Message,
) -> Result<Receipt, NotifyError> {
    let url = address.read().await?;
    outbound.post(url, headers(message), cut(&message.text, LONGEST).into()).await
}

fn headers(message: &Message) -> HeaderMap {
    let priority = match message.priority {
        Priority::Low => "2",
        Priority::Normal => "3",
        Priority::High => "4",
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let mut add = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(&header_safe(value));
        headers.extend(value.ok().map(|value| (HeaderName::from_static(name), value)));
    };
    add("title", &message.title);
    add("priority", priority);
    add("tags", tag(message.kind));
    if let Some(link) = message.link() {
        add("click", link);
    }
    add("x-mediakeep-id", &message.id);
    headers
}

/// Names that ntfy shows as pictures.
fn tag(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Test => "wave",
        MessageKind::Notice(kind) => match kind {
            NoticeKind::Gone => "ghost",
            NoticeKind::UrlLost | NoticeKind::GapOpened | NoticeKind::Trouble => "warning",
            NoticeKind::Held => "raised_hand",
            NoticeKind::TokenExpiring => "hourglass_flowing_sand",
            NoticeKind::TokenDead => "key",
            NoticeKind::PassFailing | NoticeKind::Damaged => "rotating_light",
            NoticeKind::DiskLow => "floppy_disk",
            NoticeKind::Returned | NoticeKind::GapClosed | NoticeKind::Recovered => {
                "white_check_mark"
            }
        },
    }
}

/// A text as a header can carry it: printable ASCII as it is, anything else as encoded words
/// (RFC 2047), which ntfy reads. Line breaks become spaces.
fn header_safe(text: &str) -> String {
    /// Bytes in one encoded word, which may have 75 characters in all.
    const WORD: usize = 45;
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= WORD => word.push(c),
            Some(_) | None => words.push(c.to_string()),
        }
    }
    let encoded = words.iter().map(|word| format!("=?UTF-8?B?{}?=", base64(word.as_bytes())));
    encoded.collect::<Vec<_>>().join(" ")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |nth: usize| usize::from(chunk.get(nth).copied().unwrap_or(0));
        let (a, b, c) = (byte(0), byte(1), byte(2));
        let digits = [a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63];
        for (nth, digit) in digits.into_iter().enumerate() {
            text.push(if nth <= chunk.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    text
}

/// The text up to so many bytes, without half a character.
fn cut(text: &str, longest: usize) -> String {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_one_of_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_header_carries_any_text_in_words_of_75_characters() {
        assert_eq!(header_safe("bakery: a post"), "bakery: a post");
        assert_eq!(header_safe("a\r\nX-Evil: b"), "a  X-Evil: b");
        assert_eq!(header_safe("\u{1f389}"), "=?UTF-8?B?8J+OiQ==?=");
        // What looks encoded is encoded again.
        assert!(header_safe("=?UTF-8?B?Zg==?=").starts_with("=?UTF-8?B?PT9"));
        let long = header_safe(&"é".repeat(100));
        assert!(long.split(' ').all(|word| word.len() <= 75), "{long}");
        assert_eq!(long.split(' ').count(), 5);
    }

    #[test]
    fn a_cut_keeps_characters_whole() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }
}
