//! Tells errors: what failed, why, and what to do next.

use std::io::{self, Write};
use std::panic::PanicHookInfo;

use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::telemetry::redacted;

use super::render::text::plain;

/// How errors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Text,
    Json,
}

/// Writes an error to standard error and answers how the program ends.
pub(super) fn tell(error: &anyhow::Error, style: Style) -> Exit {
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    let exit = failure.map_or(Exit::Bug, |failure| failure.exit);
    let hint = failure.and_then(Failure::hint);
    // The last thing that can be done is to write; whether it can be read is not ours.
    drop(writeln!(io::stderr(), "{}", compose(error, exit, hint, style)));
    exit
}

/// Writes to standard error what limited a command that went on; exit is how it would end alone.
pub(super) fn tell_problem(message: &str, hint: Option<&str>, exit: Exit, style: Style) {
    let severity = if exit == Exit::Attention { "warning" } else { "error" };
    drop(writeln!(io::stderr(), "{}", words(severity, message, exit, hint, style)));
}

fn compose(error: &anyhow::Error, exit: Exit, hint: Option<&str>, style: Style) -> String {
    words("error", &chain(error), exit, hint, style)
}

fn words(severity: &str, message: &str, exit: Exit, hint: Option<&str>, style: Style) -> String {
    let message = plain(&redacted(message));
    let hint = hint.map(|hint| plain(&redacted(hint)));
    match style {
        Style::Json => json!({
            "v": 1,
            "type": severity,
            "exit": exit.code(),
            "reason": exit.as_str(),
            "message": message,
            "hint": hint,
        })
        .to_string(),
        Style::Text => match hint {
            Some(hint) => format!("{severity}: {message}\nhint: {hint}"),
            None => format!("{severity}: {message}"),
        },
    }
}

/// The messages from the outermost to the innermost; one that only repeats the one before is
/// left out.
fn chain(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if parts.last().is_none_or(|last| !last.ends_with(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// Makes a panic say that it is a bug, on one line and without secrets.
pub(super) fn announce_panics() {
    std::panic::set_hook(Box::new(|info| {
        drop(writeln!(io::stderr(), "{}", notice(info)));
    }));
}

fn notice(info: &PanicHookInfo<'_>) -> String {
    let place =
        info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
    let payload = info.payload();
    let words = payload.downcast_ref::<&str>().copied();
    let words = words.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let words = words.unwrap_or("no message");
    let words: String = plain(&redacted(words)).chars().take(200).collect();
    format!(
        "error: a bug in mediakeep {}{place}: {words}\n\
         hint: what was kept is safe; please report this line",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> anyhow::Error {
        let cause = io::Error::other("GET /me?access_token=IGAACANARY failed\u{1b}[31m");
        anyhow::Error::from(
            Failure::new(Exit::Unavailable, "could not ask for harbor")
                .caused_by(cause)
                .with_hint("wait"),
        )
    }

    #[test]
    fn an_error_says_what_and_why_and_what_next() {
        let text = compose(&failure(), Exit::Unavailable, Some("wait"), Style::Text);
        let mut lines = text.lines();
        let first = lines.next().unwrap();
        assert!(first.starts_with("error: could not ask for harbor: GET /me"), "{first}");
        assert_eq!(lines.next(), Some("hint: wait"));
        assert!(!text.contains("CANARY") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn an_error_is_one_json_object_when_asked_for() {
        let text = compose(&failure(), Exit::Unavailable, Some("wait"), Style::Json);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["v"], 1);
        assert_eq!(value["type"], "error");
        assert_eq!(value["exit"], 15);
        assert_eq!(value["reason"], "unavailable");
        assert_eq!(value["hint"], "wait");
        assert!(!text.contains("CANARY"));
    }

    #[test]
    fn a_cause_that_repeats_its_error_is_told_once() {
        let inner = Failure::new(Exit::Config, "no file");
        let outer = anyhow::Error::from(Failure::new(Exit::Config, "no file").caused_by(inner));
        assert_eq!(chain(&outer), "no file");
    }
}
