//! One file: from a queue entry to checked bytes in the store's temporary folder.

use std::time::{Duration, Instant};

use super::held_log;
use super::queue::Job;
use super::running::PassContext;
use crate::blobs::{BlobWriter, InspectError, MediaFacts, Staged, StoreClass, StoreError};
use crate::catalog::QueuedAsset;
use crate::cdn::{FileError, Length, Resume};
use crate::domain::fetch::{LinkState, NextAttempt, fits_role, link_state, next_attempt};
use crate::domain::flight::Timing;
use crate::domain::{FileFault, Link};

/// A file that arrived whole and is what its item says; not durable yet.
#[derive(Debug)]
pub(super) struct Fetched {
    pub asset: QueuedAsset,
    pub staged: Staged,
    pub facts: MediaFacts,
    pub url_path: String,
    pub length_verified: bool,
    pub timing: Timing,
}

/// A file that did not arrive.
#[derive(Debug)]
pub(super) struct Missed {
    pub asset: QueuedAsset,
    pub fault: FileFault,
    pub message: String,
    pub http_status: Option<u16>,
    /// No further file can be stored in this pass.
    pub stop_fetching: bool,
}

/// Fetches one file, as often as `domain::fetch` says; `None` when asked to stop.
pub(super) async fn fetch_file(pass: &PassContext, job: Job) -> Option<Result<Fetched, Missed>> {
    let Job { asset, mut link } = job;
    if let Some(arrived) = adopt(pass, &asset, link.as_ref()).await {
        return Some(Ok(arrived.into_fetched(asset)));
    }
    let mut transfer = Transfer::default();
    let mut refreshed = false;
    let mut failures = 0;
    loop {
        if pass.stop.is_cancelled() {
            return None;
        }
        let attempt = tokio::select! {
            attempt = one_attempt(pass, &asset, &mut link, &mut refreshed, &mut transfer) => attempt,
            () = pass.stop.cancelled() => return None,
        };
        let fault = match attempt {
            Ok(arrived) => return Some(Ok(arrived.into_fetched(asset))),
            Err(fault) => fault,
        };
        failures += 1;
        if link.is_none() {
            // The refresh itself failed: its own reason counts, and only another pass may ask again.
            return Some(Err(fault.into_missed(asset, false)));
        }
        match next_attempt(fault.kind, failures, refreshed) {
            NextAttempt::FreshLink => link = None,
            NextAttempt::SameLink(pause) => {
                tracing::debug!(media.id = %asset.media_id, failures, "again: {}", fault.message);
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = pass.stop.cancelled() => return None,
                }
            }
            NextAttempt::Later => return Some(Err(fault.into_missed(asset, false))),
            NextAttempt::StopFetching => return Some(Err(fault.into_missed(asset, true))),
        }
    }
}

/// Takes a file from the store that the catalog lost in a restore.
async fn adopt(pass: &PassContext, asset: &QueuedAsset, link: Option<&Link>) -> Option<Arrived> {
    let path = link?.path();
    let media_id = asset.media_id.to_string();
    let known = pass.archive.adoptable.find(&media_id, asset.role.as_str(), path)?.clone();
    let store = pass.archive.dir.blobs().clone();
    let (url_path, length_verified) = (known.url_path.clone(), known.length_verified);
    let began = Instant::now();
    // Whatever goes wrong here, the network has the file, too.
    let taken = tokio::task::spawn_blocking(move || held_log::take_from_store(&store, &known));
    let staged = taken.await.ok()?.ok()??;
    let facts = staged.inspect().ok()?;
    if !fits_role(asset.role, asset.is_video, facts.mime_type) {
        return None;
    }
    let timing = Timing { waited: began.elapsed(), took: began.elapsed() };
    Some(Arrived { staged, facts, url_path, length_verified, timing })
}

/// What one attempt leaves for the next: a half-written file and where it can go on.
#[derive(Debug, Default)]
struct Transfer {
    begun: Option<(BlobWriter, Resume)>,
}

#[derive(Debug)]
struct Arrived {
    staged: Staged,
    facts: MediaFacts,
    url_path: String,
    length_verified: bool,
    timing: Timing,
}

impl Arrived {
    fn into_fetched(self, asset: QueuedAsset) -> Fetched {
        let Self { staged, facts, url_path, length_verified, timing } = self;
        Fetched { asset, staged, facts, url_path, length_verified, timing }
    }
}

#[derive(Debug)]
struct Fault {
    kind: FileFault,
    message: String,
    http_status: Option<u16>,
}

impl Fault {
    fn into_missed(self, asset: QueuedAsset, stop_fetching: bool) -> Missed {
        let Self { kind: fault, message, http_status } = self;
        Missed { asset, fault, message, http_status, stop_fetching }
    }
}

