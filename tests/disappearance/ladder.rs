//! Down the ladder and up again.

use graph_sandbox::PostKind;

use crate::stand::Stand;

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_left_is_missing_at_first_and_gone_a_day_later() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(12);
    stand.world().delete(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    assert_eq!(stand.state(&post), "missing");
    assert_eq!(stand.life(&post), ["missing"]);
    for _ in 0..3 {
        stand.pass_hours(7);
        stand.sync().await;
        assert_eq!(stand.state(&post), "missing", "a day has not passed");
    }
    stand.pass_hours(5);
    let report = stand.sync().await;
    assert_eq!(report.problems, []);
    assert_eq!(stand.state(&post), "gone");
    assert_eq!(stand.life(&post), ["missing", "gone"]);
    assert_eq!(stand.absent(), 1, "nothing else took a step");
    let dates = "SELECT last_seen_at < first_missing_at AND first_missing_at < confirmed_at
        AND returned_at IS NULL AND state = 'gone' FROM disappeared";
    assert_eq!(stand.count(dates), 1);
    // The evidence: asked by id between two controls, twice, with the answers as they came.
    for kind in ["missing", "gone"] {
        let questions = stand.column(&format!(
            "SELECT q.purpose || ' ' || q.outcome FROM question q JOIN event e USING (event_id)
             WHERE e.kind = '{kind}' ORDER BY q.question_id"
        ));
        let expected = ["control_before exists", "item does_not_exist", "control_after exists"];
        assert_eq!(questions, expected, "{kind}");
    }
    let unkept = "SELECT count(*) FROM question q LEFT JOIN response r USING (response_id)
        WHERE r.body IS NULL OR r.is_pinned = 0";
    assert_eq!(stand.count(unkept), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_comes_back_is_present_again_and_its_absence_stays_on_record() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(3);
    stand.world().archive(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(stand.state(&post), "gone");
    stand.world().restore(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    assert_eq!(stand.state(&post), "present");
    assert_eq!(stand.life(&post), ["missing", "gone", "returned"]);
    assert_eq!(stand.text("SELECT state FROM disappeared"), "present");
    assert_ne!(stand.text("SELECT returned_at FROM disappeared"), "NULL");
    stand.world().archive(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    assert_eq!(stand.count("SELECT count(*) FROM disappeared"), 2, "each absence is a row");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_returns_before_the_second_look_was_never_gone() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(3);
    stand.world().archive(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    stand.world().restore(&post).unwrap();
    stand.pass_hours(30);
    stand.sync().await;
    assert_eq!(stand.life(&post), ["missing", "returned"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_answers_by_its_id_alone_is_unlisted() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(5);
    stand.world().unlist(&post).unwrap();
    for _ in 0..3 {
        stand.pass_hours(26);
        stand.sync().await;
        assert_eq!(stand.state(&post), "unlisted");
    }
    assert_eq!(stand.life(&post), ["unlisted"], "once, not at every walk");
    stand.world().delete(&post).unwrap();
    for _ in 0..2 {
        stand.pass_hours(2 * 26);
        stand.sync().await;
    }
    assert_eq!(stand.state(&post), "gone");
    assert_eq!(stand.life(&post), ["unlisted", "missing", "gone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slide_that_left_its_album_takes_the_same_steps() {
    let stand = Stand::with_posts(40).await;
    let posts = stand.world().posts(&stand.account());
    let album = posts.iter().find(|post| post.children.len() > 3).unwrap();
    let slide = album.children[1].id.clone();
    stand.world().delete(&slide).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    assert_eq!(stand.state(&slide), "missing");
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(stand.state(&slide), "gone");
    assert_eq!(stand.state(&album.id), "present");
    let control =
        "SELECT count(DISTINCT q.media_id) FROM question q JOIN items i ON i.media_id = q.media_id
        WHERE q.purpose = 'control_before' AND i.parent_id IS NOT NULL";
    assert_eq!(stand.count(control), 1, "a sister slide is the control");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_ends_by_itself_and_is_never_called_gone() {
    let stand = Stand::with_posts(10).await;
    stand.world().publish_story(&stand.account()).unwrap();
    stand.world().publish_story(&stand.account()).unwrap();
    let stories = stand.world().stories(&stand.account());
    let (removed, kept) = (stories[0].id.clone(), stories[1].id.clone());
    stand.pass_hours(4);
    stand.sync().await;
    stand.world().delete(&removed).unwrap();
    stand.pass_hours(4);
    stand.sync().await;
    assert_eq!(stand.state(&removed), "missing");
    assert_eq!(stand.state(&kept), "present");
    for _ in 0..3 {
        stand.pass_hours(12);
        stand.sync().await;
    }
    assert_eq!(stand.state(&kept), "expired");
    assert_eq!(stand.life(&kept), ["expired"]);
    assert_eq!(stand.state(&removed), "expired");
    assert_eq!(stand.count("SELECT count(*) FROM events WHERE kind = 'gone'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_post_that_appears_late_is_told_as_that() {
    let stand = Stand::with_posts(40).await;
    let at = stand.sandbox.clock().now() - 300 * 86_400;
    stand.pass_hours(2);
    stand.world().publish_at(&stand.account(), PostKind::Image, at).unwrap();
    stand.world().publish(&stand.account(), PostKind::Image).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    let late = stand.column("SELECT media_id FROM events WHERE kind = 'late_arrival'");
    assert_eq!(late.len(), 1, "the new one is no late arrival");
    let published =
        format!("SELECT published_at < '2026-01-01' FROM posts WHERE media_id = '{}'", late[0]);
    assert_eq!(stand.count(&published), 1);
}
