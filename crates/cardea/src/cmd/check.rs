//! `cardea check`: compiles a folder and prints every problem.

use std::process::ExitCode;

use anyhow::bail;
use artifacts::DiskFolder;
use source::{Diagnostics, Severity, render_all};

use super::{azure_environment, control_runtime, read_settings};
use crate::cli::Check;
use crate::console;
use crate::instance::{Loaded, Loader, resolving, vault_hosts};
use crate::settings::Settings;

/// Runs the command.
///
/// # Errors
/// When the folder is not there.
pub(crate) fn run(args: &Check) -> anyhow::Result<ExitCode> {
    if !args.artifacts.is_dir() {
        bail!("`{}` is not a directory", args.artifacts.display());
    }
    let settings = read_settings(args.common.settings.as_deref())?;
    let loaded = control_runtime()?.block_on(load(args, &settings))?;
    report(&loaded.problems);
    let counts = summary(&loaded);
    console::line(&counts);
    let failed =
        loaded.problems.has_errors() || (args.deny_warnings && loaded.problems.count(Severity::Warning) > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn load(args: &Check, settings: &Settings) -> anyhow::Result<Loaded> {
    let folder = Box::new(DiskFolder::new(&args.artifacts));
    let loader = match args.resolve {
        true => resolving(settings, folder, &azure_environment())?,
        false => without_secrets(settings, folder)?,
    };
    Ok(loader.load().await)
}

/// Asks nobody for anything.
fn without_secrets(settings: &Settings, folder: Box<DiskFolder>) -> anyhow::Result<Loader> {
    Ok(Loader {
        folder,
        secrets: None,
        vault_hosts: vault_hosts(settings)?,
        vaults: None,
        instance_id: "check".into(),
        limits: policy::Limits::default(),
        transport: net::Options::default(),
        roots: net::Roots::system(),
        backends: std::sync::Arc::default(),
        builder: parking_lot::Mutex::default(),
    })
}

fn report(problems: &Diagnostics) {
    if !problems.is_empty() {
        console::line(&render_all(problems));
    }
}

fn summary(loaded: &Loaded) -> String {
    let apis = loaded.configuration.apis.len();
    let operations: usize = loaded.configuration.apis.iter().map(|api| api.operations.len()).sum();
    format!(
        "{}, {}, {}: {}, {}",
        count(apis, "API"),
        count(operations, "operation"),
        count(loaded.configuration.products.len(), "product"),
        count(loaded.problems.count(Severity::Error), "error"),
        count(loaded.problems.count(Severity::Warning), "warning"),
    )
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
