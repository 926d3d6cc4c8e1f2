//! A restore killed at its system calls leaves the old catalog or the new one.
//!
//! `MEDIAKEEP_TORTURE=1` kills it at every call that writes; else at those that give names.

use std::fs;
use std::path::Path;
use std::process::Command;

use graph_sandbox::PostKind;

use crate::support::{Rig, sql};

const NAMES: [&str; 3] = ["rename", "linkat", "fsync"];
const WRITES: [&str; 8] = [
    "mkdirat",
    "fchmod",
    "write",
    "pwrite64",
    "copy_file_range",
    "fdatasync",
    "unlink",
    "ftruncate",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_killed_at_any_step_leaves_the_old_or_the_new_catalog() {
    let rig = Rig::start(crate::small(3)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    rig.run(&["backup"]).expect(0);
    let name = rig.sandbox.ready().accounts[0].name.clone();
    rig.sandbox.world().publish(&name, PostKind::Image).unwrap();
    rig.run(&["sync", "--metadata-only"]).expect(0);
    let (new, old) = (posts(&rig) - 1, posts(&rig));
    let template = rig.dir.path().join("template");
    copy(&rig.archive(), &template);
    let torture = std::env::var_os("MEDIAKEEP_TORTURE").is_some();
    let calls: Vec<&str> =
        if torture { NAMES.iter().chain(&WRITES).copied().collect() } else { NAMES.to_vec() };
    let (mut kills, mut kept, mut placed) = (0, 0, 0);
    for call in calls {
        for nth in 1..500 {
            fs::remove_dir_all(rig.archive()).unwrap();
            copy(&template, &rig.archive());
            if !killed_at(&rig, call, nth) {
                assert_eq!(posts(&rig), new, "{call} {nth}");
                break;
            }
            kills += 1;
            let found = posts(&rig);
            assert!(found == old || found == new, "{call} {nth}: {found}");
            kept += u32::from(found == old);
            placed += u32::from(found == new);
            let sound = rig.sql_value("PRAGMA integrity_check");
            assert_eq!(sound, "ok", "{call} {nth}");
            rig.run(&["restore", "--yes"]).expect(0);
            assert_eq!(posts(&rig), new, "{call} {nth}");
            if torture {
                rig.run(&["verify"]).expect(0);
            }
            let left = rig.archive().join(".catalog.db.restoring");
            assert!(!left.exists(), "{call} {nth}");
        }
    }
    println!("{kills} kills: {kept} left the old catalog, {placed} the new one");
    assert!(kept > 3 && placed > 0, "{kills} kills, {kept} old, {placed} new");
}

/// Answers whether the kill came before the end.
fn killed_at(rig: &Rig, call: &str, nth: u32) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={nth}");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    command.arg("-e").arg(inject).arg(env!("CARGO_BIN_EXE_mediakeep"));
    command.arg("--config").arg(rig.config()).args(["restore", "--yes"]);
    let output = command.output().unwrap();
    if output.status.success() {
        return false;
    }
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_none_or(|code| code > 128), "{call} {nth}: {error}");
    true
}

fn posts(rig: &Rig) -> i64 {
    sql(&rig.catalog(), "SELECT count(*) AS n FROM posts")[0]["n"].as_i64().unwrap()
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}
