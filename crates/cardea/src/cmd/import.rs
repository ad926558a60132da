//! `cardea import`: definitions and configurations of others become files of the folder.

pub(super) mod files;
mod litellm;
mod openapi;
mod report;
mod wizard;

use std::process::ExitCode;

use crate::cli::import::Import;

/// Runs the command.
///
/// # Errors
/// When something cannot be read or written.
pub(crate) fn run(args: Import) -> anyhow::Result<ExitCode> {
    match args {
        Import::Openapi(args) => openapi::run(&args),
        Import::AzureOpenai(args) => wizard::azure_openai(&args),
        Import::Litellm(args) => litellm::run(&args),
        Import::OpenaiCompatible(args) => wizard::openai_compatible(&args),
    }
}
