//! Copies of the catalog that are known to open, and what a copy holds.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, InterruptHandle, OptionalExtension, Row, params};

use super::{CatalogError, CatalogReader, open};
use crate::domain::Timestamp;

/// A reading connection that copies the whole catalog while the writer goes on.
#[derive(Debug)]
pub struct CatalogCopier {
    connection: Connection,
}

/// Ends a copy that is being made, from another thread.
pub struct CopyInterrupt(InterruptHandle);

impl CopyInterrupt {
    /// The copy, or the check, ends with [`CatalogError::Interrupted`].
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

impl fmt::Debug for CopyInterrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyInterrupt").finish_non_exhaustive()
    }
}

/// The newest event of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    pub account: String,
    pub event: i64,
    pub digest: String,
}

/// What a catalog holds, so that two can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    pub archive_id: String,
    pub schema: usize,
    pub posts: u64,
    pub files_held: u64,
    pub events: u64,
    /// When the newest event was recorded.
    pub newest_at: Option<Timestamp>,
    pub heads: Vec<ChainHead>,
}

impl CatalogCopier {
    /// Opens the catalog at `path` beside its writer.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        Ok(Self { connection: open::to_copy(path)? })
    }

    /// The way to end a copy early.
    pub fn interrupt(&self) -> CopyInterrupt {
        CopyInterrupt(self.connection.get_interrupt_handle())
    }

    /// Bytes that a copy can need: free pages are left out of it.
    pub fn size(&self) -> Result<u64, CatalogError> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |row| row.get(0));
        let (pages, size): (i64, i64) = (pragma("page_count")?, pragma("page_size")?);
        Ok(u64::try_from(pages.saturating_mul(size)).unwrap_or(0))
    }

    /// Writes the catalog as it stands at this moment into a new file: one file, without a log
    /// beside it, that any reader opens.
    pub fn copy_into(&self, target: &Path) -> Result<(), CatalogError> {
        self.connection.execute("VACUUM INTO ?1", [target.to_string_lossy()])?;
        Ok(())
    }

    /// The newest event of every account.
    pub fn heads(&self) -> Result<Vec<ChainHead>, CatalogError> {
        heads(&self.connection)
    }

    /// Opens a finished copy anew and compares it with the catalog: its structure, its archive, and
    /// the newest event of every account, whose digest stands for all before it. `before` are the
    /// events that were the newest when the copy was begun.
    /// `on_open` gets the way to end the check early.
    pub fn check(
        &self,
        copy: &Path,
        before: &[ChainHead],
        on_open: impl FnOnce(CopyInterrupt),
    ) -> Result<Contents, CatalogError> {
        let bad = |found: String| CatalogError::BadCopy { path: copy.to_owned(), found };
        let opened = open::to_look(copy)?;
        on_open(CopyInterrupt(opened.get_interrupt_handle()));
        quick_check(&opened, copy)?;
        references_lead_somewhere(&opened, copy)?;
        let found = contents(&opened)?;
        let (schema, archive) = (schema(&self.connection)?, archive_id(&self.connection)?);
        if found.schema != schema {
            return Err(bad(format!("schema {} instead of {schema}", found.schema)));
        }
        if found.archive_id != archive {
            return Err(bad(format!("of archive {} instead of {archive}", found.archive_id)));
        }
        let pairs = [(before, &opened), (&found.heads[..], &self.connection)];
        for (heads, other) in pairs {
            for head in heads {
                if !has(other, head)? {
                    let account = &head.account;
                    return Err(bad(format!("event {} of {account} differs", head.event)));
                }
            }
        }
        Ok(found)
    }
}

/// Looks through a copy fully, before it takes the catalog's place: structure, references, every
/// event's digest. Answers what it holds.
///
/// A copy of an older schema is good: it is migrated when it is opened to write.
pub fn examine_copy(path: &Path) -> Result<Contents, CatalogError> {
    let connection = open::to_look(path)?;
    verdict_of(&connection, path, "PRAGMA integrity_check(1)")?;
    references_lead_somewhere(&connection, path)?;
    let found = contents(&connection)?;
    let reader = CatalogReader::over(connection);
    for account in reader.account_names()? {
        if let Some(event) = reader.check_chain(&account)?.first_break {
            let found = format!("event {event} of {account} is not what was written");
            return Err(CatalogError::BadCopy { path: path.to_owned(), found });
        }
    }
    Ok(found)
}

