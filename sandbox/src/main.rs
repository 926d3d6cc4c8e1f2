//! `graph-sandbox serve`: the sandbox as a program.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use graph_sandbox::{Sandbox, Settings};

/// A faithful stand-in for Instagram's Graph API and its file hosts.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until interrupted; prints one JSON line when ready
    Serve(Serve),
}

#[derive(Debug, Args)]
struct Serve {
    /// Loopback address; port 0 lets the system choose, a port P takes P to P+3
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Posts of each account
    #[arg(long, default_value_t = 60)]
    posts: usize,
    /// Seed of the world
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Accounts with Instagram login
    #[arg(long, default_value_t = 1)]
    instagram_accounts: usize,
    /// Accounts with Facebook login
    #[arg(long, default_value_t = 1)]
    facebook_accounts: usize,
    /// Unix second at which the clock starts; the real time by default
    #[arg(long)]
    epoch: Option<i64>,
    /// Reuse so many painted scenes for all pictures
    #[arg(long)]
    picture_pool: Option<usize>,
    /// Pad every file to a size between two numbers of bytes, as MIN-MAX
    #[arg(long, value_parser = byte_range)]
    file_bytes: Option<std::ops::RangeInclusive<u64>>,
    /// Share of posts that are albums, from 0 to 1
    #[arg(long)]
    album_share: Option<f64>,
    /// Share of posts that are reels, from 0 to 1
    #[arg(long)]
    reel_share: Option<f64>,
    /// Wait so many milliseconds before each answer
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Calls per account and hour that make 100 % of the allowance
    #[arg(long)]
    calls_per_hour: Option<u32>,
    /// Let a refresh end the token that it was asked with
    #[arg(long)]
    refresh_invalidates: bool,
}

fn byte_range(text: &str) -> Result<std::ops::RangeInclusive<u64>, String> {
    let range = text.split_once('-').and_then(|(low, high)| {
        let (low, high): (u64, u64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        (low <= high).then_some(low..=high)
    });
    range.ok_or_else(|| format!("{text:?} is not MIN-MAX"))
}

impl Serve {
    fn settings(self) -> Settings {
        let defaults = Settings::default();
        Settings {
            listen: self.listen,
            posts: self.posts,
            seed: self.seed,
            instagram_accounts: self.instagram_accounts,
            facebook_accounts: self.facebook_accounts,
            epoch: self.epoch,
            picture_pool: self.picture_pool,
            file_bytes: self.file_bytes,
            album_share: self.album_share.unwrap_or(defaults.album_share),
            reel_share: self.reel_share.unwrap_or(defaults.reel_share),
            latency: Duration::from_millis(self.latency_ms),
            calls_per_hour: self.calls_per_hour.unwrap_or(defaults.calls_per_hour),
            refresh_invalidates: self.refresh_invalidates,
            ..defaults
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Command::Serve(serve) = Cli::parse().command;
    if !serve.listen.ip().is_loopback() {
        bail!("{} is not a loopback address: the control API must not be reachable", serve.listen);
    }
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("could not listen for SIGTERM")?;
    let sandbox = Sandbox::start(serve.settings()).await?;
    let line = serde_json::to_string(sandbox.ready())?;
    let mut out = std::io::stdout();
    writeln!(out, "{line}").context("could not print the ready line")?;
    out.flush().context("could not print the ready line")?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("could not wait for ctrl-c")?,
    }
    sandbox.stop().await;
    Ok(())
}
