//! The client of the file hosts against real sockets that misbehave.
#![allow(clippy::unwrap_used, clippy::let_underscore_must_use)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mediakeep::cdn::{FileClient, FileError, FileRules, HostRules, Length, Resume};
use mediakeep::domain::{FileFault, Link};

/// A host that plays one script per connection and hands back the requests it read.
struct Host {
    address: SocketAddr,
    thread: JoinHandle<Vec<String>>,
}

type Script = Box<dyn FnOnce(&mut TcpStream) + Send>;

fn host(scripts: Vec<Script>) -> Host {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        scripts
            .into_iter()
            .map(|script| {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read_head(&mut stream);
                script(&mut stream);
                let _ = stream.shutdown(Shutdown::Both);
                request
            })
            .collect()
    });
    Host { address, thread }
}

fn answer(text: &'static str) -> Vec<Script> {
    vec![Box::new(move |stream| stream.write_all(text.as_bytes()).unwrap())]
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn client(max_size: Option<u64>) -> FileClient {
    FileClient::new(FileRules {
        hosts: HostRules::new(&["*.cdninstagram.com".to_owned()], true),
        max_size,
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_millis(400),
        connections: 2,
    })
    .unwrap()
}

impl Host {
    fn link(&self) -> Link {
        Link::new(&format!("http://{}/v/a_n.jpg?oh=00_SECRET&oe=7FFFFFFF", self.address))
    }

    fn requests(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

async fn fetch(client: &FileClient, link: &Link) -> Result<(Vec<u8>, Length), FileError> {
    let mut incoming = client.open(link, None).await?;
    let mut body = Vec::new();
    while let Some(piece) = incoming.next().await? {
        body.extend_from_slice(piece.as_ref());
    }
    Ok((body, incoming.length()))
}

#[tokio::test]
async fn a_whole_body_arrives_with_what_is_known_of_its_length() {
    for (text, length) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", Length::Announced(5)),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            Length::Framed,
        ),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello", Length::Unknown),
    ] {
        let host = host(answer(text));
        let arrived = fetch(&client(None), &host.link()).await.unwrap();
        assert_eq!(arrived, (b"hello".to_vec(), length));
    }
}

#[tokio::test]
async fn every_way_to_fail_has_its_fault_and_names_no_signature() {
    let cases: &[(&'static str, FileFault)] = &[
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 21\r\n\r\nURL signature expired",
            FileFault::LinkAged,
        ),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", FileFault::LinkAged),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", FileFault::LinkAged),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", FileFault::Transient),
        ("HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", FileFault::Transient),
        ("HTTP/1.1 206 Partial\r\ncontent-length: 5\r\n\r\nhello", FileFault::Transient),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello", FileFault::Transient),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            FileFault::Transient,
        ),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", FileFault::WrongContent),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", FileFault::WrongContent),
        (
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
            FileFault::WrongContent,
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/a\r\ncontent-length: 0\r\n\r\n",
            FileFault::ForbiddenAddress,
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: https://evil.example/a\r\ncontent-length: 0\r\n\r\n",
            FileFault::ForbiddenAddress,
        ),
        ("", FileFault::Transient),
        ("not http at all\r\n\r\n", FileFault::Transient),
    ];
    for (text, fault) in cases {
        let host = host(answer(text));
        let error = fetch(&client(None), &host.link()).await.unwrap_err();
        assert_eq!(error.fault(), *fault, "{text:?}: {error}");
        let everything = format!("{error} {error:?} {:?}", std::error::Error::source(&error));
        assert!(!everything.contains("SECRET") && !everything.contains("oe="), "{everything}");
        assert_eq!(host.requests().len(), 1, "the fault fired");
    }
}

#[tokio::test]
async fn nothing_that_identifies_the_account_is_sent() {
    let host = host(answer("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx"));
    fetch(&client(None), &host.link()).await.unwrap();
    let request = host.requests().remove(0).to_lowercase();
    for header in ["authorization", "cookie", "referer", "accept-encoding"] {
        assert!(!request.contains(header), "{request}");
    }
    assert!(request.contains("user-agent: mediakeep/"));
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_before_and_while_it_flows() {
    for text in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ] {
        let host = host(answer(text));
        let error = fetch(&client(Some(4)), &host.link()).await.unwrap_err();
        assert!(matches!(error, FileError::TooLarge { size: 5, limit: 4 }), "{error}");
    }
}

#[tokio::test]
async fn a_silent_host_is_given_up() {
    let host = host(vec![Box::new(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel").unwrap();
        let mut end = [0];
        let _ = stream.read(&mut end);
    })]);
    let error = fetch(&client(None), &host.link()).await.unwrap_err();
    assert!(matches!(error, FileError::Broken { received: 3, .. }), "{error:?}");
}

