//! Pages: their shapes, their ends, and what happens between two of them.

use graph_sandbox::{Fault, FaultKind, Login, Settings};
use reqwest::{StatusCode, Url};

use super::support::{Answer, EPOCH, Lab, keys, settings};

async fn walk(lab: &Lab, first: Answer) -> Vec<Answer> {
    let mut pages = vec![first];
    while let Some(next) = pages.last().unwrap().next() {
        assert!(pages.len() < 50, "the list does not end");
        pages.push(lab.url(&next).await);
    }
    pages
}

#[tokio::test]
async fn paging_has_the_observed_shape_on_every_page() {
    let lab = Lab::new().await;
    let pages = walk(&lab, lab.ig("/me/media").await).await;
    let sizes: Vec<usize> = pages.iter().map(|page| page.data().len()).collect();
    assert_eq!(sizes, [25, 25, 10], "25 is the default");
    let shapes: Vec<Vec<String>> = pages.iter().map(|page| keys(&page.json()["paging"])).collect();
    assert_eq!(
        shapes,
        [vec!["cursors", "next"], vec!["cursors", "next", "previous"], vec!["cursors", "previous"]]
    );
    for page in &pages {
        assert_eq!(keys(&page.json()["paging"]["cursors"]), ["before", "after"]);
    }
    let ids: Vec<String> = pages.iter().flat_map(Answer::ids).collect();
    assert_eq!(ids, lab.sandbox.world().post_ids(&lab.ig.name));
    let previous = pages[2].json()["paging"]["previous"].as_str().unwrap().to_owned();
    assert_eq!(lab.url(&previous).await.ids(), pages[1].ids());
}

