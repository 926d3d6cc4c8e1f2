//! One pass as the archive makes it: walk, examine, ask, conclude, record.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use mediakeep::domain::absence::{
    Answer, Control, Evidence, Moment, Place, Proof, State, Unseen, Verdict,
};
use mediakeep::domain::around::Around;
use mediakeep::domain::brake::{Hold, HoldEnd, Limits};
use mediakeep::domain::coverage::{MARGIN, STORY_LIFE, end_of_list};
use mediakeep::domain::ledger::{Span, enter};
use mediakeep::domain::reconcile::{Case, Caution, Conclusion, Examination, Observer};
use mediakeep::domain::reconcile::{conclude, examine};
use mediakeep::domain::walk::{Ending, PageFacts, Progress, Reason, Step};
use mediakeep::domain::{Coverage, Edge, MediaId, Timestamp, Window};

use super::api::{Api, Listed, Refusal};
use super::catalog::{Catalog, Known};
use super::faults::Said;
use super::guards::Guard;
use super::history::Walk;
use super::oracle::{Falsehood, Look, judge};
use super::truth::{DAY, Time, number_of};

pub(crate) const CONFIRM_AFTER: std::time::Duration = std::time::Duration::from_secs(86_400);

pub(crate) fn stamp(time: Time) -> Timestamp {
    Timestamp::from_unix(time).unwrap()
}

/// Who looks, and what it knows.
#[derive(Debug)]
pub(crate) struct Archive {
    pub catalog: Catalog,
    /// Our clock beside the right time.
    pub clock: Time,
    pub version: u32,
    pub caution: Caution,
    /// The guard that is taken out, to see what it is for.
    pub without: Option<Guard>,
    /// Where the list ended for walks that met its end, and when they began.
    ends: Vec<(Time, Timestamp)>,
}

/// What a walk listed.
struct Listing {
    ending: Ending,
    posts: HashSet<usize>,
    slides: BTreeMap<usize, HashSet<usize>>,
}

/// A walk that is being judged.
struct Judging {
    walk: i64,
    edge: Edge,
    total: usize,
    proof: Proof,
    listing: Listing,
    began: Time,
}

impl Archive {
    pub(crate) fn new(questions: usize, without: Option<Guard>) -> Self {
        let items = if without == Some(Guard::Brake) { usize::MAX } else { 3 };
        let brake = Limits { items, share: 0.05 };
        Self {
            catalog: Catalog::default(),
            clock: 0,
            version: 1,
            caution: Caution { confirm_after: CONFIRM_AFTER, brake, questions },
            without,
            ends: Vec::new(),
        }
    }

    fn moment(&self, api: &Api) -> Moment {
        let server = (self.without != Some(Guard::ServerClock)).then(|| stamp(api.now));
        Moment { local: stamp(api.now + self.clock), server }
    }

    /// One pass; answers whether its walk proved anything.
    pub(crate) fn pass(&mut self, api: &mut Api, walk: Walk) -> Result<bool, Falsehood> {
        api.tally.passes += 1;
        let Ok(total) = api.account() else { return Ok(false) };
        let (began, at) = (api.now, self.moment(api));
        let (edge, window) = match walk {
            Walk::Full => (Edge::Media, Window::ALL),
            Walk::Stories => (Edge::Stories, Window::ALL),
            Walk::Recent => {
                let since = stamp(api.now + self.clock - 30 * DAY);
                (Edge::Media, Window { since: Some(since), until: None })
            }
        };
        self.catalog.walks += 1;
        let mut listing = self.walk(api, edge, window, total, at);
        if self.without == Some(Guard::Coverage) {
            listing.ending.coverage = Some(everything());
        }
        let Some(coverage) = self.widened(listing.ending.coverage) else {
            api.tally.say(Said::NotProven);
            return Ok(false);
        };
        let capped_at = self.end_of_list(listing.ending.capped_at, at.local.as_unix());
        let proof = Proof { edge, window, at, coverage, capped_at };
        let walk = self.catalog.walks;
        self.judge(api, &Judging { walk, edge, total, proof, listing, began })
    }

