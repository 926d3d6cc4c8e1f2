//! What a person types: `token list`, `token set`, `token refresh`, `login`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use graph_sandbox::{Edit, Login, ReadyAccount, Sandbox, Settings};
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::support::{Ran, files_below};

const BACK: &str = "https://museum.example/back";

/// A sandbox and the real binary beside it.
pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    client: reqwest::Client,
    dir: TempDir,
}

impl Desk {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let settings = Settings { posts: 2, picture_pool: Some(2), ..settings };
        let sandbox = Sandbox::start(settings).await.unwrap();
        let desk = Self { sandbox, client: client(), dir: TempDir::new().unwrap() };
        for account in &desk.sandbox.ready().accounts {
            let path = desk.dir().join(format!("secret-{}", account.name));
            fs::write(&path, &account.app_secret).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        desk.write_config(app);
        desk
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.dir().join("archive")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir().join("config.toml")
    }

    pub(crate) fn account(&self, login: Login) -> ReadyAccount {
        let mut accounts = self.sandbox.ready().accounts.iter();
        accounts.find(|account| account.login == login).unwrap().clone()
    }

    /// Accounts without a configured token, each with more keys.
    pub(crate) fn write_config(&self, more: impl Fn(&ReadyAccount) -> String) {
        let ready = self.sandbox.ready();
        let mut text = format!(
            "[archive]\ndir = \"archive\"\nmin_free = \"1MiB\"\n[api]\ninstagram_url = {0:?}\n\
             facebook_url = {1:?}\ninstagram_login_url = {0:?}\n",
            ready.instagram_url, ready.facebook_url
        );
        for account in &ready.accounts {
            let login = serde_json::to_value(account.login).unwrap();
            let section = format!(
                "[[account]]\nname = {:?}\nlogin = {login}\nuser_id = {:?}\ncollect = [\"media\"]\n{}",
                account.name,
                account.user_id,
                more(account)
            );
            text.push_str(&section);
        }
        fs::write(self.config(), text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediakeep"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("NO_COLOR", "1");
        command.arg("--config").arg(self.config()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    /// Runs a command that reads this from a pipe.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // A command that refuses does not read.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        Ran::from(child.wait_with_output().unwrap())
    }

    fn tokens(&self) -> Vec<Value> {
        self.run(&["--json", "token", "list"]).expect(0).json()
    }

    fn listed(&self, account: &ReadyAccount) -> Value {
        let mut rows = self.tokens().into_iter();
        rows.find(|row| row["account"] == account.name.as_str()).unwrap()
    }

    pub(crate) async fn works(&self, account: &ReadyAccount, token: &str) -> bool {
        let base = self.base(account.login);
        let url = format!("{base}/v25.0/{}?fields=id", account.user_id);
        self.client.get(url).bearer_auth(token).send().await.unwrap().status().is_success()
    }

    fn base(&self, login: Login) -> &str {
        match login {
            Login::Instagram => &self.sandbox.ready().instagram_url,
            Login::Facebook => &self.sandbox.ready().facebook_url,
        }
    }

    /// Where the browser ends up when a person opens the address that `login` prints.
    async fn browse(&self, login: Login, page: &str, more: &str) -> String {
        let page = Url::parse(page).unwrap();
        let expected = match login {
            Login::Instagram => ("www.instagram.com", "/oauth/authorize"),
            Login::Facebook => ("www.facebook.com", "/v25.0/dialog/oauth"),
        };
        assert_eq!((page.host_str().unwrap(), page.path()), expected);
        let here = format!("{}{}?{}{more}", self.base(login), page.path(), page.query().unwrap());
        let sent = self.client.get(here).send().await.unwrap();
        assert_eq!(sent.status(), 302);
        sent.headers()[LOCATION].to_str().unwrap().to_owned()
    }
}

/// What a login needs.
fn app(account: &ReadyAccount) -> String {
    format!(
        "app_id = {:?}\napp_secret = {{ file = \"secret-{}\" }}\nredirect_uri = {BACK:?}\n",
        account.app_id, account.name
    )
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

/// A login under way: its address is printed, and what is pasted is waited for.
struct LoggingIn {
    child: Child,
    page: String,
}

impl LoggingIn {
    fn begin(desk: &Desk, account: &ReadyAccount) -> Self {
        let mut command = desk.command(&["--json", "-vv", "login", &account.name]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        let mut reader = BufReader::new(stdout);
        reader.read_line(&mut line).unwrap();
        child.stdout = Some(reader.into_inner());
        let page =
            serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
        Self { child, page }
    }

    fn paste(mut self, text: &str) -> Ran {
        writeln!(self.child.stdin.take().unwrap(), "{text}").unwrap();
        Ran::from(self.child.wait_with_output().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_with_a_kept_token_of_sixty_days() {
    let desk = Desk::start().await;
    for login in [Login::Instagram, Login::Facebook] {
        let account = desk.account(login);
        assert_eq!(desk.listed(&account)["state"], "missing");
        let going = LoggingIn::begin(&desk, &account);
        let back = desk.browse(login, &going.page, "").await;
        let ran = going.paste(&back).expect(0);
        let told = &ran.json()[0];
        assert_eq!((&told["state"], &told["source"]), (&"ok".into(), &"login".into()));
        let row = desk.listed(&account);
        assert_eq!(row["fingerprint"], told["fingerprint"]);
        let ends: i64 = timestamp(&row["expires_at"]);
        let left = ends - desk.sandbox.clock().now();
        assert!((59 * 86_400..=60 * 86_400).contains(&left), "{left}");
        // The address again: its code is used up, and its state is another login's.
        let again = LoggingIn::begin(&desk, &account).paste(&back).expect(2);
        assert!(again.stderr.contains("another login"), "{}", again.stderr);
        let code = Url::parse(&back).unwrap();
        let code = code.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();
        let again = LoggingIn::begin(&desk, &account).paste(&code).expect(12);
        assert!(again.stderr.contains("used"), "{}", again.stderr);
        assert!(!again.stderr.contains(&code));
        // A code alone is enough when it is new.
        let going = LoggingIn::begin(&desk, &account);
        let back = desk.browse(login, &going.page, "").await;
        let code = Url::parse(&back).unwrap();
        let code = code.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();
        going.paste(&format!("{code}#_")).expect(0);
        assert_ne!(desk.listed(&account)["fingerprint"], told["fingerprint"]);
    }
    desk.run(&["sync"]).expect(0);
    assert_eq!(desk.sandbox.counters().write_calls, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_of_somebody_else_or_without_permission_changes_nothing() {
    let desk =
        Desk::with(Settings { instagram_accounts: 2, facebook_accounts: 2, ..Settings::default() })
            .await;
    let accounts = desk.sandbox.ready().accounts.clone();
    for login in [Login::Instagram, Login::Facebook] {
        let of: Vec<_> = accounts.iter().filter(|account| account.login == login).collect();
        let going = LoggingIn::begin(&desk, of[0]);
        let back = desk.browse(login, &going.page, &format!("&account={}", of[1].name)).await;
        let ran = going.paste(&back);
        let exit = if login == Login::Instagram { 12 } else { 13 };
        let ran = ran.expect(exit);
        assert!(ran.stderr.contains(&of[1].user_id), "{}", ran.stderr);
        assert!(ran.stderr.contains(&of[1].username), "{}", ran.stderr);
        let going = LoggingIn::begin(&desk, of[0]);
        let back = desk.browse(login, &going.page, "&deny=1").await;
        assert!(going.paste(&back).expect(2).stderr.contains("access_denied"));
        assert_eq!(desk.listed(of[0])["state"], "missing");
    }
    // What is missing is named.
    desk.write_config(|account| format!("app_id = {:?}\n", account.app_id));
    let ran = desk.run(&["login", &accounts[0].name]).expect(10);
    assert!(ran.stderr.contains("app_secret and redirect_uri"), "{}", ran.stderr);
    assert!(ran.stderr.contains("docs/tokens.md"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_a_pipe_is_tried_and_kept() {
    let desk = Desk::with(Settings { instagram_accounts: 2, ..Settings::default() }).await;
    desk.write_config(|_| String::new());
    let accounts = desk.sandbox.ready().accounts.clone();
    let (account, other) = (&accounts[0], &accounts[1]);
    let facebook = desk.account(Login::Facebook);
    let set = ["token", "set", account.name.as_str()];
    for (wrong, exit, why) in [
        (String::new(), 2, "nothing was entered"),
        ("two words".to_owned(), 2, "more than one word"),
        (other.token.clone(), 12, "belongs to another account"),
        (facebook.token.clone(), 12, "belongs to login"),
        (account.token[..50].to_owned(), 12, "cannot read the token"),
    ] {
        let ran = desk.run_with(&set, &wrong).expect(exit);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
        assert!(wrong.len() < 10 || !ran.stderr.contains(&wrong), "{}", ran.stderr);
        assert_eq!(desk.listed(account)["state"], "missing");
    }
    // The token is no argument, and is not repeated.
    let ran = desk.run(&["token", "set", &account.name, &account.token]).expect(2);
    assert!(ran.stderr.contains("never an argument"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&account.token[..20]));
    let ran = desk.run_with(&set, &format!("{}\n", account.token)).expect(0);
    assert!(ran.stdout.contains("answers for"), "{}", ran.stdout);
    let row = desk.listed(account);
    assert_eq!((&row["source"], &row["state"]), (&"set".into(), &"ok".into()));
    let ran = desk.run(&["token", "list"]).expect(0);
    assert!(
        ran.stdout.contains("NEXT REFRESH") && ran.stdout.contains("at most"),
        "{}",
        ran.stdout
    );
    desk.run(&["sync", &account.name]).expect(0);
    // Unchecked, it is unknown until a pass has used it.
    desk.run_with(&["token", "set", &other.name, "--offline"], &other.token).expect(0);
    assert_eq!(desk.listed(other)["state"], "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_typed_is_not_shown_and_the_terminal_is_as_before() {
    let desk = Desk::start().await;
    desk.write_config(|_| String::new());
    let account = desk.account(Login::Instagram);
    // Types the words of its standard input when it is asked, and prints what the terminal showed.
    let typist = r"
import os, pty, sys, termios
keys = sys.stdin.buffer.read()
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
before = termios.tcgetattr(fd)
seen = b''
while b': ' not in seen:
    seen += os.read(fd, 1024)
while termios.tcgetattr(fd)[3] & termios.ECHO:
    pass
os.write(fd, keys)
try:
    while True:
        more = os.read(fd, 1024)
        if not more:
            break
        seen += more
        after = termios.tcgetattr(fd)
except OSError:
    pass
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(b'%d %d\n' % (code, before == after) + seen)
";
    let typed = |keys: &[u8]| {
        let mut child = Command::new("python3")
            .args(["-c", typist, env!("CARGO_BIN_EXE_mediakeep"), "--config"])
            .arg(desk.config())
            .args(["token", "set", &account.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(keys).unwrap();
        Ran::from(child.wait_with_output().unwrap()).stdout
    };
    let seen = typed(b"IGAAwrong\x03");
    assert!(seen.starts_with("130 1\n"), "{seen}");
    // A wrong key is taken back, a wrong line is begun anew.
    let keys = format!("wrong\x15{}x\x7f\r", account.token);
    let seen = typed(keys.as_bytes());
    assert!(seen.starts_with("0 1\n"), "{seen}");
    assert!(seen.contains(&format!("Token of {}: ", account.name)), "{seen}");
    assert!(!seen.contains("IGAA") && !seen.contains("wrong"), "{seen}");
    assert_eq!(desk.listed(&account)["state"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_by_hand_renews_or_says_why_not() {
    let desk = Desk::start().await;
    let instagram = desk.account(Login::Instagram);
    let set = |account: &ReadyAccount, token: &str| {
        desk.run_with(&["token", "set", &account.name], token).expect(0);
    };
    let refresh = |account: &ReadyAccount| desk.run(&["token", "refresh", &account.name]);
    let ran = refresh(&instagram).expect(12);
    assert!(ran.stderr.contains("no token"), "{}", ran.stderr);
    set(&instagram, &instagram.token);
    assert!(refresh(&instagram).expect(0).stdout.contains("ends at"));
    assert_eq!(desk.listed(&instagram)["source"], "refreshed");
    let ran = refresh(&instagram).expect(15);
    assert!(ran.stderr.contains("at least 24 hours old"), "{}", ran.stderr);
    desk.sandbox.world().revoke(&instagram.name).unwrap();
    let ran = refresh(&instagram).expect(12);
    assert!(ran.stderr.contains("no longer authorises the app"), "{}", ran.stderr);
    assert_eq!(desk.listed(&instagram)["state"], "token_revoked");

    let facebook = desk.account(Login::Facebook);
    set(&facebook, &facebook.token);
    assert!(refresh(&facebook).expect(0).stdout.contains("ends at"));
    set(&facebook, &desk.sandbox.world().page_token(&facebook.name).unwrap());
    assert!(refresh(&facebook).expect(0).stdout.contains("has no end"));
    desk.write_config(|_| String::new());
    set(&facebook, &facebook.token);
    let ran = refresh(&facebook).expect(12);
    assert!(ran.stderr.contains("app_id and app_secret"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_code_or_secret_leaves_the_store() {
    let desk = Desk::start().await;
    desk.write_config(app);
    let mut told = String::new();
    let mut secrets = Vec::new();
    let mut hear = |ran: Ran| told.extend([ran.stdout, ran.stderr]);
    for login in [Login::Instagram, Login::Facebook] {
        let account = desk.account(login);
        secrets.extend([account.token.clone(), account.app_secret.clone()]);
        let going = LoggingIn::begin(&desk, &account);
        let process = going.child.id();
        let back = desk.browse(login, &going.page, "").await;
        for file in ["cmdline", "environ"] {
            hear(read_process(process, file));
        }
        let code = Url::parse(&back).unwrap();
        secrets.push(code.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned());
        hear(going.paste(&back));
        let old = Edit::NewToken { account: account.name.clone(), age: 30 * 86_400 };
        let old = desk.sandbox.world().edit(old).unwrap().token.unwrap();
        secrets.push(old.clone());
        hear(desk.run_with(&["-vv", "token", "set", &account.name], &old));
        hear(desk.run(&["-vv", "--json", "token", "refresh", &account.name]));
        // Refused and lost.
        for fault in [
            graph_sandbox::FaultKind::ResetConnection,
            graph_sandbox::FaultKind::Http502Html,
            graph_sandbox::FaultKind::TruncatedJson,
            graph_sandbox::FaultKind::TokenRevoked458,
        ] {
            let route = if login == Login::Instagram { "refresh" } else { "exchange" };
            desk.sandbox.inject(graph_sandbox::Fault::new(fault).on(route).times(1));
            let old = Edit::NewToken { account: account.name.clone(), age: 30 * 86_400 };
            let old = desk.sandbox.world().edit(old).unwrap().token.unwrap();
            secrets.push(old.clone());
            hear(desk.run_with(&["-vv", "token", "set", &account.name], &old));
            hear(desk.run(&["-vv", "token", "refresh", &account.name]));
            assert_eq!(
                desk.sandbox.fired(fault),
                if login == Login::Instagram { 1 } else { 2 },
                "{fault:?}"
            );
        }
    }
    hear(desk.run(&["-vv", "sync"]));
    hear(desk.run(&["-vv", "check"]));
    hear(desk.run(&["-vv", "token", "list"]));
    // Whatever is in the store is a secret, too.
    let store = desk.archive().join("tokens");
    for file in files_below(&store) {
        let text = fs::read_to_string(file).unwrap();
        let Ok(json) = serde_json::from_str::<Value>(&text) else { continue };
        secrets.push(json["current"]["token"].as_str().unwrap().to_owned());
    }
    assert!(told.len() > 5000 && secrets.len() > 14, "{} {}", told.len(), secrets.len());
    for secret in &secrets {
        // A part of it is enough to be wrong.
        for part in [&secret[..24], &secret[secret.len() - 24..]] {
            assert!(!told.contains(part), "a secret was told");
        }
    }
    let mut files = 0;
    for file in files_below(&desk.archive()) {
        if file.starts_with(&store) {
            continue;
        }
        files += 1;
        let bytes = fs::read(&file).unwrap();
        for secret in &secrets {
            let part = &secret.as_bytes()[..24];
            let found = bytes.windows(24).any(|window| window == part);
            assert!(!found, "{} holds a secret", file.display());
        }
    }
    println!(
        "{} secrets in {} bytes told and {files} files: none found",
        secrets.len(),
        told.len()
    );
}

fn read_process(pid: u32, file: &str) -> Ran {
    let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap();
    Ran { code: 0, stdout: String::from_utf8_lossy(&bytes).into_owned(), stderr: String::new() }
}

fn timestamp(value: &Value) -> i64 {
    value.as_str().unwrap().parse::<mediakeep::domain::Timestamp>().unwrap().as_unix()
}
