//! What limited a pass, in words for people and with what to do about it.

use super::ask::Trouble;
use super::report::{FilesReport, PassReport, Problem, ProblemKind, WalkReport};
use super::running::{Halt, PassContext};
use crate::catalog::CatalogError;
use crate::domain::Class;
use crate::domain::walk::Reason;

pub(super) fn ends_pass(kind: ProblemKind) -> bool {
    match kind {
        ProblemKind::Token
        | ProblemKind::Permission
        | ProblemKind::Throttled
        | ProblemKind::Storage
        | ProblemKind::Stopped => true,
        ProblemKind::Api
        | ProblemKind::Files
        | ProblemKind::Items
        | ProblemKind::Blind
        | ProblemKind::Listing
        | ProblemKind::Held => false,
    }
}

pub(super) fn problem_of(pass: &PassContext, trouble: &Trouble) -> Problem {
    let account = &pass.access.name;
    let problem = |kind, hint: Option<&str>| Problem {
        kind,
        message: format!("{account}: {trouble}"),
        hint: hint.map(str::to_owned),
    };
    match trouble {
        Trouble::Stopped => problem(ProblemKind::Stopped, None),
        Trouble::Blocked { .. } => problem(
            ProblemKind::Throttled,
            Some("wait until then: calls made while blocked prolong the block"),
        ),
        Trouble::Catalog(error) => storage_problem(error),
        Trouble::Graph(error) => match error.class() {
            Class::StopAccount(why) => Problem::token(account, why, &error.to_string()),
            Class::Permission => problem(
                ProblemKind::Permission,
                Some("docs/tokens.md lists the permissions that each login needs"),
            ),
            Class::MaybeGone => problem(
                ProblemKind::Permission,
                Some(
                    "the account may have become a personal one, or the token may lack a permission: run `mediakeep check`",
                ),
            ),
            Class::Wait { .. } => problem(
                ProblemKind::Throttled,
                Some("nothing is lost: the next pass goes on when the allowance is back"),
            ),
            Class::Retry | Class::Shrink | Class::DropField(_) | Class::Fatal => {
                problem(ProblemKind::Api, Some("nothing is lost: run `mediakeep sync` again later"))
            }
        },
    }
}

pub(super) fn storage_problem(error: &CatalogError) -> Problem {
    Problem {
        kind: ProblemKind::Storage,
        message: error.to_string(),
        hint: Some("make room or mend the disk, then run `mediakeep sync` again; nothing that was recorded is lost".to_owned()),
    }
}

pub(super) fn add_listing_problem(report: &mut PassReport, walk: &WalkReport) {
    let listing_reasons = [
        Reason::RepeatedCursor,
        Reason::TooManyPages,
        Reason::TooManyItems,
        Reason::OutOfOrder,
        Reason::SkippedItems,
        Reason::OtherAccount,
        Reason::EmptyEnd,
        Reason::InvalidCursor,
    ];
    if let Some(reason) = listing_reasons.iter().find(|r| Some(r.as_str()) == walk.reason) {
        report.add_problem(Problem {
            kind: ProblemKind::Listing,
            message: format!(
                "{}: the {} list of walk {} proves nothing about absence: {}",
                report.account,
                walk.edge,
                walk.walk_id,
                reason.explain()
            ),
            hint: None,
        });
    }
    if walk.unreadable > 0 {
        report.add_problem(Problem {
            kind: ProblemKind::Items,
            message: format!(
                "{}: {} items of the {} list could not be read; their text is kept",
                report.account, walk.unreadable, walk.edge
            ),
            hint: Some("see `mediakeep failures`".to_owned()),
        });
    }
}

/// Says that missing items could not be judged: that is a state of ours, not of theirs.
pub(super) fn add_blindness(report: &mut PassReport, walk: &WalkReport, why: &str) {
    report.add_problem(Problem {
        kind: ProblemKind::Blind,
        message: format!(
            "{}: items that walk {} did not list cannot be judged: {why}",
            report.account, walk.walk_id
        ),
        hint: Some(
            "nothing is concluded from that; they are asked for again after the next complete walk"
                .to_owned(),
        ),
    });
}

pub(super) fn add_file_problems(report: &mut PassReport, pass: &PassContext) {
    let FilesReport { failed, left, .. } = report.files;
    match pass.counts.halt.get() {
        Some(Halt::NoSpace(reason)) => {
            report.add_problem(Problem {
                kind: ProblemKind::Storage,
                message: format!("{}: no file can be stored: {reason}", pass.access.name),
                hint: Some("make room on the archive's disk, or lower [archive] min_free; metadata was recorded, and the next sync fetches the files".to_owned()),
            });
            return;
        }
        Some(Halt::HostsAway(reason)) => {
            report.add_problem(Problem {
                kind: ProblemKind::Api,
                message: format!(
                    "{}: the file hosts do not answer; {left} files wait: {reason}",
                    pass.access.name
                ),
                hint: Some(
                    "check the network; metadata was recorded, and the next sync fetches the files"
                        .to_owned(),
                ),
            });
            return;
        }
        None => {}
    }
    if failed > 0 {
        let files = if failed == 1 { "1 file".to_owned() } else { format!("{failed} files") };
        report.add_problem(Problem {
            kind: ProblemKind::Files,
            message: format!("{}: {files} could not be fetched", pass.access.name),
            hint: Some(
                "they stay queued; `mediakeep failures` tells why and when they are tried again"
                    .to_owned(),
            ),
        });
    }
    if left > 0 && pass.stop.is_cancelled() {
        report.add_problem(Problem {
            kind: ProblemKind::Stopped,
            message: format!("{}: stopped with {left} files still to fetch", pass.access.name),
            hint: Some("run `mediakeep sync` again: it goes on from here".to_owned()),
        });
    }
}
