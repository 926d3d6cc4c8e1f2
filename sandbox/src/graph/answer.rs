//! Finds what a route asks for and writes the answer.

use axum::http::Method;

use crate::faults::FaultKind;
use crate::host::Login;
use crate::json::Json;
use crate::world::{Found, MediaKind, World};

use super::Ask;
use super::comment::Place;
use super::error::GraphError;
use super::fields::{self, Field};
use super::insights::InsightsPlan;
use super::lists::MediaList;
use super::paging::ListRequest;
use super::plan::{self, Edge, View};
use super::query::Params;
use super::route::Route;

/// Most ids of one multi-get.
const IDS_CAP: usize = 50;

/// What a route turned out to be, with the name that counters and faults use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Me,
    Ids,
    User(usize),
    Page(usize),
    Person,
    Medium(u32),
    Comment(u32, usize),
    Reply(u32, usize, usize),
    MediaList(usize, MediaList),
    Pages,
    Children(u32),
    Comments(u32),
    Insights(u32),
    Collaborators(u32),
    Replies(u32, usize),
    PublishingLimit,
    /// The object exists, the edge does not.
    NoEdge(String, &'static str),
    /// No object with this id.
    Nothing(String),
}

impl Target {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Ids => "ids",
            Self::User(_) | Self::Page(_) | Self::Person => "user",
            Self::Medium(_) | Self::Nothing(_) => "node",
            Self::Comment(..) | Self::Reply(..) => "comment",
            Self::MediaList(_, MediaList::Posts) => "media",
            Self::MediaList(_, MediaList::Stories) => "stories",
            Self::MediaList(_, MediaList::Tags) => "tags",
            Self::MediaList(_, MediaList::Live) => "live_media",
            Self::MediaList(_, MediaList::Collaborations) => "collaborative_media",
            Self::Pages => "accounts",
            Self::Children(_) => "children",
            Self::Comments(_) => "comments",
            Self::Insights(_) => "insights",
            Self::Collaborators(_) => "collaborators",
            Self::Replies(..) => "replies",
            Self::PublishingLimit => "content_publishing_limit",
            Self::NoEdge(..) => "unknown",
        }
    }

    /// Whether media are written, so that oddities of media can show.
    pub(crate) fn writes_media(&self) -> bool {
        matches!(self, Self::Medium(_) | Self::MediaList(..) | Self::Children(_) | Self::Ids)
    }

    /// Whether it reads one object by its id (or what hangs on one), not a list of the account.
    pub(crate) fn reads_node(&self) -> bool {
        matches!(
            self,
            Self::Medium(_)
                | Self::Nothing(_)
                | Self::Children(_)
                | Self::Insights(_)
                | Self::Collaborators(_)
        )
    }
}

/// The name of a route before any token is looked at.
pub(crate) fn name_of(route: &Route, world: &World) -> &'static str {
    match route {
        Route::Me => "me",
        Route::Ids => "ids",
        Route::Batch => "batch",
        Route::Refresh => "refresh",
        Route::Exchange => "exchange",
        Route::DebugToken => "debug_token",
        Route::Authorise => "authorise",
        Route::Code => "code",
        Route::Node(id) => match id.parse().ok().and_then(|id| world.find(id)) {
            Some(Found::Account(_) | Found::Page(_) | Found::Person(_)) => "user",
            Some(Found::Comment(..) | Found::Reply(..)) => "comment",
            Some(Found::Media(_)) | None => "node",
        },
        Route::Edge(_, edge) => match edge.as_str() {
            "media" => "media",
            "stories" => "stories",
            "tags" => "tags",
            "live_media" => "live_media",
            "collaborative_media" => "collaborative_media",
            "accounts" => "accounts",
            "children" => "children",
            "comments" => "comments",
            "replies" => "replies",
            "insights" => "insights",
            "collaborators" => "collaborators",
            _ => "unknown",
        },
    }
}

