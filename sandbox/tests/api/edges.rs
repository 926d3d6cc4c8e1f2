//! Stories, broadcasts, tags, comments and replies.

use graph_sandbox::{Edit, Fault, FaultKind, MediaKind};
use reqwest::StatusCode;

use super::support::{Lab, keys};

#[tokio::test]
async fn stories_leave_the_list_and_the_api_after_24_hours() {
    let lab = Lab::new().await;
    let fields = "fields=media_product_type,permalink,timestamp,like_count,comments_count";
    let stories = lab.ig(&format!("/me/stories?{fields}")).await;
    assert_eq!(stories.ids().len(), 3);
    let newest = &stories.data()[0];
    assert_eq!(newest["media_product_type"], "STORY");
    assert_eq!((&newest["like_count"], &newest["comments_count"]), (&0.into(), &0.into()));
    let prefix = format!("https://instagram.com/stories/{}/", lab.ig.username);
    assert!(newest["permalink"].as_str().unwrap().starts_with(&prefix));
    lab.sandbox.clock().advance(10 * 3600);
    assert_eq!(lab.ig("/me/stories").await.ids(), stories.ids()[..2]);
    let dead = lab.ig(&format!("/{}", stories.ids()[2])).await;
    assert_eq!((dead.status, dead.error()), (StatusCode::BAD_REQUEST, (100, Some(33))));
    lab.sandbox.clock().advance(24 * 3600);
    assert_eq!(lab.ig("/me/stories").await.text, r#"{"data":[]}"#);
    let fresh = lab.sandbox.world().publish_story(&lab.ig.name).unwrap();
    assert_eq!(lab.ig("/me/stories").await.ids(), [fresh.id()]);
}

#[tokio::test]
async fn a_broadcast_is_there_while_it_runs() {
    let lab = Lab::new().await;
    for (name, path, product) in [
        (&lab.ig.name, "/me/live_media?fields=media_type,media_product_type", "FEED"),
        (&lab.fb.name, "/{me}/live_media?fields=media_type,media_product_type", "LIVE"),
    ] {
        let ask = async || {
            if path.starts_with("/me") { lab.ig(path).await } else { lab.fb(path).await }
        };
        assert_eq!(ask().await.text, r#"{"data":[]}"#);
        let live = lab.sandbox.world().start_live(name).unwrap();
        let answer = ask().await;
        assert_eq!(answer.ids(), [live.id()]);
        assert_eq!(answer.data()[0]["media_type"], "BROADCAST");
        assert_eq!(answer.data()[0]["media_product_type"], product);
        lab.sandbox.world().end_live(name).unwrap();
        assert_eq!(ask().await.text, r#"{"data":[]}"#);
    }
}

#[tokio::test]
async fn tags_have_cursors_and_never_a_link() {
    let lab = Lab::new().await;
    let first = lab.ig("/me/tags?fields=id,username,owner&limit=2").await;
    assert_eq!(first.data().len(), 2);
    assert_eq!(keys(&first.json()["paging"]), ["cursors"]);
    assert_eq!(keys(&first.data()[0]), ["id", "username"], "others' owners stay hidden");
    let rest = lab.ig(&format!("/me/tags?limit=2&after={}", first.after())).await;
    assert_eq!(rest.data().len(), 1);
    let end = lab.ig(&format!("/me/tags?limit=2&after={}", rest.after())).await;
    assert_eq!(end.text, r#"{"data":[]}"#);
    let tag = lab.sandbox.world().add_tag(&lab.ig.name).unwrap();
    assert_eq!(lab.ig("/me/tags").await.ids()[0], tag.id());
}

#[tokio::test]
async fn comments_come_newest_first_fifty_at_most_and_end_without_paging() {
    let lab = Lab::new().await;
    let busy = lab.post(|post| post.comments > 60);
    let path = format!("/{}/comments?limit=100&fields=id,timestamp,username", busy.id);
    let first = lab.ig(&path).await;
    assert_eq!(first.data().len(), 50);
    assert_eq!(keys(&first.json()["paging"]), ["cursors", "next"]);
    assert_eq!(keys(&first.json()["paging"]["cursors"]), ["after"]);
    let last = lab.url(&first.next().unwrap()).await;
    assert!(last.json().get("paging").is_none());
    let mut times: Vec<String> = Vec::new();
    for comment in first.data().iter().chain(&last.data()) {
        times.push(comment["timestamp"].as_str().unwrap().to_owned());
    }
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]));
    let defaults = lab.ig(&format!("/{}/comments?limit=1", busy.id)).await;
    assert_eq!(keys(&defaults.data()[0]), ["timestamp", "text", "id"]);
}

#[tokio::test]
async fn replies_hang_under_their_comment_and_count() {
    let lab = Lab::new().await;
    let busy = lab.post(|post| post.comments > 60);
    let fields = "id,text,replies{id,text,parent_id,username,user}";
    let comments = lab.ig(&format!("/{}/comments?fields={fields}&limit=50", busy.id)).await;
    let with_reply =
        comments.data().into_iter().find(|comment| comment.get("replies").is_some()).unwrap();
    let reply = &with_reply["replies"]["data"][0];
    assert_eq!(reply["parent_id"], with_reply["id"]);
    assert_eq!(reply["username"], lab.ig.username.as_str());
    let id = with_reply["id"].as_str().unwrap();
    let direct = lab.ig(&format!("/{id}/replies?fields=id")).await;
    assert_eq!(direct.data()[0]["id"], reply["id"]);
    let node = lab.ig(&format!("/{}?fields=text", reply["id"].as_str().unwrap())).await;
    assert_eq!(node.json()["text"], reply["text"]);
    let expanded = lab.ig(&format!("/{}?fields=comments.limit(2){{text}}", busy.id)).await.json();
    assert_eq!(expanded["comments"]["data"].as_array().unwrap().len(), 2);
    assert!(expanded["comments"]["paging"]["next"].is_string());
}

#[tokio::test]
async fn an_app_without_access_sees_empty_comments_under_a_positive_count() {
    let lab = Lab::new().await;
    lab.sandbox
        .world()
        .edit(Edit::CommentsTrap { account: lab.ig.name.clone(), on: true })
        .unwrap();
    let busy = lab.post(|post| post.comments > 60);
    let trapped = lab.ig(&format!("/{}/comments", busy.id)).await;
    assert_eq!((trapped.status, trapped.data().len()), (StatusCode::OK, 0));
    assert_eq!(keys(&trapped.json()["paging"]), ["cursors"]);
    let count = lab.ig(&format!("/{}?fields=comments_count", busy.id)).await.json();
    assert!(count["comments_count"].as_u64().unwrap() > 60);
}

#[tokio::test]
async fn comments_without_the_permission_are_code_10() {
    let lab = Lab::new().await;
    let scopes = vec!["instagram_business_basic".to_owned()];
    lab.sandbox.world().edit(Edit::SetScopes { account: lab.ig.name.clone(), scopes }).unwrap();
    let post = lab.post(|post| post.comments > 0);
    let refused = lab.ig(&format!("/{}/comments", post.id)).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::FORBIDDEN, (10, None)));
    assert_eq!(lab.ig(&format!("/{}/insights?metric=reach", post.id)).await.error(), (10, None));
}

