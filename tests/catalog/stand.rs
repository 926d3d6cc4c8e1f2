//! Walks with a judgement: an account whose list changes from day to day.

use std::time::Duration;

use mediakeep::catalog::{
    Asked, Closed, Compared, Judgement, Purpose, Recheck, Saw, Step, WalkId, WalkTally,
};
use mediakeep::domain::absence::{Answer, Control, Evidence, Moment};
use mediakeep::domain::brake::Limits;
use mediakeep::domain::coverage::{Sweep, coverage};
use mediakeep::domain::reconcile::{Case, Caution, Conclusion, conclude, examine};
use mediakeep::domain::walk::{Ending, Outcome};
use mediakeep::domain::{Edge, Field, MediaId, Observation, Window};

use crate::support::{Archive, FIELDS, at, picture, sealed, start};

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// How careful the walks of these tests are.
pub(crate) fn caution() -> Caution {
    Caution {
        confirm_after: Duration::from_secs(86_400),
        brake: Limits { items: 2, share: 0.05 },
        questions: 100,
    }
}

/// A picture published so many seconds after the beginning.
pub(crate) fn dated(id: &str, seconds: i64) -> Observation {
    let mut item = picture(id);
    item.published_at = Field::Value(at(seconds));
    sealed(item)
}

/// What an item answers when it is asked for by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Nothing,
    Gone,
    There,
    Listed,
}

/// A walk with its circumstances.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) edge: Edge,
    pub(crate) window: Window,
    pub(crate) seconds: i64,
    /// The API's own time, where it says so.
    pub(crate) server: Option<i64>,
    pub(crate) api_version: &'static str,
    pub(crate) reply: Reply,
    /// How many posts the account has, and whether they are more than the API lists.
    pub(crate) capped: bool,
    /// Whether the account's own count is unknown.
    pub(crate) uncounted: bool,
}

impl Walk {
    pub(crate) fn at(seconds: i64) -> Self {
        Self {
            edge: Edge::Media,
            window: Window::ALL,
            seconds,
            server: Some(seconds),
            api_version: "v25.0",
            reply: Reply::Gone,
            capped: false,
            uncounted: false,
        }
    }

    fn moment(&self) -> Moment {
        Moment { local: at(self.seconds), server: self.server.map(at) }
    }

    fn ending(&self, items: &[Observation]) -> Ending {
        let oldest = items.iter().filter_map(|item| item.published_at.value().copied()).min();
        let sweep = Sweep {
            edge: self.edge,
            window: self.window,
            started_at: self.moment().earliest(),
            latest: at(self.seconds),
            met: if self.capped { 10_000 } else { items.len() },
            listed_at_most: mediakeep::domain::walk::LISTED_AT_MOST,
            oldest,
            account_total: (!self.uncounted).then_some(if self.capped {
                20_000
            } else {
                items.len()
            }),
        };
        Ending {
            outcome: Outcome::Complete,
            reason: None,
            coverage: coverage(&sweep),
            capped_at: sweep.capped_at(),
        }
    }
}

impl Archive {
    /// A walk of everything that lists these, and what it leads to when absent items do not exist.
    pub(crate) fn look(&self, items: &[Observation], seconds: i64) -> Closed {
        self.go(&Walk::at(seconds), items)
    }

    /// A walk of one page, judged as the program judges it; it ends a minute after it began.
    pub(crate) fn go(&self, walk: &Walk, items: &[Observation]) -> Closed {
        let (id, case) = self.listed(walk, items);
        let judgement = case.map_or(Judgement::NotCompared, |case| judge(walk, case));
        self.ended(id, walk, items, judgement)
    }

    /// Begins a walk and records its page; answers what there is to decide.
    pub(crate) fn listed(&self, walk: &Walk, items: &[Observation]) -> (WalkId, Option<Case>) {
        let mut start = start(walk.edge, FIELDS);
        start.window = walk.window;
        let seconds = walk.seconds;
        let id = self.write(move |w| w.begin_walk(&start, at(seconds))).id;
        let shown = items.to_vec();
        self.write(move |w| w.record_page(id, &shown, &[], Recheck::Path, None, at(seconds + 30)));
        (id, self.case(id, walk, items))
    }

