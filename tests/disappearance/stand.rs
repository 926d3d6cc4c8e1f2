//! A sandbox, an archive beside it, and one clock for both that tests move.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use graph_sandbox::{Sandbox, Settings as World, WorldHandle};
use mediakeep::archive::{
    AccountAccess, Archive, FilePlan, PassPlan, PassReport, Settings, WalkPlan, Watch, progress,
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
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Where both clocks begin: a Monday in spring.
const BEGINNING: i64 = 1_775_469_600;

pub(crate) struct Stand {
    pub(crate) sandbox: Sandbox,
    pub(crate) archive: Arc<Archive>,
    access: Arc<AccountAccess>,
    clock: Clock,
    _dir: TempDir,
}

impl Stand {
    /// One account with Instagram login and so many posts, archived once.
    pub(crate) async fn with_posts(posts: usize) -> Self {
        let stand = Self::new(World { posts, ..world() }).await;
        let first = stand.sync().await;
        assert_eq!(first.problems, [], "{first:#?}");
        stand
    }

    pub(crate) async fn new(world: World) -> Self {
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
        Self { sandbox, archive, access, clock, _dir: dir }
    }

    pub(crate) fn world(&self) -> WorldHandle {
        self.sandbox.world()
    }

    pub(crate) fn account(&self) -> String {
        self.sandbox.ready().accounts[0].name.clone()
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass_hours(&self, hours: i64) {
        self.sandbox.clock().advance(hours * 3600);
    }

    /// Walks stories and media in full, without their files.
    pub(crate) async fn sync(&self) -> PassReport {
        let walk = |edge| WalkPlan { name: "full".to_owned(), edge, window: Window::ALL };
        let walks = vec![walk(Edge::Stories), walk(Edge::Media)];
        self.pass(PassPlan { walks, files: FilePlan::Leave }).await
    }

    /// Walks the media in full and fetches their files.
    pub(crate) async fn sync_with_files(&self) -> PassReport {
        let walk = WalkPlan { name: "full".to_owned(), edge: Edge::Media, window: Window::ALL };
        self.pass(PassPlan { walks: vec![walk], files: FilePlan::Fetch }).await
    }

    /// Moves the archive's clock alone; the next [`Stand::sync`] sets it right again.
    pub(crate) fn jump_own_clock_hours(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(hours * 3600));
    }

    /// As [`Stand::sync`], with whatever the archive's clock says.
    pub(crate) async fn sync_at_own_time(&self) -> PassReport {
        let walk = WalkPlan { name: "full".to_owned(), edge: Edge::Media, window: Window::ALL };
        self.run(PassPlan { walks: vec![walk], files: FilePlan::Leave }).await
    }

    pub(crate) async fn pass(&self, plan: PassPlan) -> PassReport {
        self.clock.set(Timestamp::from_unix(self.sandbox.clock().now()).unwrap());
        self.run(plan).await
    }

    async fn run(&self, plan: PassPlan) -> PassReport {
        let watch: Arc<dyn Watch> = Arc::new(progress::Unwatched);
        let stop = CancellationToken::new();
        let pass = run_pass(&self.archive, &self.access, &plan, &watch, &stop);
        tokio::pin!(pass);
        loop {
            tokio::select! {
                report = &mut pass => return report,
                () = tokio::time::sleep(Duration::from_millis(5)) => self.let_waiters_go_on(),
            }
        }
    }

    /// A pass that keeps its pace waits by the clock, which nobody else moves meanwhile.
    fn let_waiters_go_on(&self) {
        if let Some(until) = self.clock.waited_for().first() {
            let pause = until.since(self.clock.now());
            self.sandbox.clock().advance(i64::try_from(pause.as_secs()).unwrap());
            self.clock.advance(pause);
        }
    }

    /// The id of a photo of the media list, counted from the newest.
    pub(crate) fn photo(&self, nth: usize) -> String {
        let posts = self.world().posts(&self.account());
        let mut photos = posts.iter().filter(|post| post.files.len() == 1);
        photos.nth(nth).unwrap().id.clone()
    }

    pub(crate) fn state(&self, media: &str) -> String {
        self.text(&format!("SELECT state FROM items WHERE media_id = '{media}'"))
    }

    /// The kinds of events of an item, in order, without those of its beginning.
    pub(crate) fn life(&self, media: &str) -> Vec<String> {
        self.column(&format!(
            "SELECT kind FROM events WHERE media_id = '{media}' AND kind <> 'first_seen' ORDER BY id"
        ))
    }

    pub(crate) fn count(&self, query: &str) -> i64 {
        self.reader().query_row(query, [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn text(&self, query: &str) -> String {
        let value: Value = self.reader().query_row(query, [], |row| row.get(0)).unwrap();
        match value {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) => text,
            Value::Integer(number) => number.to_string(),
            other => panic!("{query}: {other:?}"),
        }
    }

    pub(crate) fn column(&self, query: &str) -> Vec<String> {
        let reader = self.reader();
        let mut query = reader.prepare(query).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// How many items stand in each state other than present.
    pub(crate) fn absent(&self) -> i64 {
        self.count("SELECT count(*) FROM items WHERE state <> 'present' AND edge = 'media'")
    }

    fn reader(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(self.archive.dir.catalog_path(), flags).unwrap()
    }
}

pub(crate) fn world() -> World {
    World {
        posts: 40,
        facebook_accounts: 0,
        picture_pool: Some(2),
        epoch: Some(BEGINNING),
        ..World::default()
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
        api_version: "v25.0".to_owned(),
        app_id: None,
        graph: GraphClient::new(endpoint, AccessToken::new(&account.token).unwrap(), None).unwrap(),
    }
}
