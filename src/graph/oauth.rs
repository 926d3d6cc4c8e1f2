//! Tokens from the API: renewed, exchanged, obtained by a login, and looked at.
//!
//! These requests carry secrets in query and form, where the documentation wants them. Nothing of
//! them leaves: errors name what was asked for and never an address, what the API says is printed
//! without anything that was sent, and no answer is kept.

mod authorise;
mod read;

use std::fmt;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use url::Url;

use super::body::{self, Secrets};
use super::client::{Unusable, open};
use super::endpoint::{BadAddress, check_base};
use super::error::{Fault, GraphError, Reply, Subject};
use super::fields::FieldSet;
use super::json::{self, Member};
use super::kept::Kept;
use super::transport::Transport;
use crate::domain::{Class, Login, Timestamp, TokenTrouble};
use crate::secret::{AccessToken, AppSecret};

pub use authorise::{Right, authorise_url};

/// The app in whose name a person logs in.
#[derive(Debug, Clone)]
pub struct App {
    pub id: String,
    pub secret: AppSecret,
}

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthHosts {
    /// `https://graph.instagram.com`
    pub instagram: Url,
    /// `https://graph.facebook.com`
    pub facebook: Url,
    /// `https://api.instagram.com`, which takes the code of a login.
    pub instagram_login: Url,
}

/// A token that the API handed out.
#[derive(Debug, Clone)]
pub struct Grant {
    pub token: AccessToken,
    /// How long it lives from now; absent where it has no end or the answer does not say.
    pub lifetime: Option<Duration>,
    /// Words with commas, where the answer says what it may.
    pub scopes: Option<String>,
    /// When the server says that it answered.
    pub date: Option<Timestamp>,
}

/// What the API tells an app of a token (Facebook login).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenFacts {
    /// Why it does not work.
    pub trouble: Option<TokenTrouble>,
    /// `USER`, `PAGE` or `SYSTEM_USER`.
    pub kind: Option<String>,
    pub issued_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// It said 0.
    pub never_expires: bool,
    pub data_access_expires_at: Option<Timestamp>,
    /// Words with commas.
    pub scopes: Option<String>,
}

/// An account that a token of the Facebook login reaches through a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub page: String,
    pub user_id: String,
    pub username: Option<String>,
}

/// Asks for tokens; it holds none.
#[derive(Clone)]
pub struct OAuthClient {
    transport: Transport,
    hosts: OAuthHosts,
    version: String,
}

impl OAuthClient {
    /// Prepares to ask.
    ///
    /// # Errors
    /// When a secret may not be sent to one of the addresses.
    pub fn new(
        transport: &Transport,
        hosts: OAuthHosts,
        version: &str,
    ) -> Result<Self, GraphError> {
        for base in [&hosts.instagram, &hosts.facebook, &hosts.instagram_login] {
            check_base(base)?;
        }
        Ok(Self { transport: transport.clone(), hosts, version: version.to_owned() })
    }

    /// Renews a token of the Instagram login: 60 more days, with the token alone.
    pub async fn refresh(&self, token: &AccessToken) -> Result<Grant, GraphError> {
        let query = [("grant_type", "ig_refresh_token"), ("access_token", token.expose())];
        let url = address(&self.hosts.instagram, &["refresh_access_token"], &query)?;
        self.grant(Subject::RenewedToken, url, &[token.expose()]).await
    }

    /// Gets a token of 60 days for one that is good: the short one of a login, or with the Facebook
    /// login one that shall live longer.
    pub async fn exchange(
        &self,
        login: Login,
        app: &App,
        token: &AccessToken,
    ) -> Result<Grant, GraphError> {
        let (secret, token) = (app.secret.expose(), token.expose());
        let url = match login {
            Login::Instagram => {
                let query = [
                    ("grant_type", "ig_exchange_token"),
                    ("client_secret", secret),
                    ("access_token", token),
                ];
                address(&self.hosts.instagram, &["access_token"], &query)?
            }
            Login::Facebook => {
                let query = [
                    ("grant_type", "fb_exchange_token"),
                    ("client_id", app.id.as_str()),
                    ("client_secret", secret),
                    ("fb_exchange_token", token),
                ];
                let path = [self.version.as_str(), "oauth", "access_token"];
                address(&self.hosts.facebook, &path, &query)?
            }
        };
        self.grant(Subject::LongToken, url, &[secret, token]).await
    }

