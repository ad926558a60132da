//! `cardea serve`: runs a folder until it is told to stop.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use gateway::access_log::Target;

use super::signals::{Signals, Told};
use super::{
    announce, azure_environment, control_runtime, folder, read_settings, sealing_key_of_environment,
    start_log,
};
use crate::cli::Serve;
use crate::instance::{DemoKeys, Instance, Parts, open_store};
use crate::settings::{AccessLogTo, Settings};
use crate::sockets::{Handover, Origin};
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
    let given = Origin::of_environment()?;
    control_runtime()?.block_on(serve(args, settings, given))
}

async fn serve(args: &Serve, settings: Settings, given: Origin) -> anyhow::Result<ExitCode> {
    let state_dir = settings.state_dir();
    let parts = Parts {
        catalog: Box::new(folder(&args.artifacts)),
        secrets: Box::new(SystemSecrets),
        store: Some(open_store(&settings, sealing_key_of_environment()).await?),
        access_log: access_log(&settings),
        environment: azure_environment(),
        trusted: Vec::new(),
        demo_keys: DemoKeys::Refused,
        sockets: match given {
            Origin::Own if args.take_over => Origin::Predecessor(state_dir.clone()),
            given => given,
        },
    };
    // Before anybody can know that it runs, so that whoever ends it at once finds it listening to that.
    let mut signals = Signals::new()?;
    let mut instance = Instance::start(&settings, parts).await?;
    let notice = instance.addresses().admin.map(|admin| notice::leave(&state_dir, admin));
    let handover = offer(&state_dir, &mut instance);
    tell_addresses(&settings, &instance);
    let told = loop {
        tokio::select! {
            told = signals.next() => match told {
                Told::Renew => instance.reload().await,
                Told::End => break Ended::Told,
            },
            () = taken(handover.as_ref()) => break Ended::Replaced,
        }
    };
    let drained = match told {
        Ended::Told => {
            drop((notice, handover));
            instance.shutdown().await
        }
        Ended::Replaced => {
            tracing::info!("another process has taken over");
            // What they stand for is the other's now.
            notice.flatten().into_iter().for_each(notice::Notice::forget);
            handover.into_iter().for_each(Handover::forget);
            instance.leave().await
        }
    };
    if drained.cut > 0 {
        tracing::warn!(connections = drained.cut, "cut at the deadline");
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a process that serves ends.
enum Ended {
    /// It was told to.
    Told,
    /// Another process serves in its place.
    Replaced,
}

/// Lets another process take over the sockets. Where that cannot be offered, the gateway serves all the same.
fn offer(state_dir: &Path, instance: &mut Instance) -> Option<Handover> {
    let sockets = instance.take_sockets();
    Handover::offer(state_dir, sockets)
        .inspect_err(|error| tracing::warn!("no process can take over: {error:#}"))
        .ok()
}

async fn taken(handover: Option<&Handover>) {
    match handover {
        Some(handover) => handover.taken().await,
        None => std::future::pending().await,
    }
}

fn access_log(settings: &Settings) -> Option<Target> {
    match &settings.log.access {
        AccessLogTo::Off => None,
        AccessLogTo::Stdout => Some(Target::Writer(Box::new(std::io::stdout()))),
        AccessLogTo::File(path) => Some(Target::File(settings.beside(path))),
    }
}

/// Says where it listens.
fn tell_addresses(settings: &Settings, instance: &Instance) {
    for (listener, address) in settings.listeners().iter().zip(instance.gateways()) {
        let scheme = if listener.tls.is_some() { "https" } else { "http" };
        announce(settings, &format!("listening on {scheme}://{address}"));
    }
    if let Some(admin) = instance.addresses().admin {
        announce(settings, &format!("operators: http://{admin}/-/ready, /metrics, /-/config"));
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

    impl Notice {
        /// Leaves the note where it is: it is another process's now.
        pub(crate) fn forget(self) {
            std::mem::forget(self);
        }
    }

    impl Drop for Notice {
        fn drop(&mut self) {
            let _removed = std::fs::remove_file(&self.0);
        }
    }
}
