//! Colours, where they are wanted.

use crate::telemetry::Colours;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Normal,
    Heading,
    Good,
    Warning,
    Bad,
    Faint,
}

/// Colours a text; its bare form where colours are off.
pub(crate) fn paint(text: &str, tone: Tone, colours: Colours) -> String {
    let code = match tone {
        Tone::Normal => return text.to_owned(),
        Tone::Heading => "1",
        Tone::Good => "32",
        Tone::Warning => "33",
        Tone::Bad => "31",
        Tone::Faint => "2",
    };
    match colours {
        Colours::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        Colours::Off => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_a_text_is_bare() {
        for tone in [Tone::Heading, Tone::Good, Tone::Warning, Tone::Bad, Tone::Faint] {
            assert_eq!(paint("x", tone, Colours::Off), "x");
            assert!(paint("x", tone, Colours::On).ends_with("mx\u{1b}[0m"));
        }
        assert_eq!(paint("x", Tone::Normal, Colours::On), "x");
    }
}
