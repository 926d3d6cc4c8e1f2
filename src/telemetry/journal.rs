//! The journal's own protocol: one datagram per event, its fields searchable.
//!
//! `journalctl -t mediakeep F_ACCOUNT=harbor.lantern` then finds what concerned an account. The
//! protocol is described in "Native Journal Protocol" on systemd.io: lines `NAME=value`, or
//! `NAME`, the value's length in 8 bytes and the value where it has several lines.

use std::fmt::{self, Write};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::redacted;

/// Where journald listens.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";

/// The longest value of a field: a datagram with many of them still passes every kernel's limit.
const LONGEST: usize = 16 * 1024;

/// Writes events to journald.
#[derive(Debug)]
pub(super) struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// Prepares to write; fails where nobody listens.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        // Not connected for good: journald may be started anew behind the same path.
        Ok(Self { socket: UnixDatagram::unbound()?, path: path.to_owned() })
    }

    fn send(&self, entry: &Entry) {
        if self.socket.send_to(&entry.bytes, &self.path).is_err() {
            // The stream that systemd reads as well still takes a line.
            let line = format!("<{}>{}\n", entry.priority, entry.message);
            drop(io::Write::write_all(&mut io::stderr(), line.as_bytes()));
        }
    }
}

impl<S> Layer<S> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        context: Context<'_, S>,
    ) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        // Outer spans first, so that what is said closest to the event stands last.
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(around) = span.extensions().get::<Fields>() {
                fields.named.extend(around.named.iter().cloned());
            }
        }
        event.record(&mut fields);
        self.send(&Entry::new(*event.metadata().level(), event.metadata().target(), &fields));
    }
}

/// The fields of a span or an event, as text.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    named: Vec<(&'static str, String)>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.note(field.name(), format!("{value:?}"));
    }
}

impl Fields {
    fn note(&mut self, name: &'static str, value: String) {
        match name {
            "message" => self.message = value,
            name => self.named.push((name, value)),
        }
    }
}

/// One event as it is sent: nothing in it that [`redacted`] would not let through.
struct Entry {
    priority: u8,
    message: String,
    bytes: Vec<u8>,
}

impl Entry {
    fn new(level: Level, target: &str, fields: &Fields) -> Self {
        let priority = priority(level);
        let mut message = fields.message.clone();
        if message.is_empty() {
            for (name, value) in &fields.named {
                // A string takes everything.
                write!(message, "{}{name}={value}", if message.is_empty() { "" } else { " " }).ok();
            }
        }
        let message = harmless(&message);
        let mut entry = Self { priority, message: message.clone(), bytes: Vec::new() };
        entry.field("MESSAGE", &message);
        entry.field("PRIORITY", &priority.to_string());
        entry.field("SYSLOG_IDENTIFIER", "mediakeep");
        entry.field("SYSLOG_PID", &std::process::id().to_string());
        entry.field("TARGET", target);
        for (name, value) in &fields.named {
            entry.field(&field_name(name), &harmless(value));
        }
        entry
    }

    fn field(&mut self, name: &str, value: &str) {
        self.bytes.extend_from_slice(name.as_bytes());
        if value.contains('\n') {
            self.bytes.push(b'\n');
            let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
            self.bytes.extend_from_slice(&length.to_le_bytes());
        } else {
            self.bytes.push(b'=');
        }
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.push(b'\n');
    }
}

