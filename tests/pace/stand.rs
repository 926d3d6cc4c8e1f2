//! A sandbox with several accounts, an archive beside it, and one clock that moves when all wait.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use graph_sandbox::{Sandbox, Settings as World};
use mediakeep::archive::{
    AccountAccess, Archive, FilePlan, PassEvent, PassPlan, PassReport, Settings, WalkPlan, Watch,
    run_pass,
};
use mediakeep::blobs::ArchiveDir;
use mediakeep::catalog::{Catalog, CatalogOptions, Recheck};
use mediakeep::cdn::{FileClient, FileRules, HostRules};
use mediakeep::clock::Clock;
use mediakeep::domain::reconcile::Caution;
use mediakeep::domain::retry::RetryPolicy;
use mediakeep::domain::{Edge, Login, Timestamp, Window};
use mediakeep::graph::{Endpoint, GraphClient};
use mediakeep::secret::AccessToken;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Where both clocks begin: a Monday in spring.
const BEGINNING: i64 = 1_775_469_600;
const DAY: u64 = 86_400;

pub(crate) struct Stand {
    pub(crate) sandbox: Sandbox,
    pub(crate) archive: Arc<Archive>,
    pub(crate) clock: Clock,
    pub(crate) told: Arc<Told>,
    /// Calls of each account, whenever the test looked.
    pub(crate) shares: Mutex<Vec<BTreeMap<String, u64>>>,
    accounts: Vec<Arc<AccountAccess>>,
    dir: TempDir,
}

/// Hears until when each account waits.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<Vec<(String, Timestamp)>>);

impl Told {
    /// Each wait that was told, in order.
    pub(crate) fn waits(&self) -> Vec<(String, Timestamp)> {
        self.0.lock().unwrap().clone()
    }
}

impl Watch for Told {
    fn event(&self, event: PassEvent<'_>) {
        if let PassEvent::Waiting { account, until } = event {
            self.0.lock().unwrap().push((account.to_string(), until));
        }
    }
}

pub(crate) fn world() -> World {
    World {
        posts: 500,
        facebook_accounts: 0,
        picture_pool: Some(2),
        epoch: Some(BEGINNING),
        ..World::default()
    }
}

impl Stand {
    pub(crate) async fn new(world: World, retry: RetryPolicy) -> Self {
        let sandbox = Sandbox::start(world).await.unwrap();
        let dir = TempDir::new().unwrap();
        let clock = Clock::manual(Timestamp::from_unix(BEGINNING).unwrap());
        let archive = Arc::new(open(&dir, &clock, retry));
        let accounts = sandbox.ready().accounts.iter().map(|a| Arc::new(access(&sandbox, a)));
        let accounts = accounts.collect();
        let shares = Mutex::default();
        Self { sandbox, archive, clock, told: Arc::default(), shares, accounts, dir }
    }

    /// Ends this process, as it were, and begins another one over the same archive.
    pub(crate) async fn restart(self, retry: RetryPolicy) -> Self {
        let Self { sandbox, archive, clock, told, shares, accounts, dir } = self;
        archive.catalog.clone().close().await.unwrap();
        drop(archive);
        let archive = Arc::new(open(&dir, &clock, retry));
        Self { sandbox, archive, clock, told, shares, accounts, dir }
    }

    /// Walks all media of an account.
    pub(crate) async fn full(&self, account: usize) -> PassReport {
        self.walk(account, "full", Window::ALL).await
    }

    /// Looks at the last five days of an account.
    pub(crate) async fn recent(&self, account: usize) -> PassReport {
        let since = Some(self.clock.now().minus(Duration::from_secs(5 * DAY)));
        self.walk(account, "recent", Window { since, until: None }).await
    }

