//! `cardea simulate identity`: the identity provider alone, and what a newcomer needs to sign in with it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use simulators::identity::{App, Directory, IdentityProvider, RunningIdentity, Tenant};

use crate::cli::SimulateIdentity;
use crate::cmd::told_to_end;
use crate::console;
use crate::demo::models;

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or written, the directory contradicts itself, or a port is taken.
pub(super) async fn simulate(args: &SimulateIdentity) -> anyhow::Result<ExitCode> {
    let directory = directory(args.directory.as_deref())?.with_generated_secrets();
    let mut builder = IdentityProvider::builder(directory).clock(models::now).seed(models::now());
    if let Some(folder) = &args.arc_folder {
        builder = builder.arc_folder(folder);
    }
    let running = builder.start_on_loopback(args.port, args.machine_port).await;
    let running = running.context("the identity provider cannot be started")?;
    if let Some(file) = &args.ca_file {
        let written = std::fs::write(file, running.certificates().pem());
        written.with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    console::out(&page(&running, args.ca_file.as_deref()));
    told_to_end().await?;
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn directory(file: Option<&Path>) -> anyhow::Result<Directory> {
    let Some(file) = file else { return Ok(Directory::example()?) };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    Directory::parse(&text).with_context(|| format!("`{}` is no directory", file.display()))
}

/// What is printed. Secrets that were made are printed here and nowhere else.
fn page(running: &RunningIdentity, ca_file: Option<&Path>) -> String {
    let machine = running.machine();
    let mut page = format!("authority        {}\n", running.authority());
    let ca = ca_file.map_or_else(|| "ca.pem".to_owned(), |file| file.display().to_string());
    if ca_file.is_none() {
        line(&mut page, &format!("its CA           curl {machine}/_simulator/ca.pem -o {ca}"));
    }
    line(&mut page, &format!("what it received {machine}/_simulator/requests"));
    let directory = running.directory();
    for tenant in directory.tenants() {
        line(&mut page, &format!("\ntenant {} {}", tenant.id(), tenant.domain()));
        tenant.apps().iter().for_each(|app| of_app(&mut page, app));
        tenant
            .users()
            .iter()
            .for_each(|user| line(&mut page, &format!("  user {} {}", user.id(), user.name())));
        for identity in tenant.managed_identities() {
            let kind = if identity.is_system() { "system-assigned" } else { "user-assigned" };
            let (id, name) = (identity.client_id(), identity.name());
            line(
                &mut page,
                &format!("  managed identity {id} {name}, {kind}, object id {}", identity.object_id()),
            );
        }
    }
    if let Some(tenant) = directory.tenants().first() {
        to_try(&mut page, running, tenant, &ca);
    }
    page
}

fn of_app(page: &mut String, app: &App) {
    line(page, &format!("  app  {} {}", app.id(), app.name()));
    app.identifier_uris().iter().for_each(|uri| line(page, &format!("       resource {uri}")));
    app.secrets().iter().for_each(|secret| line(page, &format!("       secret {secret}")));
    app.redirects().iter().for_each(|redirect| line(page, &format!("       redirect {}", redirect.uri)));
}

/// A call to copy, and the environment of `azure-identity`.
fn to_try(page: &mut String, running: &RunningIdentity, tenant: &Tenant, ca: &str) {
    let authority = running.authority();
    let client = tenant.apps().iter().find_map(|app| Some((app, app.secrets().first()?)));
    let resource = tenant.apps().iter().find_map(|app| app.identifier_uris().first());
    if let (Some((app, secret)), Some(resource)) = (client, resource) {
        line(page, &format!("\n{} asks for a token:", app.name()));
        line(page, &format!("  curl --cacert {ca} {authority}/{}/oauth2/v2.0/token \\", tenant.id()));
        line(page, &format!("    -d grant_type=client_credentials -d scope={resource}/.default \\"));
        line(page, &format!("    -d client_id={} -d client_secret={secret}", app.id()));
        line(page, "\nthe same for azure-identity, with disable_instance_discovery=True:");
        line(page, &format!("  export AZURE_AUTHORITY_HOST={authority} AZURE_TENANT_ID={}", tenant.id()));
        line(page, &format!("  export AZURE_CLIENT_ID={} AZURE_CLIENT_SECRET={secret}", app.id()));
        line(page, &format!("  export REQUESTS_CA_BUNDLE={ca} SSL_CERT_FILE={ca}"));
    }
    line(page, "\na managed identity, as on a virtual machine:");
    line(page, &format!("  export AZURE_POD_IDENTITY_AUTHORITY_HOST={}", running.machine()));
    line(page, "as in App Service:");
    line(page, &format!("  export IDENTITY_ENDPOINT={}", running.identity_endpoint()));
    line(page, &format!("  export IDENTITY_HEADER={}", running.identity_header()));
}

fn line(page: &mut String, text: &str) {
    // Writing to a text does not fail.
    let _written = writeln!(page, "{text}");
}
