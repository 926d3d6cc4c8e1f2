//! A pass: everything done for one account at one tick.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::ask::Asker;
use super::download::download;
use super::noted::{clear_failure, note_failure, note_refusal};
use super::problems::{
    add_blindness, add_file_problems, add_listing_problem, ends_pass, problem_of, storage_problem,
};
use super::progress::PassEvent;
use super::queue::FileQueue;
use super::refresh::Refresher;
use super::report::{FilesReport, News, PassReport, Problem, ProblemKind};
use super::running::{FileCounts, PassContext};
use super::walk::run_walk;
use super::{AccountAccess, Archive, Watch};
use crate::catalog::{AccountRecord, CatalogError, Stage};
use crate::domain::absence::Moment;
use crate::domain::check::{Checked, must_check};
use crate::domain::pace::Urgency;
use crate::domain::{AccountName, Edge, Login, TokenTrouble, UserId, Window};
use crate::graph::{AccountFacts, FieldSet};

/// What a pass does for its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassPlan {
    /// The walks, in this order.
    pub walks: Vec<WalkPlan>,
    pub files: FilePlan,
}

impl PassPlan {
    /// A pass that walks a whole list has hours; one that looks at what is new has minutes. Stories
    /// are always few.
    fn urgency(&self) -> Urgency {
        let walks_all = |walk: &WalkPlan| walk.edge != Edge::Stories && walk.window.since.is_none();
        if self.walks.iter().any(walks_all) { Urgency::Bulk } else { Urgency::Routine }
    }
}

/// Whether a pass fetches files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePlan {
    Fetch,
    /// They stay queued in the catalog.
    Leave,
}

/// One walk to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkPlan {
    pub name: String,
    pub edge: Edge,
    pub window: Window,
}

/// Runs one pass to its end. Whatever goes wrong is in the report; nothing is thrown away.
pub async fn run_pass(
    archive: &Arc<Archive>,
    access: &Arc<AccountAccess>,
    plan: &PassPlan,
    watch: &Arc<dyn Watch>,
    stop: &CancellationToken,
) -> PassReport {
    let started_at = archive.clock.now();
    let mut report = PassReport::begin(access.name.clone(), access.login, started_at);
    match run(archive, access, plan, watch, stop, &mut report).await {
        Ok(Some(answered)) => {
            if let Err(error) = prune(archive, &answered).await {
                report.add_problem(storage_problem(&error));
            }
        }
        Ok(None) => {}
        Err(error) => report.add_problem(storage_problem(&error)),
    }
    if may_be_another_account(&report) {
        archive.checked.forget(&access.name);
    }
    report.finished_at = archive.clock.now();
    if let Err(error) = note_state(archive, &access.name, &report).await {
        report.add_problem(storage_problem(&error));
    }
    watch.event(PassEvent::Done { account: &access.name });
    report
}

/// Answers when the API first answered, if it did.
async fn run(
    archive: &Arc<Archive>,
    access: &Arc<AccountAccess>,
    plan: &PassPlan,
    watch: &Arc<dyn Watch>,
    stop: &CancellationToken,
    report: &mut PassReport,
) -> Result<Option<Moment>, CatalogError> {
    let (pass, refused) = match prepare(archive, access, watch, stop, plan).await {
        Ok(prepared) => prepared,
        Err(problem) => {
            report.add_problem(problem);
            return Ok(None);
        }
    };
    let name = access.name.clone();
    let before = archive.catalog.call(move |c| c.newest_event(&name)).await?;
    let walking = async {
        let walked = walk_all(&pass, plan, &refused, report).await;
        // Without an API that answers there are no fresh links: nothing is asked for in vain.
        let queued = match (&walked, plan.files) {
            (Ok(Walks::Done), FilePlan::Fetch) => queue_leftovers(&pass).await,
            (Ok(Walks::Done | Walks::CutOff) | Err(_), _) => Ok(()),
        };
        pass.queue.close();
        queued.and(walked)
    };
    let (walked, files) = match plan.files {
        FilePlan::Fetch => tokio::join!(walking, download(&pass)),
        FilePlan::Leave => (walking.await, Ok(left_waiting(&pass))),
    };
    report.files = files?;
    report.files.refreshed = pass.refresher.items_read();
    report.calls = pass.asker.calls();
    add_file_problems(report, &pass);
    report.add_news(news_since(&pass, before).await?);
    pass.asker.note_standing().await?;
    walked.map(|_| pass.asker.answered())
}

/// Whether something happened after which the account has to answer for itself again.
fn may_be_another_account(report: &PassReport) -> bool {
    report.problems.iter().any(|problem| match problem.kind {
        ProblemKind::Token | ProblemKind::Permission | ProblemKind::Blind => true,
        ProblemKind::Throttled
        | ProblemKind::Storage
        | ProblemKind::Stopped
        | ProblemKind::Api
        | ProblemKind::Files
        | ProblemKind::Items
        | ProblemKind::Listing
        | ProblemKind::Held => false,
    })
}

