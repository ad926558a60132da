//! `cardea import azure-openai` and `cardea import openai-compatible`.

use std::process::ExitCode;

use anyhow::bail;
use import::wizard::{Credential, Request, Service, plan};
use model::{ApiId, SecretReference, VaultReference};
use source::render_all;
use url::Url;

use super::openapi::{definition, told};
use super::{files, report};
use crate::cli::import::{Auth, AzureOpenai, Compatible, OpenaiCompatible, Service as Args, Style};
use crate::console;

/// Runs `cardea import azure-openai`.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn azure_openai(args: &AzureOpenai) -> anyhow::Result<ExitCode> {
    let service = match args.style {
        Style::Dated => Service::AzureOpenAi,
        Style::V1 => Service::AzureOpenAiV1,
    };
    run(service, &args.endpoint, &args.service)
}

/// Runs `cardea import openai-compatible`.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn openai_compatible(args: &OpenaiCompatible) -> anyhow::Result<ExitCode> {
    let service = match args.kind {
        Compatible::Openai => Service::OpenAi,
        Compatible::AzureAi => Service::AzureAi,
        Compatible::Passthrough => Service::PassThrough,
    };
    run(service, &args.url, &args.service)
}

fn run(service: Service, url: &Url, args: &Args) -> anyhow::Result<ExitCode> {
    let folder = files::folder(&args.writing.into)?;
    match plan(&request(service, url, args)?, folder.as_ref()) {
        Ok(outcome) => report::finish(&told(&outcome), &args.writing, folder.as_ref()),
        Err(problems) => {
            console::err(&format!("{}\n", render_all(&problems)));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn request(service: Service, url: &Url, args: &Args) -> anyhow::Result<Request> {
    let api = args.api_id.clone().map_or_else(|| ApiId::new(default_name(service)), Ok)?;
    Ok(Request {
        path: args.path.clone(),
        title: args.title.clone(),
        products: args.product.clone(),
        credential: credential(service, args)?,
        definition: args.definition.as_deref().map(definition).transpose()?,
        ..Request::new(api, service, url.clone())
    })
}

fn default_name(service: Service) -> &'static str {
    match service {
        Service::AzureOpenAi | Service::AzureOpenAiV1 => "azure-openai",
        Service::AzureAi => "azure-ai",
        Service::OpenAi => "openai",
        Service::PassThrough => "models",
    }
}

/// Azure's services know managed identities, and that is what the product's wizard uses.
fn credential(service: Service, args: &Args) -> anyhow::Result<Credential> {
    let is_azure = matches!(service, Service::AzureOpenAi | Service::AzureOpenAiV1 | Service::AzureAi);
    let key = key(args);
    match (args.auth, key) {
        (Some(Auth::Key), None) => bail!("say where the key is: `--key-env`, `--key-file` or `--key-vault`"),
        (Some(Auth::ManagedIdentity | Auth::None), Some(_)) => {
            bail!("`--auth` says that there is no key, and `--key-...` says where it is")
        }
        (_, Some(at)) => Ok(Credential::Key { at, header: args.key_header.clone() }),
        (Some(Auth::None), None) => Ok(Credential::None),
        (None, None) if !is_azure && args.identity.is_none() => Ok(Credential::None),
        (Some(Auth::ManagedIdentity) | None, None) => Ok(Credential::ManagedIdentity(args.identity.clone())),
    }
}

fn key(args: &Args) -> Option<SecretReference> {
    let env = args.key_env.clone().map(SecretReference::Env);
    let file = || args.key_file.clone().map(|path| SecretReference::File(path.into()));
    let vault = || args.key_vault.clone().map(|secret| VaultReference { secret, identity_client_id: None });
    env.or_else(file).or_else(|| vault().map(SecretReference::Vault))
}
