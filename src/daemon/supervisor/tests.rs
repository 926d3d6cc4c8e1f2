use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::catalog::{AlarmRow, CatalogOptions, Writer};
use crate::domain::Timestamp;
use crate::domain::reconcile::Caution;

/// Supervision on a clock that runs by itself, and what the tasks noted.
struct Scene {
    catalog: Catalog,
    board: Arc<Board>,
    stop: CancellationToken,
    orders: mpsc::Sender<Order>,
    running: JoinSet<Vec<String>>,
    _dir: TempDir,
}

impl Scene {
    fn start(specs: Vec<TaskSpec>) -> Self {
        let dir = TempDir::new().unwrap();
        let options = CatalogOptions {
            archive_id: "test".into(),
            now: Timestamp::EPOCH,
            program_version: "test".into(),
            caution: Caution::default(),
        };
        let catalog = Catalog::open(&dir.path().join("catalog.db"), &options).unwrap();
        let clock = Clock::manual(Timestamp::EPOCH);
        let board = Arc::new(Board::new(clock.clone()));
        let stop = CancellationToken::new();
        let (orders, ordered) = mpsc::channel(4);
        let mut supervisor = Supervisor {
            running: JoinSet::new(),
            names: HashMap::new(),
            seats: HashMap::new(),
            board: board.clone(),
            catalog: catalog.clone(),
            clock: clock.clone(),
            stop: stop.clone(),
        };
        let mut running = JoinSet::new();
        running.spawn(async move {
            // Pauses are played: whoever waits for the clock gets what he waits for.
            let playing = async {
                loop {
                    if let Some(next) = clock.waited_for().first() {
                        clock.set(*next);
                    }
                    tokio::task::yield_now().await;
                }
            };
            let watching = async {
                for spec in specs {
                    supervisor.put(spec);
                }
                supervisor.watch_over(ordered, Duration::from_millis(5)).await;
                supervisor.wind_up(Duration::from_millis(50)).await
            };
            tokio::select! {
                late = watching => late,
                () = playing => Vec::new(),
            }
        });
        Self { catalog, board, stop, orders, running, _dir: dir }
    }

    async fn until(&self, shows: impl Fn(&Board) -> bool) {
        let waiting = async {
            while !shows(&self.board) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap();
    }

    fn restarts(board: &Board, name: &str) -> (u32, u32) {
        let tasks = board.snapshot().tasks;
        let task = tasks.iter().find(|task| task.name == name);
        task.map_or((0, 0), |task| (task.restarts, task.stalls))
    }

    async fn alarms(&self) -> Vec<AlarmRow> {
        self.catalog.call(Writer::open_alarms).await.unwrap()
    }

    async fn end(mut self) -> Vec<String> {
        self.stop.cancel();
        self.running.join_next().await.unwrap().unwrap()
    }
}

fn idle(name: &str) -> TaskSpec {
    TaskSpec::new(name, |pulse: Pulse, stop: CancellationToken| async move {
        pulse.rest();
        stop.cancelled().await;
    })
}

#[tokio::test]
async fn a_task_that_is_silent_is_ended_and_begun_anew_and_the_others_go_on() {
    let pulses = Arc::new(Mutex::new(Vec::new()));
    let kept = pulses.clone();
    let silent = TaskSpec::new("silent", move |pulse: Pulse, _stop| {
        kept.lock().unwrap().push(pulse);
        std::future::pending()
    });
    let scene = Scene::start(vec![silent, idle("idle")]);
    scene.until(|_| pulses.lock().unwrap().len() == 1).await;
    assert!(scene.board.is_fresh());
    pulses.lock().unwrap()[0].fall_silent();
    scene.until(|_| pulses.lock().unwrap().len() == 2).await;
    assert_eq!(Scene::restarts(&scene.board, "silent"), (1, 1));
    assert_eq!(Scene::restarts(&scene.board, "idle"), (0, 0));
    assert!(scene.board.is_fresh(), "the new one is heard of");
    let alarms = scene.alarms().await;
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0].detail, "silent stopped answering; started again");
    assert_eq!(scene.end().await, ["silent"], "it does not stop by itself either");
}

#[tokio::test]
async fn a_task_that_blocks_its_thread_keeps_the_watchdog_hungry() {
    let scene = Scene::start(vec![idle("idle")]);
    let pulse = Pulse::new();
    scene.until(|board| board.snapshot().tasks.len() == 1).await;
    scene.board.enter_task("blocked", None, &pulse);
    pulse.fall_silent();
    assert!(!scene.board.is_fresh());
    pulse.beat();
    assert!(scene.board.is_fresh());
    assert_eq!(scene.end().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_task_that_fails_again_and_again_is_begun_again_and_again() {
    let failing = TaskSpec::new("failing", |_pulse, _stop| async { panic!("no") });
    let ending = TaskSpec::new("ending", |_pulse, _stop| async {});
    let scene = Scene::start(vec![failing, ending]);
    let many = |name| move |board: &Board| Scene::restarts(board, name).0 >= 12;
    scene.until(many("failing")).await;
    scene.until(many("ending")).await;
    let mut alarms = scene.alarms().await;
    alarms.sort_by(|a, b| a.subject.cmp(&b.subject));
    let said: Vec<_> = alarms.iter().map(|alarm| (alarm.detail.as_str(), alarm.level)).collect();
    assert_eq!(
        said,
        [
            ("ending ended without being asked to; started again", 2),
            ("failing panicked: no; started again", 2)
        ]
    );
    assert_eq!(scene.end().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_task_is_replaced_when_the_one_before_has_ended() {
    let noted = Arc::new(Mutex::new(Vec::new()));
    let task = |word: &'static str| {
        let noted = noted.clone();
        TaskSpec::new("one", move |_pulse, stop: CancellationToken| {
            let noted = noted.clone();
            async move {
                noted.lock().unwrap().push(format!("{word} begins"));
                stop.cancelled().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
                noted.lock().unwrap().push(format!("{word} ends"));
            }
        })
    };
    let scene = Scene::start(vec![task("old")]);
    scene.until(|_| noted.lock().unwrap().len() == 1).await;
    scene.orders.send(Order::Put(task("new"))).await.unwrap();
    scene.until(|_| noted.lock().unwrap().len() == 3).await;
    assert_eq!(noted.lock().unwrap()[..], ["old begins", "old ends", "new begins"]);
    scene.orders.send(Order::Drop("one".into())).await.unwrap();
    scene.until(|board| board.snapshot().tasks.is_empty()).await;
    assert_eq!(noted.lock().unwrap().len(), 4);
    assert_eq!(scene.alarms().await, []);
    scene.end().await;
}
