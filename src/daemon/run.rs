//! The daemon as a whole: from an open archive to a clean stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::reload::{Change, Extent, Refused, read_again};
use super::teller::teller;
use super::upkeep::upkeep;
use super::watchdog::{tell_ready, tell_reloading, tell_stopping, watch_over};
use super::wiring::{apply_settings, caution};
use super::{
    Board, Order, TaskSpec, VERSION, Workshop, catalog_failure, listen_for_reloads,
    listen_for_stop, messengers, open_archive, supervise, transport, worker,
};
use crate::archive::progress::Unwatched;
use crate::archive::{Archive, Watch};
use crate::catalog::{Catalog, CatalogError};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::retry::RetryPolicy;
use crate::exit::{Exit, Failure};

/// What comes to a daemon from outside.
#[derive(Debug, Clone)]
pub struct Wishes {
    pub stop: CancellationToken,
    /// Rings when the configuration is to be read again.
    pub reload: Arc<Notify>,
    /// Who looks on while passes run.
    pub watch: Arc<dyn Watch>,
}

/// Tasks that stand beside the daemon's own, for those who look in or ask for something; listed once,
/// because what they listen on stays bound over a reload.
pub type Beside = fn(&Workshop) -> Result<Vec<TaskSpec>, Failure>;

/// Runs the daemon of this process until a signal stops it.
pub async fn run_daemon(config: Config, beside: Beside) -> Result<(), Failure> {
    let signals = |error| Failure::new(Exit::Bug, "could not listen for signals").caused_by(error);
    let stop = listen_for_stop().map_err(signals)?;
    let reloads = listen_for_reloads().map_err(signals)?;
    let clock = Clock::system();
    let mut archive = open_archive(&config, clock.clone()).await?;
    archive.settings.retry = RetryPolicy::patient();
    let wishes = Wishes {
        stop: stop.token.clone(),
        reload: reloads.bell.clone(),
        watch: Arc::new(Unwatched),
    };
    serve_beside(archive, config, Arc::new(Board::new(clock)), wishes, beside).await
}

/// Keeps the accounts of a configuration in an open archive until it is asked to stop.
pub async fn serve(
    archive: Archive,
    config: Config,
    board: Arc<Board>,
    wishes: Wishes,
) -> Result<(), Failure> {
    serve_beside(archive, config, board, wishes, |_| Ok(Vec::new())).await
}

/// As [`serve`], with other tasks beside its own.
pub async fn serve_beside(
    archive: Archive,
    config: Config,
    board: Arc<Board>,
    wishes: Wishes,
    beside: Beside,
) -> Result<(), Failure> {
    let (catalog, clock, stop) =
        (archive.catalog.clone(), archive.clock.clone(), wishes.stop.clone());
    let (messengers, ping) = messengers(&config)?;
    let shop = Workshop {
        archive: Arc::new(archive),
        board: board.clone(),
        transport: transport()?,
        config: Arc::new(config),
        watch: wishes.watch.clone(),
        messengers,
        ping,
        news: Arc::default(),
    };
    enroll(&catalog, &shop.config, &clock).await.map_err(catalog_failure)?;
    board.note_config(shop.config.clone());
    let companions = beside(&shop)?;
    let process = begin_process(&catalog, &clock).await.map_err(catalog_failure)?;
    if shop.config.accounts.is_empty() {
        tracing::info!("{} names no account: waiting for one", shop.config.path.display());
    }
    let (orders, ordered) = mpsc::channel(64);
    let mut tasks = tasks(&shop);
    tasks.extend(companions);
    let supervision =
        supervise(tasks, ordered, board.clone(), catalog.clone(), clock.clone(), stop.clone());
    let steering = async {
        tell_ready(&board);
        tracing::info!(accounts = shop.config.accounts.len(), "ready");
        let mut shop = shop;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = wishes.reload.notified() => {
                    tell_reloading();
                    let before = shop.config.clone();
                    shop = reload(shop, &orders).await;
                    if !Arc::ptr_eq(&before, &shop.config) {
                        board.note_config(shop.config.clone());
                    }
                    tell_ready(&board);
                }
            }
        }
        tell_stopping();
        tracing::info!("stopping");
        Instant::now()
    };
    let (late, asked_at, ()) =
        tokio::join!(supervision, steering, watch_over(&board, &catalog, &stop));
    for name in late {
        tracing::warn!("{name} did not stop in time and was ended");
    }
    wind_up(catalog, process, &clock, asked_at).await
}

