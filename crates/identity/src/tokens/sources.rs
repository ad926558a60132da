//! Which source is asked for which identity.

use std::path::PathBuf;
use std::sync::Arc;

use policy::IdentityChoice;
use secret::{Secret, SecretSlot};
use url::Url;

use crate::caller::may_call;
use crate::environment::Environment;
use crate::settings::{CertificateSource, Identity, PlainHttp, Settings, Source};

/// Where the agent of Azure Arc on Linux puts its challenge files (management 3.3).
const ARC_CHALLENGES: &str = "/var/opt/azcmagent/tokens";

/// The link-local address of the instance metadata service (management 3.3).
const IMDS: &str = "http://169.254.169.254";

/// Settings of identities that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// An address is none, or may not be called.
    #[error("{what} `{address}` cannot be used: {why}")]
    Address {
        /// Whose address.
        what: &'static str,
        /// The address.
        address: String,
        /// Why not.
        why: String,
    },
    /// A tenant is neither an id nor a domain.
    #[error("the tenant `{0}` is neither a tenant's id nor its domain")]
    Tenant(String),
    /// A source has no client id.
    #[error("the source `{0}` needs a client id")]
    ClientId(&'static str),
    /// An identity has no id.
    #[error("identity number {0} of the settings needs a client id, an object id or a resource id")]
    Nameless(usize),
}

/// A source whose addresses were checked.
#[derive(Debug)]
pub(super) enum Checked {
    Entra { endpoint: Url, client_id: String, credential: Credential },
    AppService { endpoint: Url, header: Secret },
    Arc { endpoint: Url, directory: PathBuf },
    Imds { base: Url },
}

/// How the gateway proves to Entra who it is.
#[derive(Debug)]
pub(super) enum Credential {
    Secret(SecretSlot),
    Certificate(CertificateSource),
    Federated(PathBuf),
}

/// Which identity is named to the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Default,
    Client(String),
    Object(String),
    Resource(String),
}

impl Named {
    /// Puts it into the query of a machine's endpoint; what a resource id is called there differs.
    pub(super) fn write(&self, url: &mut Url, resource_id: &str) {
        let (name, id) = match self {
            Self::Default => return,
            Self::Client(id) => ("client_id", id),
            Self::Object(id) => ("object_id", id),
            Self::Resource(id) => (resource_id, id),
        };
        url.query_pairs_mut().append_pair(name, id);
    }
}

/// A source, and the identity that it is asked for.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) source: Arc<Checked>,
    pub(super) named: Named,
}

/// The sources of all identities.
#[derive(Debug)]
pub(super) struct Sources {
    default: Arc<Checked>,
    system: Option<Entry>,
    identities: Vec<Entry>,
}

/// An identity of the settings.
#[derive(Debug)]
struct Entry {
    ids: Identity,
    own: Option<Arc<Checked>>,
}

impl Sources {
    /// COMPAT: what the settings say goes first, then the environment in the order of management 3.4.
    pub(super) fn new(settings: &Settings, environment: &Environment) -> Result<Self, SettingsError> {
        let authority = settings.authority_of(environment);
        let imds = settings.imds.clone().or_else(|| environment.pod_identity_authority_host.clone());
        let places = Places {
            authority: address("the authority", &authority, settings.plain_http)?,
            imds: address(
                "the instance metadata address",
                imds.as_deref().unwrap_or(IMDS),
                PlainHttp::Anywhere,
            )?,
        };
        let default = match &settings.source {
            Some(source) => places.check(source)?,
            None => places.check(&of_environment(environment))?,
        };
        let entry = |(number, ids): (usize, &Identity)| Entry::new(number, ids, &places);
        let system = settings.system.as_ref().map(|ids| entry((0, ids))).transpose()?;
        let identities = (1..).zip(&settings.identities).map(entry).collect::<Result<_, _>>()?;
        Ok(Self { default: Arc::new(default), system, identities })
    }

