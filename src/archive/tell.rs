//! Tells people what happened: after it was committed, each thing once, and never in the way of a
//! pass.
//!
//! Whoever commits something says so to a [`Notify`] and goes on; here one task looks how far the
//! catalog goes now, and one task per target sends what that target was not told yet. A target that
//! hangs or fails holds up nobody: the others have tasks of their own, and what waits for it waits
//! in the catalog.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Archive;
use crate::catalog::{CatalogError, Mark, MessengerRow, Target, Writer};
use crate::domain::AlarmKind;
use crate::notify::{Messenger, Messengers};
use pings::send_pings;
use teller::Teller;

mod pings;
mod teller;

/// So often the catalog is looked at, also when nobody says that there is news.
const LOOK: Duration = Duration::from_secs(60);
/// What is left to be told gets so long when the program stops.
const LAST_TRY: Duration = Duration::from_secs(2);

/// Tells every target its news until `stop`, and then tries once more, shortly.
///
/// `news` is for whoever commits: `notify_one` after a pass, a chore or an alarm. Nothing is lost
/// when nobody calls it; it is told a minute later.
pub async fn tell_people(
    archive: Arc<Archive>,
    messengers: Messengers,
    news: Arc<Notify>,
    beat: impl Fn() + Send + Sync + 'static,
    stop: CancellationToken,
) {
    let Some(rows) = begin(&archive, &messengers, &beat, &stop).await else { return };
    let mut tasks = JoinSet::new();
    let (seen, _) = watch::channel(Mark::default());
    let wanted: Arc<[_]> = messengers.wanted.into();
    for (messenger, row) in messengers.messengers.into_iter().zip(rows) {
        let teller = Teller::new(archive.clone(), messenger, row, wanted.clone(), news.clone());
        tasks.spawn(teller.tell(seen.subscribe(), stop.clone()));
    }
    if let Some(queue) = messengers.pings {
        tasks.spawn(send_pings(archive.clone(), queue, news.clone(), stop.clone()));
    }
    tasks.spawn(look_for_news(archive, news, seen, beat, stop));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended
            && let Ok(panic) = error.try_into_panic()
        {
            // Whoever started this hears of it and starts it again; the other tasks end with it.
            std::panic::resume_unwind(panic);
        }
    }
}

/// Where each target stands; tried until the catalog answers.
async fn begin(
    archive: &Archive,
    messengers: &Messengers,
    beat: &impl Fn(),
    stop: &CancellationToken,
) -> Option<Vec<MessengerRow>> {
    let targets: Vec<Target> = messengers.messengers.iter().map(target).collect();
    loop {
        beat();
        match enter(archive, targets.clone()).await {
            Ok(rows) => return Some(rows),
            Err(CatalogError::Closed) => return None,
            Err(error) => tracing::error!(error = %error, "nobody can be told anything now"),
        }
        tokio::select! {
            () = archive.clock.sleep(LOOK) => {}
            () = stop.cancelled() => return None,
        }
    }
}

fn target(messenger: &Messenger) -> Target {
    Target { target: messenger.target.clone(), name: messenger.name.clone() }
}

/// Enters the targets, and ends the alarms of those that are not configured any more.
async fn enter(archive: &Archive, targets: Vec<Target>) -> Result<Vec<MessengerRow>, CatalogError> {
    let now = archive.clock.now();
    let enter = move |writer: &mut Writer| {
        let rows = writer.begin_messengers(&targets)?;
        for alarm in writer.open_alarms()? {
            let is_of = |target: &Target| target.target == alarm.subject;
            if alarm.kind == AlarmKind::MessengerFailing.as_str()
                && alarm.subject != pings::SUBJECT
                && !targets.iter().any(is_of)
            {
                let detail = "it is not configured any more";
                let kind = AlarmKind::MessengerFailing;
                writer.end_alarms(None, kind, Some(&alarm.subject), detail, now)?;
            }
        }
        Ok(rows)
    };
    archive.catalog.call(enter).await
}

/// Says to all tellers how far the catalog goes.
async fn look_for_news(
    archive: Arc<Archive>,
    news: Arc<Notify>,
    seen: watch::Sender<Mark>,
    beat: impl Fn() + Send + Sync,
    stop: CancellationToken,
) {
    loop {
        beat();
        match archive.catalog.call(Writer::newest_news).await {
            Ok(newest) => {
                seen.send_if_modified(|mark| std::mem::replace(mark, newest) != newest);
            }
            Err(error) => tracing::debug!(error = %error, "could not look for news"),
        }
        tokio::select! {
            () = news.notified() => {}
            () = archive.clock.sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Raises or ends the alarm that a target cannot be reached, and lets the others hear of it.
async fn note_reach(
    archive: &Archive,
    news: &Notify,
    subject: &str,
    reach: Reach,
) -> Result<(), CatalogError> {
    let (subject, now) = (subject.to_owned(), archive.clock.now());
    let kind = AlarmKind::MessengerFailing;
    let is_news = move |writer: &mut Writer| match reach {
        Reach::Failing(detail) => writer.raise_alarm(None, kind, &subject, 1, &detail, now),
        Reach::Back(detail) => {
            writer.end_alarms(None, kind, Some(&subject), &detail, now).map(|ended| ended > 0)
        }
    };
    if archive.catalog.call(is_news).await? {
        news.notify_one();
    }
    Ok(())
}

/// Whether messages arrive, in a line for people.
enum Reach {
    Failing(String),
    Back(String),
}

/// A target that failed so often in a row is an alarm.
const ALARMING: u32 = 3;
