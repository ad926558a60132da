//! Refusals with the bodies of the real services, so that clients and policies that read them work here.
//!
//! COMPAT: Azure's texts are those of public reports: 401 (Azure-Samples/azure-search-openai-demo issues 458 and 994,
//! azure-ai-studio-secure-bicep pull request 17), 404 (chatboxai/chatbox issue 646; MicrosoftDocs/azure-docs issues
//! 110272 and 114602), 400 `OperationNotSupported` (microsoft/graphrag issue 1557), 429 (langchain issue 14339,
//! jasonacox/TinyLLM issue 17), 403 `AuthenticationTypeDisabled` (microsoft/sample-app-aoai-chatGPT issue 1000).
//! OpenAI's are those of its error guide and its client's documentation. Mistral's: 401 (agent0ai/agent-zero issue 539),
//! `invalid_model` (mistralai/mistral-vibe issue 617). Cohere's: 401 (cohere-ai/cohere-toolkit issue 857), 404
//! (MaartenGr/BERTopic issue 1864).

use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, Wire};

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Headers of its own. Most refusals have none, so they are not carried about.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// The same in the form of the wire, where that is not OpenAI's: what is wrong with a request is found by code that
    /// all wires share.
    pub(crate) fn worded_for(mut self, wire: Wire) -> Self {
        let error = self.body.get("error").and_then(Value::as_object);
        let text = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str);
        let (Some(message), param) = (text("message"), text("param")) else { return self };
        match wire {
            Wire::Mistral => {
                let detail = json!([{ "type": "value_error", "loc": ["body", param], "msg": message }]);
                self.body = mistral(&json!({ "detail": detail }), "invalid_request_error", None);
                if self.status == StatusCode::BAD_REQUEST {
                    self.status = StatusCode::UNPROCESSABLE_ENTITY;
                }
            }
            Wire::Cohere => self.body = json!({ "message": format!("invalid request: {message}") }),
            Wire::AzureDated | Wire::AzureV1 | Wire::OpenAi => {}
        }
        self
    }

    /// The same with one more header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Azure's short form: a code and a message.
fn azure(status: StatusCode, code: &str, message: &str) -> Refusal {
    Refusal::new(status, json!({ "error": { "code": code, "message": message } }))
}

/// OpenAI's form, which Azure uses too where the model service itself answers.
fn openai(status: StatusCode, kind: &str, code: Option<&str>, message: &str) -> Refusal {
    Refusal::new(
        status,
        json!({ "error": { "message": message, "type": kind, "param": null, "code": code } }),
    )
}

fn mistral(message: &Value, kind: &str, code: Option<&str>) -> Value {
    json!({ "object": "error", "message": message, "type": kind, "param": null, "code": code })
}

/// A key that no account has.
pub(crate) fn wrong_key(wire: Wire, presented: &str) -> Refusal {
    if matches!(wire, Wire::Mistral | Wire::Cohere) {
        return no_credential(wire);
    }
    if wire.is_azure() {
        let message = "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a \
                       valid key for an active subscription and use a correct regional API endpoint for your resource.";
        return azure(StatusCode::UNAUTHORIZED, "401", message);
    }
    let message = format!(
        "Incorrect API key provided: {}. You can find your API key at https://platform.openai.com/account/api-keys.",
        masked(presented)
    );
    openai(StatusCode::UNAUTHORIZED, "invalid_request_error", Some("invalid_api_key"), &message)
}

/// A key as error messages show it: its ends, when it is long enough not to be given away by them.
fn masked(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    match (characters.first_chunk::<4>(), characters.last_chunk::<4>()) {
        (Some(start), Some(end)) if characters.len() > 16 => {
            format!("{}{}{}", String::from_iter(start), "*".repeat(8), String::from_iter(end))
        }
        _ => "*".repeat(8),
    }
}

/// No credential at all, or on the dated wire a Bearer value that no verifier accepts.
pub(crate) fn no_credential(wire: Wire) -> Refusal {
    if wire.is_azure() {
        let message = "Unauthorized. Access token is missing, invalid, audience is incorrect \
                       (https://cognitiveservices.azure.com), or have expired.";
        return Refusal::new(StatusCode::UNAUTHORIZED, json!({ "statusCode": 401, "message": message }));
    }
    match wire {
        Wire::Mistral => return Refusal::new(StatusCode::UNAUTHORIZED, json!({ "detail": "Unauthorized" })),
        Wire::Cohere => {
            return Refusal::new(StatusCode::UNAUTHORIZED, json!({ "message": "invalid api token" }));
        }
        Wire::AzureDated | Wire::AzureV1 | Wire::OpenAi => {}
    }
    let message = "You didn't provide an API key. You need to provide your API key in an Authorization header using \
                   Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
    openai(StatusCode::UNAUTHORIZED, "invalid_request_error", None, message)
}

/// A good token whose principal has no role here, or none for this deployment.
///
/// COMPAT: the text is that of public reports. Many of these show it with status 401, though the caller is known and
/// only not allowed; the simulator answers 403, so that a policy can tell a credential that is wrong from a role that
/// is missing.
pub(crate) fn no_role(call: &Call, principal: &str) -> Refusal {
    let (action, _) = call.operation.data_action();
    let message = format!(
        "The principal `{principal}` lacks the required data action `Microsoft.CognitiveServices/accounts/OpenAI/{action}` \
         to perform `{}` operation.",
        call.template()
    );
    azure(StatusCode::FORBIDDEN, "PermissionDenied", &message)
}

/// A good key of an account that takes none (`disableLocalAuth`).
pub(crate) fn keys_disabled() -> Refusal {
    let message = "Key based authentication is disabled for this resource.";
    azure(StatusCode::FORBIDDEN, "AuthenticationTypeDisabled", message)
}

