//! What can go wrong with the catalog.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::domain::{AccountName, Login, UserId};

/// A failed operation on the catalog.
///
/// Full disks and failing storage are variants of their own: they end a pass, while the others
/// are about one call.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("catalog {path} has schema {found}, this program knows schemas up to {supported}")]
    TooNew { path: PathBuf, found: i64, supported: i64 },
    #[error("catalog {path} has schema {found} and must be migrated to {supported} first")]
    TooOld { path: PathBuf, found: i64, supported: i64 },
    #[error("{path} is not a mediakeep catalog: its application id is {application_id:#x}")]
    Foreign { path: PathBuf, application_id: i64 },
    #[error("catalog {path} belongs to archive {found}, not to {expected}")]
    OtherArchive { path: PathBuf, expected: String, found: String },
    #[error("catalog {path} does not exist")]
    Missing { path: PathBuf },
    #[error("SQLite {found} can lose commits in WAL mode, 3.51.3 or newer is needed")]
    OldSqlite { found: &'static str },
    #[error("could not open catalog {path}")]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("could not read or write {path}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("migration {version} of the catalog failed")]
    Migration { version: i64, source: rusqlite::Error },
    #[error("the copy {path} of the catalog is not sound: {found}")]
    BadCopy { path: PathBuf, found: String },
    #[error("catalog {path} is damaged: {found}")]
    Damaged { path: PathBuf, found: String },
    #[error("the work on the catalog was interrupted")]
    Interrupted,
    #[error(
        "account {name} is known as {known_login} {known_user_id}, \
         the configuration says {login} {user_id}"
    )]
    AccountMismatch {
        name: AccountName,
        known_login: String,
        known_user_id: String,
        login: Login,
        user_id: UserId,
    },
    #[error("account {0} is not in the catalog")]
    UnknownAccount(String),
    #[error("walk {0} is not running")]
    WalkNotRunning(i64),
    #[error("walk {0} is not held")]
    WalkNotHeld(i64),
    #[error("file {0} is not in the catalog")]
    UnknownAsset(i64),
    #[error("blob {0} is not in the catalog")]
    UnknownBlob(String),
    #[error("{what} in the catalog is {found:?}, which this program does not know")]
    UnknownWord { what: &'static str, found: String },
    #[error("number {0} does not fit the catalog")]
    TooLarge(u64),
    #[error("an answer could not be compressed")]
    Compression(#[source] std::io::Error),
    #[error("no space is left for the catalog")]
    NoSpace(#[source] rusqlite::Error),
    #[error("the catalog's storage failed")]
    Storage(#[source] rusqlite::Error),
    #[error("the catalog is locked by another program")]
    Busy(#[source] rusqlite::Error),
    #[error("a catalog statement failed")]
    Sql(#[source] rusqlite::Error),
    #[error("a catalog job panicked: {0}")]
    Panicked(String),
    #[error("the catalog is closed")]
    Closed,
}

impl CatalogError {
    /// Whether the bytes of the catalog are not what SQLite wrote.
    pub fn is_damage(&self) -> bool {
        if let Self::Open { source, .. } | Self::Storage(source) = self {
            let code = source.sqlite_error_code();
            return matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        }
        matches!(self, Self::Damaged { .. })
    }
}

impl From<rusqlite::Error> for CatalogError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::NoSpace(error),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::NotADatabase
                | ErrorCode::PermissionDenied,
            ) => Self::Storage(error),
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error),
            Some(_) | None => Self::Sql(error),
        }
    }
}
