//! Brings a catalog to the schema of this program.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::CatalogError;
use super::text::{hex, text};
use crate::domain::Timestamp;

/// One step of the schema. The list only ever grows at its end; a released entry never changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// All steps; entry `n` makes schema `n + 1`.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { name: "initial", sql: include_str!("../../migrations/0001_initial.sql") },
    Migration {
        name: "disappearance",
        sql: include_str!("../../migrations/0002_disappearance.sql"),
    },
    Migration { name: "daemon", sql: include_str!("../../migrations/0003_daemon.sql") },
];

/// The letters "mkep" in the file's header.
pub(super) const APPLICATION_ID: i64 = 0x6d6b_6570;

/// Who migrates, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion<'a> {
    pub(super) path: &'a Path,
    pub(super) now: Timestamp,
    pub(super) program_version: &'a str,
}

/// Refuses a file that is not a catalog, or one of a newer program; answers its schema, 0 for an
/// empty file.
pub(super) fn schema_of(
    connection: &Connection,
    path: &Path,
    supported: usize,
) -> Result<usize, CatalogError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application_id, found) = (pragma("application_id")?, pragma("user_version")?);
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = application_id == 0 && found == 0 && objects == 0;
    if application_id != APPLICATION_ID && !empty {
        return Err(CatalogError::Foreign { path: path.to_owned(), application_id });
    }
    let too_new = || CatalogError::TooNew {
        path: path.to_owned(),
        found,
        supported: i64::try_from(supported).unwrap_or(i64::MAX),
    };
    let schema = usize::try_from(found).map_err(|_| too_new())?;
    if schema > supported { Err(too_new()) } else { Ok(schema) }
}

/// Runs what is missing, each step in a transaction of its own; an existing catalog is copied to
/// `backups/` beside it first, and the copy is read before it counts.
pub(super) fn migrate(
    connection: &mut Connection,
    migrations: &[Migration],
    occasion: Occasion<'_>,
) -> Result<(), CatalogError> {
    let done = schema_of(connection, occasion.path, migrations.len())?;
    if done > 0 && done < migrations.len() {
        copy_before(connection, done, occasion)?;
    }
    for (version, migration) in (1..).zip(migrations).skip(done) {
        run(connection, version, migration, occasion)
            .map_err(|source| CatalogError::Migration { version, source })?;
    }
    Ok(())
}

fn run(
    connection: &mut Connection,
    version: i64,
    migration: &Migration,
    occasion: Occasion<'_>,
) -> rusqlite::Result<()> {
    const NOTE: &str = "INSERT INTO schema_migration
        (version, name, sha256, applied_at, program_version) VALUES (?1, ?2, ?3, ?4, ?5)";
    let tx = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    tx.execute_batch(migration.sql)?;
    let digest = hex(&Sha256::digest(migration.sql));
    tx.execute(
        NOTE,
        params![version, migration.name, digest, text(occasion.now), occasion.program_version],
    )?;
    tx.pragma_update(None, "user_version", version)?;
    tx.commit()
}

/// A sound copy of the catalog as it was, named by its schema and the time.
fn copy_before(
    connection: &Connection,
    schema: usize,
    occasion: Occasion<'_>,
) -> Result<PathBuf, CatalogError> {
    let folder = occasion.path.parent().unwrap_or(Path::new(".")).join("backups");
    let file = |path: &Path, source| CatalogError::File { path: path.to_owned(), source };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(&folder)
        .map_err(|source| file(&folder, source))?;
    let stamp = text(occasion.now).replace(['-', ':'], "");
    let copy = folder.join(format!("catalog-schema{schema}-{stamp}.db"));
    let partial = folder.join(format!(".catalog-schema{schema}-{stamp}.db.partial"));
    // What earlier attempts left half-written, of whatever time, would fill the disk in the end.
    for entry in fs::read_dir(&folder).map_err(|source| file(&folder, source))? {
        let entry = entry.map_err(|source| file(&folder, source))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(".catalog-schema") && name.ends_with(".db.partial") {
            fs::remove_file(entry.path()).map_err(|source| file(&entry.path(), source))?;
        }
    }
    connection.execute("VACUUM INTO ?1", [partial.to_string_lossy()])?;
    check_copy(&partial, schema)?;
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o440))
        .and_then(|()| fs::File::open(&partial)?.sync_all())
        .and_then(|()| fs::rename(&partial, &copy))
        .and_then(|()| fs::File::open(&folder)?.sync_all())
        .map_err(|source| file(&copy, source))?;
    Ok(copy)
}

fn check_copy(path: &Path, schema: usize) -> Result<(), CatalogError> {
    let bad = |found: String| CatalogError::BadCopy { path: path.to_owned(), found };
    let copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String =
        copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))?;
    if verdict != "ok" {
        return Err(bad(verdict));
    }
    match schema_of(&copy, path, schema)? {
        found if found == schema => Ok(()),
        found => Err(bad(format!("schema {found}"))),
    }
}