    /// Gets the first token of a login for the code that it ended with; a code works once.
    pub async fn redeem(
        &self,
        login: Login,
        app: &App,
        redirect_uri: &Url,
        code: &str,
    ) -> Result<Grant, GraphError> {
        let (subject, secrets) = (Subject::FirstToken, [app.secret.expose(), code]);
        let pairs = [
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.expose()),
            ("redirect_uri", redirect_uri.as_str()),
            ("code", code),
        ];
        match login {
            Login::Instagram => {
                let url = address(&self.hosts.instagram_login, &["oauth", "access_token"], &[])?;
                let form = [&[("grant_type", "authorization_code")], &pairs[..]].concat();
                let (reply, bytes) = self.transport.post_form(&subject, url, &form).await?;
                read_grant(subject, reply, bytes, &secrets)
            }
            Login::Facebook => {
                let path = [self.version.as_str(), "oauth", "access_token"];
                self.grant(subject, address(&self.hosts.facebook, &path, &pairs)?, &secrets).await
            }
        }
    }

    /// Asks in the app's own name what a token of the Facebook login is worth.
    pub async fn inspect(&self, app: &App, token: &AccessToken) -> Result<TokenFacts, GraphError> {
        let own = Zeroizing::new(format!("{}|{}", app.id, app.secret.expose()));
        let query = [("input_token", token.expose()), ("access_token", own.as_str())];
        let path = [self.version.as_str(), "debug_token"];
        let url = address(&self.hosts.facebook, &path, &query)?;
        let subject = Subject::TokenFacts;
        let (reply, bytes) = self.transport.get_by_query(&subject, url).await?;
        let secrets = [token.expose(), own.as_str(), app.secret.expose()];
        answered(subject, reply, bytes, &secrets, read::facts, Fault::NoTokenFacts)
            .map(|(facts, _)| facts)
    }

    /// The professional accounts that a token of the Facebook login reaches.
    pub async fn reach(
        &self,
        app: Option<&App>,
        token: &AccessToken,
    ) -> Result<Vec<Reached>, GraphError> {
        const FIELDS: &str = "name,instagram_business_account{id,username}";
        let proof = app.map(|app| app.secret.proof(token));
        let mut query = vec![("fields", FIELDS), ("limit", "100")];
        if let Some(proof) = &proof {
            query.push(("appsecret_proof", secrecy::ExposeSecret::expose_secret(proof)));
        }
        let path = [self.version.as_str(), "me", "accounts"];
        let url = address(&self.hosts.facebook, &path, &query)?;
        let subject = Subject::Reach;
        let (reply, bytes) = self.transport.get(&subject, url, token).await?;
        answered(subject, reply, bytes, &[token.expose()], read::reached, Fault::NoAccount)
            .map(|(reached, _)| reached)
    }

    async fn grant(
        &self,
        subject: Subject,
        url: Url,
        secrets: &[&str],
    ) -> Result<Grant, GraphError> {
        let (reply, bytes) = self.transport.get_by_query(&subject, url).await?;
        read_grant(subject, reply, bytes, secrets)
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The address of a request; it holds secrets, so that it is never shown.
fn address(base: &Url, path: &[&str], query: &[(&str, &str)]) -> Result<Url, BadAddress> {
    let mut url = base.clone();
    url.path_segments_mut().map_err(|()| BadAddress::Shape)?.pop_if_empty().extend(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

fn read_grant(
    subject: Subject,
    reply: Reply,
    bytes: Vec<u8>,
    secrets: &[&str],
) -> Result<Grant, GraphError> {
    let (grant, date) = answered(subject, reply, bytes, secrets, read::grant, Fault::NoToken)?;
    Ok(Grant { date, ..grant })
}

/// Reads an answer. What is said of a refusal comes from a text without the secrets that were
/// sent; the answer itself does not, because a renewed token may be the same as before.
fn answered<T>(
    subject: Subject,
    reply: Reply,
    bytes: Vec<u8>,
    secrets: &[&str],
    read: impl FnOnce(&[Member<'_>]) -> Option<T>,
    otherwise: Fault,
) -> Result<(T, Option<Timestamp>), GraphError> {
    let bytes = Zeroizing::new(bytes);
    let told = body::readable(&bytes, &Secrets::of(secrets.iter().copied()));
    let told = told.trim_start_matches('\u{feff}').trim();
    let unusable = match open(told, &reply, &FieldSet::plain(&[])) {
        Ok(members) => read::flat_refusal(&members).map(|refusal| {
            let class = match reply.status {
                500.. => Class::Retry,
                _ => Class::Fatal,
            };
            Unusable::Refused(Box::new(refusal), class)
        }),
        // The host that takes codes refuses with a status and an envelope of its own.
        Err(Unusable::Fault(Fault::Status)) => {
            let refusal = json::open(told).and_then(|members| read::flat_refusal(&members));
            Some(match refusal {
                Some(refusal) if reply.status < 500 => {
                    Unusable::Refused(Box::new(refusal), Class::Fatal)
                }
                Some(_) | None => Unusable::Fault(Fault::Status),
            })
        }
        Err(unusable) => Some(unusable),
    };
    match unusable {
        Some(Unusable::Refused(refusal, class)) => {
            let (reply, kept) = (Box::new(reply), Box::new(Kept::default()));
            return Err(GraphError::Refused { subject, reply, refusal, class, kept });
        }
        Some(Unusable::Fault(fault)) => return Err(GraphError::answer(&subject, reply, fault)),
        None => {}
    }
    let whole = Zeroizing::new(body::readable(&bytes, &Secrets::none()));
    let whole = whole.trim_start_matches('\u{feff}').trim();
    let date = reply.date;
    match json::open(whole).and_then(|members| read(&members)) {
        Some(value) => Ok((value, date)),
        None => Err(GraphError::answer(&subject, reply, otherwise)),
    }
}
