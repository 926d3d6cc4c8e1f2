//! The way a running pass learns that it should end, and a daemon that it should look again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The signal that asked the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    Interrupt,
    Terminate,
}

/// A stop that was or was not asked for.
#[derive(Debug)]
pub struct Stop {
    pub token: CancellationToken,
    seen: Arc<AtomicU8>,
    listener: JoinHandle<()>,
}

impl Stop {
    /// The first signal that came.
    pub fn signal(&self) -> Option<StopSignal> {
        match self.seen.load(Ordering::SeqCst) {
            1 => Some(StopSignal::Interrupt),
            2 => Some(StopSignal::Terminate),
            _ => None,
        }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Turns the first SIGINT or SIGTERM into a cancelled token; a second one ends the process at
/// once, which the store and the catalog survive as they survive any crash.
pub fn listen_for_stop() -> io::Result<Stop> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    ignore_file_size_signal()?;
    let token = CancellationToken::new();
    let seen = Arc::new(AtomicU8::new(0));
    let (stop, first) = (token.clone(), seen.clone());
    #[allow(clippy::disallowed_methods, reason = "it ends with the value that owns its handle")]
    let listener = tokio::spawn(async move {
        loop {
            let came = tokio::select! {
                _ = interrupt.recv() => 1,
                _ = terminate.recv() => 2,
            };
            if stop.is_cancelled() {
                std::process::exit(if came == 1 { 130 } else { 143 });
            }
            first.store(came, Ordering::SeqCst);
            stop.cancel();
        }
    });
    Ok(Stop { token, seen, listener })
}

/// Wishes that the configuration be read again.
#[derive(Debug)]
pub struct Reloads {
    /// Rings once for each wish, or for several that came together.
    pub bell: Arc<Notify>,
    listener: JoinHandle<()>,
}

impl Drop for Reloads {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Listens for SIGHUP, which would end the process otherwise.
pub fn listen_for_reloads() -> io::Result<Reloads> {
    let mut hangup = signal(SignalKind::hangup())?;
    let bell = Arc::new(Notify::new());
    let ring = bell.clone();
    #[allow(clippy::disallowed_methods, reason = "it ends with the value that owns its handle")]
    let listener = tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            ring.notify_one();
        }
    });
    Ok(Reloads { bell, listener })
}

/// Writing past a file size limit (`ulimit -f`) then fails like any other write, instead of ending
/// the process; the handler stays after the stream of signals is dropped.
fn ignore_file_size_signal() -> io::Result<()> {
    const SIGXFSZ: i32 = 25;
    signal(SignalKind::from_raw(SIGXFSZ)).map(drop)
}
