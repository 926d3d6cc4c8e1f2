//! A sandbox, an archive with its token store, and one clock for both.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use graph_sandbox::{Login as World, ReadyAccount, Sandbox, Settings as WorldSettings};
use mediakeep::archive::token::{TokenReport, keep_alive};
use mediakeep::archive::{
    Archive, FilePlan, PassPlan, PassReport, WalkPlan, Watch, progress, run_pass,
};
use mediakeep::clock::Clock;
use mediakeep::config::{Config, Environment};
use mediakeep::daemon::{OpenAccount, open_account, open_archive, token_store, transport};
use mediakeep::domain::{AccountName, Edge, Timestamp, Window};
use mediakeep::graph::Transport;
use mediakeep::tokens::Kept;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) const DAY: i64 = 86_400;

/// Where both clocks begin: 2026-04-06T10:00:00Z.
const BEGINNING: i64 = 1_775_469_600;

pub(crate) struct Stand {
    pub(crate) sandbox: Sandbox,
    pub(crate) config: Config,
    pub(crate) archive: Arc<Archive>,
    pub(crate) clock: Clock,
    transport: Transport,
    client: reqwest::Client,
    dir: TempDir,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::with(WorldSettings::default()).await
    }

    pub(crate) async fn with(settings: WorldSettings) -> Self {
        let settings =
            WorldSettings { posts: 2, picture_pool: Some(2), epoch: Some(BEGINNING), ..settings };
        let sandbox = Sandbox::start(settings).await.unwrap();
        let dir = TempDir::new().unwrap();
        let ready = sandbox.ready();
        let mut text = format!(
            "[archive]\ndir = \"archive\"\nmin_free = \"1MiB\"\n[api]\ninstagram_url = {0:?}\n\
             facebook_url = {1:?}\ninstagram_login_url = {0:?}\n",
            ready.instagram_url, ready.facebook_url
        );
        for account in &ready.accounts {
            let name = &account.name;
            let login = serde_json::to_value(account.login).unwrap();
            let section = format!(
                "[[account]]\nname = {name:?}\nlogin = {login}\nuser_id = {:?}\n\
                 token = {{ file = \"token-{name}\" }}\napp_id = {:?}\n\
                 app_secret = {{ file = \"secret-{name}\" }}\n\
                 redirect_uri = \"https://museum.example/back\"\n",
                account.user_id, account.app_id
            );
            text.push_str(&section);
            put(&dir.path().join(format!("token-{name}")), &account.token);
            put(&dir.path().join(format!("secret-{name}")), &account.app_secret);
        }
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path, &Environment::default()).unwrap();
        let clock = Clock::manual(Timestamp::from_unix(BEGINNING).unwrap());
        let archive = Arc::new(open_archive(&config, clock.clone()).await.unwrap());
        let transport = transport().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, config, archive, clock, transport, client, dir }
    }

    pub(crate) fn account(&self, login: World) -> ReadyAccount {
        let mut accounts = self.sandbox.ready().accounts.iter();
        accounts.find(|account| account.login == login).unwrap().clone()
    }

    pub(crate) fn instagram(&self) -> ReadyAccount {
        self.account(World::Instagram)
    }

    /// Puts a token where the configuration says, as a person would.
    pub(crate) fn write_token(&self, account: &ReadyAccount, token: &str) {
        put(&self.dir.path().join(format!("token-{}", account.name)), token);
    }

    pub(crate) fn open(&self, account: &ReadyAccount) -> OpenAccount {
        let name: AccountName = account.name.parse().unwrap();
        open_account(&self.config, self.config.account(&name).unwrap(), &self.transport).unwrap()
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass_time(&self, seconds: i64) {
        self.sandbox.clock().advance(seconds);
        self.clock.set(Timestamp::from_unix(self.sandbox.clock().now()).unwrap());
    }

    /// What happens before a pass.
    pub(crate) async fn keep_alive(&self, account: &ReadyAccount) -> TokenReport {
        let open = self.open(account);
        keep_alive(&self.archive, &open.keeper, &open.access).await
    }

    /// What happens before a pass, and the pass.
    pub(crate) async fn pass(&self, account: &ReadyAccount) -> (TokenReport, PassReport) {
        let token = self.keep_alive(account).await;
        let walk = WalkPlan { name: "full".to_owned(), edge: Edge::Media, window: Window::ALL };
        let plan = PassPlan { walks: vec![walk], files: FilePlan::Leave };
        let watch: Arc<dyn Watch> = Arc::new(progress::Unwatched);
        let access = Arc::new(token.access.clone());
        let stop = CancellationToken::new();
        let report = run_pass(&self.archive, &access, &plan, &watch, &stop).await;
        (token, report)
    }

    pub(crate) fn kept(&self, account: &ReadyAccount) -> Kept {
        let name: AccountName = account.name.parse().unwrap();
        token_store(&self.config).read(&name).unwrap().unwrap()
    }

    pub(crate) fn tokens_file(&self, account: &ReadyAccount) -> PathBuf {
        self.archive.dir.tokens_dir().join(&account.name)
    }

    /// Whether a token answers for the account now.
    pub(crate) async fn works(&self, account: &ReadyAccount, token: &str) -> bool {
        let base = match account.login {
            World::Instagram => &self.sandbox.ready().instagram_url,
            World::Facebook => &self.sandbox.ready().facebook_url,
        };
        let url = format!("{base}/v25.0/{}?fields=id", account.user_id);
        self.client.get(url).bearer_auth(token).send().await.unwrap().status().is_success()
    }

    pub(crate) fn calls(&self, route: &str) -> u64 {
        self.sandbox.counters().calls_by_route.get(route).copied().unwrap_or(0)
    }

    /// One column of a query, as text.
    pub(crate) fn column(&self, query: &str) -> Vec<String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let catalog = Connection::open_with_flags(self.archive.dir.catalog_path(), flags).unwrap();
        let mut statement = catalog.prepare(query).unwrap();
        let rows = statement.query_map([], |row| {
            let value: rusqlite::types::Value = row.get(0)?;
            Ok(match value {
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// What was said of alarms of a token's end, in order: `raised 1`, `rose 2`, `ended 2`.
    pub(crate) fn turns(&self) -> Vec<String> {
        self.column(
            "SELECT t.turn || ' ' || a.subject FROM alarm_turn t JOIN alarm a USING (alarm_id)
             WHERE a.kind = 'token_expiring' ORDER BY t.turn_id",
        )
    }
}

fn put(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub(crate) fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}
