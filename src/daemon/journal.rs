//! What the log says of a pass: one line, and one for each problem that is new.

use crate::archive::PassReport;
use crate::archive::report::ProblemKind;

/// What was said of an account's last pass, so that lasting trouble is told once.
#[derive(Debug, Default)]
pub(super) struct Journal {
    told: Vec<ProblemKind>,
}

impl Journal {
    /// Writes the lines of a pass.
    pub(super) fn write(&mut self, report: &PassReport) {
        let account = report.account.as_str();
        let seconds = report.finished_at.since(report.started_at).as_secs();
        let line = line(report);
        tracing::info!(account, calls = report.calls, seconds, "{account}: {line}");
        for problem in &report.problems {
            let hint = problem.hint.as_deref().unwrap_or_default();
            if problem.kind == ProblemKind::Stopped {
                tracing::info!(account, "{}", problem.message);
            } else if self.told.contains(&problem.kind) {
                tracing::debug!(account, hint, "still: {}", problem.message);
            } else {
                tracing::warn!(account, hint, "{}", problem.message);
            }
        }
        let kinds: Vec<_> = report.problems.iter().map(|problem| problem.kind).collect();
        if kinds.is_empty() && !self.told.is_empty() {
            tracing::info!(account, "{account}: all is well again");
        }
        // A stop says nothing of what was wrong before.
        if !kinds.contains(&ProblemKind::Stopped) {
            self.told = kinds;
        }
    }
}

/// A pass in a few words.
pub(super) fn line(report: &PassReport) -> String {
    let mut parts: Vec<String> = report
        .walks
        .iter()
        .map(|walk| {
            let mut words = format!("{} {} listed", walk.name, walk.listed);
            let count = |words: &mut String, n: usize, what: &str| {
                if n > 0 {
                    words.push_str(&format!(", {n} {what}"));
                }
            };
            count(&mut words, walk.new, "new");
            count(&mut words, walk.changed, "changed");
            count(&mut words, walk.missing.unwrap_or(0), "missing");
            count(&mut words, walk.gone, "gone");
            if !walk.is_complete() {
                words.push_str(&format!(" ({}: {})", walk.outcome, walk.reason.unwrap_or("?")));
            }
            words
        })
        .collect();
    if parts.is_empty() {
        parts.push("no walk ran".to_owned());
    }
    let files = &report.files;
    if files.saved + files.failed + files.left > 0 {
        let mut words = format!("{} files saved ({} bytes)", files.saved, files.saved_bytes);
        if files.failed > 0 {
            words.push_str(&format!(", {} failed", files.failed));
        }
        if files.left > 0 {
            words.push_str(&format!(", {} left for later", files.left));
        }
        parts.push(words);
    }
    parts.join("; ")
}
