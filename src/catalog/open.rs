//! Opens the catalog's file: who may, with which settings.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::migrate::{self, MIGRATIONS, Migration, Occasion};
use super::persistent_wal::keep_wal_files;
use super::text::text;
use super::{CatalogError, CatalogOptions};

/// Statements kept compiled; the adapter has fewer.
const STATEMENTS: usize = 128;

/// How long a statement waits for a lock before it is busy.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// SQLite before 3.51.3 can lose commits when two connections checkpoint and write at once in
/// WAL mode (the "WAL-reset" bug in SQLite's own list of changes).
const OLDEST_SQLITE: i32 = 3_051_003;

/// Opens the one connection that writes, creating or migrating the file.
pub(super) fn to_write(path: &Path, options: &CatalogOptions) -> Result<Connection, CatalogError> {
    to_write_with(path, options, MIGRATIONS)
}

pub(super) fn to_write_with(
    path: &Path,
    options: &CatalogOptions,
    migrations: &[Migration],
) -> Result<Connection, CatalogError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(CatalogError::OldSqlite { found: rusqlite::version() });
    }
    create_if_absent(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |source| CatalogError::Open { path: path.to_owned(), source };
    let mut connection = Connection::open_with_flags(path, flags).map_err(open)?;
    harden(&connection).map_err(open)?;
    migrate::schema_of(&connection, path, migrations.len())?;
    prepare_to_write(&connection).map_err(open)?;
    let occasion = Occasion { path, now: options.now, program_version: &options.program_version };
    migrate::migrate(&mut connection, migrations, occasion)?;
    belong(&connection, path, options)?;
    Ok(connection)
}

/// Opens a connection that only reads and takes part in no checkpoint.
pub(super) fn to_read(path: &Path) -> Result<Connection, CatalogError> {
    if !path.exists() {
        return Err(CatalogError::Missing { path: path.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |source| CatalogError::Open { path: path.to_owned(), source };
    let connection = Connection::open_with_flags(path, flags).map_err(open)?;
    harden(&connection).map_err(open)?;
    connection.pragma_update(None, "query_only", true).map_err(open)?;
    let found = migrate::schema_of(&connection, path, MIGRATIONS.len())?;
    if found < MIGRATIONS.len() {
        return Err(CatalogError::TooOld {
            path: path.to_owned(),
            found: super::text::count(found),
            supported: super::text::count(MIGRATIONS.len()),
        });
    }
    Ok(connection)
}

/// Opens a connection that copies a catalog of this schema, beside its writer. It writes nothing
/// into the catalog, but into a new file.
pub(super) fn to_copy(path: &Path) -> Result<Connection, CatalogError> {
    let connection = to_read(path)?;
    let open = |source| CatalogError::Open { path: path.to_owned(), source };
    connection.pragma_update(None, "query_only", false).map_err(open)?;
    Ok(connection)
}

/// Opens a catalog of any schema that this program knows, for looking at it.
pub(super) fn to_look(path: &Path) -> Result<Connection, CatalogError> {
    if !path.exists() {
        return Err(CatalogError::Missing { path: path.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |source| CatalogError::Open { path: path.to_owned(), source };
    let connection = Connection::open_with_flags(path, flags).map_err(open)?;
    harden(&connection).map_err(open)?;
    connection.pragma_update(None, "query_only", true).map_err(open)?;
    if migrate::schema_of(&connection, path, MIGRATIONS.len())? == 0 {
        return Err(CatalogError::Foreign { path: path.to_owned(), application_id: 0 });
    }
    Ok(connection)
}

/// SQLite gives `-wal` and `-shm` the mode of the file itself: the group may read all three.
fn create_if_absent(path: &Path) -> Result<(), CatalogError> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(CatalogError::File { path: path.to_owned(), source }),
    }
}

/// What every connection does: wait for locks, trust nothing in the file, stay small.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Else a partial index makes SQLite compile a statement anew for each set of values that is
    // bound to it, which costs ten times what running it does (observed with SQLite 3.54).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -4096)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn prepare_to_write(connection: &Connection) -> rusqlite::Result<()> {
    const MIB: i64 = 1024 * 1024;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| {
        let mode: String = row.get(0)?;
        if mode == "wal" { Ok(()) } else { Err(rusqlite::Error::InvalidParameterName(mode)) }
    })?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 * MIB, |_| Ok(()))?;
    keep_wal_files(connection)
}

/// Writes the archive's id into a new catalog and compares it ever after.
fn belong(
    connection: &Connection,
    path: &Path,
    options: &CatalogOptions,
) -> Result<(), CatalogError> {
    const CLAIM: &str = "INSERT INTO meta (key, value) VALUES ('archive_id', ?1),
        ('view_version', '1'), ('created_at', ?2) ON CONFLICT (key) DO NOTHING";
    const OWNER: &str = "SELECT value FROM meta WHERE key = 'archive_id'";
    connection.execute(CLAIM, [&options.archive_id, &text(options.now)])?;
    let found: String = connection.query_row(OWNER, [], |row| row.get(0))?;
    if found == options.archive_id {
        return Ok(());
    }
    Err(CatalogError::OtherArchive {
        path: path.to_owned(),
        expected: options.archive_id.clone(),
        found,
    })
}
