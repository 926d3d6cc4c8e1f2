//! Keeps the `-wal` and `-shm` files when the catalog is closed.

use std::ffi::c_int;

use rusqlite::{Connection, ffi};

/// Switches persistent WAL on for the connection's main file.
///
/// SQLite removes both files when the last connection closes; a reader who may not write in the
/// directory can then no longer open a catalog in WAL mode, although it may read every byte
/// (observed with SQLite 3.40 and 3.54). No safe interface offers this file control.
#[allow(unsafe_code)]
pub(super) fn keep_wal_files(connection: &Connection) -> rusqlite::Result<()> {
    let mut on: c_int = 1;
    // SAFETY: the handle belongs to an open connection that outlives the call and that no other
    // thread uses meanwhile (`Connection` is not `Sync`); the name is a static C string; for this
    // operation SQLite reads and writes one `int` behind the pointer and does not keep it
    // ("File Control Opcodes" of the SQLite documentation).
    let code = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_PERSIST_WAL,
            (&raw mut on).cast(),
        )
    };
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}
