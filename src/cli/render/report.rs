//! Reports of passes and of verifying, for people.

use super::news::{self, Line};
use super::paint::{Tone, paint};
use super::units::{bytes, count, counted};
use crate::archive::report::{FilesReport, PassReport, WalkReport};
use crate::archive::verify::{Broken, HistoryReport, VerifyReport};
use crate::telemetry::Colours;

/// What the passes did, a block of lines per account.
pub(crate) fn passes(reports: &[PassReport], colours: Colours) -> String {
    let widest = reports.iter().map(|report| report.account.as_str().len()).max().unwrap_or(0);
    reports.iter().map(|report| pass(report, widest, colours)).collect()
}

fn pass(report: &PassReport, widest: usize, colours: Colours) -> String {
    let mut lines: Vec<String> =
        report.walks.iter().map(|walk| self::walk(walk, colours)).collect();
    lines.extend(files(&report.files, colours));
    lines.extend(news::lines(report).iter().map(|line| told(line, colours)));
    if lines.is_empty() {
        lines.push(paint("nothing was done", Tone::Bad, colours));
    }
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let name = if at == 0 { report.account.as_str() } else { "" };
        let padded = format!("{name:<widest$}");
        text.extend([format!("{}  {line}\n", paint(&padded, Tone::Heading, colours))]);
    }
    text
}

fn told(line: &Line, colours: Colours) -> String {
    let Line { title, number, text, tone } = line;
    let text = paint(text, *tone, colours);
    if number.is_empty() {
        return format!("{title:<8}  {text}");
    }
    format!("{title:<8}  {number:>6} {text}")
}

fn walk(walk: &WalkReport, colours: Colours) -> String {
    let mut parts = vec![format!("{:<8}", walk.edge.as_str())];
    for (number, word) in
        [(walk.new, "new"), (walk.changed, "changed"), (walk.unchanged, "unchanged")]
    {
        if number > 0 {
            parts.push(format!("{:>6} {word}", self::number(number)));
        }
    }
    if walk.new + walk.changed + walk.unchanged == 0 {
        parts.push("  nothing".to_owned());
    }
    for (number, word, tone) in [
        (walk.missing.unwrap_or(0), "missing", Tone::Warning),
        (walk.unlisted, "unlisted", Tone::Warning),
        (walk.gone, "gone", Tone::Bad),
        (walk.held.unwrap_or(0), "missing at once: held", Tone::Warning),
    ] {
        if number > 0 {
            parts.push(paint(&format!("{} {word}", self::number(number)), tone, colours));
        }
    }
    if walk.unreadable > 0 {
        let text = format!("{} unreadable", number(walk.unreadable));
        parts.push(paint(&text, Tone::Warning, colours));
    }
    if !walk.is_complete() {
        let reason = walk.reason.map_or_else(String::new, |reason| format!(": {reason}"));
        parts.push(paint(&format!("{}{reason}", walk.outcome), Tone::Warning, colours));
    }
    parts.join("  ")
}

fn files(files: &FilesReport, colours: Colours) -> Option<String> {
    let mut parts = Vec::new();
    if files.saved > 0 {
        parts.push(format!("{:>6} saved ({})", number(files.saved), bytes(files.saved_bytes)));
    }
    for (number, word, tone) in [
        (files.already_held, "of them known bytes", Tone::Normal),
        (files.new_versions, "of them new versions", Tone::Normal),
        (files.rechecked, "rechecked", Tone::Normal),
        (files.left, "waiting", Tone::Warning),
        (files.failed, "failed", Tone::Bad),
    ] {
        if number > 0 {
            parts.push(paint(&format!("{} {word}", self::number(number)), tone, colours));
        }
    }
    (!parts.is_empty()).then(|| format!("{:<8}  {}", "files", parts.join("  ")))
}

/// What reading everything again found.
pub(crate) fn verified(report: &VerifyReport, colours: Colours) -> String {
    let mut text = history(&report.history, colours);
    text.extend([files_read(report, colours)]);
    text
}

fn history(report: &HistoryReport, colours: Colours) -> String {
    let mut text = format!(
        "Recomputed {} and {}: ",
        counted(report.events, "event"),
        counted(report.responses, "kept answer"),
    );
    if report.is_clean() {
        text.push_str("all as they were written.\n");
        return text;
    }
    text.extend([format!("{}.\n", paint("not as they were written", Tone::Bad, colours))]);
    for Broken { account, event } in &report.broken {
        text.extend([format!("broken      {account}: the chain from event {event} on\n")]);
    }
    for digest in &report.damaged_responses {
        text.extend([format!("damaged     answer {digest}\n")]);
    }
    if report.missing_responses > 0 {
        text.extend([format!("missing     {}\n", counted(report.missing_responses, "answer"))]);
    }
    for event in &report.unproven {
        text.extend([format!("unproven    event {event}: its evidence is not what it names\n")]);
    }
    text
}

