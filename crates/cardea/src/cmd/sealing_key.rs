//! `cardea sealing-key`.

use std::process::ExitCode;

use crate::cli::SealingKey;
use crate::console;

/// Runs the command.
///
/// # Errors
/// When the file is there already or cannot be written.
pub(crate) fn run(args: &SealingKey) -> anyhow::Result<ExitCode> {
    let SealingKey::Create { file } = args;
    store::SealingKey::create_file(file)?;
    console::line(&format!(
        "wrote {}; keep a copy elsewhere: what it seals cannot be read without it",
        file.display()
    ));
    Ok(ExitCode::SUCCESS)
}
