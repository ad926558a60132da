//! `cardea check`: compiles a folder and prints every problem.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use catalog::FolderCatalog;
use evaluation::Report;
use source::{Severity, render_all};

use super::{azure_environment, control_runtime, evaluate, folder, read_settings};
use crate::cli::{Check, CheckFormat};
use crate::console;
use crate::formats::{Base, Counts, github, json, sarif};
use crate::instance::{Loaded, Loader, Over, Recall, resolving, vault_hosts};
use crate::settings::Settings;

/// Runs the command.
///
/// # Errors
/// When the folder is not there.
pub(crate) fn run(args: &Check) -> anyhow::Result<ExitCode> {
    if !args.artifacts.is_dir() {
        bail!("`{}` is not a directory", args.artifacts.display());
    }
    let mut settings = read_settings(args.common.settings.as_deref())?;
    settings.read_as(&args.reading);
    let mut loaded = control_runtime()?.block_on(load(args, &settings))?;
    let evaluated = args.evaluate.then(|| evaluate::run(args, &settings, &mut loaded)).transpose()?;
    console::out(&report(args, &loaded, evaluated.as_ref())?);
    let failed =
        loaded.problems.has_errors() || (args.deny_warnings && loaded.problems.count(Severity::Warning) > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn load(args: &Check, settings: &Settings) -> anyhow::Result<Loaded> {
    let folder = Box::new(folder(&args.artifacts));
    let loader = match args.resolve {
        true => resolving(settings, folder, &azure_environment())?,
        false => without_secrets(settings, folder)?,
    };
    Ok(loader.load().await?)
}

/// Asks nobody for anything.
pub(super) fn without_secrets(settings: &Settings, catalog: Box<FolderCatalog>) -> anyhow::Result<Loader> {
    Ok(Loader {
        recalled: Recall::default(),
        catalog,
        patience: Duration::ZERO,
        shows_edition: false,
        over: Over::of(settings),
        secrets: None,
        vault_hosts: vault_hosts(settings)?,
        vaults: None,
        instance_id: "check".into(),
        limits: policy::Limits::default(),
        protocols: settings.protocols(),
        named_values: settings.expressions.named_values(),
        transport: net::Options::default(),
        roots: net::Roots::system(),
        revoked: net::RevocationLists::default(),
        backends: std::sync::Arc::default(),
        library: parking_lot::Mutex::default(),
        builder: parking_lot::Mutex::default(),
    })
}

fn report(args: &Check, loaded: &Loaded, evaluated: Option<&Report>) -> anyhow::Result<String> {
    let problems = &loaded.problems;
    let folder = args.artifacts.as_path();
    let counts = counts(loaded);
    let figures = || summary(counts) + &evaluated.map_or_else(String::new, evaluate::figures);
    match args.format {
        CheckFormat::Text if problems.is_empty() => Ok(figures()),
        CheckFormat::Text => Ok(format!("{}\n{}", render_all(problems), figures())),
        CheckFormat::Json => json::render(problems, counts, evaluated, &Base::of_command(folder)),
        CheckFormat::Sarif => sarif::render(problems, &Base::of_repository(folder)),
        CheckFormat::Github => Ok(github::render(problems, &Base::of_repository(folder)) + &figures()),
    }
}

fn counts(loaded: &Loaded) -> Counts {
    let places = || loaded.configuration.everywhere().map(|(_, place)| place);
    let apis = || places().flat_map(|place| place.apis.iter());
    Counts {
        apis: apis().count(),
        operations: apis().map(|api| api.operations.len()).sum(),
        products: places().map(|place| place.products.len()).sum(),
        errors: loaded.problems.count(Severity::Error),
        warnings: loaded.problems.count(Severity::Warning),
        notes: loaded.problems.count(Severity::Note),
    }
}

fn summary(counts: Counts) -> String {
    format!(
        "{}, {}, {}: {}, {}\n",
        count(counts.apis, "API"),
        count(counts.operations, "operation"),
        count(counts.products, "product"),
        count(counts.errors, "error"),
        count(counts.warnings, "warning"),
    )
}

pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
