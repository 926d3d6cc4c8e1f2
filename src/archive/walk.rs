//! One walk: enumerate, record each page while the next is on its way, close with what it proved.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::ask::Trouble;
use super::listing::{Listing, RefusedField, Turn};
use super::progress::PassEvent;
use super::reconcile::{Reconciled, reconcile};
use super::refresh::links_of;
use super::report::WalkReport;
use super::running::PassContext;
use super::{FilePlan, WalkPlan};
use crate::catalog::{
    CatalogError, Closed, PageRecord, PageText, Unreadable, WalkBegun, WalkContext, WalkId,
    WalkStart, WalkTally,
};
use crate::domain::Timestamp;
use crate::domain::absence::Moment;
use crate::graph::{FieldSet, Kept, Page};

/// A finished walk and the error that broke it off, if one did.
#[derive(Debug)]
pub(super) struct Walked {
    pub report: WalkReport,
    pub trouble: Option<Trouble>,
    /// Why missing items were not judged, when something kept us from it.
    pub blind: Option<String>,
}

/// Runs one walk to its end, whatever that is; only a catalog that cannot be written is an error.
pub(super) async fn run_walk(
    pass: &PassContext,
    plan: &WalkPlan,
    fields: FieldSet,
) -> Result<Walked, CatalogError> {
    let archive = &pass.archive;
    let begun_at = archive.clock.now();
    let begun = begin(pass, plan, &fields, begun_at).await?;
    let mut listing = Listing::new(
        plan.edge,
        plan.window,
        archive.settings.page_size,
        fields,
        begun.known_in_window,
        pass.total(),
        begun_at,
    );
    listing.note_clock(pass.first_server_at());
    let mut report = WalkReport::begin(plan, begun.id.0);
    let mut turn = listing.next(pass).await;
    let (ending, trouble) = loop {
        match turn {
            Turn::Over(ending, trouble) => break (ending, trouble),
            Turn::Page(page, kept) => {
                let asked = listing.fields().clone();
                let refused = listing.take_refused();
                let recording = record(pass, begun.id, (page, kept), asked, refused, &mut report);
                let (recorded, next) = tokio::join!(recording, listing.next(pass));
                recorded?;
                announce(pass, plan, &listing, &report);
                turn = next;
            }
        }
    };
    report.pages = listing.progress().pages();
    report.listed = listing.progress().listed();
    report.calls = listing.calls();
    let beginning =
        Moment { local: begun_at, server: listing.server_at().or(pass.first_server_at()) };
    let version = listing.api_version().map(str::to_owned);
    let reconciled = reconcile(pass, plan, begun.id, ending, beginning, version).await?;
    report.set_ending(&reconciled.ending);
    let detail = trouble.as_ref().map(ToString::to_string);
    let blind = reconciled.blind.clone();
    report.blind.clone_from(&blind);
    let closed = close(pass, begun.id, reconciled, &listing, &report, detail).await?;
    report.set_closed(&closed);
    Ok(Walked { report, trouble, blind })
}

async fn begin(
    pass: &PassContext,
    plan: &WalkPlan,
    fields: &FieldSet,
    now: Timestamp,
) -> Result<WalkBegun, CatalogError> {
    let start = WalkStart {
        account: pass.access.name.clone(),
        edge: plan.edge,
        name: plan.name.clone(),
        window: plan.window,
        context: WalkContext {
            host: pass.access.host.clone(),
            api_version_asked: pass.access.api_version.clone(),
            field_set: fields.as_query(),
            login: pass.access.login,
            program_version: pass.archive.settings.program_version.to_owned(),
        },
    };
    pass.archive.catalog.call(move |c| c.begin_walk(&start, now)).await
}

/// Writes one page in one transaction and queues its files with the links that it brought.
async fn record(
    pass: &PassContext,
    walk: WalkId,
    (page, kept): (Page, Kept),
    asked: FieldSet,
    refused: Vec<RefusedField>,
    report: &mut WalkReport,
) -> Result<(), CatalogError> {
    let mut links: HashMap<_, _> = page.items.iter().flat_map(links_of).collect();
    report.unreadable += page.unreadable.len();
    let unreadable: Vec<Unreadable> = page
        .unreadable
        .into_iter()
        .map(|item| Unreadable { raw: item.raw, reason: item.reason })
        .collect();
    let (items, now, recheck) =
        (page.items, pass.archive.clock.now(), pass.archive.settings.recheck);
    let kept = PageText { request: kept.request, body: kept.text };
    let (account, version) = (pass.access.name.clone(), pass.access.api_version.clone());
    let recorded: PageRecord = pass
        .archive
        .catalog
        .call(move |c| {
            for field in &refused {
                c.drop_field(&account, &version, &field.name, &field.answer, now)?;
            }
            if !refused.is_empty() {
                c.change_field_set(walk, &asked.as_query())?;
            }
            c.record_page(walk, &items, &unreadable, recheck, Some(&kept), now)
        })
        .await?;
    report.new += recorded.new;
    report.changed += recorded.changed;
    report.unchanged += recorded.unchanged;
    if pass.files == FilePlan::Leave {
        pass.counts.left.fetch_add(recorded.assets.len(), Ordering::Relaxed);
        return Ok(());
    }
    for asset in recorded.assets {
        let link = links.remove(&(asset.media_id.clone(), asset.role));
        pass.queue.push(asset, link);
    }
    pass.announce_files();
    Ok(())
}

async fn close(
    pass: &PassContext,
    walk: WalkId,
    reconciled: Reconciled,
    listing: &Listing,
    report: &WalkReport,
    detail: Option<String>,
) -> Result<Closed, CatalogError> {
    let tally = WalkTally {
        pages: report.pages,
        calls: usize::try_from(report.calls).unwrap_or(usize::MAX),
        api_version_answered: listing.api_version().map(str::to_owned),
        listed: report.listed,
        new: report.new,
        changed: report.changed,
        server_at: listing.server_at().or(pass.first_server_at()),
    };
    let Reconciled { ending, judgement, .. } = reconciled;
    let now = pass.archive.clock.now();
    pass.archive
        .catalog
        .call(move |c| c.close_walk(walk, &ending, &tally, detail.as_deref(), &judgement, now))
        .await
}

fn announce(pass: &PassContext, plan: &WalkPlan, listing: &Listing, report: &WalkReport) {
    pass.watch.event(PassEvent::Walk {
        account: &pass.access.name,
        edge: plan.edge,
        pages: listing.progress().pages(),
        listed: listing.progress().listed(),
        new: report.new,
        changed: report.changed,
        usage_percent: pass.asker.usage_percent(),
    });
}
