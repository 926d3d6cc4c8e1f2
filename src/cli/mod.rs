//! The command line: what a person types, and what they see.
//!
//! `args` says what can be typed, `commands` does it, one file each, `render` turns values
//! into text and JSON. Results go to standard output, everything else to standard error.

use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::FromArgMatches;

use crate::config::{Config, Environment, LogConfig, LogFormat, search};
use crate::exit::{Exit, Failure};
use crate::telemetry::{self, Colours, Verbosity};

mod args;
mod commands;
mod output;
mod progress;
mod render;
mod secret_input;
mod trouble;

use args::{Cli, Command, Global};
use output::{ClosedOutput, Output};

/// Runs the program: reads the command line, does what it says, answers the exit code.
pub fn run() -> ExitCode {
    // Files belong to the user and can be read by the group; nobody else gets anything.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o027));
    trouble::announce_panics();
    catch_unwind(AssertUnwindSafe(|| parse_and_run(std::env::args_os().collect())))
        .unwrap_or(Exit::Bug)
        .into()
}

fn parse_and_run(words: Vec<std::ffi::OsString>) -> Exit {
    let json = words.iter().any(|word| word == "--json");
    let parsed = args::command()
        .try_get_matches_from(words)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && json => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            let message = line.strip_prefix("error: ").unwrap_or(line).to_owned();
            let failure = Failure::new(Exit::Usage, message).with_hint("mediakeep --help");
            return trouble::tell(&failure.into(), trouble::Style::Json);
        }
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // A reader that has left needs no help text.
            error.print().ok();
            return exit;
        }
    };
    let style = if cli.global.json { trouble::Style::Json } else { trouble::Style::Text };
    match dispatch(&cli) {
        Ok(exit) => exit,
        Err(error) if error.is::<ClosedOutput>() => Exit::Done,
        Err(error) => trouble::tell(&error, style),
    }
}

fn dispatch(cli: &Cli) -> anyhow::Result<Exit> {
    let output = Output::to_stdout(&cli.global);
    match &cli.command {
        Command::Completions(args) => commands::completions::run(args, &output),
        Command::Man(args) => commands::man::run(args, &output),
        Command::Demo(args) => {
            unconfigured(&cli.global);
            commands::demo::run(args, &cli.global, &output)
        }
        Command::Token(args) => commands::token::run(args, &configured(&cli.global)?, &output),
        Command::Login(args) => commands::login::run(args, &configured(&cli.global)?, &output),
        Command::Run => commands::run::run(configured(&cli.global)?),
        Command::Next(args) => commands::next::run(args, &configured(&cli.global)?, &output),
        Command::Check(args) => commands::check::run(args, &configured(&cli.global)?, &output),
        Command::Notify(args) => commands::notify::run(args, &configured(&cli.global)?, &output),
        Command::Sync(args) => {
            commands::sync::run(args, &configured(&cli.global)?, &cli.global, &output)
        }
        Command::Verify(args) => {
            commands::verify::run(args, &configured(&cli.global)?, &cli.global, &output)
        }
        Command::Backup(args) => commands::backup::run(args, &configured(&cli.global)?, &output),
        Command::Restore(args) => commands::restore::run(args, &configured(&cli.global)?, &output),
        Command::Status => commands::status::run(&configured(&cli.global)?, &output),
        Command::List(args) => commands::list::run(args, &configured(&cli.global)?, &output),
        Command::Show(args) => commands::show::run(args, &configured(&cli.global)?, &output),
        Command::Events(args) => commands::events::run(args, &configured(&cli.global)?, &output),
        Command::Gaps(args) => commands::gaps::run(args, &configured(&cli.global)?, &output),
        Command::Accept(args) => commands::accept::run(args, &configured(&cli.global)?, &output),
        Command::Prove(args) => commands::prove::run(args, &configured(&cli.global)?, &output),
        Command::Walks(args) => commands::walks::run(args, &configured(&cli.global)?, &output),
        Command::Failures(args) => {
            commands::failures::run(args, &configured(&cli.global)?, &output)
        }
    }
}

/// Loads the configuration and starts the diagnostics that it asks for.
fn configured(global: &Global) -> Result<Config, Failure> {
    let environment = Environment::of_process();
    let path = search(global.config.as_deref(), &environment)?;
    let config = Config::load(&path, &environment)?;
    start_diagnostics(&config.log, global);
    Ok(config)
}

/// Starts diagnostics for a command that has no configuration.
fn unconfigured(global: &Global) {
    start_diagnostics(&LogConfig { format: LogFormat::Text, level: "info".to_owned() }, global);
}

fn start_diagnostics(log: &LogConfig, global: &Global) {
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Configured,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::VeryVerbose,
    };
    telemetry::start(log, verbosity, colours_on(&io::stderr()));
}

/// Colours are for terminals, and not where `NO_COLOR` is set to anything (no-color.org).
fn colours_on(stream: &impl IsTerminal) -> Colours {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if stream.is_terminal() && !set("NO_COLOR") && !dumb { Colours::On } else { Colours::Off }
}
