//! An archive of the sandbox's account, what is served beside it, and a strict reader of numbers.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "shared by test binaries that each use a part, and a test that cannot go on has failed"
)]

mod exposition;

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use exposition::Page;
use graph_sandbox::{Sandbox, Settings as World};
use mediakeep::archive::{
    AccountAccess, Archive, FilePlan, PassPlan, PassReport, Settings, WalkPlan, Watch, progress,
    run_pass,
};
use mediakeep::blobs::ArchiveDir;
use mediakeep::catalog::{Catalog, CatalogOptions, Recheck};
use mediakeep::cdn::{FileClient, FileRules, HostRules};
use mediakeep::clock::Clock;
use mediakeep::config::{HttpConfig, Listen};
use mediakeep::daemon::{Board, Pulse};
use mediakeep::domain::reconcile::Caution;
use mediakeep::domain::retry::RetryPolicy;
use mediakeep::domain::{AlarmKind, Edge, Login, Timestamp, Window};
use mediakeep::graph::{Endpoint, GraphClient};
use mediakeep::schedule::{Schedule, Zone};
use mediakeep::secret::AccessToken;
use mediakeep::web::{self, Bound, Limits, Plan, PlannedWalk, WebError, WebState};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Where both clocks begin: a Monday in spring, on the hour.
const BEGINNING: i64 = 1_775_469_600;

pub struct Stand {
    sandbox: Sandbox,
    archive: Arc<Archive>,
    access: Arc<AccountAccess>,
    clock: Clock,
    board: Arc<Board>,
    dir: TempDir,
}

