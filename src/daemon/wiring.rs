//! Builds the archive and the accounts that a configuration describes.

use std::time::Duration;

use url::{Host, Url};

use crate::archive::report::{Problem, ProblemKind};
use crate::archive::{Archive, PassReport, Settings};
use crate::blobs::{ArchiveDir, StoreClass, StoreError};
use crate::catalog::{self, Catalog, CatalogError, CatalogOptions, LastEnd, Recheck, Writer};
use crate::cdn::{FileClient, FileRules, HostRules};
use crate::clock::Clock;
use crate::config::{self, AbsenceConfig, AccountConfig, Config};
use crate::domain::reconcile::Caution;
use crate::domain::retry::RetryPolicy;
use crate::domain::{Timestamp, brake};
use crate::exit::{Exit, Failure};
use crate::graph::{Limits, Transport};

/// The program's version, as the catalog and the API see it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Opens the archive for writing, or makes it when its directory is empty or absent.
///
/// Whatever an earlier process left half-done is cleared here: temporary files are removed, walks
/// that never ended are closed as interrupted.
pub async fn open_archive(config: &Config, clock: Clock) -> Result<Archive, Failure> {
    let dir = ArchiveDir::create_or_open(&config.archive.dir, config.archive.id.as_deref())
        .map_err(store_failure)?;
    let swept = dir.blobs().sweep().map_err(store_failure)?;
    if swept.files > 0 {
        tracing::info!(files = swept.files, bytes = swept.bytes, "removed unfinished downloads");
    }
    let now = clock.now();
    look_before_writing(&dir)?;
    let catalog = open_catalog(&dir, config, now).await.map_err(catalog_failure)?;
    let settings = settings(config);
    let files = file_client(config)?;
    Ok(Archive::new(dir, catalog, clock, settings, files))
}

/// Refuses a catalog that is lost or damaged, before anything of it is changed.
///
/// Files without a catalog are no new archive: an empty catalog would forget what they are.
fn look_before_writing(dir: &ArchiveDir) -> Result<(), Failure> {
    match catalog::look_before_writing(&dir.catalog_path()).map_err(catalog_failure)? {
        LastEnd::Killed => {
            tracing::info!(
                "the last program was killed: the catalog was looked through, it is sound"
            );
            Ok(())
        }
        LastEnd::None if dir.holds_any_blob().map_err(store_failure)? => Err(Failure::new(
            Exit::Damage,
            format!("{} is lost, and the archive holds files", dir.catalog_path().display()),
        )
        .with_hint("put it back, or let `mediakeep restore` take the newest copy from backups/")),
        LastEnd::Clean | LastEnd::None => Ok(()),
    }
}

async fn open_catalog(
    dir: &ArchiveDir,
    config: &Config,
    now: Timestamp,
) -> Result<Catalog, CatalogError> {
    let options = CatalogOptions {
        archive_id: dir.id().to_owned(),
        now,
        program_version: VERSION.to_owned(),
        caution: caution(&config.absence),
    };
    let catalog = Catalog::open(&dir.catalog_path(), &options)?;
    let interrupted = catalog.call(Writer::interrupt_running_walks).await?;
    if interrupted > 0 {
        tracing::info!(walks = interrupted, "closed walks that an earlier process did not end");
    }
    Ok(catalog)
}

/// How careful `[absence]` wants it.
pub(super) fn caution(absence: &AbsenceConfig) -> Caution {
    Caution {
        confirm_after: absence.confirm_after,
        brake: brake::Limits {
            items: usize::try_from(absence.brake_items).unwrap_or(usize::MAX),
            share: absence.brake_share,
        },
        ..Caution::default()
    }
}

fn settings(config: &Config) -> Settings {
    Settings {
        page_size: config.api.page_size,
        max_usage: config.api.max_usage,
        retry: RetryPolicy::default(),
        concurrency: config.download.concurrency,
        min_free: config.archive.min_free,
        keep_responses: config.archive.keep_responses,
        caution: caution(&config.absence),
        recheck: match config.download.recheck {
            config::Recheck::Path => Recheck::Path,
            config::Recheck::Never => Recheck::Never,
            config::Recheck::Always => Recheck::Always,
        },
        bandwidth: config.download.bandwidth,
        program_version: VERSION,
    }
}

/// The same archive under another configuration.
pub(super) fn apply_settings(archive: &Archive, config: &Config) -> Result<Archive, Failure> {
    let retry = archive.settings.retry;
    let settings = Settings { retry, ..settings(config) };
    Ok(archive.with_settings(settings, file_client(config)?))
}

