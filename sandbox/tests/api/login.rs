//! A person logs in: the page, the code, the first token.

use graph_sandbox::{Login, Settings, TokenEnd};
use reqwest::StatusCode;
use url::Url;

use super::support::{Answer, Lab, answer, settings};

const BACK: &str = "https://museum.example/back";

/// The query of the page that begins a login of the account's own app.
fn page(lab: &Lab, login: Login, more: &[(&str, &str)]) -> String {
    let (account, path) = match login {
        Login::Instagram => (&lab.ig, "/oauth/authorize"),
        Login::Facebook => (&lab.fb, "/v25.0/dialog/oauth"),
    };
    let base = format!("{}{path}", lab.base(login));
    let query = [
        ("client_id", account.app_id.as_str()),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "instagram_basic"),
        ("state", "a state/1"),
    ];
    let query = query.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    Url::parse_with_params(&base, query.chain(more)).unwrap().to_string()
}

/// Where the browser is sent.
async fn back(lab: &Lab, login: Login, more: &[(&str, &str)]) -> Url {
    let sent = lab.url(&page(lab, login, more)).await;
    assert_eq!(sent.status, StatusCode::FOUND, "{}", sent.text);
    Url::parse(sent.header("location")).unwrap()
}

fn value(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
}

async fn redeem(lab: &Lab, login: Login, secret: &str, redirect: &str, code: &str) -> Answer {
    let form = |app: &str| {
        Url::parse_with_params(
            "http://x/",
            [
                ("client_id", app),
                ("client_secret", secret),
                ("redirect_uri", redirect),
                ("code", code),
                ("grant_type", "authorization_code"),
            ],
        )
        .unwrap()
        .query()
        .unwrap()
        .to_owned()
    };
    match login {
        Login::Instagram => {
            let url = format!("{}/oauth/access_token", lab.base(login));
            let request = lab.client.post(url).body(form(&lab.ig.app_id));
            answer(request.send().await.unwrap()).await
        }
        Login::Facebook => {
            let query = form(&lab.fb.app_id).replace("&grant_type=authorization_code", "");
            lab.ask(login, &format!("/v25.0/oauth/access_token?{query}"), "").await
        }
    }
}

#[tokio::test]
async fn a_login_ends_with_a_code_that_gives_one_short_token() {
    let lab = Lab::new().await;
    for (login, account) in [(Login::Instagram, &lab.ig), (Login::Facebook, &lab.fb)] {
        let back = back(&lab, login, &[]).await;
        assert_eq!(back.as_str().split('?').next(), Some(BACK));
        assert_eq!(value(&back, "state"), "a state/1");
        assert!(back.fragment().is_some_and(|mark| mark.starts_with('_')), "{back}");
        let code = value(&back, "code");
        let first = redeem(&lab, login, &account.app_secret, BACK, &code).await;
        let token = first.json()["access_token"].as_str().unwrap().to_owned();
        let path = format!("/{}", account.user_id);
        assert_eq!(lab.ask(login, &path, &token).await.status, StatusCode::OK);
        let again = redeem(&lab, login, &account.app_secret, BACK, &code).await;
        assert_eq!(again.status, StatusCode::BAD_REQUEST);
        match login {
            Login::Instagram => {
                assert_eq!(first.keys(), ["access_token", "user_id", "permissions"]);
                assert_eq!(again.json()["error_type"], "OAuthException");
                assert_eq!(again.json()["code"], 400);
            }
            Login::Facebook => {
                assert_eq!(first.keys(), ["access_token", "token_type", "expires_in"]);
                assert_eq!(again.error(), (100, Some(36_009)));
            }
        }
        lab.sandbox.clock().advance(3601);
        assert_eq!(lab.ask(login, &path, &token).await.error().0, 190, "an hour is its life");
    }
    assert_eq!(lab.sandbox.counters().write_calls, 0, "nothing was changed upstream");
}

