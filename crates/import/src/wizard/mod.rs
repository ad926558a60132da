//! `cardea import azure-openai` and `cardea import openai-compatible`: what API Management's wizards make of a model
//! service, as files.
//!
//! An API with the service's operations, a backend, a policy that sends calls there, and a credential: the gateway's own
//! identity, or a key that a secret named value refers to. The key itself is never asked for and never written:
//!
//! ```
//! use artifacts::MemoryFolder;
//! use import::wizard::{Credential, Request, Service, plan};
//! use model::{ApiId, SecretReference};
//!
//! let request = Request {
//!     credential: Credential::Key { at: SecretReference::Env("KEY".into()), header: None },
//!     ..Request::new(ApiId::new("models")?, Service::OpenAi, "https://api.example.com/v1".parse()?)
//! };
//! let outcome = plan(&request, &MemoryFolder::default()).unwrap();
//! let secrets = outcome.plan.files.iter().find(|file| file.path == "secrets.toml").unwrap();
//! assert_eq!(secrets.bytes, b"[named-values]\nmodels-key = { env = \"KEY\" }\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Token limits, token metrics, semantic caching and content safety, which the product's wizards offer too, are not
//! written.

mod credential;
mod definition;

use std::sync::Arc;

use artifacts::FolderSource;
use artifacts::write::{Document, Object, attribute, places};
use model::{ApiId, ApiPath, DisplayName, ProductId, SecretReference};
use source::{Diagnostic, Diagnostics, SourceFile};
use url::Url;

pub(crate) use credential::{named_key, place};
pub(crate) use definition::by_model;

use crate::openapi::{self, KeyChoice, Outcome, ServerChoice};
use crate::{Note, Plan, overlay};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the API as a resource.
    pub api: ApiId,
    /// What the service speaks.
    pub service: Service,
    /// Where it is: of Azure OpenAI the endpoint, of others the base URL.
    pub url: Url,
    /// The suffix under which the API is reached.
    pub path: Option<ApiPath>,
    /// Its name for people.
    pub title: Option<DisplayName>,
    /// Products that are to hold it.
    pub products: Vec<ProductId>,
    /// How the service knows the gateway.
    pub credential: Credential,
    /// The service's own definition, instead of the operations that are known.
    pub definition: Option<Arc<SourceFile>>,
}

impl Request {
    /// An API for a service that asks for no credential.
    #[must_use]
    pub fn new(api: ApiId, service: Service, url: Url) -> Self {
        Self {
            api,
            service,
            url,
            path: None,
            title: None,
            products: Vec::new(),
            credential: Credential::None,
            definition: None,
        }
    }
}

/// What a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Azure OpenAI with `api-version`, where the path names the deployment.
    AzureOpenAi,
    /// Azure OpenAI v1, where the body names the model.
    AzureOpenAiV1,
    /// AI model inference (`/models`), where the body names the model.
    AzureAi,
    /// Chat completions as OpenAI has them.
    OpenAi,
    /// Anything: the client appends the path.
    PassThrough,
}

/// How a service knows the gateway.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Not at all.
    None,
    /// By a token of its managed identity; the client id is that of a user-assigned one.
    ManagedIdentity(Option<String>),
    /// By a key.
    Key {
        /// Where the key is.
        at: SecretReference,
        /// The header that carries it; the service's own when not given.
        header: Option<String>,
    },
}

impl Service {
    fn is_azure(self) -> bool {
        matches!(self, Self::AzureOpenAi | Self::AzureOpenAiV1 | Self::AzureAi)
    }

    /// What follows the endpoint in the URL of the backend.
    fn suffix(self) -> &'static str {
        match self {
            Self::AzureOpenAi => "openai",
            Self::AzureOpenAiV1 => "openai/v1",
            Self::AzureAi | Self::OpenAi | Self::PassThrough => "",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::AzureOpenAi | Self::AzureOpenAiV1 => "Azure OpenAI",
            Self::AzureAi => "Azure AI",
            Self::OpenAi => "OpenAI",
            Self::PassThrough => "Model service",
        }
    }

    /// Whether clients send their key as a bearer token, as OpenAI's do.
    fn has_bearer_clients(self) -> bool {
        matches!(self, Self::AzureOpenAiV1 | Self::OpenAi)
    }
}

