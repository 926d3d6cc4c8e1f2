//! What is listed is what there is.

use graph_sandbox::{FileRole, ItemTruth, PostKind, Settings};
use mediakeep::domain::{Edge, Field, Login, Observation, Timestamp, Window};
use mediakeep::graph::{FieldSet, Limits, PageRequest};

use crate::stand::{Stand, items, request, walk};

const BOTH: [Login; 2] = [Login::Instagram, Login::Facebook];

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// Absent where there is none, never null.
fn field<T>(value: Option<T>) -> Field<T> {
    value.map_or(Field::Absent, Field::Value)
}

fn offers(truth: &ItemTruth, role: FileRole) -> bool {
    truth.files.iter().any(|file| file.role == role && file.offered)
}

fn assert_is(item: &Observation, truth: &ItemTruth) {
    let id = &truth.id;
    assert_eq!(item.id.as_str(), id);
    assert_eq!(item.media_type.value().unwrap().as_str(), word(truth.media_type), "{id}");
    assert_eq!(item.alt_text, field(truth.alt_text.clone()), "{id}");
    assert_eq!(item.permalink, Field::Value(truth.permalink.clone()), "{id}");
    assert_eq!(item.shortcode, Field::Value(truth.shortcode.clone()), "{id}");
    assert_eq!(item.published_at.value().map(|at| at.as_unix()), Some(truth.published_at), "{id}");
    assert_eq!(item.thumbnail_url.value().is_some(), offers(truth, FileRole::Thumbnail), "{id}");
    if !item.is_album() {
        assert_eq!(item.media_url.value().is_some(), offers(truth, FileRole::Media), "{id}");
    }
    if truth.parent_id.is_none() {
        assert_eq!(item.caption, field(truth.caption.clone()), "{id}");
        assert_eq!(item.media_product_type, Field::Value(word(truth.product)), "{id}");
        // Hidden counts are left out.
        let likes = item.like_count.value().copied().unwrap_or(truth.likes.try_into().unwrap());
        assert_eq!(u64::try_from(likes), Ok(truth.likes), "{id}");
    }
    let slides = item.children.value().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(slides.len(), truth.children.len(), "{id}");
    for (slide, truth) in slides.iter().zip(&truth.children) {
        assert_is(slide, truth);
    }
}

#[tokio::test]
async fn a_walk_lists_every_post_and_slide_of_both_hosts_as_it_is() {
    let stand = Stand::with_posts(60).await;
    for login in BOTH {
        let account = stand.account(login);
        let calls_before = stand.sandbox.counters().api_calls;
        let pages = walk(&stand.client(login), &request(login, Edge::Media, 17)).await.unwrap();
        assert_eq!(pages.len(), 4);
        assert_eq!(stand.sandbox.counters().api_calls - calls_before, 4, "one call per page");
        let listed = items(pages);
        let truth = stand.sandbox.world().posts(&account.name);
        assert_eq!(listed.len(), truth.len());
        for (item, truth) in listed.iter().zip(&truth) {
            assert_is(item, truth);
            assert_eq!(item.username, Field::Value(account.username.clone()));
        }
        let counted = listed.iter().filter(|item| item.like_count != Field::Absent).count();
        assert!(counted > listed.len() / 2, "{counted} posts have a count");
        assert!(listed.iter().any(Observation::is_album), "no album in the world");
        assert!(listed.iter().any(|item| item.media_url == Field::Absent), "no withheld reel");
        assert!(listed.iter().any(|item| item.caption == Field::Absent), "no bare post");
    }
    assert_eq!(stand.sandbox.counters().write_calls, 0);
}

#[tokio::test]
async fn an_unchanged_item_reads_the_same_days_later_and_by_its_id() {
    let stand = Stand::with_posts(20).await;
    for login in BOTH {
        let client = stand.client(login);
        let first = items(walk(&client, &request(login, Edge::Media, 100)).await.unwrap());
        stand.sandbox.clock().advance(3 * 86_400);
        let second = items(walk(&client, &request(login, Edge::Media, 100)).await.unwrap());
        let slides = |items: &[Observation]| {
            items.iter().filter_map(|item| item.children.value().cloned()).flatten().collect()
        };
        let (all_first, all_second): (Vec<_>, Vec<_>) =
            ([first.clone(), slides(&first)].concat(), [second.clone(), slides(&second)].concat());
        assert_eq!(all_first.len(), all_second.len());
        for (before, after) in all_first.iter().zip(&all_second) {
            assert_eq!(before.raw, after.raw);
            assert!(!before.raw.contains("oh=") && !before.raw.contains("127.0.0.1"));
        }
        let changed = all_first.iter().zip(&all_second).filter(|(a, b)| a.media_url != b.media_url);
        assert!(changed.count() > 10, "links were not signed anew");
        for listed in &second {
            let item = client.item(&listed.id, &FieldSet::for_item(login)).await.unwrap().value;
            assert_eq!((&item.id, &item.raw), (&listed.id, &listed.raw));
            assert_eq!(item.caption, listed.caption);
        }
    }
}