impl Stand {
    /// An account with a few posts of which nothing was walked yet.
    pub async fn new() -> Self {
        let world = World {
            posts: 12,
            facebook_accounts: 0,
            picture_pool: Some(2),
            epoch: Some(BEGINNING),
            ..World::default()
        };
        let sandbox = Sandbox::start(world).await.unwrap();
        let dir = TempDir::new().unwrap();
        let clock = Clock::manual(Timestamp::from_unix(BEGINNING).unwrap());
        let store = ArchiveDir::create_or_open(&dir.path().join("archive"), None).unwrap();
        let caution = Caution::default();
        let options = CatalogOptions {
            archive_id: store.id().to_owned(),
            now: clock.now(),
            program_version: "test".to_owned(),
            caution,
        };
        let catalog = Catalog::open(&store.catalog_path(), &options).unwrap();
        let files = FileClient::new(FileRules {
            hosts: HostRules::new(&[], true),
            max_size: None,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(5),
            connections: 8,
        })
        .unwrap();
        let settings = Settings {
            page_size: 10,
            max_usage: 90.0,
            retry: RetryPolicy { first_pause: Duration::from_millis(1), ..RetryPolicy::default() },
            concurrency: NonZeroUsize::new(8).unwrap(),
            min_free: 0,
            recheck: Recheck::Path,
            bandwidth: None,
            program_version: "test",
            caution,
            keep_responses: Duration::from_secs(30 * 86_400),
        };
        let access = Arc::new(access(&sandbox));
        let archive = Arc::new(Archive::new(store, catalog, clock.clone(), settings, files));
        let board = Arc::new(Board::new(clock.clone()));
        Self { sandbox, archive, access, clock, board, dir }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn account(&self) -> String {
        self.sandbox.ready().accounts[0].name.clone()
    }

    pub fn pass_minutes(&self, minutes: i64) {
        self.sandbox.clock().advance(minutes * 60);
        self.clock.set(Timestamp::from_unix(self.sandbox.clock().now()).unwrap());
    }

    /// Walks the media in full and fetches their files.
    pub async fn sync(&self) -> PassReport {
        let walk = WalkPlan { name: "full".to_owned(), edge: Edge::Media, window: Window::ALL };
        let plan = PassPlan { walks: vec![walk], files: FilePlan::Fetch };
        let watch: Arc<dyn Watch> = Arc::new(progress::Unwatched);
        let stop = CancellationToken::new();
        let report = run_pass(&self.archive, &self.access, &plan, &watch, &stop).await;
        self.board.note_pass(&report);
        report
    }

    /// Deletes some posts upstream.
    pub fn lose_posts(&self, number: usize) {
        let world = self.sandbox.world();
        let posts = world.posts(&self.account());
        for post in posts.iter().filter(|post| post.files.len() == 1).take(number) {
            world.delete(&post.id).unwrap();
        }
    }

    pub async fn raise(&self, kind: AlarmKind) {
        let now = self.clock.now();
        let raise = move |c: &mut mediakeep::catalog::Writer| {
            c.raise_alarm(None, kind, "", 1, "a test", now)
        };
        assert!(self.archive.catalog.call(raise).await.unwrap());
    }

    pub async fn close_catalog(&self) {
        self.archive.catalog.clone().close().await.unwrap();
    }

    /// The one number that a query of the public views answers.
    #[allow(clippy::cast_precision_loss)]
    pub fn number(&self, query: &str) -> f64 {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(self.archive.dir.catalog_path(), flags).unwrap();
        reader.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() as f64
    }

    /// Writes what other parts of the daemon would have written.
    pub fn write(&self, sql: &str) {
        let writer = Connection::open(self.archive.dir.catalog_path()).unwrap();
        writer.execute_batch(sql).unwrap();
    }

    /// Every look is a new one.
    #[allow(clippy::unused_self)]
    pub fn limits(&self) -> Limits {
        Limits { fresh_for: Duration::ZERO, ..Limits::default() }
    }

    pub fn bind(&self, listen: &str, password: Option<&str>) -> Bound {
        let file = password.map(|password| {
            let path = self.dir().join("password");
            fs::write(&path, password).unwrap();
            path
        });
        bind(listen, file, 0o600).unwrap()
    }

    pub fn serve_tcp(&self, listen: &str, password: Option<&str>) -> Served {
        self.serve_with(self.bind(listen, password), 0, self.limits())
    }

    pub fn serve_with(&self, bound: Bound, min_free: u64, limits: Limits) -> Served {
        let place = match bound.address() {
            Some(address) => Place::Tcp(SocketAddr::from(([127, 0, 0, 1], address.port()))),
            None => Place::Unix(PathBuf::from(bound.to_string().strip_prefix("unix:").unwrap())),
        };
        let plan = Arc::new(self.plan(min_free));
        let board = self.board.clone();
        let state = WebState::new(self.archive.clone(), board, move || plan.clone(), limits);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(web::serve(Arc::new(bound), Arc::new(state), Pulse::new(), stop.clone()));
        Served { place, stop, tasks }
    }

    fn plan(&self, min_free: u64) -> Plan {
        let walk = |name: &str, crontab: &str| PlannedWalk {
            account: self.account().parse().unwrap(),
            name: name.to_owned(),
            edge: Edge::Media,
            schedule: Schedule::new(crontab.parse().unwrap(), Zone::UTC),
        };
        Plan {
            since: self.clock.now(),
            min_free,
            jitter: Duration::from_secs(60),
            walks: vec![walk("recent", "*/15 * * * *"), walk("full", "20 4 * * 0")],
            accounts: vec![self.account().parse().unwrap()],
        }
    }
}

/// Listens, with a password file of this mode where there is one.
pub fn bind(listen: &str, password_file: Option<PathBuf>, mode: u32) -> Result<Bound, WebError> {
    if let Some(path) = &password_file {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let listen = match listen.strip_prefix("unix:") {
        Some(path) => Listen::Unix(PathBuf::from(path)),
        None => Listen::Tcp(listen.parse().unwrap()),
    };
    web::bind(&HttpConfig { listen: Some(listen), password_file }).map(Option::unwrap)
}

enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// What is served until the value is dropped.
pub struct Served {
    place: Place,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

pub trait Stream: Read + Write + Send {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> std::io::Result<()>;
}

impl Stream for TcpStream {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> std::io::Result<()> {
        Self::set_read_timeout(self, timeout)
    }
}

impl Stream for UnixStream {
    fn set_read_timeout(&self, timeout: Option<Duration>) -> std::io::Result<()> {
        Self::set_read_timeout(self, timeout)
    }
}

impl Served {
    pub fn connect(&self) -> Box<dyn Stream> {
        match &self.place {
            Place::Tcp(address) => Box::new(TcpStream::connect(address).unwrap()),
            Place::Unix(path) => Box::new(UnixStream::connect(path).unwrap()),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
    }

    /// Sends a request and reads until the server closes, which it must do by itself.
    pub async fn exchange(&self, request: &str) -> Answer {
        let (mut stream, request) = (self.connect(), request.to_owned());
        let talk = move || {
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            Answer::parse(&text)
        };
        tokio::task::spawn_blocking(talk).await.unwrap()
    }

    pub async fn metrics(&self) -> Page {
        let answer = self.get("/metrics").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let kind = answer.header("content-type").unwrap();
        assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
        answer.assert_harmless();
        Page::parse(&answer.body).unwrap_or_else(|wrong| panic!("{wrong}\n{}", answer.body))
    }

    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(header).collect(), body: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }

    /// What every answer carries, whatever it says.
    pub fn assert_harmless(&self) {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("connection", "close"),
        ] {
            assert_eq!(self.header(name), Some(value), "{self:?}");
        }
        for (name, _) in &self.headers {
            assert!(!name.starts_with("access-control-") && name != "server", "{name}");
        }
    }
}

fn access(sandbox: &Sandbox) -> AccountAccess {
    let ready = sandbox.ready();
    let account = &ready.accounts[0];
    let endpoint = Endpoint {
        login: Login::Instagram,
        base: ready.instagram_url.parse().unwrap(),
        version: "v25.0".to_owned(),
        user_id: account.user_id.parse().unwrap(),
    };
    AccountAccess {
        name: account.name.parse().unwrap(),
        login: Login::Instagram,
        user_id: account.user_id.parse().unwrap(),
        host: "127.0.0.1".to_owned(),
        app_id: None,
        api_version: "v25.0".to_owned(),
        graph: GraphClient::new(endpoint, AccessToken::new(&account.token).unwrap(), None).unwrap(),
    }
}
