//! `mediakeep completions`: a completion script for a shell.

use crate::cli::args::{self, CompletionsArgs};
use crate::cli::output::Output;
use crate::exit::Exit;

/// Prints the script.
pub(crate) fn run(args: &CompletionsArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "mediakeep", &mut script);
    output.write_bytes(&script)?;
    Ok(Exit::Done)
}
