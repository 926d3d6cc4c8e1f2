//! Words of strangers: captions and names may hold anything, a terminal must see only text.

/// Replaces what could steer a terminal or reorder its text by visible escapes.
///
/// Control characters, and the marks that change the direction of text or hide in it, become
/// `\u{…}`; a line break becomes `⏎`.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push('⏎'),
            '\t' => plain.push(' '),
            '\r' => {}
            c if c.is_control() || is_hidden(c) => plain.extend(c.escape_unicode()),
            c => plain.push(c),
        }
    }
    plain
}

/// As [`plain`], with line breaks kept.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// Marks of direction (Unicode `Bidi_Control`), and separators that act like line breaks.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// How many columns a terminal gives a text: none for marks on other letters, two for wide ones.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    match c {
        '\u{0300}'..='\u{036F}'
        | '\u{0591}'..='\u{05BD}'
        | '\u{064B}'..='\u{065F}'
        | '\u{093C}'
        | '\u{0941}'..='\u{0948}'
        | '\u{094D}'
        | '\u{0E31}'
        | '\u{0E34}'..='\u{0E3A}'
        | '\u{0E47}'..='\u{0E4E}'
        | '\u{200B}'..='\u{200D}'
        | '\u{20D0}'..='\u{20FF}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{1F3FB}'..='\u{1F3FF}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1F64F}'
        | '\u{1F680}'..='\u{1F6FF}'
        | '\u{1F900}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// Cuts a text to so many columns, ending in `…` where something was cut.
pub(crate) fn clip(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let mut clipped = String::new();
    for c in text.chars() {
        let next = char_width(c);
        if used + next + 1 > columns {
            break;
        }
        used += next;
        clipped.push(c);
    }
    clipped.push('…');
    clipped
}

/// Breaks a text into lines of so many columns, at its spaces; a word that is longer stays whole.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide = width(word);
        match lines.last_mut() {
            Some(line) if used + 1 + wide <= columns => {
                line.push(' ');
                line.push_str(word);
                used += 1 + wide;
            }
            Some(_) | None => {
                lines.push(word.to_owned());
                used = wide;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        for (text, expected) in [
            ("plain words", "plain words"),
            ("two\nlines", "two⏎lines"),
            ("red\u{1b}[31m", "red\\u{1b}[31m"),
            ("bell\u{7}", "bell\\u{7}"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
            ("abc\u{202e}cba", "abc\\u{202e}cba"),
            ("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("Grüße, 日本 👋🏽", "Grüße, 日本 👋🏽"),
            ("تحيات", "تحيات"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn a_text_is_cut_by_columns_not_by_letters() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("abcdefg", 6), "abcde…");
        assert_eq!(clip("日本語", 6), "日本語");
        assert_eq!(clip("日本語です", 6), "日本…");
        assert_eq!(clip("e\u{301}e\u{301}e\u{301}", 3), "e\u{301}e\u{301}e\u{301}");
        assert_eq!(clip("abc", 0), "…");
        for columns in 1..12 {
            assert!(width(&clip("a日b本c👋d", columns)) <= columns);
        }
    }

    #[test]
    fn a_text_is_broken_at_its_spaces() {
        let text = "412 of 4\u{a0}812 items missing at once";
        assert_eq!(wrap(text, 14), ["412 of 4\u{a0}812", "items missing", "at once"]);
        assert_eq!(wrap(text, 100), [text]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
        assert!(wrap("", 10).is_empty());
    }
}
