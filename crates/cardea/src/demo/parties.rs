//! The parties around the gateway: a tenant with its identity provider, the machine's endpoints for managed identity, and
//! a key vault. All on loopback; the provider and the vault over HTTPS with an authority that is made here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use policy::Clock as _;
use simulators::client_certificate;
use simulators::identity::{App, Directory, IdentityProvider, RunningIdentity, TokenOrder};
use tokio::net::TcpListener;
use vault::{
    Actor, Authority, CertificatePem, Grant, NewSecret, Permission, ProviderTokens, Rules, SecretName,
    Server, ServerSettings, Vault, VaultName, Vaults,
};

use super::models::now;
use crate::system::{DEMO_KEY, SystemClock};

/// The directory of the example.
const DIRECTORY: &str = include_str!("../../../../examples/identity/directory.toml");
/// The domain of vaults in that directory, with the port that the demo replaces.
const VAULT_DOMAIN: &str = "https://vault.localhost:8404";
const SUFFIX: &str = "vault.localhost";
const VAULT: &str = "contoso";
/// What tokens of callers are for.
const MODELS: &str = "api://models";
/// The service account that the operator's workload has.
const WORKLOAD: &str = "system:serviceaccount:default:operator";
/// How long connections may take to end.
const LEAVING: Duration = Duration::from_secs(1);

/// The parties, running.
pub(crate) struct Parties {
    /// The tenant and the machine.
    pub identity: RunningIdentity,
    /// The certificate and key with which the operator can sign in, in PEM.
    pub operator_certificate: String,
    vaults: Vaults,
    certificate: CertificatePem,
    address: SocketAddr,
    server: Option<Server>,
}

impl Parties {
    /// Starts them. The three listeners are for the identity provider, the machine and the vault.
    ///
    /// # Errors
    /// When a certificate cannot be made, or the directory no longer fits.
    pub(crate) async fn start(
        provider: TcpListener,
        machine: TcpListener,
        vault: u16,
    ) -> anyhow::Result<Self> {
        let vault = super::bind(vault).await?;
        let address = vault.local_addr()?;
        drop(vault);
        let operator = client_certificate("operator")?;
        let directory = directory(address.port(), &operator.certificate_pem)?;
        let identity =
            IdentityProvider::builder(directory).clock(now).key_mark(DEMO_KEY).start_on(provider, machine)?;
        let certified = identity.certificates().issue(&[&format!("*.{SUFFIX}"), "localhost", "127.0.0.1"])?;
        let certificate =
            CertificatePem { chain: certified.certificate_pem, key: secret::Secret::new(certified.key_pem) };
        let store = store::Store::in_memory(SystemClock.now()).await?;
        let vaults = Vaults::new(store, [VaultName::new(VAULT)?], Rules::default(), Arc::new(SystemClock));
        let operator_certificate = format!("{}{}", operator.certificate_pem, operator.key_pem);
        let mut parties = Self { identity, operator_certificate, vaults, certificate, address, server: None };
        parties.open_vault().await?;
        parties.grant(&parties.operator()?.object_id(), &Permission::ALL, None).await?;
        Ok(parties)
    }

    /// Serves the vault; after [`Parties::close_vault`] again, at the same address and with the same secrets.
    ///
    /// # Errors
    /// When the port was taken meanwhile.
    pub(crate) async fn open_vault(&mut self) -> anyhow::Result<()> {
        let settings = ServerSettings::new(self.address, SUFFIX, self.certificate.clone());
        let server = Server::start(settings, self.vaults.clone(), Arc::new(self.tokens()?)).await?;
        self.server = Some(server);
        Ok(())
    }

    /// Takes the vault away.
    pub(crate) async fn close_vault(&mut self) {
        if let Some(server) = self.server.take() {
            server.shutdown(LEAVING).await;
        }
    }

    /// Verifies the vault's callers with the tenant's keys, fetched as any vault fetches them.
    fn tokens(&self) -> anyhow::Result<ProviderTokens> {
        let settings =
            identity::Settings { authority: Some(self.authority()), ..identity::Settings::default() };
        let roots = net::Roots::system_and(&[self.trusted()])?;
        let tls = net::Tls::new(net::TlsSettings::default(), roots)?;
        let options = net::Options { tls, ..net::Options::default() };
        let transport = Arc::new(identity::Outbound::new(net::ClientSettings::default(), options));
        let providers = identity::OpenId::new(&settings, &self.authority(), transport, Arc::new(SystemClock));
        Ok(ProviderTokens::new(Authority::new(&self.authority(), self.tenant()?.id()), Arc::new(providers)))
    }

