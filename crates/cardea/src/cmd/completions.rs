//! `cardea completions`.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::console;

/// Prints the completions of a shell.
///
/// # Errors
/// Never; the result is that of every command.
pub(crate) fn run(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cardea", &mut text);
    console::out(&String::from_utf8_lossy(&text));
    Ok(ExitCode::SUCCESS)
}
