//! Asks for items by their id, each between two questions for an item that is known to be there.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::ask::Trouble;
use super::listing::{Listing, Turn};
use super::running::PassContext;
use crate::catalog::{Asked, ControlGroup, Purpose, WalkId};
use crate::domain::absence::{Answer, Control, Evidence, Place, Unseen};
use crate::domain::around::Around;
use crate::domain::{Class, Edge, MediaId, Observation, Timestamp};
use crate::graph::{FieldSet, GraphError, Kept};

/// What was heard about one item.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub evidence: Evidence,
    pub asked: Vec<Asked>,
}

/// What was heard about all of them.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    pub items: HashMap<MediaId, Heard>,
    /// Whether items were asked for between two controls that answered.
    has_judged: bool,
    /// Why a group of items was not judged, once its controls kept it from that.
    silent: Option<&'static str>,
    /// Why nothing can be asked any more in this pass.
    over: Option<Over>,
    questions: usize,
}

/// Why asking came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// It goes on after the next walk.
    Later(&'static str),
    /// It cannot go on before something is mended.
    Blind(&'static str),
}

const NO_CONTROL: &str = "no item that the list shows answers by its id";
/// A control speaks for what was asked within this time after it.
const A_MINUTE: Duration = Duration::from_secs(60);
/// Leaves the closing control a part of the minute.
const LONG_ENOUGH: Duration = Duration::from_secs(40);
/// So many questions a walk may have while the allowance lasts at all, so that an account that is
/// always busy is judged, too.
const ALWAYS: usize = 3;

/// Asks for the items of all groups; what could not be asked is not in the answer.
pub(super) async fn ask_for(
    pass: &PassContext,
    walk: &Walked,
    missed: &[Unseen],
    groups: Vec<ControlGroup>,
) -> Hearing {
    let by_id: HashMap<&MediaId, &Unseen> =
        missed.iter().map(|item| (&item.media_id, item)).collect();
    let mut hearing = Hearing::default();
    for group in groups {
        let items: Vec<&Unseen> =
            group.items.iter().filter_map(|id| by_id.get(id).copied()).collect();
        let mut controls =
            Controls { left: group.controls.into(), failed: Vec::new(), says: group.says };
        let mut rest = items.as_slice();
        while !rest.is_empty() && hearing.over.is_none() {
            rest = hearing.ask_some(pass, walk, &mut controls, rest).await;
        }
    }
    hearing
}

/// The controls of a group, on their way through the questions.
#[derive(Debug)]
struct Controls {
    /// Those that may still answer.
    left: VecDeque<MediaId>,
    /// What those said that did not.
    failed: Vec<Asked>,
    /// What it says when one answers.
    says: Control,
}

impl Hearing {
    /// Why items could not be judged, when that is a state of the account and not of an item: the
    /// access broke, or no control of any group answered.
    pub(super) fn blind(&self) -> Option<&'static str> {
        match self.over {
            Some(Over::Blind(why)) => Some(why),
            Some(Over::Later(_)) | None => self.silent.filter(|_| !self.has_judged),
        }
    }

    /// Why some items wait for the next walk although nothing is amiss.
    pub(super) fn waits(&self) -> Option<&'static str> {
        match self.over {
            Some(Over::Later(why)) => Some(why),
            Some(Over::Blind(_)) | None => self.silent.filter(|_| self.has_judged),
        }
    }

    fn end(&mut self, why: Over) {
        self.over.get_or_insert(why);
    }

    /// Asks for as many as fit between two controls; answers those that are left.
    async fn ask_some<'i>(
        &mut self,
        pass: &PassContext,
        walk: &Walked,
        controls: &mut Controls,
        items: &'i [&'i Unseen],
    ) -> &'i [&'i Unseen] {
        let Some((control, before)) = self.open_with(pass, controls).await else { return &[] };
        let mut heard = Vec::new();
        let mut rest = items;
        while let Some((item, after)) = rest.split_first() {
            let is_late = pass.archive.clock.now().since(before.at) >= LONG_ENOUGH;
            if self.over.is_some() || (is_late && !heard.is_empty()) || !self.may_ask(pass) {
                break;
            }
            self.questions += 1;
            heard.push((*item, self.ask_item(pass, walk, item).await));
            rest = after;
        }
        if heard.is_empty() {
            return rest;
        }
        let after = self.ask_control(pass, &control, Purpose::ControlAfter).await;
        let in_time = after.at.since(before.at) <= A_MINUTE;
        let control = if exists(&after) && in_time { controls.says } else { Control::Silent };
        match control {
            Control::Answered | Control::OtherKind => self.has_judged = true,
            Control::Silent => {
                self.silent.get_or_insert(NO_CONTROL);
            }
        }
        for (item, (answer, own)) in heard {
            let mut asked = controls.failed.clone();
            asked.push(before.clone());
            asked.extend(own);
            asked.push(after.clone());
            let evidence = Evidence { answer, control };
            self.items.insert(item.media_id.clone(), Heard { evidence, asked });
        }
        rest
    }

    /// Finds the first control that answers by its id; those that do not are not asked again.
    async fn open_with(
        &mut self,
        pass: &PassContext,
        controls: &mut Controls,
    ) -> Option<(MediaId, Asked)> {
        if controls.left.is_empty() && controls.failed.is_empty() {
            self.silent.get_or_insert("the list showed no item to compare with");
        }
        while let Some(control) = controls.left.front().cloned() {
            if self.over.is_some() || !self.may_ask(pass) {
                return None;
            }
            let asked = self.ask_control(pass, &control, Purpose::ControlBefore).await;
            if exists(&asked) {
                return Some((control, asked));
            }
            controls.left.pop_front();
            controls.failed.push(asked);
        }
        self.silent.get_or_insert(NO_CONTROL);
        None
    }

    /// Questions are the least urgent calls: beyond a few they leave half of the allowance to the
    /// walks.
    fn may_ask(&mut self, pass: &PassContext) -> bool {
        let most = pass.archive.settings.max_usage;
        let limit = if self.questions < ALWAYS { most } else { most / 2.0 };
        let may = pass.asker.usage_percent().is_none_or(|percent| percent < limit);
        if !may {
            self.end(Over::Later("the allowance is used as far as questions may use it"));
        }
        may
    }

    async fn ask_control(&mut self, pass: &PassContext, id: &MediaId, purpose: Purpose) -> Asked {
        let answer = self.ask_by_id(pass, id).await;
        let outcome = match &answer {
            Ok(_) => "exists".to_owned(),
            Err(refused) => refused.outcome(),
        };
        note(pass, purpose, id, answer.as_ref().map(|(_, reply)| reply), outcome)
    }

    async fn ask_item(
        &mut self,
        pass: &PassContext,
        walk: &Walked,
        item: &Unseen,
    ) -> (Answer, Vec<Asked>) {
        let id = &item.media_id;
        let found = self.ask_by_id(pass, id).await;
        let (answer, outcome) = match &found {
            Ok(_) => (Answer::Exists, "exists".to_owned()),
            Err(refused) if refused.says_not_there() => (Answer::DoesNotExist, refused.outcome()),
            Err(refused) => (Answer::Unclear, refused.outcome()),
        };
        let reply = found.as_ref().map(|(_, reply)| reply);
        let mut asked = vec![note(pass, Purpose::Item, id, reply, outcome)];
        if answer != Answer::Exists {
            return (answer, asked);
        }
        let (answer, list) = self.look_around(pass, walk, item).await;
        asked.extend(list);
        (answer, asked)
    }

    async fn ask_by_id(&mut self, pass: &PassContext, id: &MediaId) -> Result<Found, Refused> {
        let (graph, fields) = (&pass.access.graph, FieldSet::identity());
        match pass.asker.ask(|| graph.item(id, &fields)).await {
            Ok(answer) => Ok((answer.value, Reply { kept: answer.kept, server_at: answer.date })),
            Err(trouble) => Err(self.refused(trouble)),
        }
    }

    /// Looks for an item that answers where the list has to show it: a list that changed while it
    /// was walked can have skipped it.
    async fn look_around(
        &mut self,
        pass: &PassContext,
        walk: &Walked,
        item: &Unseen,
    ) -> (Answer, Vec<Asked>) {
        let mut around = match place_of(pass, walk, item).await {
            Where::InItsAlbum(album) => return self.look_into(pass, &album, item).await,
            Where::InList(around) => around,
            Where::Unknown => return (Answer::Unclear, Vec::new()),
        };
        let mut asked = Vec::new();
        let mut listing = Listing::new(
            walk.edge,
            around.window(),
            pass.archive.settings.page_size,
            FieldSet::identity(),
            0,
            pass.total(),
            pass.archive.clock.now(),
        );
        let mut is_top = true;
        loop {
            match listing.next(pass).await {
                Turn::Page(page, kept) => {
                    let shown: Vec<_> = page
                        .items
                        .iter()
                        .map(|item| (&item.id, item.published_at.value().copied()))
                        .collect();
                    around.after_page(&shown, std::mem::take(&mut is_top));
                    let listed = shown.iter().any(|(id, _)| **id == item.media_id);
                    let outcome = if listed { "listed" } else { "not_listed" };
                    let reply = Reply { kept, server_at: listing.server_at() };
                    let id = &item.media_id;
                    asked.push(note(pass, Purpose::List, id, Ok(&reply), outcome.to_owned()));
                }
                Turn::Over(ending, trouble) => {
                    if let Some(trouble) = trouble {
                        let refused = self.refused(trouble);
                        let (id, outcome) = (&item.media_id, refused.outcome());
                        asked.push(note(pass, Purpose::List, id, Err(&refused), outcome));
                    }
                    return (around.answer(&ending), asked);
                }
            }
        }
    }

    /// Reads the slides of an album again.
    async fn look_into(
        &mut self,
        pass: &PassContext,
        album: &MediaId,
        item: &Unseen,
    ) -> (Answer, Vec<Asked>) {
        let (graph, fields) = (&pass.access.graph, FieldSet::slides());
        let id = &item.media_id;
        let (answer, noted) = match pass.asker.ask(|| graph.item(album, &fields)).await {
            Ok(found) => {
                let slides = found.value.children.value().map(Vec::as_slice).unwrap_or_default();
                let (answer, outcome) = match slides {
                    [] => (Answer::Unclear, "no_slides"),
                    slides if slides.iter().any(|slide| slide.id == *id) => {
                        (Answer::Listed, "listed")
                    }
                    _ => (Answer::Exists, "not_listed"),
                };
                let reply = Reply { kept: found.kept, server_at: found.date };
                (answer, note(pass, Purpose::List, id, Ok(&reply), outcome.to_owned()))
            }
            Err(trouble) => {
                let refused = self.refused(trouble);
                let outcome = refused.outcome();
                (Answer::Unclear, note(pass, Purpose::List, id, Err(&refused), outcome))
            }
        };
        (answer, vec![noted])
    }

    /// Takes note of a failure after which no question makes sense.
    fn refused(&mut self, trouble: Trouble) -> Refused {
        match &trouble {
            Trouble::Stopped => self.end(Over::Later("the pass was stopped")),
            Trouble::Blocked { .. } => self.end(Over::Later("the allowance is used up")),
            Trouble::Catalog(_) => self.end(Over::Blind("the catalog could not be written")),
            Trouble::Graph(error) => match error.class() {
                Class::Wait { .. } => self.end(Over::Later("the allowance is used up")),
                Class::StopAccount(_) => self.end(Over::Blind("the token stopped working")),
                Class::Permission => self.end(Over::Blind("a permission is missing")),
                Class::Retry
                | Class::Shrink
                | Class::DropField(_)
                | Class::MaybeGone
                | Class::Fatal => {}
            },
        }
        Refused(trouble)
    }
}

