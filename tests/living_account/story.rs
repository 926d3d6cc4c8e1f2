//! Tells a history: lets everything happen in order and has each pass judged.

use mediakeep::domain::Edge;
use mediakeep::domain::absence::State;

use super::api::{Api, Since};
use super::archive::Archive;
use super::faults::{Fault, Tally};
use super::guards::Guard;
use super::history::{Change, History, Pass, Walk};
use super::oracle::{Falsehood, Look, shows};
use super::truth::{DAY, HOUR, MINUTE, Time};

/// The first of January 2026.
pub(crate) const BEGINNING: Time = 1_767_225_600;

/// What is wrong with a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    Said(Falsehood),
    /// It could be known by then and is not.
    NotNoticed {
        item: usize,
        state: State,
        should: &'static str,
    },
}

/// An account and those who look at it.
#[derive(Debug)]
pub(crate) struct Story {
    pub api: Api,
    pub archive: Archive,
}

impl Story {
    pub(crate) fn begin(history: &History, without: Option<Guard>) -> Self {
        let mut api = Api::new(history.nature, BEGINNING, history.salt);
        for (n, post) in (0..).zip(&history.posts) {
            let time = BEGINNING - Time::from(post.days_ago) * DAY - n * 37 * MINUTE;
            api.truth.publish(Edge::Media, post.kind, post.slides, time);
        }
        Self { api, archive: Archive::new(history.questions, without) }
    }

    /// Everything that happens up to the end of a pass; answers whether its walk proved anything.
    pub(crate) fn go_on(&mut self, pass: &Pass) -> Result<bool, Falsehood> {
        let wait = Time::from(pass.wait) * MINUTE;
        let (from, steps) = (self.api.now, Time::try_from(pass.ops.len()).unwrap() + 1);
        for (n, op) in (1..).zip(&pass.ops) {
            self.api.now = from + wait * n / steps;
            self.api.happen(*op);
        }
        self.api.now = from + wait;
        if let Some(change) = pass.change {
            self.change(change);
        }
        self.api.begin_pass(pass.pace.into(), &pass.upsets);
        self.archive.pass(&mut self.api, pass.walk)
    }

    fn change(&mut self, change: Change) {
        let Self { api, archive } = self;
        let until = |hours: u8| api.now + Time::from(hours) * HOUR;
        match change {
            Change::NodesOut { hours } => api.weather.outage = until(hours),
            Change::ListsCut { items, hours } => {
                api.weather.cut = (items.into(), until(hours));
            }
            Change::Lagging { hours } => api.weather.lagging = until(hours),
            Change::Since(since) => api.weather.since = since,
            Change::Clock(seconds) => {
                api.tally.fired_if(archive.clock != seconds, Fault::ClockJumped);
                archive.clock = seconds;
            }
            Change::NewVersion => {
                archive.version += 1;
                api.tally.fired(Fault::ObserverChanged);
            }
            Change::Lost { first, many, hours } => {
                let end = until(hours);
                let list = api.truth.list(Edge::Media, api.now, usize::MAX);
                let first = usize::from(first) % list.len().max(1);
                let items = list.into_iter().skip(first).take(many.into()).collect();
                api.weather.lost = (items, end);
            }
            Change::BlindVersion { kind, hours } => {
                let end = until(hours);
                let mut list = api.truth.list(Edge::Media, api.now, usize::MAX);
                list.retain(|item| api.truth.items[*item].kind == kind);
                api.weather.lost = (list, end);
                archive.version += 1;
                api.tally.fired(Fault::ObserverChanged);
            }
        }
    }

    /// Everything works again and nothing happens any more: after some walks of everything the
    /// archive must know what is so. They lie so far apart that no item rests any more and that a
    /// kind that is missing as a whole is believed to be.
    fn settle(&mut self) -> Result<(), Flaw> {
        let now = self.api.now;
        for span in &mut self.api.truth.hidden {
            span.to = span.to.min(now);
        }
        let weather = &mut self.api.weather;
        weather.since = Since::Honoured(0);
        (weather.outage, weather.cut.1, weather.lagging, weather.lost.1) = (0, 0, 0, 0);
        self.archive.clock = 0;
        let quiet = |days: u8, walk| Pass {
            wait: u32::from(days) * 24 * 60,
            ops: Vec::new(),
            change: None,
            walk,
            pace: 1,
            upsets: Vec::new(),
        };
        let mut proven = 0;
        for days in [1, 31, 4] {
            proven += u32::from(self.go_on(&quiet(days, Walk::Full)).map_err(Flaw::Said)?);
        }
        // An account that lists nothing has nothing that could be a control.
        let has_controls = !self.api.truth.list(Edge::Media, self.api.now, 1).is_empty();
        if proven == 3 && has_controls {
            self.all_noticed()?;
        }
        if self.go_on(&quiet(1, Walk::Stories)).map_err(Flaw::Said)? {
            self.all_expired()?;
        }
        Ok(())
    }

    fn all_noticed(&self) -> Result<(), Flaw> {
        let Self { api, archive } = self;
        let now = api.now;
        let list = api.truth.list(Edge::Media, now, api.nature.cap);
        let is_capped = list.len() >= api.nature.cap;
        let oldest = list.iter().map(|n| &api.truth.items[*n]).rfind(|it| it.is_dated);
        let reach = match (is_capped, oldest) {
            (false, _) => 0,
            (true, Some(oldest)) => oldest.published + DAY,
            (true, None) => Time::MAX,
        };
        for (&item, known) in &archive.catalog.items {
            let it = &api.truth.items[item];
            let album_is_listed = it.album.is_none_or(|album| list.contains(&album));
            let decidable = it.published >= reach && (it.is_dated || !is_capped);
            if it.edge != Edge::Media || !album_is_listed || it.published > now - 3 * DAY {
                continue;
            }
            let look = Look { from: now, to: now, began: now };
            let should = if shows(&api.truth, api.nature.cap, item, look) {
                (known.state != State::Present).then_some("present")
            } else {
                let left = decidable && !api.truth.is_served(item, now);
                (left && known.state != State::Gone).then_some("gone")
            };
            if let Some(should) = should {
                return Err(Flaw::NotNoticed { item, state: known.state, should });
            }
        }
        Ok(())
    }

    fn all_expired(&self) -> Result<(), Flaw> {
        let stories = self.archive.catalog.items.iter();
        let mut stories = stories.filter(|(_, known)| known.edge == Edge::Stories);
        match stories.find(|(_, known)| known.state != State::Expired) {
            Some((&item, known)) => {
                Err(Flaw::NotNoticed { item, state: known.state, should: "expired" })
            }
            None => Ok(()),
        }
    }
}

/// Tells a history to its end and beyond.
pub(crate) fn tell(history: &History) -> (Tally, Result<(), Flaw>) {
    let mut story = Story::begin(history, None);
    story.api.tally.histories = 1;
    for pass in &history.passes {
        if let Err(falsehood) = story.go_on(pass) {
            return (story.api.tally, Err(Flaw::Said(falsehood)));
        }
    }
    let passes = story.api.tally.passes;
    let patient = history.questions >= 100;
    let settled = if patient { story.settle() } else { Ok(()) };
    story.api.tally.passes = passes;
    (story.api.tally, settled)
}
