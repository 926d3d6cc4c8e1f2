//! The tasks that stand beside the daemon's own: one answers monitors, one answers commands.

use std::sync::Arc;

use super::bind::{Bound, WebError, bind};
use super::control::{Control, Desk, answer_commands};
use super::serve::serve;
use super::state::{Limits, Plan, WebState};
use crate::daemon::{TaskSpec, Workshop};
use crate::exit::{Exit, Failure};

/// Binds what is listened on, and lists the tasks that answer there.
///
/// A place that the configuration names and that cannot be had ends the start. The control socket
/// is nobody's wish: without it the daemon runs, and commands find the archive in use.
pub fn companions(shop: &Workshop) -> Result<Vec<TaskSpec>, Failure> {
    let mut tasks = Vec::new();
    if let Some(bound) = bind(&shop.config.http).map_err(failure)? {
        tracing::info!("health and metrics are at {bound}");
        tasks.push(pages(shop, bound));
    }
    match Control::bind(shop.archive.dir.path()) {
        Ok(control) => {
            let control = Arc::new(control);
            let desk = Desk { archive: shop.archive.clone(), board: shop.board.clone() };
            tasks.push(TaskSpec::new("control", move |pulse, stop| {
                answer_commands(control.clone(), desk.clone(), pulse, stop)
            }));
        }
        Err(error) => {
            let error = anyhow::Error::from(error);
            tracing::warn!("`sync` and `accept` will not reach this daemon: {error:#}");
        }
    }
    Ok(tasks)
}

fn pages(shop: &Workshop, bound: Bound) -> TaskSpec {
    let (board, first) = (shop.board.clone(), shop.config.clone());
    let started_at = shop.archive.clock.now();
    let plan = move || match board.in_force() {
        Some(in_force) => Arc::new(Plan::of(&in_force.config, in_force.since)),
        None => Arc::new(Plan::of(&first, started_at)),
    };
    let state = WebState::new(shop.archive.clone(), shop.board.clone(), plan, Limits::default());
    let (bound, state) = (Arc::new(bound), Arc::new(state));
    TaskSpec::new("web", move |pulse, stop| serve(bound.clone(), state.clone(), pulse, stop))
}

fn failure(error: WebError) -> Failure {
    let (exit, hint) = match &error {
        WebError::InUse { .. } | WebError::Tcp { .. } => {
            (Exit::InUse, "set another http.listen, or end the program that listens there")
        }
        WebError::Unix { .. } => {
            (Exit::Config, "the directory of the socket must be there and ours")
        }
        WebError::TooLong { .. } => (Exit::Config, "choose a shorter path for http.listen"),
        WebError::NotASocket { .. } => {
            (Exit::Config, "choose another path, or move that file away")
        }
        WebError::Password(_) => {
            (Exit::Config, "it must hold the password alone, on one line, with mode 0600 or 0640")
        }
    };
    Failure::new(exit, format!("{:#}", anyhow::Error::from(error))).with_hint(hint)
}
