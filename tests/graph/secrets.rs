//! No error, on any path, shows a token, a secret or the address of the request.

use std::error::Error;

use mediakeep::domain::{Edge, Login};
use mediakeep::graph::{Endpoint, FieldSet, GraphClient, GraphError, Kept, Limits, PageRequest};
use mediakeep::secret::AccessToken;

use crate::script::{Act, Api, TOKEN, answer, client, first_page, impatient, message, ok};

/// Everything that a log could print of an error.
fn printed(error: &GraphError) -> String {
    let mut parts = vec![format!("{error:#?}")];
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        parts.push(format!("{error}\n{error:?}"));
        cause = error.source();
    }
    parts.join("\n")
}

fn assert_clean(text: &str) {
    for secret in
        ["CANARY", "appsecret_proof=", "6a202b93f9a6a316", "?fields", "fields=", "http://127"]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn no_error_shows_a_secret_or_an_address() {
    let leak = format!("https://graph.facebook.com/me?access_token={TOKEN}&x=1 and {TOKEN}");
    let envelope = format!(
        r#"{{"error":{{"message":"Malformed access token {TOKEN}: {leak} EAAanothersCANARYtoken1","type":"OAuthException","code":190,"fbtrace_id":"{TOKEN}","error_user_msg":"{leak}"}}}}"#
    );
    let acts = || {
        vec![
            answer("400 Bad Request", &[], &envelope),
            answer("400 Bad Request", &[], &format!(r#"{{"error":"{leak}"}}"#)),
            answer("302 Found", &[&format!("location: /?access_token={TOKEN}")], &leak),
            answer("502 Bad Gateway", &[], &format!("<html>{leak}</html>")),
            ok(&leak),
            ok(&format!("\"{TOKEN}\"")),
            ok(&format!(r#"{{"{TOKEN}":1,"data":"{leak}"}}"#)),
            ok(&format!(r#"{{"data":[],"paging":{{"next":"https://h/?t={TOKEN}"}}}}"#)),
            ok(&format!(r#"{{"id":"{TOKEN}"}}"#)),
            Act::Send(message("200 OK", &[&format!("x-app-usage: {TOKEN}")], b"{", 100)),
            Act::Send(format!("HTTP/1.1 {TOKEN}\r\n\r\n").into_bytes()),
            Act::Stall(format!("HTTP/1.1 200 OK\r\nx: {TOKEN}\r\n").into_bytes()),
            Act::Send(message("200 OK", &[], &vec![b' '; 200_000], 200_000)),
        ]
    };
    let count = acts().len();
    let limits = Limits { body: 100_000, ..impatient() };
    for login in [Login::Instagram, Login::Facebook] {
        let page = Api::playing(acts()).await;
        let item = Api::playing(acts()).await;
        let account = Api::playing(acts()).await;
        let fields = FieldSet::for_item(login);
        let id = "18000000000000003".parse().unwrap();
        let after = {
            let body = r#"{"data":[],"paging":{"cursors":{"after":"A"},"next":"x"}}"#;
            mediakeep::graph::Page::from_body(Edge::Media, body.as_bytes()).unwrap().next
        };
        let further = PageRequest { after, ..first_page(Edge::Media) };
        for _ in 0..count {
            let errors = [
                page.client_within(login, limits).page(&further).await.unwrap_err(),
                item.client_within(login, limits).item(&id, &fields).await.unwrap_err(),
            ];
            for error in &errors {
                assert_clean(&printed(error));
            }
            // An account is whatever has an id: that answer alone is no error.
            match account.client_within(login, limits).account().await {
                Ok(answer) => assert_clean(&format!("{answer:?}")),
                Err(error) => assert_clean(&printed(&error)),
            }
        }
        for api in [page, item, account] {
            assert_eq!(api.requests().len(), count);
        }
    }
}

/// What is kept may say what was asked for, and nothing that opens anything.
fn assert_holds_no_secret(kept: &Kept) {
    assert!(!kept.request.contains("proof"), "{}", kept.request);
    for text in [&kept.request, &kept.text] {
        for secret in ["CANARY", "6a202b93f9a6a316", "http", "oh=", "after=A"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn what_is_kept_of_a_question_and_its_answer_holds_no_secret() {
    let item = format!(
        r#"{{"id":"18000000000000003","caption":"{TOKEN}","media_url":"https://h.fbcdn.net/x?oh=CANARY","owner":{{"id":"1","paging":{{"cursors":{{"after":"CANARY"}},"next":"https://h/?access_token={TOKEN}"}}}}}}"#
    );
    let refused = format!(
        r#"{{"error":{{"message":"Malformed access token {TOKEN} EAAanothersCANARYtoken1 at /?access_token={TOKEN}","code":100,"error_subcode":33,"{TOKEN}":"appsecret_proof=CANARY"}}}}"#
    );
    let page = format!(
        r#"{{"data":[],"paging":{{"cursors":{{"after":"CANARY"}},"next":"https://h/?access_token={TOKEN}&after=CANARY"}},"summary":{{"access_token":"CANARY"}}}}"#
    );
    for login in [Login::Instagram, Login::Facebook] {
        let account = r#"{"id":"17841400000000111"}"#;
        let api = Api::playing(vec![
            ok(&page),
            ok(&page),
            ok(&item),
            ok(account),
            answer("400 Bad Request", &[], &refused),
        ])
        .await;
        let client = api.client(login);
        let id = "18000000000000003".parse().unwrap();
        let fields = FieldSet::for_item(login);
        let first = client.page(&first_page(Edge::Media)).await.unwrap();
        let after = first.value.next.clone();
        let second =
            client.page(&PageRequest { after, ..first_page(Edge::Media) }).await.unwrap().kept;
        let item = client.item(&id, &fields).await.unwrap().kept;
        let account = client.account().await.unwrap().kept;
        let error = client.item(&id, &fields).await.unwrap_err();
        let refused = error.kept().unwrap();
        for kept in [&first.kept, &second, &item, &account, refused] {
            assert_holds_no_secret(kept);
            assert!(kept.request.starts_with("GET /v25.0/"), "{}", kept.request);
            assert!(!kept.text.is_empty());
        }
        assert!(!first.kept.request.contains("after"), "{}", first.kept.request);
        assert!(second.request.contains("/media?fields=id,"), "{}", second.request);
        assert!(second.request.ends_with("&limit=100&after=…"), "{}", second.request);
        assert_eq!(
            second.text,
            r#"{"data":[],"summary":{"access_token":"[redacted]"},"paging":{"next":true}}"#
        );
        assert!(refused.request.starts_with("GET /v25.0/18000000000000003?fields="));
        assert!(refused.text.contains(r#""code":100,"error_subcode":33"#), "{}", refused.text);
        assert_eq!((item.status, refused.status), (200, 400));
    }
}

#[tokio::test]
async fn no_error_of_the_connection_shows_a_secret_or_an_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for base in [format!("http://127.0.0.1:{port}"), format!("https://127.0.0.1:{port}")] {
        let client = client(&base.parse().unwrap(), Login::Facebook, Limits::default());
        let error = client.page(&first_page(Edge::Media)).await.unwrap_err();
        assert!(matches!(error, GraphError::Transport { .. }));
        assert_clean(&printed(&error));
        assert_clean(&format!("{client:?}"));
    }
    let endpoint = Endpoint {
        login: Login::Instagram,
        base: "https://user:CANARY@graph.instagram.com/?access_token=CANARY".parse().unwrap(),
        version: "v25.0".to_owned(),
        user_id: "1".parse().unwrap(),
    };
    let token = AccessToken::new(TOKEN).unwrap();
    assert_clean(&printed(&GraphClient::new(endpoint, token, None).unwrap_err()));
}

#[tokio::test]
async fn what_an_answer_hands_on_holds_no_secret() {
    let body = format!(
        r#"{{"data":[{{"id":"1","caption":"my {TOKEN}","username":"{TOKEN}","{TOKEN}":"x","media_url":"https://h.cdninstagram.com/v.jpg?oh=00_AfCANARY","x":{{"paging":{{"next":"https://h/?access_token={TOKEN}"}}}}}},{{"broken":"https://h/?access_token=EAAanotherCANARY"}}],"paging":{{"cursors":{{"after":"A"}},"next":"https://h/?access_token={TOKEN}&after=A"}}}}"#
    );
    let api = Api::playing(vec![ok(&body)]).await;
    let answer = api.client(Login::Instagram).page(&first_page(Edge::Media)).await.unwrap();
    assert_eq!((answer.value.items.len(), answer.value.unreadable.len()), (1, 1));
    assert_clean(&format!("{answer:?}"));
    assert_eq!(answer.kept.status, 200);
    assert!(answer.kept.text.contains("\"id\":\"1\""), "{}", answer.kept.text);
    assert_holds_no_secret(&answer.kept);
    // The link alone keeps its signature, for the download, and does not print it.
    let link = answer.value.items[0].media_url.value().unwrap();
    assert!(link.expose().ends_with("?oh=00_AfCANARY"));
}
