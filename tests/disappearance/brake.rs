//! Very much at once is held.

use graph_sandbox::{Edit, Fault, FaultKind};
use mediakeep::archive::report::ProblemKind;
use mediakeep::catalog::WalkId;
use mediakeep::domain::Timestamp;

use crate::stand::Stand;

async fn thirty_of_sixty_left() -> Stand {
    let stand = Stand::with_posts(60).await;
    let account = stand.account();
    stand.world().edit(Edit::DeleteMany { account, count: 30 }).unwrap();
    stand.pass_hours(2);
    let report = stand.sync().await;
    assert_eq!(report.worst(), Some(ProblemKind::Held), "{report:#?}");
    assert_eq!(stand.absent(), 0, "nothing changes its state");
    assert_eq!(stand.count("SELECT items FROM holds WHERE ended_at IS NULL"), 30);
    stand
}

fn states(stand: &Stand) -> Vec<String> {
    stand.column(
        "SELECT state || ' ' || count(*) FROM posts WHERE edge = 'media' GROUP BY state ORDER BY state",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn another_complete_walk_a_day_later_ends_the_hold_and_the_ladder_begins() {
    let stand = thirty_of_sixty_left().await;
    let held_at = stand.text("SELECT max(held_at) FROM holds");
    stand.pass_hours(6);
    let calls = stand.sync().await;
    assert_eq!(states(&stand), ["present 60"], "too early: {calls:?}");
    stand.pass_hours(20);
    stand.sync().await;
    assert_eq!(states(&stand), ["missing 30", "present 30"]);
    assert_eq!(stand.text("SELECT ended_by FROM holds"), "confirmed");
    assert_eq!(stand.text("SELECT max(first_missing_at) FROM disappeared"), held_at);
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(states(&stand), ["gone 30", "present 30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_end_the_hold() {
    let stand = thirty_of_sixty_left().await;
    let walk = WalkId(stand.count("SELECT walk_id FROM holds"));
    let now: Timestamp = Timestamp::from_unix(stand.sandbox.clock().now()).unwrap();
    stand.archive.catalog.call(move |c| c.accept_walk(walk, now)).await.unwrap();
    assert_eq!(states(&stand), ["missing 30", "present 30"]);
    let again = stand.archive.catalog.call(move |c| c.accept_walk(walk, now)).await;
    assert!(again.is_err(), "a hold ends once");
    for _ in 0..2 {
        stand.pass_hours(25);
        stand.sync().await;
    }
    assert_eq!(states(&stand), ["gone 30", "present 30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_held_items_in_a_list_drops_the_hold() {
    let stand = Stand::with_posts(60).await;
    stand.sandbox.inject(Fault::new(FaultKind::EarlyEnd).on("media").times(1).after(2));
    stand.pass_hours(2);
    let report = stand.sync().await;
    assert_eq!(report.worst(), Some(ProblemKind::Held), "{report:#?}");
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(states(&stand), ["present 60"]);
    assert_eq!(stand.text("SELECT ended_by FROM holds"), "dropped");
    assert_eq!(stand.count("SELECT count(*) FROM events WHERE kind = 'missing'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_all_absent_at_once_are_held_too() {
    let stand = Stand::with_posts(60).await;
    let withheld = || Fault::new(FaultKind::WithheldField).on("media").arg("field", "media_url");
    stand.sandbox.inject(withheld());
    stand.pass_hours(2);
    let report = stand.sync().await;
    assert_eq!(report.worst(), Some(ProblemKind::Held), "{report:#?}");
    assert_eq!(stand.count("SELECT count(*) FROM lost_urls"), 0);
    stand.sandbox.clear_faults();
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(stand.count("SELECT count(*) FROM lost_urls"), 0, "it was a passing fault");
    assert_eq!(stand.text("SELECT ended_by FROM holds WHERE kind = 'url'"), "dropped");
    for _ in 0..2 {
        stand.sandbox.inject(withheld());
        stand.pass_hours(25);
        stand.sync().await;
    }
    assert!(stand.count("SELECT count(*) FROM lost_urls") > 60, "twice, a day apart, is believed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_lost_everything_is_held_when_that_is_much_and_blind_when_it_is_little() {
    for (posts, much) in [(30, true), (8, false)] {
        let stand = Stand::with_posts(usize::try_from(posts).unwrap()).await;
        let account = stand.account();
        stand.world().edit(Edit::DeleteMany { account, count: posts }).unwrap();
        for _ in 0..3 {
            stand.pass_hours(25);
            let report = stand.sync().await;
            let walk = &report.walks[1];
            assert_eq!((walk.outcome, walk.reason), ("complete", None), "{report:#?}");
        }
        let state = "SELECT DISTINCT state FROM posts WHERE edge = 'media'";
        assert_eq!(stand.column(state), ["missing"], "there is no control: nothing is gone");
        let holds = stand.count("SELECT count(*) FROM holds WHERE ended_by = 'confirmed'");
        assert_eq!(holds, i64::from(much));
        assert!(stand.text("SELECT state FROM accounts") == "blind", "and it says so");
    }
}
