//! Tells one target what it was not told yet.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{ALARMING, LAST_TRY, Reach, note_reach};
use crate::archive::Archive;
use crate::catalog::{Batch, CatalogError, CatalogReader, Mark, MessengerRow, Writer};
use crate::domain::notice::{
    Fact, Message, NoticeKind, Rhythm, What, compose, pause_after, settled_at,
};
use crate::domain::{AlarmKind, Timestamp};
use crate::notify::{Messenger, NotifyError};

/// News that nobody was told of are written off after so many, not each time: a quiet pass writes
/// nothing here.
const UNWRITTEN: i64 = 1000;

/// One target, and how far it was told.
pub(super) struct Teller {
    archive: Arc<Archive>,
    messenger: Messenger,
    wanted: Arc<[NoticeKind]>,
    /// For the alarm that this target fails, which the others are told.
    news: Arc<Notify>,
    /// Told up to here, or of no interest.
    mark: Mark,
    /// As far of that as the catalog has it.
    written: Mark,
    batch: Option<Batch>,
    tries: u32,
    failing_since: Option<Timestamp>,
    next_try: Option<Timestamp>,
    rhythm: Rhythm,
}

/// Why a batch was not told to its end.
enum Untold {
    Notify(NotifyError),
    Catalog(CatalogError),
}

impl From<CatalogError> for Untold {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

impl Teller {
    /// A teller that goes on where the row says; what failed before the start is tried at once,
    /// since a person may have mended it.
    pub(super) fn new(
        archive: Arc<Archive>,
        messenger: Messenger,
        row: MessengerRow,
        wanted: Arc<[NoticeKind]>,
        news: Arc<Notify>,
    ) -> Self {
        Self {
            archive,
            messenger,
            wanted,
            news,
            mark: row.mark,
            written: row.mark,
            batch: row.batch,
            tries: row.tries,
            failing_since: row.failing_since,
            next_try: None,
            rhythm: Rhythm::default(),
        }
    }