/// What became known in this pass, in the order in which it did.
async fn news_since(pass: &PassContext, before: i64) -> Result<Vec<News>, CatalogError> {
    const AT_MOST: usize = 10_000;
    let name = pass.access.name.clone();
    let rows = pass.archive.catalog.call(move |c| c.news_since(&name, before, AT_MOST)).await?;
    Ok(rows.into_iter().map(News::from).collect())
}

/// Lets go of answers that are older than they are kept and that no event rests on, by the earlier
/// clock: one that is ahead would let go of everything.
async fn prune(archive: &Archive, answered: &Moment) -> Result<(), CatalogError> {
    const ODD: Duration = Duration::from_secs(86_400);
    let earliest = answered.earliest();
    let latest = answered.server.map_or(answered.local, |server| server.max(answered.local));
    if latest.since(earliest) > ODD {
        tracing::warn!("our clock and the API's differ by more than a day: no answer is let go of");
        return Ok(());
    }
    let before = earliest.minus(archive.settings.keep_responses);
    let gone = archive.catalog.call(move |c| c.prune_responses(before)).await?;
    if gone > 0 {
        tracing::debug!(answers = gone, "let go of answers that nothing rests on");
    }
    Ok(())
}

/// Makes sure that the account is the configured one and that the API may be asked.
pub(super) async fn prepare(
    archive: &Arc<Archive>,
    access: &Arc<AccountAccess>,
    watch: &Arc<dyn Watch>,
    stop: &CancellationToken,
    plan: &PassPlan,
) -> Result<(Arc<PassContext>, Vec<String>), Problem> {
    let storage = |error: CatalogError| storage_problem(&error);
    enroll(archive, access).await.map_err(storage)?;
    let asker =
        Asker::new(archive.clone(), access.clone(), watch.clone(), plan.urgency(), stop.clone());
    let asker = asker.await.map_err(storage)?;
    let refused = refused_fields(archive, access).await.map_err(storage)?;
    let pass = PassContext {
        archive: archive.clone(),
        access: access.clone(),
        asker,
        refresher: Refresher::new(without(FieldSet::for_item(access.login), &refused)),
        queue: FileQueue::default(),
        watch: watch.clone(),
        stop: stop.clone(),
        counts: FileCounts::default(),
        files: plan.files,
        account_total: OnceLock::new(),
    };
    let last = archive.checked.last(&access.name);
    let token = access.graph.token().fingerprint();
    let walks = plan.walks.iter().map(|walk| (walk.edge, walk.window));
    if must_check(last.as_ref(), &token, walks, archive.clock.now()) {
        let facts = check_account(&pass).await?;
        pass.note_total(&facts);
        record_account(&pass, facts).await.map_err(storage)?;
        let at = archive.clock.now();
        archive.checked.note(&access.name, Checked { at, token });
    }
    Ok((Arc::new(pass), refused))
}

/// The account's row exists before anything refers to it.
async fn enroll(archive: &Archive, access: &AccountAccess) -> Result<(), CatalogError> {
    let (name, login, user_id) = (access.name.clone(), access.login, access.user_id.clone());
    let now = archive.clock.now();
    archive.catalog.call(move |c| c.ensure_account(&name, login, &user_id, now)).await
}

async fn refused_fields(
    archive: &Archive,
    access: &AccountAccess,
) -> Result<Vec<String>, CatalogError> {
    let (name, version) = (access.name.clone(), access.api_version.clone());
    let now = archive.clock.now();
    archive.catalog.call(move |c| c.dropped_fields(&name, &version, now)).await
}

pub(super) fn without(fields: FieldSet, refused: &[String]) -> FieldSet {
    refused.iter().fold(fields, |fields, name| fields.without(name))
}

/// The token must answer for the configured account before anything is recorded under its name.
async fn check_account(pass: &PassContext) -> Result<AccountFacts, Problem> {
    let graph = &pass.access.graph;
    let facts = match pass.asker.ask(|| graph.account()).await {
        Ok(answer) => answer.value,
        Err(trouble) => {
            let noted = note_failure(pass, Stage::Account, "", &trouble).await;
            noted.map_err(|error| storage_problem(&error))?;
            return Err(problem_of(pass, &trouble));
        }
    };
    if facts.answers_for(&pass.access.user_id) {
        return Ok(facts);
    }
    let other = facts.user_id.as_deref().unwrap_or(&facts.id);
    let called = facts.username.value().map(|name| format!(" ({name})")).unwrap_or_default();
    let detail = format!("configured is {}, it answers for {other}{called}", pass.access.user_id);
    let noted = note_refusal(pass, TokenTrouble::OtherAccount, &detail).await;
    noted.map_err(|error| storage_problem(&error))?;
    Err(Problem::token(&pass.access.name, TokenTrouble::OtherAccount, &detail))
}