    /// What this walk and one a day or more before agree on; it is remembered for later walks.
    fn end_of_list(&mut self, now: Option<Timestamp>, began: Time) -> Option<Timestamp> {
        let apart = i64::try_from(self.caution.confirm_after.as_secs()).unwrap();
        let before = self.ends.iter().rev().find(|(at, _)| *at <= began - apart);
        let end = end_of_list(now, before.map(|(_, end)| *end));
        self.ends.extend(now.map(|now| (began, now)));
        end
    }

    /// Lists page after page and records what it sees.
    fn walk(
        &mut self,
        api: &mut Api,
        edge: Edge,
        window: Window,
        total: usize,
        at: Moment,
    ) -> Listing {
        let known = self.known_in(edge, window, at.local);
        let mut progress = self.progress(api, edge, window, known, total, at);
        let (mut posts, mut slides) = (HashSet::new(), BTreeMap::<_, HashSet<usize>>::new());
        let now = stamp(api.now + self.clock);
        let ending = turn_pages(api, edge, window, &mut progress, |api, page, progress, _| {
            for Listed { item, slides: children } in page {
                if !progress.wants(time_of(api, *item)) {
                    continue;
                }
                posts.insert(*item);
                self.sight(api, *item, now);
                for slide in children.iter().flatten() {
                    self.sight(api, *slide, now);
                }
                if let Some(children) = children {
                    slides.entry(*item).or_default().extend(children.iter().copied());
                }
            }
        });
        Listing { ending, posts, slides }
    }

    /// How many items the list should have; stories end by themselves.
    fn known_in(&self, edge: Edge, window: Window, now: Timestamp) -> usize {
        let since = match edge {
            Edge::Media | Edge::Tags => window.since,
            Edge::Stories => Some(now.minus(STORY_LIFE.saturating_sub(MARGIN))),
        };
        let items = self.catalog.items.values().filter(|item| {
            let inside = since.is_none_or(|since| item.published_at.is_some_and(|at| at >= since));
            item.edge == edge && item.album.is_none() && item.state == State::Present && inside
        });
        items.count()
    }

    fn progress(
        &self,
        api: &Api,
        edge: Edge,
        window: Window,
        known: usize,
        total: usize,
        at: Moment,
    ) -> Progress {
        let without_cap = self.without == Some(Guard::Cap);
        let cap = if without_cap { 1_000_000 } else { api.nature.cap };
        Progress::new(edge, window, api.nature.page_size, known, at.earliest())
            .of_account_with(Some(total))
            .of_list_with(cap)
    }

    fn sight(&mut self, api: &mut Api, item: usize, now: Timestamp) {
        let it = &api.truth.items[item];
        let walk = self.catalog.walks;
        let known = self.catalog.items.entry(item).or_insert_with(|| Known {
            edge: it.edge,
            kind: it.kind,
            album: it.album,
            published_at: it.is_dated.then(|| stamp(it.published)),
            first_seen_at: now,
            state: State::Present,
            strike: None,
            asked_at: None,
            since: None,
            listed_by: walk,
            struck: None,
        });
        if known.state != State::Present {
            api.tally.say(Said::Returned);
        }
        (known.state, known.listed_by) = (State::Present, walk);
        (known.strike, known.struck, known.since) = (None, None, None);
    }

    fn judge(&mut self, api: &mut Api, judging: &Judging) -> Result<bool, Falsehood> {
        let case = self.case(api, judging);
        let found = examine(case, &self.caution);
        let (asked, answers) = self.ask(api, judging, &found);
        let mut missed = found.missed.clone();
        if self.without == Some(Guard::SecondWalk) {
            for item in &mut missed {
                item.state = State::Missing;
                item.strike = Some(aged(judging.proof.at));
            }
        }
        let look = Look { from: judging.began - api.stalest, to: api.now, began: judging.began };
        match conclude(&missed, &answers, &judging.proof, &self.caution) {
            Conclusion::Disproved(_) => {
                api.tally.say(Said::Disproved);
                return Ok(false);
            }
            Conclusion::Steps(steps) => {
                for (id, verdict) in steps {
                    self.step(api, number_of(&id), verdict, look)?;
                }
            }
        }
        let now = stamp(api.now + self.clock);
        for item in asked {
            self.known(item).asked_at = Some(now);
        }
        self.settle(api, judging, found, look)?;
        api.tally.say(Said::Proven);
        Ok(true)
    }

