//! Asks for items by their id, each between two questions for an item that is known to be there.

use std::collections::HashMap;
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
    /// Why some items were not judged, once something kept them from it.
    pub blind: Option<String>,
    /// Whether asking makes no sense any more in this pass.
    is_over: bool,
}

/// A control speaks for what was asked within this time after it.
const A_MINUTE: Duration = Duration::from_secs(60);
/// Leaves the closing control a part of the minute.
const LONG_ENOUGH: Duration = Duration::from_secs(40);

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
        let Some(control) = group.control else {
            hearing.be_blind("the list showed no item to compare with");
            continue;
        };
        let mut rest = items.as_slice();
        while !rest.is_empty() && !hearing.is_over {
            rest = hearing.ask_some(pass, walk, &control, rest).await;
        }
    }
    hearing
}

impl Hearing {
    fn be_blind(&mut self, why: &str) {
        self.blind.get_or_insert_with(|| why.to_owned());
    }

    fn end(&mut self, why: &str) {
        self.be_blind(why);
        self.is_over = true;
    }

    /// Asks for as many as fit between two controls; answers those that are left.
    async fn ask_some<'i>(
        &mut self,
        pass: &PassContext,
        walk: &Walked,
        control: &MediaId,
        items: &'i [&'i Unseen],
    ) -> &'i [&'i Unseen] {
        let before = self.ask_control(pass, control, Purpose::ControlBefore).await;
        if !exists(&before) {
            self.be_blind("an item that the list shows does not answer by its id");
            return &[];
        }
        let mut heard = Vec::new();
        let mut rest = items;
        while let Some((item, after)) = rest.split_first() {
            let is_late = pass.archive.clock.now().since(before.at) >= LONG_ENOUGH;
            if self.is_over || (is_late && !heard.is_empty()) {
                break;
            }
            if has_used_half(pass) {
                self.end("half of the allowance is used: the next walk asks on");
                break;
            }
            heard.push((*item, self.ask_item(pass, walk, item).await));
            rest = after;
        }
        let after = self.ask_control(pass, control, Purpose::ControlAfter).await;
        let in_time = after.at.since(before.at) <= A_MINUTE;
        let control = if exists(&after) && in_time { Control::Answered } else { Control::Silent };
        if control == Control::Silent {
            self.be_blind("an item that the list shows does not answer by its id");
        }
        for (item, (answer, mut asked)) in heard {
            asked.insert(0, before.clone());
            asked.push(after.clone());
            let evidence = Evidence { answer, control };
            self.items.insert(item.media_id.clone(), Heard { evidence, asked });
        }
        rest
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
            pass.account_total,
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
            Trouble::Stopped => self.end("the pass was stopped"),
            Trouble::Blocked { .. } => self.end("the allowance is used up"),
            Trouble::Catalog(_) => self.end("the catalog could not be written"),
            Trouble::Graph(error) => match error.class() {
                Class::Wait { .. } => self.end("the allowance is used up"),
                Class::StopAccount(_) => self.end("the token stopped working"),
                Class::Permission => self.end("a permission is missing"),
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

/// Questions are the least urgent calls: they leave half of the allowance to the walks.
fn has_used_half(pass: &PassContext) -> bool {
    let limit = pass.archive.settings.max_usage / 2.0;
    pass.asker.usage_percent().is_some_and(|percent| percent >= limit)
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