    /// The vault's URL as identifiers of secrets begin.
    #[must_use]
    pub(crate) fn vault_url(&self) -> String {
        format!("https://{VAULT}.{SUFFIX}:{}", self.address.port())
    }

    /// Host and port of the vault as identifiers name it, and where it really listens.
    #[must_use]
    pub(crate) fn vault_host(&self) -> (String, String) {
        let port = self.address.port();
        (format!("{VAULT}.{SUFFIX}:{port}"), format!("https://localhost:{port}"))
    }

    /// Where the identity provider is.
    #[must_use]
    pub(crate) fn authority(&self) -> String {
        self.identity.authority().to_owned()
    }

    /// The certificate of the authority that signed the provider's and the vault's.
    #[must_use]
    pub(crate) fn trusted(&self) -> String {
        self.identity.certificates().pem().to_owned()
    }

    /// The tenant.
    ///
    /// # Errors
    /// When the directory has none.
    pub(crate) fn tenant(&self) -> anyhow::Result<simulators::identity::Tenant> {
        let directory = self.identity.directory();
        directory.tenants().first().cloned().context("the directory has no tenant")
    }

    /// An application of the directory by its name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn app(&self, name: &str) -> anyhow::Result<App> {
        let tenant = self.tenant()?;
        let found = tenant.apps().iter().find(|app| app.name() == name).cloned();
        found.with_context(|| format!("the directory has no application `{name}`"))
    }

    /// The gateway's own identity: client id and object id.
    ///
    /// # Errors
    /// When the directory has none.
    pub(crate) fn gateway(&self) -> anyhow::Result<(String, String)> {
        let tenant = self.tenant()?;
        let found = tenant.managed_identities().first().context("the directory has no managed identity")?;
        Ok((found.client_id().to_owned(), found.object_id()))
    }

    /// A token for the models, given to an application.
    ///
    /// # Errors
    /// When there is no such application.
    pub(crate) fn token(&self, app: &str) -> anyhow::Result<String> {
        Ok(self.identity.token(&TokenOrder::new(MODELS).by_client(app))?)
    }

    /// A token of the simulated cluster, which is as good as the operator's secret.
    #[must_use]
    pub(crate) fn federated_token(&self) -> String {
        self.identity.cluster_token(WORKLOAD, 3_600)
    }

    /// Puts a secret into the vault, or a new version of it.
    ///
    /// # Errors
    /// When the vault refuses.
    pub(crate) async fn set_secret(&self, name: &str, value: &str) -> anyhow::Result<()> {
        self.vault()?.set(&demo(), &SecretName::new(name)?, NewSecret::new(value)).await?;
        Ok(())
    }

    /// Lets an identity read one secret.
    ///
    /// # Errors
    /// When the vault refuses.
    pub(crate) async fn grant_reading(&self, identity: &str, secret: &str) -> anyhow::Result<()> {
        self.grant(identity, &[Permission::Get], Some(secret)).await
    }

    async fn grant(
        &self,
        identity: &str,
        permissions: &[Permission],
        secret: Option<&str>,
    ) -> anyhow::Result<()> {
        let vault = self.vault()?;
        for permission in permissions {
            let grant = Grant {
                vault: vault.name().clone(),
                identity: identity.to_owned(),
                secret: secret.map(SecretName::new).transpose()?,
                permission: *permission,
            };
            let _new = vault.grant(&demo(), &grant).await?;
        }
        Ok(())
    }

    fn operator(&self) -> anyhow::Result<App> {
        self.app("Operator")
    }

    fn vault(&self) -> anyhow::Result<Vault> {
        self.vaults.only().context("there is one vault")
    }

    /// Ends them.
    pub(crate) async fn shutdown(mut self) {
        self.close_vault().await;
        self.identity.shutdown().await;
    }
}

/// Whoever runs the demo.
fn demo() -> Actor {
    Actor::Operator("demo".into())
}

/// The directory of the example with new secrets, the vault's real port and the operator's certificate.
fn directory(vault: u16, certificate: &str) -> anyhow::Result<Directory> {
    if !DIRECTORY.contains(VAULT_DOMAIN) {
        bail!("the example's directory has no `{VAULT_DOMAIN}`");
    }
    let text = DIRECTORY.replace(VAULT_DOMAIN, &format!("https://{SUFFIX}:{vault}"));
    let mark = "name = \"Operator\"\n";
    let text = text.replace(mark, &format!("{mark}certificates = [\"\"\"\n{certificate}\"\"\"]\n"));
    Ok(Directory::parse(&text)?.with_generated_secrets())
}
