//! `cardea man`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::console;

/// Writes a manual page for the program and each command.
///
/// # Errors
/// When the directory cannot be written.
pub(crate) fn run(directory: &Path) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make `{}`", directory.display()))?;
    clap_mangen::generate_to(Cli::command(), directory)
        .with_context(|| format!("cannot write into `{}`", directory.display()))?;
    console::line(&format!("wrote manual pages into {}", directory.display()));
    Ok(ExitCode::SUCCESS)
}
