//! The daemon's task that answers commands.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::super::bind::{SocketFile, WebError};
use super::{Place, Reply, Request};
use crate::archive::{Archive, PassReport};
use crate::catalog::{CatalogError, WalkId};
use crate::config::Config;
use crate::daemon::{Board, Pulse, catalog_failure};
use crate::domain::AccountName;
use crate::exit::{Exit, Failure};

/// The socket, with its file for as long as this lives.
#[derive(Debug)]
pub struct Control {
    socket: SocketFile,
    _place: Place,
}

impl Control {
    /// Listens in an archive's directory.
    pub fn bind(archive: &Path) -> Result<Self, WebError> {
        let place = Place::of(archive)
            .map_err(|source| WebError::Unix { path: archive.to_owned(), source })?;
        Ok(Self { socket: SocketFile::bind(&place.path, 0o600)?, _place: place })
    }
}

/// What the answers are about.
#[derive(Debug, Clone)]
pub struct Desk {
    pub archive: Arc<Archive>,
    pub board: Arc<Board>,
}

/// Questions under way at once; more wait.
const AT_ONCE: usize = 16;
/// How long a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest question.
const LONGEST_QUESTION: u64 = 64 << 10;

/// Answers commands until it is stopped; those that wait for a pass are then told so.
pub async fn answer_commands(
    control: Arc<Control>,
    desk: Desk,
    pulse: Pulse,
    stop: CancellationToken,
) {
    // It waits for whoever asks, and that may be nobody for years.
    pulse.rest();
    let listener = match control.socket.listener.try_clone().and_then(UnixListener::from_std) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!("the control socket cannot be listened on: {error}");
            return;
        }
    };
    let mut talks = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = talks.join_next(), if !talks.is_empty() => {}
            accepted = listener.accept(), if talks.len() < AT_ONCE => match accepted {
                Ok((stream, _)) => {
                    let (desk, stop) = (desk.clone(), stop.clone());
                    talks.spawn(async move { talk(stream, &desk, &stop).await });
                }
                Err(error) => {
                    tracing::warn!("the control socket: {error}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
        }
    }
    while talks.join_next().await.is_some() {}
}

async fn talk(mut stream: UnixStream, desk: &Desk, stop: &CancellationToken) {
    if !stream.peer_cred().is_ok_and(|peer| may_ask(peer.uid())) {
        return;
    }
    let (read, mut write) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LONGEST_QUESTION));
    let heard = tokio::time::timeout(PATIENCE, reader.read_line(&mut line));
    let heard = tokio::select! {
        heard = heard => heard,
        () = stop.cancelled() => return,
    };
    if !matches!(heard, Ok(Ok(1..))) {
        return;
    }
    let reply = match serde_json::from_str(&line) {
        Ok(request) => tokio::select! {
            reply = answer(request, desk) => reply.unwrap_or_else(|failure| Reply::refused(&failure)),
            () = stop.cancelled() => Reply::refused(
                &Failure::new(Exit::Unavailable, "the daemon is being stopped")
                    .with_hint("what was under way goes on at the next start"),
            ),
            // Whoever asked has left.
            () = left(&mut reader) => return,
        },
        Err(error) => {
            Reply::refused(&Failure::new(Exit::Usage, format!("not a question: {error}")))
        }
    };
    let Ok(mut text) = serde_json::to_string(&reply) else { return };
    text.push('\n');
    // Whoever asked may have left.
    tokio::time::timeout(PATIENCE, write.write_all(text.as_bytes())).await.ok();
}

/// Ends when the other side has nothing more to say and has gone.
async fn left<R: tokio::io::AsyncRead + Unpin>(reader: &mut BufReader<R>) {
    let mut more = [0; 1];
    while matches!(reader.read(&mut more).await, Ok(1..)) {}
}

/// The daemon's own user and root; the file's mode says the same, this does not depend on it.
fn may_ask(uid: u32) -> bool {
    uid == 0 || uid == rustix::process::geteuid().as_raw()
}

async fn answer(request: Request, desk: &Desk) -> Result<Reply, Failure> {
    match request {
        Request::Status => Ok(Reply::Status { live: live(&desk.board) }),
        Request::Accept { walk } => accept(desk, walk).await,
        Request::Sync { accounts, walk, wait } => sync(desk, &accounts, walk, wait).await,
    }
}