fn files_read(report: &VerifyReport, colours: Colours) -> String {
    let mut text = format!(
        "Read {} ({}): {} intact",
        counted(u64::try_from(report.checked).unwrap_or(u64::MAX), "file"),
        bytes(report.bytes),
        number(report.intact)
    );
    for (names, word) in [
        (&report.damaged, "damaged"),
        (&report.missing, "missing"),
        (&report.unreadable, "unreadable"),
    ] {
        if !names.is_empty() {
            let part = format!("{} {word}", number(names.len()));
            text.extend([format!(", {}", paint(&part, Tone::Bad, colours))]);
        }
    }
    text.push_str(".\n");
    for (names, word) in [
        (&report.damaged, "damaged"),
        (&report.missing, "missing"),
        (&report.unreadable, "unreadable"),
    ] {
        for name in names {
            text.extend([format!("{word:<10}  {name}\n")]);
        }
    }
    text
}

fn number(number: usize) -> String {
    count(u64::try_from(number).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::archive::WalkPlan;
    use crate::archive::report::News;
    use crate::domain::{Edge, Login, Timestamp, Window};

    fn walk_report(edge: Edge) -> WalkReport {
        let plan = WalkPlan { name: "full".to_owned(), edge, window: Window::ALL };
        WalkReport { outcome: "complete", ..WalkReport::begin(&plan, 1) }
    }

    #[test]
    fn a_pass_is_a_block_of_lines_that_say_what_happened() {
        let mut report =
            PassReport::begin("harbor".parse().unwrap(), Login::Instagram, Timestamp::EPOCH);
        report.walks.push(WalkReport { new: 3, unchanged: 174, ..walk_report(Edge::Media) });
        report.walks.push(WalkReport {
            outcome: "partial",
            reason: Some("throttled"),
            ..walk_report(Edge::Stories)
        });
        report.files =
            FilesReport { saved: 96, saved_bytes: 730 << 20, failed: 1, ..FilesReport::default() };
        let quiet = PassReport::begin("a".parse().unwrap(), Login::Facebook, Timestamp::EPOCH);
        assert_eq!(
            passes(&[report, quiet], Colours::Off),
            "harbor  media          3 new     174 unchanged\n\
             \u{20}       stories     nothing  partial: throttled\n\
             \u{20}       files         96 saved (730 MiB)  1 failed\n\
             a       nothing was done\n"
        );
    }

    #[test]
    fn a_pass_names_what_disappeared_and_the_walk_that_is_held() {
        let mut report =
            PassReport::begin("bakery".parse().unwrap(), Login::Instagram, Timestamp::EPOCH);
        let full = WalkReport { missing: Some(1), gone: 1, ..walk_report(Edge::Media) };
        report.walks.push(WalkReport { unchanged: 50, ..full });
        report.walks.push(WalkReport { held: Some(9), ..walk_report(Edge::Media) });
        let news = |kind: &str, code: Option<&str>| News {
            kind: kind.to_owned(),
            media_id: code.map(str::to_owned),
            shortcode: code.map(str::to_owned),
            role: None,
            walk_id: Some(17),
            detail: json!({"kind": "missing", "items": 9, "looked_at": 10}),
        };
        report.add_news(vec![
            news("gone", Some("DNZ")),
            news("missing", Some("DNY")),
            news("walk_held", None),
        ]);
        assert_eq!(
            passes(&[report], Colours::Off),
            "bakery  media         50 unchanged  1 missing  1 gone\n\
             \u{20}       media       nothing  9 missing at once: held\n\
             \u{20}       missing        1 not listed, not confirmed: DNY\n\
             \u{20}       gone           1 no longer available to this token: DNZ\n\
             \u{20}       held      9 of 10 items missing at once: held, nothing of it is believed; \
             mediakeep accept 17 believes it\n"
        );
    }

    #[test]
    fn bad_files_are_counted_and_named() {
        let report = VerifyReport {
            checked: 3,
            bytes: 2048,
            intact: 1,
            damaged: vec!["aa".to_owned()],
            missing: vec!["bb".to_owned()],
            unreadable: Vec::new(),
            history: HistoryReport { events: 7, responses: 1, ..HistoryReport::default() },
        };
        assert_eq!(
            verified(&report, Colours::Off),
            "Recomputed 7 events and 1 kept answer: all as they were written.\n\
             Read 3 files (2.0 KiB): 1 intact, 1 damaged, 1 missing.\n\
             damaged     aa\nmissing     bb\n"
        );
    }
    #[test]
    fn a_broken_history_says_where_it_breaks() {
        let history = HistoryReport {
            events: 1,
            broken: vec![Broken { account: "harbor".to_owned(), event: 12 }],
            responses: 2,
            damaged_responses: vec!["aa".to_owned()],
            missing_responses: 1,
            unproven: vec![13],
            ..HistoryReport::default()
        };
        let report = VerifyReport { history, ..VerifyReport::default() };
        let text = verified(&report, Colours::Off);
        assert_eq!(
            text.lines().take(5).collect::<Vec<_>>(),
            [
                "Recomputed 1 event and 2 kept answers: not as they were written.",
                "broken      harbor: the chain from event 12 on",
                "damaged     answer aa",
                "missing     1 answer",
                "unproven    event 13: its evidence is not what it names",
            ]
        );
    }
}
