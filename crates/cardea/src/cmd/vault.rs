//! `cardea vault`: secrets, who may read them, and who did.
//!
//! All but `serve` work on the state directory itself. What they do is recorded as an operator's.

mod access;
mod audit;
mod secrets;
mod serve;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use vault::{Actor, SecretName, Vault, Vaults, VersionId};

use super::{control_runtime, read_settings, sealing_key_of_environment};
use crate::cli::vault::{Place, Vault as Command};
use crate::console;
use crate::instance::open_store;
use crate::settings::Settings;
use crate::system::SystemClock;

/// Runs the command.
///
/// # Errors
/// When the state directory cannot be used, or what was asked is not possible.
pub(crate) fn run(args: Command) -> anyhow::Result<ExitCode> {
    control_runtime()?.block_on(dispatch(args))?;
    Ok(ExitCode::SUCCESS)
}

async fn dispatch(args: Command) -> anyhow::Result<()> {
    match args {
        Command::Serve { common } => serve::run(&common).await,
        Command::Set(args) => secrets::set(args).await,
        Command::List { deleted, json, place } => secrets::list(deleted, json, &place).await,
        Command::Show { name, reveal: false, place, .. } => secrets::show(&name, &place).await,
        Command::Show { name, version, place, .. } => {
            secrets::reveal(&name, version.as_deref(), &place).await
        }
        Command::Disable(args) => secrets::enable(&args, false).await,
        Command::Enable(args) => secrets::enable(&args, true).await,
        Command::Delete(args) => secrets::delete(&args).await,
        Command::Recover(args) => secrets::recover(&args).await,
        Command::Purge(args) => secrets::purge(&args).await,
        Command::Grant { identity, permission, secret, place } => {
            access::grant(&identity, &permission, secret.as_deref(), &place).await
        }
        Command::Revoke { identity, permission, secret, all: false, place } => {
            access::revoke(&identity, &permission, secret.as_deref(), &place).await
        }
        Command::Revoke { identity, place, .. } => access::revoke_all(&identity, &place).await,
        Command::Access { json, place } => access::list(json, &place).await,
        Command::Audit { secret, who, limit, json, place } => {
            audit::list(secret.as_deref(), who, limit, json, &place).await
        }
    }
}

/// The vaults of the settings on their state directory.
async fn open_vaults(settings: &Settings) -> anyhow::Result<Vaults> {
    let store = open_store(settings, sealing_key_of_environment()).await?;
    if !store.sealed() {
        bail!(
            "there is no sealing key, so a vault keeps nothing: make one with `cardea sealing-key create FILE`, and name it as `state.sealing-key-file` in the settings or as CARDEA_STATE__SEALING_KEY_FILE in the environment"
        );
    }
    let (names, rules) = (settings.vault_server.names()?, settings.vault_server.rules());
    Ok(Vaults::new(store, names, rules, Arc::new(SystemClock)))
}

/// The vault that a command is about.
async fn open(place: &Place) -> anyhow::Result<Vault> {
    let settings = read_settings(place.common.settings.as_deref())?;
    let vaults = open_vaults(&settings).await?;
    let known = || vaults.names().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match &place.vault {
        Some(name) => vaults.get(name).with_context(|| {
            format!("there is no vault `{name}`; `vault-server.vaults` of the settings names {}", known())
        }),
        None => vaults.only().with_context(|| format!("name one of the vaults {} with --vault", known())),
    }
}

/// Who the audit says it was.
fn operator() -> Actor {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // What a process is shown of itself belongs to its user.
        if let Ok(own) = std::fs::metadata("/proc/self") {
            return Actor::Operator(format!("operator (uid {})", own.uid()).into());
        }
    }
    Actor::Operator("operator".into())
}

fn secret_name(name: &str) -> anyhow::Result<SecretName> {
    Ok(SecretName::new(name)?)
}

fn version_id(version: Option<&str>) -> anyhow::Result<Option<VersionId>> {
    Ok(version.map(VersionId::new).transpose()?)
}

/// Prints JSON as one text.
fn print_json(value: &serde_json::Value) -> anyhow::Result<()> {
    console::line(&serde_json::to_string_pretty(value).context("the list cannot be written")?);
    Ok(())
}

/// An instant of the vault, in seconds since 1970.
fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}