    /// Everything that is said without a question, and the ledger.
    fn settle(
        &mut self,
        api: &mut Api,
        judging: &Judging,
        found: Examination,
        look: Look,
    ) -> Result<(), Falsehood> {
        for id in found.expired {
            self.turn_into(api, number_of(&id), State::Expired, look)?;
        }
        for id in found.unreachable {
            self.turn_into(api, number_of(&id), State::Unreachable, look)?;
        }
        for (walk, end) in found.ended {
            self.catalog.holds.retain(|hold| hold.walk != walk);
            api.tally.say(match end {
                HoldEnd::Confirmed => Said::HoldConfirmed,
                HoldEnd::Dropped => Said::HoldDropped,
                HoldEnd::Stays => panic!("a hold that stays has not ended"),
            });
        }
        let Judging { walk, edge, proof, .. } = judging;
        if let Some((_, items)) = found.held {
            let items = items.into_iter().collect();
            self.catalog.holds.push(Hold { walk: *walk, at: proof.at, items, listed_since: false });
            api.tally.say(Said::Held);
        }
        let span = Span { coverage: proof.coverage, walk: *walk, proven_at: proof.at.local };
        let ledger = self.catalog.ledger(*edge);
        *ledger = enter(ledger, span);
        self.catalog.observers.insert(*walk, self.version);
        Ok(())
    }

    fn case(&mut self, api: &Api, judging: &Judging) -> Case {
        let Judging { edge, proof, listing, .. } = judging;
        let mut unseen = Vec::new();
        let mut looked_at = 0;
        for (item, known) in self.catalog.items.iter().filter(|(_, known)| known.edge == *edge) {
            let (had, has, place) = match known.album {
                None => {
                    let inside = known.published_at.is_some_and(|at| proof.coverage.contains(at));
                    (inside, listing.posts.contains(item), Place::Post)
                }
                Some(album) => match listing.slides.get(&album) {
                    Some(slides) => (true, slides.contains(item), Place::Slide),
                    None => continue,
                },
            };
            looked_at += usize::from(had);
            if !has {
                unseen.push(self.unseen(api, *item, known, place, proof));
            }
        }
        let holds = self.catalog.open_holds();
        let observer = self.observer(*edge, proof.coverage);
        let same = |hold: &&Hold| self.catalog.observers[&hold.walk] == self.version;
        let same_observer = holds.iter().filter(same).map(|hold| hold.walk).collect();
        Case { proof: *proof, observer, looked_at, unseen, holds, same_observer }
    }

    fn unseen(&self, api: &Api, item: usize, known: &Known, place: Place, proof: &Proof) -> Unseen {
        let mut unseen = Unseen {
            media_id: api.truth.items[item].id.clone(),
            place,
            published_at: known.published_at,
            first_seen_at: known.first_seen_at,
            state: known.state,
            strike: known.strike,
            asked_at: known.asked_at,
            since: known.since,
        };
        if self.without == Some(Guard::Delay) {
            unseen.strike = unseen.strike.map(aged);
            unseen.asked_at = None;
        }
        if self.without == Some(Guard::StoryExpiry) && known.edge == Edge::Stories {
            let young = proof.at.earliest().minus(std::time::Duration::from_secs(7_200));
            unseen.published_at = Some(young);
        }
        unseen
    }

    /// Another observer than the one of any proof that this one is about to replace.
    fn observer(&mut self, edge: Edge, coverage: Coverage) -> Observer {
        let version = self.version;
        let ledger = self.catalog.ledger(edge).clone();
        let other = ledger.iter().any(|span| {
            span.coverage.from <= coverage.to
                && coverage.from <= span.coverage.to
                && self.catalog.observers[&span.walk] != version
        });
        if other && self.without != Some(Guard::Observer) {
            Observer::Changed
        } else {
            Observer::Same
        }
    }

