//! Wrong configurations with the real binary: one line that says where and what, a hint, the
//! right exit code, and never a secret.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

const TOKEN: &str = "IGAAcanaryCANARYcanary0123456789";

const ACCOUNT: &str = r#"
[archive]
dir = "archive"

[[account]]
name = "harbor"
login = "instagram"
user_id = "17841400000000111"
token = { file = "token" }
"#;

/// A directory with a configuration and a token.
struct Place {
    dir: TempDir,
}

/// What a command left behind.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Place {
    fn with(config: &str) -> Self {
        let place = Self { dir: TempDir::new().unwrap() };
        fs::write(place.config(), config).unwrap();
        place.write_token(TOKEN, 0o600);
        place
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("config.toml")
    }

    fn token(&self) -> PathBuf {
        self.dir.path().join("token")
    }

    fn write_token(&self, text: &str, mode: u32) {
        fs::write(self.token(), text).unwrap();
        fs::set_permissions(self.token(), Permissions::from_mode(mode)).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediakeep"));
        command.env_clear().env("HOME", self.dir.path()).env("PATH", "/usr/bin:/bin");
        command
    }

    fn check(&self) -> Ran {
        ran(self.command().arg("--config").arg(self.config()).args(["check", "--offline"]))
    }
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(!all.to_lowercase().contains("canary"), "a token was shown:\n{all}");
        self
    }
}

