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
    /// What the model service must have seen.
    pub at_model: AtModel,
    /// Whether it is printed to be tried, besides being checked.
    pub printed: bool,
}

/// What the model service saw of a call. Never a credential of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtModel {
    /// It was not called.
    Nothing,
    /// A key that the gateway put in, of the account at this vendor.
    Key(&'static str),
    /// A token of the gateway's own identity.
    Identity,
}

impl AtModel {
    /// In words.
    #[must_use]
    pub(crate) fn told(self) -> String {
        match self {
            Self::Nothing => "model not called".to_owned(),
            Self::Key(super::models::AZURE) => "model called with the gateway's key".to_owned(),
            Self::Key(account) => format!("model called with the gateway's key at {account}"),
            Self::Identity => "model called by the gateway's identity".to_owned(),
        }
    }
}

const CHAT: &str = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
const LARGE: &str = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
pub(super) const HELLO: &str = r#"{"messages":[{"role":"user","content":"Say hello"}]}"#;
const HELLO_STREAM: &str = r#"{"messages":[{"role":"user","content":"Say hello"}],"stream":true,"stream_options":{"include_usage":true}}"#;
const HELLO_V1: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Say hello"}]}"#;
const HELLO_LARGE: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Say hello"}]}"#;
const WORDS: &str = r#"{"input":["a cat on the mat","stock markets fell"]}"#;
const WORDS_V1: &str = r#"{"model":"text-embedding-3-small","input":"a cat on the mat"}"#;
const RESPONSE: &str = r#"{"model":"gpt-4o-mini","input":"Say hello"}"#;
const RESPONSE_STREAM: &str = r#"{"model":"gpt-4o-mini","input":"Say hello","stream":true}"#;
const HELLO_MISTRAL: &str =
    r#"{"model":"mistral-small-latest","messages":[{"role":"user","content":"Say hello"}]}"#;
const BY_TOKEN: &str = "/token/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
pub(super) const LAYERS: &str =
    "/layers/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
pub(super) const LAYERS_LARGE: &str =
    "/layers/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
pub(super) const KEY_FROM_VAULT: &str =
    "/vault/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
const TEAMS: &str = "/teams/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
const TEAMS_LARGE: &str = "/teams/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
const TEAMS_QUERY: &str =
    "/teams/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21&deployment=gpt-4o";
pub(super) const COHERE: &str = "/teams/cohere/v2/chat";
pub(super) const HELLO_COHERE: &str =
    r#"{"model":"command-a-03-2025","messages":[{"role":"user","content":"Say hello"}]}"#;
/// Recorded bodies (`docs/errors.md`).
const NO_KEY: &str = r#"{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }"#;
const WRONG_KEY: &str = r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#;

