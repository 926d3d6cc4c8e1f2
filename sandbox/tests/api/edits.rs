//! Edits of the world show in the next answer.

use graph_sandbox::{Edit, EditError, MediaKind, PostKind, State};
use reqwest::StatusCode;

use super::support::Lab;

#[tokio::test]
async fn a_published_post_is_listed_first_and_an_old_one_in_its_place() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let album = world.publish(&lab.ig.name, PostKind::Album).unwrap();
    let listed = lab.ig("/me/media?fields=media_type,children{id}&limit=1").await.data();
    assert_eq!(listed[0]["id"], album.id());
    assert_eq!(listed[0]["children"]["data"].as_array().unwrap().len(), 3);
    let third = world.posts(&lab.ig.name)[2].published_at;
    let old = world.publish_at(&lab.ig.name, PostKind::Reel, third - 1).unwrap();
    assert_eq!(lab.ig("/me/media").await.ids()[3], old.id());
    assert_eq!(lab.ig("/me?fields=media_count").await.json()["media_count"], 62);
}

#[tokio::test]
async fn archived_posts_hide_from_everything_and_unlisted_ones_from_lists_alone() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let ids = world.post_ids(&lab.ig.name);
    world.archive(&ids[0]).unwrap();
    world.unlist(&ids[1]).unwrap();
    world.delete(&ids[2]).unwrap();
    let listed = lab.ig("/me/media?limit=100").await.ids();
    assert_eq!(listed, ids[3..]);
    assert_eq!(lab.ig(&format!("/{}", ids[0])).await.error(), (100, Some(33)));
    assert_eq!(lab.ig(&format!("/{}", ids[1])).await.json()["id"], ids[1].as_str());
    assert_eq!(lab.ig(&format!("/{}", ids[2])).await.error(), (100, Some(33)));
    assert_eq!(world.taken_away(&lab.ig.name).len(), 3);
    world.restore(&ids[0]).unwrap();
    world.restore(&ids[1]).unwrap();
    assert!(matches!(world.restore(&ids[2]), Err(EditError::WrongKind(..))));
    let again = lab.ig("/me/media?limit=100").await.ids();
    assert_eq!(again[..2], ids[..2]);
    assert_eq!(world.item(&ids[2]).unwrap().state, State::Deleted);
}

#[tokio::test]
async fn texts_counts_and_names_change() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let post = lab.post(|post| post.media_type == MediaKind::Image && post.alt_text.is_some());
    let fields = format!("/{}?fields=caption,alt_text,like_count,comments_count,username", post.id);
    world.edit_caption(&post.id, None).unwrap();
    world.set_alt_text(&post.id, Some("A new text")).unwrap();
    world.set_counts(&post.id, 5, 6).unwrap();
    world.rename_account(&lab.ig.name, "harbor.beacon").unwrap();
    let seen = lab.ig(&fields).await.json();
    assert!(seen.get("caption").is_none());
    assert_eq!(
        (&seen["alt_text"], &seen["username"]),
        (&"A new text".into(), &"harbor.beacon".into())
    );
    assert_eq!((&seen["like_count"], &seen["comments_count"]), (&5.into(), &6.into()));
    world.hide_counts(&post.id, true).unwrap();
    assert_eq!(lab.ig(&fields).await.keys(), ["alt_text", "username", "id"]);
    assert_eq!(world.posts("harbor.lantern").len(), 60, "its name in edits stays");
}

#[tokio::test]
async fn slides_change_places_and_go() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let album = lab.post(|post| post.children.len() > 3);
    let path = format!("/{}/children", album.id);
    let before = lab.ig(&path).await.ids();
    world.reorder_children(&album.id).unwrap();
    let mut after = lab.ig(&path).await.ids();
    after.reverse();
    assert_eq!(after, before);
    world.delete(&before[0]).unwrap();
    assert_eq!(lab.ig(&path).await.ids().len(), before.len() - 1);
    assert_eq!(lab.ig(&format!("/{}", before[0])).await.status, StatusCode::BAD_REQUEST);
    let wrong =
        Edit::ReorderChildren { media: album.id.clone(), order: Some(vec![album.id.clone()]) };
    assert!(matches!(world.edit(wrong), Err(EditError::WrongKind(..))));
}

#[tokio::test]
async fn edits_name_what_does_not_exist() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    assert_eq!(world.archive("17").unwrap_err().to_string(), "there is no media \"17\"");
    let error = world.publish("nobody", PostKind::Image).unwrap_err();
    assert_eq!(error.to_string(), "there is no account \"nobody\"");
}

#[tokio::test]
async fn many_posts_can_go_at_once() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let gone = world.edit(Edit::DeleteMany { account: lab.ig.name.clone(), count: 30 }).unwrap();
    assert_eq!(gone.ids.len(), 30);
    assert_eq!(lab.ig("/me/media?limit=100").await.ids().len(), 30);
}

#[tokio::test]
async fn the_accounts_own_count_can_disagree_with_the_list() {
    let lab = Lab::new().await;
    let edit = Edit::SetCountOffset { account: lab.ig.name.clone(), offset: 7 };
    lab.sandbox.world().edit(edit).unwrap();
    assert_eq!(lab.ig("/me?fields=media_count").await.json()["media_count"], 67);
}
