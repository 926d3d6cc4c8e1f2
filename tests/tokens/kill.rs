//! The real binary killed before each system call of a refresh.
//!
//! `MEDIAKEEP_TORTURE=1` kills it at every call instead of at some.

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

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
    let paths = [file(""), file(".lock"), file(&account.name), file(&new)];
    let paths =
        paths.iter().flat_map(|path| ["-P".to_owned(), path.trim_end_matches('/').to_owned()]);
    let on_store: Vec<String> = paths.chain(["-e".to_owned(), "trace=all".to_owned()]).collect();
    let on_network = vec!["-e".to_owned(), "trace=%network".to_owned()];

    let (mut kills, mut with_candidate, mut renewed) = (0, 0, 0);
    for (what, filter, call) in [("store", &on_store, "all"), ("network", &on_network, "%network")]
    {
        let step = if torture { 1 } else { 7 };
        let mut survived = false;
        for nth in (1..200).step_by(step) {
            let current = prepare(&desk, &store, &account);
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let ended = refresh(&desk, &account, filter, &inject);
            let kept = store.read(&name).unwrap().expect("the file is whole");
            let all = [&kept.current].into_iter().chain(&kept.candidate).chain(&kept.former);
            let mut working = 0;
            for entry in all {
                working += usize::from(desk.works(&account, entry.token.expose()).await);
            }
            assert!(working > 0, "{what} call {nth}: no token on disk works");
            with_candidate += usize::from(kept.candidate.is_some());
            renewed += usize::from(!kept.current.is(&current));
            if ended == Ended::Renewed {
                survived = true;
                break;
            }
            kills += 1;
        }
        assert!(survived, "{what}: there are more calls than were tried");
        println!("{what}: {kills} kills so far");
    }
    println!(
        "{kills} kills, each with a token on disk that works; {with_candidate} of them between the \
         answer and its first use, {renewed} after it"
    );
    assert!(kills > 5 && with_candidate > 0 && renewed > 1);
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

fn refresh(desk: &Desk, account: &ReadyAccount, filter: &[String], inject: &str) -> Ended {
    let log = desk.dir().join("strace.log");
    let binary = Path::new(env!("CARGO_BIN_EXE_mediakeep"));
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .args(filter)
        .args(["-e", inject])
        .arg(binary)
        .arg("--config")
        .arg(desk.config())
        .args(["token", "refresh", &account.name])
        .output()
        .expect("this test needs strace (apt-get install strace)");
    match output.status.signal() {
        Some(9) => Ended::Killed,
        _ => {
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {error}", output.status);
            Ended::Renewed
        }
    }
}
