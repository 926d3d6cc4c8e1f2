//! Reads the `fields` parameter: names, nesting in braces, modifiers such as `.limit(5)`.

use super::error::GraphError;

/// Deeper nesting than Graph allows.
const MAX_DEPTH: usize = 16;

/// One requested field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) modifiers: Vec<Modifier>,
    /// What the braces hold; none where there are no braces.
    pub(crate) fields: Option<Vec<Field>>,
}

/// `.name(argument)` behind a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Modifier {
    pub(crate) name: String,
    pub(crate) argument: String,
}

impl Field {
    pub(crate) fn modifier(&self, name: &str) -> Option<&str> {
        self.modifiers.iter().find(|m| m.name == name).map(|m| m.argument.as_str())
    }
}

/// Parses a whole `fields` value, percent-decoded already; an empty one asks for nothing.
///
/// # Errors
/// Code 2500 for anything that is not a field list, and for a field that is named twice.
pub(crate) fn parse(text: &str) -> Result<Vec<Field>, GraphError> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_spaces();
    if reader.peek().is_none() {
        return Ok(Vec::new());
    }
    let fields = reader.list(0)?;
    match reader.peek() {
        None => Ok(fields),
        Some(c) => Err(reader.error(&format!("Expected end of string instead of \"{c}\"."))),
    }
}

/// Writes fields as a request would, without spaces.
pub(crate) fn write(fields: &[Field]) -> String {
    let texts: Vec<String> = fields
        .iter()
        .map(|field| {
            let mut text = field.name.clone();
            for modifier in &field.modifiers {
                text.extend([".", &modifier.name, "(", &modifier.argument, ")"]);
            }
            if let Some(inner) = &field.fields {
                text.extend(["{", &write(inner), "}"]);
            }
            text
        })
        .collect();
    texts.join(",")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn list(&mut self, depth: usize) -> Result<Vec<Field>, GraphError> {
        if depth > MAX_DEPTH {
            return Err(self.error("Nesting is too deep."));
        }
        let mut fields: Vec<Field> = Vec::new();
        loop {
            let field = self.field(depth)?;
            if fields.iter().any(|other| other.name == field.name) {
                return Err(self.error(&format!(
                    "Field {} specified more than once. This is only possible before version 2.1",
                    field.name
                )));
            }
            fields.push(field);
            if !self.take(',') {
                return Ok(fields);
            }
        }
    }

    fn field(&mut self, depth: usize) -> Result<Field, GraphError> {
        let name = self.name()?;
        let mut modifiers = Vec::new();
        while self.take('.') {
            let name = self.name()?;
            self.demand('(')?;
            modifiers.push(Modifier { name, argument: self.argument()? });
        }
        let fields = if self.take('{') {
            let inner = self.list(depth + 1)?;
            self.demand('}')?;
            Some(inner)
        } else {
            None
        };
        Ok(Field { name, modifiers, fields })
    }

    fn name(&mut self) -> Result<String, GraphError> {
        self.skip_spaces();
        let rest = &self.text[self.at..];
        let length =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.error("Expected name."));
        }
        let name = rest[..length].to_owned();
        self.at += length;
        self.skip_spaces();
        Ok(name)
    }

    /// Everything up to the bracket that closes the one just read.
    fn argument(&mut self) -> Result<String, GraphError> {
        let rest = &self.text[self.at..];
        let mut open = 0_usize;
        for (at, c) in rest.char_indices() {
            match c {
                '(' => open += 1,
                ')' if open == 0 => {
                    self.at += at + 1;
                    self.skip_spaces();
                    return Ok(rest[..at].trim().to_owned());
                }
                ')' => open -= 1,
                _ => {}
            }
        }
        Err(self.error("Expected \")\"."))
    }

    fn demand(&mut self, wanted: char) -> Result<(), GraphError> {
        if self.take(wanted) {
            return Ok(());
        }
        Err(self.error(&format!("Expected \"{wanted}\".")))
    }

    fn take(&mut self, wanted: char) -> bool {
        if self.peek() != Some(wanted) {
            return false;
        }
        self.at += wanted.len_utf8();
        self.skip_spaces();
        true
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, message: &str) -> GraphError {
        GraphError::syntax(message, self.text[..self.at].chars().count(), self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spaced(fields: &[Field], space: &str) -> String {
        let texts: Vec<String> = fields
            .iter()
            .map(|field| {
                let modifiers: String = field
                    .modifiers
                    .iter()
                    .map(|m| format!(".{}({space}{}{space})", m.name, m.argument))
                    .collect::<Vec<_>>()
                    .concat();
                let inner = field.fields.as_ref().map_or(String::new(), |inner| {
                    format!("{space}{{{}{space}}}", spaced(inner, space))
                });
                format!("{space}{}{modifiers}{inner}", field.name)
            })
            .collect();
        texts.join(",")
    }

    fn modifier() -> impl Strategy<Value = Modifier> {
        ("[a-z]{1,8}", "[A-Za-z0-9_.,-]{1,12}")
            .prop_map(|(name, argument)| Modifier { name, argument })
    }

    fn unique(fields: Vec<Field>) -> Vec<Field> {
        let mut seen = std::collections::HashSet::new();
        fields.into_iter().filter(|field| seen.insert(field.name.clone())).collect()
    }

    fn field_list() -> impl Strategy<Value = Vec<Field>> {
        let leaf = ("[a-z_]{1,12}", proptest::collection::vec(modifier(), 0..3))
            .prop_map(|(name, modifiers)| Field { name, modifiers, fields: None });
        let field = leaf.prop_recursive(4, 24, 4, |inner| {
            (
                "[a-z_]{1,12}",
                proptest::collection::vec(modifier(), 0..3),
                proptest::collection::vec(inner, 1..4),
            )
                .prop_map(|(name, modifiers, fields)| Field {
                    name,
                    modifiers,
                    fields: Some(unique(fields)),
                })
        });
        proptest::collection::vec(field, 1..5).prop_map(unique)
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back_whatever_the_spacing(fields in field_list(), space in " {0,3}") {
            prop_assert_eq!(&parse(&spaced(&fields, &space)).unwrap(), &fields);
            prop_assert_eq!(parse(&write(&fields)).unwrap(), fields);
        }

        #[test]
        fn no_text_at_all_can_break_the_parser(text in ".{0,80}") {
            if let Err(error) = parse(&text) {
                prop_assert_eq!(error.code, 2500);
            }
        }

        #[test]
        fn a_field_named_twice_is_refused(name in "[a-z_]{1,12}", between in "[0-9]{1,3}") {
            let error = parse(&format!("{name},n{between},{name}")).unwrap_err();
            prop_assert_eq!(error.code, 2500);
            prop_assert!(error.message.contains("specified more than once"));
        }
    }

    #[test]
    fn modifiers_come_in_any_order_before_the_braces() {
        let fields = parse("id, comments.after(QVF).limit(3){text,replies{id}} ,username").unwrap();
        assert_eq!(fields.len(), 3);
        assert_eq!(fields[1].modifier("limit"), Some("3"));
        assert_eq!(fields[1].modifier("after"), Some("QVF"));
        assert_eq!(fields[1].fields.as_ref().unwrap().len(), 2);
    }

    #[test]
    fn broken_lists_name_the_place() {
        for (text, at) in [("id,,caption", 3), ("id,", 3), ("children{id", 11), ("id}", 2)] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(&format!("at character {at}:")), "{}", error.message);
        }
    }
}
