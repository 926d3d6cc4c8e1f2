//! Keeps the archive well by itself: copies, reading again, room, the catalog's log.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Archive;
use super::backup::{CopyError, back_up, enter, rotate};
use super::publish::{PublishError, publish};
use super::rolling::read_slice;
use super::verify::VerifyError;
use super::watch_disk::watch_disk;
use super::watch_log::watch_log;
use crate::catalog::{CatalogError, CatalogReader, Writer};
use crate::domain::chore::{ChoreOutcome, LastRun, Turn, turn};
use crate::domain::{AlarmKind, Timestamp, rolling};

/// The first tick of a schedule after an instant.
pub type Ticks = Arc<dyn Fn(Timestamp) -> Option<Timestamp> + Send + Sync>;

/// What is to be kept up, and when.
#[derive(Clone)]
pub struct UpkeepSettings {
    pub backup: Ticks,
    /// Copies that stay.
    pub keep: usize,
    /// Where the published copy goes, and when.
    pub publish: Option<(PathBuf, Ticks)>,
    /// Within this time every blob is read again once.
    pub verify_every: Duration,
    /// Time between two looks at everything, and between two slices of reading again.
    pub slice: Duration,
    /// A log of the catalog beyond this many bytes needs a person.
    pub log_limit: u64,
}

impl UpkeepSettings {
    /// Time between two looks at least.
    pub const SLICE: Duration = Duration::from_secs(600);

    /// Time between two looks that gives reading again many small slices.
    pub fn slice(verify_every: Duration) -> Duration {
        (verify_every / 1_440).clamp(Self::SLICE, 3 * Self::SLICE)
    }

    /// The catalog's log is this large only when somebody keeps it from shrinking.
    pub const LOG_LIMIT: u64 = 256 << 20;
}

impl fmt::Debug for UpkeepSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpkeepSettings")
            .field("keep", &self.keep)
            .field("publish", &self.publish.as_ref().map(|(path, _)| path))
            .field("verify_every", &self.verify_every)
            .finish_non_exhaustive()
    }
}

/// Keeps the archive well until it is asked to stop.
///
/// Nothing that fails here ends it: it is an alarm, or a line in the log, and tried again.
pub async fn keep_up(
    archive: Arc<Archive>,
    settings: UpkeepSettings,
    beat: impl Fn() + Send + Sync,
    stop: CancellationToken,
) {
    let upkeep = Upkeep { archive: &archive, settings: &settings, stop: &stop };
    beat();
    upkeep.note("the list of copies", upkeep.list_copies().await);
    let mut next_slice = archive.clock.now();
    loop {
        let now = archive.clock.now();
        let looks = now >= next_slice;
        let chores = upkeep.do_chores(&beat, looks).await;
        if looks && !stop.is_cancelled() {
            upkeep.look(&beat).await;
            next_slice = archive.clock.now().plus(settings.slice);
        }
        if stop.is_cancelled() {
            return;
        }
        let next = chores.into_iter().fold(next_slice, Timestamp::min);
        beat();
        tokio::select! {
            () = upkeep.beating(&beat, archive.clock.sleep_until(next)) => {}
            () = stop.cancelled() => return,
        }
    }
}

struct Upkeep<'a> {
    archive: &'a Archive,
    settings: &'a UpkeepSettings,
    stop: &'a CancellationToken,
}

/// Something that is done on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chore {
    Backup,
    Publish,
    Checkpoint,
}

impl Chore {
    fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Publish => "publish",
            Self::Checkpoint => "checkpoint",
        }
    }

    /// What is raised when it fails.
    fn alarm(self) -> Option<AlarmKind> {
        match self {
            Self::Backup => Some(AlarmKind::BackupFailing),
            Self::Publish => Some(AlarmKind::PublishFailing),
            Self::Checkpoint => None,
        }
    }
}

/// What one look at the catalog tells.
struct Facts {
    /// Bytes of new files and since when; absent in an archive that is too young.
    grown: Option<(u64, Timestamp)>,
    /// How many blobs to read again now.
    quota: u64,
    /// Damaged or missing, and not fetched again yet.
    bad: u64,
    /// The kinds of open alarms of the archive as a whole.
    open: Vec<String>,
}

impl Facts {
    fn read(
        catalog: &CatalogReader,
        slice: Duration,
        within: Duration,
        now: Timestamp,
    ) -> Result<Self, CatalogError> {
        let again = catalog.read_again(now.minus(within))?;
        let ahead = rolling::horizons(slice, within);
        let times = ahead.map(|ahead| now.plus(ahead).minus(within));
        let mut due = ahead.map(|ahead| (ahead, 0));
        for (due, count) in due.iter_mut().zip(catalog.blobs_read_before(&times)?) {
            due.1 = count;
        }
        let open = catalog.open_alarms()?.into_iter().filter(|open| open.account.is_none());
        Ok(Self {
            grown: catalog.grown(now)?,
            quota: rolling::quota(&due, again.blobs, slice, within),
            bad: again.bad,
            open: open.map(|open| open.kind).collect(),
        })
    }
}

