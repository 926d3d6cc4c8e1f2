//! Sends what passes say to a watchman, and no success while something is dead.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{ALARMING, LAST_TRY, Reach, note_reach};
use crate::archive::Archive;
use crate::catalog::{AlarmRow, CatalogError, Writer};
use crate::domain::AlarmKind;
use crate::notify::{NotifyError, PingEnd, PingQueue, PingTarget, Waiting};

/// What the alarm is about when the watchman cannot be reached.
pub(super) const SUBJECT: &str = "ping";
/// Between two rounds of pings: watchmen take few a minute.
const SPACE: Duration = Duration::from_secs(10);
/// The exit code of what is done and still needs attention.
const ATTENTION: u8 = 3;

/// Sends pings until `stop`, and then those that still wait.
pub(super) async fn send_pings(
    archive: Arc<Archive>,
    queue: PingQueue,
    news: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut pinger = Pinger { archive, news, failures: 0, alarmed: true, runs: false };
    loop {
        let pings = tokio::select! {
            pings = queue.take() => pings,
            () = stop.cancelled() => break,
        };
        tokio::select! {
            () = pinger.send(&queue.target, pings) => {}
            () = stop.cancelled() => break,
        }
        tokio::select! {
            () = pinger.archive.clock.sleep(SPACE) => {}
            () = stop.cancelled() => break,
        }
    }
    // A pass that ends now, too, says so in a moment; otherwise there is nothing to wait for.
    let rest = async {
        let pings = if pinger.runs { queue.take().await } else { queue.take_now() };
        pinger.send(&queue.target, pings).await;
    };
    tokio::time::timeout(LAST_TRY, rest).await.ok();
}

struct Pinger {
    archive: Arc<Archive>,
    news: Arc<Notify>,
    /// In a row.
    failures: u32,
    /// Whether an alarm may be open, as one of an earlier process at first.
    alarmed: bool,
    /// Whether the watchman was last told that a pass began.
    runs: bool,
}

impl Pinger {
    async fn send(&mut self, target: &PingTarget, pings: Vec<Waiting>) {
        for ping in pings {
            self.runs = matches!(ping, Waiting::Started { .. });
            let sent = match ping {
                Waiting::Started { run } => target.started(&run).await,
                Waiting::Ended(end) => target.ended(&self.honest(end).await).await,
            };
            let noted = self.note(&target.name, sent.map(drop)).await;
            if let Err(error) = noted {
                tracing::warn!(error = %error, "could not note what came of a ping");
            }
        }
    }

    /// One pass that went well is no success while another account is dead.
    async fn honest(&self, end: PingEnd) -> PingEnd {
        let open = self.archive.catalog.call(Writer::open_alarms).await.unwrap_or_default();
        let dead: Vec<String> = open.iter().filter(|alarm| is_deadly(alarm)).map(line).collect();
        if dead.is_empty() {
            return end;
        }
        let exit = if end.exit == 0 { ATTENTION } else { end.exit };
        PingEnd { exit, summary: format!("{}\n{}", end.summary, dead.join("\n")), ..end }
    }

    async fn note(
        &mut self,
        name: &str,
        sent: Result<(), NotifyError>,
    ) -> Result<(), CatalogError> {
        match sent {
            Ok(()) => {
                self.failures = 0;
                if !std::mem::take(&mut self.alarmed) {
                    return Ok(());
                }
                let reach = Reach::Back(format!("{name} is reached again"));
                note_reach(&self.archive, &self.news, SUBJECT, reach).await
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                let detail = format!("{name} is not reached: {}", error.line());
                if self.failures == 1 {
                    tracing::warn!("{detail}");
                }
                if self.failures < ALARMING {
                    return Ok(());
                }
                self.alarmed = true;
                note_reach(&self.archive, &self.news, SUBJECT, Reach::Failing(detail)).await
            }
        }
    }
}

fn is_deadly(alarm: &AlarmRow) -> bool {
    [AlarmKind::PassFailing, AlarmKind::TokenDead].iter().any(|kind| kind.as_str() == alarm.kind)
}

fn line(alarm: &AlarmRow) -> String {
    let account = alarm.account.as_deref().unwrap_or("mediakeep");
    format!("{account}: {} since {}: {}", alarm.kind, alarm.since, alarm.detail)
}
