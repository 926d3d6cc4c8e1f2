//! One pass as a value: what the report says of a world that is known.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use graph_sandbox::{Fault, FaultKind, Sandbox, Settings as World};
use mediakeep::archive::{
    AccountAccess, Archive, FilePlan, PassPlan, PassReport, Settings, WalkPlan, Watch, progress,
    report::ProblemKind, run_pass,
};
use mediakeep::blobs::ArchiveDir;
use mediakeep::catalog::{Catalog, CatalogOptions, Recheck};
use mediakeep::cdn::{FileClient, FileRules, HostRules};
use mediakeep::clock::Clock;
use mediakeep::domain::reconcile::Caution;
use mediakeep::domain::retry::RetryPolicy;
use mediakeep::domain::{Edge, Login, Window};
use mediakeep::graph::{Endpoint, GraphClient};
use mediakeep::secret::AccessToken;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

struct Rig {
    sandbox: Sandbox,
    archive: Arc<Archive>,
    accounts: Vec<Arc<AccountAccess>>,
    _dir: TempDir,
}

impl Rig {
    async fn start(posts: usize) -> Self {
        let world = World { posts, picture_pool: Some(2), ..World::default() };
        let sandbox = Sandbox::start(world).await.unwrap();
        let dir = TempDir::new().unwrap();
        let clock = Clock::system();
        let store = ArchiveDir::create_or_open(&dir.path().join("archive"), None).unwrap();
        let options = CatalogOptions {
            archive_id: store.id().to_owned(),
            now: clock.now(),
            program_version: "test".to_owned(),
            caution: Caution::default(),
        };
        let catalog = Catalog::open(&store.catalog_path(), &options).unwrap();
        let pause = Duration::from_millis(1);
        let settings = Settings {
            page_size: 10,
            max_usage: 90.0,
            retry: RetryPolicy { first_pause: pause, ..RetryPolicy::default() },
            concurrency: NonZeroUsize::new(8).unwrap(),
            min_free: 0,
            keep_responses: Duration::from_secs(30 * 86_400),
            recheck: Recheck::Path,
            bandwidth: None,
            program_version: "test",
            caution: Caution::default(),
        };
        let files = FileClient::new(FileRules {
            hosts: HostRules::new(&[], true),
            max_size: None,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(5),
            connections: 8,
        })
        .unwrap();
        let accounts = sandbox.ready().accounts.iter().map(|a| Arc::new(access(&sandbox, &a.name)));
        let accounts = accounts.collect();
        let archive = Arc::new(Archive::new(store, catalog, clock, settings, files));
        Self { sandbox, archive, accounts, _dir: dir }
    }

    async fn pass(&self, account: usize) -> PassReport {
        let plan = PassPlan { walks: vec![full()], files: FilePlan::Fetch };
        self.pass_with(account, &plan, &CancellationToken::new()).await
    }

    async fn pass_with(
        &self,
        account: usize,
        plan: &PassPlan,
        stop: &CancellationToken,
    ) -> PassReport {
        let watch: Arc<dyn Watch> = Arc::new(progress::Unwatched);
        run_pass(&self.archive, &self.accounts[account], plan, &watch, stop).await
    }
}

fn full() -> WalkPlan {
    WalkPlan { name: "full".to_owned(), edge: Edge::Media, window: Window::ALL }
}