    /// Tells until `stop`, and then once more what is left.
    pub(super) async fn tell(mut self, mut seen: watch::Receiver<Mark>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.until_due(&mut seen) => {}
                () = stop.cancelled() => break,
            }
            let mut telling = std::pin::pin!(self.tell_news());
            tokio::select! {
                () = &mut telling => {}
                () = stop.cancelled() => {
                    // What is on its way may arrive, so that it need not be sent twice.
                    tokio::time::timeout(LAST_TRY, telling).await.ok();
                    return;
                }
            }
        }
        tokio::time::timeout(LAST_TRY, self.last_words()).await.ok();
    }

    async fn last_words(&mut self) {
        self.tell_news().await;
        if self.batch.is_none() && self.mark != self.written {
            self.write_mark().await.ok();
        }
    }

    /// Waits until something is to be sent: a batch that did not arrive, or news that are whole.
    async fn until_due(&self, seen: &mut watch::Receiver<Mark>) {
        let clock = &self.archive.clock;
        if let Some(at) = self.next_try {
            return clock.sleep_until(at).await;
        }
        if self.batch.is_some() {
            return;
        }
        if seen.wait_for(|newest| newest.is_beyond(self.mark)).await.is_err() {
            // Nobody looks any more: the end has come.
            return std::future::pending().await;
        }
        let first = clock.now();
        let mut last = first;
        loop {
            let due = settled_at(first, last).max(self.rhythm.next_from(first));
            tokio::select! {
                () = clock.sleep_until(due) => return,
                Ok(()) = seen.changed() => last = clock.now(),
            }
        }
    }

    /// Sends what is new, batch after batch; what fails is left for the next try.
    async fn tell_news(&mut self) {
        match self.tell_batches().await {
            Ok(()) => self.next_try = None,
            Err(Untold::Notify(error)) => self.note_failure(&error).await,
            Err(Untold::Catalog(error)) => {
                tracing::warn!(error = %error, "{}: not told", self.messenger.name);
                self.next_try = Some(self.archive.clock.now().plus(pause_after(1)));
            }
        }
    }

    async fn tell_batches(&mut self) -> Result<(), Untold> {
        loop {
            let newest = self.archive.catalog.call(Writer::newest_news).await?;
            let until = match &self.batch {
                Some(batch) => batch.until,
                None => newest.within_reach_of(self.mark),
            };
            if !until.is_beyond(self.mark) {
                return Ok(());
            }
            let messages = self.messages(until).await?;
            if messages.is_empty() {
                self.skip(until).await?;
            } else {
                self.tell_batch(until, &messages).await?;
                self.rhythm = self.rhythm.sent(self.archive.clock.now());
            }
        }
    }

    /// The messages between the mark and here, the same at every try.
    async fn messages(&self, until: Mark) -> Result<Vec<Message>, CatalogError> {
        let (path, mark) = (self.archive.dir.catalog_path(), self.mark);
        let read = move || CatalogReader::open(&path)?.facts_between(mark, until);
        let read = tokio::task::spawn_blocking(read).await;
        let mut facts = read.map_err(|error| CatalogError::Panicked(error.to_string()))??;
        facts.retain(|fact| !self.is_about_me(fact));
        Ok(compose(&facts, &self.wanted, self.archive.dir.id()))
    }

    /// Whoever cannot be reached is not told so.
    fn is_about_me(&self, fact: &Fact) -> bool {
        match &fact.what {
            What::Alarm { kind: AlarmKind::MessengerFailing, subject, .. } => {
                *subject == self.messenger.target
            }
            What::Alarm { .. }
            | What::Post { .. }
            | What::Held { .. }
            | What::HoldEnded { .. }
            | What::Gap { .. } => false,
        }
    }

    async fn skip(&mut self, until: Mark) -> Result<(), CatalogError> {
        self.mark = until;
        let unwritten = Mark {
            event: self.written.event.saturating_add(UNWRITTEN),
            turn: self.written.turn.saturating_add(UNWRITTEN),
        };
        if self.batch.take().is_some() || self.mark.is_beyond(unwritten) {
            self.write_mark().await?;
        }
        Ok(())
    }

    async fn write_mark(&mut self) -> Result<(), CatalogError> {
        let (target, mark) = (self.messenger.target.clone(), self.mark);
        self.archive.catalog.call(move |c| c.end_batch(&target, mark)).await?;
        self.written = mark;
        Ok(())
    }

    async fn tell_batch(&mut self, until: Mark, messages: &[Message]) -> Result<(), Untold> {
        let target = self.messenger.target.clone();
        if self.batch.is_none() {
            // A crash must find the bounds that the ids of these messages come from, and what was
            // skipped before them.
            if self.written != self.mark {
                self.write_mark().await?;
            }
            let to = target.clone();
            self.archive.catalog.call(move |c| c.begin_batch(&to, until)).await?;
        }
        let batch = self.batch.get_or_insert(Batch { until, told: None });
        let arrived = messages.iter().position(|m| batch.told.as_ref() == Some(&m.id));
        for (nth, message) in messages.iter().enumerate().skip(arrived.map_or(0, |nth| nth + 1)) {
            let receipt = self.messenger.send(message).await.map_err(Untold::Notify)?;
            tracing::debug!(id = %message.id, "{}: told ({})", self.messenger.name, receipt.0);
            let ends = (nth + 1 == messages.len()).then_some(until);
            let (to, id, now) = (target.clone(), message.id.clone(), self.archive.clock.now());
            self.archive.catalog.call(move |c| c.note_told(&to, &id, ends, now)).await?;
            if let Some(batch) = &mut self.batch {
                batch.told = Some(message.id.clone());
            }
            self.note_success().await?;
        }
        if arrived.is_some_and(|nth| nth + 1 == messages.len()) {
            let to = target.clone();
            self.archive.catalog.call(move |c| c.end_batch(&to, until)).await?;
        }
        self.batch = None;
        self.mark = until;
        self.written = until;
        Ok(())
    }

    async fn note_success(&mut self) -> Result<(), CatalogError> {
        let Some(since) = self.failing_since.take() else { return Ok(()) };
        let name = &self.messenger.name;
        tracing::info!("{name}: told again, after {} tries since {since}", self.tries);
        self.tries = 0;
        let detail = format!("{name} is told again");
        note_reach(&self.archive, &self.news, &self.messenger.target, Reach::Back(detail)).await
    }

    async fn note_failure(&mut self, error: &NotifyError) {
        let now = self.archive.clock.now();
        self.tries = self.tries.saturating_add(1);
        let since = *self.failing_since.get_or_insert(now);
        let pause = pause_after(self.tries);
        let asked = error.retry_after().unwrap_or_default().min(pause_after(u32::MAX));
        let next = now.plus(pause.max(asked));
        self.next_try = Some(next);
        let (name, line) = (&self.messenger.name, error.line());
        if self.tries == 1 || self.tries == ALARMING {
            tracing::warn!(next_try = %next, "{name} was not told: {line}");
        } else {
            tracing::debug!(next_try = %next, "{name} was not told: {line}");
        }
        let detail = format!("{name} is not told since {since}: {line}");
        let target = self.messenger.target.clone();
        let noted = self.archive.catalog.call(move |c| c.note_untold(&target, &line, next, now));
        let mut noted = noted.await;
        if noted.is_ok() && self.tries >= ALARMING {
            let reach = Reach::Failing(detail);
            noted = note_reach(&self.archive, &self.news, &self.messenger.target, reach).await;
        }
        if let Err(error) = noted {
            tracing::warn!(error = %error, "could not note that a target was not told");
        }
    }
}
