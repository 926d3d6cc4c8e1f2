//! Two personalities of one API.

use graph_sandbox::Login;
use reqwest::StatusCode;

use super::support::Lab;

#[tokio::test]
async fn me_is_the_account_on_instagram_and_the_person_on_facebook() {
    let lab = Lab::new().await;
    let ig = lab.ig("/me?fields=user_id,username,account_type,media_count").await;
    assert_eq!(ig.keys(), ["user_id", "username", "account_type", "media_count", "id"]);
    assert_eq!(ig.json()["user_id"], lab.ig.user_id.as_str());
    assert_ne!(ig.json()["id"], ig.json()["user_id"], "the plain id is app-scoped");
    let fb = lab.fb("/me").await.json();
    assert_ne!(fb["id"], lab.fb.user_id.as_str());
    let pages = lab
        .fb("/me/accounts?fields=id,name,access_token,instagram_business_account{id,username}")
        .await;
    let account = &pages.data()[0]["instagram_business_account"];
    assert_eq!(account["id"], lab.fb.user_id.as_str());
    assert_eq!(account["username"], lab.fb.username.as_str());
}

#[tokio::test]
async fn me_can_come_wrapped_in_a_list() {
    let lab =
        Lab::with(graph_sandbox::Settings { me_wrapped: true, ..super::support::settings() }).await;
    let me = lab.ig("/me?fields=user_id").await;
    assert_eq!(me.data()[0]["user_id"], lab.ig.user_id.as_str());
}

#[tokio::test]
async fn fields_of_one_host_do_not_exist_on_the_other() {
    let lab = Lab::new().await;
    for field in ["saved_count", "legacy_instagram_media_id", "boost_eligibility_info"] {
        let refused = lab.ig(&format!("/me/media?fields=id,{field}")).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, (100, None)));
        assert_eq!(refused.message(), format!("Tried accessing nonexisting field ({field})"));
        assert_eq!(refused.json()["error"]["type"], "IGApiException");
        assert_eq!(
            lab.fb(&format!("/{{me}}/media?fields=id,{field}")).await.status,
            StatusCode::OK
        );
    }
    let refused = lab.fb("/{me}?fields=user_id").await;
    assert_eq!(
        refused.message(),
        "(#100) Tried accessing nonexisting field (user_id) on node type (IGUser)"
    );
    assert_eq!(refused.json()["error"]["type"], "OAuthException");
    assert_eq!(lab.fb("/{me}/media?fields=nothing").await.error(), (100, None));
    assert_eq!(lab.ig("/me/collaborative_media").await.error(), (100, None));
    assert!(!lab.fb("/{me}/collaborative_media").await.data().is_empty());
}

#[tokio::test]
async fn error_answers_carry_a_challenge_and_answers_their_version() {
    let lab = Lab::new().await;
    let ok = lab.ig("/me").await;
    assert_eq!(ok.header("instagram-api-version"), "v25.0");
    assert_eq!(lab.fb("/me").await.header("facebook-api-version"), "v25.0");
    let unversioned = lab.ask(Login::Instagram, "/me", &lab.ig.token).await;
    assert_eq!(unversioned.header("instagram-api-version"), "v21.0", "the oldest still available");
    let expired = lab.ask(Login::Instagram, "/v12.0/me", &lab.ig.token).await;
    assert_eq!(
        (expired.status, expired.header("instagram-api-version")),
        (StatusCode::OK, "v21.0")
    );
    let bad = lab.ig("/me?fields=nope").await;
    assert_eq!(
        bad.header("www-authenticate"),
        "OAuth \"Facebook Platform\" \"invalid_request\" \"Tried accessing nonexisting field (nope)\""
    );
}

#[tokio::test]
async fn usage_headers_have_the_keys_of_each_host() {
    let lab = Lab::new().await;
    let ig: serde_json::Value =
        serde_json::from_str(lab.ig("/me").await.header("x-app-usage")).unwrap();
    assert_eq!(super::support::keys(&ig), ["call_volume", "cpu_time"]);
    let answer = lab.fb("/{me}").await;
    let fb: serde_json::Value = serde_json::from_str(answer.header("x-app-usage")).unwrap();
    assert_eq!(super::support::keys(&fb), ["call_count", "total_time", "total_cputime"]);
    let buc: serde_json::Value =
        serde_json::from_str(answer.header("x-business-use-case-usage")).unwrap();
    assert_eq!(buc[&lab.fb.user_id][0]["type"], "instagram");
}

