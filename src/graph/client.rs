//! Asks the API on behalf of one account.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::account::AccountFacts;
use super::body::{self, Secrets};
use super::classify::classify;
use super::endpoint::Endpoint;
use super::error::{Fault, GraphError, Reply, Subject};
use super::fields::FieldSet;
use super::item;
use super::json::{self, Member};
use super::kept::{self, Kept};
use super::page::{Page, PageRequest};
use super::refusal::Refusal;
use super::transport::{Limits, Transport};
use crate::domain::pace::Usage;
use crate::domain::{Class, Login, MediaId, Observation, Timestamp};
use crate::secret::{AccessToken, AppSecret};

/// The API for one account; clones share everything.
#[derive(Clone)]
pub struct GraphClient {
    transport: Transport,
    access: Arc<Access>,
}

struct Access {
    endpoint: Endpoint,
    token: AccessToken,
    app_secret: Option<AppSecret>,
    proof: Option<SecretString>,
    secrets: Secrets,
}

/// What was asked for, and what the answer said beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    pub value: T,
    pub usage: Usage,
    /// The version that answered, when the answer names one.
    pub api_version: Option<String>,
    /// When the server says that it answered, for the check of our own clock.
    pub date: Option<Timestamp>,
    /// What may be kept of the question and its answer.
    pub kept: Kept,
}

impl GraphClient {
    /// A client with connections of its own.
    ///
    /// # Errors
    /// When the address cannot be used or no connection can be prepared.
    pub fn new(
        endpoint: Endpoint,
        token: AccessToken,
        app_secret: Option<AppSecret>,
    ) -> Result<Self, GraphError> {
        Self::over(&Transport::new(Limits::default())?, endpoint, token, app_secret)
    }

