//! `mediakeep demo`: an invented Instagram, archived on this machine.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use graph_sandbox::{PostKind, Ready, Sandbox, Settings};

use super::sync::{Mode, pass_over, tell_problems};
use super::{runtime, status};
use crate::archive::{FilePlan, PassReport};
use crate::cli::args::{DemoArgs, Global};
use crate::cli::output::{Output, Reader};
use crate::cli::progress;
use crate::cli::render::report;
use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::daemon::exit_of;
use crate::daemon::{StopSignal, pass_plan};
use crate::exit::{Exit, Failure};

/// Starts the sandbox and archives its accounts: everything, then nothing new, then what changed.
pub(crate) fn run(args: &DemoArgs, global: &Global, output: &Output) -> anyhow::Result<Exit> {
    if args.story {
        return super::story::run(args, global, output);
    }
    let dir = new_dir(args.dir.as_deref())?;
    let runtime = runtime()?;
    let (exit, config) = runtime.block_on(demo(args, &dir, global, output))?;
    if output.reader == Reader::Person {
        say(output, "\nWhat the archive holds now:\n\n")?;
    }
    status::run(&config, output)?;
    if output.reader == Reader::Person {
        say(output, &what_next(&config, ""))?;
    }
    Ok(exit)
}

async fn demo(
    args: &DemoArgs,
    dir: &Path,
    global: &Global,
    output: &Output,
) -> anyhow::Result<(Exit, Config)> {
    let settings = Settings {
        posts: usize::try_from(args.posts).unwrap_or(usize::MAX),
        seed: args.seed,
        // Painting every picture anew would take longer than all the rest.
        picture_pool: Some(24),
        ..Settings::default()
    };
    let sandbox = Sandbox::start(settings).await.map_err(|error| {
        Failure::new(Exit::Unavailable, "could not start the invented Instagram").caused_by(error)
    })?;
    let stage = Stage {
        config: configure(dir, sandbox.ready(), &["media", "stories"])?,
        clock: Clock::system(),
    };
    let say = |text: &str| match output.reader {
        Reader::Person => self::say(output, text),
        Reader::Program => Ok(()),
    };
    say("An invented Instagram runs on this machine; its accounts are archived:\n\n")?;
    let first = archive(&stage, global, output).await?;
    say("\nOnce more, with nothing changed there:\n\n")?;
    let quiet = archive(&stage, global, output).await?;
    change(&sandbox)?;
    say("\nA caption was edited and a reel published there; what the next sync finds:\n\n")?;
    let second = archive(&stage, global, output).await?;
    sandbox.stop().await;
    let exit = Exit::of_accounts(first.iter().chain(&quiet).chain(&second).map(exit_of));
    Ok((exit, stage.config))
}

/// A configured archive and the clock that it goes by.
pub(super) struct Stage {
    pub(super) config: Config,
    pub(super) clock: Clock,
}

/// Archives all accounts once and tells what came of it.
pub(super) async fn archive(
    stage: &Stage,
    global: &Global,
    output: &Output,
) -> anyhow::Result<Vec<PassReport>> {
    let Stage { config, clock } = stage;
    let plan = |account| (account, pass_plan(account, FilePlan::Fetch));
    let plans = config.accounts.iter().map(plan).collect();
    let watch = progress::view(global);
    let (reports, signal) = pass_over(config, plans, Mode::Keep, clock.clone(), watch).await?;
    tell_problems(&reports, output);
    match signal {
        Some(StopSignal::Interrupt) => return Err(stopped(Exit::Interrupted).into()),
        Some(StopSignal::Terminate) => return Err(stopped(Exit::Terminated).into()),
        None => {}
    }
    match output.reader {
        Reader::Person => say(output, &report::passes(&reports, output.colours))?,
        Reader::Program => {
            for report in &reports {
                output.record("pass", serde_json::to_value(report)?)?;
            }
        }
    }
    Ok(reports)
}

fn stopped(exit: Exit) -> Failure {
    Failure::new(exit, "the demo was stopped")
        .with_hint("what was kept until then stays where it is")
}

/// Edits the newest caption and publishes a reel in the first account.
fn change(sandbox: &Sandbox) -> Result<(), Failure> {
    let world = sandbox.world();
    let failed =
        |error| Failure::new(Exit::Bug, "could not change the invented Instagram").caused_by(error);
    let Some(account) = sandbox.ready().accounts.first() else { return Ok(()) };
    if let Some(post) = world.posts(&account.name).iter().find(|post| post.caption.is_some()) {
        world.edit_caption(&post.id, Some("edited a moment ago")).map_err(failed)?;
    }
    world.publish(&account.name, PostKind::Reel).map_err(failed)?;
    Ok(())
}

/// Makes the directory of the demo: a new one, or an empty one that was named.
pub(super) fn new_dir(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let dir = named.map_or_else(
        || std::env::temp_dir().join(format!("mediakeep-demo-{}", std::process::id())),
        Path::to_owned,
    );
    let failed = |error: io::Error| {
        Failure::new(Exit::Storage, format!("could not make {}", dir.display())).caused_by(error)
    };
    match DirBuilder::new().mode(0o700).create(&dir) {
        Ok(()) => {}
        Err(error) if named.is_some() && error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::read_dir(&dir).map_err(failed)?.next().is_some() {
                return Err(Failure::new(Exit::Usage, format!("{} is not empty", dir.display()))
                    .with_hint("name a directory that is empty or does not exist"));
            }
        }
        Err(error) => return Err(failed(error)),
    }
    fs::canonicalize(&dir).map_err(failed)
}

/// Writes tokens and configuration as a person would, and reads them as the program does.
pub(super) fn configure(dir: &Path, ready: &Ready, collect: &[&str]) -> anyhow::Result<Config> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut text = format!(
        "[archive]\ndir = \"archive\"\nmin_free = \"1MiB\"\n\n[api]\ninstagram_url = {}\nfacebook_url = {}\n",
        quoted(&ready.instagram_url),
        quoted(&ready.facebook_url),
    );
    for account in &ready.accounts {
        let login = match account.login {
            graph_sandbox::Login::Instagram => "instagram",
            graph_sandbox::Login::Facebook => "facebook",
        };
        let token = format!("token-{}", account.name);
        write_private(&dir.join(&token), &account.token)?;
        text.extend([format!(
            "\n[[account]]\nname = {}\nlogin = \"{login}\"\nuser_id = {}\ntoken = {{ file = {} }}\ncollect = {collect:?}\n",
            quoted(&account.name),
            quoted(&account.user_id),
            quoted(&token),
        )]);
    }
    let path = dir.join("config.toml");
    write_private(&path, &text)?;
    Ok(Config::load(&path, &Environment::default()).map_err(Failure::from)?)
}

fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            Failure::new(Exit::Storage, format!("could not write {}", path.display()))
                .caused_by(error)
        })
}

fn say(output: &Output, text: &str) -> anyhow::Result<()> {
    output.write(text)
}

pub(super) fn what_next(config: &Config, more: &str) -> String {
    let file = config.path.display();
    let dir = config.archive.dir.display();
    format!(
        "\nLook around:\n\
         \x20 mediakeep --config {file} list\n\
         \x20 mediakeep --config {file} verify\n\
         \x20 sqlite3 -readonly {dir}/catalog.db \"SELECT * FROM changes\"\n\
         \x20 (cd {dir}/blobs && find . -type f | head -3 | xargs sha256sum)\n{more}\
         \nYour own account: docs/tokens.md, then `mediakeep check` and `mediakeep sync`.\n"
    )
}