/// Without secrets, and cut before the end of a secret could be what is left of it.
fn harmless(text: &str) -> String {
    let mut text = redacted(text);
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// As the journal takes names: capitals, digits and underscores, at most 64, no underscore first.
fn field_name(name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = name.chars().map(legal).take(62).collect();
    format!("F_{name}")
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::never_print;

    /// Reads a datagram as journald does.
    pub(crate) fn fields_of(mut bytes: &[u8]) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|byte| matches!(byte, b'=' | b'\n')).unwrap();
            let name = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let (value, rest) = if bytes[end] == b'=' {
                let rest = &bytes[end + 1..];
                let stop = rest.iter().position(|byte| *byte == b'\n').unwrap();
                (&rest[..stop], &rest[stop + 1..])
            } else {
                let (length, rest) = bytes[end + 1..].split_at(8);
                let length =
                    usize::try_from(u64::from_le_bytes(length.try_into().unwrap())).unwrap();
                assert_eq!(rest[length], b'\n');
                (&rest[..length], &rest[length + 1..])
            };
            fields.insert(name, String::from_utf8(value.to_vec()).unwrap());
            bytes = rest;
        }
        fields
    }

    fn said(say: impl FnOnce()) -> BTreeMap<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let journald = UnixDatagram::bind(&path).unwrap();
        journald.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        let journal = Journal::open(&path).unwrap();
        let subscriber = tracing_subscriber::registry().with(journal);
        tracing::subscriber::with_default(subscriber, say);
        let mut bytes = vec![0; 256 * 1024];
        let length = journald.recv(&mut bytes).unwrap();
        fields_of(&bytes[..length])
    }

    #[test]
    fn an_event_has_its_message_its_priority_and_its_fields() {
        let fields = said(|| {
            let span = tracing::info_span!("pass", account = "harbor");
            let _inside = span.enter();
            tracing::warn!(walk = "recent", attempt = 3, blob.id = %"ab", "asking again");
        });
        for (name, value) in [
            ("MESSAGE", "asking again"),
            ("PRIORITY", "4"),
            ("SYSLOG_IDENTIFIER", "mediakeep"),
            ("F_ACCOUNT", "harbor"),
            ("F_WALK", "recent"),
            ("F_ATTEMPT", "3"),
            ("F_BLOB_ID", "ab"),
        ] {
            assert_eq!(fields.get(name).map(String::as_str), Some(value), "{fields:?}");
        }
        assert_eq!(said(|| tracing::error!("x"))["PRIORITY"], "3");
        assert_eq!(said(|| tracing::info!("x"))["PRIORITY"], "6");
        assert_eq!(said(|| tracing::debug!("x"))["PRIORITY"], "7");
    }

    #[test]
    fn secrets_are_taken_out_of_the_message_and_of_every_field() {
        never_print("journal-canary-secret");
        let fields = said(|| {
            tracing::error!(
                error = "GET /me?access_token=IGAAcanaryCANARYcanaryCANARY failed",
                token = %"journal-canary-secret",
                "refused: journal-canary-secret\nBearer EAAcanaryCANARYcanaryCANARY"
            );
        });
        let all = format!("{fields:?}");
        assert!(!all.to_lowercase().contains("canary"), "{all}");
        assert_eq!(fields["F_TOKEN"], "[redacted]");
        assert_eq!(fields["MESSAGE"], "refused: [redacted]\nBearer [redacted]");
    }

    #[test]
    fn several_lines_stay_one_field_and_cannot_forge_another() {
        let fields = said(|| tracing::info!(caption = "a\nPRIORITY=0\nMESSAGE=forged", "real"));
        assert_eq!(fields["MESSAGE"], "real");
        assert_eq!(fields["PRIORITY"], "6");
        assert_eq!(fields["F_CAPTION"], "a\nPRIORITY=0\nMESSAGE=forged");
    }

    #[test]
    fn a_long_value_is_cut_and_names_are_made_legal() {
        let fields = said(|| tracing::info!(long = %"ü".repeat(100_000), "x"));
        assert!(fields["F_LONG"].len() <= LONGEST + 3 && fields["F_LONG"].ends_with("ü…"));
        assert_eq!(field_name("media.id-9"), "F_MEDIA_ID_9");
        assert_eq!(field_name(&"x".repeat(100)).len(), 64);
    }

    #[test]
    fn without_a_listener_there_is_no_journal() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Journal::open(&dir.path().join("socket")).is_err());
    }
}
