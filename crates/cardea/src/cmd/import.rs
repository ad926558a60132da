//! `cardea import`: definitions and configurations of others become files of the folder.

pub(super) mod files;
mod openapi;
mod report;

use std::process::ExitCode;

use crate::cli::import::Import;

/// Runs the command.
///
/// # Errors
/// When something cannot be read or written.
pub(crate) fn run(args: Import) -> anyhow::Result<ExitCode> {
    match args {
        Import::Openapi(args) => openapi::run(&args),
    }
}
