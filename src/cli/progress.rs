//! What a person sees while a pass runs: bars on a terminal, now and then a line elsewhere.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Global;
use super::render::text::plain;
use super::render::units::{bytes, count};
use crate::archive::progress::Unwatched;
use crate::archive::{PassEvent, Watch};
use crate::domain::AccountName;
use crate::telemetry;

/// How often a view without a terminal says how far an account is.
const EVERY: Duration = Duration::from_secs(30);

/// The view that fits: none for programs and quiet people, bars on a terminal, lines elsewhere.
pub(super) fn view(global: &Global) -> Arc<dyn Watch> {
    if global.json || global.quiet {
        Arc::new(Unwatched)
    } else if io::stderr().is_terminal() {
        Arc::new(Bars::new())
    } else {
        Arc::new(Lines::new(EVERY))
    }
}

/// What is known of one account's pass.
#[derive(Debug, Clone, Default, PartialEq)]
struct Standing {
    edge: &'static str,
    listed: usize,
    new: usize,
    changed: usize,
    usage_percent: Option<f64>,
    done: usize,
    failed: usize,
    known: usize,
    bytes: u64,
}

impl Standing {
    /// Takes an event in; a note changes nothing.
    fn note(&mut self, event: &PassEvent<'_>) {
        match *event {
            PassEvent::Walk { edge, listed, new, changed, usage_percent, .. } => {
                self.edge = edge.as_str();
                self.listed = listed;
                self.new = new;
                self.changed = changed;
                self.usage_percent = usage_percent.or(self.usage_percent);
            }
            PassEvent::Files { done, failed, known, bytes, .. } => {
                self.done = done;
                self.failed = failed;
                self.known = known;
                self.bytes = bytes;
            }
            PassEvent::Note { .. } | PassEvent::Waiting { .. } | PassEvent::Done { .. } => {}
        }
    }

    /// What is listed so far; empty before the first page.
    fn listing(&self) -> String {
        if self.edge.is_empty() {
            return String::new();
        }
        let mut text = format!("{}  {} listed", self.edge, number(self.listed));
        if self.new > 0 {
            text.extend([format!("  {} new", number(self.new))]);
        }
        if self.changed > 0 {
            text.extend([format!("  {} changed", number(self.changed))]);
        }
        if let Some(percent) = self.usage_percent {
            text.extend([format!("  API {percent:.0} %")]);
        }
        text
    }

    /// How far the files are; empty before one is known.
    fn files(&self) -> String {
        if self.known == 0 {
            return String::new();
        }
        let mut text =
            format!("files {}/{}  {}", number(self.done), number(self.known), bytes(self.bytes));
        if self.failed > 0 {
            text.extend([format!("  {} failed", number(self.failed))]);
        }
        text
    }
}

fn number(number: usize) -> String {
    count(u64::try_from(number).unwrap_or(u64::MAX))
}

fn account_of<'a>(event: &PassEvent<'a>) -> &'a AccountName {
    match *event {
        PassEvent::Walk { account, .. }
        | PassEvent::Files { account, .. }
        | PassEvent::Note { account, .. }
        | PassEvent::Waiting { account, .. }
        | PassEvent::Done { account } => account,
    }
}

/// One line per account when it begins, every so often, and for each note.
#[derive(Debug)]
struct Lines {
    every: Duration,
    accounts: Mutex<BTreeMap<AccountName, (Standing, Option<Instant>)>>,
}

impl Lines {
    fn new(every: Duration) -> Self {
        Self { every, accounts: Mutex::default() }
    }

    /// The line that an event is worth, if any.
    fn line(&self, event: &PassEvent<'_>, now: Instant) -> Option<String> {
        let account = account_of(event);
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let (standing, told) = accounts.entry(account.clone()).or_default();
        standing.note(event);
        match event {
            PassEvent::Note { text, .. } => Some(format!("{account}: {}", plain(text))),
            PassEvent::Waiting { until, .. } => {
                Some(format!("{account}: waits until {until}: the allowance is used up"))
            }
            PassEvent::Done { .. } => None,
            PassEvent::Walk { .. } | PassEvent::Files { .. } => {
                if told.is_some_and(|told| now.duration_since(told) < self.every) {
                    return None;
                }
                let parts = [standing.listing(), standing.files()];
                let parts: Vec<String> =
                    parts.into_iter().filter(|part| !part.is_empty()).collect();
                if parts.is_empty() {
                    return None;
                }
                *told = Some(now);
                Some(format!("{account}: {}", parts.join("  ")))
            }
        }
    }
}

impl Watch for Lines {
    fn event(&self, event: PassEvent<'_>) {
        if let Some(line) = self.line(&event, Instant::now()) {
            // Whoever closed standard error does not want to know.
            drop(writeln!(io::stderr(), "{line}"));
        }
    }
}

/// Two bars per account: what is listed, and the files.
#[derive(Debug)]
struct Bars {
    screen: MultiProgress,
    accounts: Mutex<BTreeMap<AccountName, AccountBars>>,
}