#[tokio::test]
async fn the_only_page_has_cursors_and_an_empty_list_has_nothing() {
    let lab = Lab::new().await;
    let only = lab.ig("/me/media?limit=100").await.json();
    assert_eq!(keys(&only["paging"]), ["cursors"]);
    assert_eq!(keys(&only["paging"]["cursors"]), ["before", "after"]);
    let empty = Lab::with(Settings { posts: 0, ..settings() }).await;
    assert_eq!(empty.ig("/me/media").await.text, r#"{"data":[]}"#);
}

#[tokio::test]
async fn a_limit_over_100_is_cut_silently_and_nonsense_is_refused() {
    let lab = Lab::with(Settings { posts: 130, ..settings() }).await;
    assert_eq!(lab.ig("/me/media?limit=500").await.data().len(), 100);
    assert_eq!(lab.ig("/me/media?limit=0").await.error().0, 100);
    assert_eq!(lab.ig("/me/media?limit=many").await.error().0, 100);
}

#[tokio::test]
async fn next_carries_the_token_although_it_came_in_a_header() {
    let lab = Lab::new().await;
    let ig = lab.ig("/me/media?fields=id,caption&limit=7").await.next().unwrap();
    let fb = lab.fb("/{me}/media?fields=id,caption&limit=7").await.next().unwrap();
    for (url, account, base) in
        [(&ig, &lab.ig, lab.base(Login::Instagram)), (&fb, &lab.fb, lab.base(Login::Facebook))]
    {
        assert!(url.starts_with(&format!("{base}/v25.0/{}/media?", account.user_id)), "{url}");
        let parsed = Url::parse(url).unwrap();
        let value = |name: &str| {
            parsed.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        assert_eq!(value("access_token").as_deref(), Some(account.token.as_str()));
        assert_eq!(value("limit").as_deref(), Some("7"));
        assert_eq!(value("fields").as_deref(), Some("id,caption"));
    }
    assert!(ig.contains("fields=id,caption") && !ig.contains("pretty="), "{ig}");
    assert!(fb.contains("fields=id%2Ccaption") && fb.contains("pretty=0"), "{fb}");
}

#[tokio::test]
async fn parameters_of_next_stand_in_no_stable_order() {
    let lab = Lab::new().await;
    let pages = walk(&lab, lab.ig("/me/media?fields=id&limit=5").await).await;
    let orders: std::collections::BTreeSet<Vec<String>> = pages
        .iter()
        .filter_map(Answer::next)
        .map(|url| {
            Url::parse(&url).unwrap().query_pairs().map(|(key, _)| key.into_owned()).collect()
        })
        .collect();
    assert!(orders.len() > 1, "{orders:?}");
}

#[tokio::test]
async fn next_may_name_a_newer_version_than_the_request() {
    let newer = Settings { next_version: Some("v26.0".to_owned()), ..settings() };
    let lab = Lab::with(newer).await;
    let next = lab.ig("/me/media").await.next().unwrap();
    assert!(next.contains("/v26.0/"), "{next}");
    assert_eq!(lab.url(&next).await.header("instagram-api-version"), "v26.0");
}

#[tokio::test]
async fn cursors_are_letters_and_digits_and_belong_to_one_list() {
    let lab = Lab::new().await;
    let after = lab.ig("/me/media?limit=3").await.after();
    assert!(after.starts_with("QVFIU") && after.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(lab.ig(&format!("/me/stories?after={after}")).await.error().0, 100);
    assert_eq!(lab.ig("/me/media?after=AAAA").await.error().0, 100);
}

#[tokio::test]
async fn a_cursor_dies_with_its_item() {
    let lab = Lab::new().await;
    let page = lab.ig("/me/media?limit=3").await;
    lab.sandbox.world().delete(page.ids().last().unwrap()).unwrap();
    let refused = lab.url(&page.next().unwrap()).await;
    assert_eq!((refused.status, refused.error().0), (StatusCode::BAD_REQUEST, 100));
}

#[tokio::test]
async fn since_and_until_include_both_ends_and_stay_in_next() {
    let lab = Lab::new().await;
    let posts = lab.sandbox.world().posts(&lab.ig.name);
    let (until, since) = (posts[5].published_at, posts[14].published_at);
    let path = format!("/me/media?fields=timestamp&limit=4&since={since}&until={until}");
    let pages = walk(&lab, lab.ig(&path).await).await;
    let ids: Vec<String> = pages.iter().flat_map(Answer::ids).collect();
    let truth: Vec<String> = posts[5..=14].iter().map(|post| post.id.clone()).collect();
    assert_eq!(ids, truth);
    let next = pages[0].next().unwrap();
    assert!(next.contains(&format!("since={since}")) && next.contains(&format!("until={until}")));
    assert_eq!(lab.ig("/me/media?since=whenever").await.error().0, 100);
    let dated = lab.ig("/me/media?since=2026-09-01&limit=100").await.data().len();
    let truth = posts.iter().filter(|post| post.published_at >= 1_788_220_800).count();
    assert_eq!(dated, truth);
}

#[tokio::test]
async fn a_post_published_between_two_pages_disturbs_nothing_by_itself() {
    let lab = Lab::new().await;
    let first = lab.ig("/me/media?limit=30").await;
    lab.sandbox.world().publish(&lab.ig.name, graph_sandbox::PostKind::Image).unwrap();
    let second = lab.url(&first.next().unwrap()).await;
    let truth = lab.sandbox.world().post_ids(&lab.ig.name);
    assert_eq!(second.ids(), truth[31..]);
}

#[tokio::test]
async fn an_item_shift_repeats_one_item_or_skips_one() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::ItemShift).times(1));
    let first = lab.ig("/me/media?limit=30").await;
    let second = lab.url(&first.next().unwrap()).await;
    assert_eq!(second.ids()[0], *first.ids().last().unwrap(), "the last one comes again");
    assert_eq!(lab.sandbox.world().post_ids(&lab.ig.name).len(), 61);
    lab.sandbox.inject(Fault::new(FaultKind::ItemShift).times(1).arg("by", -1));
    let before = lab.sandbox.world().post_ids(&lab.ig.name);
    let first = lab.ig("/me/media?limit=30").await;
    let second = lab.url(&first.next().unwrap()).await;
    assert_eq!(second.ids()[0], before[31], "one is skipped");
    assert_eq!(lab.sandbox.fired(FaultKind::ItemShift), 2);
}

#[tokio::test]
async fn an_empty_page_can_have_a_next_page() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::EmptyPageWithNext).on("media").times(2));
    let pages = walk(&lab, lab.ig("/me/media?limit=30").await).await;
    let sizes: Vec<usize> = pages.iter().map(|page| page.data().len()).collect();
    assert_eq!(sizes, [0, 0, 30, 30]);
    assert_eq!(keys(&pages[0].json()["paging"]), ["cursors", "next"]);
    assert_eq!(lab.sandbox.fired(FaultKind::EmptyPageWithNext), 2);
}

