//! The host itself: what it knows of links and files, and how others steer it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use url::Url;

use super::answer::answer;
use super::counters::Counting;
use super::link::{Signer, place};
use super::studio::Studio;
use super::{FileCounters, FileFaults, FileHostOptions, FileSpec, lock};
use crate::clock::Clock;

/// A stand-in for the hosts that serve the files behind `media_url` and `thumbnail_url`.
///
/// Clones share one host.
#[derive(Clone)]
pub struct FileHost(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) clock: Clock,
    pub(super) signer: Signer,
    pub(super) faults: Arc<dyn FileFaults>,
    pub(super) studio: Studio,
    pub(super) counting: Arc<Counting>,
    seed: u64,
    base: Mutex<Option<Url>>,
    options: Mutex<FileHostOptions>,
    files: Mutex<HashMap<String, FileSpec>>,
    purged: Mutex<HashMap<(u64, u32, u64), u16>>,
    links: AtomicU64,
}

impl fmt::Debug for FileHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = lock(&self.0.base);
        write!(f, "FileHost({})", base.as_ref().map_or("not bound", Url::as_str))
    }
}

impl FileHost {
    /// A host whose paths, scenes and signatures follow from `seed`, on this clock.
    pub fn new(clock: Clock, seed: u64, faults: Arc<dyn FileFaults>) -> Self {
        Self(Arc::new(Inner {
            clock,
            signer: Signer::new(seed),
            faults,
            studio: Studio::new(),
            counting: Arc::default(),
            seed,
            base: Mutex::default(),
            options: Mutex::default(),
            files: Mutex::default(),
            purged: Mutex::default(),
            links: AtomicU64::default(),
        }))
    }

    /// Tells the host under which address it is reached; links made before that name no port.
    pub fn set_base(&self, base: Url) {
        *lock(&self.0.base) = Some(base);
    }

    /// A freshly signed link to a file, which the host from now on knows.
    ///
    /// Within an hour a picture's link stays the same; a clip's link is another one each time.
    pub fn link(&self, spec: &FileSpec) -> String {
        let inner = &self.0;
        let options = inner.options();
        let nonce = inner.links.fetch_add(1, Ordering::Relaxed);
        let place = place(inner.seed, spec, &options, options.fresh_video_paths.then_some(nonce));
        let base = lock(&inner.base).clone();
        let host = base.as_ref().and_then(Url::host_str).unwrap_or("localhost");
        let now = inner.clock.now();
        let link = inner.signer.sign(&place, spec, host, now, &options, nonce);
        lock(&inner.files).insert(place.path, spec.clone());
        match &base {
            Some(base) => format!("{}{link}", base.as_str().trim_end_matches('/')),
            None => format!("http://{host}{link}"),
        }
    }

    /// Removes a file from the host: `status` (404 or 410) although signatures stay valid.
    pub fn purge(&self, spec: &FileSpec, status: u16) {
        lock(&self.0.purged).insert(key(spec), status);
    }

    /// Brings a purged file back.
    pub fn restore(&self, spec: &FileSpec) {
        lock(&self.0.purged).remove(&key(spec));
    }

    /// Changes how the host behaves, from the next link and the next answer on.
    pub fn set_options(&self, options: FileHostOptions) {
        *lock(&self.0.options) = options;
    }

    /// How the host behaves now.
    pub fn options(&self) -> FileHostOptions {
        self.0.options()
    }

    /// What the host has served so far.
    pub fn served(&self) -> FileCounters {
        self.0.counting.read()
    }

    /// The host's routes: every path, every method.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }
}

impl Inner {
    pub(super) fn options(&self) -> FileHostOptions {
        lock(&self.options).clone()
    }

    pub(super) fn file_at(&self, path: &str) -> Option<FileSpec> {
        lock(&self.files).get(path).cloned()
    }

    pub(super) fn purged(&self, spec: &FileSpec) -> Option<u16> {
        lock(&self.purged).get(&key(spec)).copied()
    }
}

async fn serve(State(host): State<FileHost>, request: Request) -> axum::response::Response {
    host.0.counting.request();
    let response = answer(&host.0, &request.into_parts().0).await;
    host.0.counting.answered(response.status().as_u16());
    response
}

fn key(spec: &FileSpec) -> (u64, u32, u64) {
    (spec.id, spec.version, spec.shape.kind())
}
