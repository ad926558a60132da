//! The sections of `cardea.toml` about identity: the gateway's own, callers' tokens, vaults. Each doc comment here is the
//! setting's documentation.

use std::path::PathBuf;

use serde::Deserialize;

/// `[identity]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Identity {
    /// Where Entra is. Without it the variable `AZURE_AUTHORITY_HOST` says so, otherwise it is
    /// `https://login.microsoftonline.com`. Default: none.
    pub authority: Option<String>,
    /// Where the instance metadata service is. Without it the variable `AZURE_POD_IDENTITY_AUTHORITY_HOST` says so,
    /// otherwise it is `http://169.254.169.254`. Default: none.
    pub imds: Option<String>,
    /// Client, object or resource id of the identity that stands for the system-assigned one; it may be one of
    /// `identities`. Without it the source decides. Default: none.
    pub system: Option<String>,
    /// Where tokens of the gateway come from, for every identity that names nothing else. Without it the variables of
    /// Azure's client libraries decide, in the order client secret, client certificate, federated token, App Service, Arc,
    /// instance metadata.
    pub source: Option<IdentitySource>,
    /// User-assigned identities that policies, named values and backends may name by any of their ids. One that is not
    /// listed can be named by its client id. `source` is a table as `[identity.source]`; without it tokens come from there.
    pub identities: Vec<KnownIdentity>,
    /// Whether Entra, other providers and vaults may be called without TLS: `loopback`, which means on this machine only,
    /// or `anywhere`, for networks in which something else encrypts. Default: `loopback`.
    pub plain_http: PlainHttp,
    /// Seconds that one call to a provider, an identity endpoint or a vault may take. Default: 15.
    pub call_seconds: u64,
    /// Bytes of an answer of one of these at most. Default: 1048576.
    pub answer_bytes: usize,
    /// A token of the gateway is renewed when so many seconds of its life are left. Default: 300.
    pub renew_before_seconds: u64,
    /// After a failed request for a token, the next one for the same is made no sooner than after so many seconds.
    /// Default: 5.
    pub retry_seconds: u64,
    /// How often a source that is busy is asked for one token. Default: 5.
    pub attempts: u32,
    /// Milliseconds before the second attempt; they double. Default: 800.
    pub backoff_milliseconds: u64,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            authority: None,
            imds: None,
            system: None,
            source: None,
            identities: Vec::new(),
            plain_http: PlainHttp::default(),
            call_seconds: 15,
            answer_bytes: 1024 * 1024,
            renew_before_seconds: 300,
            retry_seconds: 5,
            attempts: 5,
            backoff_milliseconds: 800,
        }
    }
}

/// `[identity.source]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct IdentitySource {
    /// `client-secret`, `client-certificate`, `federated-token`, `app-service`, `arc` or `imds`.
    pub kind: SourceKind,
    /// The tenant's id or domain, for the first three kinds. Default: none.
    pub tenant: Option<String>,
    /// The application's id, for the first three kinds. Default: none.
    pub client_id: Option<String>,
    /// File of the client's secret, or for `app-service` of what `IDENTITY_HEADER` would hold. Read anew when it changes.
    /// Default: none.
    pub secret_file: Option<PathBuf>,
    /// Environment variable of the same. Default: none.
    pub secret_env: Option<String>,
    /// PEM file of certificate and private key, for `client-certificate`. Default: none.
    pub certificate_file: Option<PathBuf>,
    /// File of the token that is exchanged, for `federated-token`. Read for each request. Default: none.
    pub token_file: Option<PathBuf>,
    /// Address, for `app-service` and `arc`. Default: none.
    pub endpoint: Option<String>,
    /// Where the files of the agent's challenges are, for `arc`; without it `/var/opt/azcmagent/tokens`. Default: none.
    pub challenge_directory: Option<PathBuf>,
}

/// Where tokens of the gateway come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SourceKind {
    /// Entra, with a secret.
    ClientSecret,
    /// Entra, with a certificate.
    ClientCertificate,
    /// Entra, with a token of somebody whom it trusts.
    FederatedToken,
    /// App Service, Functions, Container Apps.
    AppService,
    /// The agent of Azure Arc.
    Arc,
    /// The instance metadata service.
    Imds,
}

