//! Answers that are odd without being wrong cost nothing, or only themselves.

use graph_sandbox::{Fault, FaultKind};
use mediakeep::domain::{Edge, Field, Login, MediaType};
use mediakeep::graph::Page;

use crate::stand::{Stand, items, request, walk};

/// The first page of all posts under a fault, and the same page without it.
async fn pages_under(fault: FaultKind) -> (Page, Page) {
    let stand = Stand::with_posts(12).await;
    let login = Login::Facebook;
    let client = stand.client(login);
    let first = request(login, Edge::Media, 100);
    let plain = client.page(&first).await.unwrap().value;
    stand.next(Fault::new(fault), "media");
    let odd = client.page(&first).await.unwrap().value;
    assert_eq!(stand.sandbox.fired(fault), 1, "{fault:?} did not fire");
    (odd, plain)
}

#[tokio::test]
async fn values_of_another_type_are_read_the_same() {
    let (odd, plain) = pages_under(FaultKind::WrongTypes).await;
    assert_eq!(odd.items.len(), plain.items.len());
    for (odd, plain) in odd.items.iter().zip(&plain.items) {
        assert_eq!(odd.id, plain.id);
        assert_eq!(
            (&odd.like_count, &odd.comments_count),
            (&plain.like_count, &plain.comments_count)
        );
        assert_eq!(odd.owner_id, plain.owner_id);
    }
}

#[tokio::test]
async fn null_is_not_absent() {
    let (odd, plain) = pages_under(FaultKind::NullFields).await;
    let nulls = |page: &Page| {
        let captions = page.items.iter().filter(|item| item.caption == Field::Null).count();
        let links = page.items.iter().filter(|item| item.thumbnail_url == Field::Null).count();
        captions + links
    };
    assert!(nulls(&odd) > 0);
    assert_eq!(nulls(&plain), 0);
}

#[tokio::test]
async fn an_item_without_a_usable_id_costs_only_itself() {
    for fault in [FaultKind::MissingId, FaultKind::OddIds] {
        let (odd, plain) = pages_under(fault).await;
        let first = &plain.items[0].id;
        assert!(odd.items.iter().all(|item| item.id != *first), "{fault:?}: the id was in order");
        assert_eq!(odd.items.len() + odd.unreadable.len(), plain.items.len(), "{fault:?}");
        let rest = odd.items.iter().rev().take(11).zip(plain.items.iter().rev());
        assert!(
            rest.clone().count() == 11 && rest.clone().all(|(odd, plain)| odd.raw == plain.raw)
        );
        for item in &odd.unreadable {
            assert!(item.raw.len() > 100 && !item.raw.contains("oh="), "{item:?}");
        }
    }
}

#[tokio::test]
async fn what_nobody_has_heard_of_is_kept() {
    let (odd, _) = pages_under(FaultKind::UnknownMediaType).await;
    let unheard = |kind: &Field<MediaType>| matches!(kind.value(), Some(MediaType::Other(_)));
    assert!(odd.items.iter().any(|item| unheard(&item.media_type)));
    let (odd, plain) = pages_under(FaultKind::ExtraFields).await;
    assert!(odd.items.iter().zip(&plain.items).any(|(odd, plain)| odd.raw.len() > plain.raw.len()));
}

#[tokio::test]
async fn headers_missing_or_broken_and_nests_cost_nothing() {
    for fault in [FaultKind::UsageAbsent, FaultKind::UsageMalformed, FaultKind::DeepJson] {
        let (odd, plain) = pages_under(fault).await;
        let ids = |page: &Page| page.items.iter().map(|item| item.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&odd), ids(&plain), "{fault:?}");
    }
}

#[tokio::test]
async fn short_and_empty_pages_do_not_end_a_list() {
    for fault in [FaultKind::ShortPages, FaultKind::EmptyPageWithNext] {
        let stand = Stand::with_posts(12).await;
        let login = Login::Instagram;
        stand.next(Fault::new(fault), "media");
        let pages = walk(&stand.client(login), &request(login, Edge::Media, 5)).await.unwrap();
        assert_eq!(stand.sandbox.fired(fault), 1, "{fault:?} did not fire");
        assert!(pages.iter().any(|page| page.items.len() < 5 && page.next.is_some()), "{fault:?}");
        assert_eq!(items(pages).len(), 12, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_for_someone_else_is_told() {
    let stand = Stand::with_posts(3).await;
    let login = Login::Instagram;
    stand.next(Fault::new(FaultKind::WrongAccount), "me");
    let facts = stand.client(login).account().await.unwrap().value;
    assert!(!facts.answers_for(&stand.account(login).user_id.parse().unwrap()), "{facts:?}");
    assert_eq!(stand.sandbox.fired(FaultKind::WrongAccount), 1);
}