#[tokio::test]
async fn an_edit_changes_the_raw_item_and_a_count_does_not() {
    let stand = Stand::with_posts(3).await;
    let login = Login::Instagram;
    let world = stand.sandbox.world();
    let id = world.post_ids(&stand.account(login).name)[0].clone();
    let fields = FieldSet::for_item(login);
    let client = stand.client(login);
    let read = async || client.item(&id.parse().unwrap(), &fields).await.unwrap().value;
    let first = read().await;
    world.set_counts(&id, 4711, 3).unwrap();
    let counted = read().await;
    assert_eq!(counted.like_count, Field::Value(4711));
    assert_eq!(counted.raw, first.raw);
    world.edit_caption(&id, Some("new words")).unwrap();
    let edited = read().await;
    assert_eq!(edited.caption, Field::Value("new words".to_owned()));
    assert_ne!(edited.raw, first.raw);
    world.hide_counts(&id, true).unwrap();
    world.withhold_media_url(&id).unwrap();
    let withheld = read().await;
    assert_eq!((withheld.media_url, withheld.like_count), (Field::Absent, Field::Absent));
}

#[tokio::test]
async fn a_window_lists_what_lies_inside() {
    let stand = Stand::with_posts(40).await;
    for login in BOTH {
        let posts = stand.sandbox.world().posts(&stand.account(login).name);
        let since = Timestamp::from_unix(posts[30].published_at);
        let until = Timestamp::from_unix(posts[10].published_at);
        let window = Window { since, until };
        let first = PageRequest { window, ..request(login, Edge::Media, 7) };
        let listed = items(walk(&stand.client(login), &first).await.unwrap());
        let ids: Vec<_> = listed.iter().map(|item| item.id.as_str()).collect();
        let expected: Vec<_> = posts[10..=30].iter().map(|post| post.id.as_str()).collect();
        assert_eq!(ids, expected);
    }
}

#[tokio::test]
async fn stories_and_tags_are_listed_to_their_end() {
    let stand = Stand::with_posts(3).await;
    let world = stand.sandbox.world();
    for login in BOTH {
        let account = stand.account(login);
        for _ in 0..5 {
            world.add_tag(&account.name).unwrap();
            world.publish_story(&account.name).unwrap();
        }
        let client = stand.client(login);
        let stories = items(walk(&client, &request(login, Edge::Stories, 2)).await.unwrap());
        let truth = world.stories(&account.name);
        let ids: Vec<_> = truth.iter().map(|story| story.id.as_str()).collect();
        assert_eq!(stories.iter().map(|story| story.id.as_str()).collect::<Vec<_>>(), ids);
        assert!(stories.len() >= 5);
        let tags = items(walk(&client, &request(login, Edge::Tags, 2)).await.unwrap());
        assert!(tags.len() >= 5, "{}", tags.len());
        assert!(tags.iter().all(|tag| tag.owner_id == Field::Absent));
    }
}

#[tokio::test]
async fn a_token_answers_for_its_account_on_both_hosts() {
    for me_wrapped in [false, true] {
        let settings = Settings { posts: 3, me_wrapped, ..Settings::default() };
        let stand = Stand::of(settings, Limits::default()).await;
        for login in BOTH {
            let answer = stand.client(login).account().await.unwrap();
            let ready = stand.account(login);
            assert!(answer.value.answers_for(&ready.user_id.parse().unwrap()));
            assert_eq!(answer.value.username, Field::Value(ready.username.clone()));
            assert_eq!(answer.value.media_count, Field::Value(3));
            assert_eq!(answer.api_version.as_deref(), Some("v25.0"));
            assert!(answer.usage.percent().is_some() && answer.date.is_some());
        }
    }
}

#[tokio::test]
async fn an_album_published_between_two_walks_appears_with_its_slides() {
    let stand = Stand::with_posts(3).await;
    let login = Login::Facebook;
    let name = stand.account(login).name.clone();
    stand.sandbox.world().publish(&name, PostKind::Album).unwrap();
    let client = stand.client(login);
    let listed = items(walk(&client, &request(login, Edge::Media, 100)).await.unwrap());
    let truth = stand.sandbox.world().posts(&name);
    assert!(truth[0].children.len() > 1);
    assert_is(&listed[0], &truth[0]);
    assert!(listed[0].raw.contains("legacy_instagram_media_id"), "{}", listed[0].raw);
}