/// Whether something may be called without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PlainHttp {
    /// On this machine only.
    #[default]
    Loopback,
    /// Anywhere.
    Anywhere,
}

/// `[[identity.identities]]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct KnownIdentity {
    /// Its client id (application id). Default: none.
    pub client_id: Option<String>,
    /// Its object id (principal id). Default: none.
    pub object_id: Option<String>,
    /// Its ARM resource id. Default: none.
    pub resource_id: Option<String>,
    /// Where its tokens come from, a table as `[identity.source]`; without it, from there.
    pub source: Option<IdentitySource>,
}

/// `[tokens]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Tokens {
    /// Metadata and keys of an OpenID provider are fetched anew after so many seconds. Default: 3600.
    pub openid_refresh_seconds: u64,
    /// After a token that names an unknown key, or a failed fetch, the next fetch is made no sooner than after so many
    /// seconds. Default: 300.
    pub openid_interval_seconds: u64,
    /// While nothing is known of a provider, a failed fetch is repeated no sooner than after so many seconds. Default: 10.
    pub openid_retry_seconds: u64,
    /// Keys that could not be fetched anew are used for so many seconds. Default: 86400.
    pub openid_stale_seconds: u64,
    /// OpenID providers that are known at once. Default: 1024.
    pub openid_providers: usize,
    /// Tokens whose signature was found good that are remembered; 0: none. Default: 10000.
    pub verified: usize,
    /// A remembered token is verified anew after so many seconds, though it has not expired. Default: 3600.
    pub verified_seconds: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            openid_refresh_seconds: 3_600,
            openid_interval_seconds: 300,
            openid_retry_seconds: 10,
            openid_stale_seconds: 86_400,
            openid_providers: 1_024,
            verified: 10_000,
            verified_seconds: 3_600,
        }
    }
}

/// `[vault]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Vault {
    /// What is appended to a vault's name where only its ARM resource id is given. Default: `vault.azure.net`.
    pub suffix: String,
    /// Hosts of vaults that may be asked: names with their port if they have one, or `*.` and a suffix, where `*` is the
    /// name of a vault: one label.
    /// Default: `*.vault.azure.net,*.vault.azure.cn,*.vault.usgovcloudapi.net`.
    pub allowed_hosts: Vec<String>,
    /// Where hosts of vaults really are, for vaults that live elsewhere.
    pub overrides: Vec<VaultHost>,
    /// Secrets without a version are read anew after so many seconds. Default: 14400.
    pub refresh_seconds: u64,
    /// How many seconds a start or a reload waits for vaults. Secrets that were known stay; what needs another one is
    /// refused until it comes. Default: 20.
    pub wait_seconds: u64,
    /// Secrets that could not be read are asked for again after so many seconds. Default: 30.
    pub retry_seconds: u64,
    /// A backend that answers 401 makes the gateway read the secrets of that call early, each at most once in so many
    /// seconds. Default: 5.
    pub early_seconds: u64,
    /// `api-version` of requests to vaults. Default: `7.4`.
    pub api_version: String,
    /// Whether the resource that a vault's challenge names must be the vault's own domain. `false` is for vaults whose
    /// host has no domain (`localhost`). Default: true.
    pub verify_challenge_resource: bool,
    /// Requests at once to one vault; more wait. Default: 8.
    pub concurrency: usize,
}

impl Default for Vault {
    fn default() -> Self {
        Self {
            suffix: "vault.azure.net".to_owned(),
            allowed_hosts: model::VaultHosts::AZURE.map(str::to_owned).to_vec(),
            overrides: Vec::new(),
            refresh_seconds: 4 * 3_600,
            wait_seconds: 20,
            retry_seconds: 30,
            early_seconds: 5,
            api_version: "7.4".to_owned(),
            verify_challenge_resource: true,
            concurrency: 8,
        }
    }
}

/// `[[vault.overrides]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct VaultHost {
    /// The host as identifiers name it, with its port if they name one.
    pub host: String,
    /// Scheme, host and port that are called instead.
    pub base: String,
}