    /// The name of the source of identities that have none of their own.
    pub(super) fn default_name(&self) -> &'static str {
        self.default.name()
    }

    /// Who is asked for whom.
    pub(super) fn select(&self, choice: &IdentityChoice) -> Result<Selected, String> {
        let entry = match choice {
            IdentityChoice::System => self.system.as_ref(),
            IdentityChoice::User(id) => self.identities.iter().chain(&self.system).find(|entry| entry.is(id)),
        };
        let source = Arc::clone(entry.and_then(|entry| entry.own.as_ref()).unwrap_or(&self.default));
        let named = match (entry, choice) {
            (Some(entry), _) => entry.named(),
            (None, IdentityChoice::System) => Named::Default,
            (None, IdentityChoice::User(id)) if id.trim().is_empty() => {
                return Err("its id is empty".to_owned());
            }
            (None, IdentityChoice::User(id)) => Named::Client(id.to_string()),
        };
        let is_own = entry.is_some_and(|entry| entry.own.is_some());
        let named = source.fit(named, is_own)?;
        Ok(Selected { source, named })
    }
}

impl Entry {
    fn new(number: usize, ids: &Identity, places: &Places) -> Result<Self, SettingsError> {
        let own = ids.source.as_ref().map(|source| places.check(source)).transpose()?.map(Arc::new);
        let entry = Self { ids: ids.clone(), own };
        // What stands for the system-assigned identity (number 0) may have a source and no id.
        let nameless = entry.named() == Named::Default && (number > 0 || entry.own.is_none());
        if nameless { Err(SettingsError::Nameless(number)) } else { Ok(entry) }
    }

    fn is(&self, id: &str) -> bool {
        let Identity { client_id, object_id, resource_id, .. } = &self.ids;
        [client_id, object_id, resource_id].into_iter().flatten().any(|own| own.eq_ignore_ascii_case(id))
    }

    fn named(&self) -> Named {
        let Identity { client_id, object_id, resource_id, .. } = self.ids.clone();
        client_id
            .map(Named::Client)
            .or(object_id.map(Named::Object))
            .or(resource_id.map(Named::Resource))
            .unwrap_or(Named::Default)
    }
}

impl Checked {
    /// What people call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Entra { credential: Credential::Secret(_), .. } => "client secret",
            Self::Entra { credential: Credential::Certificate(_), .. } => "client certificate",
            Self::Entra { credential: Credential::Federated(_), .. } => "federated token",
            Self::AppService { .. } => "App Service",
            Self::Arc { .. } => "Azure Arc",
            Self::Imds { .. } => "instance metadata",
        }
    }

    /// Host and port that are called.
    pub(super) fn host(&self) -> String {
        let url = match self {
            Self::Entra { endpoint, .. } | Self::AppService { endpoint, .. } | Self::Arc { endpoint, .. } => {
                endpoint
            }
            Self::Imds { base } => base,
        };
        let host = url.host_str().unwrap_or_default();
        url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The identity as this source can be asked for it.
    fn fit(&self, named: Named, is_own: bool) -> Result<Named, String> {
        match (self, named) {
            (_, Named::Default) => Ok(Named::Default),
            // A source of its own says itself whose it is.
            (Self::Entra { .. }, _) if is_own => Ok(Named::Default),
            (Self::Entra { credential: Credential::Federated(_), .. }, Named::Client(id)) => {
                Ok(Named::Client(id))
            }
            (Self::Entra { client_id, .. }, Named::Client(id)) if id.eq_ignore_ascii_case(client_id) => {
                Ok(Named::Default)
            }
            (Self::Entra { client_id, .. }, _) => Err(format!(
                "the gateway's {} is that of the application `{client_id}`: give this identity a source of its own \
                 in the settings",
                self.name()
            )),
            (Self::Arc { .. }, _) if !is_own => {
                Err("Azure Arc knows the system-assigned identity only: leave the id out".to_owned())
            }
            (Self::Arc { .. }, _) => Ok(Named::Default),
            (Self::AppService { .. } | Self::Imds { .. }, named) => Ok(named),
        }
    }
}

