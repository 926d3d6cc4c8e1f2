//! After a walk: which known items it did not list, and what becomes of them.
//!
//! The decisions are [`examine`] and [`conclude`]; here the facts are fetched for them. Nothing is
//! written before the walk is closed, with everything that was decided, in one transaction.

use std::collections::HashMap;

use super::WalkPlan;
use super::ask::Trouble;
use super::question::{Heard, Hearing, Walked, ask_for};
use super::running::PassContext;
use crate::catalog::{CatalogError, Compared, Judgement, Saw, Step, WalkId};
use crate::domain::absence::{Answer, Control, Evidence, Moment, Unseen};
use crate::domain::reconcile::{Conclusion, conclude, examine};
use crate::domain::walk::{Ending, Reason};
use crate::domain::{Class, MediaId};

/// A finished walk with everything that follows from it.
#[derive(Debug)]
pub(super) struct Reconciled {
    pub ending: Ending,
    pub judgement: Judgement,
    /// Why missing items were not judged, when something kept us from it.
    pub blind: Option<String>,
}

/// Decides what became of the items that a walk did not list; asks for them where that can
/// change anything. A walk that listed everything costs no call.
pub(super) async fn reconcile(
    pass: &PassContext,
    plan: &WalkPlan,
    walk: WalkId,
    mut ending: Ending,
    began: Moment,
    api_version: Option<String>,
) -> Result<Reconciled, CatalogError> {
    let catalog = &pass.archive.catalog;
    let nothing = |ending| Reconciled { ending, judgement: Judgement::NotCompared, blind: None };
    let case =
        catalog.call(move |c| c.case_of_walk(walk, &ending, began, api_version.as_deref())).await?;
    let Some(case) = case else { return Ok(nothing(ending)) };
    let (proof, looked_at, caution) = (case.proof, case.looked_at, pass.archive.settings.caution);
    let mut found = examine(case, &caution);
    let mut hearing = Hearing::default();
    let mut blind = None;
    let due = &found.missed[..found.ask];
    if !due.is_empty() {
        match check_account(pass).await {
            Account::Same => {
                let ids: Vec<MediaId> = due.iter().map(|item| item.media_id.clone()).collect();
                let groups = catalog.call(move |c| c.controls_for(walk, &ids)).await?;
                hearing = ask_for(pass, &Walked { id: walk, edge: plan.edge }, due, groups).await;
            }
            Account::Other => {
                let reason = Some(Reason::OtherAccount);
                return Ok(nothing(Ending { reason, coverage: None, capped_at: None, ..ending }));
            }
            Account::Waits => {}
            Account::Unclear(why) => blind = Some(why),
        }
    }
    blind = blind.or_else(|| hearing.blind().map(str::to_owned));
    if let Some(why) = hearing.waits() {
        tracing::info!(account = %pass.access.name, "some missing items wait for another walk: {why}");
    }
    let evidence: Vec<Evidence> =
        found.missed.iter().map(|item| evidence_of(item, &hearing.items)).collect();
    let judgement = match conclude(&found.missed, &evidence, &proof, &caution) {
        Conclusion::Disproved(items) => {
            let asked = items.iter().filter_map(|id| hearing.items.remove(id));
            let asked = asked.flat_map(|heard| heard.asked).collect();
            let reason = Some(Reason::SkippedItems);
            ending = Ending { reason, coverage: None, capped_at: None, ..ending };
            Judgement::Disproved { items, asked }
        }
        Conclusion::Steps(steps) => Judgement::Compared(Compared {
            expired: std::mem::take(&mut found.expired),
            unreachable: std::mem::take(&mut found.unreachable),
            ended: std::mem::take(&mut found.ended),
            held: found.held.take(),
            looked_at,
            steps: steps
                .into_iter()
                .zip(&found.missed)
                .map(|((media_id, verdict), item)| {
                    let heard = hearing.items.remove(&media_id);
                    let asked = heard.map(|heard| heard.asked).unwrap_or_default();
                    let struck_at = item.strike.map(|strike| strike.local);
                    let saw = Some(Saw { state: item.state, struck_at });
                    Step { media_id, verdict, asked, saw }
                })
                .collect(),
        }),
    };
    Ok(Reconciled { ending, judgement, blind })
}

fn evidence_of(item: &Unseen, heard: &HashMap<MediaId, Heard>) -> Evidence {
    let not_asked = Evidence { answer: Answer::NotAsked, control: Control::Silent };
    heard.get(&item.media_id).map_or(not_asked, |heard| heard.evidence)
}

/// Whether the token still answers for the account that was walked.
#[derive(Debug)]
enum Account {
    Same,
    Other,
    /// The allowance is used up, or the pass ends: asking goes on after another walk.
    Waits,
    Unclear(String),
}

async fn check_account(pass: &PassContext) -> Account {
    let graph = &pass.access.graph;
    match pass.asker.ask(|| graph.account()).await {
        Ok(answer) if answer.value.answers_for(&pass.access.user_id) => {
            pass.note_total(&answer.value);
            Account::Same
        }
        Ok(_) => Account::Other,
        Err(trouble) if is_a_wait(&trouble) => Account::Waits,
        Err(trouble) => Account::Unclear(trouble.to_string()),
    }
}

fn is_a_wait(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::Stopped | Trouble::Blocked { .. } => true,
        Trouble::Graph(error) => matches!(error.class(), Class::Wait { .. }),
        Trouble::Catalog(_) => false,
    }
}
