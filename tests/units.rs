//! The systemd units and what the package installs beside them, looked at by systemd itself and by
//! the real binary. `make package-test` boots a machine with them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_mediakeep");

#[test]
fn the_units_make_sense_to_systemd_and_are_confined() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("left out: systemd-analyze is not on this machine");
        return;
    }
    let ran = Command::new(format!("{ROOT}/systemd/check.sh")).arg(PROGRAM).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(said.matches("Overall exposure level").count(), 2, "{said}");
}

#[test]
fn both_services_are_confined_alike() {
    let confined = |unit: &str| {
        let text = fs::read_to_string(format!("{ROOT}/systemd/{unit}")).unwrap();
        let from = text.find("# A fixed user").unwrap();
        let to = text.find("[Install]").unwrap_or(text.len());
        let differs = ["RuntimeDirectory", "NoExecPaths=", "# One that lies encrypted"];
        let lines = text[from..to].lines().filter(|line| !line.is_empty());
        lines
            .filter(|line| !differs.iter().any(|start| line.starts_with(start)))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(confined("mediakeep.service"), confined("mediakeep-sync.service"));
}

#[test]
fn the_installed_configuration_lacks_nothing_but_accounts() {
    let config = Path::new(ROOT).join("packaging/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let checked = |text: &str| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        fs::write(&file, text).unwrap();
        let ran = Command::new(PROGRAM)
            .args(["--json", "check", "--offline", "--config"])
            .arg(&file)
            .env_clear()
            .env("MEDIAKEEP__ARCHIVE__DIR", dir.path().join("archive"))
            .output()
            .unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    let said = checked(&text);
    assert_eq!(said.matches(r#""verdict":"failed""#).count(), 1, "{said}");
    assert!(said.contains("names no account"), "{said}");

    // With the signs taken off its examples it is a configuration, too.
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => format!("{key}\n"),
            Some(_) | None => format!("{line}\n"),
        })
        .collect();
    let said = checked(&uncommented);
    assert!(!said.contains("names no account"), "{said}");
    assert!(said.contains("harbor.lantern"), "{said}");
}
