//! Starts and stops a sandbox: four listeners around one world.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener as _;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock::Clock;
use crate::counters::{Counters, Counting};
use crate::faults::{Fault, FaultKind, Faults};
use crate::files::{FileHost, FileHostOptions};
use crate::graph::{self, Api};
use crate::host::Login;
use crate::pace::Pace;
use crate::settings::Settings;
use crate::tokens::TokenKind;
use crate::wire::{Scissors, WireListener};
use crate::world::{World, WorldHandle};

/// How long connections may take to end before they are dropped.
const PATIENCE: Duration = Duration::from_secs(2);

/// A running sandbox; dropping it stops it without ceremony.
#[derive(Debug)]
pub struct Sandbox {
    api: Arc<Api>,
    ready: Ready,
    servers: JoinSet<()>,
}

/// What a client needs to know; the binary prints it as one JSON line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// Base of the Instagram host, without a slash at the end.
    pub instagram_url: String,
    /// Base of the Facebook host.
    pub facebook_url: String,
    /// Base of the control API.
    pub control_url: String,
    /// Base of the file host.
    pub files_url: String,
    /// Every account.
    pub accounts: Vec<ReadyAccount>,
}

/// How to reach one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReadyAccount {
    /// Its name in edits and faults.
    pub name: String,
    /// Which host it belongs to.
    pub login: Login,
    /// The professional account id.
    pub user_id: String,
    /// Its username.
    pub username: String,
    /// A long-lived user token, ten days old.
    pub token: String,
    /// The app, for token exchange and introspection.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: String,
}

/// Why a sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A listener could not be opened.
    #[error("could not listen on {address}")]
    Listen {
        /// Where it was tried.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The port leaves no room for four listeners.
    #[error("port {0} is too high: four ports in a row are needed")]
    NoRoom(u16),
    /// The address makes no URL.
    #[error("address {0} makes no URL")]
    NoUrl(SocketAddr),
}

impl Sandbox {
    /// Builds the world and opens the listeners.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub async fn start(settings: Settings) -> Result<Self, SandboxError> {
        let clock = settings.epoch.map_or_else(Clock::real, Clock::starting_at);
        let world = World::generate(&settings, clock.now());
        let faults = Arc::new(Faults::new(settings.seed));
        let files = FileHost::new(clock.clone(), settings.seed, Arc::clone(&faults) as _);
        files.set_options(FileHostOptions { pool: settings.picture_pool, ..files.options() });
        let mut listeners = Vec::with_capacity(4);
        for place in 0..4 {
            listeners.push(open(settings.listen, place).await?);
        }
        let mut addresses = [settings.listen; 4];
        for (address, listener) in addresses.iter_mut().zip(&listeners) {
            *address = listener
                .local_addr()
                .map_err(|source| SandboxError::Listen { address: *address, source })?;
        }
        let [instagram_url, facebook_url, files_url, control_url] =
            addresses.map(|address| format!("http://{address}"));
        let files_base = Url::parse(&files_url).map_err(|_| SandboxError::NoUrl(addresses[2]))?;
        files.set_base(files_base);
        let bases = OnceLock::from([instagram_url.clone(), facebook_url.clone()]);
        let api = Arc::new(Api {
            pace: Pace::new(
                settings.calls_per_hour,
                settings.app_allowance(),
                settings.block_minutes,
            ),
            settings,
            clock,
            world: Arc::new(RwLock::new(world)),
            files,
            faults,
            counters: Counting::default(),
            bases,
            stopping: CancellationToken::new(),
        });
        let accounts = accounts(&api);
        let ready = Ready { instagram_url, facebook_url, control_url, files_url, accounts };
        let routers = [
            graph::router(Arc::clone(&api), Login::Instagram),
            graph::router(Arc::clone(&api), Login::Facebook),
            delayed(api.files.router(), api.settings.latency),
            crate::control::router(Arc::clone(&api), ready.clone()),
        ];
        let mut servers = JoinSet::new();
        for (listener, router) in listeners.into_iter().zip(routers) {
            servers.spawn(serve(listener, router, api.stopping.clone()));
        }
        Ok(Self { api, ready, servers })
    }

    /// Addresses and accounts.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The virtual clock.
    pub fn clock(&self) -> &Clock {
        &self.api.clock
    }

    /// The file host, for its switches (ranges, validators, lifetimes).
    pub fn files(&self) -> &FileHost {
        &self.api.files
    }

    /// Edits and questions.
    pub fn world(&self) -> WorldHandle {
        WorldHandle::new(Arc::clone(&self.api))
    }

    /// Arms a fault.
    pub fn inject(&self, fault: Fault) {
        self.api.faults.arm(fault);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.api.faults.clear();
    }

    /// How often a kind of fault has fired.
    pub fn fired(&self, kind: FaultKind) -> u64 {
        self.api.faults.fired_of(kind)
    }

    /// What clients have done so far.
    pub fn counters(&self) -> Counters {
        counters(&self.api)
    }

    /// Ends the listeners and waits for them; what hangs is dropped after two seconds.
    pub async fn stop(mut self) {
        self.api.stopping.cancel();
        let ended = async { while self.servers.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            self.servers.shutdown().await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.api.stopping.cancel();
    }
}

pub(crate) fn counters(api: &Api) -> Counters {
    let served = api.files.served();
    Counters {
        file_requests: served.requests,
        file_bytes: served.bytes,
        file_answers: served.by_status,
        faults: api.faults.fired(),
        ..api.counters.read()
    }
}

async fn open(base: SocketAddr, place: u16) -> Result<WireListener, SandboxError> {
    let port = match base.port() {
        0 => 0,
        port => port.checked_add(place).ok_or(SandboxError::NoRoom(port))?,
    };
    let address = SocketAddr::new(base.ip(), port);
    WireListener::bind(address).await.map_err(|source| SandboxError::Listen { address, source })
}

async fn serve(listener: WireListener, router: Router, stopping: CancellationToken) {
    let service = router.into_make_service_with_connect_info::<Scissors>();
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stopping.cancelled().await });
    // Serving ends only by the shutdown; single connections report nothing here.
    server.into_future().await.unwrap_or(());
}

/// Waits before each answer of a router.
fn delayed(router: Router, latency: Duration) -> Router {
    if latency.is_zero() {
        return router;
    }
    router.layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| async move {
            tokio::time::sleep(latency).await;
            next.run(request).await
        },
    ))
}

fn accounts(api: &Api) -> Vec<ReadyAccount> {
    let world = api.read();
    let now = api.clock.now();
    let token_of = |index: usize, login: Login| {
        let kind = match login {
            Login::Instagram => TokenKind::InstagramUser,
            Login::Facebook => TokenKind::FacebookUser,
        };
        world.tokens.current(index, kind, now).map(|token| token.text.clone()).unwrap_or_default()
    };
    world
        .accounts
        .iter()
        .enumerate()
        .map(|(index, account)| ReadyAccount {
            name: account.name.clone(),
            login: account.login,
            user_id: account.user_id.to_string(),
            username: account.username.clone(),
            token: token_of(index, account.login),
            app_id: account.app_id.clone(),
            app_secret: account.app_secret.clone(),
        })
        .collect()
}
