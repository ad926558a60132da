//! The wires on one listener, told apart by the path, and what differs between them.
//!
//! | wire | paths | model named by | key |
//! |---|---|---|---|
//! | Azure OpenAI, dated | `/openai/deployments/{deployment}/chat/completions?api-version=…`, `/openai/responses?api-version=…` | path (responses: body) | `api-key` |
//! | Azure OpenAI v1 | `/openai/v1/chat/completions` | body | `api-key` or `Authorization: Bearer` |
//! | OpenAI | `/v1/chat/completions` | body | `Authorization: Bearer` |
//! | Mistral | `/mistral/v1/chat/completions` | body | `Authorization: Bearer` |
//! | Cohere | `/cohere/v2/chat` | body | `Authorization: Bearer` |
//!
//! The real services of the last two are on hosts of their own, without the first segment.

pub(crate) mod auth;
pub(crate) mod errors;
mod route;

pub(crate) use route::{Call, Operation, Place, route};

/// Which API a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    AzureDated,
    AzureV1,
    OpenAi,
    Mistral,
    Cohere,
}

impl Wire {
    /// Whether answers carry Azure's additions: content filter results, `apim-request-id`, error bodies.
    pub(crate) fn is_azure(self) -> bool {
        matches!(self, Self::AzureDated | Self::AzureV1)
    }
}