/// The tasks of the daemon: one line for each.
fn tasks(shop: &Workshop) -> Vec<TaskSpec> {
    let mut tasks = vec![upkeep(shop), teller(shop)];
    tasks.extend(shop.config.accounts.iter().map(|account| worker(shop, account)));
    tasks
}

/// Every account has its row, and none means another one than before.
async fn enroll(catalog: &Catalog, config: &Config, clock: &Clock) -> Result<(), CatalogError> {
    let of = |account: &crate::config::AccountConfig| {
        (account.name.clone(), account.login, account.user_id.clone())
    };
    let accounts: Vec<_> = config.accounts.iter().map(of).collect();
    let now = clock.now();
    let enrolled = catalog.call(move |c| {
        for (name, login, user_id) in &accounts {
            c.ensure_account(name, *login, user_id, now)?;
        }
        Ok(())
    });
    enrolled.await
}

async fn begin_process(catalog: &Catalog, clock: &Clock) -> Result<i64, CatalogError> {
    let now = clock.now();
    let begun = catalog.call(move |c| {
        let last = c.last_process()?;
        Ok((last, c.begin_process(std::process::id(), VERSION, now)?))
    });
    let (last, process) = begun.await?;
    if let Some(last) = last.filter(|last| last.stopped_at.is_none()) {
        tracing::warn!(
            "the daemon that started at {} was not stopped in good order; nothing that was recorded is lost",
            last.started_at
        );
    }
    Ok(process)
}

/// Reads the configuration again; one that is wrong changes nothing.
async fn reload(shop: Workshop, orders: &mpsc::Sender<Order>) -> Workshop {
    let prepared = match read_again(&shop.config) {
        Ok(Change { extent: Extent::Nothing, .. }) => {
            tracing::info!("the configuration is read again: nothing changed");
            return shop;
        }
        Ok(change) => prepare(&shop, change).await,
        Err(Refused::Wrong(error)) => Err(format!("{:#}", anyhow::Error::from(error))),
        Err(refused @ Refused::NeedsRestart { .. }) => Err(refused.to_string()),
    };
    let (new, extent) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => {
            tracing::error!("the configuration is refused, the old one stays: {why}");
            return shop;
        }
    };
    let mut changed = 0;
    for old in &shop.config.accounts {
        if new.config.account(&old.name).is_none() {
            send(orders, Order::Drop(worker(&shop, old).name)).await;
            shop.board.forget(&old.name);
            changed += 1;
        }
    }
    for task in tasks(&new) {
        // What works for all accounts knows them, too.
        let same = task.account.as_ref().is_some_and(|name| {
            extent == Extent::SomeAccounts && shop.config.account(name) == new.config.account(name)
        });
        if !same {
            send(orders, Order::Put(task)).await;
            changed += 1;
        }
    }
    tracing::info!(changed, "the configuration is read again");
    new
}

async fn prepare(shop: &Workshop, change: Change) -> Result<(Workshop, Extent), String> {
    let Change { config, extent } = change;
    let catalog = &shop.archive.catalog;
    enroll(catalog, &config, &shop.archive.clock).await.map_err(|error| error.to_string())?;
    let mut new = shop.clone();
    if extent == Extent::Everything {
        let archive = apply_settings(&shop.archive, &config).map_err(|error| error.to_string())?;
        new.archive = Arc::new(archive);
        let caution = caution(&config.absence);
        let careful = catalog.call(move |c| {
            c.set_caution(caution);
            Ok(())
        });
        careful.await.map_err(|error| error.to_string())?;
    }
    if config.notify != shop.config.notify {
        (new.messengers, new.ping) = messengers(&config).map_err(|error| error.to_string())?;
    }
    new.config = Arc::new(config);
    Ok((new, extent))
}

async fn send(orders: &mpsc::Sender<Order>, order: Order) {
    // A supervisor that winds up needs no orders.
    orders.send(order).await.ok();
}

/// Notes a clean stop and closes the catalog, as far as the ten seconds of a stop go.
async fn wind_up(
    catalog: Catalog,
    process: i64,
    clock: &Clock,
    asked_at: Instant,
) -> Result<(), Failure> {
    const ALL: Duration = Duration::from_millis(9_700);
    let now = clock.now();
    let closing = async {
        catalog.call(move |c| c.end_process(process, now)).await?;
        catalog.close().await
    };
    match tokio::time::timeout_at(asked_at + ALL, closing).await {
        Ok(closed) => closed.map_err(catalog_failure),
        Err(_) => {
            tracing::error!("the catalog could not be closed in time; it is whole all the same");
            Ok(())
        }
    }
}
