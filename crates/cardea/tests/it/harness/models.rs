//! The model simulator, behind the gateway.

use simulators::{Account, Deployment, ModelSimulator, Running};

/// The two keys of the account: what callers must never see.
pub(crate) const MODEL_KEY: &str = "provider-key-one-5d1c0a";
pub(crate) const MODEL_KEY2: &str = "provider-key-two-9e77b2";

/// A chat completion on the dated Azure wire, below the endpoint.
pub(crate) const CHAT: &str = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";

/// A running model service.
pub(crate) async fn models() -> Running {
    let account = Account::new("contoso", MODEL_KEY, MODEL_KEY2)
        .with(Deployment::chat("gpt-4o-mini", "gpt-4o-mini-2024-07-18"))
        .with(Deployment::embedding("text-embedding-3-small", "text-embedding-3-small"));
    ModelSimulator::builder().account(account).start_on_loopback(0).await.expect("a free port")
}
