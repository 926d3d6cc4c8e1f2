//! What systemd hears: ready, stopping, a line of status, and a sign of life while all is alive.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use super::board::Snapshot;
use super::{Board, in_words};
use crate::catalog::Catalog;
use crate::domain::Timestamp;

/// How often the status is told where no watchdog asks more often.
const STATUS_EVERY: Duration = Duration::from_secs(60);
/// How long the catalog's writer may take for nothing.
const WRITER_ANSWERS: Duration = Duration::from_secs(5);
/// After a sign of life that was withheld the next look comes soon: it may be well again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The archive is open and the tasks run.
pub(super) fn tell_ready(board: &Board) {
    let line = status_line(&board.snapshot(), board.now());
    tell(&[NotifyState::Ready, NotifyState::Status(&line)]);
}

/// The configuration is being read again; [`tell_ready`] follows.
pub(super) fn tell_reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The tasks are being stopped.
pub(super) fn tell_stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// Tells the status, and feeds the watchdog as long as every task and the catalog are alive.
pub(super) async fn watch_over(board: &Arc<Board>, catalog: &Catalog, stop: &CancellationToken) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return stop.cancelled().await;
    }
    let limit = sd_notify::watchdog_enabled();
    let every = limit.map_or(STATUS_EVERY, |limit| (limit / 2).min(STATUS_EVERY));
    let mut pause = Duration::ZERO;
    let mut told = String::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        let line = status_line(&board.snapshot(), board.now());
        if line != told {
            tell(&[NotifyState::Status(&line)]);
            told = line;
        }
        let alive = limit.is_none() || is_alive(board, catalog).await;
        if limit.is_some() && alive {
            tell(&[NotifyState::Watchdog]);
        }
        pause = if alive { every } else { LOOK_AGAIN.min(every) };
    }
}

async fn is_alive(board: &Board, catalog: &Catalog) -> bool {
    if !board.is_fresh() {
        tracing::warn!("a task is silent: the watchdog is not fed");
        return false;
    }
    let trivial = catalog.call(|c| Ok(c.rows_written()));
    let answered = tokio::time::timeout(WRITER_ANSWERS, trivial).await;
    if answered.is_err() {
        tracing::warn!("the catalog's writer does not answer: the watchdog is not fed");
    }
    // An error is an answer; the tasks deal with it.
    answered.is_ok()
}

/// One line for `systemctl status`.
fn status_line(board: &Snapshot, now: Timestamp) -> String {
    let accounts: Vec<_> = board.tasks.iter().filter(|task| task.account.is_some()).collect();
    let mut line = match accounts.len() {
        0 => return "no account is configured".to_owned(),
        1 => "1 account".to_owned(),
        n => format!("{n} accounts"),
    };
    let busy = accounts.iter().filter(|task| !task.doing.is_empty()).count();
    if busy > 0 {
        line.extend([", ", &busy.to_string(), " at work"]);
    }
    if let Some((account, next)) = board.coming.iter().min_by_key(|(_, next)| next.at) {
        let when = in_words(next.at, now);
        line.extend([", next: ", account.as_str(), " ", &next.walk, " ", &when]);
    }
    line
}

fn tell(states: &[NotifyState<'_>]) {
    // Without systemd there is nobody to tell; with it, the next word comes soon.
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd could not be told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pulse;
    use super::*;
    use crate::clock::Clock;
    use crate::daemon::Coming;

    #[test]
    fn the_status_names_the_next_run() {
        let now = Timestamp::from_unix(1_000).unwrap();
        let board = Board::new(Clock::manual(now));
        let line = || status_line(&board.snapshot(), now);
        assert_eq!(line(), "no account is configured");
        let pulses = ["bakery", "harbor.lantern"].map(|name| {
            let pulse = Pulse::new();
            board.enter_task(name, Some(&name.parse().unwrap()), &pulse);
            pulse
        });
        assert_eq!(line(), "2 accounts");
        pulses[0].begin("full");
        let at = now.plus(Duration::from_secs(250));
        let coming = Coming { walk: "recent".into(), at };
        board.note_coming(&"harbor.lantern".parse().unwrap(), Some(coming));
        assert_eq!(line(), "2 accounts, 1 at work, next: harbor.lantern recent in 4 min");
    }
}