async fn record_account(pass: &PassContext, facts: AccountFacts) -> Result<(), CatalogError> {
    let record = AccountRecord {
        username: facts.username.value().cloned(),
        display_name: facts.name.value().cloned(),
        account_type: facts.account_type.value().cloned(),
        media_count: facts.media_count.value().copied(),
        followers_count: facts.followers_count.value().copied(),
        follows_count: facts.follows_count.value().copied(),
    };
    let (name, now) = (pass.access.name.clone(), pass.archive.clock.now());
    pass.archive.catalog.call(move |c| c.record_account(&name, &record, now)).await?;
    clear_failure(pass, Stage::Account, "").await
}

async fn walk_all(
    pass: &PassContext,
    plan: &PassPlan,
    refused: &[String],
    report: &mut PassReport,
) -> Result<Walks, CatalogError> {
    for walk in &plan.walks {
        let fields = without(FieldSet::for_edge(pass.access.login, walk.edge), refused);
        let walked = run_walk(pass, walk, fields).await?;
        add_listing_problem(report, &walked.report);
        if let Some(why) = &walked.blind {
            add_blindness(report, &walked.report, why);
        }
        report.walks.push(walked.report);
        let subject = format!("{} {}", walk.edge, walk.name);
        if let Some(trouble) = walked.trouble {
            note_failure(pass, Stage::Walk, &subject, &trouble).await?;
            let problem = problem_of(pass, &trouble);
            let ends_pass = ends_pass(problem.kind);
            report.add_problem(problem);
            if ends_pass {
                return Ok(Walks::CutOff);
            }
        } else {
            clear_failure(pass, Stage::Walk, &subject).await?;
        }
    }
    Ok(Walks::Done)
}

/// How the walks of a pass went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walks {
    /// All of them ran, whatever each one proved.
    Done,
    /// The account cannot be asked any more in this pass.
    CutOff,
}

/// Files that failed or were left before and are due again, beyond what the walks listed.
async fn queue_leftovers(pass: &PassContext) -> Result<(), CatalogError> {
    const AT_ONCE: usize = 500;
    let mut after = None;
    loop {
        let (name, now) = (pass.access.name.clone(), pass.archive.clock.now());
        let due =
            pass.archive.catalog.call(move |c| c.due_assets(&name, after, AT_ONCE, now)).await?;
        let Some(last) = due.last().map(|asset| asset.asset) else { return Ok(()) };
        for asset in due {
            pass.queue.push(asset, None);
        }
        let goes_on = tokio::select! {
            room = pass.queue.room() => room,
            () = pass.stop.cancelled() => false,
        };
        if !goes_on {
            return Ok(());
        }
        after = Some(last);
    }
}

fn left_waiting(pass: &PassContext) -> FilesReport {
    let left = pass.counts.left.load(Ordering::Relaxed);
    FilesReport { left, ..FilesReport::default() }
}

/// Writes down the state of an account whose pass could not even begin.
pub async fn note_refused_account(
    archive: &Archive,
    name: &AccountName,
    login: Login,
    user_id: &UserId,
    report: &PassReport,
) -> Result<(), CatalogError> {
    let (account, user_id, now) = (name.clone(), user_id.clone(), archive.clock.now());
    archive.catalog.call(move |c| c.ensure_account(&account, login, &user_id, now)).await?;
    note_state(archive, name, report).await
}

/// The account's state as `status` shows it, from the worst that this pass met.
async fn note_state(
    archive: &Archive,
    account: &AccountName,
    report: &PassReport,
) -> Result<(), CatalogError> {
    let worst = report.problems.first();
    let state = match worst.map(|problem| problem.kind) {
        None
        | Some(
            ProblemKind::Files | ProblemKind::Items | ProblemKind::Listing | ProblemKind::Held,
        ) => "ok",
        Some(ProblemKind::Blind) => "blind",
        Some(ProblemKind::Token) => "token",
        Some(ProblemKind::Permission) => "permission",
        Some(ProblemKind::Throttled) => "throttled",
        Some(ProblemKind::Api) => "api",
        // Neither says anything of the account.
        Some(ProblemKind::Storage | ProblemKind::Stopped) => return Ok(()),
    };
    let detail = worst.filter(|_| state != "ok").map(|problem| problem.message.clone());
    let (name, now) = (account.clone(), archive.clock.now());
    archive.catalog.call(move |c| c.set_account_state(&name, state, detail.as_deref(), now)).await
}