/// No such path; on the dated wire also a request without `api-version`.
pub(crate) fn no_such_path(wire: Wire, path: &str) -> Refusal {
    if wire.is_azure() {
        return azure(StatusCode::NOT_FOUND, "404", "Resource not found");
    }
    openai(StatusCode::NOT_FOUND, "invalid_request_error", None, &format!("Invalid URL ({path})"))
}

/// No deployment of that name in the account of the key.
pub(crate) fn no_such_deployment(wire: Wire, name: &str) -> Refusal {
    if wire.is_azure() {
        let message = "The API deployment for this resource does not exist. If you created the deployment within the \
                       last 5 minutes, please wait a moment and try again.";
        return azure(StatusCode::NOT_FOUND, "DeploymentNotFound", message);
    }
    if wire == Wire::Mistral {
        let message = Value::from(format!("Invalid model: {name}"));
        return Refusal::new(StatusCode::BAD_REQUEST, mistral(&message, "invalid_model", Some("1500")));
    }
    if wire == Wire::Cohere {
        let message = format!(
            "model '{name}' not found, make sure the correct model ID was used and that you have access to the model."
        );
        return Refusal::new(StatusCode::NOT_FOUND, json!({ "message": message }));
    }
    let message = format!("The model `{name}` does not exist or you do not have access to it.");
    openai(StatusCode::NOT_FOUND, "invalid_request_error", Some("model_not_found"), &message)
}

/// The deployment's model is of another kind.
pub(crate) fn not_supported(wire: Wire, operation: &str, model: &str) -> Refusal {
    if wire.is_azure() {
        let message = format!(
            "The {operation} operation does not work with the specified model, {model}. Please choose different model \
             and try again. You can learn more about which models can be used with each operation here: \
             https://go.microsoft.com/fwlink/?linkid=2197993."
        );
        return azure(StatusCode::BAD_REQUEST, "OperationNotSupported", &message);
    }
    let message = format!("The model `{model}` does not support the {operation} operation.");
    openai(StatusCode::NOT_FOUND, "invalid_request_error", Some("model_not_found"), &message)
}

/// No stored response of that id.
pub(crate) fn no_such_response(id: &str) -> Refusal {
    let message = format!("Response with id '{id}' not found.");
    openai(StatusCode::NOT_FOUND, "invalid_request_error", None, &message)
}

/// The body is not JSON.
pub(crate) fn not_json() -> Refusal {
    let message = "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your \
                   HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)";
    openai(StatusCode::BAD_REQUEST, "invalid_request_error", None, message)
}

/// The body is larger than the simulator reads.
pub(crate) fn too_large(limit: usize) -> Refusal {
    let message = format!("Request body is larger than {limit} bytes.");
    openai(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", None, &message)
}

/// A parameter is wrong. `code` is OpenAI's, such as `invalid_type`.
pub(crate) fn invalid(param: &str, code: Option<&str>, message: &str) -> Refusal {
    let error = json!({ "message": message, "type": "invalid_request_error", "param": param, "code": code });
    Refusal::new(StatusCode::BAD_REQUEST, json!({ "error": error }))
}

/// The realtime API was not asked for a WebSocket.
pub(crate) fn not_upgraded() -> Refusal {
    let message = "The realtime API is reached by WebSocket: the request has to ask for an upgrade.";
    openai(StatusCode::UPGRADE_REQUIRED, "invalid_request_error", None, message)
        .with_header("upgrade", "websocket")
        .with_header("connection", "upgrade")
}

/// The list in `x-simulate` is wrong: the simulator's own error, which no real service has.
pub(crate) fn bad_behaviour(message: &str) -> Refusal {
    invalid("x-simulate", Some("simulate_invalid"), message)
}

/// The error with this status that was asked for. `wait` is the number of seconds that its message names.
pub(crate) fn asked_for(status: StatusCode, call: &Call, version: &str, wait: &str) -> Refusal {
    match (status, call.wire.is_azure()) {
        (StatusCode::TOO_MANY_REQUESTS, true) => azure_throttled(call, version, wait),
        (StatusCode::TOO_MANY_REQUESTS, false) => openai_throttled(wait),
        (_, true) => azure(status, status.as_str(), status.canonical_reason().unwrap_or("Error")),
        (_, false) if status.is_server_error() => {
            let message = "The server had an error while processing your request. Sorry about that!";
            openai(status, "server_error", None, message)
        }
        (_, false) => {
            openai(status, "invalid_request_error", None, status.canonical_reason().unwrap_or("Error"))
        }
    }
}

fn azure_throttled(call: &Call, version: &str, wait: &str) -> Refusal {
    let message = format!(
        "Requests to the {} Operation under Azure OpenAI API version {version} have exceeded token rate limit of your \
         current OpenAI S0 pricing tier. Please retry after {wait} seconds. Please go here: \
         https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.",
        call.operation.azure_name()
    );
    azure(StatusCode::TOO_MANY_REQUESTS, "429", &message)
}

fn openai_throttled(wait: &str) -> Refusal {
    let message = format!(
        "Rate limit reached for requests. Please try again in {wait}s. Visit \
         https://platform.openai.com/account/rate-limits to learn more."
    );
    openai(StatusCode::TOO_MANY_REQUESTS, "requests", Some("rate_limit_exceeded"), &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_is_not_repeated_whole() {
        let shown = wrong_key(Wire::OpenAi, "sk-planted-0123456789").body.to_string();
        assert!(shown.contains("sk-p********6789") && !shown.contains("planted"));
        assert!(!wrong_key(Wire::OpenAi, "short-secret").body.to_string().contains("short"));
    }
}
