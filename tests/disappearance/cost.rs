//! What looking for the missing costs.

use graph_sandbox::Edit;

use crate::stand::Stand;

/// Calls of a quiet pass of so many posts: the account, the stories, and pages of ten.
fn quiet(posts: u64) -> u64 {
    2 + posts.div_ceil(10)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_missing_costs_no_call() {
    let stand = Stand::with_posts(40).await;
    stand.pass_hours(2);
    assert_eq!(stand.sync().await.calls, quiet(40));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_missing_items_cost_five_questions_their_controls_and_the_account() {
    let stand = Stand::with_posts(40).await;
    let photos: Vec<String> = (0..5).map(|nth| stand.photo(3 + nth)).collect();
    for photo in &photos {
        stand.world().delete(photo).unwrap();
    }
    let kinds = stand.count(&format!(
        "SELECT count(DISTINCT media_product_type) FROM posts WHERE media_id IN ('{}')",
        photos.join("','")
    ));
    stand.pass_hours(2);
    let first = stand.sync().await.calls - quiet(35);
    assert_eq!(first, 1 + 5 + 2 * u64::try_from(kinds).unwrap());
    stand.pass_hours(2);
    assert_eq!(stand.sync().await.calls, quiet(35), "not due: no question");
    stand.pass_hours(24);
    assert_eq!(stand.sync().await.calls - quiet(35), first, "the second look");
    stand.pass_hours(24);
    assert_eq!(stand.sync().await.calls, quiet(35), "gone: nothing more to ask");
    eprintln!("0 missing: 0 calls; 5 missing of {kinds} kinds: {first} calls, twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_missing_items_cost_no_call_while_they_are_held_and_a_bounded_number_after() {
    let stand = Stand::with_posts(400).await;
    let account = stand.account();
    stand.world().edit(Edit::DeleteMany { account, count: 300 }).unwrap();
    stand.pass_hours(2);
    assert_eq!(stand.sync().await.calls, quiet(100));
    stand.pass_hours(25);
    let asked = stand.sync().await.calls - quiet(100);
    assert!((101..=120).contains(&asked), "a hundred questions at most: {asked}");
    assert_eq!(stand.count("SELECT count(*) FROM disappeared WHERE state = 'missing'"), 300);
}
