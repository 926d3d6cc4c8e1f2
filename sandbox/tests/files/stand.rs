//! A file host on a free port, and the two ways to talk to it: a client, and bare sockets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use graph_sandbox::clock::Clock;
use graph_sandbox::files::{FileFault, FileFaults, FileHost, FileHostOptions, FileShape, FileSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// 2026-11-22T12:10:00Z: not on the hour, so that links share their hour with earlier ones.
pub(crate) const START: i64 = 1_795_349_400;

pub(crate) struct Stand {
    pub(crate) host: FileHost,
    pub(crate) clock: Clock,
    pub(crate) client: reqwest::Client,
    pub(crate) script: Arc<Script>,
    port: u16,
    /// Dropped with the stand, which ends the server.
    _server: JoinSet<()>,
}

/// Faults that are played one after the other.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<VecDeque<FileFault>>);

impl Script {
    pub(crate) fn add(&self, fault: FileFault) {
        self.0.lock().unwrap().push_back(fault);
    }
}

impl FileFaults for Script {
    fn next(&self, _path: &str) -> Option<FileFault> {
        self.0.lock().unwrap().pop_front()
    }
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::seeded(7).await
    }

    pub(crate) async fn seeded(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let clock = Clock::starting_at(START);
        let script = Arc::new(Script::default());
        let host = FileHost::new(clock.clone(), seed, script.clone());
        host.set_base(Url::parse(&format!("http://127.0.0.1:{port}")).unwrap());
        let mut server = JoinSet::new();
        let router = host.router();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .build()
            .unwrap();
        Self { host, clock, client, script, port, _server: server }
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut FileHostOptions)) {
        let mut options = self.host.options();
        change(&mut options);
        self.host.set_options(options);
    }

    pub(crate) async fn get(&self, link: &str) -> reqwest::Response {
        self.client.get(link).send().await.unwrap()
    }

    /// The file as it should be: asserts the status and what the headers say of the body.
    pub(crate) async fn file(&self, spec: &FileSpec) -> Vec<u8> {
        let response = self.get(&self.host.link(spec)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), spec.shape.mime_type());
        let announced = response.content_length().unwrap();
        let body = response.bytes().await.unwrap();
        assert_eq!(body.len() as u64, announced);
        body.to_vec()
    }

    /// Head and body exactly as they come over the wire until the host closes.
    pub(crate) async fn raw(&self, method: &str, link: &str, headers: &str) -> (String, Vec<u8>) {
        let url = Url::parse(link).unwrap();
        let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{headers}\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        // A connection that is broken off may end with a reset; what came before counts.
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            all.extend_from_slice(&buffer[..count]);
        }
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(all[..end].to_vec()).unwrap().to_lowercase();
        (head, all[end..].to_vec())
    }
}

pub(crate) fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

pub(crate) fn photo(id: u64) -> FileSpec {
    let shape = FileShape::Photo { width: 216, height: 270 };
    FileSpec { id, version: 1, shape, bytes: None }
}

pub(crate) fn clip(id: u64) -> FileSpec {
    let shape = FileShape::Clip { width: 90, height: 160, seconds: 1 };
    FileSpec { id, version: 1, shape, bytes: None }
}

pub(crate) fn poster(id: u64) -> FileSpec {
    let shape = FileShape::Poster { width: 90, height: 160 };
    FileSpec { id, version: 1, shape, bytes: None }
}
