//! The variables that Azure's hosts and client libraries use, as the program found them.

use std::path::PathBuf;

use secret::Secret;

/// The variables of the environment that say where tokens come from. The program reads them; empty ones count as
/// absent.
///
/// Facts: management 3.3; the names are those of Azure's client libraries, so that a gateway on App Service, on an
/// Arc machine or in Kubernetes with workload identity needs no settings.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `AZURE_AUTHORITY_HOST`.
    pub authority_host: Option<String>,
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST`: another address of the instance metadata service.
    pub pod_identity_authority_host: Option<String>,
    /// `IDENTITY_ENDPOINT`.
    pub identity_endpoint: Option<String>,
    /// `IDENTITY_HEADER`.
    pub identity_header: Option<Secret>,
    /// `IMDS_ENDPOINT`: with `IDENTITY_ENDPOINT` it tells an Azure Arc machine.
    pub imds_endpoint: Option<String>,
    /// `AZURE_TENANT_ID`.
    pub tenant_id: Option<String>,
    /// `AZURE_CLIENT_ID`.
    pub client_id: Option<String>,
    /// `AZURE_FEDERATED_TOKEN_FILE`.
    pub federated_token_file: Option<PathBuf>,
    /// `AZURE_CLIENT_SECRET`.
    pub client_secret: Option<Secret>,
    /// `AZURE_CLIENT_CERTIFICATE_PATH`: a PEM file with certificate and private key.
    pub client_certificate_path: Option<PathBuf>,
}

impl Environment {
    /// The names of all variables, for the program to read.
    pub const NAMES: [&'static str; 10] = [
        "AZURE_AUTHORITY_HOST",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "IMDS_ENDPOINT",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH",
    ];

    /// Takes each variable from `lookup`, which is called once for each of [`NAMES`](Self::NAMES).
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        Self {
            authority_host: text("AZURE_AUTHORITY_HOST"),
            pod_identity_authority_host: text("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
            identity_endpoint: text("IDENTITY_ENDPOINT"),
            identity_header: text("IDENTITY_HEADER").map(Secret::new),
            imds_endpoint: text("IMDS_ENDPOINT"),
            tenant_id: text("AZURE_TENANT_ID"),
            client_id: text("AZURE_CLIENT_ID"),
            federated_token_file: text("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from),
            client_secret: text("AZURE_CLIENT_SECRET").map(Secret::new),
            client_certificate_path: text("AZURE_CLIENT_CERTIFICATE_PATH").map(PathBuf::from),
        }
    }
}