#[tokio::test]
async fn a_deleted_comment_is_gone_and_a_new_one_comes_first() {
    let lab = Lab::new().await;
    let post = lab.post(|post| post.comments > 1 && post.comments < 20);
    let world = lab.sandbox.world();
    let text = Some("read me".to_owned());
    let new = world.edit(Edit::AddComment { media: post.id.clone(), text }).unwrap();
    let listed = lab.ig(&format!("/{}/comments?fields=text", post.id)).await;
    assert_eq!(
        (listed.ids()[0].as_str(), &listed.data()[0]["text"]),
        (new.id(), &"read me".into())
    );
    world.edit(Edit::DeleteComment { comment: new.id().to_owned() }).unwrap();
    assert!(!lab.ig(&format!("/{}/comments", post.id)).await.ids().contains(&new.ids[0]));
    let after: Vec<String> = lab.ig(&format!("/{}/comments", post.id)).await.ids();
    for id in after {
        assert_eq!(lab.ig(&format!("/{id}")).await.json()["id"], id, "others are still found");
    }
}

#[tokio::test]
async fn an_image_has_an_empty_children_list_and_only_albums_the_field() {
    let lab = Lab::new().await;
    let image = lab.post(|post| post.media_type == MediaKind::Image);
    assert_eq!(lab.ig(&format!("/{}/children", image.id)).await.text, r#"{"data":[]}"#);
    let node = lab.ig(&format!("/{}?fields=id,children", image.id)).await;
    assert_eq!(node.keys(), ["id"]);
}

#[tokio::test]
async fn in_an_outage_nodes_fail_and_lists_work() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::Nodes100_33));
    let post = lab.post(|_| true);
    assert_eq!(lab.ig(&format!("/{}", post.id)).await.error(), (100, Some(33)));
    assert_eq!(lab.ig("/me/media").await.status, StatusCode::OK);
    assert_eq!(lab.ig("/me").await.status, StatusCode::OK);
    let other = lab.fb_post(|_| true);
    let refused = lab.fb(&format!("/{}", other.id)).await;
    assert_eq!(refused.message(), "Authorization Error");
    assert_eq!(refused.json()["error"]["type"], "GraphMethodException");
    assert_eq!(lab.sandbox.fired(FaultKind::Nodes100_33), 2);
}
