//! `mediakeep sync`: one pass over the accounts, now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::{JoinSet, block_in_place};

use crate::archive::token::keep_alive;
use crate::archive::{
    Archive, FilePlan, PassPlan, PassReport, Watch, note_refused_account, preview_pass, run_pass,
};
use crate::cli::args::{Global, SyncArgs};
use crate::cli::output::{Output, Reader};
use crate::cli::progress;
use crate::cli::render::report;
use crate::cli::render::units::duration;
use crate::cli::trouble;
use crate::clock::Clock;
use crate::config::{AccountConfig, Config, Since};
use crate::daemon::{
    OpenAccount, Stop, StopSignal, exit_of, exit_of_problem, listen_for_stop, open_account,
    open_archive, pass_plan, report_of_unopened, transport, walk_plan, window_plan,
};
use crate::domain::{AccountName, Timestamp, Window};
use crate::exit::{Exit, Failure};
use crate::web::control::{Reply, Request, ask};

/// Runs the passes and tells what they did.
pub(crate) fn run(
    args: &SyncArgs,
    config: &Config,
    global: &Global,
    output: &Output,
) -> anyhow::Result<Exit> {
    let clock = Clock::system();
    let begun = clock.now();
    let plans = plans(args, config, begun)?;
    if let Some(reply) = ask_daemon(args, config)? {
        return tell_of_daemon(reply, clock.now().since(begun), output);
    }
    let mode = if args.dry_run { Mode::Preview } else { Mode::Keep };
    let (reports, signal) = super::runtime()?.block_on(pass_over(
        config,
        plans,
        mode,
        clock.clone(),
        progress::view(global),
    ))?;
    let took = clock.now().since(begun);
    tell(&reports, mode, signal, took, output)
}

/// Asks the daemon that keeps the archive, when one does.
fn ask_daemon(args: &SyncArgs, config: &Config) -> Result<Option<Reply>, Failure> {
    let unfit = [
        (args.dry_run, "--dry-run"),
        (args.metadata_only, "--metadata-only"),
        (args.since.is_some(), "--since"),
        (args.until.is_some(), "--until"),
    ];
    if let Some((_, option)) = unfit.into_iter().find(|(given, _)| *given) {
        // Only looked for: the daemon runs its configured walks and nothing else.
        return match ask(&config.archive.dir, &Request::Status)? {
            Some(_) => {
                Err(Failure::new(Exit::InUse, format!("{option}: a daemon keeps this archive"))
                    .with_hint(format!(
                        "leave {option} out to let the daemon run its walks now, or stop it first"
                    )))
            }
            None => Ok(None),
        };
    }
    let request = Request::Sync {
        accounts: args.accounts.iter().map(ToString::to_string).collect(),
        walk: args.walk.clone(),
        wait: !args.no_wait,
    };
    let reply = ask(&config.archive.dir, &request)?;
    if reply.is_none() && args.no_wait {
        return Err(Failure::new(Exit::Usage, "--no-wait: no daemon keeps this archive")
            .with_hint("leave it out to run the pass here, or start the daemon"));
    }
    Ok(reply)
}

fn tell_of_daemon(reply: Reply, took: Duration, output: &Output) -> anyhow::Result<Exit> {
    match reply {
        Reply::Passes { passes } => tell(&passes, Mode::Keep, None, took, output),
        Reply::Asked => {
            match output.reader {
                Reader::Program => output.record("sync_asked", json!({}))?,
                Reader::Person => output.write("The daemon was asked and does it now.\n")?,
            }
            Ok(Exit::Done)
        }
        other => Err(other.into_failure().into()),
    }
}

/// Whether anything is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Keep,
    Preview,
}

/// The accounts of the command line with what is to be done for each.
fn plans<'a>(
    args: &SyncArgs,
    config: &'a Config,
    now: Timestamp,
) -> Result<Vec<(&'a AccountConfig, PassPlan)>, Failure> {
    let accounts = chosen(&args.accounts, config)?;
    let files = if args.metadata_only { FilePlan::Leave } else { FilePlan::Fetch };
    if let Some(name) = &args.walk {
        let planned: Vec<_> = accounts
            .iter()
            .filter_map(|account| Some((*account, account.walk(name)?)))
            .map(|(account, walk)| (account, walk_plan(walk, files, now)))
            .collect();
        return if planned.is_empty() { Err(no_such_walk(name, &accounts)) } else { Ok(planned) };
    }
    let bounds = (args.since, args.until);
    let plan = |account| match bounds {
        (None, None) => pass_plan(account, files),
        (since, until) => {
            let at = |bound: Option<Since>| bound.map(|bound| bound.resolve(now));
            window_plan(Window { since: at(since), until: at(until) }, files)
        }
    };
    let window = (args.since.map(|at| at.resolve(now)), args.until.map(|at| at.resolve(now)));
    if let (Some(since), Some(until)) = window
        && until <= since
    {
        return Err(Failure::new(Exit::Usage, "--until is not after --since")
            .with_hint("\"30d\" means 30 days ago"));
    }
    Ok(accounts.into_iter().map(|account| (account, plan(account))).collect())
}

