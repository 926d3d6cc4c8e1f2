//! Writes JSON straight into bytes, in the order it is told and in the escaped form Graph uses.

use std::io::Write as _;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// How text is written: Graph escapes slashes and everything beyond ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Escaping {
    /// `\/` and `\uXXXX`, as raw Graph answers do.
    #[default]
    Graph,
    /// Only what JSON itself demands.
    Minimal,
}

/// A JSON text that grows from left to right; commas place themselves.
#[derive(Debug)]
pub(crate) struct Json {
    out: Vec<u8>,
    escaping: Escaping,
    follows: bool,
}

impl Json {
    pub(crate) fn new(escaping: Escaping) -> Self {
        Self { out: Vec::with_capacity(1024), escaping, follows: false }
    }

    pub(crate) fn open(&mut self) {
        self.begin();
        self.out.push(b'{');
        self.follows = false;
    }

    pub(crate) fn close(&mut self) {
        self.out.push(b'}');
        self.follows = true;
    }

    pub(crate) fn open_list(&mut self) {
        self.begin();
        self.out.push(b'[');
        self.follows = false;
    }

    pub(crate) fn close_list(&mut self) {
        self.out.push(b']');
        self.follows = true;
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.begin();
        self.quote(key);
        self.out.push(b':');
        self.follows = false;
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.begin();
        self.quote(value);
        self.follows = true;
    }

    pub(crate) fn number(&mut self, value: impl std::fmt::Display) {
        self.begin();
        self.put(format_args!("{value}"));
        self.follows = true;
    }

    pub(crate) fn flag(&mut self, value: bool) {
        self.number(value);
    }

    pub(crate) fn null(&mut self) {
        self.raw("null");
    }

    /// Takes text that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.begin();
        self.out.extend_from_slice(json.as_bytes());
        self.follows = true;
    }

    /// Writes a decimal id between quotes: ids are text everywhere in Graph.
    pub(crate) fn id(&mut self, id: u64) {
        self.begin();
        self.put(format_args!("\"{id}\""));
        self.follows = true;
    }

    pub(crate) fn text_field(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text(value);
    }

    pub(crate) fn number_field(&mut self, key: &str, value: impl std::fmt::Display) {
        self.key(key);
        self.number(value);
    }

    pub(crate) fn id_field(&mut self, key: &str, id: u64) {
        self.key(key);
        self.id(id);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    fn begin(&mut self) {
        if self.follows {
            self.out.push(b',');
        }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into memory cannot fail.
        self.out.write_fmt(text).unwrap_or(());
    }

    fn quote(&mut self, text: &str) {
        self.out.push(b'"');
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|b| self.is_special(b)) {
            let (plain, tail) = rest.split_at(at);
            self.out.extend_from_slice(plain.as_bytes());
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                self.escape(c);
            }
            rest = chars.as_str();
        }
        self.out.extend_from_slice(rest.as_bytes());
        self.out.push(b'"');
    }

    fn is_special(&self, byte: u8) -> bool {
        match byte {
            0..=0x1f | b'"' | b'\\' => true,
            b'/' | 0x80.. => self.escaping == Escaping::Graph,
            _ => false,
        }
    }

    fn escape(&mut self, c: char) {
        match c {
            '"' => self.out.extend_from_slice(b"\\\""),
            '\\' => self.out.extend_from_slice(b"\\\\"),
            '/' => self.out.extend_from_slice(b"\\/"),
            '\n' => self.out.extend_from_slice(b"\\n"),
            '\r' => self.out.extend_from_slice(b"\\r"),
            '\t' => self.out.extend_from_slice(b"\\t"),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    let nibble = |shift: u16| HEX[usize::from((*unit >> shift) & 15)];
                    self.out.extend_from_slice(&[
                        b'\\',
                        b'u',
                        nibble(12),
                        nibble(8),
                        nibble(4),
                        nibble(0),
                    ]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(escaping: Escaping, text: &str) -> String {
        let mut json = Json::new(escaping);
        json.text(text);
        String::from_utf8(json.finish()).unwrap()
    }

    #[test]
    fn graph_text_escapes_slashes_and_surrogate_pairs() {
        assert_eq!(written(Escaping::Graph, "a/b \u{1f30a}"), r#""a\/b \ud83c\udf0a""#);
        assert_eq!(written(Escaping::Minimal, "a/b é"), r#""a/b é""#);
    }

    #[test]
    fn both_escapings_read_back_as_the_same_text() {
        let text = "\u{0} \"quoted\" \\ / \n\r\t שלום 👩‍🚀";
        for escaping in [Escaping::Graph, Escaping::Minimal] {
            let read: String = serde_json::from_str(&written(escaping, text)).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn commas_stand_between_members_and_nowhere_else() {
        let mut json = Json::new(Escaping::Graph);
        json.open();
        json.key("a");
        json.open_list();
        json.number(1);
        json.open();
        json.close();
        json.id(7);
        json.close_list();
        json.text_field("b", "c");
        json.key("d");
        json.null();
        json.close();
        assert_eq!(json.finish(), br#"{"a":[1,{},"7"],"b":"c","d":null}"#);
    }
}
