//! People with `sqlite3` who may only read: every view answers them, whatever the program does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;
use std::time::Duration;

use graph_sandbox::{Fault, FaultKind, Settings};
use support::Rig;

/// The group that may read; nobody is in it by birth.
const GROUP: u32 = 65_534;

#[tokio::test(flavor = "multi_thread")]
async fn every_view_answers_a_reader_of_the_group_during_a_pass_after_it_and_after_a_kill() {
    let rig = Rig::start(Settings { facebook_accounts: 0, ..Rig::settings(12) }).await;
    fs::set_permissions(rig.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    if rustix::process::geteuid().is_root() {
        // As the package does it: the archive belongs to the readers' group.
        fs::create_dir(rig.archive()).unwrap();
        chown(rig.archive(), None, Some(GROUP)).unwrap();
    }
    rig.run(&["sync"]).expect(0);
    let views = views(&rig);
    assert!(views.len() > 15, "{views:?}");
    // Asking for the names, root may have made files that the stop left out.
    rig.run(&["sync"]).expect(0);
    ask_all(&rig, &views, "after a clean stop");

    rig.sandbox
        .inject(Fault::new(FaultKind::HangBeforeHeaders).on("media").arg("seconds", 8).times(2));
    let mut pass = rig.spawn(&["sync"]);
    while rig.sandbox.fired(FaultKind::HangBeforeHeaders) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ask_all(&rig, &views, "during a pass");
    assert!(pass.try_wait().unwrap().is_none(), "the pass was over before the questions");
    pass.kill().unwrap();
    pass.wait().unwrap();
    let log = format!("{}-wal", rig.catalog().display());
    assert!(fs::metadata(log).unwrap().len() > 0, "the kill left no log behind");
    ask_all(&rig, &views, "after kill -9");
}

fn views(rig: &Rig) -> Vec<String> {
    let names = rig.sql("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name");
    let names = names.iter().map(|row| row["name"].as_str().unwrap().to_owned());
    names.chain(["search".to_owned()]).collect()
}

fn ask_all(rig: &Rig, views: &[String], when: &str) {
    for view in views {
        let mut command = Command::new("sqlite3");
        if rustix::process::geteuid().is_root() {
            command = Command::new("setpriv");
            let user = format!("--reuid={GROUP}");
            let group = format!("--regid={GROUP}");
            command.args([&user, &group, "--clear-groups", "sqlite3"]);
        }
        let query = format!("SELECT count(*) FROM {view}; SELECT * FROM {view} LIMIT 2;");
        let output =
            command.args(["-readonly", "-json"]).arg(rig.catalog()).arg(query).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && error.is_empty(), "{when}: {view}: {error}");
        assert!(!output.stdout.is_empty(), "{when}: {view}");
    }
}
