//! Fetches the queued files, many at a time, until the queue is closed and empty.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::fetch_file::{Fetched, Missed, fetch_file};
use super::keep::{keep_files, record_missed};
use super::queue::{Job, Take};
use super::report::FilesReport;
use super::running::{Halt, PassContext};
use crate::catalog::CatalogError;
use crate::domain::FileFault;
use crate::domain::flight::{Flight, Hosts};

/// Fetched files that may wait for their turn to become durable.
const FETCHED_AHEAD: usize = 32;

/// Runs beside the walks and ends after them.
pub(super) async fn download(pass: &Arc<PassContext>) -> Result<FilesReport, CatalogError> {
    let (fetched, arriving) = mpsc::channel(FETCHED_AHEAD);
    let (taken, kept) = tokio::join!(take_files(pass, fetched), keep_files(pass, arriving));
    let (mut report, missed) = (kept?, taken?);
    report.failed += missed;
    report.left = pass.queue.waiting() + pass.queue.dropped() + interrupted(pass, &report);
    Ok(report)
}

/// Files that were begun and neither kept nor failed: the program was asked to stop.
fn interrupted(pass: &PassContext, report: &FilesReport) -> usize {
    let settled = report.saved + report.rechecked + report.failed + pass.queue.waiting();
    pass.queue.known().saturating_sub(settled)
}

async fn take_files(
    pass: &Arc<PassContext>,
    fetched: mpsc::Sender<Fetched>,
) -> Result<usize, CatalogError> {
    let mut flight = Flight::new(pass.archive.settings.concurrency.get());
    let mut under_way: JoinSet<Option<Result<Fetched, Missed>>> = JoinSet::new();
    let mut hosts = Hosts::default();
    let mut missed = 0;
    let mut fetching = true;
    loop {
        fetching &= !pass.has_halted();
        let mut finished = !fetching;
        while fetching && !pass.stop.is_cancelled() && under_way.len() < flight.limit() {
            match pass.queue.take() {
                Take::Job(job) => {
                    under_way.spawn(with_permit(pass.clone(), job));
                }
                Take::Wait => break,
                Take::Finished => {
                    finished = true;
                    break;
                }
            }
        }
        if under_way.is_empty() && (finished || pass.stop.is_cancelled()) {
            return Ok(missed);
        }
        tokio::select! {
            Some(done) = under_way.join_next() => match done {
                Ok(Some(Ok(file))) => {
                    hosts.delivered();
                    flight.learn(file.timing);
                    if fetched.send(file).await.is_err() {
                        fetching = false;
                        pass.queue.abandon();
                    }
                }
                Ok(Some(Err(failure))) => {
                    missed += 1;
                    let away = hosts.missed(failure.fault);
                    if failure.stop_fetching {
                        pass.stop_fetching(Halt::NoSpace(failure.message.clone()));
                    } else if away {
                        pass.stop_fetching(Halt::HostsAway(failure.message.clone()));
                    }
                    if failure.fault == FileFault::Transient {
                        flight.back_off();
                    }
                    record_missed(pass, failure).await?;
                }
                Ok(None) => {}
                Err(panic) => tracing::error!("fetching a file failed: {panic}"),
            },
            () = pass.queue.changed(), if fetching && !finished => {}
            () = pass.stop.cancelled(), if under_way.is_empty() => {}
        }
    }
}

/// Transfers of all accounts share one limit.
async fn with_permit(pass: Arc<PassContext>, job: Job) -> Option<Result<Fetched, Missed>> {
    let permit = pass.archive.transfers.clone().acquire_owned().await.ok()?;
    let result = fetch_file(&pass, job).await;
    drop(permit);
    result
}