impl Ask<'_> {
    /// Resolves a route to what it asks for, as far as this token may see it.
    pub(crate) fn target(&self, route: &Route) -> Result<Target, GraphError> {
        Ok(match route {
            Route::Me => Target::Me,
            Route::Node(id) => match self.visible(id)? {
                Some(Found::Account(index)) => Target::User(index),
                Some(Found::Page(index)) => Target::Page(index),
                Some(Found::Person(_)) => Target::Person,
                Some(Found::Media(index)) => Target::Medium(index),
                Some(Found::Comment(medium, at)) => Target::Comment(medium, at),
                Some(Found::Reply(medium, at, reply)) => Target::Reply(medium, at, reply),
                None => Target::Nothing(id.clone()),
            },
            Route::Edge(id, edge) => self.edge_target(id, edge)?,
            // The others never come here.
            Route::Ids
            | Route::Batch
            | Route::Refresh
            | Route::Exchange
            | Route::DebugToken
            | Route::Authorise
            | Route::Code => Target::Ids,
        })
    }

    fn edge_target(&self, id: &str, edge: &str) -> Result<Target, GraphError> {
        let found = if id == "me" {
            match self.login {
                Login::Instagram => Some(Found::Account(self.account)),
                Login::Facebook => Some(Found::Person(self.account)),
            }
        } else {
            self.visible(id)?
        };
        Ok(match (found, edge) {
            (None, _) => Target::Nothing(id.to_owned()),
            (Some(Found::Account(_)), "content_publishing_limit") => Target::PublishingLimit,
            (Some(Found::Account(index)), name) => match MediaList::named(name, self.login) {
                Some(list) => Target::MediaList(index, list),
                None => Target::NoEdge(edge.to_owned(), "IGUser"),
            },
            (Some(Found::Person(_)), "accounts") => Target::Pages,
            (Some(Found::Person(_)), _) => Target::NoEdge(edge.to_owned(), "User"),
            (Some(Found::Page(_)), _) => Target::NoEdge(edge.to_owned(), "Page"),
            (Some(Found::Media(index)), "children") => Target::Children(index),
            (Some(Found::Media(index)), "comments") => Target::Comments(index),
            (Some(Found::Media(index)), "insights") => Target::Insights(index),
            (Some(Found::Media(index)), "collaborators") if self.login == Login::Facebook => {
                Target::Collaborators(index)
            }
            (Some(Found::Media(_)), _) => Target::NoEdge(edge.to_owned(), "IGMedia"),
            (Some(Found::Comment(medium, at)), "replies") => Target::Replies(medium, at),
            (Some(Found::Comment(..) | Found::Reply(..)), _) => {
                Target::NoEdge(edge.to_owned(), "IGComment")
            }
        })
    }

    /// Finds an id that this token may read; anything else looks as if it did not exist.
    fn visible(&self, id: &str) -> Result<Option<Found>, GraphError> {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.no_alias(id));
        }
        let Some(found) = id.parse().ok().and_then(|id| self.world.find(id)) else {
            return Ok(None);
        };
        let readable = |index: u32| {
            let medium = self.world.medium(index);
            let parent = medium.parent.map(|parent| self.world.medium(parent));
            medium.account == self.account
                && medium.author.is_none()
                && medium.answers(self.now)
                && parent.is_none_or(|album| album.answers(self.now))
        };
        let mine = match found {
            Found::Account(index) | Found::Page(index) | Found::Person(index) => {
                index == self.account
            }
            Found::Media(index) | Found::Comment(index, _) | Found::Reply(index, _, _) => {
                readable(index)
            }
        };
        Ok(mine.then_some(found))
    }

    /// An id that is no number.
    fn no_alias(&self, id: &str) -> GraphError {
        match self.login {
            Login::Instagram => {
                GraphError::new(803, format!("Object with ID '{id}' does not exist"))
            }
            Login::Facebook => GraphError::new(
                803,
                format!("Some of the aliases you requested do not exist: {id}"),
            )
            .status(axum::http::StatusCode::NOT_FOUND)
            .kind(super::error::ErrorKind::OAuth),
        }
    }

    /// Writes the answer to a read.
    pub(crate) fn answer(
        &self,
        json: &mut Json,
        target: &Target,
        params: &Params,
        shift: isize,
    ) -> Result<(), GraphError> {
        let fields = fields::parse(params.get("fields").unwrap_or_default())?;
        match target {
            Target::Me => self.me(json, &fields),
            Target::Ids => self.ids(json, params, &fields),
            Target::Page(_) => self.page_node(json, &fields),
            Target::Person => self.person(json, &fields),
            Target::Pages => self.pages(json, &fields),
            Target::User(_) | Target::Medium(_) | Target::Comment(..) | Target::Reply(..) => {
                self.object(json, target, &fields)
            }
            Target::MediaList(account, list) => {
                let plan = plan::media(&fields, View::Own(self.login))?;
                let edge = whole_edge(plan, &fields);
                let mut request = ListRequest::of_query(params)?;
                request.shift = shift;
                self.media_list(json, *account, *list, &edge, &request)
            }
            Target::Children(index) => {
                let plan = plan::media(&fields, View::Own(self.login))?;
                let medium = self.world.medium(*index);
                let limit = ListRequest::of_query(params)?.limit;
                let asked = params.get("limit").is_some();
                let limit = if asked { limit } else { usize::MAX };
                match medium.kind {
                    MediaKind::Album => self.children(json, medium, &plan, limit),
                    MediaKind::Image | MediaKind::Video | MediaKind::Broadcast => {
                        json.raw(r#"{"data":[]}"#);
                        Ok(())
                    }
                }
            }
            Target::Comments(index) => {
                let edge = whole_edge(super::comment::plan(&fields)?, &fields);
                let request = ListRequest::of_query(params)?;
                self.comments(json, *index, &edge, &request)
            }
            Target::Replies(medium, at) => {
                self.need_scope("instagram_business_manage_comments", "instagram_manage_comments")?;
                let edge = whole_edge(super::comment::plan(&fields)?, &fields);
                let request = ListRequest::of_query(params)?;
                let comment = &self.world.medium(*medium).comments[*at];
                self.replies(json, comment, *medium, &edge, &request)
            }
            Target::Insights(index) => {
                let plan = InsightsPlan::of_query(params);
                self.insights(json, self.world.medium(*index), &plan)
            }
            Target::Collaborators(index) => {
                super::media_facebook::collaborators(json, self.world.medium(*index));
                Ok(())
            }
            Target::PublishingLimit => {
                json.raw(
                    r#"{"data":[{"quota_usage":0,"config":{"quota_total":50,"quota_duration":86400}}]}"#,
                );
                Ok(())
            }
            Target::NoEdge(edge, node) => Err(GraphError::no_field(edge, node)),
            Target::Nothing(id) => Err(GraphError::no_object(id, "get")),
        }
    }

    fn object(&self, json: &mut Json, target: &Target, fields: &[Field]) -> Result<(), GraphError> {
        match target {
            Target::User(index) => self.user(json, *index, fields),
            Target::Medium(index) => {
                let medium = self.world.medium(*index);
                if let Some(fired) = self.fault(FaultKind::HiddenKind)
                    && self.is_hidden(&fired, medium)
                {
                    return Err(GraphError::no_object(&medium.id.to_string(), "get"));
                }
                let plan = plan::media(fields, View::Own(self.login))?;
                self.at_first(true);
                self.media(json, *index, &plan)
            }
            Target::Comment(medium, at) => {
                let plan = super::comment::plan(fields)?;
                let comment = &self.world.medium(*medium).comments[*at];
                self.comment(json, comment, Place { medium: *medium, parent: None }, &plan)
            }
            Target::Reply(medium, at, reply) => {
                let plan = super::comment::plan(fields)?;
                let parent = &self.world.medium(*medium).comments[*at];
                let place = Place { medium: *medium, parent: Some(parent) };
                self.comment(json, &parent.replies[*reply], place, &plan)
            }
            _ => Err(GraphError::bad_parameter("Cannot be asked for with others")),
        }
    }

    /// `/me`: the account on the Instagram host, the person or the page on the Facebook host.
    fn me(&self, json: &mut Json, fields: &[Field]) -> Result<(), GraphError> {
        if self.login == Login::Facebook {
            let page = self
                .world
                .tokens
                .get(self.token)
                .is_some_and(|token| token.kind == crate::tokens::TokenKind::Page);
            return if page { self.page_node(json, fields) } else { self.person(json, fields) };
        }
        let wrapped = self.api.settings.me_wrapped || self.fault(FaultKind::MeWrapped).is_some();
        if wrapped {
            json.open();
            json.key("data");
            json.open_list();
        }
        if self.fault(FaultKind::WrongAccount).is_some() {
            json.open();
            json.id_field("user_id", 17_841_499_999_999_999);
            json.text_field("username", "someone.else");
            json.id_field("id", 26_199_999_999_999_999);
            json.close();
        } else {
            self.user(json, self.account, fields)?;
        }
        if wrapped {
            json.close_list();
            json.close();
        }
        Ok(())
    }

    /// `/?ids=…`: one object per id; a single bad one fails them all.
    fn ids(&self, json: &mut Json, params: &Params, fields: &[Field]) -> Result<(), GraphError> {
        let text = params.get("ids").unwrap_or_default();
        let ids: Vec<&str> = text.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        if ids.is_empty() {
            return Err(GraphError::no_object("root", "get"));
        }
        if ids.len() > IDS_CAP {
            return Err(GraphError::bad_parameter(format!(
                "Too many IDs. Maximum: {IDS_CAP}. Provided: {}.",
                ids.len()
            )));
        }
        json.open();
        for id in ids {
            let target = self.target(&Route::Node(id.to_owned()))?;
            if let Target::Nothing(_) = target {
                return Err(self.no_alias(id));
            }
            json.key(id);
            self.object(json, &target, fields)?;
        }
        json.close();
        Ok(())
    }
}

/// The edge that the path itself names.
fn whole_edge<F>(plan: Vec<F>, fields: &[Field]) -> Edge<F> {
    Edge {
        fields: plan,
        text: fields::write(fields),
        limit: None,
        after: None,
        since: None,
        until: None,
    }
}

/// Whether the method is one that asks for a change.
pub(crate) fn is_write(method: &Method) -> bool {
    method != Method::GET && method != Method::HEAD
}