/// The walk that did not list the items.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walked {
    pub id: WalkId,
    pub edge: Edge,
}

/// Where an item has to be listed.
#[derive(Debug)]
enum Where {
    InItsAlbum(MediaId),
    InList(Around),
    /// There is no window to ask for.
    Unknown,
}

async fn place_of(pass: &PassContext, walk: &Walked, item: &Unseen) -> Where {
    let catalog = &pass.archive.catalog;
    match (item.place, walk.edge, item.published_at) {
        (Place::Slide, _, _) => {
            let (account, slide) = (pass.access.name.clone(), item.media_id.clone());
            let album = catalog.call(move |c| c.album_of(&account, &slide)).await;
            album.ok().flatten().map_or(Where::Unknown, Where::InItsAlbum)
        }
        (Place::Post, Edge::Stories | Edge::Tags, _) | (Place::Post, Edge::Media, None) => {
            Where::Unknown
        }
        (Place::Post, Edge::Media, Some(published_at)) => {
            let (id, before) = (walk.id, Around::reaches_back_to(published_at));
            let older = catalog.call(move |c| c.listed_before(id, before)).await;
            // Without a catalog nothing can be recorded either: closing the walk tells why.
            older.map_or(Where::Unknown, |older| {
                Where::InList(Around::new(item.media_id.clone(), published_at, older))
            })
        }
    }
}

