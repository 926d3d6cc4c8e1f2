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

/// The news of a pass: items by what became of them, then what concerns the account.
pub(crate) fn lines(report: &PassReport) -> Vec<Line> {
    let groups = [
        (EventKind::Missing, "missing", "not listed, not confirmed", Tone::Warning),
        (EventKind::Unlisted, "unlisted", "in no list, answers by its id", Tone::Warning),
        (EventKind::Gone, "gone", "no longer available to this token", Tone::Bad),
        (EventKind::Returned, "returned", "there again", Tone::Good),
        (EventKind::Unreachable, "beyond", "older than all that the API lists", Tone::Faint),
        (EventKind::LateArrival, "late", "new in a time that was proven complete", Tone::Warning),
        (EventKind::UrlLost, "url lost", "no address for the file any more", Tone::Warning),
        (EventKind::UrlRegained, "url back", "an address for the file again", Tone::Good),
    ];
    let mut lines = Vec::new();
    for (kind, title, meaning, tone) in groups {
        let news: Vec<&News> =
            report.news.iter().filter(|news| news.kind == kind.as_str()).collect();
        if !news.is_empty() {
            let lacking = match kind {
                EventKind::UrlLost => files_not_held(&news),
                _ => String::new(),
            };
            let text = format!("{meaning}{lacking}: {}", names(&news));
            lines.push(Line { title, number: number(news.len()), text, tone });
        }
    }
    for news in report.news.iter().filter(|news| news.media_id.is_none()) {
        let story = story::sentence_of(&news.kind, news.walk_id, report.finished_at, &news.detail);
        let title = if news.kind == EventKind::WalkHeld.as_str() { "held" } else { "note" };
        lines.push(Line { title, number: String::new(), text: story.text, tone: story.tone });
    }
    lines
}

fn files_not_held(news: &[&News]) -> String {
    match news.iter().filter(|news| news.detail["held"] != true).count() {
        0 => " (we hold every one)".to_owned(),
        lacking if lacking == news.len() => " (none of them held)".to_owned(),
        lacking => format!(" ({} of them not held)", number(lacking)),
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
    fn lost_addresses_say_how_many_files_are_not_held() {
        let lost = |code, held: bool| news("url_lost", Some(code), json!({"held": held}));
        for (all, text) in [
            (vec![lost("A", true), lost("A", true)], "(we hold every one): A"),
            (vec![lost("A", false)], "(none of them held): A"),
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
