//! One field of one answer: four things that must not be confused.

/// What an answer said about one field that was asked for.
///
/// The Graph API leaves a value out where it has none, hides it or withholds it, and it has been
/// seen to answer with another type. These are different facts, so they stay apart all the way
/// into the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The key was not in the answer.
    #[default]
    Absent,
    /// The key was there with the value `null`.
    Null,
    /// The key was there with a value of its documented type.
    Value(T),
    /// The key was there with something else; its text stands in the raw item.
    Unreadable,
}

impl<T> Field<T> {
    /// The value, when there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Unreadable => None,
        }
    }

    /// Replaces the value, keeping the other three facts.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Value(value) => Field::Value(convert(value)),
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Unreadable => Field::Unreadable,
        }
    }

    /// Replaces the value by a stricter one; what does not fit is unreadable.
    pub fn and_then<U, E>(self, convert: impl FnOnce(T) -> Result<U, E>) -> Field<U> {
        match self {
            Self::Value(value) => convert(value).map_or(Field::Unreadable, Field::Value),
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Unreadable => Field::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_value_has_a_value() {
        assert_eq!(Field::Value(0).value(), Some(&0));
        assert_eq!(Field::<i64>::Null.value(), None);
        assert_eq!(Field::<i64>::Absent.value(), None);
        assert_eq!(Field::<i64>::Unreadable.value(), None);
    }

    #[test]
    fn converting_keeps_the_kind_of_absence_apart() {
        let parse = |text: &str| text.parse::<u8>();
        assert_eq!(Field::Value("7").and_then(parse), Field::Value(7));
        assert_eq!(Field::Value("x").and_then(parse), Field::Unreadable);
        assert_eq!(Field::Null.and_then(parse), Field::Null);
        assert_eq!(Field::Absent.and_then(parse), Field::Absent);
        assert_eq!(Field::Value(1).map(|n| n + 1), Field::Value(2));
        assert_eq!(Field::<u8>::Unreadable.map(|n| n + 1), Field::Unreadable);
    }
}