/// An item that came back under its own id.
type Found = (Observation, Reply);

#[derive(Debug)]
struct Reply {
    kept: Kept,
    server_at: Option<Timestamp>,
}

/// Why a question has no answer.
#[derive(Debug)]
struct Refused(Trouble);

impl Refused {
    fn error(&self) -> Option<&GraphError> {
        match &self.0 {
            Trouble::Graph(error) => Some(error),
            Trouble::Stopped | Trouble::Blocked { .. } | Trouble::Catalog(_) => None,
        }
    }

    fn says_not_there(&self) -> bool {
        self.error().is_some_and(|error| matches!(error.class(), Class::MaybeGone))
    }

    fn outcome(&self) -> String {
        match &self.0 {
            Trouble::Stopped => "stopped".to_owned(),
            Trouble::Blocked { .. } => "wait".to_owned(),
            Trouble::Catalog(_) => "storage".to_owned(),
            Trouble::Graph(_) if self.says_not_there() => "does_not_exist".to_owned(),
            Trouble::Graph(error) => error.class().as_str().to_owned(),
        }
    }
}

fn exists(asked: &Asked) -> bool {
    asked.outcome == "exists"
}

fn note(
    pass: &PassContext,
    purpose: Purpose,
    media_id: &MediaId,
    reply: Result<&Reply, &Refused>,
    outcome: String,
) -> Asked {
    let error = reply.err().and_then(Refused::error);
    let kept = reply.ok().map(|reply| &reply.kept).or_else(|| error.and_then(GraphError::kept));
    Asked {
        purpose,
        media_id: media_id.clone(),
        at: pass.archive.clock.now(),
        server_at: reply.map_or_else(|_| error.and_then(GraphError::date), |reply| reply.server_at),
        request: kept.map(|kept| kept.request.clone()).unwrap_or_default(),
        outcome,
        http_status: kept
            .map(|kept| kept.status)
            .or_else(|| error.and_then(GraphError::http_status)),
        code: error.and_then(GraphError::code),
        subcode: error.and_then(GraphError::subcode),
        body: kept.map(|kept| kept.text.clone()),
    }
}
