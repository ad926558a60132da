//! What operators can set. The program fills these from `cardea.toml`; each has a default that serves on Azure.

use std::path::PathBuf;
use std::time::Duration;

use secret::{Secret, SecretSlot};

use crate::environment::Environment;

/// Where the gateway's tokens come from, and how what is fetched is kept.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where Entra is. Default: `AZURE_AUTHORITY_HOST`, otherwise `https://login.microsoftonline.com`.
    pub authority: Option<String>,
    /// Where the instance metadata service is. Default: `AZURE_POD_IDENTITY_AUTHORITY_HOST`, otherwise
    /// `http://169.254.169.254`.
    pub imds: Option<String>,
    /// Where tokens of every identity come from that has no source of its own. Default: what the environment shows
    /// ([`Environment`](crate::Environment)), in the order client secret, client certificate, federated token, App
    /// Service, Arc, instance metadata.
    pub source: Option<Source>,
    /// What stands for the system-assigned identity. Default: the one that the source takes when none is named.
    pub system: Option<Identity>,
    /// User-assigned identities that policies name by any of their ids. One that is not listed can be named by its
    /// client id.
    pub identities: Vec<Identity>,
    /// Whether the authority and providers may be called without TLS.
    pub plain_http: PlainHttp,
    /// Limits of each call.
    pub calls: Calls,
    /// How providers' keys are kept.
    pub openid: OpenIdSettings,
    /// How the gateway's tokens are kept.
    pub tokens: TokenSettings,
    /// How verified tokens are remembered.
    pub verified: VerifiedSettings,
}

/// The authority of Azure's public cloud.
const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

impl Settings {
    /// Where Entra is: by the settings, by the environment, or Azure's public cloud. Without a slash at its end.
    #[must_use]
    pub fn authority_of(&self, environment: &Environment) -> String {
        let set = self.authority.as_ref().or(environment.authority_host.as_ref());
        let text = set.map_or(PUBLIC_AUTHORITY, |text| text.trim().trim_end_matches('/'));
        // Client libraries take `login.microsoftonline.us` as well.
        if text.contains("://") { text.to_owned() } else { format!("https://{text}") }
    }
}

/// One identity by its ids; at least one of them is set, and any of them names it in a policy. Ids are compared without
/// regard to case.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Its client id (application id). What is sent to the source when it is known.
    pub client_id: Option<String>,
    /// Its object id (principal id). Sent when there is no client id.
    pub object_id: Option<String>,
    /// Its ARM resource id. Sent when there is neither of the others.
    pub resource_id: Option<String>,
    /// Where its tokens come from. Default: [`Settings::source`].
    pub source: Option<Source>,
}

/// Where tokens come from (management 3.3 and 2.2).
#[derive(Clone, Debug)]
pub enum Source {
    /// Entra, with a client secret.
    ClientSecret {
        /// The tenant's id or domain.
        tenant: String,
        /// The application's id.
        client_id: String,
        /// The secret; looked at for each request, so that a rotated one is used.
        secret: SecretSlot,
    },
    /// Entra, with an assertion that a certificate's key signed.
    ClientCertificate {
        /// The tenant's id or domain.
        tenant: String,
        /// The application's id.
        client_id: String,
        /// Certificate and private key.
        certificate: CertificateSource,
    },
    /// Entra, with a token of somebody whom it trusts (workload identity federation).
    FederatedToken {
        /// The tenant's id or domain.
        tenant: String,
        /// The application's id; another identity's client id takes its place.
        client_id: String,
        /// The file with the token; read for each request, blanks around it do not count.
        file: PathBuf,
    },
    /// The endpoint of App Service, Functions and Container Apps.
    AppService {
        /// Its address (`IDENTITY_ENDPOINT`).
        endpoint: String,
        /// What it wants to see (`IDENTITY_HEADER`).
        header: Secret,
    },
    /// The agent of Azure Arc, which proves that it is asked from its own machine.
    Arc {
        /// Its address (`IDENTITY_ENDPOINT`), usually `http://localhost:40342/metadata/identity/oauth2/token`.
        endpoint: String,
        /// Where its challenge files must be. Default on Linux: `/var/opt/azcmagent/tokens`.
        challenge_directory: Option<PathBuf>,
    },
    /// The instance metadata service of a virtual machine.
    Imds,
}

/// Where certificate and private key of a client are; both in PEM, the key unencrypted.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// One file with both, read for each request.
    File(PathBuf),
    /// A slot with both, looked at for each request.
    Slot(SecretSlot),
}

/// Whether something may be called without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only at a loopback address or `localhost`.
    #[default]
    Loopback,
    /// Anywhere. For networks in which something else encrypts.
    Anywhere,
}

/// Limits of each call to a provider, an identity endpoint or a vault.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// From the first byte of the request to the last of the answer; connecting is bounded by `net::Options` besides.
    /// Default: 15 s.
    pub total_timeout: Duration,
    /// Bytes of an answer's body. Default: 1 MiB.
    pub answer_bytes: usize,
}

impl Default for Calls {
    fn default() -> Self {
        Self { total_timeout: Duration::from_secs(15), answer_bytes: 1024 * 1024 }
    }
}

/// How the keys of OpenID providers are kept.
#[derive(Clone, Copy, Debug)]
pub struct OpenIdSettings {
    /// Metadata and keys older than this are fetched again. Default: 1 h.
    pub refresh: Duration,
    /// After an unknown key or a failed fetch, the next one is made no sooner than this. Default: 5 min.
    pub min_interval: Duration,
    /// While nothing is known of a provider, a failed fetch is repeated no sooner than this. Default: 10 s.
    pub retry: Duration,
    /// Keys older than this are not used, even if the provider cannot be reached. Default: 24 h.
    pub max_age: Duration,
    /// Providers that are kept; the configuration names them. Default: 1,024.
    pub capacity: usize,
}

impl Default for OpenIdSettings {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(3_600),
            min_interval: Duration::from_secs(300),
            retry: Duration::from_secs(10),
            max_age: Duration::from_secs(24 * 3_600),
            capacity: 1_024,
        }
    }
}

/// How the gateway's own tokens are kept.
#[derive(Clone, Copy, Debug)]
pub struct TokenSettings {
    /// A token is renewed when this much of its life is left, or at the time that its source names. Default: 5 min.
    pub renew_before: Duration,
    /// After a failed request, the next for the same token is made no sooner than this; six times as long while an old
    /// token serves, since nobody waits then. Default: 5 s.
    pub retry: Duration,
    /// Pairs of resource and identity that are kept. Default: 1,024.
    pub capacity: usize,
    /// How often a source that is busy is asked again for one token. Default: 5.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles. An answer's `Retry-After` takes its place. Default: 800 ms.
    pub backoff: Duration,
    /// All attempts and waits for one token together. Default: 30 s.
    pub total: Duration,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            renew_before: Duration::from_secs(300),
            retry: Duration::from_secs(5),
            capacity: 1_024,
            attempts: 5,
            backoff: Duration::from_millis(800),
            total: Duration::from_secs(30),
        }
    }
}

/// How verified tokens are remembered.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedSettings {
    /// Tokens that are remembered; 0: none is. Default: 10,000.
    pub capacity: usize,
    /// A token is verified anew after this time, though it has not expired. Default: 1 h.
    pub max_age: Duration,
}

impl Default for VerifiedSettings {
    fn default() -> Self {
        Self { capacity: 10_000, max_age: Duration::from_secs(3_600) }
    }
}
