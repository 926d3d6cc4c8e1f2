//! Standard output: lines for people, or one JSON object per line for programs.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use serde_json::{Map, Value};

use crate::exit::{Exit, Failure};
use crate::telemetry::Colours;

use super::args::Global;
use super::colours_on;

/// Nobody reads the output any more, as when it went to `head`; the program ends quietly.
#[derive(Debug)]
pub(super) struct ClosedOutput;

impl fmt::Display for ClosedOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for ClosedOutput {}

/// Who reads the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Person,
    Program,
}

/// Where results go.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) reader: Reader,
    pub(super) colours: Colours,
    /// Columns that a line may have.
    pub(super) width: usize,
    /// Columns for sentences: without a limit in a pipe, so that each can be found as one line.
    pub(super) sentences: usize,
}

impl Output {
    /// Standard output, as the command line asks.
    pub(super) fn to_stdout(global: &Global) -> Self {
        const WIDEST: usize = 100;
        let columns = rustix::termios::tcgetwinsize(io::stdout())
            .map_or(WIDEST, |size| usize::from(size.ws_col));
        let width = if columns == 0 { WIDEST } else { columns.clamp(40, WIDEST) };
        Self {
            reader: if global.json { Reader::Program } else { Reader::Person },
            colours: colours_on(&io::stdout()),
            width,
            sentences: if io::stdout().is_terminal() { width } else { usize::MAX },
        }
    }

    /// Writes text as it is.
    pub(super) fn write(&self, text: &str) -> anyhow::Result<()> {
        self.write_bytes(text.as_bytes())
    }

    /// Writes bytes as they are.
    #[allow(clippy::unused_self, reason = "the output is a place, even when there is only one")]
    pub(super) fn write_bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                anyhow::Error::from(ClosedOutput)
            } else {
                Failure::new(Exit::Storage, "could not write the results").caused_by(error).into()
            }
        })
    }

    /// Writes one JSON object of a type; `fields` must be an object.
    pub(super) fn record(&self, kind: &str, fields: Value) -> anyhow::Result<()> {
        self.write(&record(kind, fields))
    }
}

fn record(kind: &str, fields: Value) -> String {
    let mut object = Map::new();
    object.insert("v".to_owned(), Value::from(1));
    object.insert("type".to_owned(), Value::from(kind));
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    let mut line = Value::Object(object).to_string();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_one_line_that_begins_with_version_and_type() {
        let line = record("item", json!({"caption": "two\nlines"}));
        assert_eq!(line, "{\"v\":1,\"type\":\"item\",\"caption\":\"two\\nlines\"}\n");
    }
}
