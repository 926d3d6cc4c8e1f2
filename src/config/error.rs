//! What is wrong with a configuration, in one line and a hint.

use std::fmt;
use std::path::PathBuf;

use crate::exit::{Exit, Failure};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, and the line (from 1) where the value stands.
    File { path: PathBuf, line: Option<usize> },
    /// An environment variable.
    Variable(String),
    /// No place yet: no file was found.
    Nowhere,
}

/// A configuration that cannot be used.
///
/// Prints as one line: place, key, value, problem. A value that is or may be a secret is left
/// out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub origin: Origin,
    /// The key with its sections, such as `download.max_file_size`.
    pub key: Option<Box<str>>,
    /// The value as written, shortened; absent where it may be a secret.
    pub value: Option<Box<str>>,
    pub problem: String,
    /// What to write instead.
    pub hint: Option<Box<str>>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::File { path, line: Some(line) } => write!(f, "{}:{line}: ", path.display())?,
            Origin::File { path, line: None } => write!(f, "{}: ", path.display())?,
            Origin::Variable(name) => write!(f, "environment variable {name}: ")?,
            Origin::Nowhere => {}
        }
        match (&self.key, &self.value) {
            (Some(key), Some(value)) => write!(f, "{key} = {value}: ")?,
            (Some(key), None) => write!(f, "{key}: ")?,
            (None, Some(_) | None) => {}
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::new(Exit::Config, error.to_string());
        match error.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure
                .with_hint("config.example.toml shows every key with its meaning and default"),
        }
    }
}
