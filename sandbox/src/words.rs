//! Writes captions, comments, alt texts and names as people write them, in many scripts.

mod texts;

use rand::Rng;

use texts::{COMMENTS, EMOJI, PLACES, SCENES, SCRIPTS, TAGS, THINGS, TRADES};

/// The longest caption that the API accepts, in UTF-16 units as it counts them.
pub const LONGEST_CAPTION: usize = 2_200;

/// A caption of 1 to 2 200 characters: mostly short, seldom as long as it may be.
///
/// Among them are all scripts of the list, emoji joined from several code points, flags, line
/// breaks, marks of direction and characters without width.
pub fn caption(rng: &mut impl Rng) -> String {
    let script = SCRIPTS[rng.random_range(0..SCRIPTS.len())];
    let text = match rng.random_range(0..100) {
        0..4 => pick(rng, EMOJI).to_owned(),
        4..8 => pick(rng, script).chars().next().unwrap_or('…').to_string(),
        8..45 => sentences(rng, script, 1),
        45..75 => sentences(rng, script, 3),
        75..90 => paragraphs(rng, script, 4),
        90..97 => paragraphs(rng, script, 14),
        _ => return full(rng, script),
    };
    let text = match rng.random_range(0..12) {
        0 => format!("\u{200F}{text}\u{200F}"),
        1 => text.replacen(' ', "\u{200B} ", 2),
        2 => format!("{text}\n.\n.\n.\n{}", tags(rng, 12)),
        3..6 => format!("{text} {}", pick(rng, EMOJI)),
        6..9 => format!("{text}\n\n{}", tags(rng, 5)),
        _ => text,
    };
    cut(&text, LONGEST_CAPTION)
}

/// A comment: a few words, sometimes with a name or an emoji.
pub fn comment(rng: &mut impl Rng) -> String {
    let words = match rng.random_range(0..10) {
        0 => return pick(rng, EMOJI).repeat(rng.random_range(1..4)),
        1..5 => {
            let script = SCRIPTS[rng.random_range(0..SCRIPTS.len())];
            pick(rng, script).to_owned()
        }
        _ => pick(rng, COMMENTS).to_owned(),
    };
    match rng.random_range(0..5) {
        0 => format!("@{} {words}", username(rng)),
        1 | 2 => format!("{words} {}", pick(rng, EMOJI)),
        _ => words,
    }
}

/// What a picture shows, for those who do not see it.
pub fn alt_text(rng: &mut impl Rng) -> String {
    let scene = pick(rng, SCENES);
    match rng.random_range(0..3) {
        0 => format!("{scene}."),
        1 => format!("{scene}, with {} in the foreground.", pick(rng, THINGS).to_lowercase()),
        _ => format!("Illustration: {}.", scene.to_lowercase()),
    }
}

/// A name as accounts have them, such as `harbor.lantern`: of a place or a trade, of no person.
pub fn username(rng: &mut impl Rng) -> String {
    let (place, trade) = (pick(rng, PLACES), pick(rng, TRADES));
    match rng.random_range(0..5) {
        0 => format!("{place}_{trade}"),
        1 => format!("the.{place}.{trade}"),
        2 => format!("{place}.{trade}{}", rng.random_range(2..99)),
        _ => format!("{place}.{trade}"),
    }
}

fn sentences(rng: &mut impl Rng, script: &[&'static str], most: usize) -> String {
    let count = rng.random_range(1..=most);
    (0..count).map(|_| pick(rng, script)).collect::<Vec<_>>().join(" ")
}

fn paragraphs(rng: &mut impl Rng, script: &[&'static str], most: usize) -> String {
    let count = rng.random_range(2..=most);
    (0..count).map(|_| sentences(rng, script, 4)).collect::<Vec<_>>().join("\n\n")
}

/// A caption of exactly the longest length.
fn full(rng: &mut impl Rng, script: &[&'static str]) -> String {
    let mut text = String::new();
    while units(&text) < LONGEST_CAPTION {
        text.push_str(pick(rng, script));
        text.push(' ');
    }
    let mut text = cut(&text, LONGEST_CAPTION);
    while units(&text) < LONGEST_CAPTION {
        text.push('.');
    }
    text
}

fn tags(rng: &mut impl Rng, most: usize) -> String {
    let count = rng.random_range(1..=most);
    (0..count).map(|_| format!("#{}", pick(rng, TAGS))).collect::<Vec<_>>().join(" ")
}

/// The first characters that fit into so many units; no character is split.
fn cut(text: &str, most: usize) -> String {
    let mut left = most;
    text.chars()
        .take_while(|character| {
            let fits = character.len_utf16() <= left;
            left = left.saturating_sub(character.len_utf16());
            fits
        })
        .collect()
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn pick(rng: &mut impl Rng, choices: &[&'static str]) -> &'static str {
    choices[rng.random_range(0..choices.len())]
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::{LONGEST_CAPTION, alt_text, caption, comment, units, username};

    fn thousands(write: impl Fn(&mut ChaCha8Rng) -> String) -> Vec<String> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        (0..3_000).map(|_| write(&mut rng)).collect()
    }

    #[test]
    fn captions_reach_both_ends_of_the_allowed_lengths_and_no_further() {
        let lengths: Vec<usize> = thousands(caption).iter().map(|text| units(text)).collect();
        assert_eq!(lengths.iter().min(), Some(&1));
        assert_eq!(lengths.iter().max(), Some(&LONGEST_CAPTION));
    }

    #[test]
    fn captions_hold_everything_that_breaks_careless_readers() {
        let all = thousands(caption).concat();
        for (what, sample) in [
            ("line break", '\n'),
            ("joiner", '\u{200D}'),
            ("no width", '\u{200B}'),
            ("right to left mark", '\u{200F}'),
            ("flag", '\u{1F1EB}'),
            ("skin tone", '\u{1F3FD}'),
            ("Latin with diacritics", 'ť'),
            ("Greek", 'λ'),
            ("Cyrillic", 'ж'),
            ("Arabic", 'م'),
            ("Hebrew", 'ש'),
            ("Devanagari", 'क'),
            ("Thai", 'ก'),
            ("kana", 'の'),
            ("Han", '水'),
            ("Hangul", '이'),
            ("hash", '#'),
        ] {
            assert!(all.contains(sample), "{what} never comes up");
        }
    }

    #[test]
    fn comments_and_alt_texts_are_never_empty() {
        assert!(thousands(comment).iter().all(|text| !text.trim().is_empty()));
        assert!(thousands(alt_text).iter().all(|text| text.len() > 10));
    }

    #[test]
    fn usernames_have_only_characters_that_usernames_have() {
        for name in thousands(username) {
            let allowed =
                |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._".contains(&b);
            assert!(name.len() <= 30 && name.bytes().all(allowed), "{name}");
        }
    }
}
