//! The daemon: it keeps its schedules, its accounts do not notice each other's troubles, and it
//! stops when it is told to.
#![allow(clippy::unwrap_used)]

mod daemon_support;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use daemon_support::{Stand, answered, at, kept, world};
use graph_sandbox::{Fault, FaultKind};
use mediakeep::archive::{PassEvent, Watch};
use mediakeep::domain::Timestamp;
use support::Rig;

const BERLIN: &str = "\n[schedule]\ntimezone = \"Europe/Berlin\"\njitter = \"1m\"\n";
const WALKS: &str = "
[[account.walk]]
name = \"recent\"
schedule = \"*/15 * * * *\"
since = \"30d\"
[[account.walk]]
name = \"night\"
schedule = \"30 2 * * *\"
since = \"30d\"
";

#[tokio::test(flavor = "multi_thread")]
async fn every_due_tick_is_answered_once_on_both_days_the_clocks_change() {
    for (begins, night) in [
        // 02:30 does not exist and comes an hour later.
        ("2027-03-27T22:07:00Z", "2027-03-28T01:30:00Z"),
        // 02:30 comes twice, and the first one counts.
        ("2026-10-24T21:07:00Z", "2026-10-25T00:30:00Z"),
    ] {
        let stand = Stand::start(world(begins, 1, 3), BERLIN, WALKS).await;
        stand.play_until(at(begins).plus(Duration::from_secs(30 * 3_600))).await;
        let name = stand.account(0);
        let counters = stand.counters(&name);
        assert_eq!((counters.passes_failed, counters.ticks_skipped), (0, 0));
        let (rig, clock) = stand.stop().await;
        let due = |walk: &str| answered(&rig, &name, walk);
        // The first runs are for no tick: nothing was archived yet.
        let quarters: BTreeSet<Timestamp> = (1..100_000)
            .map(|n| Timestamp::from_unix((at(begins).as_unix() / 900 + n) * 900).unwrap())
            .take_while(|tick| tick.plus(Duration::from_secs(60)) < clock.now())
            .chain([at(begins)])
            .collect();
        let recent = due("recent");
        assert_eq!(recent.keys().copied().collect::<BTreeSet<_>>(), quarters, "{begins}");
        assert!(recent.values().all(|n| *n == 1));
        let night = [(at(begins), 1), (at(night), 1)];
        let all: Vec<_> = due("night").into_iter().collect();
        assert_eq!(all[..2], night, "{begins}");
        assert_eq!(all.len(), 3, "and the night after: {all:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_downtime_there_is_one_late_run_and_a_broken_off_one_is_done_again() {
    let stand = Stand::start(world("2026-11-23T10:00:00Z", 1, 3), "", WALKS).await;
    stand.play(Duration::from_secs(3_600)).await;
    let name = stand.account(0);
    let before = stand.counters(&name).passes_ok;
    assert!(before >= 4, "{before}");
    let (rig, clock) = stand.stop().await;
    let runs = || rig.sql("SELECT walk, due_at, finished_at, skipped FROM runs ORDER BY walk");
    assert!(runs().iter().all(|row| !row["finished_at"].is_null()), "{:?}", runs());
    // A day and some minutes without a daemon.
    clock.set(at("2026-11-24T12:07:00Z"));
    rig.sandbox.clock().set(clock.now().as_unix());
    let stand = Stand::serve(rig, clock, Arc::new(mediakeep::archive::progress::Unwatched)).await;
    stand.calm().await;
    let counters = stand.counters(&name);
    assert_eq!((counters.passes_ok, counters.ticks), (1, 2), "one pass for both walks");
    let (rig, _) = stand.stop().await;
    let runs = rig.sql("SELECT walk, due_at, skipped FROM runs ORDER BY walk");
    assert_eq!(runs[0]["due_at"], "2026-11-24T02:30:00Z");
    assert_eq!(runs[0]["skipped"], 0);
    assert_eq!(runs[1]["due_at"], "2026-11-24T12:00:00Z");
    // From 11:00, whose run had not begun, to 11:45 the day after.
    assert_eq!(runs[1]["skipped"], 4 * 25);
}

/// Panics in the passes of one account as often as it is told to.
#[derive(Debug)]
struct Saboteur {
    account: String,
    panics: AtomicU32,
}

impl Watch for Saboteur {
    fn event(&self, event: PassEvent<'_>) {
        let PassEvent::Walk { account, .. } = event else { return };
        let left = |n: u32| n.checked_sub(1);
        let update = || self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok();
        assert!(account.as_str() != self.account || !update(), "sabotage IGAA{}", "x".repeat(40));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_one_account_is_contained_counted_and_told_and_mends() {
    let (rig, clock) = Stand::prepare(world("2026-11-23T10:00:00Z", 2, 3), "", WALKS).await;
    let names: Vec<_> = rig.sandbox.ready().accounts.iter().map(|a| a.name.clone()).collect();
    let saboteur = Arc::new(Saboteur { account: names[0].clone(), panics: AtomicU32::new(3) });
    let stand = Stand::serve(rig, clock, saboteur.clone()).await;
    stand.play(Duration::from_secs(60)).await;
    assert_eq!(saboteur.panics.load(Ordering::SeqCst), 0, "the fault never fired");
    let board = stand.board.snapshot();
    let task = |name: &String| {
        board.tasks.iter().find(|t| t.account.as_ref().is_some_and(|a| a.as_str() == name)).unwrap()
    };
    assert_eq!((task(&names[0]).restarts, task(&names[1]).restarts), (3, 0));
    assert_eq!(stand.counters(&names[0]).passes_ok, 1, "it mended, and its tick was not lost");
    assert_eq!(stand.counters(&names[1]).passes_ok, 1);
    let open = "SELECT account, kind, detail FROM alarms WHERE ended_at IS NULL";
    let alarms = stand.rig.sql(open);
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert_eq!(
        (&alarms[0]["account"], &alarms[0]["kind"]),
        (&names[0].as_str().into(), &"worker_restarted".into())
    );
    let detail = alarms[0]["detail"].as_str().unwrap();
    assert!(detail.contains("panicked: sabotage") && !detail.contains("IGAAxxx"), "{detail}");
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_is_an_alarm_until_another_one_lies_there() {
    let stand = Stand::start(world("2026-11-23T10:02:00Z", 2, 3), "", WALKS).await;
    let (dead, well) = (stand.account(0), stand.account(1));
    stand.play(Duration::from_secs(3_600)).await;
    let token = stand.rig.sandbox.world().token(&dead).unwrap();
    stand.rig.sandbox.inject(Fault::new(FaultKind::TokenRevoked458).account(&dead));
    stand.play(Duration::from_secs(3_600)).await;
    let open = "SELECT account, kind FROM alarms WHERE ended_at IS NULL";
    let alarms = stand.rig.sql(open);
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert_eq!(
        (&alarms[0]["account"], &alarms[0]["kind"]),
        (&dead.as_str().into(), &"token_dead".into())
    );
    let tried = stand.counters(&dead).passes_failed;
    assert!((1..=2).contains(&tried), "hourly, not at each tick: {tried}");
    let of_well = stand.counters(&well);
    assert_eq!((of_well.passes_failed, of_well.ticks_skipped), (0, 0), "the other does not notice");
    // Its owner makes another one, and tells nobody.
    stand.rig.sandbox.clear_faults();
    stand.rig.sandbox.world().new_token(&dead).unwrap();
    let another = stand.rig.sandbox.world().token(&dead).unwrap();
    assert_ne!(token, another);
    stand.rig.write_token(&dead, &another);
    let before = stand.counters(&dead).passes_ok;
    stand.play(Duration::from_secs(120)).await;
    assert_eq!(stand.counters(&dead).passes_ok, before + 1, "within two minutes");
    assert_eq!(stand.rig.sql(open), []);
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_once_it_lasts_and_its_ticks_are_made_up() {
    let stand = Stand::start(world("2026-11-23T10:01:00Z", 1, 3), "", WALKS).await;
    let name = stand.account(0);
    stand.play(Duration::from_secs(3_600)).await;
    stand.rig.sandbox.inject(Fault::new(FaultKind::Http503));
    stand.play(Duration::from_secs(840)).await;
    let open = "SELECT kind, detail FROM alarms WHERE ended_at IS NULL";
    assert_eq!(stand.rig.sql(open), [], "not yet");
    stand.play(Duration::from_secs(3 * 3_600)).await;
    assert!(stand.rig.sandbox.fired(FaultKind::Http503) > 3);
    let alarms = stand.rig.sql(open);
    assert_eq!(alarms[0]["kind"], "pass_failing", "{alarms:?}");
    stand.rig.sandbox.clear_faults();
    stand.play(Duration::from_secs(1_920)).await;
    assert_eq!(stand.rig.sql(open), []);
    let counters = stand.counters(&name);
    // 10:01, then each quarter of an hour.
    let expected = 1 + (stand.clock.now().as_unix() - at("2026-11-23T10:00:00Z").as_unix()) / 900;
    let nights = 1;
    assert_eq!(
        i64::try_from(counters.ticks + counters.ticks_skipped).unwrap(),
        expected + nights,
        "{counters:?}"
    );
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_runs_nothing_at_once_and_stops_nobody() {
    let stand = Stand::start(world("2026-11-23T10:01:00Z", 1, 3), "", WALKS).await;
    let name = stand.account(0);
    stand.play(Duration::from_secs(3_600)).await;
    let before = stand.counters(&name).ticks;
    stand.set(at("2026-11-22T03:02:00Z"));
    let soon = stand.clock.now().plus(Duration::from_secs(3_600));
    stand.until(|board| board.coming.values().any(|run| run.at < soon), "it is noticed").await;
    assert_eq!(stand.counters(&name).ticks, before);
    stand.play(Duration::from_secs(3_600)).await;
    assert_eq!(stand.counters(&name).ticks, before + 4);
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nudge_runs_one_walk_now() {
    let stand = Stand::start(world("2026-11-23T10:01:00Z", 1, 3), "", WALKS).await;
    let name = stand.account(0);
    stand.calm().await;
    assert!(stand.board.nudge(&name.parse().unwrap(), Some("night".into())));
    stand.until(|board| board.accounts.values().all(|c| c.passes_ok == 2), "it ran").await;
    let (rig, _) = stand.stop().await;
    let walks =
        rig.sql("SELECT name, due_at IS NULL AS by_hand FROM walk ORDER BY walk_id DESC LIMIT 1");
    assert_eq!((&walks[0]["name"], &walks[0]["by_hand"]), (&"night".into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_configuration_is_taken_over_and_a_bad_one_changes_nothing() {
    let stand = Stand::start(world("2026-11-23T10:01:00Z", 2, 3), "", WALKS).await;
    let (first, second) = (stand.account(0), stand.account(1));
    stand.calm().await;
    let good = fs::read_to_string(stand.rig.config()).unwrap();
    fs::write(stand.rig.config(), format!("{good}\nnonsense = 1\n")).unwrap();
    stand.reload();
    stand.play(Duration::from_secs(1_000)).await;
    assert_eq!(kept(&stand.board.snapshot()), 2, "the old one stays");
    assert_eq!(stand.counters(&second).ticks, 3);
    // Without the second account, and with another schedule for nobody.
    let at_second = good.find(&format!("[[account]]\nname = \"{second}\"")).unwrap();
    fs::write(stand.rig.config(), &good[..at_second]).unwrap();
    stand.reload();
    stand.until(|board| kept(board) == 1, "the second account is let go of").await;
    fs::write(stand.rig.config(), &good).unwrap();
    stand.reload();
    stand.until(|board| kept(board) == 2, "and kept again").await;
    stand.play(Duration::from_secs(900)).await;
    let board = stand.board.snapshot();
    assert!(board.tasks.iter().all(|task| task.restarts == 0), "{board:#?}");
    assert_eq!(stand.counters(&first).ticks, stand.counters(&second).ticks);
    stand.stop().await;
}

/// The real binary with what it says.
struct Process {
    child: Child,
    log: std::path::PathBuf,
}

impl Process {
    fn start(rig: &Rig) -> Self {
        let log = rig.dir.path().join("log");
        let stderr = fs::File::create(&log).unwrap();
        let child = rig.command(&["run"]).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        Self { child, log }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    async fn until_it_says(&self, words: &str) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(60), "never {words:?}:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    async fn ended(mut self) -> (Option<i32>, String) {
        let waiting = tokio::task::spawn_blocking(move || {
            let status = self.child.wait().unwrap();
            (status.code(), self.said())
        });
        waiting.await.unwrap()
    }
}

/// A test that fails leaves no daemon behind.
impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_binary_reloads_on_sighup_and_ends_with_0_in_the_middle_of_a_transfer() {
    let rig = Rig::start(Rig::settings(20)).await;
    rig.sandbox.inject(Fault::new(FaultKind::FileDrip).arg("bytes_per_second", 20_000));
    let begun = Instant::now();
    let daemon = Process::start(&rig);
    daemon.until_it_says("ready").await;
    println!("ready after {:?}", begun.elapsed());
    while rig.sandbox.fired(FaultKind::FileDrip) < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let good = fs::read_to_string(rig.config()).unwrap();
    fs::write(rig.config(), good.replace("[api]", "[api]\npage_size = 1000")).unwrap();
    daemon.signal("-HUP");
    daemon.until_it_says("the old one stays").await;
    assert!(daemon.said().contains("api.page_size"), "{}", daemon.said());
    fs::write(rig.config(), &good).unwrap();
    daemon.signal("-HUP");
    daemon.until_it_says("nothing changed").await;
    let asked = Instant::now();
    daemon.signal("-TERM");
    let (code, said) = daemon.ended().await;
    let took = asked.elapsed();
    println!("stopped after {took:?}");
    assert_eq!(code, Some(0), "{said}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(rig.sql_count("SELECT count(*) FROM process WHERE stopped_at IS NULL"), 0);
    assert_eq!(rig.sql_value("PRAGMA integrity_check"), "ok");
    // What was broken off is fetched without help after the next start.
    rig.sandbox.clear_faults();
    rig.run(&["sync"]).expect(0);
    assert_eq!(rig.sql_count("SELECT count(*) FROM files WHERE state = 'pending'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_hears_ready_status_signs_of_life_and_stopping() {
    let rig = Rig::start(Rig::settings(3)).await;
    let path = rig.dir.path().join("notify");
    let socket = tokio::net::UnixDatagram::bind(&path).unwrap();
    let child = rig
        .command(&["run"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let daemon = Process { child, log: rig.config() };
    let mut heard = String::new();
    let hear = async |heard: &mut String, words: &str| {
        let begun = Instant::now();
        while !heard.contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(30), "never {words:?}: {heard}");
            let mut bytes = [0; 4096];
            let wait = Duration::from_secs(30);
            let n = tokio::time::timeout(wait, socket.recv(&mut bytes)).await.unwrap().unwrap();
            heard.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
        }
    };
    hear(&mut heard, "READY=1").await;
    assert!(!heard.contains("WATCHDOG=1"), "{heard}");
    hear(&mut heard, "STATUS=2 accounts").await;
    hear(&mut heard, "WATCHDOG=1\nWATCHDOG=1").await;
    hear(&mut heard, "next: ").await;
    daemon.signal("-HUP");
    hear(&mut heard, "RELOADING=1\nMONOTONIC_USEC=").await;
    heard.clear();
    hear(&mut heard, "READY=1").await;
    daemon.signal("-TERM");
    hear(&mut heard, "STOPPING=1").await;
    assert_eq!(daemon.ended().await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_without_accounts_waits_and_next_says_when_the_others_run() {
    let rig = Rig::start(Rig::settings(3)).await;
    let whole = fs::read_to_string(rig.config()).unwrap();
    fs::write(rig.config(), &whole[..whole.find("[[account]]").unwrap()]).unwrap();
    let daemon = Process::start(&rig);
    daemon.until_it_says("names no account: waiting for one").await;
    daemon.until_it_says("ready").await;
    fs::write(rig.config(), &whole).unwrap();
    daemon.signal("-HUP");
    daemon.until_it_says("full 3 listed").await;
    let coming = rig.run(&["next", "--count", "4", "--json"]).expect(0).json();
    assert_eq!(coming.len(), 4, "{coming:?}");
    assert!(coming.iter().all(|run| run["type"] == "run"), "{coming:?}");
    let shown = rig.run(&["next"]).expect(0).stdout;
    assert!(
        shown.contains("recent") && (shown.contains(" in ") || shown.contains("now")),
        "{shown}"
    );
    rig.run(&["next", "nobody"]).expect(2);
    daemon.signal("-INT");
    assert_eq!(daemon.ended().await.0, Some(0));
}