fn access(sandbox: &Sandbox, name: &str) -> AccountAccess {
    let ready = sandbox.ready();
    let account = ready.accounts.iter().find(|account| account.name == name).unwrap();
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
        name: name.parse().unwrap(),
        login,
        user_id: account.user_id.parse().unwrap(),
        host: "127.0.0.1".to_owned(),
        api_version: "v25.0".to_owned(),
        app_id: None,
        graph: GraphClient::new(endpoint, token, None).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_pass_keeps_everything_and_the_second_nothing_more() {
    let rig = Rig::start(25).await;
    for account in 0..2 {
        let first = rig.pass(account).await;
        assert_eq!(first.problems, [], "{first:#?}");
        let walk = &first.walks[0];
        assert_eq!((walk.outcome, walk.reason), ("complete", None));
        assert_eq!((walk.listed, walk.new, walk.changed, walk.unchanged), (25, 25, 0, 0));
        assert_eq!((walk.pages, walk.calls, first.calls), (3, 3, 4));
        assert!(first.files.saved >= 25 && first.files.failed == 0 && first.files.left == 0);
        assert!(walk.coverage_from.is_some());

        let second = rig.pass(account).await;
        assert_eq!(second.walks[0].unchanged, 25);
        assert_eq!(second.files.saved, 0);
        assert!(second.is_quiet(), "{second:#?}");
    }
    assert_eq!(rig.sandbox.counters().write_calls, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_stopped_says_what_is_left_and_the_next_one_goes_on() {
    let rig = Rig::start(30).await;
    rig.sandbox.inject(Fault::new(FaultKind::FileDrip).arg("bytes_per_second", 20_000));
    let stop = CancellationToken::new();
    let plan = PassPlan { walks: vec![full()], files: FilePlan::Fetch };
    let (report, ()) = tokio::join!(rig.pass_with(0, &plan, &stop), async {
        while rig.sandbox.fired(FaultKind::FileDrip) < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    });
    assert_eq!(report.worst(), Some(ProblemKind::Stopped), "{report:#?}");
    assert!(report.files.left > 0);
    rig.sandbox.clear_faults();
    let next = rig.pass(0).await;
    assert_eq!(next.problems, []);
    assert_eq!(next.files.left, 0);
    assert!(next.files.saved >= report.files.left);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_without_files_leaves_them_for_later() {
    let rig = Rig::start(12).await;
    let plan = PassPlan { walks: vec![full()], files: FilePlan::Leave };
    let report = rig.pass_with(0, &plan, &CancellationToken::new()).await;
    assert_eq!(report.files.saved, 0);
    assert!(report.files.left >= 12);
    assert_eq!(rig.sandbox.counters().file_requests, 0);
    assert_eq!(rig.pass(0).await.files.saved, report.files.left);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_field_is_dropped_once_and_not_asked_for_again() {
    let rig = Rig::start(12).await;
    rig.sandbox.inject(Fault::new(FaultKind::NonexistingField).arg("field", "alt_text"));
    let first = rig.pass(0).await;
    assert_eq!(first.walks[0].outcome, "complete");
    assert_eq!(rig.sandbox.fired(FaultKind::NonexistingField), 1);
    rig.pass(0).await;
    assert_eq!(rig.sandbox.fired(FaultKind::NonexistingField), 1, "asked for again at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heavy_page_is_asked_for_in_halves() {
    let rig = Rig::start(25).await;
    rig.sandbox.inject(Fault::new(FaultKind::TooHeavy).on("media").arg("above_limit", 3));
    let report = rig.pass(0).await;
    assert_eq!(report.walks[0].outcome, "complete", "{report:#?}");
    assert_eq!(report.walks[0].listed, 25);
    assert_eq!(rig.sandbox.fired(FaultKind::TooHeavy), 2, "10, 5, then 2 a page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_died_costs_one_new_start() {
    let rig = Rig::start(25).await;
    rig.sandbox.inject(Fault::new(FaultKind::InvalidCursor).on("media").times(1));
    let report = rig.pass(0).await;
    assert_eq!(rig.sandbox.fired(FaultKind::InvalidCursor), 1);
    assert_eq!((report.walks[0].outcome, report.walks[0].listed), ("complete", 25));
    rig.sandbox.inject(Fault::new(FaultKind::InvalidCursor).on("media"));
    let report = rig.pass(0).await;
    assert_eq!(report.walks[0].reason, Some("invalid_cursor"));
    assert_eq!(report.worst(), Some(ProblemKind::Api));
}