/// What a catalog of any known schema holds.
pub fn contents_of(path: &Path) -> Result<Contents, CatalogError> {
    contents(&open::to_look(path)?)
}

/// Looks at every page, without comparing indexes with their tables.
pub(super) fn quick_check(connection: &Connection, path: &Path) -> Result<(), CatalogError> {
    verdict_of(connection, path, "PRAGMA quick_check(1)")
}

fn verdict_of(connection: &Connection, path: &Path, check: &str) -> Result<(), CatalogError> {
    let verdict: String = connection.query_row(check, [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    // SQLite's own list can have several lines.
    let found = verdict.lines().collect::<Vec<_>>().join("; ");
    Err(CatalogError::BadCopy { path: path.to_owned(), found })
}

/// Fails unless every row that a row refers to is there.
fn references_lead_somewhere(connection: &Connection, path: &Path) -> Result<(), CatalogError> {
    const CHECK: &str = "PRAGMA foreign_key_check";
    let dangling: Option<String> = connection.query_row(CHECK, [], |row| row.get(0)).optional()?;
    let Some(table) = dangling else { return Ok(()) };
    let found = format!("a row of {table} refers to nothing");
    Err(CatalogError::BadCopy { path: path.to_owned(), found })
}

fn contents(connection: &Connection) -> Result<Contents, CatalogError> {
    const COUNTS: &str = "SELECT
        (SELECT count(*) FROM item WHERE parent_item_id IS NULL),
        (SELECT count(*) FROM asset WHERE version > 0),
        (SELECT count(*) FROM event)";
    const NEWEST: &str = "SELECT at FROM event ORDER BY event_id DESC LIMIT 1";
    let number = |row: &Row<'_>, column| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
    };
    let (posts, files_held, events) = connection
        .query_row(COUNTS, [], |row| Ok((number(row, 0)?, number(row, 1)?, number(row, 2)?)))?;
    let newest: Option<String> = connection.query_row(NEWEST, [], |row| row.get(0)).optional()?;
    Ok(Contents {
        archive_id: archive_id(connection)?,
        schema: schema(connection)?,
        posts,
        files_held,
        events,
        newest_at: newest.and_then(|at| at.parse().ok()),
        heads: heads(connection)?,
    })
}

fn schema(connection: &Connection) -> Result<usize, CatalogError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(0))
}

fn archive_id(connection: &Connection) -> Result<String, CatalogError> {
    const QUERY: &str = "SELECT value FROM meta WHERE key = 'archive_id'";
    Ok(connection.query_row(QUERY, [], |row| row.get(0))?)
}

pub(super) fn heads(connection: &Connection) -> Result<Vec<ChainHead>, CatalogError> {
    const QUERY: &str = "SELECT a.name, e.event_id, e.digest FROM account a JOIN event e
          ON e.event_id = (SELECT max(event_id) FROM event WHERE account_id = a.account_id)
        ORDER BY a.name";
    let mut query = connection.prepare_cached(QUERY)?;
    let heads = query.query_map([], |row| {
        Ok(ChainHead { account: row.get(0)?, event: row.get(1)?, digest: row.get(2)? })
    })?;
    Ok(heads.collect::<Result<_, _>>()?)
}

fn has(connection: &Connection, head: &ChainHead) -> Result<bool, CatalogError> {
    const QUERY: &str = "SELECT 1 FROM event e JOIN account a ON a.account_id = e.account_id
        WHERE e.event_id = ?1 AND e.digest = ?2 AND a.name = ?3";
    let found: Option<i64> = connection
        .prepare_cached(QUERY)?
        .query_row(params![head.event, head.digest, head.account], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}
