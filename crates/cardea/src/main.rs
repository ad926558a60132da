//! The `cardea` program: reads the command line and runs a command.

mod cli;
mod cmd;
mod console;
#[cfg(feature = "demo")]
mod demo;
mod formats;
mod instance;
// Without the demo the program has fewer commands than the page tells.
#[cfg(all(test, feature = "demo"))]
mod pages;
mod settings;
mod sockets;
mod system;

use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command};

/// Requests allocate in small pieces that live briefly. Without huge pages, which would make each of the threads hold
/// megabytes that it does not use; figures are in `docs/benchmarks.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo(args) => cmd::demo::run(&args),
        Command::Serve(args) => cmd::serve::run(&args),
        Command::Check(args) => cmd::check::run(&args),
        Command::Eval(args) => cmd::eval::run(&args),
        Command::Diff(args) => cmd::diff::run(&args),
        Command::Access(args) => cmd::access::run(&args),
        Command::Health(args) => cmd::health::run(&args),
        Command::Export(args) => cmd::export::run(&args),
        Command::Import(args) => cmd::import::run(args),
        Command::Subscription(args) => cmd::subscription::run(args),
        Command::Vault(args) => cmd::vault::run(args),
        Command::SealingKey(args) => cmd::sealing_key::run(&args),
        #[cfg(feature = "demo")]
        Command::Simulate(args) => cmd::simulate::run(&args),
        Command::Completions { shell } => cmd::completions::run(shell),
        Command::Man { directory } => cmd::man::run(&directory),
    };
    result.unwrap_or_else(|error| {
        console::error(&error);
        ExitCode::from(2)
    })
}
