//! What cannot be judged is not judged.

use graph_sandbox::{Fault, FaultKind};
use mediakeep::archive::report::ProblemKind;

use crate::stand::Stand;

/// The outage of May 2026: for days every item answered 100/33 while the lists went on.
#[tokio::test(flavor = "multi_thread")]
async fn days_in_which_no_item_answers_make_nothing_gone() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(7);
    stand.world().unlist(&post).unwrap();
    stand.sandbox.inject(Fault::new(FaultKind::Nodes100_33));
    for _ in 0..6 {
        stand.pass_hours(24);
        let report = stand.sync().await;
        assert_eq!(report.worst(), Some(ProblemKind::Blind), "{report:#?}");
        assert_eq!(stand.state(&post), "missing");
    }
    assert!(stand.sandbox.fired(FaultKind::Nodes100_33) > 0);
    assert_eq!(stand.life(&post), ["missing"]);
    stand.sandbox.clear_faults();
    stand.pass_hours(24);
    stand.sync().await;
    assert_eq!(stand.state(&post), "unlisted");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_between_the_controls_makes_the_answer_worthless() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(7);
    stand.world().unlist(&post).unwrap();
    for _ in 0..3 {
        // The control before answers, then nothing does.
        stand.sandbox.inject(Fault::new(FaultKind::Nodes100_33).on("node").after(1));
        stand.pass_hours(25);
        stand.sync().await;
        stand.sandbox.clear_faults();
        assert_eq!(stand.state(&post), "missing");
    }
    assert!(stand.sandbox.fired(FaultKind::Nodes100_33) >= 6);
    assert_eq!(stand.count("SELECT count(*) FROM absence WHERE struck_at IS NOT NULL"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_dies_after_the_list_leaves_the_item_missing() {
    for kind in [FaultKind::TokenExpired463, FaultKind::Permission10, FaultKind::Transient2] {
        let stand = Stand::with_posts(20).await;
        let post = stand.photo(7);
        stand.world().delete(&post).unwrap();
        for _ in 0..3 {
            stand.sandbox.inject(Fault::new(kind).on("node"));
            stand.pass_hours(25);
            let report = stand.sync().await;
            stand.sandbox.clear_faults();
            assert_eq!(report.worst(), Some(ProblemKind::Blind), "{}: {report:#?}", kind.name());
            assert_eq!(stand.state(&post), "missing", "{}", kind.name());
        }
        assert!(stand.sandbox.fired(kind) > 0);
        stand.pass_hours(25);
        stand.sync().await;
        assert_eq!(stand.state(&post), "missing", "{}: the first look that counts", kind.name());
        stand.pass_hours(25);
        stand.sync().await;
        assert_eq!(stand.state(&post), "gone", "{}", kind.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_answers_for_another_account_in_the_end_proves_nothing() {
    let stand = Stand::with_posts(20).await;
    let post = stand.photo(7);
    stand.world().delete(&post).unwrap();
    stand.pass_hours(2);
    // The first question of the pass is answered well, the one after the walk is not.
    stand.sandbox.inject(Fault::new(FaultKind::WrongAccount).on("me").after(1));
    let report = stand.sync().await;
    assert!(stand.sandbox.fired(FaultKind::WrongAccount) > 0);
    assert_eq!(report.walks[1].reason, Some("other_account"));
    assert_eq!(stand.state(&post), "present");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_a_lost_permission_hides_is_not_called_gone() {
    let stand = Stand::with_posts(40).await;
    let reels = stand.count("SELECT count(*) FROM posts WHERE media_product_type = 'REELS'");
    assert!((2..=20).contains(&reels), "too few for the brake: {reels}");
    stand.sandbox.inject(Fault::new(FaultKind::HiddenKind).arg("media_product_type", "REELS"));
    for _ in 0..4 {
        stand.pass_hours(23);
        let report = stand.sync().await;
        assert_eq!(report.problems, [], "the other kinds are judged");
    }
    assert!(stand.sandbox.fired(FaultKind::HiddenKind) > 0);
    assert_eq!(stand.count("SELECT count(*) FROM absence WHERE struck_at IS NOT NULL"), reels);
    assert_eq!(stand.count("SELECT count(*) FROM events WHERE kind = 'gone'"), 0);
    stand.sandbox.clear_faults();
    stand.pass_hours(23);
    stand.sync().await;
    assert_eq!(stand.absent(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_posts_of_a_kind_are_gone_three_days_after_they_were_missed() {
    let stand = Stand::with_posts(40).await;
    let reels =
        stand.column("SELECT media_id FROM posts WHERE media_product_type = 'REELS' ORDER BY 1");
    assert!((2..=20).contains(&reels.len()), "too few for the brake: {}", reels.len());
    for reel in &reels {
        stand.world().delete(reel).unwrap();
    }
    for _ in 0..3 {
        stand.pass_hours(25);
        assert_eq!(stand.sync().await.problems, []);
        assert!(reels.iter().all(|reel| stand.state(reel) == "missing"), "two days at most");
    }
    stand.pass_hours(25);
    assert_eq!(stand.sync().await.problems, []);
    assert!(reels.iter().all(|reel| stand.state(reel) == "gone"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_that_does_not_answer_by_its_id_is_replaced_by_another() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(7);
    stand.world().delete(&post).unwrap();
    for kind in ["missing", "gone"] {
        // The first control does not answer, everything after it does.
        stand.sandbox.inject(Fault::new(FaultKind::Nodes100_33).on("node").times(1));
        stand.pass_hours(25);
        assert_eq!(stand.sync().await.problems, []);
        assert_eq!(stand.state(&post), kind);
        let questions = stand.column(&format!(
            "SELECT q.purpose || ' ' || q.outcome FROM question q JOIN event e USING (event_id)
             WHERE e.kind = '{kind}' ORDER BY q.question_id"
        ));
        let expected = [
            "control_before does_not_exist",
            "control_before exists",
            "item does_not_exist",
            "control_after exists",
        ];
        assert_eq!(questions, expected, "{kind}");
    }
    assert_eq!(stand.sandbox.fired(FaultKind::Nodes100_33), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_clock_alone_cannot_make_a_day_pass() {
    let stand = Stand::with_posts(20).await;
    let post = stand.photo(7);
    stand.world().delete(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    stand.jump_own_clock_hours(48);
    stand.sync_at_own_time().await;
    assert_eq!(stand.state(&post), "missing");
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(stand.state(&post), "gone");
}