fn file_client(config: &Config) -> Result<FileClient, Failure> {
    let loopback = is_loopback(&config.api.instagram_url) || is_loopback(&config.api.facebook_url);
    FileClient::new(FileRules {
        hosts: HostRules::new(&config.download.hosts, loopback),
        max_size: Some(config.download.max_file_size),
        connect_timeout: Duration::from_secs(10),
        read_timeout: Duration::from_secs(30),
        connections: config.download.concurrency.get(),
    })
    .map_err(|error| {
        Failure::new(Exit::Unavailable, "could not prepare the connections to the file hosts")
            .caused_by(error)
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The connections to the API, shared by all accounts.
pub fn transport() -> Result<Transport, Failure> {
    Transport::new(Limits::default()).map_err(|error| {
        Failure::new(Exit::Unavailable, "could not prepare the connections to the API")
            .caused_by(error)
    })
}

/// The report of an account whose pass could not begin because its secrets could not be had.
pub fn report_of_unopened(
    account: &AccountConfig,
    failure: &Failure,
    now: Timestamp,
) -> PassReport {
    let kind = match failure.exit {
        Exit::Token => ProblemKind::Token,
        Exit::Done
        | Exit::Bug
        | Exit::Usage
        | Exit::Attention
        | Exit::Config
        | Exit::InUse
        | Exit::Permission
        | Exit::Allowance
        | Exit::Unavailable
        | Exit::Storage
        | Exit::Damage
        | Exit::Catalog
        | Exit::Interrupted
        | Exit::Terminated => ProblemKind::Api,
    };
    let mut report = PassReport::begin(account.name.clone(), account.login, now);
    let (message, hint) = (failure.to_string(), failure.hint().map(str::to_owned));
    report.add_problem(Problem { kind, message, hint });
    report
}

/// How a failing store ends the program.
pub fn store_failure(error: StoreError) -> Failure {
    let exit = match error.class() {
        StoreClass::NoSpace | StoreClass::Storage | StoreClass::Refused => Exit::Storage,
        StoreClass::InUse => Exit::InUse,
    };
    let hint = match &error {
        StoreError::Refused(refusal) => Some(refusal.hint().to_owned()),
        StoreError::InUse { .. } => {
            Some("wait for it to end; `mediakeep status` works meanwhile".to_owned())
        }
        StoreError::ReadOnly { .. }
        | StoreError::SyncFile { .. }
        | StoreError::SyncDir { .. }
        | StoreError::Degraded { .. }
        | StoreError::Io { .. } => None,
    };
    let failure = Failure::new(exit, format!("{:#}", anyhow::Error::from(error)));
    hint.into_iter().fold(failure, Failure::with_hint)
}

const RESTORE: &str = "nothing was changed; `mediakeep restore` puts the newest sound copy in its place and sets this one aside";

/// How a failing catalog ends the program.
pub fn catalog_failure(error: CatalogError) -> Failure {
    let (exit, hint) = match &error {
        CatalogError::TooNew { .. } => {
            (Exit::Catalog, Some("install the newer mediakeep that wrote it"))
        }
        CatalogError::TooOld { .. }
        | CatalogError::Migration { .. }
        | CatalogError::BadCopy { .. }
        | CatalogError::OldSqlite { .. } => {
            (Exit::Catalog, Some("the catalog is as it was; a copy is in backups/"))
        }
        CatalogError::Damaged { .. } => (Exit::Damage, Some(RESTORE)),
        error if error.is_damage() => (Exit::Damage, Some(RESTORE)),
        CatalogError::AccountMismatch { .. } => (
            Exit::Config,
            Some("an account keeps its user_id and login: give the other one a name of its own"),
        ),
        CatalogError::Missing { .. } => {
            (Exit::Storage, Some("run `mediakeep sync` first: it creates the archive"))
        }
        CatalogError::Foreign { .. } | CatalogError::OtherArchive { .. } => (
            Exit::Storage,
            Some("put back the catalog.db that belongs to this archive, or a copy from backups/"),
        ),
        CatalogError::WalkNotHeld(_) => {
            (Exit::Usage, Some("`mediakeep status` names the walks that are held"))
        }
        CatalogError::NoSpace(_) => (Exit::Storage, Some("make room on the archive's disk")),
        CatalogError::Open { .. }
        | CatalogError::File { .. }
        | CatalogError::UnknownAccount(_)
        | CatalogError::WalkNotRunning(_)
        | CatalogError::UnknownAsset(_)
        | CatalogError::UnknownBlob(_)
        | CatalogError::UnknownWord { .. }
        | CatalogError::TooLarge(_)
        | CatalogError::Compression(_)
        | CatalogError::Storage(_)
        | CatalogError::Busy(_)
        | CatalogError::Sql(_)
        | CatalogError::Interrupted
        | CatalogError::Panicked(_)
        | CatalogError::Closed => (Exit::Storage, None),
    };
    let failure = Failure::new(exit, format!("{:#}", anyhow::Error::from(error)));
    hint.into_iter().fold(failure, Failure::with_hint)
}
