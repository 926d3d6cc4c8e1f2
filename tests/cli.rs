//! The command line with the real binary: help, exit codes, output for people and programs.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use mediakeep::blobs::ArchiveDir;
use mediakeep::exit::Exit;
use serde_json::Value;
use tempfile::TempDir;

const COMMANDS: [&str; 22] = [
    "run",
    "next",
    "sync",
    "verify",
    "accept",
    "backup",
    "restore",
    "status",
    "list",
    "show",
    "events",
    "gaps",
    "prove",
    "walks",
    "failures",
    "check",
    "login",
    "token",
    "demo",
    "completions",
    "man",
    "notify",
];

fn mediakeep(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mediakeep"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent").args(args);
    command.stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    mediakeep(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A configuration whose API is a port that nobody listens on.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: TempDir::new().unwrap() };
        let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let text = format!(
            "[archive]\ndir = \"archive\"\nmin_free = \"1MiB\"\n[api]\ninstagram_url = \"http://{unused}\"\n\
             [[account]]\nname = \"harbor\"\nuser_id = \"17841400000000111\"\ntoken = {{ file = \"token\" }}\n"
        );
        fs::write(place.config(), text).unwrap();
        fs::write(place.dir.path().join("token"), "IGAAexampleexampleexample").unwrap();
        place.set_token_mode(0o600);
        place
    }

    fn set_token_mode(&self, mode: u32) {
        let token = self.dir.path().join("token");
        fs::set_permissions(token, Permissions::from_mode(mode)).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("config.toml")
    }

    fn archive(&self) -> PathBuf {
        self.dir.path().join("archive")
    }

    fn run(&self, args: &[&str]) -> Output {
        mediakeep(args).arg("--config").arg(self.config()).output().unwrap()
    }
}

#[track_caller]
fn expect(output: &Output, exit: Exit) {
    let code = output.status.code();
    assert_eq!(code, Some(i32::from(exit.code())), "{}{}", stdout(output), stderr(output));
}

