//! Reads a secret from the terminal without showing it, or from a pipe.

use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use secrecy::zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// Nothing that is asked for is longer: a token has at most 4 KiB, an address with a code less.
const LONGEST: usize = 16 * 1024;

/// How much of a pipe is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// One line: the other side waits for an answer.
    Line,
    /// All there is.
    Everything,
}

/// Reads one secret, white space around it dropped. On a terminal `prompt` is shown and what is
/// typed is not.
pub(super) fn read_secret(prompt: &str, extent: Extent) -> Result<Zeroizing<String>, Failure> {
    let stdin = io::stdin();
    let bytes = if stdin.is_terminal() {
        ask(prompt, &stdin)?
    } else {
        read_pipe(extent).map_err(unreadable)?
    };
    let text = str::from_utf8(&bytes)
        .map_err(|_| Failure::new(Exit::Usage, "what came is no text").with_hint(PLAIN))?;
    let word = text.trim();
    if word.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing was entered").with_hint(PLAIN));
    }
    if word.contains(char::is_whitespace) {
        return Err(Failure::new(Exit::Usage, "more than one word was entered").with_hint(PLAIN));
    }
    Ok(Zeroizing::new(word.to_owned()))
}

const PLAIN: &str = "paste it alone, on one line";

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Exit::Usage, "could not read from standard input").caused_by(error)
}

fn read_pipe(extent: Extent) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut stdin = io::stdin().lock();
    match extent {
        Extent::Everything => {
            stdin.take(LONGEST as u64).read_to_end(&mut bytes)?;
        }
        Extent::Line => {
            let mut byte = [0];
            while bytes.len() < LONGEST && stdin.read(&mut byte)? == 1 && byte[0] != b'\n' {
                bytes.push(byte[0]);
            }
        }
    }
    Ok(bytes)
}

fn ask(prompt: &str, stdin: &io::Stdin) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let silence = Silence::on(stdin).map_err(unreadable)?;
    let mut stderr = io::stderr();
    // Who cannot see the prompt may still type.
    drop(write!(stderr, "{prompt}").and_then(|()| stderr.flush()));
    let typed = read_keys();
    drop(silence);
    drop(writeln!(stderr));
    match typed.map_err(unreadable)? {
        Typed::Line(bytes) => Ok(bytes),
        Typed::Interrupt => Err(Failure::new(Exit::Interrupted, "interrupted")),
    }
}

enum Typed {
    Line(Zeroizing<Vec<u8>>),
    Interrupt,
}

/// Reads keys until the line ends. The terminal sends no signals meanwhile, so that it is never left
/// silent.
fn read_keys() -> io::Result<Typed> {
    const INTERRUPT: u8 = 3;
    const END: u8 = 4;
    const ERASE_LINE: u8 = 21;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut key = [0];
    let mut stdin = io::stdin().lock();
    while bytes.len() < LONGEST {
        if stdin.read(&mut key)? == 0 {
            break;
        }
        match key[0] {
            b'\n' | b'\r' | END => break,
            INTERRUPT => return Ok(Typed::Interrupt),
            8 | 127 => drop(bytes.pop()),
            ERASE_LINE => bytes.clear(),
            key => bytes.push(key),
        }
    }
    Ok(Typed::Line(bytes))
}

/// A terminal that does not show what is typed; as before when dropped.
struct Silence<'a> {
    stdin: &'a io::Stdin,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn on(stdin: &'a io::Stdin) -> io::Result<Self> {
        let before = tcgetattr(stdin.as_fd())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin.as_fd(), OptionalActions::Now, &silent)?;
        Ok(Self { stdin, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        // Nothing more can be done for a terminal that has gone.
        tcsetattr(self.stdin.as_fd(), OptionalActions::Now, &self.before).ok();
    }
}
