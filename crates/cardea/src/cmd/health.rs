//! `cardea health`: whether the gateway of this machine serves, for whoever watches over it.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::bail;
use http::{Method, StatusCode};
use serde::Deserialize;

use super::serve::notice;
use super::{admin, control_runtime, read_settings};
use crate::cli::{Common, Health};
use crate::console;

/// What `/-/ready` says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Readiness {
    reasons: Vec<String>,
    notes: Vec<String>,
}

/// Runs the command. Not being ready ends with 1: container engines keep other codes for themselves.
///
/// # Errors
/// When the settings cannot be read, or have no admin listener.
pub(crate) fn run(args: &Health) -> anyhow::Result<ExitCode> {
    let address = address(args.admin, &args.common)?;
    let path = if args.live { "/-/healthy" } else { "/-/ready" };
    match control_runtime()?.block_on(admin::ask(address, Method::GET, path)) {
        Ok((StatusCode::OK, body)) => {
            console::line(&sentence(if args.live { "alive" } else { "ready" }, &read(&body).notes));
            Ok(ExitCode::SUCCESS)
        }
        Ok((StatusCode::SERVICE_UNAVAILABLE, body)) => {
            console::line(&sentence("not ready", &read(&body).reasons));
            Ok(ExitCode::FAILURE)
        }
        Ok((status, _)) => {
            console::err(&format!("{address} answered {status}: is that a gateway's admin listener?\n"));
            Ok(ExitCode::FAILURE)
        }
        Err(error) => {
            console::err(&format!("no gateway answers at {address}: {error}\n"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Where to ask: as told, where the gateway on the state directory says, or where the settings would have it listen.
pub(super) fn address(told: Option<SocketAddr>, common: &Common) -> anyhow::Result<SocketAddr> {
    if let Some(address) = told {
        return Ok(address);
    }
    let settings = read_settings(common.settings.as_deref())?;
    if !settings.admin.enabled {
        bail!("`admin.enabled` is false: nobody can be asked; use a connection to the gateway's own port");
    }
    Ok(notice::read(&settings.state_dir()).unwrap_or(settings.admin.address))
}

fn read(body: &[u8]) -> Readiness {
    serde_json::from_slice(body).unwrap_or_default()
}

fn sentence(state: &str, details: &[String]) -> String {
    if details.is_empty() { state.to_owned() } else { format!("{state}: {}", details.join("; ")) }
}
