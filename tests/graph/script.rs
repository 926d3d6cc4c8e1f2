//! An API that answers each connection with the next bytes of a script.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mediakeep::domain::{Edge, Login, Window};
use mediakeep::graph::{Endpoint, FieldSet, GraphClient, Limits, PageRequest, Transport};
use mediakeep::secret::{AccessToken, AppSecret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

pub(crate) const TOKEN: &str = "IGAACANARYtokenCANARY";
pub(crate) const APP_SECRET: &str = "appCANARYsecretCANARY";

/// What happens on one connection once the request's head has come.
pub(crate) enum Act {
    /// Send these bytes and close.
    Send(Vec<u8>),
    /// Send these bytes and keep silent.
    Stall(Vec<u8>),
    /// Send these bytes, then one byte every 20 ms for ever.
    Drip(Vec<u8>),
}

/// Answers until its script ends; dropped, it stops.
pub(crate) struct Api {
    pub(crate) base: Url,
    requests: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Api {
    pub(crate) async fn playing(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = Vec::new();
            for act in script {
                let (mut socket, _) = listener.accept().await.unwrap();
                let head = read_head(&mut socket).await;
                seen.lock().unwrap().push(head);
                open.extend(perform(act, socket).await);
            }
            // Connections beyond the script are counted and closed.
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let head = read_head(&mut socket).await;
                seen.lock().unwrap().push(head);
            }
        });
        Self { base, requests, _tasks: tasks }
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn client(&self, login: Login) -> GraphClient {
        self.client_within(login, Limits::default())
    }

    pub(crate) fn client_within(&self, login: Login, limits: Limits) -> GraphClient {
        client(&self.base, login, limits)
    }
}

pub(crate) fn client(base: &Url, login: Login, limits: Limits) -> GraphClient {
    let endpoint = Endpoint {
        login,
        base: base.clone(),
        version: "v25.0".to_owned(),
        user_id: "17841400000000111".parse().unwrap(),
    };
    let transport = Transport::new(limits).unwrap();
    let secret = AppSecret::new(APP_SECRET).unwrap();
    GraphClient::over(&transport, endpoint, AccessToken::new(TOKEN).unwrap(), Some(secret)).unwrap()
}

pub(crate) fn first_page(edge: Edge) -> PageRequest {
    PageRequest {
        edge,
        window: Window::ALL,
        limit: 100,
        after: None,
        fields: FieldSet::for_edge(Login::Instagram, edge),
    }
}

/// Limits so short that a test of running out of time is quick.
pub(crate) fn impatient() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        stall: Duration::from_millis(300),
        whole: Duration::from_millis(1500),
        ..Limits::default()
    }
}

/// A whole answer with a length.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> Act {
    Act::Send(message(status, headers, body.as_bytes(), body.len()))
}

pub(crate) fn ok(body: &str) -> Act {
    answer("200 OK", &["content-type: application/json; charset=UTF-8"], body)
}

/// An answer that says it has `length` bytes.
pub(crate) fn message(status: &str, headers: &[&str], body: &[u8], length: usize) -> Vec<u8> {
    let mut message = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n").into_bytes();
    for header in headers {
        message.extend(header.bytes().chain(*b"\r\n"));
    }
    message.extend(b"connection: close\r\n\r\n");
    message.extend(body);
    message
}

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

async fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 64 * 1024 {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Plays one act; the connection comes back when it has to stay open.
async fn perform(act: Act, mut socket: TcpStream) -> Option<TcpStream> {
    match act {
        Act::Send(bytes) => {
            // The client may hang up in the middle of an answer that it will not take.
            if socket.write_all(&bytes).await.is_ok() {
                socket.shutdown().await.ok();
            }
            None
        }
        Act::Stall(bytes) => {
            socket.write_all(&bytes).await.unwrap();
            Some(socket)
        }
        Act::Drip(bytes) => {
            socket.write_all(&bytes).await.unwrap();
            while socket.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            None
        }
    }
}