#[tokio::test]
async fn pages_can_be_short_without_being_the_last() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::ShortPages).times(1).arg("items", 4));
    let pages = walk(&lab, lab.ig("/me/media?limit=30").await).await;
    let sizes: Vec<usize> = pages.iter().map(|page| page.data().len()).collect();
    assert_eq!(sizes, [4, 30, 26]);
}

#[tokio::test]
async fn an_empty_end_hides_items_that_exist() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::EmptyEnd).after(1).times(1));
    let first = lab.ig("/me/media?limit=30").await;
    let end = lab.url(&first.next().unwrap()).await;
    assert_eq!((end.data().len(), end.next()), (0, None));
}

#[tokio::test]
async fn lists_can_lead_nowhere_new() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::RepeatedCursor).times(2));
    let first = lab.ig("/me/media?limit=10").await;
    let second = lab.url(&first.next().unwrap()).await;
    assert_eq!(second.ids(), first.ids());
    assert_eq!(second.after(), first.after());
    lab.sandbox.clear_faults();

    lab.sandbox.inject(Fault::new(FaultKind::CursorLoopAba));
    let a = lab.ig("/me/media?limit=10").await;
    let b = lab.url(&a.next().unwrap()).await;
    let again = lab.url(&b.next().unwrap()).await;
    let b_again = lab.url(&again.next().unwrap()).await;
    assert_eq!((again.ids(), b_again.ids()), (a.ids(), b.ids()));
    assert_ne!(a.ids(), b.ids());
    lab.sandbox.clear_faults();

    lab.sandbox.inject(Fault::new(FaultKind::EndlessPages));
    let mut seen = std::collections::BTreeSet::new();
    let mut page = lab.ig("/me/media?limit=50").await;
    for _ in 0..6 {
        assert!(seen.insert(page.after()), "every cursor is new");
        page = lab.url(&page.next().unwrap()).await;
    }
    for kind in [FaultKind::RepeatedCursor, FaultKind::CursorLoopAba, FaultKind::EndlessPages] {
        assert!(lab.sandbox.fired(kind) > 0, "{kind:?}");
    }
}

#[tokio::test]
async fn cursors_can_be_refused_and_order_can_be_wrong() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::InvalidCursor).times(1));
    let first = lab.ig("/me/media?limit=30").await;
    assert_eq!(lab.url(&first.next().unwrap()).await.error().0, 100);
    lab.sandbox.inject(Fault::new(FaultKind::DuplicateItems).times(1));
    let twice = lab.ig("/me/media?limit=5").await.ids();
    assert_eq!((twice.len(), &twice[0]), (6, &twice[1]));
    lab.sandbox.inject(Fault::new(FaultKind::OutOfOrder).times(1));
    let mixed = lab.ig("/me/media?limit=5").await.ids();
    assert_eq!(mixed[0], first.ids()[4]);
    lab.sandbox.inject(Fault::new(FaultKind::SinceUntilIgnored).times(1));
    let all = lab.ig(&format!("/me/media?limit=100&since={EPOCH}")).await.data();
    assert_eq!(all.len(), 60);
    lab.sandbox.inject(Fault::new(FaultKind::NextOtherHost).times(1));
    let elsewhere = lab.ig("/me/media").await.next().unwrap();
    assert!(elsewhere.starts_with("https://graph.example.net/"), "{elsewhere}");
}

#[tokio::test]
async fn only_the_ten_thousand_newest_media_are_reachable() {
    let big = Settings {
        posts: 10_050,
        album_share: 0.0,
        facebook_accounts: 1,
        instagram_accounts: 1,
        ..settings()
    };
    let lab = Lab::with(big).await;
    let truth = lab.sandbox.world().post_ids(&lab.ig.name);
    let mut seen = Vec::new();
    let mut page = lab.ig("/me/media?limit=100").await;
    for _ in 0..101 {
        seen.extend(page.ids());
        match page.next() {
            Some(next) => page = lab.url(&next).await,
            None => break,
        }
    }
    assert_eq!(seen.len(), 10_000);
    assert_eq!(seen, truth[..10_000]);
    assert_eq!(lab.ig("/me?fields=media_count").await.json()["media_count"], 10_050);
}