#[derive(Debug)]
struct AccountBars {
    standing: Standing,
    listing: ProgressBar,
    files: ProgressBar,
}

impl Bars {
    fn new() -> Self {
        Self::on(ProgressDrawTarget::stderr_with_hz(8))
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let aside = screen.clone();
        telemetry::around_writes(Some(Box::new(move |write| aside.suspend(write))));
        Self { screen, accounts: Mutex::default() }
    }

    fn begin(&self, account: &AccountName) -> AccountBars {
        // Templates are constant; a wrong one would show the plain style.
        let style = |template| {
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("##-")
        };
        let listing = self.screen.add(ProgressBar::new_spinner());
        listing.set_style(style("{prefix:<16.bold} {msg}"));
        listing.set_prefix(account.to_string());
        let files = self.screen.add(ProgressBar::new(0));
        files.set_style(style("{prefix:<16} [{bar:20}] {msg}  eta {eta}"));
        AccountBars { standing: Standing::default(), listing, files }
    }
}

impl Watch for Bars {
    fn event(&self, event: PassEvent<'_>) {
        let account = account_of(&event);
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let bars = accounts.entry(account.clone()).or_insert_with(|| self.begin(account));
        bars.standing.note(&event);
        match event {
            PassEvent::Walk { .. } => bars.listing.set_message(bars.standing.listing()),
            PassEvent::Files { done, failed, known, .. } => {
                bars.files.set_length(u64::try_from(known).unwrap_or(u64::MAX));
                bars.files.set_position(u64::try_from(done + failed).unwrap_or(u64::MAX));
                bars.files.set_message(bars.standing.files());
            }
            PassEvent::Note { text, .. } => {
                // The screen may be gone; the note stands in the log as well.
                self.screen.println(format!("{account}: {}", plain(text))).ok();
            }
            PassEvent::Waiting { until, .. } => {
                bars.listing.set_message(format!("waits until {until}: the allowance is used up"));
            }
            PassEvent::Done { .. } => {
                bars.listing.finish_and_clear();
                bars.files.finish_and_clear();
            }
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        telemetry::around_writes(None);
        self.screen.clear().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Edge;

    fn walk(account: &AccountName, listed: usize) -> PassEvent<'_> {
        PassEvent::Walk {
            account,
            edge: Edge::Media,
            pages: 1,
            listed,
            new: 3,
            changed: 0,
            usage_percent: Some(6.4),
        }
    }

    #[test]
    fn a_line_is_written_at_first_and_then_every_half_minute() {
        let lines = Lines::new(EVERY);
        let account: AccountName = "harbor".parse().unwrap();
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(
            lines.line(&walk(&account, 100), at(0)).as_deref(),
            Some("harbor: media  100 listed  3 new  API 6 %")
        );
        assert_eq!(lines.line(&walk(&account, 200), at(29)), None);
        let files =
            PassEvent::Files { account: &account, done: 41, failed: 1, known: 96, bytes: 2 << 20 };
        assert_eq!(
            lines.line(&files, at(30)).as_deref(),
            Some("harbor: media  200 listed  3 new  API 6 %  files 41/96  2.0 MiB  1 failed")
        );
        assert_eq!(lines.line(&PassEvent::Done { account: &account }, at(90)), None);
    }

    #[test]
    fn nothing_is_said_before_there_is_something_to_say() {
        let lines = Lines::new(EVERY);
        let account: AccountName = "harbor".parse().unwrap();
        let files = PassEvent::Files { account: &account, done: 0, failed: 0, known: 0, bytes: 0 };
        assert_eq!(lines.line(&files, Instant::now()), None);
    }

    #[test]
    fn a_note_is_told_at_once_and_cannot_steer_the_terminal() {
        let lines = Lines::new(EVERY);
        let account: AccountName = "harbor".parse().unwrap();
        let note = PassEvent::Note { account: &account, text: "paused\u{1b}[2J" };
        assert_eq!(lines.line(&note, Instant::now()).as_deref(), Some("harbor: paused\\u{1b}[2J"));
    }

    #[test]
    fn bars_follow_the_pass_and_leave_the_screen_clean() {
        let bars = Bars::on(ProgressDrawTarget::hidden());
        let account: AccountName = "harbor".parse().unwrap();
        bars.event(walk(&account, 100));
        bars.event(PassEvent::Files { account: &account, done: 4, failed: 1, known: 9, bytes: 7 });
        {
            let accounts = bars.accounts.lock().unwrap();
            let shown = &accounts[&account];
            assert_eq!((shown.files.position(), shown.files.length()), (5, Some(9)));
            assert_eq!(shown.listing.message(), "media  100 listed  3 new  API 6 %");
        }
        bars.event(PassEvent::Done { account: &account });
        assert!(bars.accounts.lock().unwrap()[&account].files.is_finished());
    }
}
