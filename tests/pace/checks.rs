//! How often an account is asked for before its walks.

use graph_sandbox::{Edit, Fault, FaultKind, Settings as World};
use mediakeep::archive::report::ProblemKind;
use mediakeep::domain::retry::RetryPolicy;

use crate::stand::{Stand, world};

async fn stand() -> Stand {
    let stand = Stand::new(World { posts: 40, ..world() }, RetryPolicy::default()).await;
    let first = stand.full(0).await;
    assert_eq!(first.problems, [], "{first:#?}");
    stand
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_quiet_looks_asks_for_the_account_once() {
    let stand = stand().await;
    let before = stand.sandbox.counters();
    for _ in 0..96 {
        stand.pass_minutes(15);
        let report = stand.recent(0).await;
        assert_eq!((report.problems, report.walks[0].outcome), (vec![], "complete"));
    }
    let after = stand.sandbox.counters();
    let asked = |route: &str| after.calls_by_route[route] - before.calls_by_route[route];
    eprintln!(
        "a day of 96 quiet looks: {} calls, {} of them for the account (96 before)",
        after.api_calls - before.api_calls,
        asked("me")
    );
    assert_eq!((asked("me"), asked("media")), (1, 96));
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_the_token_makes_the_account_answer_for_itself_again() {
    let stand = stand().await;
    stand.pass_minutes(15);
    assert_eq!(stand.recent(0).await.calls, 1);
    stand.sandbox.inject(Fault::new(FaultKind::Checkpoint459).on("media").times(1));
    stand.pass_minutes(15);
    assert_eq!(stand.recent(0).await.worst(), Some(ProblemKind::Token));
    assert_eq!(stand.sandbox.fired(FaultKind::Checkpoint459), 1);
    stand.pass_minutes(15);
    assert_eq!(stand.recent(0).await.calls, 2);
    stand.pass_minutes(15);
    assert_eq!(stand.recent(0).await.calls, 1);
    // A new process knows of no answer.
    let stand = stand.restart(RetryPolicy::default()).await;
    assert_eq!(stand.recent(0).await.calls, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recent_list_that_comes_back_empty_is_believed_when_the_account_has_nothing() {
    let stand = stand().await;
    let account = stand.sandbox.ready().accounts[0].name.clone();
    stand.pass_minutes(15);
    let shown = stand.recent(0).await.walks[0].listed;
    assert!(shown > 0);
    stand.sandbox.world().edit(Edit::DeleteMany { account, count: 40 }).unwrap();
    stand.pass_minutes(15);
    let report = stand.recent(0).await;
    let walk = &report.walks[0];
    assert_eq!((walk.outcome, walk.reason, walk.listed), ("complete", None, 0), "{report:#?}");
    assert!(walk.coverage_from.is_some());
}
