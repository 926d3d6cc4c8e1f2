//! Field expansion, the order of keys, and fields that are not there.

use graph_sandbox::MediaKind;
use reqwest::StatusCode;

use super::support::{Lab, keys};

#[tokio::test]
async fn keys_come_in_the_order_they_were_asked_for_and_id_last() {
    let lab = Lab::new().await;
    let post = lab.post(|post| post.caption.is_some() && post.media_type == MediaKind::Image);
    let path = format!("/{}?fields=timestamp,%20caption%20,media_type", post.id);
    assert_eq!(lab.ig(&path).await.keys(), ["timestamp", "caption", "media_type", "id"]);
    let path = format!("/{}?fields=id,timestamp", post.id);
    assert_eq!(lab.ig(&path).await.keys(), ["id", "timestamp"]);
    assert_eq!(lab.ig(&format!("/{}", post.id)).await.keys(), ["id"]);
}

#[tokio::test]
async fn braces_may_be_percent_encoded_and_nest() {
    let lab = Lab::new().await;
    let album = lab.post(|post| post.media_type == MediaKind::Album);
    let path = format!("/{}?fields=children%7Bmedia_type%2Cowner%7Bid%2Cusername%7D%7D", album.id);
    let answer = lab.ig(&path).await.json();
    let children = answer["children"]["data"].as_array().unwrap();
    assert_eq!(children.len(), album.children.len());
    assert!(answer["children"].get("paging").is_none(), "children never page");
    assert_eq!(keys(&children[0]), ["media_type", "owner", "id"]);
    assert_eq!(children[0]["owner"]["username"], lab.ig.username.as_str());
    let ids: Vec<_> = children.iter().map(|child| child["id"].as_str().unwrap()).collect();
    let truth: Vec<_> = album.children.iter().map(|child| child.id.as_str()).collect();
    assert_eq!(ids, truth, "slides keep their order");
    assert_eq!(lab.ig(&format!("/{}/children", album.id)).await.ids(), truth);
}

#[tokio::test]
async fn a_field_named_twice_is_a_syntax_error() {
    let lab = Lab::new().await;
    for path in ["/me/media?fields=id,caption,id", "/me/media?fields=children{id,id}"] {
        let refused = lab.ig(path).await;
        assert_eq!((refused.status, refused.error().0), (StatusCode::BAD_REQUEST, 2500), "{path}");
        assert!(refused.message().contains("specified more than once"));
    }
    assert_eq!(lab.ig("/me/media?fields=id,children{id").await.error().0, 2500);
}

#[tokio::test]
async fn lists_expand_inside_an_account() {
    let lab = Lab::new().await;
    let me = lab.ig("/me?fields=username,media.limit(3){id,media_type}").await.json();
    assert_eq!(me["media"]["data"].as_array().unwrap().len(), 3);
    let next = me["media"]["paging"]["next"].as_str().unwrap();
    let second = lab.url(next).await;
    let ids = lab.sandbox.world().post_ids(&lab.ig.name);
    assert_eq!(second.ids(), ids[3..6]);
    let after = me["media"]["paging"]["cursors"]["after"].as_str().unwrap();
    let again = lab.ig(&format!("/me?fields=media.after({after}).limit(3){{id}}")).await.json();
    assert_eq!(again["media"]["data"][0]["id"], ids[3].as_str());
}

#[tokio::test]
async fn what_is_not_there_is_left_out_and_never_null() {
    let lab = Lab::new().await;
    let fields = "id,caption,media_type,media_product_type,media_url,thumbnail_url,like_count,comments_count,is_shared_to_feed,alt_text,current_live_viewer_count";
    let page = lab.ig(&format!("/me/media?fields={fields}&limit=100")).await;
    assert!(!page.text.contains("null"));
    let items = page.data();
    assert_eq!(items.len(), 60);
    for item in &items {
        let truth = lab.sandbox.world().item(item["id"].as_str().unwrap()).unwrap();
        assert_eq!(item.get("caption").map(|c| c.as_str().unwrap()), truth.caption.as_deref());
        assert_eq!(item.get("alt_text").map(|c| c.as_str().unwrap()), truth.alt_text.as_deref());
        let video = truth.media_type == MediaKind::Video;
        assert_eq!(item.get("thumbnail_url").is_some(), video);
        let reel = item["media_product_type"] == "REELS";
        assert_eq!(item.get("is_shared_to_feed").is_some(), reel);
        assert!(item.get("current_live_viewer_count").is_none());
    }
    let missing = |key: &str, kind: &str| {
        items.iter().filter(|item| item["media_type"] == kind && item.get(key).is_none()).count()
    };
    assert_eq!(missing("media_url", "VIDEO"), 1, "one reel is withheld");
    assert_eq!(missing("media_url", "IMAGE"), 0);
    assert!(missing("caption", "IMAGE") >= 1);
    assert_eq!(missing("like_count", "IMAGE"), 1, "one post hides its counts");
    assert!(items.iter().any(|item| item.get("alt_text").is_some()));
}

#[tokio::test]
async fn children_have_no_caption_and_no_counts() {
    let lab = Lab::new().await;
    let album = lab.post(|post| post.media_type == MediaKind::Album);
    let path = format!(
        "/{}?fields=id,caption,like_count,comments_count,is_comment_enabled,permalink,shortcode,username",
        album.children[0].id
    );
    assert_eq!(lab.ig(&path).await.keys(), ["id", "permalink", "shortcode", "username"]);
}

#[tokio::test]
async fn fields_for_other_kinds_of_media_fail_the_whole_request() {
    let lab = Lab::new().await;
    let photo = lab.fb_post(|post| post.media_type == MediaKind::Image);
    let fields = "fields=id,copyright_check_information";
    let refused = lab.fb(&format!("/{}?{fields}", photo.id)).await;
    assert_eq!(refused.error(), (9005, Some(1_452_042)));
    let video = lab.fb_post(|post| post.media_type == MediaKind::Video);
    let shown = lab.fb(&format!("/{}?{fields}", video.id)).await.json();
    assert!(shown["copyright_check_information"]["status"]["status"].is_string());
    assert_eq!(lab.fb("/{me}/media?fields=id,view_count").await.error().0, 36104);
    assert_eq!(lab.fb("/{me}/media?fields=id,video_title").await.error().0, 100);
    assert_eq!(lab.fb(&format!("/{{me}}/media?{fields}")).await.error().0, 9005);
}

#[tokio::test]
async fn shortcode_permalink_and_times_agree() {
    let lab = Lab::new().await;
    for item in
        lab.ig("/me/media?fields=shortcode,permalink,timestamp,media_product_type").await.data()
    {
        let code = item["shortcode"].as_str().unwrap();
        let kind = if item["media_product_type"] == "REELS" { "reel" } else { "p" };
        assert_eq!(item["permalink"], format!("https://www.instagram.com/{kind}/{code}/"));
        assert!(item["timestamp"].as_str().unwrap().ends_with("+0000"));
    }
}