    async fn walk(&self, account: usize, name: &str, window: Window) -> PassReport {
        let walk = WalkPlan { name: name.to_owned(), edge: Edge::Media, window };
        let plan = PassPlan { walks: vec![walk], files: FilePlan::Leave };
        let watch: Arc<dyn Watch> = self.told.clone();
        let stop = CancellationToken::new();
        run_pass(&self.archive, &self.accounts[account], &plan, &watch, &stop).await
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass_minutes(&self, minutes: i64) {
        self.move_to(self.clock.now().as_unix() + minutes * 60);
    }

    fn move_to(&self, now: i64) {
        let sandbox = self.sandbox.clock();
        sandbox.advance(now - sandbox.now());
        self.clock.set(Timestamp::from_unix(now).unwrap());
    }

    /// Moves both clocks to the next moment that somebody waits for, whenever nothing else happens,
    /// until the work is done. Answers the work's result and when each call was made at the latest.
    pub(crate) async fn play<T>(&self, work: impl Future<Output = T>) -> (T, Vec<i64>) {
        const QUIET: Duration = Duration::from_millis(10);
        let mut quiet = 0;
        let mut calls = Vec::new();
        tokio::pin!(work);
        loop {
            let before = self.sandbox.counters().api_calls;
            tokio::select! {
                done = &mut work => {
                    self.note_calls(&mut calls);
                    return (done, calls);
                }
                () = tokio::time::sleep(QUIET) => {}
            }
            self.note_calls(&mut calls);
            // On a machine that is busy others need longer, and so do these two.
            self.archive.catalog.call(mediakeep::catalog::Writer::archive_id).await.unwrap();
            let control = &self.sandbox.ready().control_url;
            reqwest::get(format!("{control}/control/clock")).await.unwrap();
            quiet = if self.sandbox.counters().api_calls == before { quiet + 1 } else { 0 };
            let goes_on = quiet >= 3 && !self.clock.waited_for().is_empty();
            if let Some(next) = self.clock.waited_for().first().filter(|_| goes_on) {
                quiet = 0;
                self.move_to(next.as_unix().max(self.clock.now().as_unix()));
            }
        }
    }

    fn note_calls(&self, calls: &mut Vec<i64>) {
        let counters = self.sandbox.counters();
        let made = usize::try_from(counters.api_calls).unwrap();
        self.shares.lock().unwrap().push(counters.calls_by_account);
        calls.resize(made.max(calls.len()), self.clock.now().as_unix() - BEGINNING);
    }

    pub(crate) fn text(&self, query: &str) -> String {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(self.archive.dir.catalog_path(), flags).unwrap();
        let text: Option<String> = reader.query_row(query, [], |row| row.get(0)).unwrap();
        text.unwrap_or_default()
    }
}

/// The most calls within any hour.
pub(crate) fn busiest_hour(calls: &[i64]) -> usize {
    let until = |end: i64| calls.partition_point(|at| *at < end);
    calls.iter().map(|at| until(at + 3_600) - until(*at)).max().unwrap_or(0)
}

fn open(dir: &TempDir, clock: &Clock, retry: RetryPolicy) -> Archive {
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
        retry: RetryPolicy { first_pause: Duration::from_millis(1), ..retry },
        concurrency: NonZeroUsize::new(8).unwrap(),
        min_free: 0,
        recheck: Recheck::Path,
        bandwidth: None,
        program_version: "test",
        caution,
        keep_responses: Duration::from_secs(30 * DAY),
    };
    Archive::new(store, catalog, clock.clone(), settings, files)
}

fn access(sandbox: &Sandbox, account: &graph_sandbox::ReadyAccount) -> AccountAccess {
    let ready = sandbox.ready();
    let (login, base) = match account.login {
        graph_sandbox::Login::Instagram => (Login::Instagram, &ready.instagram_url),
        graph_sandbox::Login::Facebook => (Login::Facebook, &ready.facebook_url),
    };
    let endpoint = Endpoint {
        login,
        base: base.parse().unwrap(),
        version: "v25.0".to_owned(),
        user_id: account.user_id.parse().unwrap(),
    };
    let token = AccessToken::new(&account.token).unwrap();
    AccountAccess {
        name: account.name.parse().unwrap(),
        login,
        user_id: account.user_id.parse().unwrap(),
        host: base.clone(),
        api_version: "v25.0".to_owned(),
        app_id: Some(account.app_id.clone()),
        graph: GraphClient::new(endpoint, token, None).unwrap(),
    }
}