/// How a chore ended, with a line for people.
type Ended = (ChoreOutcome, String);

impl Upkeep<'_> {
    /// Does what is due; answers when something is due next.
    async fn do_chores(&self, beat: &(impl Fn() + Sync), idle: bool) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        for chore in [Chore::Backup, Chore::Publish, Chore::Checkpoint] {
            let Some(ticks) = self.ticks(chore) else { continue };
            match self.do_if_due(chore, &ticks, beat, idle).await {
                Ok(Some(at)) => next = Some(next.map_or(at, |next| next.min(at))),
                Ok(None) => {}
                Err(error) => self.note(chore.name(), Err::<(), _>(error)),
            }
            if self.stop.is_cancelled() {
                break;
            }
        }
        next
    }

    fn ticks(&self, chore: Chore) -> Option<Ticks> {
        match chore {
            // The nights that are good for a copy are good for tidying up, too.
            Chore::Backup | Chore::Checkpoint => Some(self.settings.backup.clone()),
            Chore::Publish => self.settings.publish.as_ref().map(|(_, ticks)| ticks.clone()),
        }
    }

    async fn do_if_due(
        &self,
        chore: Chore,
        ticks: &Ticks,
        beat: &(impl Fn() + Sync),
        looks: bool,
    ) -> Result<Option<Timestamp>, CatalogError> {
        let now = self.archive.clock.now();
        let row = self.archive.catalog.call(move |c| c.chore(chore.name())).await?;
        let last = row.map(|row| LastRun {
            due_at: row.due_at,
            started_at: row.started_at,
            outcome: row.outcome.as_deref().and_then(ChoreOutcome::from_word),
        });
        let due_at = match turn(last, |after| ticks(after), now) {
            Turn::Now { due_at } => due_at,
            Turn::Later { at } => return Ok(Some(at)),
            Turn::Never => return Ok(None),
        };
        if chore == Chore::Checkpoint && !(looks && self.is_quiet(due_at, now).await?) {
            return Ok(None);
        }
        self.archive.catalog.call(move |c| c.begin_chore(chore.name(), due_at, now)).await?;
        let (outcome, detail) = self.beating(beat, self.run(chore)).await;
        self.close(chore, outcome, detail).await?;
        // Looked at once more at once: a failed one says when it is tried again.
        Ok(Some(self.archive.clock.now().plus(Duration::from_secs(1))))
    }

    async fn run(&self, chore: Chore) -> Ended {
        match chore {
            Chore::Backup => self.back_up().await,
            Chore::Publish => self.publish().await,
            Chore::Checkpoint => self.checkpoint().await,
        }
    }

    async fn back_up(&self) -> Ended {
        let Archive { dir, catalog, clock, .. } = self.archive;
        let made = match back_up(dir, clock.now(), self.stop).await {
            Ok(made) => made,
            Err(CopyError::Stopped) => return (ChoreOutcome::Stopped, String::new()),
            Err(error) => return (ChoreOutcome::Failed, told(error)),
        };
        match rotate(dir, catalog, &made, self.settings.keep).await {
            Ok(removed) => {
                let name = made.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let size = made.size_bytes;
                tracing::info!(size, removed = removed.len(), "made {name}");
                (ChoreOutcome::Done, format!("{name}, {size} bytes"))
            }
            // The copy itself is good; what is left over goes with the next one.
            Err(error) => (ChoreOutcome::Failed, told(error)),
        }
    }

    async fn publish(&self) -> Ended {
        let Some((path, _)) = &self.settings.publish else {
            return (ChoreOutcome::Done, String::new());
        };
        match publish(&self.archive.dir, path, self.archive.clock.now(), self.stop).await {
            Ok(made) => (ChoreOutcome::Done, format!("{} bytes", made.size_bytes)),
            Err(PublishError::Copy(CopyError::Stopped)) => (ChoreOutcome::Stopped, String::new()),
            Err(error) => (ChoreOutcome::Failed, told(error)),
        }
    }

    async fn checkpoint(&self) -> Ended {
        match self.archive.catalog.call(Writer::shrink_log).await {
            Ok(true) => (ChoreOutcome::Done, "the log is empty".to_owned()),
            Ok(false) => (ChoreOutcome::Done, "a reader keeps a part of the log".to_owned()),
            Err(error) => (ChoreOutcome::Failed, told(error)),
        }
    }

    /// Whether nothing is walked, or it has been waited for long enough.
    async fn is_quiet(&self, due_at: Timestamp, now: Timestamp) -> Result<bool, CatalogError> {
        const PATIENCE: Duration = Duration::from_secs(7_200);
        if now.since(due_at) >= PATIENCE {
            return Ok(true);
        }
        Ok(!self.reading(CatalogReader::is_walking).await?)
    }

    /// Writes down how a chore ended, and raises or ends its alarm.
    async fn close(
        &self,
        chore: Chore,
        outcome: ChoreOutcome,
        detail: String,
    ) -> Result<(), CatalogError> {
        let now = self.archive.clock.now();
        let line = detail.clone();
        let catalog = &self.archive.catalog;
        catalog
            .call(move |c| c.end_chore(chore.name(), outcome.as_str(), Some(&line), now))
            .await?;
        let Some(kind) = chore.alarm() else { return Ok(()) };
        match outcome {
            ChoreOutcome::Done => {
                let detail = "it works again";
                catalog.call(move |c| c.end_alarms(None, kind, None, detail, now)).await?;
            }
            ChoreOutcome::Failed => {
                tracing::warn!(chore = chore.name(), "failed: {detail}");
                catalog.call(move |c| c.raise_alarm(None, kind, "", 1, &detail, now)).await?;
            }
            ChoreOutcome::Stopped => {}
        }
        Ok(())
    }

    /// Looks at the disk and the log, and reads a slice of the store again.
    async fn look(&self, beat: &(impl Fn() + Sync)) {
        let now = self.archive.clock.now();
        let (slice, within) = (self.settings.slice, self.settings.verify_every);
        let facts =
            match self.reading(move |catalog| Facts::read(catalog, slice, within, now)).await {
                Ok(facts) => facts,
                Err(error) => return self.note("looking at the archive", Err::<(), _>(error)),
            };
        let open = |kind: AlarmKind| facts.open.iter().any(|open| open == kind.as_str());
        let is_open = open(AlarmKind::DiskLow);
        self.note("the disk", watch_disk(self.archive, facts.grown, is_open, now).await);
        let (limit, is_open) = (self.settings.log_limit, open(AlarmKind::WalLarge));
        self.note("the log", watch_log(self.archive, limit, is_open, now).await);
        let read = read_slice(self.archive, facts.quota, within, self.stop, beat);
        let mut is_news = false;
        match self.beating(beat, read).await {
            Ok(report) => {
                is_news = !report.is_clean();
                if report.checked > 0 {
                    tracing::debug!(files = report.checked, bytes = report.bytes, "read again");
                }
            }
            Err(error) => self.note("reading again", Err::<(), VerifyError>(error)),
        }
        if is_news || facts.bad > 0 || open(AlarmKind::Damaged) {
            self.note("damaged files", self.tell_damage().await);
        }
    }

    /// The alarm follows what the catalog says, whoever found the damage or mended it.
    async fn tell_damage(&self) -> Result<(), CatalogError> {
        let (now, kind) = (self.archive.clock.now(), AlarmKind::Damaged);
        let bad = self.reading(move |catalog| catalog.read_again(now)).await?.bad;
        let catalog = &self.archive.catalog;
        if bad == 0 {
            let detail = "every file is as it was kept";
            catalog.call(move |c| c.end_alarms(None, kind, None, detail, now)).await?;
        } else {
            let (files, are) = if bad == 1 { ("file", "is") } else { ("files", "are") };
            let detail = format!(
                "{bad} {files} {are} damaged or missing, set aside and fetched again where the API \
                 still has them"
            );
            catalog.call(move |c| c.raise_alarm(None, kind, "", 1, &detail, now)).await?;
        }
        Ok(())
    }

    async fn list_copies(&self) -> Result<(), CopyError> {
        let Archive { dir, catalog, clock, .. } = self.archive;
        enter(dir, catalog, None, clock.now()).await
    }

    /// Asks the catalog without keeping its writer busy.
    async fn reading<R: Send + 'static>(
        &self,
        ask: impl FnOnce(&CatalogReader) -> Result<R, CatalogError> + Send + 'static,
    ) -> Result<R, CatalogError> {
        let path = self.archive.dir.catalog_path();
        let asked = tokio::task::spawn_blocking(move || ask(&CatalogReader::open(&path)?)).await;
        asked.unwrap_or_else(|panic| Err(CatalogError::Panicked(panic.to_string())))
    }

    /// Beats while something long is under way.
    async fn beating<R>(&self, beat: &impl Fn(), work: impl Future<Output = R>) -> R {
        const OFTEN: Duration = Duration::from_secs(60);
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(OFTEN) => beat(),
            }
        }
    }

    #[allow(clippy::unused_self, reason = "what is noted belongs to the upkeep")]
    fn note<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        what: &str,
        result: Result<T, E>,
    ) {
        if let Err(error) = result {
            tracing::warn!("{what}: {}", told(error));
        }
    }
}

/// An error with its causes, on one line.
fn told(error: impl std::error::Error + Send + Sync + 'static) -> String {
    format!("{:#}", anyhow::Error::from(error))
}
