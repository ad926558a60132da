//! `cardea serve`: runs a folder until it is told to stop.

use std::process::ExitCode;

use anyhow::bail;
use gateway::access_log::Target;

use super::signals::{Signals, Told};
use super::{
    announce, azure_environment, control_runtime, folder, read_settings, sealing_key_of_environment,
    start_log,
};
use crate::cli::Serve;
use crate::instance::{Addresses, DemoKeys, Instance, Parts, open_store};
use crate::settings::{AccessLogTo, Settings};
use crate::system::SystemSecrets;

/// Runs the command.
///
/// # Errors
/// When the gateway cannot be started.
pub(crate) fn run(args: &Serve) -> anyhow::Result<ExitCode> {
    let mut settings = read_settings(args.common.settings.as_deref())?;
    // A folder that is away may have been saved.
    if args.artifacts.is_file() || !args.artifacts.is_dir() && !store::saved::is_in(&settings.state_dir()) {
        bail!("`{}` is not a directory", args.artifacts.display());
    }
    settings.strict |= args.strict;
    settings.read_as(&args.reading);
    if let Some(address) = args.listen {
        settings.listen.address = address;
    }
    start_log(&settings)?;
    control_runtime()?.block_on(serve(args, settings))
}

async fn serve(args: &Serve, settings: Settings) -> anyhow::Result<ExitCode> {
    let parts = Parts {
        catalog: Box::new(folder(&args.artifacts)),
        secrets: Box::new(SystemSecrets),
        store: Some(open_store(&settings, sealing_key_of_environment()).await?),
        access_log: access_log(&settings),
        environment: azure_environment(),
        trusted: Vec::new(),
        demo_keys: DemoKeys::Refused,
    };
    let state_dir = settings.state_dir();
    // Before anybody can know that it runs, so that whoever ends it at once finds it listening to that.
    let mut signals = Signals::new()?;
    let instance = Instance::start(&settings, parts).await?;
    let notice = instance.addresses().admin.map(|admin| notice::leave(&state_dir, admin));
    tell_addresses(&settings, instance.addresses());
    while signals.next().await == Told::Renew {
        instance.reload().await;
    }
    drop(notice);
    let drained = instance.shutdown().await;
    if drained.cut > 0 {
        tracing::warn!(connections = drained.cut, "cut at the deadline");
    }
    Ok(ExitCode::SUCCESS)
}

fn access_log(settings: &Settings) -> Option<Target> {
    match &settings.log.access {
        AccessLogTo::Off => None,
        AccessLogTo::Stdout => Some(Target::Writer(Box::new(std::io::stdout()))),
        AccessLogTo::File(path) => Some(Target::File(settings.beside(path))),
    }
}

/// Says where it listens.
fn tell_addresses(settings: &Settings, addresses: Addresses) {
    let scheme = if settings.listen.tls.is_some() { "https" } else { "http" };
    let gateway = format!("listening on {scheme}://{}", addresses.gateway);
    let admin =
        addresses.admin.map(|admin| format!("operators: http://{admin}/-/ready, /metrics, /-/config"));
    for sentence in [Some(gateway), admin].into_iter().flatten() {
        announce(settings, &sentence);
    }
}

/// A note in the state directory that says where the running gateway's operators come in, so that the command line
/// can tell it of changes at once.
pub(crate) mod notice {
    use std::net::SocketAddr;
    use std::path::{Path, PathBuf};

    const FILE: &str = "admin.address";

    /// Removes the note when it is dropped.
    pub(crate) struct Notice(PathBuf);

    /// Leaves the note.
    pub(crate) fn leave(state_dir: &Path, admin: SocketAddr) -> Option<Notice> {
        let path = state_dir.join(FILE);
        match std::fs::write(&path, admin.to_string()) {
            Ok(()) => Some(Notice(path)),
            Err(error) => {
                tracing::warn!(%error, "no note of the admin address can be left in the state directory");
                None
            }
        }
    }

    /// Reads the note.
    pub(crate) fn read(state_dir: &Path) -> Option<SocketAddr> {
        std::fs::read_to_string(state_dir.join(FILE)).ok()?.trim().parse().ok()
    }

    impl Drop for Notice {
        fn drop(&mut self) {
            let _removed = std::fs::remove_file(&self.0);
        }
    }
}
