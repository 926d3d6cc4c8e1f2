//! What looking for the missing costs.

use graph_sandbox::{Edit, Fault, FaultKind, Settings as World};

use crate::stand::{Stand, world};

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

#[tokio::test(flavor = "multi_thread")]
async fn an_item_whose_answer_stays_unclear_is_asked_for_ever_more_rarely() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(7);
    stand.world().delete(&post).unwrap();
    let mut asked = Vec::new();
    for _ in 0..48 {
        // The control answers, the item's own answer is a fault that no pause mends.
        stand.sandbox.inject(Fault::new(FaultKind::Html200).on("node").after(1));
        stand.pass_hours(1);
        asked.push(stand.sync().await.calls > quiet(39));
        stand.sandbox.clear_faults();
    }
    let questions =
        |hours: std::ops::Range<usize>| asked[hours].iter().filter(|asked| **asked).count();
    eprintln!(
        "questions in the first day: {}, in the second: {}",
        questions(0..24),
        questions(24..48)
    );
    assert_eq!(stand.state(&post), "missing");
    assert!((3..=8).contains(&questions(0..24)), "{asked:?}");
    assert!((1..=3).contains(&questions(24..48)), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_account_is_asked_three_questions_a_walk_and_is_not_blind() {
    // The walks use less than half of what may be used, the questions reach beyond it.
    let stand = Stand::new(World { calls_per_hour: 16, ..world() }).await;
    stand.sync().await;
    let photos: Vec<String> = (0..5).map(|nth| stand.photo(3 + nth)).collect();
    for photo in &photos {
        stand.world().delete(photo).unwrap();
    }
    for struck in [3, 5] {
        stand.pass_hours(2);
        assert_eq!(stand.sync().await.problems, []);
        let query = "SELECT count(*) FROM absence WHERE struck_at IS NOT NULL";
        assert_eq!(stand.count(query), struck);
        assert_eq!(stand.text("SELECT state FROM accounts"), "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_walks_use_up_the_allowance_is_asked_nothing_and_is_not_blind() {
    // The account, the stories and four pages are six calls of seven: too many for a question.
    let stand = Stand::new(World { calls_per_hour: 7, ..world() }).await;
    stand.sync().await;
    let post = stand.photo(7);
    stand.world().delete(&post).unwrap();
    stand.pass_hours(2);
    assert_eq!(stand.sync().await.problems, []);
    assert_eq!(stand.state(&post), "missing");
    assert_eq!(stand.count("SELECT count(*) FROM question"), 0);
}
