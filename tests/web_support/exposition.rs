//! A strict reader of the `OpenMetrics` text format, as far as it is used.

use std::collections::{BTreeMap, BTreeSet};

/// A page of numbers, every line of which was understood.
#[derive(Debug, Default)]
pub struct Page {
    values: BTreeMap<(String, BTreeMap<String, String>), f64>,
    /// The type of each family.
    pub kinds: BTreeMap<String, String>,
    pub helped: BTreeSet<String>,
}

impl Page {
    /// Reads a page or says which line is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut page = Self::default();
        let body = text.strip_suffix("# EOF\n").ok_or("it does not end with # EOF")?;
        if !body.is_empty() && !body.ends_with('\n') {
            return Err("the last line is cut".to_owned());
        }
        let mut family = String::new();
        for line in body.lines() {
            let wrong = |why: &str| format!("{why}: {line}");
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').ok_or(wrong("no help"))?;
                if words.is_empty() || !page.helped.insert(name.to_owned()) {
                    return Err(wrong("empty or second help"));
                }
                name.clone_into(&mut family);
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').ok_or(wrong("no type"))?;
                if name != family || !["gauge", "counter", "info"].contains(&kind) {
                    return Err(wrong("a type without help before it, or an unknown one"));
                }
                page.kinds.insert(name.to_owned(), kind.to_owned());
            } else {
                page.sample(line, &family).map_err(|why| wrong(&why))?;
            }
        }
        Ok(page)
    }

    /// The number with exactly these labels.
    #[track_caller]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels: BTreeMap<_, _> =
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let found = self.values.get(&(name.to_owned(), labels.clone()));
        *found.unwrap_or_else(|| panic!("no {name} {labels:?} in {:#?}", self.of(name)))
    }

    /// Every number of a name, with its labels.
    pub fn of(&self, name: &str) -> Vec<(&BTreeMap<String, String>, f64)> {
        let named = self.values.iter().filter(|((known, _), _)| known == name);
        named.map(|((_, labels), value)| (labels, *value)).collect()
    }

    /// The names that a query may use.
    pub fn names(&self) -> BTreeSet<String> {
        let suffixed = self.kinds.iter().map(|(name, kind)| match kind.as_str() {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.clone(),
        });
        suffixed.collect()
    }

    fn sample(&mut self, line: &str, family: &str) -> Result<(), String> {
        let end = line.find(['{', ' ']).ok_or("no value")?;
        let (name, mut rest) = line.split_at(end);
        let suffix = match self.kinds.get(family).map(String::as_str) {
            Some("counter") => "_total",
            Some("info") => "_info",
            Some(_) => "",
            None => return Err("a number before its type".to_owned()),
        };
        if name.strip_suffix(suffix) != Some(family) {
            return Err("not a number of this family".to_owned());
        }
        let mut labels = BTreeMap::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = read_labels(inside, &mut labels)?;
        }
        let value = rest.strip_prefix(' ').ok_or("no space before the value")?;
        let value: f64 = value.parse().map_err(|_| "not a number")?;
        if suffix == "_total" && value < 0.0 {
            return Err("a counter below zero".to_owned());
        }
        match self.values.insert((name.to_owned(), labels), value) {
            None => Ok(()),
            Some(_) => Err("the same number twice".to_owned()),
        }
    }
}

/// Reads labels up to the closing brace and answers what stands behind it.
fn read_labels<'a>(
    mut rest: &'a str,
    labels: &mut BTreeMap<String, String>,
) -> Result<&'a str, String> {
    loop {
        let (name, quoted) = rest.split_once("=\"").ok_or("no label")?;
        let in_name = |c: char| c.is_ascii_lowercase() || c == '_';
        if name.is_empty() || !name.chars().all(in_name) {
            return Err(format!("label {name:?}"));
        }
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next().ok_or("a label without an end")? {
                (at, '"') => break at,
                (_, '\\') => match characters.next().ok_or("half an escape")?.1 {
                    'n' => value.push('\n'),
                    escaped @ ('"' | '\\') => value.push(escaped),
                    other => return Err(format!("escape {other:?}")),
                },
                (_, other) => value.push(other),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("label {name} twice"));
        }
        rest = &quoted[end + 1..];
        if let Some(behind) = rest.strip_prefix('}') {
            return Ok(behind);
        }
        rest = rest.strip_prefix(',').ok_or("no comma between labels")?;
    }
}
