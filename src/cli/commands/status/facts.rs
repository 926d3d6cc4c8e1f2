//! What the screen shows, read once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::Reading;
use crate::catalog::{AccountStatus, HoldRow, RunRow, StatusFacts, Surroundings, TokenFacts};
use crate::config::Config;
use crate::daemon::{catalog_failure, coming_runs, store_failure};
use crate::domain::Timestamp;
use crate::domain::liveness::{Liveness, Stay, of_daemon};
use crate::exit::Failure;

/// The archive at one moment.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) now: Timestamp,
    pub(super) config: PathBuf,
    pub(super) dir: PathBuf,
    pub(super) daemon: Liveness,
    pub(super) status: StatusFacts,
    pub(super) around: Surroundings,
    pub(super) holds: Vec<HoldRow>,
    /// Configured accounts that the catalog does not know yet.
    pub(super) waiting: Vec<String>,
    /// The next run of each configured account.
    pub(super) next: BTreeMap<String, Timestamp>,
    pub(super) free: u64,
    pub(super) min_free: u64,
}

impl Facts {
    pub(super) fn gather(
        config: &Config,
        reading: &Reading,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let status = reading.catalog.status().map_err(catalog_failure)?;
        let around = reading.catalog.surroundings().map_err(catalog_failure)?;
        let stay = around.daemon.as_ref().map(|row| Stay {
            pid: row.pid,
            started_at: row.started_at,
            stopped_at: row.stopped_at,
        });
        let names = config.accounts.iter().map(|account| account.name.to_string());
        let known = |name: &String| status.accounts.iter().any(|known| known.account == *name);
        Ok(Self {
            now,
            config: config.path.clone(),
            dir: config.archive.dir.clone(),
            daemon: of_daemon(stay.as_ref(), reading.dir.holder()),
            holds: reading.catalog.open_holds(None).map_err(catalog_failure)?,
            waiting: names.filter(|name| !known(name)).collect(),
            next: next_runs(config, &around.runs, now),
            free: reading.dir.free_space().map_err(store_failure)?,
            min_free: config.archive.min_free,
            status,
            around,
        })
    }

    /// When the account's next walk is due; absent while no daemon runs that would walk.
    pub(super) fn next_of(&self, account: &str) -> Option<Timestamp> {
        match self.daemon {
            Liveness::Running { .. } => self.next.get(account).copied(),
            Liveness::Never | Liveness::Stopped { .. } | Liveness::Vanished { .. } => None,
        }
    }

    pub(super) fn token_of(&self, account: &AccountStatus) -> Token {
        let known = self.around.tokens.iter().find(|token| token.account == account.account);
        Token::of(known, account.token_expires_at, self.now)
    }
}

/// The first run of each account that comes.
fn next_runs(config: &Config, runs: &[RunRow], now: Timestamp) -> BTreeMap<String, Timestamp> {
    let next = config.accounts.iter().filter_map(|account| {
        let coming = coming_runs(config, Some(&account.name), runs, now, 1);
        Some((account.name.to_string(), coming.first()?.at))
    });
    next.collect()
}

/// How long a token still works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Nobody knows anything of it.
    Unseen,
    NoEndKnown,
    NeverEnds,
    EndsAt(Timestamp),
    EndedAt(Timestamp),
    /// The trouble in one word.
    Broken(String),
}

impl Token {
    fn of(known: Option<&TokenFacts>, expires_at: Option<Timestamp>, now: Timestamp) -> Self {
        let ends = known.and_then(|token| token.expires_at).or(expires_at);
        match (known, ends) {
            (_, Some(at)) if at <= now => Self::EndedAt(at),
            (Some(token), _) if !matches!(token.state.as_str(), "ok" | "unknown") => {
                Self::Broken(token.state.replace('_', " "))
            }
            (_, Some(at)) => Self::EndsAt(at),
            (Some(token), None) if token.never_expires => Self::NeverEnds,
            (Some(_), None) => Self::NoEndKnown,
            (None, None) => Self::Unseen,
        }
    }
}
