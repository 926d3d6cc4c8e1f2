//! Lists that say less than there is: the failures that made other archives call living posts
//! deleted.

use graph_sandbox::{Fault, FaultKind};

use crate::stand::Stand;

/// Runs syncs a day apart while the fault is on, and one after it: no living item may have taken
/// a step that says more than that it was not listed, and all of them are present in the end.
async fn nothing_is_lost_to(fault: Fault, kind: FaultKind) {
    let stand = Stand::with_posts(35).await;
    let known = stand.count("SELECT count(*) FROM items WHERE edge = 'media'");
    for _ in 0..3 {
        stand.sandbox.inject(fault.clone());
        stand.pass_hours(25);
        stand.sync().await;
        stand.sandbox.clear_faults();
    }
    let name = kind.name();
    assert!(stand.sandbox.fired(kind) > 0, "{name} never fired");
    let verdicts = "SELECT count(*) FROM events e JOIN items i USING (media_id)
        WHERE e.kind IN ('gone', 'unlisted', 'unreachable') AND i.edge = 'media'";
    assert_eq!(stand.count(verdicts), 0, "{name}");
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(stand.absent(), 0, "{name}");
    assert!(stand.count("SELECT count(*) FROM items WHERE edge = 'media'") >= known, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_ends_early_with_nothing_amiss_is_disproved_by_its_own_items() {
    let early = Fault::new(FaultKind::EarlyEnd).on("media").times(1).after(2);
    nothing_is_lost_to(early.clone(), FaultKind::EarlyEnd).await;
    let stand = Stand::with_posts(35).await;
    stand.sandbox.inject(early);
    stand.pass_hours(2);
    let report = stand.sync().await;
    let walk = &report.walks[1];
    assert_eq!((walk.outcome, walk.reason), ("complete", Some("skipped_items")));
    assert_eq!(walk.coverage_from, None);
    assert_eq!(stand.absent(), 0);
    assert_eq!(stand.count("SELECT count(*) FROM events WHERE kind = 'walk_disproved'"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_in_the_middle_is_no_end() {
    let fault = Fault::new(FaultKind::EmptyPageWithNext).on("media").times(2);
    nothing_is_lost_to(fault, FaultKind::EmptyPageWithNext).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_end_is_not_believed() {
    nothing_is_lost_to(Fault::new(FaultKind::EmptyEnd).on("media"), FaultKind::EmptyEnd).await;
    let late = Fault::new(FaultKind::EmptyEnd).on("media").after(2);
    nothing_is_lost_to(late, FaultKind::EmptyEnd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_pages_are_no_end() {
    nothing_is_lost_to(Fault::new(FaultKind::ShortPages).on("media"), FaultKind::ShortPages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_a_shifting_list_skipped_is_looked_for_where_it_has_to_be() {
    let stand = Stand::with_posts(35).await;
    let before: Vec<String> = stand.world().post_ids(&stand.account());
    stand.pass_hours(2);
    let shift = Fault::new(FaultKind::ItemShift).on("media").times(1).arg("by", -1);
    stand.sandbox.inject(shift);
    stand.sync().await;
    stand.sandbox.clear_faults();
    assert_eq!(stand.sandbox.fired(FaultKind::ItemShift), 1);
    assert_eq!(stand.absent(), 0, "the walk was disproved");
    for _ in 0..2 {
        stand.pass_hours(25);
        stand.sync().await;
    }
    let left: Vec<String> = stand.world().post_ids(&stand.account());
    for id in before {
        let expected = if left.contains(&id) { "present" } else { "gone" };
        assert_eq!(stand.state(&id), expected, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lags_hides_only_what_is_not_claimed() {
    let lag = Fault::new(FaultKind::LateList).arg("seconds", 3_000);
    nothing_is_lost_to(lag, FaultKind::LateList).await;
    let stand = Stand::with_posts(10).await;
    stand.world().publish(&stand.account(), graph_sandbox::PostKind::Image).unwrap();
    stand.sync().await;
    let new = stand.photo(0);
    assert_eq!(stand.state(&new), "present");
    stand.sandbox.inject(Fault::new(FaultKind::LateList).arg("seconds", 3_000));
    stand.sync().await;
    assert!(stand.sandbox.fired(FaultKind::LateList) > 0);
    assert_eq!(stand.life(&new), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_out_of_order_and_in_circles_prove_nothing() {
    for kind in [
        FaultKind::OutOfOrder,
        FaultKind::RepeatedCursor,
        FaultKind::CursorLoopAba,
        FaultKind::EndlessPages,
        FaultKind::MissingId,
        FaultKind::DuplicateItems,
        FaultKind::InvalidCursor,
    ] {
        nothing_is_lost_to(Fault::new(kind).on("media"), kind).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_differs_is_learned_and_its_change_is_told_and_nothing_is_blocked() {
    let stand = Stand::with_posts(30).await;
    let account = stand.account();
    let offset = |offset| graph_sandbox::Edit::SetCountOffset { account: account.clone(), offset };
    assert_eq!(stand.text("SELECT count_offset FROM accounts"), "0");
    stand.world().edit(offset(4)).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    let told = "SELECT count(*) FROM events WHERE kind = 'count_differs'";
    assert_eq!(stand.count(told), 1);
    assert_eq!(stand.text("SELECT count_offset FROM accounts"), "0");
    for _ in 0..3 {
        stand.pass_hours(2);
        stand.sync().await;
    }
    assert_eq!(stand.text("SELECT count_offset FROM accounts"), "4");
    assert_eq!(stand.count(told), 1);
    let post = stand.photo(4);
    stand.world().delete(&post).unwrap();
    for _ in 0..2 {
        stand.pass_hours(25);
        stand.sync().await;
    }
    assert_eq!(stand.state(&post), "gone", "counts never stand in the way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_a_broken_walk_left_is_closed_by_a_whole_one() {
    let stand = Stand::with_posts(35).await;
    assert_eq!(stand.count("SELECT count(*) FROM gaps WHERE edge = 'media'"), 0);
    stand.sandbox.inject(Fault::new(FaultKind::Http503).on("media").after(1));
    stand.pass_hours(3);
    stand.sync().await;
    stand.sandbox.clear_faults();
    assert_eq!(stand.text("SELECT reason FROM gaps WHERE edge = 'media'"), "api");
    stand.pass_hours(3);
    stand.sync().await;
    assert_eq!(stand.count("SELECT count(*) FROM gaps WHERE edge = 'media'"), 0);
    let events = stand.column(
        "SELECT kind FROM events WHERE kind LIKE 'gap%' AND detail LIKE '%media%' ORDER BY id",
    );
    assert_eq!(events[events.len() - 2..], ["gap_opened", "gap_closed"]);
}
