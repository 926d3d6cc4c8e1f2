//! The last lines: what a person should look at, and how the archive is looked after.

use super::facts::Facts;
use crate::catalog::AccountStatus;
use crate::cli::output::Output;
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::text::{plain, wrap};
use crate::cli::render::units::{ago, bytes, counted, span};
use crate::domain::liveness::Liveness;

/// One sentence each.
pub(super) fn lines(facts: &Facts, output: &Output) -> String {
    let mut lines = open_matters(facts);
    if lines.is_empty() && facts.status.totals.posts > 0 {
        lines.push(("Everything that is known is held.".to_owned(), Tone::Normal));
    }
    lines.extend(care(facts));
    let wrapped = lines.iter().flat_map(|(line, tone)| {
        let parts = wrap(line, output.sentences).into_iter();
        parts.map(|part| paint(&part, *tone, output.colours) + "\n")
    });
    wrapped.collect()
}

/// How the archive is looked after, where a daemon does it or a person did.
fn care(facts: &Facts) -> Vec<(String, Tone)> {
    let now = facts.now;
    let mut parts = Vec::new();
    let has_daemon = facts.daemon != Liveness::Never;
    match facts.around.backup {
        Some((made_at, size)) => {
            parts.push(format!("last backup {} ({})", ago(made_at, now), bytes(size)));
        }
        None if has_daemon => parts.push("no backup yet".to_owned()),
        None => {}
    }
    if let Some(at) = facts.around.least_verified_at {
        parts.push(format!("every file was read and compared within {}", span(at, now)));
    }
    let verify = facts.around.verify.as_ref();
    if let Some(detail) = verify.and_then(|verify| verify.detail.as_deref()) {
        parts.push(format!("last verification: {}", plain(detail)));
    }
    let text = parts.join("; ");
    let mut text = text.chars();
    let text: String = text.next().into_iter().flat_map(char::to_uppercase).chain(text).collect();
    if text.is_empty() { Vec::new() } else { vec![(text + ".", Tone::Faint)] }
}

fn open_matters(facts: &Facts) -> Vec<(String, Tone)> {
    let accounts = &facts.status.accounts;
    let totals = &facts.status.totals;
    let mut lines = Vec::new();
    if totals.damaged_blobs > 0 {
        lines.push((
            format!(
                "{} damaged or missing: run `mediakeep verify --repair`",
                counted(totals.damaged_blobs, "file")
            ),
            Tone::Bad,
        ));
    }
    if totals.failures > 0 {
        lines.push((
            format!("{}: run `mediakeep failures`", counted(totals.failures, "failure")),
            Tone::Warning,
        ));
    }
    let sum = |of: fn(&AccountStatus) -> u64| accounts.iter().map(of).sum::<u64>();
    let missing = sum(|account| account.missing);
    if missing > 0 {
        lines.push((
            format!(
                "{} missing, not confirmed: run `mediakeep list --state missing`",
                counted(missing, "item")
            ),
            Tone::Warning,
        ));
    }
    let gone = sum(|account| account.gone);
    if gone > 0 {
        lines.push((
            format!(
                "{} no longer available to its token: run `mediakeep events --kind gone`",
                counted(gone, "item")
            ),
            Tone::Warning,
        ));
    }
    let gaps = sum(|account| account.gaps);
    if gaps > 0 {
        lines.push((
            format!("{} in what is proven: run `mediakeep gaps`", counted(gaps, "gap")),
            Tone::Warning,
        ));
    }
    if facts.free < facts.min_free {
        lines.push((
            format!("{} free is less than min_free: no files are fetched", bytes(facts.free)),
            Tone::Bad,
        ));
    }
    if totals.files_without_url > 0 {
        let number = counted(totals.files_without_url, "file");
        lines.push((format!("{number} never had an address: the API withholds them"), Tone::Faint));
    }
    for messenger in &facts.around.messengers {
        if let Some(since) = messenger.failing_since {
            let why = messenger.error.as_deref().unwrap_or("no answer");
            let text = format!(
                "messenger {} has failed for {}: {}: run `mediakeep notify test`",
                plain(&messenger.target),
                span(since, facts.now),
                plain(why)
            );
            lines.push((text, Tone::Warning));
        }
    }
    lines
}
