//! Opaque cursors that look like Graph's: `QVFIU…`, letters and digits only.

use crate::world::mix;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A place in a list: behind (or before) one of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The item; 0 stands for the place before the first one.
    pub(crate) item: u64,
    /// The node whose list it is.
    pub(crate) list: u64,
    /// Tells cursors at one place apart: real ones differ from answer to answer.
    pub(crate) lap: u32,
}

impl Cursor {
    /// Writes the cursor: `AQH` and a scrambled blob in base64, with `+`, `/`, `=` and `Z` escaped by `Z`.
    pub(crate) fn encode(self) -> String {
        let key = mix(self.item ^ self.list.rotate_left(17) ^ u64::from(self.lap));
        let mut blob = b"AQHR".to_vec();
        let words = [
            key,
            self.item ^ mix(key),
            self.list ^ mix(key ^ 1),
            u64::from(self.lap) ^ mix(key ^ 2),
            mix(key ^ 3),
            mix(key ^ 4),
            mix(key ^ 5),
            mix(key ^ 6),
        ];
        for word in words {
            blob.extend_from_slice(&word.to_be_bytes());
        }
        let mut text = String::with_capacity(112);
        for chunk in blob.chunks(3) {
            let number = chunk
                .iter()
                .chain(&[0, 0])
                .take(3)
                .fold(0_u32, |sum, &byte| (sum << 8) | u32::from(byte));
            for place in 0..=chunk.len() {
                let digit = (number >> (18 - 6 * place)) & 63;
                match BASE64[digit as usize] {
                    b'+' => text.push_str("ZB"),
                    b'/' => text.push_str("ZC"),
                    b'Z' => text.push_str("ZA"),
                    plain => text.push(char::from(plain)),
                }
            }
            for _ in chunk.len()..3 {
                text.push_str("ZD");
            }
        }
        text
    }

    /// Reads a cursor that this world wrote; anything else is none.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut digits = Vec::with_capacity(text.len());
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let byte = if byte == b'Z' {
                match bytes.next()? {
                    b'A' => b'Z',
                    b'B' => b'+',
                    b'C' => b'/',
                    b'D' => continue,
                    _ => return None,
                }
            } else {
                byte
            };
            digits.push(BASE64.iter().position(|&digit| digit == byte)?);
        }
        let mut blob = Vec::with_capacity(72);
        for chunk in digits.chunks(4) {
            let number = chunk.iter().fold(0_usize, |sum, &digit| (sum << 6) | digit)
                << (6 * (4 - chunk.len()));
            for place in 0..chunk.len().saturating_sub(1) {
                blob.push(u8::try_from((number >> (16 - 8 * place)) & 0xff).ok()?);
            }
        }
        let rest = blob.strip_prefix(b"AQHR")?;
        let mut words = rest
            .chunks_exact(8)
            .map(|word| word.iter().fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte)));
        let key = words.next()?;
        let cursor = Self {
            item: words.next()? ^ mix(key),
            list: words.next()? ^ mix(key ^ 1),
            lap: u32::try_from(words.next()? ^ mix(key ^ 2)).ok()?,
        };
        (cursor.encode() == text).then_some(cursor)
    }
}

/// Letters and digits that mean nothing, for trace ids.
pub(crate) fn opaque(number: u64) -> String {
    let cursor = Cursor { item: mix(number), list: number, lap: 0 };
    cursor.encode().split_off(12)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_and_looks_like_graphs(item: u64, list: u64, lap: u32) {
            let cursor = Cursor { item, list, lap };
            let text = cursor.encode();
            prop_assert!(text.starts_with("QVFIU"));
            prop_assert!((90..=140).contains(&text.len()), "{}", text.len());
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
            prop_assert_eq!(Cursor::decode(&text), Some(cursor));
        }

        #[test]
        fn what_nobody_wrote_is_no_cursor(text in "[A-Za-z0-9=]{0,120}") {
            prop_assert_eq!(Cursor::decode(&text), None);
        }
    }
}