#[tokio::test]
async fn business_discovery_shows_others_and_refuses_what_is_not_public() {
    let lab = Lab::new().await;
    let path = format!(
        "/{{me}}?fields=business_discovery.username({}){{username,media_count,media.limit(2){{id,view_count}}}}",
        lab.ig.username
    );
    let found = lab.fb(&path).await.json();
    assert_eq!(found["id"], lab.fb.user_id.as_str());
    let other = &found["business_discovery"];
    assert_eq!(other["media_count"], 60);
    assert_eq!(super::support::keys(&other["media"]["paging"]["cursors"]), ["after"]);
    assert!(other["media"]["paging"].get("next").is_none());
    let media = other["media"]["data"][0]["id"].as_str().unwrap();
    assert_eq!(lab.fb(&format!("/{media}")).await.error(), (100, Some(33)));
    let unknown = lab.fb("/{me}?fields=business_discovery.username(nobody.here){id}").await;
    assert_eq!(unknown.error(), (110, Some(2_207_013)));
    let named = |inner: &str| {
        format!("/{{me}}?fields=business_discovery.username({}){{{inner}}}", lab.ig.username)
    };
    assert_eq!(lab.fb(&named("live_media")).await.error().0, 36104);
    assert_eq!(lab.fb(&named("stories")).await.error().0, 10);
}

#[tokio::test]
async fn several_ids_come_in_one_object_and_fail_together() {
    let lab = Lab::new().await;
    let ids = lab.sandbox.world().post_ids(&lab.ig.name);
    let both = lab.ig(&format!("/?ids={},{}&fields=media_type", ids[0], ids[1])).await;
    assert_eq!(both.keys(), [ids[0].clone(), ids[1].clone()]);
    assert_eq!(both.json()[&ids[0]]["id"], ids[0].as_str());
    let one_bad = lab.ig(&format!("/?ids={},17000000000000000", ids[0])).await;
    assert_eq!((one_bad.status, one_bad.error().0), (StatusCode::BAD_REQUEST, 803));
    let many = vec![ids[0].clone(); 51].join(",");
    assert_eq!(lab.ig(&format!("/?ids={many}")).await.error().0, 100);
}

#[tokio::test]
async fn a_post_made_together_names_its_collaborators_on_facebook() {
    let lab = Lab::new().await;
    let mut found = 0;
    for item in lab.fb("/{me}/media?fields=collaborators&limit=100").await.data() {
        if let Some(list) = item.get("collaborators") {
            assert_eq!(list["data"][0]["invite_status"], "Accepted");
            let id = item["id"].as_str().unwrap();
            assert_eq!(lab.fb(&format!("/{id}/collaborators")).await.data().len(), 1);
            found += 1;
        }
    }
    assert_eq!(found, 1);
    let post = lab.post(|_| true);
    assert_eq!(lab.ig(&format!("/{}/collaborators", post.id)).await.error(), (100, None));
}

#[tokio::test]
async fn fields_that_need_more_permission_fail_the_whole_call() {
    let lab = Lab::new().await;
    let refused = lab.fb("/{me}?fields=username,owner_business").await;
    assert_eq!(refused.error(), (10, None));
    assert!(refused.message().starts_with("(#10)"));
}

#[tokio::test]
async fn paths_that_are_too_long_and_ids_that_are_no_numbers_are_refused() {
    let lab = Lab::new().await;
    let path = lab.fb("/{me}/insights/impressions/day").await;
    assert_eq!(path.error().0, 2500);
    assert_eq!(path.message(), "Unknown path components: /impressions/day");
    assert_eq!(lab.fb("/harbor").await.error().0, 803);
    assert_eq!(lab.ig("/harbor").await.error().0, 803);
    let missing = lab.ig("/18000000000000404").await;
    assert_eq!(missing.error(), (100, Some(33)));
    assert!(
        missing
            .message()
            .starts_with("Unsupported get request. Object with ID '18000000000000404'")
    );
}
