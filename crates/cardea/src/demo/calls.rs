//! The calls of the demo: one table, from which the printed `curl` lines and the checks come.

use std::net::SocketAddr;

use super::Callers;

/// A call and what must come of it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// What it shows.
    pub title: &'static str,
    /// Path and query.
    pub path: &'static str,
    /// Headers besides `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: &'static str,
    /// Whether the answer is a stream of events.
    pub streamed: bool,
    /// The status that must come back.
    pub status: u16,
    /// What the answer's body must hold.
    pub holds: &'static str,
    /// Whether the model service must have been called.
    pub reaches_model: bool,
    /// Whether it is printed to be tried, besides being checked.
    pub printed: bool,
}

const CHAT: &str = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
const LARGE: &str = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
const HELLO: &str = r#"{"messages":[{"role":"user","content":"Say hello"}]}"#;
const HELLO_STREAM: &str = r#"{"messages":[{"role":"user","content":"Say hello"}],"stream":true,"stream_options":{"include_usage":true}}"#;
const HELLO_V1: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Say hello"}]}"#;
const HELLO_LARGE: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Say hello"}]}"#;
const WORDS: &str = r#"{"input":["a cat on the mat","stock markets fell"]}"#;
const WORDS_V1: &str = r#"{"model":"text-embedding-3-small","input":"a cat on the mat"}"#;
const RESPONSE: &str = r#"{"model":"gpt-4o-mini","input":"Say hello"}"#;
const RESPONSE_STREAM: &str = r#"{"model":"gpt-4o-mini","input":"Say hello","stream":true}"#;
/// Recorded bodies (`docs/errors.md`).
const NO_KEY: &str = r#"{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }"#;
const WRONG_KEY: &str = r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#;

/// All calls.
#[must_use]
pub(crate) fn table(keys: &Callers) -> Vec<Call> {
    let api_key = |key: &str| vec![("api-key", key.to_owned())];
    let bearer = |key: &str| vec![("Authorization", format!("Bearer {key}"))];
    let good = Call {
        title: "a good call",
        path: CHAT,
        headers: api_key(&keys.team_a),
        body: HELLO,
        streamed: false,
        status: 200,
        holds: "\"usage\"",
        reaches_model: true,
        printed: true,
    };
    let quiet = Call { printed: false, ..good.clone() };
    let refused = Call { reaches_model: false, ..good.clone() };
    vec![
        good.clone(),
        Call { title: "a streamed call", body: HELLO_STREAM, streamed: true, holds: "data: [DONE]", ..good },
        Call { title: "no key", headers: Vec::new(), status: 401, holds: NO_KEY, ..refused.clone() },
        Call {
            title: "a wrong key",
            headers: api_key("wrong"),
            status: 401,
            holds: WRONG_KEY,
            ..refused.clone()
        },
        Call {
            title: "a model that the product does not allow",
            path: LARGE,
            status: 403,
            holds: "ModelNotAllowed",
            ..refused.clone()
        },
        Call {
            title: "the same model for another team",
            path: LARGE,
            headers: api_key(&keys.team_b),
            ..quiet.clone()
        },
        Call {
            title: "embeddings",
            path: "/openai/deployments/text-embedding-3-small/embeddings?api-version=2024-10-21",
            body: WORDS,
            holds: "\"embedding\"",
            ..quiet.clone()
        },
        Call {
            title: "responses",
            path: "/openai/responses?api-version=2025-03-01-preview",
            body: RESPONSE,
            holds: "output_text",
            ..quiet.clone()
        },
        Call {
            title: "responses, streamed",
            path: "/openai/responses?api-version=2025-03-01-preview",
            body: RESPONSE_STREAM,
            streamed: true,
            holds: "response.completed",
            ..quiet.clone()
        },
        Call {
            title: "Azure OpenAI v1, key as a bearer",
            path: "/openai/v1/chat/completions",
            headers: bearer(&keys.team_a),
            body: HELLO_V1,
            ..quiet.clone()
        },
        Call {
            title: "v1, a model that is not allowed",
            path: "/openai/v1/chat/completions",
            headers: bearer(&keys.team_a),
            body: HELLO_LARGE,
            status: 403,
            holds: "ModelNotAllowed",
            printed: false,
            ..refused.clone()
        },
        Call {
            title: "OpenAI's own wire",
            path: "/v1/chat/completions",
            headers: bearer(&keys.team_a),
            body: HELLO_V1,
            ..quiet.clone()
        },
        Call {
            title: "OpenAI's own wire, embeddings",
            path: "/v1/embeddings",
            headers: bearer(&keys.team_b),
            body: WORDS_V1,
            holds: "\"embedding\"",
            ..quiet
        },
        Call {
            title: "nothing there",
            path: "/nowhere",
            status: 404,
            holds: "Resource not found",
            printed: false,
            ..refused
        },
    ]
}

impl Call {
    /// The call for a terminal.
    #[must_use]
    pub(crate) fn curl(&self, gateway: SocketAddr) -> String {
        let mut line =
            format!("curl {} 'http://{gateway}{}'", if self.streamed { "-sN" } else { "-s" }, self.path);
        for (name, value) in &self.headers {
            line.push_str(&format!(" -H '{name}: {value}'"));
        }
        line.push_str(&format!(" -H 'Content-Type: application/json' -d '{}'", self.body));
        line
    }
}
