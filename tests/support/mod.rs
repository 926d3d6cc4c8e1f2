//! A sandbox, a configuration for it, and the real binary beside them.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_debug_formatting,
    clippy::format_push_string,
    reason = "shared by test binaries that each use a part, and a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use graph_sandbox::{Sandbox, Settings};
use serde_json::Value;
use tempfile::TempDir;

pub mod sound;

/// One archive of a running sandbox's accounts.
#[derive(Debug)]
pub struct Rig {
    pub sandbox: Sandbox,
    pub dir: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Rig {
    /// A small world with pooled pictures: quick, and different files all the same.
    pub fn settings(posts: usize) -> Settings {
        Settings { posts, picture_pool: Some(4), ..Settings::default() }
    }

    pub async fn start(settings: Settings) -> Self {
        let sandbox = Sandbox::start(settings).await.unwrap();
        let dir = TempDir::new().unwrap();
        let rig = Self { sandbox, dir };
        for account in &rig.sandbox.ready().accounts {
            rig.write_token(&account.name, &account.token);
        }
        rig.write_config("");
        rig
    }

    pub fn archive(&self) -> PathBuf {
        self.dir.path().join("archive")
    }

    pub fn catalog(&self) -> PathBuf {
        self.archive().join("catalog.db")
    }

    pub fn write_token(&self, name: &str, token: &str) {
        let path = self.token_file(name);
        fs::write(&path, token).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn token_file(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("token-{name}"))
    }

    /// Writes the configuration of all accounts, with more tables in front of them.
    pub fn write_config(&self, more: &str) {
        self.write_config_with(more, "");
    }

    /// As above, with more lines behind each account.
    pub fn write_config_with(&self, more: &str, of_account: &str) {
        let ready = self.sandbox.ready();
        let mut text = format!(
            "[archive]\ndir = {:?}\nmin_free = \"1MiB\"\n\n[api]\ninstagram_url = {:?}\nfacebook_url = {:?}\n{more}\n",
            self.archive(),
            ready.instagram_url,
            ready.facebook_url
        );
        for account in &ready.accounts {
            let login = serde_json::to_value(account.login).unwrap();
            text.push_str(&format!(
                "\n[[account]]\nname = {:?}\nlogin = {login}\nuser_id = {:?}\ntoken = {{ file = {:?} }}\ncollect = [\"media\", \"stories\"]\n{of_account}\n",
                account.name,
                account.user_id,
                self.token_file(&account.name)
            ));
        }
        fs::write(self.config(), text).unwrap();
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("config.toml")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediakeep"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.dir.path()).env("NO_COLOR", "1");
        command.arg("--config").arg(self.config()).args(args).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs a query with the `sqlite3` of the system.
    pub fn sql(&self, query: &str) -> Vec<BTreeMap<String, Value>> {
        sql(&self.catalog(), query)
    }

    /// The one value of a query.
    pub fn sql_value(&self, query: &str) -> Value {
        let rows = self.sql(query);
        rows.into_iter().next().and_then(|row| row.into_values().next()).unwrap_or(Value::Null)
    }

    pub fn sql_count(&self, query: &str) -> i64 {
        self.sql_value(query).as_i64().unwrap()
    }

    /// What must stay the same when a pass changes nothing: every view but the walks' own record.
    pub fn content(&self) -> String {
        let views = [
            "SELECT * FROM files ORDER BY media_id, role, version",
            "SELECT * FROM changes ORDER BY media_id, field, seen_at",
            "SELECT media_id, caption, state, files_held, files_expected, first_seen_at FROM items ORDER BY media_id",
        ];
        views.map(|view| format!("{:?}", self.sql(view))).join("\n")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The lines of `--json`.
    pub fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

pub fn sql(catalog: &Path, query: &str) -> Vec<BTreeMap<String, Value>> {
    let output = Command::new("sqlite3")
        .args(["-readonly", "-json"])
        .arg(catalog)
        .arg(query)
        .output()
        .expect("Debian's sqlite3 is not installed: run `make test`, which installs it");
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{query}: {error}");
    if text.trim().is_empty() { Vec::new() } else { serde_json::from_str(&text).unwrap() }
}

/// Every regular file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
