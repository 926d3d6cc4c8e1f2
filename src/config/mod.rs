//! The configuration: one TOML file, environment variables over it, checked once.
//!
//! `raw` is what is written, `validate` turns it into the [`Config`] that the program uses,
//! `locate` says where a wrong value stands, `secret_source` reads secrets when they are
//! needed. Everything here is plain values; nothing is opened but the file itself.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::domain::notice::NoticeKind;
use crate::domain::{AccountName, Edge, Login, UserId};
use crate::schedule::{Schedule, Zone};

mod environment;
mod error;
mod load;
mod locate;
mod raw;
mod secret_source;
mod units;
mod validate;

pub use environment::Environment;
pub use error::{ConfigError, Origin};
pub use load::{example, search};
pub use secret_source::{SecretError, SecretSource};
pub use units::Since;

/// Everything that can be configured, with defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file that it was read from.
    pub path: PathBuf,
    pub archive: ArchiveConfig,
    pub api: ApiConfig,
    pub download: DownloadConfig,
    pub absence: AbsenceConfig,
    pub schedule: ScheduleConfig,
    pub log: LogConfig,
    pub http: HttpConfig,
    pub notify: NotifyConfig,
    /// In the order of the file.
    pub accounts: Vec<AccountConfig>,
}

impl Config {
    /// Reads a file and the variables `MEDIAKEEP__SECTION__KEY` of the environment over it.
    ///
    /// Fails on the first thing that is wrong, naming file, line, key and value.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        load::load(path, environment)
    }

    /// The account of this name.
    pub fn account(&self, name: &AccountName) -> Option<&AccountConfig> {
        self.accounts.iter().find(|account| account.name == *name)
    }
}

/// `[archive]`: where and how things are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchiveConfig {
    pub dir: PathBuf,
    /// The id that must stand in the archive's marker: with it nothing new is ever made, so that a
    /// disk that is not mounted is not taken for a new archive.
    pub id: Option<String>,
    /// Bytes that stay free: no file is fetched that would leave less.
    pub min_free: u64,
    pub keep_responses: Duration,
    /// Within this time every blob is read again once.
    pub verify_every: Duration,
    pub backup: BackupConfig,
    pub publish: Option<PublishConfig>,
}

/// `[archive] publish`: a copy of the catalog for readers who cannot reach the archive.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishConfig {
    /// The copy, replaced in one step each time.
    pub path: PathBuf,
    pub schedule: Schedule,
}

/// `[archive] backup`: checked copies of the catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct BackupConfig {
    pub schedule: Schedule,
    /// How many copies stay.
    pub keep: u32,
}

/// `[api]`: how the API is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiConfig {
    /// The version in the path, such as `v25.0`.
    pub version: String,
    /// Items per page, at most 100.
    pub page_size: u16,
    /// Percent of an allowance at which calls pause.
    pub max_usage: f64,
    pub instagram_url: Url,
    pub facebook_url: Url,
    /// Takes the code of a login with Instagram.
    pub instagram_login_url: Url,
}

impl ApiConfig {
    /// The base address for a login.
    pub fn base(&self, login: Login) -> &Url {
        match login {
            Login::Instagram => &self.instagram_url,
            Login::Facebook => &self.facebook_url,
        }
    }
}

/// `[download]`: how files are fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct DownloadConfig {
    pub concurrency: NonZeroUsize,
    /// Bytes; larger files are refused and recorded.
    pub max_file_size: u64,
    /// `*.name` for every host below a name, or a full host name.
    pub hosts: Vec<String>,
    pub recheck: Recheck,
    /// Bytes per second over all files; unlimited when absent.
    pub bandwidth: Option<u64>,
}

/// `[absence]`: when an item that is not listed counts as gone.
#[derive(Debug, Clone, PartialEq)]
pub struct AbsenceConfig {
    pub confirm_after: Duration,
    pub brake_items: u32,
    /// From 0 to 1.
    pub brake_share: f64,
}

/// `[schedule]`: what holds for every schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleConfig {
    pub timezone: Zone,
    /// Runs begin up to this much later, at random.
    pub jitter: Duration,
}

/// `[log]`: diagnostics on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    pub format: LogFormat,
    /// A level, or directives such as `mediakeep=debug,hyper=warn`.
    pub level: String,
}

/// `[http]`: the pages, health and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Off when absent.
    pub listen: Option<Listen>,
    pub password_file: Option<PathBuf>,
}

/// `[notify]`: whom to tell what.
#[derive(Debug, Clone, PartialEq)]
pub struct NotifyConfig {
    pub webhooks: Vec<Address>,
    /// Signs what is posted to the webhooks.
    pub webhook_secret: Option<SecretSource>,
    pub commands: Vec<Vec<String>>,
    /// Topics of ntfy servers.
    pub ntfy: Vec<Address>,
    pub ping_url: Option<Address>,
    /// What is worth telling.
    pub events: Vec<NoticeKind>,
}

/// `[[account]]`: one professional account.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountConfig {
    pub name: AccountName,
    pub login: Login,
    pub user_id: UserId,
    /// Where the operator puts tokens; absent where `mediakeep token set` or `login` does.
    pub token: Option<SecretSource>,
    pub app_secret: Option<SecretSource>,
    pub app_id: Option<String>,
    /// Where the browser is sent at the end of `mediakeep login`, as registered with the app.
    pub redirect_uri: Option<Url>,
    pub collect: Vec<Collect>,
    pub walks: Vec<WalkConfig>,
}

impl AccountConfig {
    /// The walk of this name.
    pub fn walk(&self, name: &str) -> Option<&WalkConfig> {
        self.walks.iter().find(|walk| walk.name == name)
    }
}

/// `[[account.walk]]`: one enumeration, again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkConfig {
    pub name: String,
    pub schedule: Schedule,
    pub edge: Edge,
    pub since: Option<Since>,
    pub until: Option<Since>,
}

/// When a held file is fetched again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recheck {
    /// When the path of its address has changed.
    Path,
    Never,
    /// In every walk.
    Always,
}

/// What is kept of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Collect {
    Media,
    Stories,
    Comments,
    Insights,
    Tags,
}

impl Collect {
    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Stories => "stories",
            Self::Comments => "comments",
            Self::Insights => "insights",
            Self::Tags => "tags",
        }
    }
}

impl From<Edge> for Collect {
    fn from(edge: Edge) -> Self {
        match edge {
            Edge::Media => Self::Media,
            Edge::Stories => Self::Stories,
            Edge::Tags => Self::Tags,
        }
    }
}

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
    /// Text without the time and level words that the journal keeps itself.
    Journal,
}

/// Where the pages are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

/// An address to notify; whoever knows it can often post there, so it does not print.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    Plain(Url),
    Secret(SecretSource),
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(url) => write!(f, "Plain({}…)", url.origin().ascii_serialization()),
            Self::Secret(source) => f.debug_tuple("Secret").field(source).finish(),
        }
    }
}
