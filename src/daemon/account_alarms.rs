//! The alarms of one account: what each pass raises and ends.

use std::collections::BTreeSet;

use crate::archive::PassReport;
use crate::archive::report::{ProblemKind, WalkReport};
use crate::catalog::{Catalog, CatalogError};
use crate::domain::aftermath::{PassEnd, Streak, Telling, telling};
use crate::domain::walk::Reason;
use crate::domain::{AccountName, AlarmKind, Timestamp};

/// The alarms that are open for an account, so that a quiet pass asks the catalog for nothing.
#[derive(Debug)]
pub(super) struct AccountAlarms {
    account: AccountName,
    catalog: Catalog,
    open: BTreeSet<(AlarmKind, String)>,
    streak: Option<Streak>,
}

impl AccountAlarms {
    /// Reads which ones an earlier process left open.
    pub(super) async fn load(account: AccountName, catalog: Catalog) -> Result<Self, CatalogError> {
        let rows = catalog.call(crate::catalog::Writer::open_alarms).await?;
        let open = rows
            .into_iter()
            .filter(|row| row.account.as_deref() == Some(account.as_str()))
            .filter_map(|row| Some((AlarmKind::from_word(&row.kind)?, row.subject)))
            .collect();
        Ok(Self { account, catalog, open, streak: None })
    }

    /// How many passes in a row have failed.
    pub(super) fn failed_in_a_row(&self) -> u32 {
        self.streak.map_or(0, |streak| streak.passes)
    }

    /// Raises and ends what follows from a pass.
    pub(super) async fn note(
        &mut self,
        report: &PassReport,
        end: PassEnd,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        self.streak = match end {
            PassEnd::Throttled | PassEnd::ApiAway | PassEnd::Storage => {
                Some(Streak::and_one_more(self.streak, report.started_at))
            }
            PassEnd::Well | PassEnd::Token | PassEnd::Permission => None,
            PassEnd::Stopped => self.streak,
        };
        let said = |kind: ProblemKind| {
            let problem = report.problems.iter().find(|problem| problem.kind == kind);
            problem.map_or_else(String::new, |problem| problem.message.clone())
        };
        // An account whose walks ran has answered for itself with its token.
        let let_in = !report.walks.is_empty() || end == PassEnd::Well;
        if end == PassEnd::Token {
            self.raise(AlarmKind::TokenDead, "", said(ProblemKind::Token), now).await?;
        } else if let_in {
            self.end(AlarmKind::TokenDead, "", "the token works", now).await?;
        }
        let without_rights = Reason::Permission.as_str();
        let refused = report.walks.iter().find(|walk| walk.reason == Some(without_rights));
        if end == PassEnd::Permission {
            let subject = refused.map_or("", |walk| walk.name.as_str());
            let detail = said(ProblemKind::Permission);
            self.raise(AlarmKind::PermissionMissing, subject, detail, now).await?;
        }
        if let_in {
            self.end(AlarmKind::PermissionMissing, "", "the account answers", now).await?;
        }
        for walk in report.walks.iter().filter(|walk| walk.is_complete()) {
            self.note_walk(walk, now).await?;
        }
        match (end, self.streak) {
            (PassEnd::Well, _) => {
                self.end(AlarmKind::PassFailing, "", "a pass went well", now).await
            }
            (_, Some(streak)) if telling(end, streak, now) == Telling::Tell => {
                let detail = report.problems.first().map_or("", |problem| &problem.message);
                let detail = format!("failing since {}: {detail}", streak.since);
                self.raise(AlarmKind::PassFailing, "", detail, now).await
            }
            _ => Ok(()),
        }
    }

    async fn note_walk(&mut self, walk: &WalkReport, now: Timestamp) -> Result<(), CatalogError> {
        let name = walk.name.as_str();
        self.end(AlarmKind::PermissionMissing, name, "the walk ran", now).await?;
        match &walk.blind {
            Some(why) => {
                let detail = format!("{}: missing items cannot be judged: {why}", self.account);
                self.raise(AlarmKind::Blind, name, detail, now).await
            }
            None => self.end(AlarmKind::Blind, name, "missing items can be judged", now).await,
        }
    }

    async fn raise(
        &mut self,
        kind: AlarmKind,
        subject: &str,
        detail: String,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        let (account, of) = (self.account.clone(), subject.to_owned());
        let raised =
            self.catalog.call(move |c| c.raise_alarm(Some(&account), kind, &of, 1, &detail, now));
        raised.await?;
        self.open.insert((kind, subject.to_owned()));
        Ok(())
    }

    async fn end(
        &mut self,
        kind: AlarmKind,
        subject: &str,
        detail: &'static str,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        if !self.open.contains(&(kind, subject.to_owned())) {
            return Ok(());
        }
        let (account, of) = (self.account.clone(), subject.to_owned());
        let ended =
            self.catalog.call(move |c| c.end_alarms(Some(&account), kind, Some(&of), detail, now));
        ended.await?;
        self.open.remove(&(kind, subject.to_owned()));
        Ok(())
    }
}

/// How a pass ended, by the worst that it met.
pub(super) fn end_of(report: &PassReport) -> PassEnd {
    match report.worst() {
        None
        | Some(
            ProblemKind::Files
            | ProblemKind::Items
            | ProblemKind::Blind
            | ProblemKind::Listing
            | ProblemKind::Held,
        ) => PassEnd::Well,
        Some(ProblemKind::Token) => PassEnd::Token,
        Some(ProblemKind::Permission) => PassEnd::Permission,
        Some(ProblemKind::Throttled) => PassEnd::Throttled,
        Some(ProblemKind::Api) => PassEnd::ApiAway,
        Some(ProblemKind::Storage) => PassEnd::Storage,
        Some(ProblemKind::Stopped) => PassEnd::Stopped,
    }
}