fn live(board: &Board) -> Value {
    let seen = board.snapshot();
    let tasks = seen.tasks.iter().map(|task| {
        json!({
            "name": task.name,
            "account": task.account.as_ref().map(AccountName::as_str),
            "doing": task.doing,
            "restarts": task.restarts,
            "stalls": task.stalls,
        })
    });
    let coming = seen.coming.iter().map(|(account, coming)| {
        json!({"account": account.as_str(), "walk": coming.walk, "at": coming.at.to_string()})
    });
    json!({
        "started_at": seen.started_at.to_string(),
        "tasks": tasks.collect::<Vec<_>>(),
        "coming": coming.collect::<Vec<_>>(),
    })
}

async fn accept(desk: &Desk, walk: i64) -> Result<Reply, Failure> {
    let now = desk.archive.clock.now();
    let accepted = desk.archive.catalog.call(move |c| c.accept_walk(WalkId(walk), now)).await;
    let accepted = accepted.map_err(|error| match error {
        CatalogError::WalkNotHeld(walk) => {
            Failure::new(Exit::Usage, format!("walk {walk} is not held"))
                .with_hint("`mediakeep status` names the walks that are held")
        }
        other => catalog_failure(other),
    })?;
    tracing::info!(walk, "walk {walk} is believed by a person's word");
    Ok(Reply::Accepted { missing: accepted.missing, lost_urls: accepted.lost_urls })
}

/// Rings at the workers' doors and waits for the passes that follow.
async fn sync(
    desk: &Desk,
    accounts: &[String],
    walk: Option<String>,
    wait: bool,
) -> Result<Reply, Failure> {
    let config = desk.board.in_force().map(|in_force| in_force.config);
    let config = config.ok_or_else(|| Failure::new(Exit::Unavailable, "the daemon only begins"))?;
    let names = wanted(&config, accounts, walk.as_deref())?;
    let mut passes = desk.board.passes();
    for name in &names {
        if !desk.board.nudge(name, walk.clone()) {
            return Err(Failure::new(
                Exit::Unavailable,
                format!("nobody keeps account {name} yet"),
            )
            .with_hint("its worker is being started: try again in a moment"));
        }
    }
    if !wait {
        return Ok(Reply::Asked);
    }
    let mut done: BTreeMap<AccountName, PassReport> = BTreeMap::new();
    while done.len() < names.len() {
        match passes.recv().await {
            // A pass that was under way when we asked is not the one.
            Ok(pass) if !pass.is_followed && names.contains(&pass.report.account) => {
                let report = &pass.report;
                done.entry(report.account.clone()).or_insert_with(|| report.clone());
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    Ok(Reply::Passes { passes: names.iter().filter_map(|name| done.remove(name)).collect() })
}

/// The accounts that are meant, each of which the daemon keeps and has such a walk.
fn wanted(
    config: &Config,
    accounts: &[String],
    walk: Option<&str>,
) -> Result<Vec<AccountName>, Failure> {
    let known = |name: &String| {
        let account = config.accounts.iter().find(|account| account.name.as_str() == name);
        account.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("the daemon does not know account {name}"))
                .with_hint("it reads its configuration again with `systemctl reload mediakeep`")
        })
    };
    let meant: Vec<_> = if accounts.is_empty() {
        config.accounts.iter().collect()
    } else {
        accounts.iter().map(known).collect::<Result<_, _>>()?
    };
    let has = |account: &&crate::config::AccountConfig| {
        walk.map_or(!account.walks.is_empty(), |walk| account.walk(walk).is_some())
    };
    let mut names: Vec<_> =
        meant.into_iter().filter(has).map(|account| account.name.clone()).collect();
    names.sort();
    names.dedup();
    match (names.is_empty(), walk) {
        (false, _) => Ok(names),
        (true, Some(walk)) => {
            Err(Failure::new(Exit::Usage, format!("the daemon knows no walk {walk:?} there")))
        }
        (true, None) => Err(Failure::new(Exit::Config, "the daemon keeps no account")
            .with_hint("add an [[account]] section, then `systemctl reload mediakeep`")),
    }
}
