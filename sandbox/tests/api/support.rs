//! Starts a sandbox and asks it things.

use graph_sandbox::{Login, ReadyAccount, Sandbox, Settings};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// The moment at which test worlds begin: 2026-09-25T12:00:00Z.
pub(crate) const EPOCH: i64 = 1_790_337_600;

pub(crate) struct Lab {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: reqwest::Client,
    pub(crate) ig: ReadyAccount,
    pub(crate) fb: ReadyAccount,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.text))
    }

    pub(crate) fn data(&self) -> Vec<Value> {
        self.json()["data"].as_array().unwrap_or_else(|| panic!("no data: {}", self.text)).clone()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.data().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Code and subcode of the error.
    pub(crate) fn error(&self) -> (i64, Option<i64>) {
        let error = &self.json()["error"];
        let code = error["code"].as_i64().unwrap_or_else(|| panic!("no error: {}", self.text));
        (code, error["error_subcode"].as_i64())
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn after(&self) -> String {
        self.json()["paging"]["cursors"]["after"].as_str().unwrap().to_owned()
    }

    pub(crate) fn next(&self) -> Option<String> {
        self.json()["paging"]["next"].as_str().map(str::to_owned)
    }

    /// Keys of an object in the order in which they came.
    pub(crate) fn keys(&self) -> Vec<String> {
        keys(&self.json())
    }
}

pub(crate) fn keys(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

pub(crate) fn settings() -> Settings {
    Settings { epoch: Some(EPOCH), picture_pool: Some(2), ..Settings::default() }
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::with(settings()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let sandbox = Sandbox::start(settings).await.unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let of = |login| {
            sandbox.ready().accounts.iter().find(|account| account.login == login).unwrap().clone()
        };
        Self { ig: of(Login::Instagram), fb: of(Login::Facebook), sandbox, client }
    }

    pub(crate) fn base(&self, login: Login) -> &str {
        match login {
            Login::Instagram => &self.sandbox.ready().instagram_url,
            Login::Facebook => &self.sandbox.ready().facebook_url,
        }
    }

    /// GET on a host with a token in the header; `path` begins with a slash.
    pub(crate) async fn ask(&self, login: Login, path: &str, token: &str) -> Answer {
        self.send(Method::GET, login, path, token).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        login: Login,
        path: &str,
        token: &str,
    ) -> Answer {
        let url = format!("{}{path}", self.base(login));
        let mut request = self.client.request(method, url);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        answer(request.send().await.unwrap()).await
    }

    /// GET on the Instagram host, as its account, at v25.0.
    pub(crate) async fn ig(&self, path: &str) -> Answer {
        self.ask(Login::Instagram, &format!("/v25.0{path}"), &self.ig.token).await
    }

    /// GET on the Facebook host, as its account, at v25.0; `{me}` stands for the account's id.
    pub(crate) async fn fb(&self, path: &str) -> Answer {
        let path = path.replace("{me}", &self.fb.user_id);
        self.ask(Login::Facebook, &format!("/v25.0{path}"), &self.fb.token).await
    }

    pub(crate) async fn url(&self, url: &str) -> Answer {
        answer(self.client.get(url).send().await.unwrap()).await
    }

    /// POST to the control API.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.sandbox.ready().control_url);
        answer(self.client.post(url).body(body.to_string()).send().await.unwrap()).await
    }

    /// The first post of the Instagram account that fits.
    pub(crate) fn post(
        &self,
        fits: impl Fn(&graph_sandbox::ItemTruth) -> bool,
    ) -> graph_sandbox::ItemTruth {
        self.sandbox.world().posts(&self.ig.name).into_iter().find(|post| fits(post)).unwrap()
    }

    pub(crate) fn fb_post(
        &self,
        fits: impl Fn(&graph_sandbox::ItemTruth) -> bool,
    ) -> graph_sandbox::ItemTruth {
        self.sandbox.world().posts(&self.fb.name).into_iter().find(|post| fits(post)).unwrap()
    }
}

pub(crate) async fn answer(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
