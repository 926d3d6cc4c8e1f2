//! Reads the file and the variables over it, and finds the file in the first place.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::error::{ConfigError, Origin};
use super::locate::{Problem, Source};
use super::raw::RawConfig;
use super::validate::validate;
use super::{Config, Environment};

/// The example configuration, which is also the manual of every key.
pub fn example() -> &'static str {
    include_str!("../../config.example.toml")
}

/// Finds the file: the given path, `MEDIAKEEP_CONFIG`, the user's own configuration directory,
/// `/etc/mediakeep/config.toml`.
///
/// A file in the current directory is not looked for: a configuration can name commands, and
/// whoever can write into that directory could have them run.
pub fn search(given: Option<&Path>, environment: &Environment) -> Result<PathBuf, ConfigError> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    if let Some(path) = environment.path("MEDIAKEEP_CONFIG") {
        return Ok(path);
    }
    let own = environment
        .path("XDG_CONFIG_HOME")
        .filter(|dir| dir.is_absolute())
        .or_else(|| environment.path("HOME").map(|home| home.join(".config")))
        .map(|dir| dir.join("mediakeep/config.toml"));
    let system = PathBuf::from("/etc/mediakeep/config.toml");
    let places: Vec<PathBuf> = own.into_iter().chain([system]).collect();
    if let Some(found) = places.iter().find(|place| place.exists()) {
        return Ok(found.clone());
    }
    let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    Err(ConfigError {
        origin: Origin::Nowhere,
        key: None,
        value: None,
        problem: format!("no configuration found at {}", places.join(" or ")),
        hint: Some(
            "copy config.example.toml there, or name a file with --config FILE; to look around \
             without any, run `mediakeep demo`"
                .into(),
        ),
    })
}

pub(super) fn load(path: &Path, environment: &Environment) -> Result<Config, ConfigError> {
    parse(path, read(path)?, environment)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    const LARGEST: u64 = 4 << 20;
    let refuse = |problem: String, hint: &str| ConfigError {
        origin: Origin::File { path: path.to_owned(), line: None },
        key: None,
        value: None,
        problem,
        hint: Some(hint.into()),
    };
    let unreadable = |error: std::io::Error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "copy config.example.toml there, or name another file with --config FILE"
            }
            _ => "the user that runs mediakeep must be able to read it",
        };
        refuse(format!("could not read the configuration: {error}"), hint)
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let facts = file.metadata().map_err(unreadable)?;
    if facts.is_dir() || facts.len() > LARGEST {
        return Err(refuse("not a configuration file".to_owned(), "name a TOML file"));
    }
    if facts.is_file() && facts.permissions().mode() & 0o002 != 0 {
        return Err(refuse(
            "everybody can write the configuration, which can name commands".to_owned(),
            &format!("run `chmod o-w {}`", path.display()),
        ));
    }
    let mut bytes = Vec::new();
    file.by_ref().take(LARGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    String::from_utf8(bytes)
        .map_err(|_| refuse("not UTF-8 text".to_owned(), "save the file as UTF-8"))
}

/// Reads a text as if it stood in the file at `path`.
pub(super) fn parse(
    path: &Path,
    file: String,
    environment: &Environment,
) -> Result<Config, ConfigError> {
    let mut overrides = Vec::new();
    for (name, value) in environment.overrides() {
        let Some(value) = value else {
            return Err(ConfigError {
                origin: Origin::Variable(name.to_owned()),
                key: None,
                value: None,
                problem: "not UTF-8 text".to_owned(),
                hint: None,
            });
        };
        overrides.push((name, value));
    }
    let source = Source::new(path, file, overrides.into_iter());
    let table =
        DeTable::parse(source.file()).map_err(|error| source.explain(of_syntax(&error), None))?;
    let mut literal = vec![Reading::Text; source.variables().len()];
    // Each turn settles how one variable is read, so there are at most that many and one more.
    loop {
        let table = overlay(&source, table.clone(), &literal)?;
        let span = table.span();
        let kept = table.get_ref().clone();
        let read =
            RawConfig::deserialize(Deserializer::from(Spanned::new(span, table.into_inner())));
        let problem = match read {
            Ok(raw) => match validate(raw, path) {
                Ok(config) => return Ok(config),
                Err(problem) => problem,
            },
            Err(error) => match untried(&source, &error, &literal) {
                Some(variable) => {
                    literal[variable] = Reading::Toml;
                    continue;
                }
                None => of_toml(&error),
            },
        };
        return Err(source.explain(problem, Some(&kept)));
    }
}

/// How the value of a variable is read: as text, unless the key wants something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Text,
    Toml,
}

fn untried(source: &Source, error: &toml::de::Error, readings: &[Reading]) -> Option<usize> {
    let span = error.span()?;
    let at = source.variables().iter().position(|variable| variable.value_at == span)?;
    let value = &source.text[span];
    let other_kind = DeValue::parse(value).is_ok_and(|value| !value.get_ref().is_str());
    (readings.get(at) == Some(&Reading::Text) && other_kind).then_some(at)
}

