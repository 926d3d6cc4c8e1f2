//! Runs a program with a message on its standard input.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::{NotifyError, Receipt, payload};
use crate::domain::notice::Message;

/// Runs the program without a shell, so that no text of a message is ever a command.
///
/// What it prints is thrown away. It is ended with everything that it started when it takes too
/// long, or when nobody waits for it any more.
pub(super) async fn run(
    words: &[String],
    patience: Duration,
    message: &Message,
) -> Result<Receipt, NotifyError> {
    let program = words.first().cloned().unwrap_or_default();
    let not_run = |source| NotifyError::NotRun { program: program.clone(), source };
    let mut child = Command::new(&program)
        .args(words.iter().skip(1))
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(not_run)?;
    let group = Group(i32::try_from(child.id()).ok().and_then(Pid::from_raw));
    let mut line = payload(message).to_string();
    line.push('\n');
    let ended = tokio::task::spawn_blocking(move || feed_and_wait(&mut child, &line));
    let Ok(ended) = tokio::time::timeout(patience, ended).await else {
        return Err(NotifyError::TooSlow { program, limit: patience });
    };
    group.ended();
    let status =
        ended.map_err(|_| not_run(std::io::Error::other("its watcher was interrupted")))?;
    let status = status.map_err(not_run)?;
    if status.success() {
        Ok(Receipt("exit code 0".to_owned()))
    } else {
        Err(NotifyError::Failed { program, status: status.to_string() })
    }
}

fn feed_and_wait(child: &mut Child, line: &str) -> std::io::Result<ExitStatus> {
    if let Some(mut input) = child.stdin.take() {
        // A program may end well without reading to the end.
        input.write_all(line.as_bytes()).ok();
    }
    child.wait()
}

/// The processes of a program that runs; they end when this is dropped.
struct Group(Option<Pid>);

impl Group {
    /// The program ended by itself.
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}