/// What sources' addresses are made of.
struct Places {
    authority: Url,
    imds: Url,
}

impl Places {
    fn check(&self, source: &Source) -> Result<Checked, SettingsError> {
        match source {
            Source::ClientSecret { tenant, client_id, secret } => {
                self.entra(tenant, client_id, Credential::Secret(secret.clone()))
            }
            Source::ClientCertificate { tenant, client_id, certificate } => {
                self.entra(tenant, client_id, Credential::Certificate(certificate.clone()))
            }
            Source::FederatedToken { tenant, client_id, file } => {
                self.entra(tenant, client_id, Credential::Federated(file.clone()))
            }
            Source::AppService { endpoint, header } => Ok(Checked::AppService {
                endpoint: address("the identity endpoint", endpoint, PlainHttp::Anywhere)?,
                header: header.clone(),
            }),
            Source::Arc { endpoint, challenge_directory } => Ok(Checked::Arc {
                endpoint: address("the identity endpoint", endpoint, PlainHttp::Anywhere)?,
                directory: challenge_directory.clone().unwrap_or_else(|| PathBuf::from(ARC_CHALLENGES)),
            }),
            Source::Imds => Ok(Checked::Imds { base: self.imds.clone() }),
        }
    }

    /// Fact: management 2.2; the token endpoint of the v2.0 protocol, asked without discovery.
    fn entra(&self, tenant: &str, client_id: &str, credential: Credential) -> Result<Checked, SettingsError> {
        let is_tenant = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if tenant.is_empty() || !tenant.bytes().all(is_tenant) || tenant.starts_with('.') {
            return Err(SettingsError::Tenant(tenant.to_owned()));
        }
        let text = format!("{}/{tenant}/oauth2/v2.0/token", self.authority.as_str().trim_end_matches('/'));
        let endpoint = address("the token endpoint", &text, PlainHttp::Anywhere)?;
        let checked = Checked::Entra { endpoint, client_id: client_id.to_owned(), credential };
        if client_id.is_empty() { Err(SettingsError::ClientId(checked.name())) } else { Ok(checked) }
    }
}

fn address(what: &'static str, text: &str, plain: PlainHttp) -> Result<Url, SettingsError> {
    let bad = |why: String| SettingsError::Address { what, address: text.to_owned(), why };
    let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
    may_call(&url, plain).map_err(bad)?;
    Ok(url)
}

/// The first source for which the environment holds everything.
fn of_environment(environment: &Environment) -> Source {
    of_application(environment).or_else(|| of_host(environment)).unwrap_or(Source::Imds)
}

fn of_application(environment: &Environment) -> Option<Source> {
    let (tenant, client_id) = (environment.tenant_id.clone()?, environment.client_id.clone()?);
    if let Some(secret) = &environment.client_secret {
        let secret = SecretSlot::holding("AZURE_CLIENT_SECRET", secret.clone());
        return Some(Source::ClientSecret { tenant, client_id, secret });
    }
    if let Some(path) = &environment.client_certificate_path {
        let certificate = CertificateSource::File(path.clone());
        return Some(Source::ClientCertificate { tenant, client_id, certificate });
    }
    let file = environment.federated_token_file.clone()?;
    Some(Source::FederatedToken { tenant, client_id, file })
}

fn of_host(environment: &Environment) -> Option<Source> {
    let endpoint = environment.identity_endpoint.clone()?;
    if let Some(header) = environment.identity_header.clone() {
        return Some(Source::AppService { endpoint, header });
    }
    environment.imds_endpoint.as_ref()?;
    Some(Source::Arc { endpoint, challenge_directory: None })
}
