//! Which fields a request asked for.

use std::collections::HashSet;

/// The field names of a request, of items and of their slides.
///
/// A field that was not asked for and is not in the answer says nothing; one that was asked for
/// and is not in the answer is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AskedFields {
    own: HashSet<String>,
    children: HashSet<String>,
}

impl AskedFields {
    /// Reads the `fields` parameter as it stands in the request, like
    /// `id,caption,children{id,media_url}`.
    pub fn parse(query: &str) -> Self {
        let mut asked = Self::default();
        let mut depth = 0_usize;
        let mut name = String::new();
        let mut outer = String::new();
        for c in query.chars().chain([',']) {
            match c {
                '{' | ',' | '}' => {
                    asked.note(depth, &outer, &name);
                    if c == '{' {
                        depth += 1;
                        if depth == 1 {
                            outer = std::mem::take(&mut name);
                        }
                    } else if c == '}' {
                        depth = depth.saturating_sub(1);
                    }
                    name.clear();
                }
                c => name.push(c),
            }
        }
        asked
    }

    /// Whether the field was asked for of an item, or of a slide of an album.
    pub(super) fn has(&self, level: Level, name: &str) -> bool {
        match level {
            Level::Post => self.own.contains(name),
            Level::Slide => self.children.contains(name),
        }
    }

    fn note(&mut self, depth: usize, outer: &str, name: &str) {
        let plain = |text: &str| text.split('.').next().unwrap_or("").trim().to_owned();
        let name = plain(name);
        if name.is_empty() {
            return;
        }
        if depth == 0 {
            self.own.insert(name);
        } else if depth == 1 && plain(outer) == "children" {
            self.children.insert(name);
        }
    }
}

/// Whether an item stands in a list of its own or inside an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Post,
    Slide,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_items_and_of_slides_are_kept_apart() {
        let asked = AskedFields::parse(
            "id,caption, children.limit(10){id,media_url,owner{id}},owner{username},alt_text",
        );
        for name in ["id", "caption", "children", "owner", "alt_text"] {
            assert!(asked.has(Level::Post, name), "{name}");
        }
        for name in ["id", "media_url", "owner"] {
            assert!(asked.has(Level::Slide, name), "{name}");
        }
        for name in ["media_url", "username", ""] {
            assert!(!asked.has(Level::Post, name), "{name}");
        }
        assert!(!asked.has(Level::Slide, "username"));
        assert!(!asked.has(Level::Slide, "caption"));
    }

    #[test]
    fn no_text_is_refused() {
        for text in ["", ",,,", "}}}", "{{{", "a{b", "a}b", "{,}"] {
            assert!(!AskedFields::parse(text).has(Level::Post, "caption"), "{text:?}");
        }
    }
}