/// All calls, in groups with a title each.
#[must_use]
pub(crate) fn groups(callers: &Callers) -> [(&'static str, Vec<Call>); 3] {
    [
        ("With a subscription key", with_key(callers)),
        ("With a token: the gateway signs in with its own identity", with_token(callers)),
        ("Claims in the token decide which models a team may call", for_teams(callers)),
    ]
}

/// A chat with a token that the API must let pass.
fn token_call(title: &'static str, path: &'static str, token: &str) -> Call {
    Call {
        title,
        path,
        headers: vec![("Authorization", format!("Bearer {token}"))],
        body: HELLO,
        streamed: false,
        status: 200,
        holds: "\"usage\"",
        at_model: AtModel::Identity,
        printed: false,
    }
}

fn with_token(callers: &Callers) -> Vec<Call> {
    let good = token_call("a token with the role, no key", BY_TOKEN, &callers.red);
    let refused = Call { status: 401, at_model: AtModel::Nothing, ..good.clone() };
    let layers = |title, key: &str, token: &str| {
        let call = token_call(title, LAYERS, token);
        let headers = [vec![("api-key", key.to_owned())], call.headers.clone()].concat();
        Call { headers, ..call }
    };
    vec![
        Call { printed: true, ..good.clone() },
        Call {
            title: "the same, streamed",
            body: HELLO_STREAM,
            streamed: true,
            holds: "data: [DONE]",
            ..good
        },
        Call { title: "no token", headers: Vec::new(), holds: "Unauthorized", ..refused.clone() },
        Call {
            title: "a token without the role",
            holds: "Unauthorized",
            printed: true,
            ..Call { headers: token_call("", "", &callers.stranger).headers, ..refused.clone() }
        },
        Call {
            printed: true,
            ..layers("three layers: key, token, own identity", &callers.red_key, &callers.red)
        },
        Call {
            status: 401,
            holds: WRONG_KEY,
            at_model: AtModel::Nothing,
            ..layers("three layers, a wrong key", "wrong", &callers.red)
        },
        Call {
            status: 401,
            holds: "",
            at_model: AtModel::Nothing,
            ..layers("three layers, a token of somebody else", &callers.red_key, &callers.stranger)
        },
        Call {
            at_model: AtModel::Key(super::models::AZURE),
            ..token_call("a model that takes a key from the vault", KEY_FROM_VAULT, &callers.red)
        },
    ]
}

fn for_teams(callers: &Callers) -> Vec<Call> {
    let red = token_call("Team Red, its model", TEAMS, &callers.red);
    let refused = |title, path| Call {
        title,
        path,
        status: 403,
        holds: "ModelNotAllowed",
        at_model: AtModel::Nothing,
        ..red.clone()
    };
    vec![
        Call { printed: true, ..red.clone() },
        Call { printed: true, ..refused("Team Red, another model", TEAMS_LARGE) },
        Call { title: "the same, streamed", body: HELLO_STREAM, ..refused("", TEAMS_LARGE) },
        Call {
            title: "Team Red, another model in the body",
            body: HELLO_LARGE,
            ..refused("", "/teams/openai/v1/chat/completions")
        },
        refused("Team Red, another model in the query", TEAMS_QUERY),
        token_call("Team Blue, the other model", TEAMS_LARGE, &callers.blue),
        Call {
            body: HELLO_MISTRAL,
            at_model: AtModel::Key("mistral"),
            printed: true,
            ..token_call("Team Red at Mistral", "/teams/mistral/v1/chat/completions", &callers.red)
        },
        Call { title: "Team Red at Cohere", body: HELLO_COHERE, ..refused("", COHERE) },
        Call {
            status: 403,
            holds: "ModelNotAllowed",
            at_model: AtModel::Nothing,
            ..token_call("nobody's model without a role", TEAMS, &callers.stranger)
        },
        Call {
            headers: Vec::new(),
            status: 401,
            holds: "",
            at_model: AtModel::Nothing,
            ..token_call("no token for a team", TEAMS, "")
        },
    ]
}

fn with_key(keys: &Callers) -> Vec<Call> {
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
        at_model: AtModel::Key(super::models::AZURE),
        printed: true,
    };
    let quiet = Call { printed: false, ..good.clone() };
    let refused = Call { at_model: AtModel::Nothing, ..good.clone() };
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
    /// The call for a terminal. Tokens are long: they stand in variables, which the demo prints ahead of its calls.
    #[must_use]
    pub(crate) fn curl(&self, gateway: SocketAddr, callers: &Callers) -> String {
        let mut line =
            format!("curl {} 'http://{gateway}{}'", if self.streamed { "-sN" } else { "-s" }, self.path);
        for (name, value) in &self.headers {
            let token = tokens(callers).into_iter().find(|(_, token)| value.contains(token));
            line.push_str(&match token {
                Some((variable, token)) => {
                    format!(" -H \"{name}: {}\"", value.replace(token, &format!("${variable}")))
                }
                None => format!(" -H '{name}: {value}'"),
            });
        }
        line.push_str(&format!(" -H 'Content-Type: application/json' -d '{}'", self.body));
        line
    }
}

fn tokens(callers: &Callers) -> [(&'static str, &str); 3] {
    [("RED", &callers.red), ("BLUE", &callers.blue), ("STRANGER", &callers.stranger)]
}
