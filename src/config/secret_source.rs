//! Where a secret is, and reading it when it is needed.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::Environment;

/// No secret is longer than this, in bytes.
const LONGEST: u64 = 16 * 1024;
/// How long a command may take to print a secret.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a secret is kept; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that only its owner and group can read.
    File(PathBuf),
    /// A systemd credential of this name.
    Credential(String),
    /// An environment variable.
    Env(String),
    /// A program and its arguments; it prints the secret.
    Command(Vec<String>),
}

/// A secret that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("could not read {}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is not a regular file", path.display())]
    NotAFile { path: PathBuf },
    #[error("{} has mode {mode:04o}: others can {what} it", path.display())]
    TooOpen { path: PathBuf, mode: u32, what: &'static str },
    #[error("the credential {name:?} cannot be read: systemd passed no credentials")]
    NoCredentials { name: String },
    #[error("the environment variable {name} is not set")]
    NotSet { name: String },
    #[error("could not run {program:?}")]
    NotRun { program: String, source: io::Error },
    #[error("{program:?} ended with {status}")]
    Failed { program: String, status: String },
    #[error("{program:?} printed nothing within {} seconds", PATIENCE.as_secs())]
    TooSlow { program: String },
    #[error("{origin} is empty")]
    Empty { origin: SecretSource },
    #[error("{origin} holds more than one word")]
    SeveralWords { origin: SecretSource },
    #[error("{origin} holds more than {LONGEST} bytes or no text")]
    NotText { origin: SecretSource },
}

impl SecretError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { path, source } => match source.kind() {
                io::ErrorKind::NotFound => {
                    format!("put the token into {} and run `chmod 600` on it", path.display())
                }
                _ => format!(
                    "run `ls -l {}`: the user that runs mediakeep must be able to read it",
                    path.display()
                ),
            },
            Self::NotAFile { .. } => "name a file that holds nothing but the secret".to_owned(),
            Self::TooOpen { path, .. } => format!("run `chmod 600 {}`", path.display()),
            Self::NoCredentials { name } => {
                format!(
                    "add `LoadCredential={name}:/path` to the unit, or use {{ file = … }} outside systemd"
                )
            }
            Self::NotSet { name } => format!("set {name}, or use {{ file = … }}"),
            Self::NotRun { .. } | Self::Failed { .. } | Self::TooSlow { .. } => {
                "run the command by hand as the user that runs mediakeep".to_owned()
            }
            Self::Empty { .. } | Self::SeveralWords { .. } | Self::NotText { .. } => {
                "it must hold the secret alone, on one line".to_owned()
            }
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Credential(name) => write!(f, "the credential {name:?}"),
            Self::Env(name) => write!(f, "the environment variable {name}"),
            // Arguments may name an entry of a password store: they stay unsaid.
            Self::Command(words) => write!(f, "the output of {:?}", program(words)),
        }
    }
}

impl SecretSource {
    /// Reads the secret now, from this process's surroundings.
    ///
    /// White space around it is dropped. Blocks, a command up to 30 seconds.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        self.read_in(&Environment::of_process())
    }

    /// Reads the secret with the given environment.
    pub fn read_in(&self, environment: &Environment) -> Result<SecretString, SecretError> {
        let bytes = match self {
            Self::File(path) => read_file(path, Modes::Checked)?,
            Self::Credential(name) => {
                let dir = environment
                    .path("CREDENTIALS_DIRECTORY")
                    .ok_or_else(|| SecretError::NoCredentials { name: name.clone() })?;
                read_file(&dir.join(name), Modes::SetBySystemd)?
            }
            Self::Env(name) => environment
                .text(name)
                .ok_or_else(|| SecretError::NotSet { name: name.clone() })?
                .as_bytes()
                .to_vec(),
            Self::Command(words) => run(words)?,
        };
        self.only_word(bytes)
    }

    fn only_word(&self, bytes: Vec<u8>) -> Result<SecretString, SecretError> {
        let origin = || self.clone();
        let too_long = u64::try_from(bytes.len()).is_ok_and(|len| len > LONGEST);
        let text =
            String::from_utf8(bytes).map_err(|_| SecretError::NotText { origin: origin() })?;
        let word = text.trim();
        if too_long || word.chars().any(char::is_control) && !word.contains(['\n', '\r', '\t']) {
            Err(SecretError::NotText { origin: origin() })
        } else if word.is_empty() {
            Err(SecretError::Empty { origin: origin() })
        } else if word.contains(char::is_whitespace) {
            Err(SecretError::SeveralWords { origin: origin() })
        } else {
            Ok(SecretString::from(word.to_owned()))
        }
    }
}

/// Whether the mode of a file says anything about who can read it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Modes {
    Checked,
    /// Credentials lie in a directory that only the service can enter.
    SetBySystemd,
}

fn read_file(path: &Path, modes: Modes) -> Result<Vec<u8>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    // A FIFO would block at open; its kind is known without opening.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SecretError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    let too_open = |what| SecretError::TooOpen { path: path.to_owned(), mode, what };
    match modes {
        Modes::Checked if mode & 0o004 != 0 => return Err(too_open("read")),
        Modes::Checked if mode & 0o022 != 0 => return Err(too_open("write")),
        Modes::Checked | Modes::SetBySystemd => {}
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn program(words: &[String]) -> &str {
    words.first().map_or("", String::as_str)
}

/// Runs a command without a shell and with closed input.
fn run(words: &[String]) -> Result<Vec<u8>, SecretError> {
    let program = program(words).to_owned();
    let not_run = |source| SecretError::NotRun { program: program.clone(), source };
    let mut child = Command::new(&program)
        .args(words.iter().skip(1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(not_run)?;
    let began = Instant::now();
    let output = read_within(&mut child, PATIENCE).map_err(not_run)?;
    let status = match output {
        Some(_) => wait_until(&mut child, began + PATIENCE).map_err(not_run)?,
        None => None,
    };
    let (Some(output), Some(status)) = (output, status) else {
        child.kill().and_then(|()| child.wait()).map_err(not_run)?;
        return Err(SecretError::TooSlow { program });
    };
    if status.success() {
        Ok(output)
    } else {
        Err(SecretError::Failed { program, status: status.to_string() })
    }
}

/// Waits for the end of a child that has closed its output, which can still hang.
fn wait_until(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    const LOOK: Duration = Duration::from_millis(10);
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        std::thread::sleep(LOOK);
    }
}

/// Reads what the child prints until it closes its output, or gives up.
fn read_within(child: &mut Child, patience: Duration) -> io::Result<Option<Vec<u8>>> {
    let Some(stdout) = child.stdout.take() else { return Ok(Some(Vec::new())) };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(LONGEST + 1).read_to_end(&mut bytes);
        // Nobody listens any more when the time is up.
        drop(sender.send(read.map(|_| bytes)));
    });
    match receiver.recv_timeout(patience) {
        Ok(read) => read.map(Some),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
