//! Decides which facts of a batch are worth a sentence.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::words::{self, AlarmStory};
use super::{Fact, GapTurn, HoldEnd, NoticeKind, Origin, Post, Priority, Turn, What};
use crate::domain::ledger::GapReason;
use crate::domain::{AlarmKind, Timestamp};

/// An alarm that came and went within this time, both in one batch, is not told.
const PASSING: Duration = Duration::from_secs(600);

/// A fact that is told, with its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) kind: NoticeKind,
    /// What a title says of it, after the account.
    pub(super) title: String,
    pub(super) origin: Origin,
    pub(super) at: Timestamp,
    pub(super) account: Option<String>,
    pub(super) priority: Priority,
    pub(super) text: String,
    pub(super) post: Option<Post>,
}

/// The notices of a batch, in the order in which things happened.
pub(super) fn settle(facts: &[Fact], wanted: &[NoticeKind]) -> Vec<Notice> {
    let alarms = alarm_stories(facts);
    let explained = explained_accounts(facts, wanted);
    let fleeting = fleeting_gaps(facts);
    let mut notices: Vec<Notice> = facts
        .iter()
        .filter(|fact| !fleeting.contains(&fact.origin) && !is_explained(fact, &explained))
        .filter_map(|fact| notice(fact, wanted))
        .chain(alarms.iter().filter_map(|alarm| alarm_notice(alarm, wanted)))
        .collect();
    notices.sort_by_key(|notice| (notice.at, notice.origin));
    notices
}

/// All but alarms, whose turns are told together.
fn notice(fact: &Fact, wanted: &[NoticeKind]) -> Option<Notice> {
    let (kind, post) = match &fact.what {
        What::Post { became, post } => (words::kind_of(became), Some(post.clone())),
        What::Held { .. } => (NoticeKind::Held, None),
        What::HoldEnded { by, .. } => match by {
            HoldEnd::Confirmed => (NoticeKind::Held, None),
            HoldEnd::Accepted => return None,
            // Who did not hear of the hold does not wait for its end.
            HoldEnd::Dropped if !wanted.contains(&NoticeKind::Held) => return None,
            HoldEnd::Dropped => (NoticeKind::Recovered, None),
        },
        What::Gap { turn: GapTurn::Opened, .. } => (NoticeKind::GapOpened, None),
        What::Gap { turn: GapTurn::Closed, .. } => (NoticeKind::GapClosed, None),
        What::Alarm { .. } => return None,
    };
    wanted.contains(&kind).then(|| Notice {
        kind,
        title: words::title_of(&fact.what),
        origin: fact.origin,
        at: fact.at,
        account: fact.account.clone(),
        priority: words::priority_of(&fact.what).unwrap_or_else(|| kind.priority()),
        text: words::sentence(&fact.what),
        post,
    })
}

/// The turns of each alarm in this batch as one story, dated by the last of them.
fn alarm_stories(facts: &[Fact]) -> Vec<(&Fact, AlarmStory<'_>)> {
    let mut stories: BTreeMap<i64, (&Fact, AlarmStory<'_>)> = BTreeMap::new();
    for fact in facts {
        let What::Alarm { alarm, kind, turn, detail, since, .. } = &fact.what else { continue };
        let begins_here = stories.get(alarm).is_some_and(|(_, story)| story.begins_here);
        let story = AlarmStory {
            kind: *kind,
            last: *turn,
            begins_here: begins_here || *turn == Turn::Raised,
            detail,
            since: *since,
        };
        stories.insert(*alarm, (fact, story));
    }
    stories.into_values().collect()
}

fn alarm_notice((fact, story): &(&Fact, AlarmStory<'_>), wanted: &[NoticeKind]) -> Option<Notice> {
    let lasting = NoticeKind::of_alarm(story.kind);
    let (kind, priority) = match story.last {
        Turn::Raised => (lasting, lasting.priority()),
        Turn::Rose => (lasting, Priority::High),
        Turn::Ended if story.begins_here && fact.at.since(story.since) < PASSING => return None,
        Turn::Ended => (NoticeKind::Recovered, NoticeKind::Recovered.priority()),
    };
    (wanted.contains(&lasting) && wanted.contains(&kind)).then(|| Notice {
        kind,
        title: words::alarm_title(story),
        origin: fact.origin,
        at: fact.at,
        account: fact.account.clone(),
        priority,
        text: words::alarm_sentence(story, fact.at),
        post: None,
    })
}

/// Gaps that opened and closed within the batch, both facts of each.
fn fleeting_gaps(facts: &[Fact]) -> BTreeSet<Origin> {
    let mut open: Vec<(&Fact, &str, &GapReason)> = Vec::new();
    let mut fleeting = BTreeSet::new();
    for fact in facts {
        let What::Gap { turn, edge, reason, .. } = &fact.what else { continue };
        match turn {
            GapTurn::Opened => open.push((fact, edge, reason)),
            GapTurn::Closed => {
                let same = |(opened, at, why): &(&Fact, &str, &GapReason)| {
                    opened.account == fact.account && at == edge && *why == reason
                };
                if let Some(nth) = open.iter().position(same) {
                    let (opened, _, _) = open.swap_remove(nth);
                    fleeting.extend([opened.origin, fact.origin]);
                }
            }
        }
    }
    fleeting
}

/// Accounts whose trouble, or the end of it, is told by an alarm of this batch.
fn explained_accounts<'f>(
    facts: &'f [Fact],
    wanted: &[NoticeKind],
) -> BTreeSet<(&'f str, GapTurn)> {
    let mut explained = BTreeSet::new();
    for fact in facts {
        let (Some(account), What::Alarm { kind, turn, .. }) = (&fact.account, &fact.what) else {
            continue;
        };
        let stops_walks = match kind {
            AlarmKind::TokenDead
            | AlarmKind::PermissionMissing
            | AlarmKind::PassFailing
            | AlarmKind::Blind => true,
            AlarmKind::TokenExpiring
            | AlarmKind::DiskLow
            | AlarmKind::Damaged
            | AlarmKind::BackupFailing
            | AlarmKind::PublishFailing
            | AlarmKind::WalLarge
            | AlarmKind::WorkerRestarted
            | AlarmKind::MessengerFailing
            | AlarmKind::ClockOff => false,
        };
        if stops_walks && wanted.contains(&NoticeKind::of_alarm(*kind)) {
            explained.insert(match turn {
                Turn::Raised | Turn::Rose => (account.as_str(), GapTurn::Opened),
                Turn::Ended => (account.as_str(), GapTurn::Closed),
            });
        }
    }
    explained
}

/// Whether it is a gap that a failed walk left and that an alarm already speaks of.
fn is_explained(fact: &Fact, explained: &BTreeSet<(&str, GapTurn)>) -> bool {
    match (&fact.what, &fact.account) {
        (What::Gap { turn, reason: GapReason::Walk(_), .. }, Some(account)) => {
            explained.contains(&(account.as_str(), *turn))
        }
        _ => false,
    }
}
