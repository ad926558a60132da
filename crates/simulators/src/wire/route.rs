//! From a path to a call.

use http::Method;
use percent_encoding::percent_decode_str;

use super::Wire;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    ChatCompletion,
    Completion,
    Embeddings,
    CreateResponse,
    GetResponse(String),
    DeleteResponse(String),
    ListModels,
    GetModel(String),
    Realtime,
}

impl Operation {
    /// The name that Azure's messages about quotas use.
    ///
    /// COMPAT: `ChatCompletions_Create` and `Embeddings_Create` as in public reports of Azure's 429 (langchain issue
    /// 12986, dbchatprov2 issue 2); the others follow the same pattern.
    pub(crate) fn azure_name(&self) -> &'static str {
        match self {
            Self::ChatCompletion => "ChatCompletions_Create",
            Self::Completion => "Completions_Create",
            Self::Embeddings => "Embeddings_Create",
            Self::CreateResponse => "Responses_Create",
            Self::GetResponse(_) => "Responses_Get",
            Self::DeleteResponse(_) => "Responses_Delete",
            Self::ListModels => "Models_List",
            Self::GetModel(_) => "Models_Get",
            Self::Realtime => "Realtime",
        }
    }

    /// The data action that it needs, and the operation, as Azure's refusals name them.
    ///
    /// COMPAT: chat completions and responses as in refusals that people report; embeddings and completions as Azure's
    /// list of data actions has them; those of models and of stored responses follow the same pattern.
    pub(crate) fn data_action(&self) -> (&'static str, &'static str) {
        match self {
            Self::ChatCompletion => ("deployments/chat/completions/action", "chat/completions"),
            Self::Completion => ("deployments/completions/action", "completions"),
            Self::Embeddings => ("deployments/embeddings/action", "embeddings"),
            Self::CreateResponse => ("responses/write", "responses"),
            Self::GetResponse(_) => ("responses/read", "responses/{responseId}"),
            Self::DeleteResponse(_) => ("responses/delete", "responses/{responseId}"),
            Self::ListModels => ("models/read", "models"),
            Self::GetModel(_) => ("models/read", "models/{model}"),
            Self::Realtime => ("deployments/realtime/action", "realtime"),
        }
    }

    fn method(&self) -> &'static str {
        match self {
            Self::ChatCompletion | Self::Completion | Self::Embeddings | Self::CreateResponse => "POST",
            Self::GetResponse(_) | Self::ListModels | Self::GetModel(_) | Self::Realtime => "GET",
            Self::DeleteResponse(_) => "DELETE",
        }
    }
}

/// An operation on a wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) wire: Wire,
    pub(crate) operation: Operation,
    /// The deployment that the path names.
    pub(crate) deployment: Option<String>,
}

impl Call {
    /// Method and path with placeholders, as Azure's refusals name the operation.
    pub(crate) fn template(&self) -> String {
        let (_, path) = self.operation.data_action();
        let prefix = match (self.wire, &self.deployment) {
            (Wire::AzureV1, _) => "/openai/v1/",
            (_, Some(_)) => "/openai/deployments/{deployment-id}/",
            _ => "/openai/",
        };
        format!("{} {prefix}{path}", self.operation.method())
    }
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Call(Call),
    /// Below `/_simulator`; the rest of the path.
    Own(String),
    /// Nowhere on this wire.
    Unknown(Wire),
}

/// Finds the place of a request.
pub(crate) fn route(method: &Method, path: &str) -> Place {
    let segments: Vec<String> = path
        .split('/')
        .skip(1)
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["_simulator", own @ ..] => Place::Own(own.join("/")),
        ["openai", "v1", rest @ ..] => place(Wire::AzureV1, None, model_in_body(method, rest)),
        ["openai", "deployments", name, rest @ ..] => {
            place(Wire::AzureDated, Some(*name), below_deployment(method, rest))
        }
        ["openai", rest @ ..] => place(Wire::AzureDated, None, beside_deployments(method, rest)),
        ["v1", rest @ ..] => place(Wire::OpenAi, None, model_in_body(method, rest)),
        ["mistral", "v1", rest @ ..] => place(Wire::Mistral, None, of_mistral(method, rest)),
        ["mistral", ..] => Place::Unknown(Wire::Mistral),
        ["cohere", "v2", "chat"] if method == Method::POST => {
            place(Wire::Cohere, None, Some(Operation::ChatCompletion))
        }
        ["cohere", ..] => Place::Unknown(Wire::Cohere),
        _ => Place::Unknown(Wire::OpenAi),
    }
}

