//! `cardea demo`: everything in one process, to try the gateway.

use std::process::ExitCode;

use super::control_runtime;
use crate::cli::Demo as Args;
use crate::console;
use crate::demo::{Demo, check, page};

/// Runs the command.
///
/// # Errors
/// When something cannot be started.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    control_runtime()?.block_on(demo(args))
}

async fn demo(args: &Args) -> anyhow::Result<ExitCode> {
    let demo = Demo::start(args.port).await?;
    if args.check {
        let (table, good) = check::run(&demo).await?;
        console::out(&table);
        demo.shutdown().await;
        return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if args.json {
        console::line(&facts(&demo));
    } else {
        console::out(&page::text(&demo));
    }
    super::told_to_end().await?;
    demo.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

/// Addresses and keys for programs that drive the demo.
fn facts(demo: &Demo) -> String {
    let addresses = demo.instance.addresses();
    serde_json::json!({
        "gateway": format!("http://{}", addresses.gateway),
        "admin": addresses.admin.map(|admin| format!("http://{admin}")),
        "models": format!("http://{}", demo.models.address()),
        "teamA": demo.callers.team_a,
        "teamB": demo.callers.team_b,
    })
    .to_string()
}
