//! How values of the domain are written in the catalog, and read back.

use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};

use super::CatalogError;
use crate::domain::Timestamp;

/// An instant as the catalog writes it.
pub(super) fn text(at: Timestamp) -> String {
    at.to_string()
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A length or count as SQLite holds it.
pub(super) fn integer(value: u64) -> Result<i64, CatalogError> {
    i64::try_from(value).map_err(|_| CatalogError::TooLarge(value))
}

/// A count as SQLite holds it; what does not fit is the largest that does.
pub(super) fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A column whose text one of the domain's types reads.
pub(super) fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = row.get_ref(column)?.as_str().map_err(|error| wrong(column, error))?;
    text.parse().map_err(|error: T::Err| wrong(column, FromSqlError::other(error)))
}

/// As [`parsed`], for a column that may be NULL.
pub(super) fn parsed_or_null<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parsed(row, column).map(Some),
    }
}

/// A column whose word belongs to a closed set.
pub(super) fn word<T>(
    row: &Row<'_>,
    column: usize,
    read: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|error| wrong(column, error))?;
    read(text).ok_or_else(|| wrong(column, FromSqlError::InvalidType))
}

fn wrong(column: usize, error: FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
