//! What the commands do, one file each.

use tokio::runtime::{Builder, Runtime};

use crate::blobs::{ArchiveDir, Refusal, StoreError};
use crate::catalog::{CatalogError, CatalogReader, StatusFacts};
use crate::cli::render::text::plain;
use crate::config::Config;
use crate::daemon::{catalog_failure, store_failure};
use crate::domain::AccountName;
use crate::exit::{Exit, Failure};

pub(super) mod accept;
pub(super) mod backup;
pub(super) mod check;
pub(super) mod completions;
pub(super) mod demo;
pub(super) mod events;
pub(super) mod failures;
pub(super) mod gaps;
pub(super) mod list;
pub(super) mod login;
pub(super) mod man;
pub(super) mod next;
pub(super) mod notify;
pub(super) mod prove;
pub(super) mod restore;
pub(super) mod run;
pub(super) mod show;
pub(super) mod status;
mod story;
pub(super) mod sync;
pub(super) mod token;
pub(super) mod verify;
pub(super) mod walks;

/// The archive of a configuration, opened beside whoever writes it.
struct Reading {
    dir: ArchiveDir,
    catalog: CatalogReader,
}

fn open_to_read(config: &Config) -> Result<Reading, Failure> {
    let first = "run `mediakeep sync` first: it makes the archive";
    let dir = ArchiveDir::open_read_only(&config.archive.dir).map_err(|error| {
        let absent = matches!(&error, StoreError::Refused(Refusal::Absent { .. }));
        let failure = store_failure(error);
        if absent { failure.with_hint(first) } else { failure }
    })?;
    let catalog = CatalogReader::open(&dir.catalog_path()).map_err(|error| {
        let absent = matches!(&error, CatalogError::Missing { .. });
        let failure = catalog_failure(error);
        if absent { failure.with_hint(first) } else { failure }
    })?;
    Ok(Reading { dir, catalog })
}

/// The account that a filter names, which the catalog must know.
fn known_account(
    reading: &Reading,
    wanted: Option<&AccountName>,
) -> Result<Option<String>, Failure> {
    let Some(wanted) = wanted else { return Ok(None) };
    let StatusFacts { accounts, .. } = reading.catalog.status().map_err(catalog_failure)?;
    if accounts.iter().any(|known| known.account == wanted.as_str()) {
        return Ok(Some(wanted.to_string()));
    }
    let names: Vec<&str> = accounts.iter().map(|known| known.account.as_str()).collect();
    let hint = if names.is_empty() {
        "the archive holds no account yet: run `mediakeep sync`".to_owned()
    } else {
        format!("the archive holds {}", names.join(", "))
    };
    Err(Failure::new(Exit::Usage, format!("no account {wanted} in the archive")).with_hint(hint))
}

/// An id, shortcode or address that the catalog does not have.
fn no_such_post(media: &str) -> Failure {
    Failure::new(Exit::Usage, format!("no post {} in the archive", plain(media)))
        .with_hint("`mediakeep list` shows ids and shortcodes; a new post comes with the next sync")
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, "could not start the runtime").caused_by(error))
}
