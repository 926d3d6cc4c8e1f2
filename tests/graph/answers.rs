//! What the client makes of answers, whole and broken.

use std::time::Duration;

use mediakeep::domain::pace::Scope;
use mediakeep::domain::{Class, Edge, Login, TokenTrouble};
use mediakeep::graph::{Cursor, FieldSet, GraphError, Limits, Page, PageRequest, Trouble};

use crate::script::{Act, Api, answer, client, first_page, gzip, impatient, message, ok};

const PAGE: &str = r#"{"data":[{"id":"1","caption":"caf\u00e9 \ud83c"}]}"#;

/// Plays one act to a client and answers what came of it; the act must have been played.
async fn page(act: Act, limits: Limits) -> Result<Page, GraphError> {
    let api = Api::playing(vec![act]).await;
    let client = api.client_within(Login::Instagram, limits);
    let page = client.page(&first_page(Edge::Media)).await;
    assert_eq!(api.requests().len(), 1, "asked once, no more: {page:?}");
    page.map(|answer| answer.value)
}

async fn fails(act: Act) -> GraphError {
    page(act, Limits::default()).await.unwrap_err()
}

#[tokio::test]
async fn plain_compressed_and_chunked_answers_are_the_same() {
    let zipped = gzip(PAGE.as_bytes());
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{PAGE}\r\n0\r\n\r\n",
        PAGE.len()
    );
    for act in [
        ok(PAGE),
        Act::Send(message("200 OK", &["content-encoding: gzip"], &zipped, zipped.len())),
        Act::Send(chunked.into_bytes()),
        ok(&format!("\u{feff}\n {PAGE}\n")),
    ] {
        let page = page(act, Limits::default()).await.unwrap();
        assert_eq!(page.items[0].caption.value().unwrap(), "café \u{fffd}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_never_a_page() {
    let zipped = gzip(PAGE.as_bytes());
    let half = &PAGE.as_bytes()[..PAGE.len() / 2];
    let chunked = |body: &str, end: &str| {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        Act::Send(format!("{head}{:x}\r\n{body}{end}", PAGE.len()).into_bytes())
    };
    let closed = |body: &str| Act::Send(format!("HTTP/1.1 200 OK\r\n\r\n{body}").into_bytes());
    let gzip_header = ["content-encoding: gzip"];
    for (name, act) in [
        ("length", Act::Send(message("200 OK", &[], half, PAGE.len()))),
        ("chunk", chunked(&PAGE[..20], "")),
        ("last chunk", chunked(PAGE, "\r\n")),
        (
            "gzip",
            Act::Send(message(
                "200 OK",
                &gzip_header,
                &zipped[..zipped.len() - 9],
                zipped.len() - 9,
            )),
        ),
        ("no gzip", Act::Send(message("200 OK", &gzip_header, PAGE.as_bytes(), PAGE.len()))),
        ("until close", closed(&PAGE[..20])),
        ("head", Act::Send(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())),
        ("nothing", Act::Send(Vec::new())),
        ("noise", Act::Send(b"\x15\x03\x01\x00\x02\x02\x50".to_vec())),
    ] {
        let error = fails(act).await;
        assert_eq!(error.class(), Class::Retry, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn silence_ends_when_the_time_allowed_runs_out() {
    let head = message("200 OK", &[], b"{\"data\":", 100_000);
    let hour = Duration::from_secs(3600);
    let between = Limits { whole: hour, ..impatient() };
    let in_all = Limits { stall: hour, ..impatient() };
    for (name, act, limits) in [
        ("no answer", Act::Stall(Vec::new()), between),
        ("half a head", Act::Stall(b"HTTP/1.1 200 OK\r\n".to_vec()), between),
        ("half a body", Act::Stall(head.clone()), between),
        ("one byte now and then", Act::Drip(head), in_all),
    ] {
        let patience = Duration::from_secs(60);
        let page = tokio::time::timeout(patience, page(act, limits)).await.expect(name);
        let error = page.unwrap_err();
        assert_eq!(error.class(), Class::Retry, "{name}");
        let timed_out = matches!(error, GraphError::Transport { trouble: Trouble::Timeout, .. });
        assert!(timed_out, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_taken() {
    let limits = Limits { body: 64 * 1024, ..Limits::default() };
    let large = format!("{{\"data\":[]{}}}", " ".repeat(64 * 1024));
    let bomb = gzip(" ".repeat(8 << 20).as_bytes());
    assert!(bomb.len() < limits.body / 4);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
        large.len()
    );
    for (name, act) in [
        ("announced", ok(&large)),
        ("chunked", Act::Send(chunked.into_bytes())),
        (
            "compressed",
            Act::Send(message("200 OK", &["content-encoding: gzip"], &bomb, bomb.len())),
        ),
    ] {
        let error = page(act, limits).await.unwrap_err();
        assert_eq!(error.class(), Class::Shrink, "{name}: {error:?}");
    }
    let fits = format!("{{\"data\":[]{}}}", " ".repeat(64 * 1024 - 11));
    assert_eq!(page(ok(&fits), limits).await.unwrap(), Page::default());
}

#[tokio::test]
async fn no_redirect_is_followed_so_that_no_other_host_hears_of_the_request() {
    let other = Api::playing(vec![ok(PAGE)]).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("location: {}v25.0/me?x=y", other.base);
        let error = fails(answer(status, &[&location], PAGE)).await;
        assert_eq!(error.class(), Class::Retry);
        assert_eq!(error.http_status(), status[..3].parse().ok());
    }
    assert_eq!(other.requests(), [""; 0]);
}

#[tokio::test]
async fn what_is_not_the_apis_language_says_nothing_about_items() {
    let html = "<!DOCTYPE html><html>Sorry, something went wrong.</html>";
    for (act, class) in [
        (answer("200 OK", &["content-type: text/html"], html), Class::Retry),
        (answer("502 Bad Gateway", &["content-type: text/html"], html), Class::Retry),
        (answer("404 Not Found", &["content-type: text/html"], html), Class::Retry),
        (answer("404 Not Found", &[], "{}"), Class::Retry),
        (answer("200 OK", &[], ""), Class::Retry),
        (answer("204 No Content", &[], ""), Class::Retry),
        (answer("206 Partial Content", &["content-range: bytes 0-1/2"], PAGE), Class::Retry),
        (answer("200 OK", &[], "[]"), Class::Retry),
        (answer("200 OK", &[], "{}"), Class::Retry),
        (answer("200 OK", &[], &"[".repeat(100_000)), Class::Retry),
        (
            answer("429 Too Many Requests", &["retry-after: 90"], html),
            Class::Wait { regain: Some(Duration::from_secs(90)), scope: Scope::Account },
        ),
        (
            answer("503 Service Unavailable", &["retry-after: 5"], ""),
            Class::Wait { regain: Some(Duration::from_secs(5)), scope: Scope::Account },
        ),
    ] {
        let error = fails(act).await;
        assert_eq!(error.class(), class, "{error:?}");
        assert_eq!((error.code(), error.subcode()), (None, None));
        assert!(error.http_status().is_some());
    }
}

#[tokio::test]
async fn an_error_counts_whatever_the_status_and_keeps_its_numbers() {
    let expired = r#"{"error":{"message":"Session has expired","type":"OAuthException","code":190,"error_subcode":463,"fbtrace_id":"Asynthetic02"}}"#;
    for status in ["200 OK", "400 Bad Request", "401 Unauthorized"] {
        let error = fails(answer(status, &[], expired)).await;
        assert_eq!(error.class(), Class::StopAccount(TokenTrouble::Expired));
        assert_eq!((error.code(), error.subcode()), (Some(190), Some(463)));
        assert_eq!(
            error.to_string(),
            "the API refused the first page of media: Session has expired (code 190, subcode 463, trace Asynthetic02)"
        );
    }
    let both = r#"{"data":[{"id":"1"}],"error":{"message":"x","code":2}}"#;
    assert_eq!(fails(ok(both)).await.class(), Class::Retry);
}

#[tokio::test]
async fn the_allowance_is_read_from_answers_and_from_refusals() {
    let headers = [
        "x-app-usage: {\"call_volume\":12,\"cpu_time\":37.5}",
        "instagram-api-version: v26.0",
        "date: Fri, 25 Sep 2026 12:00:00 GMT",
    ];
    let api = Api::playing(vec![answer("200 OK", &headers, PAGE)]).await;
    let page = api.client(Login::Instagram).page(&first_page(Edge::Media)).await.unwrap();
    assert_eq!(page.usage.percent(), Some(37.5));
    assert_eq!(page.api_version.as_deref(), Some("v26.0"));
    assert_eq!(page.date.unwrap().to_string(), "2026-09-25T12:00:00Z");

    let blocked = "x-business-use-case-usage: {\"17841400000000111\":[{\"call_count\":100,\"estimated_time_to_regain_access\":19}]}";
    let body = r#"{"error":{"message":"too many calls","code":80002}}"#;
    let error = fails(answer("400 Bad Request", &[blocked], body)).await;
    let regain = Some(Duration::from_secs(19 * 60));
    assert_eq!(error.class(), Class::Wait { regain, scope: Scope::Account });
    assert_eq!(
        (error.usage().account.percent, error.usage().account.regain),
        (Some(100.0), regain)
    );
}

#[tokio::test]
async fn an_item_is_only_what_comes_back_under_its_own_id() {
    let missing =
        r#"{"error":{"message":"Unsupported get request","code":100,"error_subcode":33}}"#;
    for (act, class) in [
        (ok(r#"{"id":"18000000000000004"}"#), Class::Fatal),
        (ok(r#"{"caption":"no id"}"#), Class::Fatal),
        (ok(r#"{"data":[{"id":"18000000000000003"}]}"#), Class::Fatal),
        (answer("400 Bad Request", &[], missing), Class::MaybeGone),
    ] {
        let api = Api::playing(vec![act]).await;
        let id = "18000000000000003".parse().unwrap();
        let fields = FieldSet::for_item(Login::Instagram);
        let error = api.client(Login::Instagram).item(&id, &fields).await.unwrap_err();
        assert_eq!(error.class(), class, "{error:?}");
        assert!(error.to_string().contains("item 18000000000000003"), "{error}");
        assert_eq!(api.requests().len(), 1);
    }
}

#[tokio::test]
async fn only_a_further_page_can_have_a_dead_cursor() {
    let invalid =
        r#"{"error":{"message":"(#100) Invalid parameter","type":"OAuthException","code":100}}"#;
    let refused = || answer("400 Bad Request", &[], invalid);
    let api = Api::playing(vec![
        ok(r#"{"data":[],"paging":{"cursors":{"after":"A"},"next":"x"}}"#),
        refused(),
        refused(),
    ])
    .await;
    let client = api.client(Login::Instagram);
    let first = first_page(Edge::Media);
    let after: Option<Cursor> = client.page(&first).await.unwrap().value.next;
    let further = PageRequest { after, ..first.clone() };
    assert!(client.page(&further).await.unwrap_err().is_dead_cursor());
    assert!(!client.page(&first).await.unwrap_err().is_dead_cursor());
    assert_eq!(api.requests().len(), 3);
}

#[tokio::test]
async fn who_cannot_prove_who_he_is_gets_no_second_try() {
    // A server that answers in clear where TLS was asked for.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let answering = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut socket, _) = listener.accept().unwrap();
        let mut hello = [0; 64];
        assert!(socket.read(&mut hello).unwrap() > 0);
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let client = client(&base, Login::Instagram, Limits::default());
    let error = client.page(&first_page(Edge::Media)).await.unwrap_err();
    answering.join().unwrap();
    assert!(matches!(error, GraphError::Transport { trouble: Trouble::Tls, .. }), "{error:?}");
    assert_eq!(error.class(), Class::Fatal);
}

#[tokio::test]
async fn a_host_that_is_not_there_is_asked_again_later() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let base = format!("http://127.0.0.1:{port}").parse().unwrap();
    let client = client(&base, Login::Instagram, Limits::default());
    let error = client.account().await.unwrap_err();
    assert!(matches!(error, GraphError::Transport { trouble: Trouble::Connect, .. }), "{error:?}");
    assert_eq!((error.class(), error.http_status()), (Class::Retry, None));
}