async fn one_attempt(
    pass: &PassContext,
    asset: &QueuedAsset,
    link: &mut Option<Link>,
    refreshed: &mut bool,
    transfer: &mut Transfer,
) -> Result<Arrived, Fault> {
    if link_state(link.as_ref(), pass.archive.clock.now()) == LinkState::Refresh && !*refreshed {
        *refreshed = true;
        *link = Some(pass.refresher.link(pass, asset).await.map_err(|failed| Fault {
            kind: failed.fault,
            message: failed.message,
            http_status: None,
        })?);
    }
    let Some(link) = link.as_ref() else {
        let message = "there is no link for it".to_owned();
        return Err(Fault { kind: FileFault::NoUrl, message, http_status: None });
    };
    let (writer, length_verified, timing) = receive(pass, link, transfer).await?;
    let staged = writer.finish()?;
    let facts = staged.inspect()?;
    if !fits_role(asset.role, asset.is_video, facts.mime_type) {
        return Err(Fault {
            kind: FileFault::WrongContent,
            message: format!("the host delivered {} as the {} file", facts.mime_type, asset.role),
            http_status: Some(200),
        });
    }
    let url_path = link.path().to_owned();
    Ok(Arrived { staged, facts, url_path, length_verified, timing })
}

/// Other transfers and programs fill the same disk: large files look again while they grow.
const GUARD_EVERY: u64 = 8 << 20;

/// A long transfer is no silence: whoever looks on hears of it this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Streams the body into the store; a broken transfer is kept for the next attempt when the host
/// can continue it.
async fn receive(
    pass: &PassContext,
    link: &Link,
    transfer: &mut Transfer,
) -> Result<(BlobWriter, bool, Timing), Fault> {
    let store = pass.archive.dir.blobs();
    guard_disk(pass, Length::Unknown)?;
    let asked_at = Instant::now();
    let begun = transfer.begun.take();
    let resume = begun.as_ref().map(|(_, resume)| resume);
    let mut incoming = pass.archive.files.open(link, resume).await?;
    let waited = asked_at.elapsed();
    let mut writer = match begun {
        Some((writer, _)) if incoming.starts_at() == writer.len() => writer,
        Some(_) | None if incoming.starts_at() == 0 => store.begin()?,
        Some(_) | None => {
            let message = "the host went on at another byte than asked".to_owned();
            return Err(Fault { kind: FileFault::Transient, message, http_status: None });
        }
    };
    guard_disk(pass, incoming.length())?;
    let mut guarded = writer.len();
    let mut told_at = asked_at;
    loop {
        match incoming.next().await {
            Ok(Some(piece)) => {
                if let Some(bandwidth) = &pass.archive.bandwidth {
                    bandwidth.carry(piece.as_ref().len()).await;
                }
                writer.write(piece.as_ref())?;
                if told_at.elapsed() >= SIGN_OF_LIFE {
                    told_at = Instant::now();
                    pass.announce_files();
                }
                if writer.len() - guarded >= GUARD_EVERY {
                    guarded = writer.len();
                    guard_disk(pass, Length::Unknown)?;
                }
            }
            Ok(None) => break,
            Err(error) => {
                // What arrived and was not written is asked for again.
                let from = writer.len();
                if let Some(resume) = incoming.resume_point().filter(|_| from > 0) {
                    transfer.begun = Some((writer, Resume { from, ..resume }));
                }
                return Err(error.into());
            }
        }
    }
    let length_verified = incoming.length() != Length::Unknown;
    Ok((writer, length_verified, Timing { waited, took: asked_at.elapsed() }))
}

fn guard_disk(pass: &PassContext, length: Length) -> Result<(), Fault> {
    let needed = match length {
        Length::Announced(size) => size,
        Length::Framed | Length::Unknown => 0,
    };
    let free = pass.archive.dir.free_space()?;
    let reserve = pass.archive.settings.min_free;
    if free >= needed.saturating_add(reserve) {
        return Ok(());
    }
    Err(Fault {
        kind: FileFault::NoSpace,
        message: format!(
            "the disk has {free} bytes free, the file needs {needed} and min_free keeps {reserve}"
        ),
        http_status: None,
    })
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        let http_status = match &error {
            FileError::LinkRefused { status, .. } | FileError::Status { status } => Some(*status),
            FileError::ForbiddenAddress(_)
            | FileError::Connect { .. }
            | FileError::Broken { .. }
            | FileError::Short { .. }
            | FileError::TooSlow { .. }
            | FileError::TooLarge { .. }
            | FileError::Compressed(_)
            | FileError::Empty
            | FileError::Setup(_) => None,
        };
        let kind = error.fault();
        Self { kind, message: format!("{:#}", anyhow::Error::from(error)), http_status }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let kind = storage_fault(&error);
        Self { kind, message: format!("{:#}", anyhow::Error::from(error)), http_status: None }
    }
}

impl From<InspectError> for Fault {
    fn from(error: InspectError) -> Self {
        match error {
            InspectError::Content(fault) => Self {
                kind: FileFault::WrongContent,
                message: fault.to_string(),
                http_status: Some(200),
            },
            InspectError::Store(error) => error.into(),
        }
    }
}

/// What a failing store means for the file at hand.
pub(super) fn storage_fault(error: &StoreError) -> FileFault {
    match error.class() {
        StoreClass::NoSpace => FileFault::NoSpace,
        StoreClass::Storage | StoreClass::Refused | StoreClass::InUse => FileFault::Storage,
    }
}
