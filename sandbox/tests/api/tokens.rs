//! Tokens: how they travel, live, and end.

use graph_sandbox::{Edit, Login, Settings};
use reqwest::StatusCode;
use sha2::Sha256;

use super::support::{Lab, hex, settings};

const DAY: i64 = 86_400;

fn proof(secret: &str, token: &str) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(token.as_bytes());
    hex(&mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_token_travels_in_the_header_or_in_the_query() {
    let lab = Lab::new().await;
    assert!(lab.ig.token.starts_with("IGAA") && lab.fb.token.starts_with("EAA"));
    assert_eq!(lab.ig("/me").await.status, StatusCode::OK);
    let query = format!("/me?access_token={}", lab.ig.token);
    assert_eq!(lab.ask(Login::Instagram, &query, "").await.status, StatusCode::OK);
    let none = lab.ask(Login::Instagram, "/me", "").await;
    assert_eq!(none.error().0, 2500);
    assert!(none.message().starts_with("An active access token must be used"));
}

#[tokio::test]
async fn a_token_of_the_other_host_cannot_be_parsed() {
    let lab = Lab::new().await;
    for (login, token) in [(Login::Instagram, &lab.fb.token), (Login::Facebook, &lab.ig.token)] {
        let refused = lab.ask(login, "/me", token).await;
        assert_eq!(refused.error().0, 190);
        assert_eq!(refused.message(), "Invalid OAuth access token - Cannot parse access token");
    }
    let cut = &lab.ig.token[..40];
    assert_eq!(lab.ask(Login::Instagram, "/me", cut).await.error().0, 190);
}

#[tokio::test]
async fn another_accounts_token_answers_for_the_other_account() {
    let lab = Lab::with(Settings { instagram_accounts: 2, ..settings() }).await;
    let second = lab.sandbox.ready().accounts[1].clone();
    assert_eq!(second.login, Login::Instagram);
    let me = lab.ask(Login::Instagram, "/me?fields=user_id", &second.token).await.json();
    assert_eq!(me["user_id"], second.user_id.as_str());
    let foreign = lab.post(|_| true);
    let refused = lab.ask(Login::Instagram, &format!("/{}", foreign.id), &second.token).await;
    assert_eq!(refused.error(), (100, Some(33)));
    let list = format!("/{}/media", lab.ig.user_id);
    assert_eq!(lab.ask(Login::Instagram, &list, &second.token).await.error(), (100, Some(33)));
}

#[tokio::test]
async fn tokens_expire_sixty_days_after_they_were_issued() {
    let lab = Lab::new().await;
    lab.sandbox.clock().advance(49 * DAY);
    assert_eq!(lab.ig("/me").await.status, StatusCode::OK);
    lab.sandbox.clock().advance(DAY + 60);
    let ig = lab.ig("/me").await;
    assert_eq!((ig.status.as_u16(), ig.error()), (400, (190, Some(0))));
    assert!(ig.message().contains("Session has expired on "), "{}", ig.message());
    let fb = lab.fb("/{me}").await;
    assert_eq!((fb.status.as_u16(), fb.error()), (401, (190, Some(463))));
    assert!(
        fb.header("www-authenticate").starts_with("OAuth \"Facebook Platform\" \"invalid_token\"")
    );
    let page = lab.sandbox.world().page_token(&lab.fb.name).unwrap();
    let path = format!("/{}", lab.fb.user_id);
    assert_eq!(lab.ask(Login::Facebook, &path, &page).await.status, StatusCode::OK, "pages go on");
}

#[tokio::test]
async fn a_refresh_gives_sixty_days_to_a_token_that_is_a_day_old_and_alive() {
    let lab = Lab::new().await;
    let path = |token: &str| {
        format!("/refresh_access_token?grant_type=ig_refresh_token&access_token={token}")
    };
    lab.sandbox.clock().advance(20 * DAY);
    let answer = lab.ask(Login::Instagram, &path(&lab.ig.token), "").await;
    let fresh = answer.json();
    assert_eq!(answer.keys(), ["access_token", "token_type", "expires_in", "permissions"]);
    assert_eq!((&fresh["token_type"], &fresh["expires_in"]), (&"bearer".into(), &5_184_000.into()));
    let token = fresh["access_token"].as_str().unwrap();
    assert_ne!(token, lab.ig.token);
    let young = lab.ask(Login::Instagram, &path(token), "").await;
    assert_eq!((young.status, young.error()), (StatusCode::BAD_REQUEST, (100, None)));
    assert_eq!(lab.ig("/me").await.status, StatusCode::OK, "the old one goes on");
    lab.sandbox.clock().advance(45 * DAY);
    assert_eq!(lab.ask(Login::Instagram, "/me", token).await.status, StatusCode::OK);
    let dead = lab.ask(Login::Instagram, &path(&lab.ig.token), "").await;
    assert_eq!(dead.error().0, 190, "an expired token is never refreshed");
    let wrong = lab.ask(Login::Instagram, &path(&lab.fb.token), "").await;
    assert_eq!(wrong.message(), "Unsupported request - method type: get");
}

#[tokio::test]
async fn a_refresh_can_invalidate_the_old_token() {
    let lab = Lab::with(Settings { refresh_invalidates: true, ..settings() }).await;
    let path =
        format!("/refresh_access_token?grant_type=ig_refresh_token&access_token={}", lab.ig.token);
    let fresh = lab.ask(Login::Instagram, &path, "").await.json();
    assert_eq!(lab.ig("/me").await.error(), (190, Some(467)));
    let token = fresh["access_token"].as_str().unwrap();
    assert_eq!(lab.ask(Login::Instagram, "/me", token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn exchange_needs_the_apps_secret() {
    let lab = Lab::new().await;
    let fb = |secret: &str| {
        format!(
            "/v25.0/oauth/access_token?grant_type=fb_exchange_token&client_id={}&client_secret={secret}&fb_exchange_token={}",
            lab.fb.app_id, lab.fb.token
        )
    };
    let answer = lab.ask(Login::Facebook, &fb(&lab.fb.app_secret), "").await;
    assert_eq!(answer.keys(), ["access_token", "token_type", "expires_in"]);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(lab.ask(Login::Facebook, "/me", &token).await.status, StatusCode::OK);
    assert_eq!(lab.ask(Login::Facebook, &fb("wrong"), "").await.error().0, 1);
    let ig = format!(
        "/access_token?grant_type=ig_exchange_token&client_secret={}&access_token={}",
        lab.ig.app_secret, lab.ig.token
    );
    assert!(lab.ask(Login::Instagram, &ig, "").await.json()["access_token"].is_string());
}

#[tokio::test]
async fn debug_token_tells_the_app_what_a_token_is_worth() {
    let lab = Lab::new().await;
    let app = format!("{}%7C{}", lab.fb.app_id, lab.fb.app_secret);
    let path = |token: &str| format!("/debug_token?input_token={token}&access_token={app}");
    let data = lab.ask(Login::Facebook, &path(&lab.fb.token), "").await.json()["data"].clone();
    assert_eq!((&data["is_valid"], &data["type"]), (&true.into(), &"USER".into()));
    assert_eq!(data["app_id"], lab.fb.app_id.as_str());
    let left = data["expires_at"].as_i64().unwrap() - lab.sandbox.clock().now();
    assert!((49 * DAY..=50 * DAY).contains(&left));
    let page = lab.sandbox.world().page_token(&lab.fb.name).unwrap();
    let page = lab.ask(Login::Facebook, &path(&page), "").await.json()["data"].clone();
    assert_eq!((&page["expires_at"], &page["type"]), (&0.into(), &"PAGE".into()));
    lab.sandbox.world().change_password(&lab.fb.name).unwrap();
    let dead = lab.ask(Login::Facebook, &path(&lab.fb.token), "").await.json()["data"].clone();
    assert_eq!((&dead["is_valid"], &dead["error"]["subcode"]), (&false.into(), &460.into()));
    let stranger = format!("/debug_token?input_token=x&access_token={}", lab.fb.token);
    assert_eq!(lab.ask(Login::Facebook, &stranger, "").await.error().0, 100);
}

#[tokio::test]
async fn a_proof_is_checked_where_it_is_sent() {
    let lab = Lab::new().await;
    let good = proof(&lab.fb.app_secret, &lab.fb.token);
    let ok = lab.fb(&format!("/{{me}}?appsecret_proof={good}")).await;
    assert_eq!(ok.status, StatusCode::OK);
    let bad = lab.fb("/{me}?appsecret_proof=00ff").await;
    assert_eq!(bad.error().0, 100);
    assert!(bad.message().contains("Invalid appsecret_proof provided in the API argument"));
}

#[tokio::test]
async fn a_new_login_gives_a_new_token_after_the_old_one_died() {
    let lab = Lab::new().await;
    lab.sandbox.world().revoke(&lab.ig.name).unwrap();
    assert_eq!(lab.ig("/me").await.error(), (190, Some(458)));
    let token = lab.sandbox.world().new_token(&lab.ig.name).unwrap().token.unwrap();
    assert_eq!(lab.ask(Login::Instagram, "/me", &token).await.status, StatusCode::OK);
    assert_eq!(lab.sandbox.world().token(&lab.ig.name).as_deref(), Some(token.as_str()));
    let old = Edit::NewToken { account: lab.ig.name.clone(), age: 59 * DAY };
    let token = lab.sandbox.world().edit(old).unwrap().token.unwrap();
    lab.sandbox.clock().advance(2 * DAY);
    assert_eq!(lab.ask(Login::Instagram, "/me", &token).await.error().0, 190);
}
