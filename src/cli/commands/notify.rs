//! `mediakeep notify`: tries whether those who are to be told can be.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::cli::args::{NotifyAction, NotifyArgs, NotifyTestArgs};
use crate::cli::output::{Output, Reader};
use crate::cli::render::text::plain;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::messengers;
use crate::domain::notice::test_message;
use crate::exit::{Exit, Failure};
use crate::notify::{NotifyError, Receipt};

/// Does what the command line says.
pub(crate) fn run(args: &NotifyArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    match &args.action {
        NotifyAction::Test(args) => test(args, config, output),
    }
}

/// Sends a test message to each target, one after the other, and tells what came of it.
fn test(args: &NotifyTestArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let (messengers, _ping) = messengers(config)?;
    let watchman = messengers.pings.map(|queue| queue.target);
    let targets = messengers.messengers.len() + usize::from(watchman.is_some());
    check(args, targets)?;
    let message = test_message(Clock::system().now(), "mediakeep");
    let is_wanted = |number: usize| args.target.is_none_or(|wanted| wanted.get() == number);
    let runtime = super::runtime()?;
    let mut exit = Exit::Done;
    let mut tell = |tried: &Tried| -> anyhow::Result<()> {
        if tried.outcome.is_err() {
            exit = Exit::Attention;
        }
        tried.write(output)
    };
    for (nth, messenger) in messengers.messengers.iter().enumerate() {
        if is_wanted(nth + 1) {
            let sending = messenger.send(&message);
            tell(&Tried::of(nth + 1, &messenger.name, || runtime.block_on(sending)))?;
        }
    }
    if let Some(watchman) = watchman.filter(|_| is_wanted(targets)) {
        tell(&Tried::of(targets, &watchman.name, || runtime.block_on(watchman.test())))?;
    }
    Ok(exit)
}

fn check(args: &NotifyTestArgs, targets: usize) -> Result<(), Failure> {
    if targets == 0 {
        return Err(Failure::new(Exit::Config, "nobody is to be told: [notify] names no target")
            .with_hint(
                "add webhooks, commands, ntfy or ping_url (docs/operations.md, Being told)",
            ));
    }
    match args.target {
        Some(wanted) if wanted.get() > targets => {
            Err(Failure::new(Exit::Usage, format!("no target {wanted}: there are {targets}"))
                .with_hint("`mediakeep notify test` tries all of them, with their numbers"))
        }
        Some(_) | None => Ok(()),
    }
}

/// What came of one target.
struct Tried<'a> {
    number: usize,
    name: &'a str,
    outcome: Result<Receipt, NotifyError>,
    took: Duration,
}

impl<'a> Tried<'a> {
    fn of(
        number: usize,
        name: &'a str,
        send: impl FnOnce() -> Result<Receipt, NotifyError>,
    ) -> Self {
        let begun = Instant::now();
        let outcome = send();
        Self { number, name, outcome, took: begun.elapsed() }
    }

    fn write(&self, output: &Output) -> anyhow::Result<()> {
        let seconds = self.took.as_secs_f64();
        let said = match &self.outcome {
            Ok(receipt) => receipt.0.clone(),
            Err(error) => error.line(),
        };
        match output.reader {
            Reader::Program => output.record(
                "notified",
                json!({
                    "number": self.number,
                    "target": self.name,
                    "ok": self.outcome.is_ok(),
                    "answer": said,
                    "seconds": (seconds * 1000.0).round() / 1000.0,
                }),
            ),
            Reader::Person => {
                let word = if self.outcome.is_ok() { "ok" } else { "failed" };
                let (number, name) = (self.number, plain(self.name));
                output.write(&format!(
                    "{number}  {word:<6}  {name}: {} ({seconds:.1} s)\n",
                    plain(&said)
                ))
            }
        }
    }
}
