//! What a sandbox is told before it starts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::json::Escaping;

/// Everything that decides what a sandbox holds and how it behaves from the start.
///
/// The same settings make the same world: only times (and what encodes them, such as shortcodes) move with `epoch`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address of the first of four listeners (instagram, facebook, files, control); port 0 lets the system choose
    /// all four, a port P means P to P+3.
    pub listen: SocketAddr,
    /// Seed of the world.
    pub seed: u64,
    /// Posts of each account.
    pub posts: usize,
    /// Accounts with Instagram login, and with Facebook login.
    pub instagram_accounts: usize,
    /// Accounts with Facebook login.
    pub facebook_accounts: usize,
    /// Unix second at which the virtual clock starts; none means the real time.
    pub epoch: Option<i64>,
    /// Seconds of history that the posts of an account are spread over.
    pub history: i64,
    /// How many painted scenes the file host reuses; none paints each file for itself.
    pub picture_pool: Option<usize>,
    /// Pads every file to a size in this range.
    pub file_bytes: Option<RangeInclusive<u64>>,
    /// Width and height of clips; small ones keep big worlds cheap.
    pub clip_size: (u32, u32),
    /// Share of posts that are albums.
    pub album_share: f64,
    /// Share of posts that are reels.
    pub reel_share: f64,
    /// Most children an album gets.
    pub album_children: u32,
    /// Waits this long before each answer of the API and of the file host.
    pub latency: Duration,
    /// Calls per account and hour that make 100 % of the allowance.
    pub calls_per_hour: u32,
    /// Calls per app and hour that make 100 % of its allowance; none means as many as all of its accounts have.
    pub app_calls_per_hour: Option<u32>,
    /// Whether the accounts of a host belong to one app; otherwise each has its own.
    pub shared_app: bool,
    /// Minutes without calls that a used-up allowance costs.
    pub block_minutes: i64,
    /// How texts in answers are escaped.
    pub escaping: Escaping,
    /// Version segment that `paging.next` carries instead of the requested one (seen in production).
    pub next_version: Option<String>,
    /// Whether `/me` on the Instagram host wraps its answer in `{"data":[…]}`, as the documentation shows.
    pub me_wrapped: bool,
    /// Whether a refresh invalidates the token it was asked with.
    pub refresh_invalidates: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            seed: 1,
            posts: 60,
            instagram_accounts: 1,
            facebook_accounts: 1,
            epoch: None,
            history: 5 * 365 * 86_400,
            picture_pool: None,
            file_bytes: None,
            clip_size: (360, 640),
            album_share: 0.3,
            reel_share: 0.25,
            album_children: 10,
            latency: Duration::ZERO,
            calls_per_hour: 100_000,
            app_calls_per_hour: None,
            shared_app: false,
            block_minutes: 15,
            escaping: Escaping::Graph,
            next_version: None,
            me_wrapped: false,
            refresh_invalidates: false,
        }
    }
}

impl Settings {
    /// Calls per app and hour that make 100 % of its allowance.
    pub(crate) fn app_allowance(&self) -> u32 {
        let accounts = self.instagram_accounts.max(self.facebook_accounts);
        let accounts =
            if self.shared_app { u32::try_from(accounts).unwrap_or(u32::MAX) } else { 1 };
        self.app_calls_per_hour.unwrap_or(self.calls_per_hour.saturating_mul(accounts.max(1)))
    }
}
