//! The two writes, which every other test counts to zero.

use graph_sandbox::{Edit, Login, MediaKind};
use reqwest::{Method, StatusCode};

use super::support::Lab;

#[tokio::test]
async fn reading_is_never_counted_as_a_write() {
    let lab = Lab::new().await;
    lab.ig("/me/media").await;
    lab.fb("/me/accounts").await;
    assert_eq!(lab.sandbox.counters().write_calls, 0);
    assert_eq!(lab.sandbox.counters().api_calls, 2);
}

#[tokio::test]
async fn comments_are_switched_by_query_or_by_form() {
    let lab = Lab::new().await;
    let post = lab.post(|post| post.media_type == MediaKind::Image);
    let path = format!("/v25.0/{}?comment_enabled=false", post.id);
    let done = lab.send(Method::POST, Login::Instagram, &path, &lab.ig.token).await;
    assert_eq!(done.text, r#"{"success":true}"#);
    let field = format!("/{}?fields=is_comment_enabled", post.id);
    assert_eq!(lab.ig(&field).await.json()["is_comment_enabled"], false);
    let url = format!("{}/{}", lab.sandbox.ready().instagram_url, post.id);
    let form = [("comment_enabled", "true"), ("access_token", lab.ig.token.as_str())];
    assert!(lab.client.post(url).form(&form).send().await.unwrap().status().is_success());
    assert_eq!(lab.ig(&field).await.json()["is_comment_enabled"], true);
    let counters = lab.sandbox.counters();
    assert_eq!((counters.write_calls, counters.calls_by_route["comment_enabled"]), (2, 2));
}

#[tokio::test]
async fn facebook_deletes_posts_and_whole_albums_but_no_slides() {
    let lab = Lab::new().await;
    let album = lab.fb_post(|post| post.media_type == MediaKind::Album);
    let delete = async |id: &str, login: Login, token: &str| {
        lab.send(Method::DELETE, login, &format!("/v25.0/{id}"), token).await
    };
    let slide = delete(&album.children[0].id, Login::Facebook, &lab.fb.token).await;
    assert_eq!(slide.error(), (-1, Some(2_207_073)));
    assert_eq!(slide.json()["error"]["error_user_title"], "Media Type Not Supported");
    let gone = delete(&album.id, Login::Facebook, &lab.fb.token).await;
    assert_eq!(gone.json()["deleted_id"], album.id.as_str());
    assert_eq!(lab.fb(&format!("/{}", album.id)).await.error(), (100, Some(33)));
    let slide = lab.fb(&format!("/{}", album.children[0].id)).await;
    assert_eq!(slide.error(), (100, Some(33)), "its slides went with it");
    assert!(!lab.sandbox.world().post_ids(&lab.fb.name).contains(&album.id));
    let other = lab.post(|_| true);
    let refused = delete(&other.id, Login::Instagram, &lab.ig.token).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, (100, Some(33))));
    let counters = lab.sandbox.counters();
    assert_eq!((counters.write_calls, counters.calls_by_route["delete"]), (3, 3));
}

#[tokio::test]
async fn deleting_needs_its_permission_and_is_counted_when_refused() {
    let lab = Lab::new().await;
    let scopes = vec!["instagram_basic".to_owned()];
    lab.sandbox.world().edit(Edit::SetScopes { account: lab.fb.name.clone(), scopes }).unwrap();
    let post = lab.fb_post(|_| true);
    let path = format!("/v25.0/{}", post.id);
    let refused = lab.send(Method::DELETE, Login::Facebook, &path, &lab.fb.token).await;
    assert_eq!(refused.error(), (10, None));
    assert_eq!(lab.sandbox.counters().write_calls, 1);
    assert!(lab.sandbox.world().post_ids(&lab.fb.name).contains(&post.id));
}

#[tokio::test]
async fn batches_are_not_imitated() {
    let lab = Lab::new().await;
    let ig = lab.send(Method::POST, Login::Instagram, "/?batch=[]", &lab.ig.token).await;
    assert_eq!((ig.status, ig.text.as_str()), (StatusCode::OK, ""));
    let fb = lab.send(Method::POST, Login::Facebook, "/?batch=[]", &lab.fb.token).await;
    assert_eq!(fb.error().0, 3);
}