/// Makes the plan of an import.
///
/// # Errors
/// Everything that is wrong with what is asked for.
pub fn plan(request: &Request, folder: &dyn FolderSource) -> Result<Outcome, Diagnostics> {
    let url = base(request);
    let title = request.title.as_ref().map_or(request.service.title(), DisplayName::as_str);
    let definition = match &request.definition {
        Some(file) => Arc::clone(file),
        None => definition::of(request.service, title, url.as_str()),
    };
    let header = request.service.is_azure().then(|| "api-key".to_owned());
    let asked = openapi::Request {
        api: Some(request.api.clone()),
        path: Some(path(request).map_err(alone)?),
        title: request.title.clone(),
        products: request.products.clone(),
        server: Some(ServerChoice::Url(url.clone())),
        keys: KeyChoice { header, ..KeyChoice::default() },
        ..openapi::Request::default()
    };
    let mut outcome = openapi::plan(&definition, &asked, folder)?;
    let mut making = Making { request, folder, plan: &mut outcome.plan };
    making.all(&url).map_err(alone)?;
    Ok(outcome)
}

/// The URL to which operations' paths are appended.
fn base(request: &Request) -> Url {
    let mut url = request.url.clone();
    let suffix = request.service.suffix();
    let path = url.path().trim_end_matches('/').to_owned();
    // People give the endpoint with and without what follows it.
    let has = path.ends_with(&format!("/{suffix}"));
    let is_whole = suffix.is_empty() || has;
    let half = path.strip_suffix("/openai").filter(|_| suffix == "openai/v1").map(str::to_owned);
    let path = if is_whole { path } else { format!("{}/{suffix}", half.unwrap_or(path)) };
    url.set_path(&path);
    url
}

/// COMPAT: the suffix ends in `openai`, so that a client of Azure OpenAI that is given the gateway's URL in front of it
/// works unchanged.
fn path(request: &Request) -> Result<ApiPath, Diagnostic> {
    let path = match &request.path {
        Some(path) => path.to_string(),
        None => request.api.root().to_string(),
    };
    let suffix = request.service.suffix();
    let ends = suffix.is_empty() || path == suffix || path.ends_with(&format!("/{suffix}"));
    let path = if ends { path } else { format!("{path}/{suffix}") };
    ApiPath::new(&path).map_err(|error| Diagnostic::error("invalid-value", error.to_string()))
}

/// Adds to the API what the wizard makes besides.
struct Making<'a> {
    request: &'a Request,
    folder: &'a dyn FolderSource,
    plan: &'a mut Plan,
}

impl Making<'_> {
    fn all(&mut self, url: &Url) -> Result<(), Diagnostic> {
        let backend = self.backend_id()?;
        self.backend(&backend, url)?;
        self.policy(backend.as_str())?;
        if self.request.service.has_bearer_clients() {
            let section = format!("apis.{}", overlay::key(self.request.api.root().as_str()));
            self.line(overlay::OVERLAY, (&section, "bearer-keys", "true"))?;
        }
        Ok(())
    }

    /// Sends calls to the backend, with a token of the gateway where that is the credential. A policy that is there stays.
    fn policy(&mut self, backend: &str) -> Result<(), Diagnostic> {
        let mut inbound = format!("<set-backend-service backend-id=\"{}\" />", attribute(backend));
        if let Credential::ManagedIdentity(client_id) = &self.request.credential {
            let client_id = client_id.as_deref().map(|id| format!(" client-id=\"{}\"", attribute(id)));
            let client_id = client_id.unwrap_or_default();
            let resource = "https://cognitiveservices.azure.com";
            inbound.push_str(&format!(
                "\n<authentication-managed-identity resource=\"{resource}\"{client_id} />"
            ));
        }
        let text = Document::new().inbound(&inbound).text();
        let path = places::api_policy(&self.request.api);
        match self.read(&path)? {
            None => self.plan.write(path, text),
            Some(there) if there == text.as_bytes() => self.plan.write(path, text),
            Some(_) => {
                let note = Note::warning("policy-kept", "the policy of the API stays as it is");
                self.plan.note(note.with(inbound));
            }
        }
        Ok(())
    }

    fn line(&mut self, file: &'static str, line: (&str, &str, &str)) -> Result<(), Diagnostic> {
        let put = overlay::put(self.plan, self.folder, file, line).map_err(|error| unreadable(&error))?;
        if put == overlay::Put::Other {
            let (section, name, value) = line;
            let text = format!("`{name}` in `[{section}]` of `{file}` stays as it is");
            self.plan.note(Note::warning("line-kept", text).with(format!("{name} = {value}")));
        }
        Ok(())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.folder.read(path).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &artifacts::FolderError) -> Diagnostic {
    Diagnostic::error("unreadable", error.to_string())
}

fn alone(problem: Diagnostic) -> Diagnostics {
    std::iter::once(problem).collect()
}

/// The credentials of a backend that holds a key in a header.
pub(crate) fn key_credentials(header: Option<&str>, value: &str) -> Object {
    match header {
        Some(header) if !header.eq_ignore_ascii_case("authorization") => {
            Object::new().with("header", Object::new().with(header, vec![value]))
        }
        _ => {
            let authorization = Object::new().with("parameter", value).with("scheme", "Bearer");
            Object::new().with("authorization", authorization)
        }
    }
}
