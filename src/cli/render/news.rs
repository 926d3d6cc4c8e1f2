//! What a pass found out that nobody knew before, a line per kind.

use std::collections::BTreeSet;

use super::paint::Tone;
use super::story;
use super::text::plain;
use super::units::count;
use crate::archive::report::{News, PassReport};
use crate::catalog::EventKind;

/// Items that a line names; the others are counted.
const NAMED: usize = 3;

/// One line of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) title: &'static str,
    pub(crate) number: String,
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// News of one kind, and how they are told.
struct Group {
    kind: EventKind,
    from: Origin,
    title: &'static str,
    meaning: &'static str,
    tone: Tone,
}

/// Which items of a kind: a missing one that was asked for again is missing still, not newly.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Anywhere,
    Missing,
    Elsewhere,
}

impl Origin {
    fn includes(self, news: &News) -> bool {
        let was_missing = news.detail["from"] == "missing";
        match self {
            Self::Anywhere => true,
            Self::Missing => was_missing,
            Self::Elsewhere => !was_missing,
        }
    }
}

const fn group(kind: EventKind, title: &'static str, meaning: &'static str, tone: Tone) -> Group {
    Group { kind, from: Origin::Anywhere, title, meaning, tone }
}

const GROUPS: [Group; 9] = [
    Group {
        from: Origin::Elsewhere,
        ..group(EventKind::Missing, "missing", "not listed, not confirmed", Tone::Warning)
    },
    Group {
        from: Origin::Missing,
        ..group(
            EventKind::Missing,
            "still",
            "missing, and did not exist when asked for",
            Tone::Warning,
        )
    },
    group(EventKind::Unlisted, "unlisted", "in no list, answers by its id", Tone::Warning),
    group(EventKind::Gone, "gone", "no longer available to this token", Tone::Bad),
    group(EventKind::Returned, "returned", "there again", Tone::Good),
    group(EventKind::Unreachable, "beyond", "older than all that the API lists", Tone::Faint),
    group(EventKind::LateArrival, "late", "new in a time that was proven complete", Tone::Warning),
    group(EventKind::UrlLost, "url lost", "no address for the file any more", Tone::Warning),
    group(EventKind::UrlRegained, "url back", "an address for the file again", Tone::Good),
];

/// The news of a pass: items by what became of them, then what concerns the account.
pub(crate) fn lines(report: &PassReport) -> Vec<Line> {
    let mut lines = Vec::new();
    for group in GROUPS {
        let is_of = |news: &&News| news.kind == group.kind.as_str() && group.from.includes(news);
        let news: Vec<&News> = report.news.iter().filter(is_of).collect();
        if !news.is_empty() {
            let holding = match group.kind {
                EventKind::UrlLost => files_held(&news),
                _ => String::new(),
            };
            let text = format!("{}{holding}: {}", group.meaning, names(&news));
            let number = number(news.len());
            lines.push(Line { title: group.title, number, text, tone: group.tone });
        }
    }
    for news in report.news.iter().filter(|news| news.media_id.is_none()) {
        let story = story::sentence_of(&news.kind, news.walk_id, report.finished_at, &news.detail);
        let title = if news.kind == EventKind::WalkHeld.as_str() { "held" } else { "note" };
        lines.push(Line { title, number: String::new(), text: story.text, tone: story.tone });
    }
    lines
}

fn files_held(news: &[&News]) -> String {
    let lacking = news.iter().filter(|news| news.detail["held"] != true).count();
    match (lacking, news.len()) {
        (0, 1) => " (we hold it)".to_owned(),
        (1, 1) => " (we do not hold it)".to_owned(),
        (0, _) => " (we hold every one)".to_owned(),
        (lacking, all) if lacking == all => " (we hold none of them)".to_owned(),
        (lacking, _) => format!(" ({} of them not held)", number(lacking)),
    }
}