#[test]
fn help_lists_each_command_once_and_every_exit_code() {
    let help = stdout(&run(&["--help"]));
    for command in COMMANDS {
        let listed = help.lines().filter(|line| line.starts_with(&format!("  {command} "))).count();
        assert_eq!(listed, 1, "{command} in\n{help}");
    }
    for exit in Exit::ALL {
        let row = format!("  {:>3}  {}", exit.code(), exit.meaning());
        assert!(help.contains(&row), "{row} is not in\n{help}");
    }
    for line in help.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn every_command_has_its_own_help() {
    for command in COMMANDS {
        let output = run(&[command, "--help"]);
        expect(&output, Exit::Done);
        let help = stdout(&output);
        assert!(help.contains(&format!("mediakeep {command}")), "{help}");
        assert!(help.contains("--config <FILE>") && help.contains("--json"), "{help}");
        assert!(help.contains("Exit status"), "{help}");
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        expect(&output, Exit::Done);
        let script = stdout(&output);
        for command in COMMANDS {
            assert!(script.contains(command), "{command} is not completed in {shell}");
        }
    }
}

#[test]
fn bash_takes_its_completion_script() {
    let script = stdout(&run(&["completions", "bash"]));
    let check = Command::new("bash").args(["-n", "-c", &script]).output().unwrap();
    assert!(check.status.success(), "{}", stderr(&check));
}

#[test]
fn manual_pages_are_written_for_the_program_and_each_command() {
    let dir = TempDir::new().unwrap();
    let output = run(&["man", "--dir", dir.path().to_str().unwrap()]);
    expect(&output, Exit::Done);
    for command in COMMANDS {
        let page = dir.path().join(format!("mediakeep-{command}.1"));
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.contains(".SH NAME"), "{}", page.display());
    }
    let main = stdout(&run(&["man"]));
    assert_eq!(main, fs::read_to_string(dir.path().join("mediakeep.1")).unwrap());
    for part in [".SH COMMANDS", ".SH \"EXIT STATUS\"", ".SH FILES", ".SH ENVIRONMENT"] {
        assert!(main.contains(part), "{part} is not in\n{main}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_two() {
    for args in [
        &[][..],
        &["snyc"],
        &["sync", "--walk", "a", "--since", "1d"],
        &["sync", "--since", "yesterday"],
        &["sync", "Not A Name"],
        &["verify", "--all", "--share", "1/2"],
        &["verify", "--share", "2/1"],
        &["list", "--type", "hologram"],
        &["list", "--at", "30d"],
        &["show"],
        &["events", "--kind", "deleted"],
        &["accept"],
        &["accept", "seventeen"],
        &["--quiet", "--verbose", "status"],
        &["demo", "--posts", "0"],
    ] {
        let output = run(args);
        expect(&output, Exit::Usage);
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[test]
fn a_wrong_command_line_is_a_json_object_when_asked_for() {
    let output = run(&["--json", "snyc"]);
    expect(&output, Exit::Usage);
    let error: Value = serde_json::from_str(&stderr(&output)).unwrap();
    assert_eq!((&error["v"], &error["type"]), (&Value::from(1), &Value::from("error")));
    assert_eq!((&error["exit"], &error["reason"]), (&Value::from(2), &Value::from("usage")));
}

#[test]
fn errors_are_json_objects_when_asked_for_wherever_the_option_stands() {
    for args in [["--json", "status"], ["status", "--json"]] {
        let place = Place::new();
        let output = place.run(&args);
        expect(&output, Exit::Storage);
        let error: Value = serde_json::from_str(&stderr(&output)).unwrap();
        assert_eq!(error["reason"], "storage");
        assert!(error["hint"].as_str().unwrap().contains("mediakeep sync"), "{error}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn an_api_that_does_not_answer_is_fifteen_and_everything_else_is_kept() {
    let place = Place::new();
    let output = place.run(&["--quiet", "check"]);
    expect(&output, Exit::Unavailable);
    assert!(stdout(&output).contains("FAIL  account harbor"), "{}", stdout(&output));
}

#[test]
fn a_token_that_cannot_be_read_is_twelve() {
    let place = Place::new();
    place.set_token_mode(0o644);
    let output = place.run(&["sync"]);
    expect(&output, Exit::Token);
    assert!(stderr(&output).contains("chmod 600"), "{}", stderr(&output));
}

#[test]
fn an_archive_in_use_is_eleven_and_can_still_be_looked_at() {
    let place = Place::new();
    place.set_token_mode(0o644);
    expect(&place.run(&["sync"]), Exit::Token);
    let held = ArchiveDir::create_or_open(&place.archive(), None).unwrap();
    let output = place.run(&["sync"]);
    expect(&output, Exit::InUse);
    assert!(stderr(&output).contains("is in use"), "{}", stderr(&output));
    expect(&place.run(&["status"]), Exit::Done);
    drop(held);
}

#[test]
fn a_directory_that_is_no_archive_is_sixteen_and_left_alone() {
    let place = Place::new();
    fs::create_dir(place.archive()).unwrap();
    fs::write(place.archive().join("diary.txt"), "mine").unwrap();
    for args in [&["sync"][..], &["verify"], &["status"], &["check", "--offline"]] {
        expect(&place.run(args), Exit::Storage);
    }
    let names: Vec<_> =
        fs::read_dir(place.archive()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["diary.txt"]);
}

#[test]
fn without_accounts_there_is_nothing_to_sync() {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("config.toml");
    fs::write(&config, "[archive]\ndir = \"archive\"\n").unwrap();
    let output = run(&["--config", config.to_str().unwrap(), "sync"]);
    expect(&output, Exit::Config);
    assert!(stderr(&output).contains("names no account"), "{}", stderr(&output));
    assert!(!dir.path().join("archive").exists());
}

#[test]
fn an_unknown_account_or_walk_names_the_known_ones() {
    let place = Place::new();
    let output = place.run(&["sync", "harbour"]);
    expect(&output, Exit::Usage);
    assert!(stderr(&output).contains("hint: it names harbor"), "{}", stderr(&output));
    let output = place.run(&["sync", "--walk", "weekly"]);
    expect(&output, Exit::Usage);
    assert!(
        stderr(&output).contains("hint: there are full, recent, stories"),
        "{}",
        stderr(&output)
    );
    assert!(!place.archive().exists());
}

#[test]
fn a_reader_that_leaves_early_ends_the_program_quietly() {
    let mut child = mediakeep(&["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_full_output_device_is_told() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = mediakeep(&["completions", "bash"]).stdout(full).output().unwrap();
    expect(&output, Exit::Storage);
    assert!(stderr(&output).contains("could not write the results"), "{}", stderr(&output));
}

#[test]
fn what_is_written_to_a_pipe_has_no_colours() {
    let place = Place::new();
    let output = place.run(&["check", "--offline"]);
    expect(&output, Exit::Done);
    assert!(!stdout(&output).contains('\u{1b}'));
    let json = place.run(&["--json", "check", "--offline"]);
    for line in stdout(&json).lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["v"], 1, "{line}");
        assert!(record["type"].is_string(), "{line}");
    }
}

#[test]
fn the_demo_archives_an_invented_instagram_and_finds_what_changed() {
    let dir = TempDir::new().unwrap();
    let demo = dir.path().join("demo");
    let demo = demo.to_str().unwrap();
    let output = run(&["--json", "demo", "--posts", "6", "--dir", demo]);
    expect(&output, Exit::Done);
    let records: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let passes: Vec<&Value> = records.iter().filter(|record| record["type"] == "pass").collect();
    assert_eq!(passes.len(), 6, "two accounts, three times");
    let sum = |field: &str, of: &[&Value]| -> u64 {
        let walks = of.iter().flat_map(|pass| pass["walks"].as_array().unwrap());
        walks.map(|walk| walk[field].as_u64().unwrap()).sum()
    };
    assert!(sum("new", &passes[..2]) >= 12);
    assert_eq!((sum("new", &passes[2..4]), sum("changed", &passes[2..4])), (0, 0));
    assert!(passes[2..4].iter().all(|pass| pass["files"]["saved"] == 0));
    assert_eq!((sum("new", &passes[4..]), sum("changed", &passes[4..])), (1, 1));
    let config = format!("{demo}/config.toml");
    let changed = run(&["--config", &config, "--json", "list", "--limit", "0"]);
    expect(&changed, Exit::Done);
    let items = stdout(&changed);
    assert!(items.contains("edited a moment ago"), "{items}");
    expect(&run(&["--config", &config, "verify"]), Exit::Done);
    expect(&run(&["--config", &config, "failures"]), Exit::Done);
    let again = run(&["demo", "--posts", "6", "--dir", demo]);
    expect(&again, Exit::Usage);
}

#[test]
fn a_flipped_byte_is_found_and_named() {
    let dir = TempDir::new().unwrap();
    let demo = dir.path().join("demo");
    expect(&run(&["--quiet", "demo", "--posts", "2", "--dir", demo.to_str().unwrap()]), Exit::Done);
    let config = demo.join("config.toml");
    let config = config.to_str().unwrap();
    let listed = run(&["--config", config, "--json", "list", "--limit", "1"]);
    let item: Value = serde_json::from_str(stdout(&listed).trim()).unwrap();
    let shown = run(&["--config", config, "--json", "show", item["media_id"].as_str().unwrap()]);
    let media: Value = serde_json::from_str(stdout(&shown).trim()).unwrap();
    let blob = demo.join("archive").join(media["files"][0]["path"].as_str().unwrap());
    let mut bytes = fs::read(&blob).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::set_permissions(&blob, Permissions::from_mode(0o640)).unwrap();
    fs::write(&blob, bytes).unwrap();
    let output = run(&["--config", config, "verify", "--all"]);
    expect(&output, Exit::Damage);
    let name = blob.file_name().unwrap().to_str().unwrap();
    assert!(stdout(&output).contains(&format!("damaged     {name}")), "{}", stdout(&output));
    assert!(!blob.exists(), "a damaged blob is set aside");
}
