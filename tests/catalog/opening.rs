//! Opening, closing, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use mediakeep::catalog::{Catalog, CatalogError, CatalogOptions, CatalogReader, Writer};
use rusqlite::Connection;

use crate::support::{Archive, at, options, picture};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_new_catalog_says_what_it_is_and_is_readable_by_the_group_alone() {
    let archive = Archive::new();
    assert_eq!(archive.one("PRAGMA application_id"), 0x6d6b_6570.to_string());
    assert_eq!(archive.one("PRAGMA user_version"), "3");
    assert_eq!(archive.one("PRAGMA journal_mode"), "wal");
    assert_eq!(archive.one("SELECT value FROM meta WHERE key = 'view_version'"), "1");
    assert_eq!(
        archive.rows("SELECT version, name, applied_at, program_version FROM schema_migration"),
        [
            ["1", "initial", "2026-11-01T00:00:00Z", "0.1.0-test"],
            ["2", "disappearance", "2026-11-01T00:00:00Z", "0.1.0-test"],
            ["3", "daemon", "2026-11-01T00:00:00Z", "0.1.0-test"],
        ]
    );
    archive.walk(&[picture("101")], 10);
    for file in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let mode = fs::metadata(archive.dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{file}");
    }
}

#[test]
fn what_was_written_is_there_after_closing_and_opening() {
    let archive = Archive::new();
    archive.walk(&[picture("101")], 10);
    let other = archive.catalog.clone();
    block_on(archive.catalog.clone().close()).unwrap();
    assert!(matches!(other.call_blocking(Writer::archive_id), Err(CatalogError::Closed)));
    assert!(matches!(block_on(other.close()), Err(CatalogError::Closed)));

    let again = Catalog::open(&archive.path(), &options()).unwrap();
    assert_eq!(again.call_blocking(Writer::archive_id).unwrap(), "a1b2c3");
    assert_eq!(archive.one("SELECT count(*) FROM posts"), "1");
    assert!(!archive.dir.path().join("backups").exists(), "nothing was migrated");
}

#[test]
fn a_reader_who_may_not_write_can_read_after_a_clean_stop() {
    let archive = Archive::new();
    archive.walk(&[picture("101")], 10);
    block_on(archive.catalog.clone().close()).unwrap();
    let directory = archive.dir.path();
    assert_eq!(fs::metadata(directory.join("catalog.db-wal")).unwrap().len(), 0);
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    for file in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        fs::set_permissions(directory.join(file), fs::Permissions::from_mode(0o444)).unwrap();
    }
    let query = "SELECT media_id FROM posts";
    let root = rustix::process::geteuid().is_root();
    let mut command = if root { Command::new("setpriv") } else { Command::new("sqlite3") };
    if root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sqlite3"]);
    } else {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let output = command.arg("-readonly").arg(archive.path()).arg(query).output().unwrap();
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        ("101\n".into(), "".into())
    );
}

#[test]
fn a_catalog_of_a_newer_program_is_refused_and_left_alone() {
    let archive = Archive::new();
    drop(archive.catalog);
    let path = archive.dir.path().join("catalog.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 4).unwrap();
    let before = fs::read(&path).unwrap();
    let newer = |result: Result<(), CatalogError>| {
        assert!(matches!(result, Err(CatalogError::TooNew { found: 4, supported: 3, .. })));
    };
    newer(Catalog::open(&path, &options()).map(drop));
    newer(CatalogReader::open(&path).map(drop));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn files_that_are_no_catalog_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("foreign.db");
    let connection = Connection::open(&foreign).unwrap();
    connection.execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)").unwrap();
    drop(connection);
    let unmarked = dir.path().join("unmarked.db");
    Connection::open(&unmarked).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    for (path, id) in [(&foreign, 7), (&unmarked, 0)] {
        let before = fs::read(path).unwrap();
        let result = Catalog::open(path, &options());
        assert!(
            matches!(&result, Err(CatalogError::Foreign { application_id, .. }) if *application_id == id),
            "{result:?}"
        );
        assert_eq!(fs::read(path).unwrap(), before);
    }
    let text = dir.path().join("text.db");
    fs::write(&text, "this is a text and no database at all".repeat(40)).unwrap();
    let result = Catalog::open(&text, &options());
    assert!(
        matches!(result, Err(CatalogError::Open { .. } | CatalogError::Storage(_))),
        "{result:?}"
    );
}

#[test]
fn a_catalog_of_another_archive_is_refused() {
    let archive = Archive::new();
    drop(archive.catalog);
    let path = archive.dir.path().join("catalog.db");
    let other = CatalogOptions { archive_id: "ffffff".to_owned(), ..options() };
    let result = Catalog::open(&path, &other);
    assert!(
        matches!(&result, Err(CatalogError::OtherArchive { found, .. }) if found == "a1b2c3"),
        "{result:?}"
    );
}

#[test]
fn a_reader_creates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    assert!(matches!(CatalogReader::open(&path), Err(CatalogError::Missing { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_panic_in_a_job_is_an_error_of_its_caller_and_leaves_nothing_behind() {
    let archive = Archive::new();
    let result = archive.attempt::<()>(|_| panic!("told to"));
    assert!(
        matches!(&result, Err(CatalogError::Panicked(text)) if text == "told to"),
        "{result:?}"
    );
    assert_eq!(archive.walk(&[picture("101")], 10).new, 1);
}

#[test]
fn jobs_run_in_the_order_they_came_and_even_if_nobody_waits() {
    let archive = Archive::new();
    block_on(async {
        let impatient =
            archive.catalog.call(|w| w.set_token_expiry(&crate::support::bakery(), Some(at(77))));
        let mut impatient = std::pin::pin!(impatient);
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        let _ = impatient.as_mut().poll(&mut context).is_ready();
    });
    archive.write(|_| Ok(()));
    assert_eq!(archive.one("SELECT token_expires_at FROM accounts"), "2026-11-01T00:01:17Z");
}

#[test]
fn the_last_handle_may_be_dropped_inside_of_a_job() {
    let archive = Archive::new();
    let handle = archive.catalog.clone();
    let path = archive.path();
    let (done, wait) = std::sync::mpsc::channel();
    archive.write(move |_| {
        done.send(handle).unwrap();
        Ok(())
    });
    let handle = wait.recv().unwrap();
    drop(archive.catalog);
    handle
        .clone()
        .call_blocking(move |_| {
            drop(handle);
            Ok(())
        })
        .unwrap();
    assert!(path.exists());
}
