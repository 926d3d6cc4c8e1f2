//! The real binary killed before each system call of a refresh.
//!
//! `MEDIAKEEP_TORTURE=1` kills it at every call instead of at some.

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use graph_sandbox::{Edit, Login, ReadyAccount};
use mediakeep::domain::{AccountName, Timestamp};
use mediakeep::secret::AccessToken;
use mediakeep::tokens::{Entry, Kept, Seed, Source, TokenStore};

use crate::commands::Desk;

/// How a run of the binary ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Killed,
    Renewed,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_is_killed_at_any_call_leaves_a_token_that_works() {
    let torture = env::var_os("MEDIAKEEP_TORTURE").is_some();
    let desk = Desk::start().await;
    desk.write_config(|_| String::new());
    let account = desk.account(Login::Instagram);
    let name: AccountName = account.name.parse().unwrap();
    // Makes the archive.
    desk.run_with(&["token", "set", &account.name], &account.token).expect(0);
    let tokens = desk.archive().join("tokens");
    let store = TokenStore::new(tokens.clone());
    let file = |name: &str| tokens.join(name).to_string_lossy().into_owned();
    let new = format!(".{}.new", account.name);
    let dir = tokens.to_string_lossy().into_owned();
    let paths = [dir, file(".lock"), file(&account.name), file(&new)];

    let (mut kills, mut with_candidate, mut renewed) = (0, 0, 0);
    let moments = Moments { desk: &desk, account: &account, paths: &paths };
    for (what, step) in [("store", 9), ("network", 5)] {
        let before = kills;
        let mut survived = false;
        for nth in (1..300).step_by(if torture { 1 } else { step }) {
            let current = prepare(&desk, &store, &account);
            let ended = match what {
                "store" => moments.killed_after_store_call(nth),
                _ => moments.killed_at_network_call(nth),
            };
            let kept = store.read(&name).unwrap().expect("the file is whole");
            let all = [&kept.current].into_iter().chain(&kept.candidate).chain(&kept.former);
            let mut working = 0;
            for entry in all {
                working += usize::from(desk.works(&account, entry.token.expose()).await);
            }
            assert!(working > 0, "{what} call {nth}: no token on disk works");
            if ended == Ended::Renewed {
                survived = true;
                break;
            }
            kills += 1;
            with_candidate += usize::from(kept.candidate.is_some());
            renewed += usize::from(!kept.current.is(&current));
        }
        assert!(survived, "{what}: there are more calls than were tried");
        println!("{what}: {} kills", kills - before);
    }
    println!(
        "{kills} kills, each with a token on disk that works; {with_candidate} of them between the \
         answer and its first use, {renewed} after it"
    );
    assert!(kills > 5 && with_candidate > 0);
}

/// A token that is old enough to be renewed, and nothing else.
fn prepare(desk: &Desk, store: &TokenStore, account: &ReadyAccount) -> AccessToken {
    let edit = Edit::NewToken { account: account.name.clone(), age: 20 * 86_400 };
    let text = desk.sandbox.world().edit(edit).unwrap().token.unwrap();
    let token = AccessToken::new(&text).unwrap();
    let now = Timestamp::from_unix(desk.sandbox.clock().now()).unwrap();
    let mut kept = Kept::first(Entry::new(token.clone(), Source::Set, now), Seed::Absent);
    kept.answered(now);
    let name = account.name.parse().unwrap();
    store.update(&name, |_| Some(kept)).unwrap();
    token
}

/// Where a refresh is killed.
struct Moments<'a> {
    desk: &'a Desk,
    account: &'a ReadyAccount,
    /// The files of the store.
    paths: &'a [String],
}

impl Moments<'_> {
    /// Kills after so many calls on the store, counted over all threads: each of them is held for a
    /// while when it is done, so that nothing follows it.
    fn killed_after_store_call(&self, nth: usize) -> Ended {
        let log = self.desk.dir().join("strace.log");
        std::fs::write(&log, "").unwrap();
        let mut strace = Self::strace(&log);
        for path in self.paths {
            strace.args(["-P", path]);
        }
        strace.args(["-e", "trace=all", "-e", "inject=all:delay_exit=30000"]);
        let mut child = self.refresh(&mut strace).spawn().unwrap();
        loop {
            let text = std::fs::read_to_string(&log).unwrap();
            if let Some(line) = text.lines().nth(nth - 1) {
                // Whichever thread it was: the whole process ends.
                let thread = line.split_whitespace().next().unwrap();
                Command::new("kill").args(["-KILL", thread]).output().unwrap();
                break;
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Self::ended(&child.wait_with_output().unwrap())
    }

    /// Kills before the nth call of a thread on the network.
    fn killed_at_network_call(&self, nth: usize) -> Ended {
        let log = self.desk.dir().join("strace.log");
        let mut strace = Self::strace(&log);
        strace.args(["-e", "trace=%network"]);
        strace.args(["-e", &format!("inject=%network:signal=KILL:when={nth}")]);
        Self::ended(&self.refresh(&mut strace).output().unwrap())
    }

    fn strace(log: &Path) -> Command {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o"]).arg(log);
        strace
    }

    fn refresh<'c>(&self, strace: &'c mut Command) -> &'c mut Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_mediakeep"));
        strace.arg(binary).arg("--config").arg(self.desk.config());
        strace.args(["token", "refresh", &self.account.name]);
        strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped())
    }

    fn ended(output: &Output) -> Ended {
        if output.status.signal() == Some(9) {
            return Ended::Killed;
        }
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {error}", output.status);
        Ended::Renewed
    }
}