    /// Asks for the items that are due, each between two controls.
    fn ask(
        &mut self,
        api: &mut Api,
        judging: &Judging,
        found: &Examination,
    ) -> (Vec<usize>, Vec<Evidence>) {
        let (mut asked, mut answers) = (Vec::new(), Vec::new());
        if found.ask == 0 || api.account().is_err() {
            return (asked, answers);
        }
        for item in &found.missed[..found.ask] {
            let number = number_of(&item.media_id);
            let candidates = self.controls(api, judging, number);
            let answers_by_id = |control: &usize| api.node(*control) == Ok(true);
            let control = candidates.into_iter().find(answers_by_id);
            let itself = api.node(number);
            let answer = match itself {
                Ok(false) => Answer::DoesNotExist,
                Ok(true) => self.look_around(api, judging, item),
                Err(_) => Answer::Unclear,
            };
            let after = control.map(|control| api.node(control));
            let is_own = control.is_none_or(|control| self.is_of_one_kind(control, number));
            let is_good = after == Some(Ok(true)) || self.without == Some(Guard::Control);
            let control = match (is_good, is_own) {
                (true, true) => Control::Answered,
                (true, false) => Control::OtherKind,
                (false, _) => Control::Silent,
            };
            asked.push(number);
            answers.push(Evidence { answer, control });
            let is_over = |answer| matches!(answer, Some(Err(Refusal::Throttled | Refusal::Token)));
            if is_over(after) {
                break;
            }
        }
        (asked, answers)
    }

    /// The nearest listed items of the same kind, of any kind where that kind is missing as a
    /// whole, or slides of the same album.
    fn controls(&self, api: &Api, judging: &Judging, item: usize) -> Vec<usize> {
        let known = &self.catalog.items[&item];
        let mut listed: Vec<usize> = match known.album {
            Some(album) => {
                judging.listing.slides.get(&album).into_iter().flatten().copied().collect()
            }
            None => judging.listing.posts.iter().copied().collect(),
        };
        let distance = |other: &usize| {
            let time = |n: usize| api.truth.items[n].published;
            let is_other = !self.is_of_one_kind(*other, item);
            (is_other, (time(*other) - time(item)).abs(), *other)
        };
        listed.sort_by_key(distance);
        if listed.first().is_some_and(|first| self.is_of_one_kind(*first, item)) {
            listed.retain(|other| self.is_of_one_kind(*other, item));
        }
        listed.truncate(3);
        listed
    }

    fn is_of_one_kind(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.catalog.items[&one], &self.catalog.items[&other]);
        one.album.is_some() || one.kind == other.kind
    }

    /// Whether an item that answers is in the list after all.
    fn look_around(&self, api: &mut Api, judging: &Judging, item: &Unseen) -> Answer {
        if self.without == Some(Guard::NarrowList) {
            return Answer::Exists;
        }
        let number = number_of(&item.media_id);
        if let Some(album) = self.catalog.items[&number].album {
            return match api.album(album) {
                Ok(Some(slides)) if slides.contains(&number) => Answer::Listed,
                Ok(Some(_)) => Answer::Exists,
                Ok(None) | Err(_) => Answer::Unclear,
            };
        }
        let Some(published_at) = self.catalog.items[&number].published_at else {
            return Answer::Unclear;
        };
        let older = judging.listing.posts.iter().filter_map(|n| Some((*n, time_of(api, *n)?)));
        let older = older.filter(|(_, at)| *at <= Around::reaches_back_to(published_at));
        let mut older: Vec<(usize, Timestamp)> = older.collect();
        older.sort_unstable_by_key(|(n, at)| Reverse((*at, *n)));
        older.truncate(2);
        let older: Vec<_> =
            older.into_iter().map(|(n, at)| (api.truth.items[n].id.clone(), at)).collect();
        let older: Option<[(MediaId, Timestamp); 2]> = older.try_into().ok();
        let since = older.as_ref().map_or(published_at, |[_, (_, at)]| *at);
        let mut around = Around::new(item.media_id.clone(), published_at, older);
        let mut window = around.window();
        if self.without == Some(Guard::WindowMargin) {
            window = Window { since: Some(since), until: Some(stamp(published_at.as_unix() + 1)) };
        }
        let at = self.moment(api);
        let mut progress = self.progress(api, judging.edge, window, 0, judging.total, at);
        let mut ending =
            turn_pages(api, judging.edge, window, &mut progress, |api, page, _, is_top| {
                let listed: Vec<(MediaId, Option<Timestamp>)> = page
                    .iter()
                    .map(|listed| {
                        let it = &api.truth.items[listed.item];
                        (it.id.clone(), time_of(api, listed.item))
                    })
                    .collect();
                let listed: Vec<_> = listed.iter().map(|(id, at)| (id, *at)).collect();
                around.after_page(&listed, is_top);
            });
        ending.coverage = self.widened(ending.coverage);
        if self.without == Some(Guard::Coverage) {
            ending.coverage = Some(everything());
        }
        around.answer(&ending)
    }

    fn widened(&self, coverage: Option<Coverage>) -> Option<Coverage> {
        let without = self.without == Some(Guard::WindowMargin);
        let margin = if without { MARGIN } else { std::time::Duration::ZERO };
        coverage
            .map(|Coverage { from, to }| Coverage { from: from.minus(margin), to: to.plus(margin) })
    }

    fn step(
        &mut self,
        api: &mut Api,
        item: usize,
        verdict: Verdict,
        look: Look,
    ) -> Result<(), Falsehood> {
        match verdict {
            Verdict::Stay => Ok(()),
            Verdict::Missing { strike } => {
                self.turn_into(api, item, State::Missing, look)?;
                let now = stamp(api.now + self.clock);
                let known = self.known(item);
                known.since.get_or_insert(now);
                known.strike = strike;
                known.struck = strike.map(|_| look);
                Ok(())
            }
            Verdict::Unlisted => {
                self.turn_into(api, item, State::Unlisted, look)?;
                let now = stamp(api.now + self.clock);
                let known = self.known(item);
                known.since.get_or_insert(now);
                (known.strike, known.struck) = (None, None);
                Ok(())
            }
            Verdict::Gone => self.turn_into(api, item, State::Gone, look),
            Verdict::Disproved => panic!("a step cannot disprove a walk"),
        }
    }

    /// Records a new state, and is judged for it.
    fn turn_into(
        &mut self,
        api: &mut Api,
        item: usize,
        state: State,
        look: Look,
    ) -> Result<(), Falsehood> {
        let struck = self.known(item).struck;
        judge(&api.truth, api.nature.cap, item, state, struck, look)?;
        let known = self.known(item);
        if known.state != state {
            known.state = state;
            api.tally.say(Said::of(state));
        }
        Ok(())
    }

    fn known(&mut self, item: usize) -> &mut Known {
        self.catalog.items.get_mut(&item).unwrap()
    }
}

