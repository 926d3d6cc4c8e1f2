//! Addresses that the API no longer gives.

use crate::stand::Stand;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_address_is_told_with_what_we_hold_and_so_is_its_return() {
    let stand = Stand::with_posts(12).await;
    stand.sync_with_files().await;
    let posts = stand.world().posts(&stand.account());
    let reel = posts.iter().find(|p| p.files.len() == 2 && p.files[0].offered).unwrap().id.clone();
    stand.world().withhold_media_url(&reel).unwrap();
    stand.pass_hours(2);
    stand.sync_with_files().await;
    let row = "SELECT role || ' ' || held || ' ' || (regained_at IS NULL) FROM lost_urls";
    assert_eq!(stand.column(row), ["media 1 1"]);
    let bytes = format!(
        "SELECT l.sha256 = f.sha256 FROM lost_urls l JOIN files f USING (media_id, role)
         WHERE media_id = '{reel}'"
    );
    assert_eq!(stand.count(&bytes), 1);
    assert_eq!(stand.life(&reel).last().unwrap(), "url_lost");
    stand.pass_hours(2);
    stand.sync_with_files().await;
    assert_eq!(stand.count("SELECT count(*) FROM lost_urls"), 1, "a loss is told once");
    stand.world().restore_media_url(&reel).unwrap();
    stand.pass_hours(2);
    stand.sync_with_files().await;
    assert_eq!(stand.column(row), ["media 1 0"]);
    assert_eq!(stand.life(&reel).last().unwrap(), "url_regained");
    assert_eq!(stand.state(&reel), "present");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_not_held_when_its_address_went_is_told_as_that() {
    let stand = Stand::with_posts(12).await;
    let post = stand.photo(2);
    stand.world().withhold_media_url(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    assert_eq!(stand.count("SELECT held FROM lost_urls"), 0);
    assert_eq!(stand.text("SELECT sha256 FROM lost_urls"), "NULL");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_never_there_is_absent_and_not_lost() {
    let stand = Stand::with_posts(40).await;
    for _ in 0..2 {
        stand.pass_hours(25);
        stand.sync().await;
    }
    assert!(stand.count("SELECT count(*) FROM events WHERE kind = 'url_absent'") > 0);
    assert_eq!(stand.count("SELECT count(*) FROM lost_urls"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_the_api_refuses_loses_no_address() {
    use graph_sandbox::{Fault, FaultKind};
    let stand = Stand::with_posts(12).await;
    let refused = Fault::new(FaultKind::NonexistingField).on("media").arg("field", "thumbnail_url");
    stand.sandbox.inject(refused);
    for _ in 0..3 {
        stand.pass_hours(25);
        stand.sync().await;
    }
    assert!(stand.sandbox.fired(FaultKind::NonexistingField) > 0);
    assert_eq!(stand.count("SELECT count(*) FROM lost_urls"), 0);
    assert_eq!(stand.count("SELECT count(*) FROM events WHERE kind = 'field_dropped'"), 1);
}