/// Puts the variables into the table as if the file held them.
fn overlay<'a>(
    source: &'a Source,
    mut table: Spanned<DeTable<'a>>,
    readings: &[Reading],
) -> Result<Spanned<DeTable<'a>>, ConfigError> {
    for (variable, reading) in source.variables().iter().zip(readings) {
        let path = variable.name["MEDIAKEEP__".len()..].to_ascii_lowercase();
        let keys: Vec<&str> = path.split("__").collect();
        let refuse = |problem: &str, hint: &str| ConfigError {
            origin: Origin::Variable(variable.name.clone()),
            key: None,
            value: None,
            problem: problem.to_owned(),
            hint: Some(hint.into()),
        };
        if keys.len() < 2 || keys.contains(&"") {
            return Err(refuse("names no key", "write MEDIAKEEP__SECTION__KEY"));
        }
        if keys.first() == Some(&"account") {
            return Err(refuse(
                "accounts cannot be set by the environment",
                "write them in the file; a token can come from { env = \"NAME\" }",
            ));
        }
        let value = match reading {
            Reading::Text => {
                let text = &source.text[variable.value_at.clone()];
                Spanned::new(variable.value_at.clone(), DeValue::String(Cow::Borrowed(text)))
            }
            Reading::Toml => {
                let value = DeValue::parse(&source.text[variable.value_at.clone()])
                    .map_err(|_| refuse("not a TOML value", "write the value as in the file"))?;
                let moved = shift(value, variable.value_at.start);
                Spanned::new(variable.value_at.clone(), moved.into_inner())
            }
        };
        put(table.get_mut(), &keys, variable.name_at.start + "MEDIAKEEP__".len(), value);
    }
    Ok(table)
}

/// Puts a value below its keys, whose spans are their parts of the variable's name.
fn put<'a>(table: &mut DeTable<'a>, keys: &[&str], name_at: usize, value: Spanned<DeValue<'a>>) {
    let Some((key, rest)) = keys.split_first() else { return };
    let span = name_at..name_at + key.len();
    let named = Spanned::new(span.clone(), Cow::Owned((*key).to_owned()));
    if rest.is_empty() {
        table.remove(*key);
        table.insert(named, value);
        return;
    }
    if !table.contains_key(*key) {
        table.insert(named, Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
    }
    // A section that the file gives another type is refused with the file's own place.
    if let Some(DeValue::Table(section)) = table.get_mut(*key).map(Spanned::get_mut) {
        put(section, rest, span.end + "__".len(), value);
    }
}

/// Moves all spans of a value that was read from a part of the text.
fn shift(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let moved = |span: Range<usize>| span.start + by..span.end + by;
    let span = moved(value.span());
    let value = match value.into_inner() {
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| shift(item, by)).collect())
        }
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, value)| {
                    let key = Spanned::new(moved(key.span()), key.into_inner());
                    (key, shift(value, by))
                })
                .collect(),
        ),
        other => other,
    };
    Spanned::new(span, value)
}

/// A text that is no TOML; the parser's message never holds the text itself.
fn of_syntax(error: &toml::de::Error) -> Problem {
    let message = error.message().lines().next().unwrap_or_default();
    Problem {
        span: error.span(),
        what: format!("not valid TOML: {message}"),
        hint: Some("text, durations, sizes and schedules stand in quotes".to_owned()),
    }
}

/// What serde said, in the words of a person.
fn of_toml(error: &toml::de::Error) -> Problem {
    let (message, hint) = match error.message().split_once('\n') {
        Some((message, hint)) => (message, Some(hint.trim()).filter(|hint| !hint.is_empty())),
        None => (error.message(), None),
    };
    let hint = hint.map(str::to_owned);
    let span = error.span();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (key, known) = quoted(rest);
        let hint = suggestion(&key, &known, "known keys here: ");
        return Problem { span, what: "unknown key".to_owned(), hint: Some(hint) };
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (word, known) = quoted(rest);
        let hint = suggestion(&word, &known, "possible values: ");
        return Problem { span, what: "not a possible value".to_owned(), hint: Some(hint) };
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        let what = format!("the key {} is missing", rest.trim_matches('`'));
        return Problem { span, what, hint };
    }
    if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected "))
    {
        let kind = found.split(['"', '`']).next().unwrap_or_default().trim();
        let kind = match kind {
            "sequence" => "a list",
            "map" => "a table",
            "string" => "a text",
            "integer" => "a number",
            "floating point" => "a fraction",
            "boolean" => "true or false",
            _ => "something else",
        };
        let expected = match expected {
            "a string" | "path string" => "a text in quotes",
            "a sequence" => "a list in [ ]",
            other if other.starts_with("struct ") => "a table",
            other => other,
        };
        return Problem { span, what: format!("expected {expected}, found {kind}"), hint };
    }
    Problem { span, what: message.to_owned(), hint }
}

/// The words in backquotes: the first is what was found, the others are what is known.
fn quoted(text: &str) -> (String, Vec<String>) {
    let mut words = text.split('`').skip(1).step_by(2).map(str::to_owned);
    (words.next().unwrap_or_default(), words.collect())
}

fn suggestion(word: &str, known: &[String], all: &str) -> String {
    let near = known
        .iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 3);
    match near {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => format!("{all}{}", known.join(", ")),
    }
}

/// How many letters must be put in, taken out, replaced or swapped with a neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(a != b);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests;