fn everything() -> Coverage {
    Coverage { from: Timestamp::EPOCH, to: stamp(100_000 * DAY) }
}

/// A moment two days before.
fn aged(at: Moment) -> Moment {
    let before = |time: Timestamp| time.minus(2 * CONFIRM_AFTER);
    Moment { local: before(at.local), server: at.server.map(before) }
}

fn time_of(api: &Api, item: usize) -> Option<Timestamp> {
    let it = &api.truth.items[item];
    it.is_dated.then(|| stamp(it.published))
}

/// Asks for page after page until the list is over, as the archive does.
fn turn_pages(
    api: &mut Api,
    edge: Edge,
    window: Window,
    progress: &mut Progress,
    mut note: impl FnMut(&mut Api, &[Listed], &Progress, bool),
) -> Ending {
    let mut after: Option<String> = None;
    let mut started_over = false;
    loop {
        let page = match api.list(edge, window, after.as_deref()) {
            Ok(page) => page,
            Err(Refusal::DeadCursor) if !started_over => {
                (started_over, after) = (true, None);
                progress.start_over();
                continue;
            }
            Err(refusal) => {
                return progress.broken_off(match refusal {
                    Refusal::Throttled => Reason::Throttled,
                    Refusal::Token => Reason::Token,
                    Refusal::Permission => Reason::Permission,
                    Refusal::Broken => Reason::Api,
                    Refusal::DeadCursor => Reason::InvalidCursor,
                });
            }
        };
        let ids: Vec<(MediaId, Option<Timestamp>)> = page
            .items
            .iter()
            .map(|listed| (api.truth.items[listed.item].id.clone(), time_of(api, listed.item)))
            .collect();
        let items: Vec<_> = ids.iter().map(|(id, at)| (id, *at)).collect();
        let facts =
            PageFacts { items: &items, unreadable: page.unreadable, next: page.next.as_deref() };
        let step = progress.after_page(facts);
        note(api, &page.items, progress, after.is_none());
        match step {
            Step::Continue => after = page.next,
            Step::AskAgain => {}
            Step::End(ending) => return ending,
        }
    }
}
