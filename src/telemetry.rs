//! Diagnostics on standard error: formats, levels, and the last line of defence against secrets.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

use secrecy::{ExposeSecret, SecretString};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{DefaultFields, Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, fmt};

use crate::config::{LogConfig, LogFormat};
use crate::redact;

mod journal;

use journal::Journal;

/// How much the person at the terminal asked for, over what the configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// Errors alone.
    Quiet,
    /// As configured.
    #[default]
    Configured,
    /// What the program does.
    Verbose,
    /// Everything, libraries included up to their own warnings.
    VeryVerbose,
}

/// Whether diagnostics may be coloured; only text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    On,
    Off,
}

/// Starts writing diagnostics to standard error; only the first call of a process counts.
pub fn start(log: &LogConfig, verbosity: Verbosity, colours: Colours) {
    let filter = filter(&log.level, verbosity);
    let journald = if is_in_journal() { Some(Path::new(journal::SOCKET)) } else { None };
    let layer = match log.format {
        LogFormat::Json => fmt::layer().json().with_writer(Redacted).boxed(),
        LogFormat::Journal => journal(journald),
        LogFormat::Text if journald.is_some() => journal(journald),
        LogFormat::Text => fmt::layer()
            .with_target(false)
            .with_ansi(colours == Colours::On)
            .with_writer(Redacted)
            .boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    // A second start, as in tests, leaves the first in place.
    tracing::subscriber::set_global_default(subscriber).ok();
}

/// Names a secret that must never appear in a diagnostic, whatever prints it.
pub fn never_print(secret: &str) {
    if secret.len() >= 8 {
        let mut known = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
        // A daemon reads the same token before each pass.
        if !known.iter().any(|one| one.expose_secret() == secret) {
            known.push(SecretString::from(secret));
        }
    }
}

/// Takes every known secret and everything that looks like one out of a text.
pub fn redacted(text: &str) -> String {
    let mut text = text.to_owned();
    for secret in SECRETS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if text.contains(secret.expose_secret()) {
            text = text.replace(secret.expose_secret(), redact::REDACTED);
        }
    }
    text.split_inclusive('\n').map(redact::scrub_message).collect()
}

/// What runs around each write, so that a drawing on the terminal can step aside.
pub type StepAside = Box<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// Sets or ends what runs around each write.
pub fn around_writes(step_aside: Option<StepAside>) {
    *AROUND.write().unwrap_or_else(PoisonError::into_inner) = step_aside;
}

static SECRETS: Mutex<Vec<SecretString>> = Mutex::new(Vec::new());
static AROUND: RwLock<Option<StepAside>> = RwLock::new(None);

/// The configured level is the program's own; libraries never say more than warnings unless a
/// directive names them.
fn filter(level: &str, verbosity: Verbosity) -> Targets {
    let configured: Targets = level.parse().unwrap_or_else(|_| Targets::new());
    let own = match verbosity {
        Verbosity::Quiet => return Targets::new().with_default(LevelFilter::ERROR),
        Verbosity::Configured => configured.default_level().unwrap_or(LevelFilter::INFO),
        Verbosity::Verbose => LevelFilter::DEBUG,
        Verbosity::VeryVerbose => LevelFilter::TRACE,
    };
    let others = own.min(LevelFilter::WARN);
    // Directives come last: they are more exact than the level.
    Targets::new()
        .with_default(others)
        .with_target("mediakeep", own)
        .with_targets(configured.iter())
}

type DynLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// Whether standard error is the stream that systemd handed to this process: a child that was
/// given another standard error inherits the variable, and its words belong there.
fn is_in_journal() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let Some((device, inode)) = stream.to_str().and_then(|stream| stream.split_once(':')) else {
        return false;
    };
    rustix::fs::fstat(io::stderr())
        .is_ok_and(|facts| device.parse() == Ok(facts.st_dev) && inode.parse() == Ok(facts.st_ino))
}

/// The journal's own protocol where journald listens, else lines with their priority in front.
fn journal<S>(journald: Option<&Path>) -> DynLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    if let Some(Ok(journal)) = journald.map(Journal::open) {
        return journal.boxed();
    }
    let event = Format::default().without_time().with_level(false).with_target(false);
    let layer = fmt::layer().event_format(Prioritised(event.with_ansi(false)));
    layer.with_ansi(false).with_writer(Redacted).boxed()
}

/// Writes the priority in front, as journald and syslog read it from a stream (sd-daemon(3)).
struct Prioritised(Format<Full, ()>);

impl<S> FormatEvent<S, DefaultFields> for Prioritised
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    DefaultFields: for<'w> FormatFields<'w>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, DefaultFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        writer.write_str(match *event.metadata().level() {
            Level::ERROR => "<3>",
            Level::WARN => "<4>",
            Level::INFO => "<6>",
            Level::DEBUG | Level::TRACE => "<7>",
        })?;
        self.0.format_event(context, writer, event)
    }
}

/// Standard error behind a filter that takes secrets out of each event.
struct Redacted;

impl<'a> MakeWriter<'a> for Redacted {
    type Writer = OneEvent;

    fn make_writer(&'a self) -> Self::Writer {
        OneEvent(Vec::new())
    }
}

/// Collects one event, so that a secret cannot slip through between two writes.
struct OneEvent(Vec<u8>);

impl Write for OneEvent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for OneEvent {
    fn drop(&mut self) {
        let text = redacted(&String::from_utf8_lossy(&self.0));
        // A closed standard error is no reason to stop archiving.
        let mut write = || drop(io::stderr().write_all(text.as_bytes()));
        match &*AROUND.read().unwrap_or_else(PoisonError::into_inner) {
            Some(step_aside) => step_aside(&mut write),
            None => write(),
        }
    }
}

#[cfg(test)]
mod tests;