fn chosen<'a>(
    names: &[AccountName],
    config: &'a Config,
) -> Result<Vec<&'a AccountConfig>, Failure> {
    if config.accounts.is_empty() {
        return Err(Failure::new(
            Exit::Config,
            format!("{} names no account", config.path.display()),
        )
        .with_hint("add an [[account]] section; docs/tokens.md says where its values come from"));
    }
    if names.is_empty() {
        return Ok(config.accounts.iter().collect());
    }
    let mut chosen: Vec<&AccountConfig> = Vec::new();
    for name in names {
        let account = config.account(name).ok_or_else(|| {
            let known: Vec<&str> =
                config.accounts.iter().map(|account| account.name.as_str()).collect();
            Failure::new(Exit::Usage, format!("no account {name} in {}", config.path.display()))
                .with_hint(format!("it names {}", known.join(", ")))
        })?;
        if !chosen.iter().any(|known| known.name == account.name) {
            chosen.push(account);
        }
    }
    Ok(chosen)
}

fn no_such_walk(name: &str, accounts: &[&AccountConfig]) -> Failure {
    let mut known: Vec<&str> =
        accounts.iter().flat_map(|account| &account.walks).map(|walk| walk.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    Failure::new(Exit::Usage, format!("no walk {name:?} is configured"))
        .with_hint(format!("there are {}", known.join(", ")))
}

/// Runs a pass for each account, all at once, and answers their reports in the order given.
pub(super) async fn pass_over(
    config: &Config,
    plans: Vec<(&AccountConfig, PassPlan)>,
    mode: Mode,
    clock: Clock,
    watch: Arc<dyn Watch>,
) -> Result<(Vec<PassReport>, Option<StopSignal>), Failure> {
    let stop = stop()?;
    let transport = transport()?;
    let archive = Arc::new(open_archive(config, clock.clone()).await?);
    let mut running = JoinSet::new();
    let mut reports = BTreeMap::new();
    for (at, (account, plan)) in plans.into_iter().enumerate() {
        // A token may come from a command that takes its time.
        match block_in_place(|| open_account(config, account, &transport)) {
            Ok(open) => {
                let (archive, watch, token) = (archive.clone(), watch.clone(), stop.token.clone());
                running.spawn(async move {
                    let report = pass(&archive, open, &plan, mode, &watch, &token).await;
                    (at, report)
                });
            }
            Err(failure) => {
                let report = unopened(account, failure, clock.now())?;
                if mode == Mode::Keep {
                    let AccountConfig { name, login, user_id, .. } = account;
                    let noted = note_refused_account(&archive, name, *login, user_id, &report);
                    noted.await.map_err(crate::daemon::catalog_failure)?;
                }
                reports.insert(at, report);
            }
        }
    }
    while let Some(done) = running.join_next().await {
        let (at, report) =
            done.map_err(|error| Failure::new(Exit::Bug, "a pass broke off").caused_by(error))?;
        reports.insert(at, report);
    }
    archive.catalog.clone().close().await.map_err(crate::daemon::catalog_failure)?;
    Ok((reports.into_values().collect(), stop.signal()))
}

pub(super) fn stop() -> Result<Stop, Failure> {
    listen_for_stop()
        .map_err(|error| Failure::new(Exit::Bug, "could not listen for signals").caused_by(error))
}

async fn pass(
    archive: &Arc<Archive>,
    open: OpenAccount,
    plan: &PassPlan,
    mode: Mode,
    watch: &Arc<dyn Watch>,
    stop: &tokio_util::sync::CancellationToken,
) -> PassReport {
    match mode {
        Mode::Keep => {
            let token = keep_alive(archive, &open.keeper, &open.access).await;
            run_pass(archive, &Arc::new(token.access), plan, watch, stop).await
        }
        Mode::Preview => preview_pass(archive, &Arc::new(open.access), plan, watch, stop).await,
    }
}

/// The report of an account whose token could not be had; the other accounts go on. Anything else
/// that keeps an account from being opened concerns all of them.
fn unopened(
    account: &AccountConfig,
    failure: Failure,
    now: Timestamp,
) -> Result<PassReport, Failure> {
    if failure.exit != Exit::Token {
        return Err(failure);
    }
    Ok(report_of_unopened(account, &failure, now))
}

fn tell(
    reports: &[PassReport],
    mode: Mode,
    signal: Option<StopSignal>,
    took: Duration,
    output: &Output,
) -> anyhow::Result<Exit> {
    let exit = match signal {
        Some(StopSignal::Interrupt) => Exit::Interrupted,
        Some(StopSignal::Terminate) => Exit::Terminated,
        None => Exit::of_accounts(reports.iter().map(exit_of)),
    };
    tell_problems(reports, output);
    match output.reader {
        Reader::Program => {
            for report in reports {
                output.record("pass", serde_json::to_value(report)?)?;
            }
            let recorded = mode == Mode::Keep;
            output.record(
                "sync_finished",
                json!({"recorded": recorded, "seconds": took.as_secs(), "exit": exit.code(), "reason": exit.as_str()}),
            )?;
        }
        Reader::Person => {
            output.write(&report::passes(reports, output.colours))?;
            let how = match mode {
                Mode::Keep => "Finished",
                Mode::Preview => "Looked, kept nothing,",
            };
            output.write(&format!("{how} in {}.\n", duration(took)))?;
        }
    }
    Ok(exit)
}

/// Writes what limited the passes to standard error.
pub(super) fn tell_problems(reports: &[PassReport], output: &Output) {
    let style = match output.reader {
        Reader::Person => trouble::Style::Text,
        Reader::Program => trouble::Style::Json,
    };
    for problem in reports.iter().flat_map(|report| &report.problems) {
        let (message, hint) = (&problem.message, problem.hint.as_deref());
        trouble::tell_problem(message, hint, exit_of_problem(problem.kind), style);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};
    use crate::config::Environment;

    fn config() -> Config {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let account = |name: &str, id: u8, walks: &str| {
            format!(
                "[[account]]\nname = \"{name}\"\nuser_id = \"{id}\"\ntoken = {{ file = \"t\" }}\n{walks}"
            )
        };
        let walk = "[[account.walk]]\nname = \"week\"\nschedule = \"@daily\"\nsince = \"7d\"\n";
        std::fs::write(&path, account("one", 1, "") + &account("two", 2, walk)).unwrap();
        Config::load(&path, &Environment::default()).unwrap()
    }

    /// Account, number of walks, window of the first.
    type Planned = (String, usize, Window);

    fn planned(words: &[&str]) -> Result<Vec<Planned>, (Exit, String)> {
        let line = [&["mediakeep", "sync"], words].concat();
        let Command::Sync(args) = Cli::try_parse_from(line).unwrap().command else {
            panic!("not sync");
        };
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        plans(&args, &config(), now)
            .map(|plans| {
                let summary = |(account, plan): &(&AccountConfig, PassPlan)| {
                    (account.name.to_string(), plan.walks.len(), plan.walks[0].window)
                };
                plans.iter().map(summary).collect()
            })
            .map_err(|failure| (failure.exit, failure.hint().unwrap_or_default().to_owned()))
    }

    #[test]
    fn without_arguments_every_account_is_walked_in_full() {
        let plans = planned(&[]).unwrap();
        assert_eq!(plans.len(), 2);
        assert!(plans.iter().all(|(_, walks, window)| *walks == 2 && *window == Window::ALL));
    }

    #[test]
    fn accounts_and_walks_are_chosen_by_name() {
        assert_eq!(planned(&["two", "two"]).unwrap().len(), 1);
        let week = planned(&["--walk", "week"]).unwrap();
        assert_eq!(week.len(), 1, "only one account has that walk");
        assert_eq!(week[0].2.since.unwrap().to_string(), "2026-11-15T00:00:00Z");
        assert_eq!(planned(&["three"]).unwrap_err(), (Exit::Usage, "it names one, two".into()));
        let (exit, hint) = planned(&["--walk", "month"]).unwrap_err();
        assert_eq!((exit, hint.as_str()), (Exit::Usage, "there are full, recent, stories, week"));
    }

    #[test]
    fn a_window_is_reckoned_from_now_and_must_not_be_empty() {
        let plans = planned(&["one", "--since", "1d"]).unwrap();
        assert_eq!(plans[0].2.since.unwrap().to_string(), "2026-11-21T00:00:00Z");
        let (exit, _) = planned(&["--since", "1d", "--until", "2d"]).unwrap_err();
        assert_eq!(exit, Exit::Usage);
    }
}
