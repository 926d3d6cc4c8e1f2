//! What the client sends.

use mediakeep::domain::{Edge, Field, Login, Timestamp, Window};
use mediakeep::graph::{FieldSet, PageRequest};

use crate::script::{Api, TOKEN, answer, first_page, ok};

const NEXT: &str = r#"{"data":[{"id":"1"}],"paging":{"cursors":{"after":"a=b/c+d"},"next":"http://127.0.0.1:1/x?access_token=IGAACANARYtokenCANARY&after=z"}}"#;
const LAST: &str = r#"{"data":[{"id":"2"}],"paging":{"cursors":{"after":"e"}}}"#;

fn first_line(head: &str) -> &str {
    head.lines().next().unwrap()
}

fn header<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

#[tokio::test]
async fn a_walk_asks_page_by_page_with_the_token_in_the_header_alone() {
    let api = Api::playing(vec![ok(NEXT), ok(LAST)]).await;
    let client = api.client(Login::Instagram);
    let since = Timestamp::from_unix(1_700_000_000);
    let until = Timestamp::from_unix(1_800_000_000);
    let request = PageRequest { window: Window { since, until }, ..first_page(Edge::Media) };
    let first = client.page(&request).await.unwrap().value;
    assert_eq!(first.next.as_ref().unwrap().as_str(), "a=b/c+d");
    let last = client.page(&PageRequest { after: first.next, ..request }).await.unwrap().value;
    assert_eq!(last.next, None);

    let requests = api.requests();
    assert_eq!(requests.len(), 2, "next was followed: {requests:?}");
    let fields = "fields=id%2Ccaption%2C";
    let path = "GET /v25.0/17841400000000111/media?";
    assert!(first_line(&requests[0]).starts_with(&format!("{path}{fields}")), "{}", requests[0]);
    assert!(
        first_line(&requests[0])
            .ends_with("%7D&limit=100&since=1700000000&until=1800000000 HTTP/1.1")
    );
    assert!(
        first_line(&requests[1])
            .ends_with("&limit=100&after=a%3Db%2Fc%2Bd&since=1700000000&until=1800000000 HTTP/1.1")
    );
    for head in &requests {
        assert!(!first_line(head).contains("CANARY"), "{head}");
        assert_eq!(header(head, "authorization"), [format!("Bearer {TOKEN}")]);
        assert_eq!(header(head, "accept-encoding"), ["gzip"]);
        assert_eq!(header(head, "referer"), [""; 0]);
        assert_eq!(header(head, "cookie"), [""; 0]);
        assert!(header(head, "user-agent")[0].starts_with("mediakeep/"));
    }
}

#[tokio::test]
async fn a_list_without_windows_is_asked_for_without_one() {
    let api = Api::playing(vec![ok(LAST), ok(LAST)]).await;
    let client = api.client(Login::Instagram);
    let window = Window { since: Timestamp::from_unix(1), until: None };
    for edge in [Edge::Stories, Edge::Tags] {
        client.page(&PageRequest { window, ..first_page(edge) }).await.unwrap();
    }
    for head in api.requests() {
        assert!(!head.contains("since"), "{head}");
    }
}

#[tokio::test]
async fn only_the_facebook_login_signs_and_asks_by_id() {
    // HMAC-SHA256 of the token under the app secret, computed by another implementation.
    const PROOF: &str = "6a202b93f9a6a316f4f25b2955c4ff144b3cf09fa955649f39f4d0d1b8918dbe";
    let me = ok(r#"{"id":"17841400000000111","username":"harbor.lantern"}"#);
    let api = Api::playing(vec![me]).await;
    api.client(Login::Facebook).account().await.unwrap();
    let head = &api.requests()[0];
    assert!(first_line(head).starts_with("GET /v25.0/17841400000000111?fields=id%2C"), "{head}");
    assert!(first_line(head).ends_with(&format!("&appsecret_proof={PROOF} HTTP/1.1")), "{head}");

    let me = ok(r#"{"data":[{"user_id":"17841400000000111","id":"26100000000000999"}]}"#);
    let api = Api::playing(vec![me]).await;
    let account = api.client(Login::Instagram).account().await.unwrap().value;
    assert!(account.answers_for(&"17841400000000111".parse().unwrap()));
    let head = &api.requests()[0];
    assert!(first_line(head).starts_with("GET /v25.0/me?fields=user_id%2C"), "{head}");
    assert!(!head.contains("appsecret_proof"), "{head}");
}

#[tokio::test]
async fn the_check_of_an_account_does_without_a_refused_decoration() {
    let refused = |field| {
        let body = format!(
            r#"{{"error":{{"message":"Tried accessing nonexisting field ({field})","type":"IGApiException","code":100}}}}"#
        );
        answer("400 Bad Request", &[], &body)
    };
    let me = ok(r#"{"user_id":"17841400000000111","id":"26100000000000999"}"#);
    let api = Api::playing(vec![refused("name"), refused("follows_count"), me]).await;
    let account = api.client(Login::Instagram).account().await.unwrap().value;
    assert_eq!(account.name, Field::Absent);
    let requests = api.requests();
    assert_eq!(requests.len(), 3);
    let last = first_line(&requests[2]);
    assert!(last.contains("username") && !last.contains("%2Cname") && !last.contains("follows"));

    let api = Api::playing(vec![refused("biography")]).await;
    assert!(api.client(Login::Instagram).account().await.is_err());
    assert_eq!(api.requests().len(), 1, "the same request was sent again");
}

#[tokio::test]
async fn an_item_is_asked_for_by_its_id() {
    let api = Api::playing(vec![ok(r#"{"id":"18000000000000003","caption":"x"}"#)]).await;
    let fields = FieldSet::for_item(Login::Instagram).without("owner");
    let id = "18000000000000003".parse().unwrap();
    let item = api.client(Login::Instagram).item(&id, &fields).await.unwrap().value;
    assert_eq!(item.id, id);
    let head = &api.requests()[0];
    assert!(first_line(head).starts_with("GET /v25.0/18000000000000003?fields="), "{head}");
    assert!(!first_line(head).contains("owner"));
}

#[tokio::test]
async fn calls_can_run_in_a_task_of_their_own() {
    let api = Api::playing(vec![ok(LAST), ok(LAST)]).await;
    let client = api.client(Login::Instagram);
    let mut tasks = tokio::task::JoinSet::new();
    for edge in [Edge::Media, Edge::Stories] {
        let client = client.clone();
        tasks.spawn(async move { client.page(&first_page(edge)).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await, [true, true]);
}

#[test]
fn the_systems_proxy_is_not_used() {
    let dead_proxy = "http://127.0.0.1:9";
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        command.env(name, dead_proxy);
    }
    let output = command
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .args(["--exact", "requests::an_item_is_asked_for_by_its_id"])
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && report.contains("1 passed"), "{report}");
}
