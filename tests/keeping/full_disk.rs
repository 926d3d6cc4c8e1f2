//! No room for a copy: nothing half is left, and somebody is told.
//!
//! The test runs itself again in a mount namespace of its own, with a small disk in memory; that
//! needs root or user namespaces.

use std::ffi::OsStr;
use std::fs;

use crate::stand::Stand;
use crate::store_support::{DONE, again, assert_done, is_root, workplace};
use crate::support::{Ran, Rig};
use crate::upkeep::{alarms, copies, run, settings, with_files};

fn on_a_small_disk(test: &str, size: &str) {
    let dir = tempfile::tempdir().unwrap();
    let namespace: &[&str] = if is_root() { &[] } else { &["--user", "--map-root-user"] };
    let mount = format!("mount -t tmpfs -o size={size} tmpfs \"$0\" && exec \"$@\"");
    let mut wrapper: Vec<&OsStr> = ["unshare", "--mount"].map(OsStr::new).into();
    wrapper.extend(namespace.iter().map(OsStr::new));
    wrapper.extend(["sh", "-c", &mount].map(OsStr::new));
    wrapper.push(dir.path().as_os_str());
    let output = again(&wrapper, test, dir.path()).env("TMPDIR", dir.path()).output().unwrap();
    assert_done(&output);
}

#[tokio::test]
async fn a_disk_without_room_for_a_copy_is_an_alarm_until_there_is_room() {
    let Some(dir) = workplace() else {
        let test = "full_disk::a_disk_without_room_for_a_copy_is_an_alarm_until_there_is_room";
        return on_a_small_disk(test, "80m");
    };
    let stand: Stand = with_files(2).await;
    assert!(stand.archive.dir.path().starts_with(&dir), "not on the small disk");
    let filler = dir.join("filler");
    let free = stand.archive.dir.free_space().unwrap();
    fs::write(&filler, vec![1; usize::try_from(free - (8 << 20)).unwrap()]).unwrap();
    run(&stand, &settings(), 2).await;
    let told = alarms(&stand, "backup_failing");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("a copy of the catalog needs"), "{told:?}");
    assert!(copies(&stand).is_empty());
    fs::remove_file(filler).unwrap();
    run(&stand, &settings(), 2).await;
    assert_eq!(alarms(&stand, "backup_failing").len(), 2);
    assert_eq!(copies(&stand).len(), 1);
    println!("{DONE}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_breaks_off_in_the_middle_leaves_nothing() {
    let rig = Rig::start(crate::small(6)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    let place = rig.dir.path().join("elsewhere");
    fs::create_dir(&place).unwrap();
    let copy = place.join("copy.db");
    // 128 KiB: the catalog is larger. The signal is handled by the program itself.
    let plain = rig.command(&["backup", "--to", copy.to_str().unwrap()]);
    let mut limited = std::process::Command::new("bash");
    limited.args(["-c", "ulimit -f 128; exec \"$0\" \"$@\""]).arg(plain.get_program());
    limited.args(plain.get_args());
    let ran = Ran::from(limited.output().unwrap()).expect(16);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0);
    rig.run(&["backup", "--to", copy.to_str().unwrap()]).expect(0);
    assert!(fs::metadata(&copy).unwrap().len() > 128 << 10);
}
