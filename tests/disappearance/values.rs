//! Better data is never replaced by worse.

use graph_sandbox::{Fault, FaultKind};

use crate::stand::Stand;

const EDITS: &str = "SELECT count(*) FROM changes WHERE field = 'caption'";

async fn stand_with_at_signs() -> Stand {
    let stand = Stand::with_posts(50).await;
    for nth in 0..10 {
        let text = format!("number {nth} with @harbor.lantern and @old.mill");
        stand.world().edit_caption(&stand.photo(nth), Some(&text)).unwrap();
    }
    stand.pass_hours(2);
    stand.sync().await;
    stand
}

#[tokio::test(flavor = "multi_thread")]
async fn at_signs_that_vanish_from_every_caption_are_one_event_and_no_edit() {
    let stand = stand_with_at_signs().await;
    let edits = stand.count(EDITS);
    stand.sandbox.inject(Fault::new(FaultKind::AtSignsStripped).on("media"));
    for _ in 0..3 {
        stand.pass_hours(2);
        stand.sync().await;
    }
    assert!(stand.sandbox.fired(FaultKind::AtSignsStripped) > 0);
    assert_eq!(stand.count(EDITS), edits);
    assert_eq!(stand.count("SELECT count(*) FROM events WHERE kind = 'observer_changed'"), 1);
    let kept = "SELECT count(*) FROM posts WHERE caption LIKE '%@harbor.lantern and @old.mill'";
    assert_eq!(stand.count(kept), 10);
    stand.sandbox.clear_faults();
    stand.pass_hours(2);
    stand.sync().await;
    assert_eq!(stand.count(EDITS), edits, "their return is no edit either");
    assert_eq!(stand.count(kept), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_signs_that_vanish_from_one_caption_of_many_are_an_edit() {
    let stand = stand_with_at_signs().await;
    let edits = stand.count(EDITS);
    let post = stand.photo(4);
    let edited = "number 4 with harbor.lantern and old.mill";
    stand.world().edit_caption(&post, Some(edited)).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    assert_eq!(stand.count(EDITS), edits + 1);
    assert_eq!(stand.text(&format!("SELECT caption FROM posts WHERE media_id = '{post}'")), edited);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caption_that_its_owner_removed_is_an_edit() {
    let stand = stand_with_at_signs().await;
    let post = stand.photo(4);
    stand.world().edit_caption(&post, None).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    let change = format!(
        "SELECT new_kind FROM changes WHERE media_id = '{post}' ORDER BY seen_at DESC LIMIT 1"
    );
    assert_eq!(stand.text(&change), "absent");
    assert_eq!(stand.text(&format!("SELECT caption FROM posts WHERE media_id = '{post}'")), "NULL");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_lost_what_no_item_loses_takes_nothing_away() {
    let stand = stand_with_at_signs().await;
    let (edits, captions) = (stand.count(EDITS), stand.count("SELECT count(caption) FROM posts"));
    for field in ["permalink", "caption"] {
        stand.sandbox.inject(Fault::new(FaultKind::WithheldField).on("media").arg("field", field));
        for _ in 0..2 {
            stand.pass_hours(2);
            stand.sync().await;
        }
        stand.sandbox.clear_faults();
        assert_eq!(stand.count(EDITS), edits, "{field}");
        assert_eq!(stand.count("SELECT count(caption) FROM posts"), captions, "{field}");
    }
    assert!(stand.sandbox.fired(FaultKind::WithheldField) > 0);
    let nothing = "SELECT count(*) FROM posts WHERE permalink IS NULL";
    assert_eq!(stand.count(nothing), 0);
}