/// Shortcodes of the first items, each once.
fn names(news: &[&News]) -> String {
    let all: BTreeSet<&str> = news.iter().filter_map(|news| name(news)).collect();
    let mut names: Vec<&str> = Vec::new();
    for name in news.iter().filter_map(|news| name(news)) {
        if !names.contains(&name) && names.len() < NAMED {
            names.push(name);
        }
    }
    let more = match all.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {} more", number(more)),
    };
    plain(&format!("{}{more}", names.join(", ")))
}

fn name(news: &News) -> Option<&str> {
    news.shortcode.as_deref().or(news.media_id.as_deref())
}

fn number(number: usize) -> String {
    count(u64::try_from(number).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{Login, Timestamp};

    fn report(news: Vec<News>) -> PassReport {
        let mut report =
            PassReport::begin("bakery".parse().unwrap(), Login::Instagram, Timestamp::EPOCH);
        report.add_news(news);
        report
    }

    fn news(kind: &str, shortcode: Option<&str>, detail: Value) -> News {
        News {
            kind: kind.to_owned(),
            media_id: shortcode.map(|code| format!("id of {code}")),
            shortcode: shortcode.map(str::to_owned),
            role: None,
            walk_id: Some(17),
            detail,
        }
    }

    fn told(news: Vec<News>) -> Vec<String> {
        let lines = lines(&report(news));
        lines.iter().map(|line| format!("{}|{}|{}", line.title, line.number, line.text)).collect()
    }

    #[test]
    fn each_kind_is_a_line_with_up_to_three_names() {
        let mut all: Vec<News> =
            ["A", "B", "C", "D", "E"].map(|code| news("missing", Some(code), json!({}))).into();
        all.push(news("gone", Some("G"), json!({})));
        all.push(News { shortcode: None, ..news("returned", Some("R"), json!({})) });
        assert_eq!(
            told(all),
            [
                "missing|5|not listed, not confirmed: A, B, C and 2 more",
                "gone|1|no longer available to this token: G",
                "returned|1|there again: id of R",
            ]
        );
    }

    #[test]
    fn what_is_missing_still_is_not_told_as_newly_missing() {
        let from = |code, from: &str| news("missing", Some(code), json!({"from": from}));
        assert_eq!(
            told(vec![from("A", "missing"), from("B", "present"), from("C", "unlisted")]),
            [
                "missing|2|not listed, not confirmed: B, C",
                "still|1|missing, and did not exist when asked for: A",
            ]
        );
    }

    #[test]
    fn lost_addresses_say_how_many_files_are_not_held() {
        let lost = |code, held: bool| news("url_lost", Some(code), json!({"held": held}));
        for (all, text) in [
            (vec![lost("A", true), lost("A", true)], "(we hold every one): A"),
            (vec![lost("A", true)], "(we hold it): A"),
            (vec![lost("A", false)], "(we do not hold it): A"),
            (vec![lost("A", false), lost("B", false)], "(we hold none of them): A, B"),
            (vec![lost("A", true), lost("B", false)], "(1 of them not held): A, B"),
        ] {
            let number = all.len();
            let expected = format!("url lost|{number}|no address for the file any more {text}");
            assert_eq!(told(all), [expected]);
        }
    }

    #[test]
    fn what_concerns_the_account_is_a_sentence() {
        let held =
            json!({"kind": "missing", "reason": "too_many", "items": 412, "looked_at": 4812});
        let skipped = json!({"items": ["1"]});
        let lines =
            told(vec![news("walk_disproved", None, skipped), news("walk_held", None, held)]);
        assert_eq!(lines[0], "note||walk 17 skipped 1 item that the list has: it proves nothing");
        assert!(lines[1].starts_with("held||412 of 4\u{a0}812 items missing at once"), "{lines:?}");
        assert!(lines[1].contains("mediakeep accept 17"), "{lines:?}");
    }

    #[test]
    fn without_news_there_is_no_line() {
        assert!(told(Vec::new()).is_empty());
    }
}
