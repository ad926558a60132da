//! The commands, one file each.

pub(crate) mod access;
mod admin;
pub(crate) mod check;
pub(crate) mod completions;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod eval;
mod evaluate;
pub(crate) mod export;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod man;
pub(crate) mod sealing_key;
pub(crate) mod serve;
mod signals;
#[cfg(feature = "demo")]
pub(crate) mod simulate;
pub(crate) mod subscription;
pub(crate) mod vault;

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use secret::Secret;

use crate::console;
use crate::settings::{self, LogFormat, Settings};

/// The settings of a file with the environment over it.
fn read_settings(path: Option<&Path>) -> anyhow::Result<Settings> {
    settings::load(path, std::env::vars())
}

/// The sealing key of the environment.
fn sealing_key_of_environment() -> Option<Secret> {
    std::env::vars().find(|(name, _)| name == "CARDEA_SEALING_KEY").map(|(_, text)| Secret::new(text))
}

/// The artifact folder at a path. `COMMIT_ID` is the variable of the APIOps publisher.
fn folder(path: &Path) -> catalog::FolderCatalog {
    #[expect(clippy::disallowed_methods, reason = "the program reads the environment here, for everybody")]
    let commit = std::env::var("COMMIT_ID").ok().filter(|commit| !commit.is_empty());
    #[expect(
        clippy::disallowed_methods,
        reason = "the program knows the real clock, which the files' times are of"
    )]
    let now = Arc::new(std::time::SystemTime::now);
    catalog::FolderCatalog::new(path, commit.map(Into::into), now)
}

/// What Azure's hosts say of who runs on them.
fn azure_environment() -> identity::Environment {
    identity::Environment::read(|wanted| {
        std::env::vars_os().find(|(name, _)| name == wanted).and_then(|(_, text)| text.into_string().ok())
    })
}

/// Starts the program's own log, on standard error.
fn start_log(settings: &Settings) -> anyhow::Result<()> {
    let level = &settings.log.level;
    let filter = level.parse::<tracing_subscriber::EnvFilter>();
    let filter = filter.with_context(|| format!("`log.level` cannot be `{level}`"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for terminals; whoever collects the log wants text.
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match settings.log.format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// Says something of a server that runs: as a sentence, or where the log is for machines as a line of the log.
fn announce(settings: &Settings, sentence: &str) {
    match settings.log.format {
        LogFormat::Text => console::err(&format!("{sentence}\n")),
        LogFormat::Json => tracing::info!("{sentence}"),
    }
}

/// A runtime for everything but requests.
fn control_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.context("the system gives no thread")
}

/// Waits for SIGINT or SIGTERM.
#[cfg(feature = "demo")]
async fn told_to_end() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be received")?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.context("signals cannot be received"),
    }
}