#[test]
fn a_right_configuration_passes_every_check_of_this_machine() {
    let place = Place::with(ACCOUNT);
    let ran = place.check().expect(0);
    assert!(ran.stdout.contains("ok    token harbor: from "), "{}", ran.stdout);
    assert!(ran.stdout.contains("archive will be made by the first sync"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("All is well.\n"), "{}", ran.stdout);
    assert!(!place.dir.path().join("archive").exists(), "a check makes nothing");
}

#[test]
fn every_schedule_is_shown_with_its_next_five_runs_in_the_configured_zone() {
    let config = format!(
        "[schedule]\ntimezone = \"Europe/Berlin\"\n{ACCOUNT}[[account.walk]]\nname = \"night\"\nschedule = \"30 2 * * 1-5\"\n"
    );
    let ran = Place::with(&config).check().expect(0);
    let at = ran.stdout.find("schedule harbor night: 30 2 * * 1-5 (Europe/Berlin)").unwrap();
    let runs: Vec<&str> = ran.stdout[at..].lines().skip(1).take(5).collect();
    for run in runs {
        let hour = run.contains(" 02:30 CE") || run.contains(" 03:30 CEST");
        assert!(run.starts_with("        20") && hour, "{run}");
    }
}

/// Each row: what is put after or instead of what, the line that must be said, the hint's start.
#[test]
fn each_wrong_value_is_one_line_with_its_place_and_a_hint() {
    let appended = |text: &str| format!("{ACCOUNT}{text}");
    let replaced = |from: &str, to: &str| ACCOUNT.replace(from, to);
    let rows = [
        (
            appended("colect = [\"media\"]\n"),
            ":10: account.colect: unknown key",
            "did you mean `collect`?",
        ),
        (appended("[downlod]\n"), ":10: downlod: unknown key", "did you mean `download`?"),
        (
            appended("[download]\nconcurrency = \"eight\"\n"),
            ":11: download.concurrency = \"eight\": expected a whole number from 1 to 64, found a text",
            "",
        ),
        (
            appended("[download]\nmax_file_size = \"5 gigs\"\n"),
            ":11: download.max_file_size = \"5 gigs\": a size with an unknown unit",
            "units are B, kB, MB",
        ),
        (
            appended("[absence]\nconfirm_after = \"tomorrow\"\n"),
            ":11: absence.confirm_after = \"tomorrow\": not a duration",
            "units are s, m, h, d and w",
        ),
        (
            appended("[[account.walk]]\nname = \"a\"\nschedule = \"* * 32 * *\"\n"),
            ":12: account.walk.schedule = \"* * 32 * *\": day of month: 32 is not within 1-31",
            "crontab: minute hour",
        ),
        (
            appended("[schedule]\ntimezone = \"Berlin\"\n"),
            ":11: schedule.timezone = \"Berlin\": no such time zone",
            "use a name of the IANA database",
        ),
        (
            appended(&ACCOUNT.replace("[archive]\ndir = \"archive\"\n", "")),
            ":13: account.name = \"harbor\": a second account of this name",
            "every account has a name of its own",
        ),
        (
            replaced("\"harbor\"", "\"Harbor!\""),
            ":6: account.name = \"Harbor!\": not a usable name",
            "use 1 to 64 of a-z",
        ),
        (
            replaced("login = \"instagram\"", "login = \"insta\""),
            ":7: account.login = \"insta\": not a possible value",
            "did you mean `instagram`?",
        ),
        (
            replaced("{ file = \"token\" }", &format!("\"{TOKEN}\"")),
            ":9: account.token: a secret must not stand in the configuration",
            "put it into a file",
        ),
        (
            replaced("{ file = \"token\" }", &format!("{{ value = \"{TOKEN}\" }}")),
            ":9: account.token.value: unknown key",
            "known keys here: file, credential, env, command",
        ),
        (
            replaced("{ file = \"token\" }", TOKEN),
            ":9: not valid TOML: ",
            "text, durations, sizes and schedules stand in quotes",
        ),
    ];
    for (config, message, hint) in rows {
        let place = Place::with(&config);
        let ran = place.check().expect(10);
        let expected = format!("error: {}{message}", place.config().display());
        let mut lines = ran.stderr.lines();
        let first = lines.next().unwrap();
        assert!(first.starts_with(&expected), "said {first}\nnot  {expected}");
        let hint = if hint.is_empty() { "config.example.toml shows every key" } else { hint };
        let second = lines.next().unwrap_or_default();
        assert!(second.starts_with(&format!("hint: {hint}")), "{second}");
        assert_eq!(lines.next(), None, "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn without_a_configuration_the_places_looked_at_are_named() {
    let place = Place::with("");
    let ran = ran(place.command().arg("sync")).expect(10);
    assert!(ran.stderr.contains(".config/mediakeep/config.toml"), "{}", ran.stderr);
    assert!(ran.stderr.contains("/etc/mediakeep/config.toml"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
}

#[test]
fn a_named_configuration_that_is_not_there_is_named() {
    let place = Place::with("");
    let missing = place.dir.path().join("other.toml");
    let ran = ran(place.command().env("MEDIAKEEP_CONFIG", &missing).arg("status")).expect(10);
    assert!(ran.stderr.contains(&missing.display().to_string()), "{}", ran.stderr);
}

#[test]
fn a_configuration_that_everybody_can_write_is_refused() {
    let place = Place::with(ACCOUNT);
    fs::set_permissions(place.config(), Permissions::from_mode(0o666)).unwrap();
    let ran = place.check().expect(10);
    assert!(ran.stderr.contains("hint: run `chmod o-w "), "{}", ran.stderr);
}

#[test]
fn the_configuration_is_found_in_the_users_own_directory() {
    let place = Place::with("");
    let own = place.dir.path().join(".config/mediakeep");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("config.toml"), "[log]\nlevle = 1\n").unwrap();
    let ran = ran(place.command().arg("status")).expect(10);
    assert!(ran.stderr.contains("config.toml:2: log.levle: unknown key"), "{}", ran.stderr);
}

#[test]
fn a_variable_wins_over_the_file_and_a_wrong_one_is_named() {
    let place = Place::with(ACCOUNT);
    let with = |name: &str, value: &str| {
        let mut command = place.command();
        command.arg("--config").arg(place.config()).args(["check", "--offline"]).env(name, value);
        ran(&mut command)
    };
    let elsewhere = with("MEDIAKEEP__ARCHIVE__DIR", "elsewhere").expect(0);
    assert!(elsewhere.stdout.contains("/elsewhere will be made"), "{}", elsewhere.stdout);
    let wrong = with("MEDIAKEEP__API__PAGE_SIZE", "many").expect(10);
    assert!(
        wrong.stderr.starts_with(
            "error: environment variable MEDIAKEEP__API__PAGE_SIZE: api.page_size = many: "
        ),
        "{}",
        wrong.stderr
    );
    with("MEDIAKEEP__API__PGE_SIZE", "5").expect(10);
}

fn failed_token(place: &Place) -> String {
    let ran = place.check().expect(12);
    let line = ran.stdout.lines().find(|line| line.starts_with("FAIL  token harbor"));
    let line = line.unwrap_or_else(|| panic!("no failed token in\n{}", ran.stdout)).to_owned();
    assert!(ran.stdout.contains("      hint: "), "{}", ran.stdout);
    line
}

#[test]
fn a_token_that_others_can_read_is_refused_with_the_cure() {
    let place = Place::with(ACCOUNT);
    for mode in [0o644, 0o604, 0o666, 0o620] {
        place.write_token(TOKEN, mode);
        let line = failed_token(&place);
        assert!(line.contains(&format!("has mode {mode:04o}")), "{line}");
        let hint = format!("chmod 600 {}", place.token().display());
        assert!(place.check().stdout.contains(&hint), "{hint}");
    }
    place.write_token(TOKEN, 0o640);
    place.check().expect(0);
}

#[test]
fn a_token_that_cannot_be_used_is_told_without_being_shown() {
    let place = Place::with(ACCOUNT);
    for (text, problem) in [
        ("", "is empty"),
        ("   \n", "is empty"),
        ("IGAAcanary IGAAcanary", "more than one word"),
        ("EAAcanaryCANARYcanary0123456789", "belongs to login \"facebook\""),
    ] {
        place.write_token(text, 0o600);
        let line = failed_token(&place);
        assert!(line.contains(problem), "{text:?}: {line}");
    }
    fs::remove_file(place.token()).unwrap();
    let line = failed_token(&place);
    assert!(line.contains(&place.token().display().to_string()), "{line}");
    fs::create_dir(place.token()).unwrap();
    assert!(failed_token(&place).contains("is not a regular file"));
}

#[test]
fn tokens_come_from_variables_credentials_and_commands() {
    for (source, name, value) in [
        ("{ env = \"HARBOR_TOKEN\" }", "HARBOR_TOKEN", TOKEN.to_owned()),
        ("{ command = [\"cat\", \"HERE/token\"] }", "UNUSED", String::new()),
        ("{ credential = \"token\" }", "CREDENTIALS_DIRECTORY", "HERE".to_owned()),
    ] {
        let place = Place::with("");
        let here = |text: &str| text.replace("HERE", &place.dir.path().display().to_string());
        fs::write(place.config(), here(&ACCOUNT.replace("{ file = \"token\" }", source))).unwrap();
        let mut command = place.command();
        command.arg("--config").arg(place.config()).args(["check", "--offline"]);
        let ran = ran(command.env(name, here(&value))).expect(0);
        assert!(ran.stdout.contains("ok    token harbor"), "{source}: {}", ran.stdout);
    }
}

#[test]
fn relative_paths_do_not_depend_on_the_working_directory() {
    let place = Place::with(ACCOUNT);
    let mut command = place.command();
    command.current_dir(Path::new("/")).arg("--config").arg(place.config());
    let ran = ran(command.args(["check", "--offline"])).expect(0);
    let archive = place.dir.path().join("archive");
    assert!(ran.stdout.contains(&archive.display().to_string()), "{}", ran.stdout);
}
