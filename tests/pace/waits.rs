//! Blocks that are waited out, blocks that are not, and what a restart remembers of them.

use std::time::Duration;

use graph_sandbox::{Fault, FaultKind, Settings as World};
use mediakeep::archive::report::ProblemKind;
use mediakeep::domain::retry::RetryPolicy;

use crate::stand::{Stand, busiest_hour, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_block_of_twenty_minutes_is_waited_out_and_the_walk_goes_on_where_it_was() {
    for kind in [FaultKind::ThrottleBuc, FaultKind::ThrottleApp, FaultKind::ThrottleUser] {
        let stand = Stand::new(World { posts: 60, ..world() }, RetryPolicy::patient()).await;
        let block = Fault::new(kind).on("media").after(3).times(1).arg("minutes", 20);
        stand.sandbox.inject(block);
        let begun = stand.clock.now();
        let (report, calls) = Box::pin(stand.play(stand.full(0))).await;
        assert_eq!(stand.sandbox.fired(kind), 1);
        assert_eq!(report.problems, [], "{report:#?}");
        let walk = &report.walks[0];
        assert_eq!((walk.outcome, walk.listed, walk.pages), ("complete", 60, 6));
        assert!(walk.coverage_from.is_some());
        let waited = stand.clock.now().since(begun);
        assert_eq!(waited, Duration::from_secs(20 * 60 + 1), "{kind:?}");
        let told: Vec<_> = stand.told.waits().into_iter().map(|(_, until)| until).collect();
        assert_eq!(told, [begun.plus(waited)]);
        assert_eq!(calls.len(), 8, "the account, six pages, and the one that was refused");
        assert_eq!(stand.sandbox.counters().calls_while_blocked, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_an_app_calls_while_it_is_blocked_not_even_after_a_restart() {
    let world = World { posts: 20, instagram_accounts: 2, shared_app: true, ..world() };
    let stand = Stand::new(world, RetryPolicy::default()).await;
    let block = Fault::new(FaultKind::ThrottleApp).on("media").times(1).arg("minutes", 20);
    stand.sandbox.inject(block);
    let first = stand.full(0).await;
    assert_eq!(first.worst(), Some(ProblemKind::Throttled), "{first:#?}");
    assert_eq!(stand.sandbox.fired(FaultKind::ThrottleApp), 1);
    let calls = stand.sandbox.counters().api_calls;
    let second = stand.full(1).await;
    assert_eq!((second.worst(), second.calls), (Some(ProblemKind::Throttled), 0));
    let stand = stand.restart(RetryPolicy::default()).await;
    for account in [1, 0] {
        let report = stand.recent(account).await;
        assert_eq!((report.worst(), report.calls), (Some(ProblemKind::Throttled), 0));
    }
    assert_eq!(stand.sandbox.counters().api_calls, calls, "asked while blocked");
    let shown = "SELECT group_concat(state || ' ' || blocked_until_at) FROM account";
    let until = "throttled 2026-04-06T10:20:01Z";
    assert_eq!(stand.text(shown), format!("{until},{until}"));
    stand.pass_minutes(21);
    for account in [0, 1] {
        assert_eq!(stand.full(account).await.problems, []);
    }
    assert_eq!(stand.sandbox.counters().calls_while_blocked, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_alone_stays_under_the_ceiling_of_its_account() {
    let small = World { calls_per_hour: 40, app_calls_per_hour: Some(100_000), ..world() };
    // The Instagram host speaks of the app alone, the Facebook host of the account, too.
    for world in [
        World { calls_per_hour: 40, app_calls_per_hour: None, ..world() },
        World { instagram_accounts: 0, facebook_accounts: 1, ..small },
    ] {
        let stand = Stand::new(world, RetryPolicy::patient()).await;
        let begun = stand.clock.now();
        let (report, calls) = Box::pin(stand.play(stand.full(0))).await;
        assert_eq!(report.problems, [], "{report:#?}");
        assert_eq!(report.walks[0].pages, 50);
        let minutes = stand.clock.now().since(begun).as_secs() / 60;
        eprintln!("50 pages at 40 an hour: {minutes} min, busiest {}", busiest_hour(&calls));
        assert_eq!(stand.sandbox.counters().calls_while_blocked, 0);
        assert!(busiest_hour(&calls) <= 36 + 1, "{calls:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_readable_header_a_budget_of_our_own_holds_and_survives_a_restart() {
    for kind in [FaultKind::UsageAbsent, FaultKind::UsageMalformed] {
        let stand = Stand::new(World { posts: 400, ..world() }, RetryPolicy::patient()).await;
        stand.sandbox.inject(Fault::new(kind));
        let (report, mut calls) = Box::pin(stand.play(stand.full(0))).await;
        assert!(stand.sandbox.fired(kind) > 0);
        assert_eq!((report.problems, report.calls), (vec![], 41));
        assert_eq!(calls.last(), Some(&0), "the budget was not used up so far");
        let stand = stand.restart(RetryPolicy::patient()).await;
        let (report, more) = Box::pin(stand.play(stand.full(0))).await;
        assert_eq!((report.problems, report.calls), (vec![], 41));
        calls.extend(more.into_iter().skip(41));
        // 75 at once, then one every 48 seconds; what one process spent the next does not have.
        assert_eq!(calls.iter().filter(|at| **at == 0).count(), 75, "{calls:?}");
        assert_eq!(calls.last(), Some(&(7 * 48)), "{calls:?}");
    }
}