    /// A client that shares its connections, which keeps hundreds of accounts small.
    ///
    /// The app's secret only serves the Facebook login, whose requests it signs.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn over(
        transport: &Transport,
        endpoint: Endpoint,
        token: AccessToken,
        app_secret: Option<AppSecret>,
    ) -> Result<Self, GraphError> {
        endpoint.check()?;
        let secrets = Secrets::new(&token, app_secret.as_ref());
        let proof = match endpoint.login {
            Login::Instagram => None,
            Login::Facebook => app_secret.as_ref().map(|secret| secret.proof(&token)),
        };
        let access = Arc::new(Access { endpoint, token, app_secret, proof, secrets });
        Ok(Self { transport: transport.clone(), access })
    }

    /// The same account asked with another token.
    ///
    /// # Errors
    /// Never, since the address has been used before.
    pub fn with_token(&self, token: AccessToken) -> Result<Self, GraphError> {
        let Access { endpoint, app_secret, .. } = &*self.access;
        Self::over(&self.transport, endpoint.clone(), token, app_secret.clone())
    }

    /// The token that it asks with.
    pub fn token(&self) -> &AccessToken {
        &self.access.token
    }

    /// The account that the token answers for.
    ///
    /// A field that the API refuses is left out and asked for no more in this call: a decoration
    /// must not stand in the way of the token's check.
    pub async fn account(&self) -> Result<Answer<AccountFacts>, GraphError> {
        let endpoint = &self.access.endpoint;
        let path = match endpoint.login {
            Login::Instagram => "me",
            Login::Facebook => endpoint.user_id.as_str(),
        };
        let mut fields = AccountFacts::fields(endpoint.login);
        loop {
            let read = |body: &str, answer: &[Member<'_>]| {
                let facts = AccountFacts::read(answer).ok_or(Fault::NoAccount)?;
                Ok((facts, kept::body(body)))
            };
            let answer = self.ask(Subject::Account, &[path], &fields, &[], read).await;
            let Err(Class::DropField(name)) = answer.as_ref().map_err(GraphError::class) else {
                return answer;
            };
            // Ends, because each round has one field less.
            fields = fields.without(&name);
        }
    }

    /// One page of a list.
    pub async fn page(&self, request: &PageRequest) -> Result<Answer<Page>, GraphError> {
        let edge = request.edge;
        let subject = match request.after {
            None => Subject::FirstPage(edge),
            Some(_) => Subject::NextPage(edge),
        };
        let mut query = vec![("limit", request.limit.to_string())];
        if let Some(after) = &request.after {
            query.push(("after", after.as_str().to_owned()));
        }
        if edge.has_windows() {
            let bounds = [("since", request.window.since), ("until", request.window.until)];
            for (name, bound) in bounds {
                query.extend(bound.map(|bound| (name, bound.as_unix().to_string())));
            }
        }
        let path = [self.access.endpoint.user_id.as_str(), edge.as_str()];
        let read = |_: &str, answer: &[Member<'_>]| Page::read(edge, answer).map_err(Fault::NoPage);
        self.ask(subject, &path, &request.fields, &query, read).await
    }

    /// One item by its id; an answer about anything else is an error.
    ///
    /// A slide that cannot be read is left out and stands in the raw item.
    pub async fn item(
        &self,
        id: &MediaId,
        fields: &FieldSet,
    ) -> Result<Answer<Observation>, GraphError> {
        let read = |body: &str, _: &[Member<'_>]| {
            let answer = serde_json::from_str(body).map_err(|_| Fault::NotJson)?;
            let item = item::read_item(answer, &mut Vec::new()).map_err(|_| Fault::NoItem)?;
            if item.id == *id { Ok((item, kept::body(body))) } else { Err(Fault::OtherItem) }
        };
        self.ask(Subject::Item(id.clone()), &[id.as_str()], fields, &[], read).await
    }

    async fn ask<T>(
        &self,
        subject: Subject,
        path: &[&str],
        fields: &FieldSet,
        query: &[(&str, String)],
        read: impl FnOnce(&str, &[Member<'_>]) -> Result<(T, String), Fault>,
    ) -> Result<Answer<T>, GraphError> {
        let access = &*self.access;
        let proof = access.proof.as_ref().map(ExposeSecret::expose_secret);
        let url = access.endpoint.url(path, fields, query, proof)?;
        let (reply, body) = self.transport.get(&subject, url, &access.token).await?;
        let body = body::readable(&body, &access.secrets);
        let body = body.trim_start_matches('\u{feff}').trim();
        let value = open(body, &reply, fields)
            .and_then(|members| read(body, &members).map_err(Unusable::Fault));
        let kept = |text| Kept {
            request: kept::request(&access.endpoint, path, fields, query),
            status: reply.status,
            text,
        };
        match value {
            Ok((value, text)) => Ok(Answer {
                value,
                usage: reply.usage,
                kept: kept(text),
                api_version: reply.api_version,
                date: reply.date,
            }),
            Err(Unusable::Fault(fault)) => Err(GraphError::answer(&subject, reply, fault)),
            Err(Unusable::Refused(refusal, class)) => {
                let kept = Box::new(kept(kept::refusal(body)));
                Err(GraphError::Refused { subject, reply: Box::new(reply), refusal, class, kept })
            }
        }
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { login, user_id, version, .. } = &self.access.endpoint;
        write!(f, "GraphClient({login}, {user_id}, {version})")
    }
}

pub(super) enum Unusable {
    Fault(Fault),
    Refused(Box<Refusal>, Class),
}

/// Opens a body: an `error` in it counts whatever the status says, because the API has been seen
/// to send one under 200.
pub(super) fn open<'a>(
    body: &'a str,
    reply: &Reply,
    asked: &FieldSet,
) -> Result<Vec<Member<'a>>, Unusable> {
    let fault = |fault| Err(Unusable::Fault(fault));
    if (300..400).contains(&reply.status) {
        return fault(Fault::Redirect);
    }
    if body.is_empty() {
        return fault(Fault::Empty);
    }
    if body.starts_with('<') {
        return fault(Fault::Html);
    }
    let Some(members) = json::open(body) else {
        return fault(Fault::NotJson);
    };
    if let Some(refusal) = Refusal::read(&members) {
        let class = classify(&refusal, reply.status, reply.regain, asked);
        return Err(Unusable::Refused(Box::new(refusal), class));
    }
    if reply.status != 200 {
        return fault(Fault::Status);
    }
    Ok(members)
}
