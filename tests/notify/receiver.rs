//! A small server that writes down what it is sent and answers as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    Answers(u16),
    /// Takes the request and never answers.
    Hangs,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) mood: Mood,
}

impl Post {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Clone)]
struct Book {
    posts: Arc<Mutex<Vec<Post>>>,
    mood: Arc<Mutex<Mood>>,
}

pub(crate) struct Receiver {
    port: u16,
    book: Book,
    _server: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let book = Book { posts: Arc::default(), mood: Arc::new(Mutex::new(Mood::Fine)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().fallback(take).with_state(book.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, book, _server: server }
    }

    pub(crate) fn url(&self, path: &str) -> url::Url {
        format!("http://127.0.0.1:{}{path}", self.port).parse().unwrap()
    }

    pub(crate) fn feel(&self, mood: Mood) {
        *self.book.mood.lock().unwrap() = mood;
    }

    /// Everything that came.
    pub(crate) fn posts(&self) -> Vec<Post> {
        self.book.posts.lock().unwrap().clone()
    }

    /// The bodies of what was answered with success.
    pub(crate) fn told(&self) -> Vec<Value> {
        let fine = |post: &&Post| post.mood == Mood::Fine;
        self.posts().iter().filter(fine).map(Post::json).collect()
    }

    /// One field of what was answered with success.
    pub(crate) fn field(&self, name: &str) -> Vec<String> {
        self.told().iter().map(|body| body[name].as_str().unwrap_or("null").to_owned()).collect()
    }
}

async fn take(
    State(book): State<Book>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let mood = *book.mood.lock().unwrap();
    book.posts.lock().unwrap().push(Post { method, uri, headers, body: body.to_vec(), mood });
    match mood {
        Mood::Fine => (StatusCode::OK, "canary of an answer"),
        Mood::Answers(status) => (StatusCode::from_u16(status).unwrap(), "canary of an answer"),
        Mood::Hangs => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            (StatusCode::OK, "")
        }
    }
}
