//! What a pass would do, without recording anything.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::listing::{Listing, Turn};
use super::pass::{prepare, without};
use super::problems::{add_listing_problem, ends_pass, problem_of, storage_problem};
use super::refresh::links_of;
use super::report::{PassReport, WalkReport};
use super::running::PassContext;
use super::{AccountAccess, Archive, PassPlan, WalkPlan, Watch};
use crate::catalog::CatalogError;
use crate::domain::MediaId;
use crate::graph::{FieldSet, Page};

/// Lists what the walks of a pass list and compares it with the catalog: no post, file or walk
/// is recorded, only what the API said of the account and its allowance.
///
/// In the report, `new` counts items that the catalog does not know, `unchanged` those that it
/// knows, and `files.left` the files of the unknown ones. No walk is recorded (their ids are 0).
pub async fn preview_pass(
    archive: &Arc<Archive>,
    access: &Arc<AccountAccess>,
    plan: &PassPlan,
    watch: &Arc<dyn Watch>,
    stop: &CancellationToken,
) -> PassReport {
    let mut report = PassReport::begin(access.name.clone(), access.login, archive.clock.now());
    match prepare(archive, access, watch, stop, plan).await {
        Ok((pass, refused)) => {
            for walk in &plan.walks {
                let ends = preview_walk(&pass, walk, &refused, &mut report).await;
                if ends {
                    break;
                }
            }
            report.calls = pass.asker.calls();
        }
        Err(problem) => report.add_problem(problem),
    }
    report.finished_at = archive.clock.now();
    report
}

/// Answers whether the walks after this one make no sense.
async fn preview_walk(
    pass: &PassContext,
    plan: &WalkPlan,
    refused: &[String],
    report: &mut PassReport,
) -> bool {
    let fields = without(FieldSet::for_edge(pass.access.login, plan.edge), refused);
    let page_size = pass.archive.settings.page_size;
    let now = pass.archive.clock.now();
    let mut listing = Listing::new(plan.edge, plan.window, page_size, fields, 0, pass.total(), now);
    let mut walk = WalkReport::begin(plan, 0);
    let ends = loop {
        match listing.next(pass).await {
            Turn::Page(page, _) => {
                if let Err(error) = compare(pass, &page, &mut walk, report).await {
                    report.add_problem(storage_problem(&error));
                    break true;
                }
            }
            Turn::Over(ending, trouble) => {
                walk.set_ending(&ending);
                let problem = trouble.map(|trouble| problem_of(pass, &trouble));
                let ends = problem.as_ref().is_some_and(|problem| ends_pass(problem.kind));
                if let Some(problem) = problem {
                    report.add_problem(problem);
                }
                break ends;
            }
        }
    };
    walk.pages = listing.progress().pages();
    walk.listed = listing.progress().listed();
    add_listing_problem(report, &walk);
    report.walks.push(walk);
    ends
}

async fn compare(
    pass: &PassContext,
    page: &Page,
    walk: &mut WalkReport,
    report: &mut PassReport,
) -> Result<(), CatalogError> {
    let ids: Vec<MediaId> = page.items.iter().map(|item| item.id.clone()).collect();
    let known = pass.archive.catalog.call(move |c| c.known_among(&ids)).await?;
    for item in &page.items {
        if known.contains(&item.id) {
            walk.unchanged += 1;
        } else {
            walk.new += 1;
            report.files.left += links_of(item).len();
        }
    }
    walk.unreadable += page.unreadable.len();
    Ok(())
}
