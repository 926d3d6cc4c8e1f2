//! Commands and monitors beside the real daemon: what they see and what it does for them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use support::Rig;

/// A running daemon that is killed when the test ends.
struct Daemon(Child);

impl Daemon {
    /// Starts it and waits until it answers.
    fn start(rig: &Rig) -> Self {
        let daemon = Self(rig.spawn(&["run"]));
        until("the daemon answers", || {
            UnixStream::connect(rig.archive().join("control.sock")).is_ok()
        });
        daemon
    }

    fn signal(mut self, signal: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.0.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One account, and a socket for monitors.
async fn rig() -> Rig {
    let settings = graph_sandbox::Settings { facebook_accounts: 0, ..Rig::settings(6) };
    let rig = Rig::start(settings).await;
    let socket = rig.dir.path().join("web.sock");
    rig.write_config(&format!("\n[http]\nlisten = \"unix:{}\"\n", socket.display()));
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_asks_the_daemon_and_shows_what_it_did() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig);
    let socket = rig.archive().join("control.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let account = rig.sandbox.ready().accounts[0].name.clone();
    let ran = rig.run(&["sync", &account, "--walk", "full"]).expect(0);
    assert!(ran.stdout.contains(&account) && ran.stdout.contains("Finished in"), "{}", ran.stdout);
    // The daemon began with a pass of its own; ours is one more.
    let full = "SELECT count(*) FROM walks WHERE name = 'full' AND outcome = 'complete'";
    let before = rig.sql_count(full);
    rig.run(&["sync", "--walk", "full"]).expect(0);
    assert_eq!(rig.sql_count(full), before + 1);
    let json = rig.run(&["--json", "sync", &account]).expect(0).json();
    assert_eq!((&json[0]["type"], &json[0]["account"]), (&"pass".into(), &account.as_str().into()));
    assert_eq!(json[1]["exit"], 0);
    let ran = rig.run(&["sync", "--no-wait"]).expect(0);
    assert!(ran.stdout.contains("The daemon was asked"), "{}", ran.stdout);
    for option in [&["--dry-run"][..], &["--since", "1d"], &["--metadata-only"]] {
        let ran = rig.run(&[&["sync"], option].concat()).expect(11);
        assert!(ran.stderr.contains("a daemon keeps this archive"), "{}", ran.stderr);
    }
    let ran = rig.run(&["accept", "1"]).expect(2);
    assert!(ran.stderr.contains("is not held"), "{}", ran.stderr);
    let ran = rig.run(&["--json", "status"]).expect(0).json();
    assert_eq!(ran[0]["daemon"]["state"], "running");
    assert!(
        ran.iter().any(|record| record["type"] == "account" && record["next_run_at"].is_string())
    );
    drop(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_a_running_a_stopped_and_a_killed_daemon_apart() {
    let rig = rig().await;
    let first_line = || {
        let out = rig.run(&["status"]).expect(0).stdout;
        out.lines().next().unwrap().to_owned()
    };
    let daemon = Daemon::start(&rig);
    until("the daemon is noted", || first_line().contains("daemon running "));
    daemon.signal("-TERM");
    assert!(first_line().contains("daemon stopped "), "{}", first_line());
    assert!(!rig.archive().join("control.sock").exists());
    let ran = rig.run(&["sync", "--no-wait"]).expect(2);
    assert!(ran.stderr.contains("no daemon keeps this archive"), "{}", ran.stderr);
    let daemon = Daemon::start(&rig);
    until("the daemon is noted", || first_line().contains("daemon running "));
    daemon.signal("-KILL");
    assert!(first_line().contains("ended without notice"), "{}", first_line());
    // Its socket is still there: nobody answers, so the pass runs here.
    assert!(rig.archive().join("control.sock").exists());
    rig.run(&["sync"]).expect(0);
    // And the next daemon takes its place.
    let daemon = Daemon::start(&rig);
    until("the daemon is noted", || first_line().contains("daemon running "));
    drop(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_answers_monitors() {
    let rig = rig().await;
    let daemon = Daemon::start(&rig);
    let ask = |path: &str| {
        let mut stream = UnixStream::connect(rig.dir.path().join("web.sock")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("/healthz").starts_with("HTTP/1.1 200 OK\r\n"), "{}", ask("/healthz"));
    let page = ask("/metrics");
    for task in ["control", "web"] {
        let line = format!("mediakeep_worker_restarts_total{{task=\"{task}\"}} 0");
        assert!(page.contains(&line), "{line}\n{page}");
    }
    let token = &rig.sandbox.ready().accounts[0].token;
    assert!(!page.contains(token.as_str()));
    daemon.signal("-TERM");
    assert!(!rig.dir.path().join("web.sock").exists());
}