fn place(wire: Wire, deployment: Option<&str>, operation: Option<Operation>) -> Place {
    let call = |operation| Place::Call(Call { wire, operation, deployment: deployment.map(String::from) });
    operation.map_or(Place::Unknown(wire), call)
}

fn below_deployment(method: &Method, rest: &[&str]) -> Option<Operation> {
    match (method, rest) {
        (&Method::POST, ["chat", "completions"]) => Some(Operation::ChatCompletion),
        (&Method::POST, ["completions"]) => Some(Operation::Completion),
        (&Method::POST, ["embeddings"]) => Some(Operation::Embeddings),
        _ => None,
    }
}

/// What the dated API has outside its deployments.
fn beside_deployments(method: &Method, rest: &[&str]) -> Option<Operation> {
    match (method, rest) {
        (&Method::POST, ["responses"]) => Some(Operation::CreateResponse),
        (&Method::GET, ["responses", id]) => Some(Operation::GetResponse(String::from(*id))),
        (&Method::DELETE, ["responses", id]) => Some(Operation::DeleteResponse(String::from(*id))),
        (&Method::GET, ["models"]) => Some(Operation::ListModels),
        (&Method::GET, ["models", id]) => Some(Operation::GetModel(String::from(*id))),
        (&Method::GET, ["realtime"]) => Some(Operation::Realtime),
        _ => None,
    }
}

/// What the simulator has of Mistral's API.
fn of_mistral(method: &Method, rest: &[&str]) -> Option<Operation> {
    match (method, rest) {
        (&Method::POST, ["chat", "completions"]) => Some(Operation::ChatCompletion),
        (&Method::GET, ["models"]) => Some(Operation::ListModels),
        (&Method::GET, ["models", id]) => Some(Operation::GetModel(String::from(*id))),
        _ => None,
    }
}

fn model_in_body(method: &Method, rest: &[&str]) -> Option<Operation> {
    below_deployment(method, rest).or_else(|| beside_deployments(method, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(wire: Wire, operation: Operation, deployment: Option<&str>) -> Place {
        place(wire, deployment, Some(operation))
    }

    #[test]
    fn each_wire_has_its_paths() {
        for (path, expected) in [
            (
                "/openai/deployments/gpt-4o/chat/completions",
                call(Wire::AzureDated, Operation::ChatCompletion, Some("gpt-4o")),
            ),
            (
                "/openai/deployments/a%2Fb/embeddings",
                call(Wire::AzureDated, Operation::Embeddings, Some("a/b")),
            ),
            (
                "/openai/deployments/old/completions",
                call(Wire::AzureDated, Operation::Completion, Some("old")),
            ),
            ("/openai/responses", call(Wire::AzureDated, Operation::CreateResponse, None)),
            ("/openai/v1/chat/completions", call(Wire::AzureV1, Operation::ChatCompletion, None)),
            ("/openai/v1/responses", call(Wire::AzureV1, Operation::CreateResponse, None)),
            ("/v1/embeddings", call(Wire::OpenAi, Operation::Embeddings, None)),
            ("/openai/chat/completions", Place::Unknown(Wire::AzureDated)),
            ("/openai/deployments/gpt-4o/responses", Place::Unknown(Wire::AzureDated)),
            ("/openai/v1/deployments/gpt-4o/chat/completions", Place::Unknown(Wire::AzureV1)),
            ("/mistral/v1/chat/completions", call(Wire::Mistral, Operation::ChatCompletion, None)),
            ("/mistral/v1/embeddings", Place::Unknown(Wire::Mistral)),
            ("/cohere/v2/chat", call(Wire::Cohere, Operation::ChatCompletion, None)),
            ("/cohere/v1/chat", Place::Unknown(Wire::Cohere)),
            ("/_simulator/requests", Place::Own(String::from("requests"))),
            ("/", Place::Unknown(Wire::OpenAi)),
        ] {
            assert_eq!(route(&Method::POST, path), expected, "{path}");
        }
    }

    #[test]
    fn the_method_belongs_to_the_operation() {
        assert_eq!(route(&Method::GET, "/v1/chat/completions"), Place::Unknown(Wire::OpenAi));
        let read = call(Wire::AzureV1, Operation::GetResponse(String::from("resp_1")), None);
        assert_eq!(route(&Method::GET, "/openai/v1/responses/resp_1"), read);
        let models = call(Wire::AzureDated, Operation::ListModels, None);
        assert_eq!(route(&Method::GET, "/openai/models"), models);
    }
}
