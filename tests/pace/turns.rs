//! Several accounts of one app that runs short.

use graph_sandbox::Settings as World;
use mediakeep::domain::retry::RetryPolicy;

use crate::stand::{Stand, busiest_hour, world};

fn shared(app_calls_per_hour: u32) -> World {
    World {
        instagram_accounts: 3,
        shared_app: true,
        app_calls_per_hour: Some(app_calls_per_hour),
        ..world()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_walk_of_a_large_account_lets_the_others_look_at_what_is_new() {
    const INTERVAL: i64 = 15 * 60;
    // The others need a quarter of the hour's calls; the walk wants more than half at once.
    let stand = Stand::new(shared(100), RetryPolicy::patient()).await;
    let done = std::sync::atomic::AtomicBool::new(false);
    let finished = || done.load(std::sync::atomic::Ordering::Relaxed);
    let begun = stand.clock.now();
    let looks_of = async |account: usize| {
        let mut longest = 0;
        let mut looks = 0;
        for tick in 0.. {
            let due = begun.plus(std::time::Duration::from_secs(900 * tick));
            stand.clock.sleep_until(due).await;
            if finished() {
                break;
            }
            let report = stand.recent(account).await;
            assert_eq!(report.problems, [], "{report:#?}");
            assert_eq!((report.walks[0].outcome, report.walks[0].pages), ("complete", 3));
            let took = stand.clock.now().since(due).as_secs();
            longest = longest.max(i64::try_from(took).unwrap());
            looks += 1;
        }
        (looks, longest)
    };
    let all = async {
        tokio::join!(
            async {
                let report = stand.full(0).await;
                done.store(true, std::sync::atomic::Ordering::Relaxed);
                (report, stand.clock.now().since(begun).as_secs() / 60)
            },
            looks_of(1),
            looks_of(2)
        )
    };
    let (((report, minutes), second, third), calls) = Box::pin(stand.play(all)).await;
    eprintln!(
        "50 pages in {minutes} min, {} calls in the busiest hour of 100; others: {second:?}, {third:?}",
        busiest_hour(&calls)
    );
    assert_eq!(report.problems, [], "{report:#?}");
    assert_eq!((report.walks[0].outcome, report.walks[0].pages), ("complete", 50));
    assert!(report.walks[0].coverage_from.is_some());
    assert!(minutes > 15, "the walk did not spread itself");
    for (looks, longest) in [second, third] {
        assert!(looks >= 2 && longest < INTERVAL, "{looks} looks, one took {longest} s");
    }
    let counters = stand.sandbox.counters();
    assert_eq!(counters.calls_while_blocked, 0, "{counters:?}");
    assert!(busiest_hour(&calls) <= 90 + 1, "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_full_walks_of_one_app_share_its_hour_evenly_and_all_end() {
    let world = World { posts: 200, ..shared(60) };
    let stand = Stand::new(world, RetryPolicy::patient()).await;
    let all = async { tokio::join!(stand.full(0), stand.full(1), stand.full(2)) };
    let ((one, two, three), calls) = Box::pin(stand.play(all)).await;
    let mut ends = Vec::new();
    for report in [one, two, three] {
        assert_eq!(report.problems, [], "{report:#?}");
        assert_eq!((report.walks[0].outcome, report.walks[0].pages), ("complete", 20));
        ends.push(report.finished_at.as_unix());
    }
    let apart = (ends.iter().max().unwrap() - ends.iter().min().unwrap()) / 60;
    eprintln!(
        "{} calls, {} in the busiest hour of 60, ends {apart} min apart",
        calls.len(),
        busiest_hour(&calls)
    );
    let counters = stand.sandbox.counters();
    assert_eq!(counters.calls_while_blocked, 0, "{counters:?}");
    assert!(busiest_hour(&calls) <= 54 + 1, "{calls:?}");
    // From the moment on that the app is short, nobody gets more than a third, give or take a turn.
    let shares = stand.shares.lock().unwrap();
    let in_turn = shares.iter().filter(|calls| {
        calls.values().sum::<u64>() >= 28 && calls.len() == 3 && calls.values().all(|n| *n < 20)
    });
    let in_turn: Vec<_> = in_turn.collect();
    assert!(in_turn.len() > 5, "{shares:?}");
    for calls in &in_turn {
        let since = calls.iter().map(|(account, calls)| calls - in_turn[0][account]);
        let share = since.clone().sum::<u64>().div_ceil(3);
        assert!(since.max().unwrap() <= share + 1, "{calls:?} since {:?}", in_turn[0]);
    }
    // Who is served in turn ends within a turn of the others: three pauses at most.
    assert!(apart <= 30, "ends {apart} minutes apart");
}
