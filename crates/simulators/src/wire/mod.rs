//! The three wires on one listener, told apart by the path, and what differs between them.
//!
//! | wire | paths | model named by | key |
//! |---|---|---|---|
//! | Azure OpenAI, dated | `/openai/deployments/{deployment}/chat/completions?api-version=…`, `/openai/responses?api-version=…` | path (responses: body) | `api-key` |
//! | Azure OpenAI v1 | `/openai/v1/chat/completions` | body | `api-key` or `Authorization: Bearer` |
//! | OpenAI | `/v1/chat/completions` | body | `Authorization: Bearer` |

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
}

impl Wire {
    /// Whether answers carry Azure's additions: content filter results, `apim-request-id`, error bodies.
    pub(crate) fn is_azure(self) -> bool {
        self != Self::OpenAi
    }
}
