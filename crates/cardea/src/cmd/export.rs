//! `cardea export`: the configuration of a gateway that runs, or of a folder, written as a folder.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use artifacts::{EntryKind, FolderError, FolderSource, Options, load};
use catalog::{Catalog as _, Scope};
use http::{Method, StatusCode};
use import::Plan;
use serde_json::json;
use source::{Severity, render_all};

use super::admin::{self, Patience};
use super::import::files;
use super::{control_runtime, folder, health, read_settings};
use crate::cli::Reading;
use crate::cli::export::Export;
use crate::console;
use crate::instance::{Files, Over, vault_hosts};

/// A gateway may have very many APIs.
const PATIENCE: Patience = Patience { time: Duration::from_secs(120), longest: 1 << 30 };

/// Directories of resources.
const DIRECTORIES: [&str; 13] = [
    "apis",
    "backends",
    "diagnostics",
    "gateways",
    "groups",
    "loggers",
    "named values",
    "policy fragments",
    "products",
    "subscriptions",
    "tags",
    "version sets",
    "workspaces",
];
/// Files of the folder itself.
const FILES: [&str; 3] = ["overlay.toml", "policy.xml", "secrets.toml"];

/// Runs the command.
///
/// # Errors
/// When the configuration cannot be had, or the folder cannot be written.
pub(crate) fn run(args: &Export) -> anyhow::Result<ExitCode> {
    let Some(files) = files_of(args)? else { return Ok(ExitCode::FAILURE) };
    let into = files::folder(&args.into)?;
    let there = there(into.as_ref())?;
    if !there.is_empty() && !args.replace {
        let into = args.into.display();
        console::err(&format!(
            "`{into}` holds artifacts already: nothing was written. `--replace` puts others in their place.\n"
        ));
        return Ok(ExitCode::FAILURE);
    }
    let mut plan = Plan::default();
    for (path, text) in &files.files {
        plan.write(path.as_str(), text.as_bytes());
    }
    plan.removed = there.into_iter().filter(|path| !files.files.contains_key(path)).collect();
    let changes = plan.changes(into.as_ref())?;
    std::fs::create_dir_all(&args.into)
        .with_context(|| format!("`{}` cannot be made", args.into.display()))?;
    files::write(&args.into, &plan, &changes)?;
    tell(args, &files, &plan);
    Ok(ExitCode::SUCCESS)
}

/// The files; none when the folder has errors, which are told.
fn files_of(args: &Export) -> anyhow::Result<Option<Files>> {
    match &args.artifacts {
        Some(artifacts) => of_folder(artifacts, args),
        None => of_gateway(args).map(Some),
    }
}

fn of_gateway(args: &Export) -> anyhow::Result<Files> {
    let address = health::address(args.admin, &args.common)?;
    let asked = admin::ask_for(address, Method::GET, "/-/config/export", PATIENCE);
    let (status, body) = control_runtime()?.block_on(asked).with_context(|| {
        format!("no gateway answers at {address}; `--artifacts` exports a folder without one")
    })?;
    if status != StatusCode::OK {
        bail!("{address} answered {status}: is that a gateway's admin listener?");
    }
    serde_json::from_slice(&body).context("the gateway's answer cannot be read")
}

fn of_folder(artifacts: &Path, args: &Export) -> anyhow::Result<Option<Files>> {
    if !artifacts.is_dir() {
        bail!("`{}` is not a directory", artifacts.display());
    }
    let mut settings = read_settings(args.common.settings.as_deref())?;
    settings.read_as(&Reading { overrides: args.overrides.clone(), gateway: None });
    // All of the folder, whichever gateway it is served by.
    let overrides = Over::of(&settings).file();
    let options = Options { overrides, vaults: vault_hosts(&settings)?, ..Options::default() };
    let reading = folder(artifacts).begin(Scope::Everything)?;
    let (configuration, problems) = load(&*reading, &options);
    reading.finish()?;
    if problems.has_errors() {
        let errors = problems.into_iter().filter(|each| each.severity == Severity::Error).collect();
        console::err(&format!("{}\n", render_all(&errors)));
        if !args.force {
            console::err(
                "Nothing was written: it would be without what could not be read. `--force` writes all the same.\n",
            );
            return Ok(None);
        }
    }
    Ok(Some(artifacts::write::folder(&configuration).into()))
}

/// The artifact files that a folder holds.
fn there(folder: &dyn FolderSource) -> Result<BTreeSet<String>, FolderError> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    for entry in folder.list("")? {
        let name = entry.name.as_str();
        match entry.kind {
            EntryKind::Directory if DIRECTORIES.contains(&name) => open.push(entry.name),
            EntryKind::File if FILES.contains(&name) => drop(found.insert(entry.name)),
            _ => {}
        }
    }
    while let Some(directory) = open.pop() {
        for entry in folder.list(&directory)? {
            let path = format!("{directory}/{}", entry.name);
            match entry.kind {
                EntryKind::Directory => open.push(path),
                EntryKind::File => drop(found.insert(path)),
            }
        }
    }
    Ok(found)
}

fn tell(args: &Export, files: &Files, plan: &Plan) {
    if args.json {
        let names: Vec<&String> = files.files.keys().collect();
        let told = json!({
            "files": names,
            "removed": plan.removed,
            "notes": files.notes,
            "ofStateDirectory": files.of_state_directory,
        });
        return console::line(&told.to_string());
    }
    for note in &files.notes {
        let help = if note.help.is_empty() { String::new() } else { format!("\n    {}", note.help) };
        console::line(&format!("warning: `{}`: {}{help}", note.path, note.text));
    }
    if files.of_state_directory > 0 {
        console::line(&format!(
            "note: subscriptions of the state directory that were written without keys: {}\n    a folder that has them is served without them: serve it with another state directory and say in `secrets.toml` where the keys are, or take them out of `subscriptions`",
            files.of_state_directory
        ));
    }
    let removed = match plan.removed.len() {
        0 => String::new(),
        number => format!(", {number} removed"),
    };
    console::line(&format!("{} files written to {}{removed}.", files.files.len(), args.into.display()));
}
