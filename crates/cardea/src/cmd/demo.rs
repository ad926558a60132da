//! `cardea demo`: everything in one process, to try the gateway.

use std::process::ExitCode;

use super::control_runtime;
use crate::cli::Demo as Args;
use crate::console;
use crate::demo::{Demo, Granted, check, facts, page};

/// Runs the command.
///
/// # Errors
/// When something cannot be started.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    control_runtime()?.block_on(demo(args))
}

async fn demo(args: &Args) -> anyhow::Result<ExitCode> {
    if args.check {
        let mut demo = Demo::start(args.port, Granted::AllButOne).await?;
        let (table, good) = check::run(&mut demo).await?;
        console::out(&table);
        demo.shutdown().await;
        return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let demo = Demo::start(args.port, Granted::All).await?;
    if args.json {
        console::line(&facts::of(&demo)?.to_string());
    } else {
        console::out(&page::text(&demo)?);
    }
    super::told_to_end().await?;
    demo.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
