//! A small client, and the simulator that the tests talk to.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use simulators::{Account, Behaviour, Builder, Deployment, ModelSimulator, Running};

pub(crate) const KEY: &str = "contoso-key-1";
pub(crate) const KEY2: &str = "contoso-key-2";
pub(crate) const OTHER_KEY: &str = "fabrikam-key-1";
pub(crate) const CHAT: &str = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";

/// Two accounts with deployments of both kinds.
pub(crate) fn builder() -> Builder {
    let contoso = Account::new("contoso", KEY, KEY2)
        .with(Deployment::chat("gpt-4o", "gpt-4o-2024-08-06"))
        .with(Deployment::chat("small", "gpt-4o-mini-2024-07-18").with_context_tokens(50))
        .with(Deployment::embedding("embed", "text-embedding-3-small"))
        .with(Deployment::embedding("ada", "text-embedding-ada-002"));
    let fabrikam = Account::new("fabrikam", OTHER_KEY, "fabrikam-key-2").in_region("West US").with(
        Deployment::chat("flaky", "gpt-4").behaving("status=503; first=1".parse::<Behaviour>().unwrap()),
    );
    ModelSimulator::builder().account(contoso).account(fabrikam)
}

/// A running simulator and a client for it.
pub(crate) async fn start() -> (Running, Client) {
    let running = builder().start(([127, 0, 0, 1], 0)).await.unwrap();
    let client = Client::new(&running);
    (running, client)
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended before its end.
    pub(crate) broken: bool,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Name and data of each server-sent event.
    pub(crate) fn events(&self) -> Vec<(String, String)> {
        let text = self.text();
        assert!(self.broken || text.ends_with("\n\n"), "{text}");
        text.split_terminator("\n\n").map(event).collect()
    }

    /// The events that are JSON.
    pub(crate) fn chunks(&self) -> Vec<Value> {
        self.events().iter().filter_map(|(_, data)| serde_json::from_str(data).ok()).collect()
    }
}

fn event(text: &str) -> (String, String) {
    let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
    (String::from(line("event: ")), String::from(line("data: ")))
}

pub(crate) struct Client {
    base: String,
    pool: Pool<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub(crate) fn new(running: &Running) -> Self {
        Self { base: running.base_url(), pool: Pool::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) fn over_http2(running: &Running) -> Self {
        let pool = Pool::builder(TokioExecutor::new()).http2_only(true).build_http();
        Self { base: running.base_url(), pool }
    }

    /// Sends a request and returns the response's head, or what went wrong before it.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<http::Response<Incoming>, hyper_util::client::legacy::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(body));
        self.pool.request(request.body(body).unwrap()).await
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let response = self.open(method, path, headers, body).await.unwrap();
        let (head, mut incoming) = response.into_parts();
        let (mut body, mut broken) = (Vec::new(), false);
        while let Some(frame) = incoming.frame().await {
            match frame {
                Ok(frame) => body.extend_from_slice(frame.data_ref().unwrap()),
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        Answer { status: head.status, version: head.version, headers: head.headers, body, broken }
    }

    /// Posts JSON with the first key in `api-key`.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[], body).await
    }

    /// The same with more headers.
    pub(crate) async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let all = [&[("api-key", KEY), ("content-type", "application/json")], headers].concat();
        self.send(Method::POST, path, &all, body.to_string().as_bytes()).await
    }

    /// Posts JSON with a Bearer key.
    pub(crate) async fn post_bearer(&self, path: &str, key: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {key}");
        self.send(Method::POST, path, &[("authorization", &bearer)], body.to_string().as_bytes()).await
    }

    /// Gets with the first key in `api-key`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("api-key", KEY)], b"").await
    }
}
