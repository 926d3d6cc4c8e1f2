//! `mediakeep check`: what would fail, before it fails.

use serde_json::json;

use crate::cli::args::CheckArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::text::plain;
use crate::clock::Clock;
use crate::config::Config;
use crate::exit::{Exit, Failure};

mod offline;
mod online;
mod tokens;

/// What one check found.
#[derive(Debug, Clone, PartialEq)]
struct Finding {
    subject: String,
    verdict: Verdict,
    detail: String,
    hint: Option<String>,
    /// Lines below, such as the next runs of a schedule.
    more: Vec<String>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// It works, but should be looked at.
    Warning,
    /// It would end a command like this.
    Bad(Exit),
}

impl Finding {
    fn new(subject: impl Into<String>, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            verdict,
            detail: detail.into(),
            hint: None,
            more: Vec::new(),
        }
    }

    fn good(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Good, detail)
    }

    fn warning(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Warning, detail)
    }

    fn failed(subject: impl Into<String>, failure: &Failure) -> Self {
        let detail = failure_text(failure);
        let finding = Self::new(subject, Verdict::Bad(failure.exit), detail);
        Self { hint: failure.hint().map(str::to_owned), ..finding }
    }

    fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

fn failure_text(failure: &Failure) -> String {
    let mut text = failure.to_string();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text.extend([format!(": {error}")]);
        cause = error.source();
    }
    text
}

/// Runs the checks in order, telling each as it ends.
pub(crate) fn run(args: &CheckArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let clock = Clock::system();
    let mut verdicts = Vec::new();
    let mut tell = |findings: Vec<Finding>| -> anyhow::Result<()> {
        for finding in findings {
            output_one(&finding, output)?;
            verdicts.push(finding.verdict);
        }
        Ok(())
    };
    tell(offline::machine(config, &clock))?;
    tell(offline::archive(config, clock.now()))?;
    tell(offline::schedules(config, clock.now()))?;
    tell(tokens::tokens(config, clock.now()))?;
    if !args.offline {
        tell(super::runtime()?.block_on(online::accounts(config, &clock)))?;
    }
    let exit = exit_of(&verdicts);
    match output.reader {
        Reader::Program => {
            output
                .record("check_finished", json!({"exit": exit.code(), "reason": exit.as_str()}))?;
        }
        Reader::Person => output.write(&summary(&verdicts))?,
    }
    Ok(exit)
}

/// The lowest code of what would fail, or "needs attention" for warnings alone.
fn exit_of(verdicts: &[Verdict]) -> Exit {
    let bad = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Bad(exit) => Some(*exit),
        Verdict::Good | Verdict::Warning => None,
    });
    match bad.min() {
        Some(exit) => exit,
        None if verdicts.contains(&Verdict::Warning) => Exit::Attention,
        None => Exit::Done,
    }
}

fn summary(verdicts: &[Verdict]) -> String {
    let bad = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Bad(_))).count();
    let warnings = verdicts.iter().filter(|verdict| **verdict == Verdict::Warning).count();
    match (bad, warnings) {
        (0, 0) => "\nAll is well.\n".to_owned(),
        (bad, warnings) => format!("\n{bad} would fail, {warnings} to look at.\n"),
    }
}

fn output_one(finding: &Finding, output: &Output) -> anyhow::Result<()> {
    match output.reader {
        Reader::Program => {
            let (word, exit) = match finding.verdict {
                Verdict::Good => ("ok", None),
                Verdict::Warning => ("warning", None),
                Verdict::Bad(exit) => ("failed", Some(exit.code())),
            };
            output.record(
                "check",
                json!({
                    "subject": finding.subject,
                    "verdict": word,
                    "exit": exit,
                    "detail": finding.detail,
                    "hint": finding.hint,
                    "more": finding.more,
                }),
            )
        }
        Reader::Person => output.write(&text(finding, output)),
    }
}

fn text(finding: &Finding, output: &Output) -> String {
    let (word, tone) = match finding.verdict {
        Verdict::Good => ("ok  ", Tone::Good),
        Verdict::Warning => ("warn", Tone::Warning),
        Verdict::Bad(_) => ("FAIL", Tone::Bad),
    };
    let mut text = format!(
        "{}  {}: {}\n",
        paint(word, tone, output.colours),
        plain(&finding.subject),
        plain(&finding.detail)
    );
    for line in &finding.more {
        text.extend([format!("        {}\n", plain(line))]);
    }
    if let Some(hint) = &finding.hint {
        text.extend([format!("      hint: {}\n", plain(hint))]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_code_of_what_fails_is_the_exit() {
        let bad = Verdict::Bad;
        for (verdicts, exit) in [
            (vec![], Exit::Done),
            (vec![Verdict::Good], Exit::Done),
            (vec![Verdict::Good, Verdict::Warning], Exit::Attention),
            (vec![bad(Exit::Storage), Verdict::Warning, bad(Exit::Token)], Exit::Token),
        ] {
            assert_eq!(exit_of(&verdicts), exit, "{verdicts:?}");
        }
    }

    #[test]
    fn a_failed_check_tells_the_whole_chain_and_the_hint() {
        let failure = Failure::new(Exit::Storage, "could not open")
            .caused_by(std::io::Error::other("disk"))
            .with_hint("mount it");
        let finding = Finding::failed("archive", &failure);
        assert_eq!(finding.detail, "could not open: disk");
        assert_eq!(finding.hint.as_deref(), Some("mount it"));
        assert_eq!(finding.verdict, Verdict::Bad(Exit::Storage));
    }
}
