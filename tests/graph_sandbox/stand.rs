//! A sandbox with clients for its accounts.

use graph_sandbox::{Fault, ReadyAccount, Sandbox, Settings};
use mediakeep::domain::{Edge, Login, Observation, Window};
use mediakeep::graph::{
    Endpoint, FieldSet, GraphClient, GraphError, Limits, Page, PageRequest, Transport,
};
use mediakeep::secret::{AccessToken, AppSecret};

/// A sandbox, and the transport that all its clients share.
pub(crate) struct Stand {
    pub(crate) sandbox: Sandbox,
    transport: Transport,
}

impl Stand {
    pub(crate) async fn with_posts(posts: usize) -> Self {
        Self::of(Settings { posts, ..Settings::default() }, Limits::default()).await
    }

    pub(crate) async fn of(settings: Settings, limits: Limits) -> Self {
        let sandbox = Sandbox::start(settings).await.unwrap();
        Self { sandbox, transport: Transport::new(limits).unwrap() }
    }

    pub(crate) fn account(&self, login: Login) -> &ReadyAccount {
        let wanted = match login {
            Login::Instagram => graph_sandbox::Login::Instagram,
            Login::Facebook => graph_sandbox::Login::Facebook,
        };
        self.sandbox.ready().accounts.iter().find(|account| account.login == wanted).unwrap()
    }

    pub(crate) fn client(&self, login: Login) -> GraphClient {
        self.client_with(login, &self.account(login).token)
    }

    pub(crate) fn client_with(&self, login: Login, token: &str) -> GraphClient {
        let account = self.account(login);
        let base = match login {
            Login::Instagram => &self.sandbox.ready().instagram_url,
            Login::Facebook => &self.sandbox.ready().facebook_url,
        };
        let endpoint = Endpoint {
            login,
            base: base.parse().unwrap(),
            version: "v25.0".to_owned(),
            user_id: account.user_id.parse().unwrap(),
        };
        let token = AccessToken::new(token).unwrap();
        let secret = AppSecret::new(&account.app_secret).unwrap();
        GraphClient::over(&self.transport, endpoint, token, Some(secret)).unwrap()
    }

    /// Arms a fault for the next call on a route.
    pub(crate) fn next(&self, fault: Fault, route: &str) {
        self.sandbox.inject(fault.on(route).times(1));
    }
}

pub(crate) fn request(login: Login, edge: Edge, limit: u16) -> PageRequest {
    PageRequest {
        edge,
        window: Window::ALL,
        limit,
        after: None,
        fields: FieldSet::for_edge(login, edge),
    }
}

/// Walks a list to its end, at most 50 pages.
pub(crate) async fn walk(
    client: &GraphClient,
    first: &PageRequest,
) -> Result<Vec<Page>, GraphError> {
    let mut pages = Vec::new();
    let mut request = first.clone();
    while pages.len() < 50 {
        let page = client.page(&request).await?.value;
        request.after.clone_from(&page.next);
        pages.push(page);
        if request.after.is_none() {
            return Ok(pages);
        }
    }
    panic!("the list does not end");
}

pub(crate) fn items(pages: Vec<Page>) -> Vec<Observation> {
    assert!(pages.iter().all(|page| page.unreadable.is_empty()), "{pages:?}");
    pages.into_iter().flat_map(|page| page.items).collect()
}
