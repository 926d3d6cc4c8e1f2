//! Says where a wrong value stands: which place, key and value a span of the text means.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin};

/// A span of the text and what is wrong there.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) span: Option<Range<usize>>,
    pub(super) what: String,
    pub(super) hint: Option<String>,
}

impl Problem {
    /// Something wrong with the value at a span.
    pub(super) fn at<T>(value: &Spanned<T>, what: impl Into<String>) -> Self {
        Self { span: Some(value.span()), what: what.into(), hint: None }
    }

    /// Adds what to write instead.
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// The text of a file, with the names and values of overriding variables after it, so that every
/// span means one place.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    /// File and variables; may hold secrets, never printed whole.
    pub(super) text: String,
    file_ends: usize,
    variables: Vec<Variable>,
}

/// One overriding variable inside [`Source`].
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) name_at: Range<usize>,
    pub(super) value_at: Range<usize>,
}

impl Source {
    /// A file and the variables over it.
    pub(super) fn new<'a>(
        path: &Path,
        file: String,
        overrides: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let file_ends = file.len();
        let mut text = file;
        let mut append = |part: &str| {
            text.push('\n');
            let start = text.len();
            text.push_str(part);
            start..text.len()
        };
        let variables = overrides
            .map(|(name, value)| Variable {
                name: name.to_owned(),
                name_at: append(name),
                value_at: append(value),
            })
            .collect();
        Self { path: path.to_owned(), text, file_ends, variables }
    }

    /// The part that the file holds.
    pub(super) fn file(&self) -> &str {
        &self.text[..self.file_ends]
    }

    /// The overriding variables.
    pub(super) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The variable that a span lies in.
    pub(super) fn variable_at(&self, span: &Range<usize>) -> Option<&Variable> {
        let holds = |at: &Range<usize>| at.start <= span.start && span.end <= at.end;
        let found = |variable: &&Variable| holds(&variable.name_at) || holds(&variable.value_at);
        self.variables.iter().find(found)
    }

    /// Turns a problem into words; `table` is what the text was read as, if it could be read.
    pub(super) fn explain(&self, problem: Problem, table: Option<&DeTable<'_>>) -> ConfigError {
        let Problem { span, what, hint } = problem;
        let found = span.as_ref().zip(table).and_then(|(span, table)| find(table, span));
        let (key, value_at) = match found {
            Some(found) => (Some(found.key), found.value_at),
            None => (None, None),
        };
        let secret = key.as_deref().is_some_and(may_be_secret);
        let value = value_at.filter(|_| !secret).and_then(|at| self.show(at));
        let key = key.filter(|key| !contains_token(key));
        ConfigError {
            origin: self.origin(span),
            key: key.map(Into::into),
            value: value.map(Into::into),
            problem: what,
            hint: hint.map(Into::into),
        }
    }

    fn origin(&self, span: Option<Range<usize>>) -> Origin {
        match span {
            None => Origin::File { path: self.path.clone(), line: None },
            Some(span) => match self.variable_at(&span) {
                Some(variable) => Origin::Variable(variable.name.clone()),
                None => Origin::File { path: self.path.clone(), line: Some(self.line(&span)) },
            },
        }
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let before = &self.file().as_bytes()[..span.start.min(self.file_ends)];
        before.split(|byte| *byte == b'\n').count()
    }

    /// The value as written, on one line and not too long; nothing that looks like a token.
    fn show(&self, at: Range<usize>) -> Option<String> {
        const WIDEST: usize = 60;
        let written = self.text.get(at)?;
        if written.contains('\n') || contains_token(written) {
            return None;
        }
        let plain: String = written
            .chars()
            .flat_map(|c| {
                let control = c.is_control();
                c.escape_default().filter(move |_| control).chain((!control).then_some(c))
            })
            .collect();
        if plain.chars().count() <= WIDEST {
            Some(plain)
        } else {
            Some(plain.chars().take(WIDEST).chain(['…']).collect())
        }
    }
}

/// Whether a text holds a word that begins like a token of either login.
pub(super) fn contains_token(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|word| {
        word.len() >= 8 && ["IGAA", "IGQV", "IGQW", "EAA"].iter().any(|kind| word.starts_with(kind))
    })
}

fn may_be_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    let names = ["token", "secret", "password", "webhooks", "ping_url", "command"];
    let whole = key.split('.').any(|part| matches!(part, "token" | "app_secret"));
    whole || names.iter().any(|name| last.contains(name)) && last != "password_file"
}

struct Found {
    key: String,
    value_at: Option<Range<usize>>,
}

/// The key whose own span or whose value's span this is, or else the smallest value around it.
fn find(table: &DeTable<'_>, span: &Range<usize>) -> Option<Found> {
    let mut path = Vec::new();
    exact(table, span, &mut path).or_else(|| {
        path.clear();
        around(table, span, &mut path)
    })
}

fn join(path: &[String]) -> String {
    path.join(".")
}

fn exact(table: &DeTable<'_>, span: &Range<usize>, path: &mut Vec<String>) -> Option<Found> {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        if key.span() == *span {
            return Some(Found { key: join(path), value_at: None });
        }
        if value.span() == *span && !value.get_ref().is_table() {
            return Some(Found { key: join(path), value_at: shown(value) });
        }
        if let Some(found) = exact_inside(value, span, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}

fn exact_inside(
    value: &Spanned<DeValue<'_>>,
    span: &Range<usize>,
    path: &mut Vec<String>,
) -> Option<Found> {
    match value.get_ref() {
        DeValue::Table(table) => {
            if value.span() == *span {
                return Some(Found { key: join(path), value_at: None });
            }
            exact(table, span, path)
        }
        DeValue::Array(items) => items.iter().find_map(|item| {
            if item.span() == *span && !item.get_ref().is_table() {
                return Some(Found { key: join(path), value_at: Some(item.span()) });
            }
            exact_inside(item, span, path)
        }),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    }
}

/// Where a value that can be shown stands: not one that is made of sections.
fn shown(value: &Spanned<DeValue<'_>>) -> Option<Range<usize>> {
    let sections = |items: &[Spanned<DeValue<'_>>]| items.iter().any(|i| i.get_ref().is_table());
    match value.get_ref() {
        DeValue::Table(_) => None,
        DeValue::Array(items) if sections(items) => None,
        DeValue::Array(_)
        | DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => Some(value.span()),
    }
}

fn around(table: &DeTable<'_>, span: &Range<usize>, path: &mut Vec<String>) -> Option<Found> {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        let inner = match value.get_ref() {
            DeValue::Table(table) => around(table, span, path),
            DeValue::Array(items) => items.iter().find_map(|item| match item.get_ref() {
                DeValue::Table(table) => around(table, span, path),
                _ => None,
            }),
            _ => None,
        };
        let value_at = value.span();
        if inner.is_some() {
            return inner;
        }
        if value_at.start <= span.start && span.end <= value_at.end {
            return Some(Found { key: join(path), value_at: shown(value) });
        }
        path.pop();
    }
    None
}