#[tokio::test]
async fn a_code_is_good_for_its_app_and_its_redirect_address_alone() {
    let lab = Lab::new().await;
    for (login, account) in [(Login::Instagram, &lab.ig), (Login::Facebook, &lab.fb)] {
        let code = value(&back(&lab, login, &[]).await, "code");
        let refused = |answer: Answer| assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        refused(redeem(&lab, login, "wrong", BACK, &code).await);
        let other = format!("{BACK}/");
        refused(redeem(&lab, login, &account.app_secret, &other, &code).await);
        refused(redeem(&lab, login, &account.app_secret, BACK, "unknown").await);
        let good = redeem(&lab, login, &account.app_secret, BACK, &code).await;
        assert_eq!(good.status, StatusCode::OK, "a refused try does not use it up");
        let code = value(&back(&lab, login, &[]).await, "code");
        lab.sandbox.clock().advance(3601);
        refused(redeem(&lab, login, &account.app_secret, BACK, &code).await);
    }
}

#[tokio::test]
async fn a_person_may_refuse_or_be_somebody_else() {
    let lab = Lab::with(Settings { instagram_accounts: 2, ..settings() }).await;
    let denied = back(&lab, Login::Instagram, &[("deny", "1")]).await;
    assert_eq!(value(&denied, "error"), "access_denied");
    assert_eq!(value(&denied, "state"), "a state/1");
    let second = lab.sandbox.ready().accounts[1].clone();
    let other = back(&lab, Login::Instagram, &[("account", &second.name)]).await;
    let secret = &lab.ig.app_secret;
    let token = redeem(&lab, Login::Instagram, secret, BACK, &value(&other, "code")).await;
    let token = token.json()["access_token"].as_str().unwrap().to_owned();
    let me = lab.ask(Login::Instagram, "/me?fields=user_id", &token).await.json();
    assert_eq!(me["user_id"], second.user_id.as_str());
    let strange = lab.url(&page(&lab, Login::Instagram, &[("client_id", "1")])).await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
    let strange = lab.url(&page(&lab, Login::Instagram, &[("response_type", "token")])).await;
    assert_eq!(strange.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_short_token_of_a_login_is_exchanged_for_one_of_sixty_days() {
    let lab = Lab::new().await;
    let code = value(&back(&lab, Login::Instagram, &[]).await, "code");
    let short = redeem(&lab, Login::Instagram, &lab.ig.app_secret, BACK, &code).await.json();
    let path = format!(
        "/access_token?grant_type=ig_exchange_token&client_secret={}&access_token={}",
        lab.ig.app_secret,
        short["access_token"].as_str().unwrap()
    );
    let long = lab.ask(Login::Instagram, &path, "").await.json();
    assert_eq!(long["expires_in"], 5_184_000);
    lab.sandbox.clock().advance(59 * 86_400);
    let long = long["access_token"].as_str().unwrap();
    assert_eq!(lab.ask(Login::Instagram, "/me", long).await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_end_of_a_token_has_its_subcode() {
    let lab = Lab::new().await;
    for (end, subcode) in [
        (TokenEnd::Expired, 463),
        (TokenEnd::Revoked, 458),
        (TokenEnd::Checkpointed, 459),
        (TokenEnd::PasswordChanged, 460),
        (TokenEnd::Unconfirmed, 464),
        (TokenEnd::InvalidSession, 467),
        (TokenEnd::RoleLost, 492),
    ] {
        for (login, account) in [(Login::Instagram, &lab.ig), (Login::Facebook, &lab.fb)] {
            let token = lab.sandbox.world().new_token(&account.name).unwrap().token.unwrap();
            lab.sandbox.world().end_token(&account.name, end).unwrap();
            let path = format!("/{}", account.user_id);
            // The Instagram host has no subcode for an expired session (observed).
            let expected = match (end, login) {
                (TokenEnd::Expired, Login::Instagram) => 0,
                _ => subcode,
            };
            assert_eq!(
                lab.ask(login, &path, &token).await.error(),
                (190, Some(expected)),
                "{end:?}"
            );
        }
    }
}