#[tokio::test]
async fn a_broken_transfer_goes_on_where_it_ended_when_the_validator_holds() {
    let first = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\naccept-ranges: bytes\r\netag: \"v1\"\r\n\r\nhello";
    let rest = "HTTP/1.1 206 Partial\r\ncontent-length: 5\r\ncontent-range: bytes 5-9/10\r\netag: \"v1\"\r\n\r\nworld";
    let host = host(answer(first).into_iter().chain(answer(rest)).collect());
    let client = client(None);
    let mut incoming = client.open(&host.link(), None).await.unwrap();
    let mut body = Vec::new();
    loop {
        match incoming.next().await {
            Ok(Some(piece)) => body.extend_from_slice(piece.as_ref()),
            Ok(None) => panic!("the cut went unnoticed"),
            Err(error) => {
                assert_eq!(error.fault(), FileFault::Transient);
                break;
            }
        }
    }
    let resume = incoming.resume_point().unwrap();
    assert_eq!(resume, Resume { from: 5, total: 10, etag: "\"v1\"".into() });
    let mut incoming = client.open(&host.link(), Some(&resume)).await.unwrap();
    assert_eq!((incoming.starts_at(), incoming.length()), (5, Length::Announced(10)));
    while let Some(piece) = incoming.next().await.unwrap() {
        body.extend_from_slice(piece.as_ref());
    }
    assert_eq!(body, b"helloworld");
    let second = host.requests().remove(1).to_lowercase();
    assert!(second.contains("range: bytes=5-") && second.contains("if-range: \"v1\""), "{second}");
}

#[tokio::test]
async fn a_host_that_cannot_continue_starts_over_and_a_wrong_range_is_refused() {
    let resume = Resume { from: 5, total: 10, etag: "\"v1\"".into() };
    let whole = host(answer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhelloworld"));
    let incoming = client(None).open(&whole.link(), Some(&resume)).await.unwrap();
    assert_eq!(incoming.starts_at(), 0);
    let wrong = host(answer(
        "HTTP/1.1 206 Partial\r\ncontent-length: 5\r\ncontent-range: bytes 5-9/11\r\n\r\nworld",
    ));
    let error = client(None).open(&wrong.link(), Some(&resume)).await.unwrap_err();
    assert_eq!(error.fault(), FileFault::Transient);
}

#[tokio::test]
async fn only_strong_validators_allow_to_continue() {
    for head in [
        "content-length: 10\r\naccept-ranges: bytes\r\netag: W/\"v1\"",
        "content-length: 10\r\naccept-ranges: bytes",
        "content-length: 10\r\netag: \"v1\"",
        "transfer-encoding: chunked\r\naccept-ranges: bytes\r\netag: \"v1\"",
    ] {
        let text = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nhello");
        let host = host(vec![Box::new(move |stream: &mut TcpStream| {
            stream.write_all(text.as_bytes()).unwrap();
        })]);
        let mut incoming = client(None).open(&host.link(), None).await.unwrap();
        while let Ok(Some(_)) = incoming.next().await {}
        assert_eq!(incoming.resume_point(), None, "{head}");
    }
}

#[tokio::test]
async fn an_allowed_redirect_is_followed_and_a_loop_is_not() {
    let target = host(answer("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx"));
    let to = target.link().expose().to_owned();
    let first = host(vec![Box::new(move |stream: &mut TcpStream| {
        let text = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();
    })]);
    assert_eq!(fetch(&client(None), &first.link()).await.unwrap().0, b"x");
    let request = target.requests().remove(0).to_lowercase();
    assert!(!request.contains("referer"), "{request}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let looping = thread::spawn(move || {
        for _ in 0..4 {
            let (mut stream, _) = listener.accept().unwrap();
            read_head(&mut stream);
            let text = format!(
                "HTTP/1.1 302 Found\r\nlocation: http://{address}/again\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).unwrap();
        }
    });
    let link = Link::new(&format!("http://{address}/a"));
    let error = fetch(&client(None), &link).await.unwrap_err();
    assert_eq!(error.fault(), FileFault::ForbiddenAddress);
    looping.join().unwrap();
}

#[tokio::test]
async fn addresses_outside_the_rules_are_never_connected_to() {
    for url in ["http://10.0.0.1/a", "https://example.org/a", "ftp://127.0.0.1/a", "", "\u{0}"] {
        let error = fetch(&client(None), &Link::new(url)).await.unwrap_err();
        assert_eq!(error.fault(), FileFault::ForbiddenAddress, "{url:?}");
    }
}
