//! `cardea vault serve`: the vaults over HTTPS, until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use identity::{OpenId, Outbound};
use policy::OpenIdProviders;
use secret::Secret;
use vault::{Authority, CertificatePem, ProviderTokens, Server, ServerSettings, Vaults};

use super::open_vaults;
use crate::cli::Common;
use crate::cmd::signals::{Signals, Told};
use crate::cmd::{announce, read_settings, start_log};
use crate::instance::{NoDemo, identity_calls, outbound_options};
use crate::settings::{Settings, VaultServerTls};
use crate::system::{DEMO_KEY, SystemClock};

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When a setting is missing, or the state directory, the certificate or the port cannot be used.
pub(super) async fn run(common: &Common) -> anyhow::Result<()> {
    let settings = read_settings(common.settings.as_deref())?;
    start_log(&settings)?;
    let vaults = open_vaults(&settings).await?;
    let tokens = ProviderTokens::new(authority(&settings)?, providers(&settings)?);
    // Before anybody can know that it runs, so that whoever ends it at once finds it listening to that.
    let mut signals = Signals::new()?;
    let server = Server::start(server_settings(&settings)?, vaults.clone(), Arc::new(tokens)).await?;
    tell_addresses(&settings, &vaults, &server);
    while signals.next().await == Told::Renew {
        match certificate(&settings).and_then(|pem| Ok(server.replace_certificate(&pem)?)) {
            Ok(()) => tracing::info!("the vault's certificate was read anew"),
            Err(error) => tracing::error!("the vault's certificate stays as it is: {error:#}"),
        }
    }
    server.shutdown(Duration::from_secs(settings.vault_server.drain_seconds)).await;
    Ok(())
}

/// Whose tokens are taken.
fn authority(settings: &Settings) -> anyhow::Result<Authority> {
    let given = &settings.vault_server;
    let Some(tenant) = given.tenant.as_deref().filter(|tenant| !tenant.trim().is_empty()) else {
        bail!("`vault-server.tenant` is needed: the tenant whose tokens the vault takes");
    };
    if ["common", "organizations", "consumers"].contains(&tenant) {
        bail!("`vault-server.tenant` must be one tenant: with `{tenant}` tokens of strangers would be taken");
    }
    if tenant.contains(DEMO_KEY) || given.authority.contains(DEMO_KEY) {
        bail!("`vault-server` names an issuer of the demo, whose tokens are good in `cardea demo` only");
    }
    let authority = Authority::new(&given.authority, tenant);
    if given.openid_configurations.is_empty() {
        return Ok(authority);
    }
    Ok(authority.with_metadata(given.openid_configurations.clone()))
}

/// Where the keys of that issuer come from.
fn providers(settings: &Settings) -> anyhow::Result<Arc<dyn OpenIdProviders>> {
    let transport = Outbound::new(settings.outbound.client(), outbound_options(settings)?);
    let authority = &settings.vault_server.authority;
    let providers =
        OpenId::new(&identity_calls(settings), authority, Arc::new(transport), Arc::new(SystemClock));
    Ok(Arc::new(NoDemo(Arc::new(providers))))
}

fn server_settings(settings: &Settings) -> anyhow::Result<ServerSettings> {
    let given = &settings.vault_server;
    Ok(ServerSettings {
        resource: given.resource.clone(),
        connections: given.connections,
        request_timeout: Duration::from_secs(given.request_seconds),
        ..ServerSettings::new(given.address, &given.suffix, certificate(settings)?)
    })
}

/// Reads certificate and key.
fn certificate(settings: &Settings) -> anyhow::Result<CertificatePem> {
    let Some(VaultServerTls { certificate, key }) = &settings.vault_server.tls else {
        bail!(
            "`vault-server.tls` is needed: Key Vault's clients take HTTPS only; name `certificate` and `key`, PEM files for every name under `{}`",
            settings.vault_server.suffix
        );
    };
    Ok(CertificatePem {
        chain: read_text(settings, certificate)?,
        key: Secret::new(read_text(settings, key)?),
    })
}

fn read_text(settings: &Settings, path: &std::path::Path) -> anyhow::Result<String> {
    let path = settings.beside(path);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Says where the vaults are.
fn tell_addresses(settings: &Settings, vaults: &Vaults, server: &Server) {
    let (suffix, port) = (&settings.vault_server.suffix, server.address().port());
    for name in vaults.names() {
        let sentence =
            format!("vault {name} at https://{name}.{suffix}:{port}, for tokens for {}", server.resource());
        announce(settings, &sentence);
    }
}
