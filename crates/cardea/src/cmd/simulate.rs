//! `cardea simulate`: a simulated service alone.

mod identity;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context as _;

use super::control_runtime;
use crate::cli::Simulate;
use crate::console;
use crate::demo::models;

/// Runs the command.
///
/// # Errors
/// When the port is taken.
pub(crate) fn run(args: &Simulate) -> anyhow::Result<ExitCode> {
    control_runtime()?.block_on(simulate(args))
}

async fn simulate(args: &Simulate) -> anyhow::Result<ExitCode> {
    match args {
        Simulate::Models { port, key_variable } => models(*port, key_variable).await,
        Simulate::Identity(args) => identity::simulate(args).await,
    }
}

async fn models(port: u16, key_variable: &str) -> anyhow::Result<ExitCode> {
    let given = std::env::vars().find(|(name, _)| name == key_variable).map(|(_, text)| text);
    let shown = given.is_none();
    let keys = models::Keys::with_first(given);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let running = models::simulator(&keys).start(address).await;
    let running = running.with_context(|| format!("cannot listen on {address}"))?;
    let base = format!("http://{}", running.address());
    console::line(&format!(
        "Azure OpenAI     {base}/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21"
    ));
    console::line(&format!("Azure OpenAI v1  {base}/openai/v1/chat/completions"));
    console::line(&format!("OpenAI           {base}/v1/chat/completions"));
    console::line(&format!("Mistral          {base}/mistral/v1/chat/completions"));
    console::line(&format!("Cohere           {base}/cohere/v2/chat"));
    console::line(&format!("what it received {base}/_simulator/requests"));
    if shown {
        console::line(&format!("key: {}", keys.first()));
    }
    console::line(&format!("key at Mistral: {}", keys.mistral()));
    console::line(&format!("key at Cohere: {}", keys.cohere()));
    super::told_to_end().await?;
    Ok(ExitCode::SUCCESS)
}
