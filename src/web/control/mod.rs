//! How a command asks the running daemon: `control.sock` in the archive's directory.
//!
//! One connection is one question: a line of JSON each way, no HTTP. The file is open to the
//! daemon's own user alone (mode 0600), and whoever connects must be that user or root. `client` is
//! the side of the commands, `server` the daemon's task.

mod client;
mod server;

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::archive::PassReport;
use crate::exit::{Exit, Failure};

pub use client::ask;
pub use server::{Control, Desk, answer_commands};

/// What can be asked of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// What it does at this moment.
    Status,
    /// Believe a held walk.
    Accept { walk: i64 },
    /// A pass of each of these accounts now, of one configured walk or of all.
    Sync { accounts: Vec<String>, walk: Option<String>, wait: bool },
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    Status {
        live: Value,
    },
    Accepted {
        missing: usize,
        lost_urls: usize,
    },
    /// The passes were asked for and nobody waits for them.
    Asked,
    Passes {
        passes: Vec<PassReport>,
    },
    Refused {
        exit: u8,
        message: String,
        hint: Option<String>,
    },
}

impl Reply {
    fn refused(failure: &Failure) -> Self {
        Self::Refused {
            exit: failure.exit.code(),
            message: failure.to_string(),
            hint: failure.hint().map(str::to_owned),
        }
    }

    /// The refusal as the error that it was.
    pub fn into_failure(self) -> Failure {
        let Self::Refused { exit, message, hint } = self else {
            return Failure::new(Exit::Bug, "the daemon answered another question");
        };
        let exit = Exit::ALL.into_iter().find(|known| known.code() == exit).unwrap_or(Exit::Bug);
        let failure = Failure::new(exit, message);
        hint.into_iter().fold(failure, Failure::with_hint)
    }
}

/// The longest line that is read; a report of a pass with much news stays far below.
const LONGEST: u64 = 16 << 20;

/// Where the socket of an archive is.
///
/// The path of a socket has at most 107 bytes. A longer one is reached through the directory's
/// descriptor, which must be held open as long as the path is used.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    _dir: Option<File>,
}

impl Place {
    fn of(archive: &Path) -> io::Result<Self> {
        const NAME: &str = "control.sock";
        let path = archive.join(NAME);
        if path.as_os_str().len() <= super::bind::MOST {
            return Ok(Self { path, _dir: None });
        }
        let dir = File::open(archive)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", dir.as_raw_fd()));
        Ok(Self { path, _dir: Some(dir) })
    }
}