    /// What there is to decide about a walk that has listed these.
    pub(crate) fn case(&self, id: WalkId, walk: &Walk, items: &[Observation]) -> Option<Case> {
        let (ending, version) = (walk.ending(items), walk.api_version);
        let moment = walk.moment();
        self.write(move |w| w.case_of_walk(id, &ending, moment, Some(version)))
    }

    pub(crate) fn ended(
        &self,
        id: WalkId,
        walk: &Walk,
        items: &[Observation],
        judgement: Judgement,
    ) -> Closed {
        let tally = WalkTally {
            api_version_answered: Some(walk.api_version.to_owned()),
            server_at: walk.server.map(at),
            listed: items.len(),
            ..WalkTally::default()
        };
        let (ending, seconds) = (walk.ending(items), walk.seconds + 60);
        self.write(move |w| w.close_walk(id, &ending, &tally, None, &judgement, at(seconds)))
    }

    pub(crate) fn state(&self, id: &str) -> String {
        self.one(&format!("SELECT state FROM items WHERE media_id = '{id}'"))
    }

    /// Kinds of an item's events after it was first seen.
    pub(crate) fn life(&self, id: &str) -> Vec<String> {
        let sql = format!(
            "SELECT kind FROM events WHERE media_id = '{id}' AND kind <> 'first_seen' ORDER BY id"
        );
        self.rows(&sql).into_iter().map(|mut row| row.remove(0)).collect()
    }
}

/// Decides as the program does, with the same answer for every item that it asks for.
pub(crate) fn judge(walk: &Walk, case: Case) -> Judgement {
    let (proof, looked_at) = (case.proof, case.looked_at);
    let found = examine(case, &caution());
    let answer = match walk.reply {
        Reply::Nothing => Answer::NotAsked,
        Reply::Gone => Answer::DoesNotExist,
        Reply::There => Answer::Exists,
        Reply::Listed => Answer::Listed,
    };
    let asked_for = if walk.reply == Reply::Nothing { 0 } else { found.ask };
    let evidence = vec![Evidence { answer, control: Control::Answered }; asked_for];
    let asked = |id: &MediaId| {
        let was = found.missed[..asked_for].iter().any(|item| item.media_id == *id);
        if was { vec![question(id, walk)] } else { Vec::new() }
    };
    match conclude(&found.missed, &evidence, &proof, &caution()) {
        Conclusion::Disproved(items) => {
            let asked = items.iter().flat_map(asked).collect();
            Judgement::Disproved { items, asked }
        }
        Conclusion::Steps(steps) => Judgement::Compared(Compared {
            expired: found.expired.clone(),
            unreachable: found.unreachable.clone(),
            ended: found.ended.clone(),
            held: found.held.clone(),
            looked_at,
            steps: steps
                .into_iter()
                .zip(&found.missed)
                .map(|((media_id, verdict), item)| {
                    let struck_at = item.strike.map(|strike| strike.local);
                    let saw = Some(Saw { state: item.state, struck_at });
                    Step { asked: asked(&media_id), media_id, verdict, saw }
                })
                .collect(),
        }),
    }
}

fn question(id: &MediaId, walk: &Walk) -> Asked {
    let (outcome, http_status, code, body) = match walk.reply {
        Reply::Nothing | Reply::Gone => {
            ("does_not_exist", 400, Some(100), r#"{"error":{"code":100}}"#.to_owned())
        }
        Reply::There => ("exists", 200, None, format!(r#"{{"id":"{id}"}}"#)),
        Reply::Listed => ("listed", 200, None, format!(r#"{{"data":[{{"id":"{id}"}}]}}"#)),
    };
    Asked {
        purpose: Purpose::Item,
        media_id: id.clone(),
        at: at(walk.seconds + 45),
        server_at: Some(at(walk.seconds + 45)),
        request: format!("/v25.0/{id}?fields=id"),
        outcome: outcome.to_owned(),
        http_status: Some(http_status),
        code,
        subcode: code.map(|_| 33),
        body: Some(body),
    }
}
