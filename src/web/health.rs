//! Health: facts from the catalog, the disk and the writer, judged by the domain.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::state::{Plan, PlannedWalk, WebState};
use crate::catalog::{Catalog, CatalogError, CatalogReader};
use crate::domain::health::{
    Beginnings, CatalogState, DiskState, Facts, Names, WalkFacts, counted_from, reasons,
};

/// What the catalog knows of the planned walks; when it cannot be read, that is what is known.
pub(super) type Walks = Result<Vec<WalkFacts>, CatalogError>;

/// A run that begins at its tick may take this long until it is late.
const UNDER_WAY: Duration = Duration::from_secs(300);

/// Whether all is well, and the answer that says so or why not.
pub(super) async fn answer(state: &Arc<WebState>, names: Names) -> (bool, Value) {
    let facts = facts(state).await;
    let reasons = reasons(&facts);
    let words: Vec<String> = reasons.iter().map(|reason| reason.words(names)).collect();
    let since = state.board.snapshot().started_at;
    let status = if words.is_empty() { "ok" } else { "unhealthy" };
    let body = json!({
        "status": status,
        "reasons": words,
        "version": env!("CARGO_PKG_VERSION"),
        "at": facts.now.to_string(),
        "running_since": since.to_string(),
        "accounts": (state.plan)().accounts.len(),
    });
    (words.is_empty(), body)
}

/// Everything that is judged, at this moment.
pub(super) async fn facts(state: &Arc<WebState>) -> Facts {
    let plan = (state.plan)();
    let walks = walks(state, &plan).await;
    let catalog = match (&*walks, state.probe.lock().await.answers(&state.archive.catalog).await) {
        (Err(_), _) => CatalogState::Unreadable,
        (Ok(_), true) => CatalogState::Answers,
        (Ok(_), false) => CatalogState::WriterSilent,
    };
    let disk = match state.archive.dir.free_space() {
        Ok(free) => DiskState::Room { free, min_free: plan.min_free },
        Err(error) => {
            tracing::warn!("{error}");
            DiskState::Unreadable
        }
    };
    Facts {
        now: state.archive.clock.now(),
        walks: match &*walks {
            Ok(walks) => walks.clone(),
            Err(_) => Vec::new(),
        },
        grace: plan.jitter + UNDER_WAY,
        catalog,
        disk,
    }
}

async fn walks(state: &Arc<WebState>, plan: &Arc<Plan>) -> Arc<Walks> {
    let (path, plan) = (state.archive.dir.catalog_path(), plan.clone());
    let read = async {
        let read = move || {
            let catalog = CatalogReader::open(&path)?;
            plan.walks.iter().map(|walk| walk_facts(&catalog, walk, &plan)).collect()
        };
        let walks: Walks = tokio::task::spawn_blocking(read)
            .await
            .unwrap_or_else(|panic| Err(CatalogError::Panicked(panic.to_string())));
        if let Err(error) = &walks {
            tracing::warn!("the catalog cannot be read: {error}");
        }
        Ok::<_, std::convert::Infallible>(walks)
    };
    match state.walks.get(read).await {
        Ok(walks) => walks,
        Err(never) => match never {},
    }
}

fn walk_facts(
    catalog: &CatalogReader,
    walk: &PlannedWalk,
    plan: &Plan,
) -> Result<WalkFacts, CatalogError> {
    let known = catalog.walk_beginnings(&walk.account, walk.edge, &walk.name)?;
    let from = counted_from(&Beginnings {
        last_complete: known.last_complete,
        first_tried: known.first_tried,
        account_without_walks_since: known.account_without_walks_since,
        planned_since: plan.since,
    });
    Ok(WalkFacts {
        account: walk.account.clone(),
        walk: walk.name.clone(),
        last_complete: known.last_complete,
        third_tick: walk.schedule.next_runs(from, 3).get(2).copied(),
    })
}

/// Asks the catalog's writer for nothing, one question at a time.
#[derive(Default)]
pub(super) struct WriterProbe {
    asked: Option<(Instant, Answer)>,
}

/// The writer's answer, whenever it comes.
type Answer = Pin<Box<dyn Future<Output = bool> + Send>>;

impl WriterProbe {
    /// How long who asks waits for the writer at most.
    const WAIT: Duration = Duration::from_secs(1);
    /// A writer that is silent for longer is stuck: its longest job is one page of a walk.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// Whether the writer answers, or has been asked so lately that it may still be at work.
    async fn answers(&mut self, catalog: &Catalog) -> bool {
        let (since, mut answer) = self.asked.take().unwrap_or_else(|| {
            let catalog = catalog.clone();
            let ask = async move { catalog.call(|_| Ok(())).await.is_ok() };
            (Instant::now(), Box::pin(ask) as Answer)
        });
        if let Ok(answers) = timeout(Self::WAIT, &mut answer).await {
            return answers;
        }
        self.asked = Some((since, answer));
        since.elapsed() < Self::PATIENCE
    }
}

impl std::fmt::Debug for WriterProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriterProbe").field("waiting", &self.asked.is_some()).finish()
    }
}
