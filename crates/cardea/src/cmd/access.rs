//! `cardea access`: who can reach which backend and which deployment.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use model::Configuration;
use plan::access_text;
use source::{Diagnostics, render_all};

use super::check::without_secrets;
use super::{control_runtime, folder, read_settings};
use crate::cli::{Access, PlanFormat};
use crate::console;
use crate::formats::{Base, difference};
use crate::settings::Settings;

/// Runs the command.
///
/// # Errors
/// When the folder is not there.
pub(crate) fn run(args: &Access) -> anyhow::Result<ExitCode> {
    let mut settings = read_settings(args.common.settings.as_deref())?;
    settings.read_as(&args.reading);
    let read = read(&args.artifacts, &settings)?;
    let rows = plan::access(&read.configuration);
    match args.format {
        PlanFormat::Text => {
            read.tell_problems(&args.artifacts);
            console::out(&access_text(&rows));
        }
        PlanFormat::Json => {
            console::out(&difference::access(&rows, &read.problems, &Base::of_command(&args.artifacts))?);
        }
    }
    Ok(if read.problems.has_errors() { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// A folder as it was read.
pub(super) struct Read {
    pub(super) configuration: Configuration,
    pub(super) problems: Diagnostics,
}

/// Reads and compiles a folder as `check` does, so that its problems are the same.
pub(super) fn read(directory: &Path, settings: &Settings) -> anyhow::Result<Read> {
    if !directory.is_dir() {
        bail!("`{}` is not a directory", directory.display());
    }
    let loader = without_secrets(settings, Box::new(folder(directory)))?;
    let loaded = control_runtime()?.block_on(loader.load())?;
    Ok(Read { configuration: loaded.configuration, problems: loaded.problems })
}

impl Read {
    /// Prints the problems on standard error, so that standard output is what was asked for.
    pub(super) fn tell_problems(&self, directory: &Path) {
        if self.problems.is_empty() {
            return;
        }
        console::err(&format!("`{}`:\n\n{}\n", directory.display(), render_all(&self.problems)));
        if self.problems.has_errors() {
            console::err("what has errors is left out, so what follows may not be all\n\n");
        }
    }
}
